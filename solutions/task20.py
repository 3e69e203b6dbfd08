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
import numpy as np
import torch
from matplotlib.figure import Figure

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
    confusion = np.asarray(confusion, dtype=float)
    items = confusion.sum(axis=1)
    rights = np.diag(confusion)
    return [float(r / n) if n else float("nan") for r, n in zip(rights, items, strict=True)]
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
    confusion = np.asarray(confusion)
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, label="share of the true class")
    # 2. Label axes and ticks.
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    # 3. Write each count into its cell.
    for (i, j), count in np.ndenumerate(confusion):
        colour = "white" if shares[i, j] > 0.6 else "black"
        axes.text(j, i, f"{count}", ha="center", va="center", color=colour)
    return figure
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
    inputs = tokenizer(text, truncation=True, max_length=512, return_tensors="pt").to(device)
    mode = model.training
    model.to(device).eval()
    # 2. Ask the model, without gradients.
    with torch.no_grad():
        logits = model(**inputs).logits  # (1, classes)
    model.train(mode)
    # 3. Look up the name.
    return id2cat[logits.argmax(dim=-1).item()]
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
