"""Task 20: evaluate the dispatcher. (Request Dispatcher, section 6)

One number hides which requests are taken for which. Look at each class, draw what is confused with
what, and ask the trained model for the category of instructions that it has never seen.

    pytest tests/test_task20.py     judges this file
    python tasks/task20.py          trains a dispatcher, and evaluates it (confusion.png)

Add `--slow` for the test that trains one, as the script does, in about a minute: of the ten unseen
instructions, eight or more must be right.

Out of scope: other measures, calibration, why the model is wrong.
"""

import fixtures.offline  # the hub without a network; before transformers
from fixtures import helper_utils

### START CODE HERE ###
# 1. Import what you need.
### END CODE HERE ###

UNSEEN = {
    "q_and_a": [
        "Explain the main stages of the water cycle.",
        "What is the historical significance of the Magna Carta?",
    ],
    "classification": [
        "Is this movie review positive or negative? 'The plot was amazing and the acting was "
        "superb!'",
        "Is a tomato a fruit or a vegetable?",
    ],
    "information_distillation": [
        "Summarize the main arguments of the article on climate change from this text.",
        "Pull out all the dates mentioned in the following project timeline.",
    ],
    "brainstorming": [
        "Come up with some catchy slogans for a new brand of eco-friendly sneakers.",
        "Suggest some team-building activities for a company retreat.",
    ],
    "creative_writing": [
        "Write a short story about a robot who discovers music.",
        "Compose a haiku about a rainy day.",
    ],
}


def per_class_accuracy(confusion) -> list[float]:
    """The share of each class's items that were predicted rightly, which is its recall.

    Args:
        confusion: a square table of counts, as lists, an array or a tensor: `confusion[i][j]`
            items of class i were predicted to be of class j. It is left as it was.

    Returns:
        A float between 0 and 1 for each class, in their order; nan for a class without items.
    """
    ### START CODE HERE ###
    # 1. Divide what is right by all items of the class, where there are any.
    raise NotImplementedError("Write `per_class_accuracy` here.")
    ### END CODE HERE ###


def plot_confusion(confusion, names) -> "Figure":
    """Draw a confusion matrix as a picture of cells.

    Args:
        confusion: as in `per_class_accuracy`.
        names (list[str]): the classes' names, in their order.

    Returns:
        A matplotlib figure. Its first axes show the cells, with a row for each true class, the
        first one on top, and a column for each predicted one; each cell has its count written in
        it. Rows and columns are labelled by the names, the y-axis as "true ..." and the x-axis as
        "predicted ...". No window is opened.
    """
    ### START CODE HERE ###
    # 1. Draw the cells; colours tell shares of the true class, so that rare classes are seen too.
    # 2. Label axes and ticks.
    # 3. Write each count into its cell.
    raise NotImplementedError("Write `plot_confusion` here.")
    ### END CODE HERE ###


def predict_category(model, tokenizer, text: str, device, id2cat) -> str:
    """Name the category of one instruction.

    Args:
        model (transformers.PreTrainedModel): a classifier, on whatever device and in whatever
            mode; it is in the same mode afterwards.
        tokenizer (transformers.PreTrainedTokenizerBase): the one that belongs to it.
        text: the instruction; any text will do, even an empty one. What goes beyond 512 tokens is
            cut.
        device (torch.device | str): where to predict.
        id2cat (dict[int, str]): the name of each class.

    Returns:
        The name of the class with the greatest logit, without dropout.
    """
    ### START CODE HERE ###
    # 1. Tokenize the text, and put model and tokens onto the device.
    # 2. Ask the model, without gradients.
    # 3. Look up the name.
    raise NotImplementedError("Write `predict_category` here.")
    ### END CODE HERE ###


def main() -> None:
    """Train a dispatcher, then look at its classes, confusions, and unseen instructions."""
    model, tokenizer, results, id2cat = helper_utils.trained_dispatcher()
    names = list(id2cat.values())
    confusion = results["confusion_matrix"]
    print("Accuracy per class:")
    for name, share in zip(names, per_class_accuracy(confusion), strict=True):
        print(f"  - {name:<25}: {share:.1%}")
    plot_confusion(confusion, names).savefig("confusion.png", dpi=110)
    right = 0
    for category, instructions in UNSEEN.items():
        for text in instructions:
            found = predict_category(model, tokenizer, text, "cpu", id2cat)
            right += found == category
            print(f"{'right' if found == category else 'wrong'}: {found:<25} {text}")
    print(f"{right} of 10 unseen instructions are right.")


if __name__ == "__main__":
    main()
# stub cefab78f4470a5b6
