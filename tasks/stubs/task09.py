"""Task 09: fine-tune a model, and find the customers who are about to leave. (week 09, task 09)

A model that was pre-trained on many texts learns to classify from a few hundred of yours. Put a
head on it, train both with `Trainer`, and save what came out, so that others can use it.

    pytest tests/test_task09.py     judges this file
    python tasks/task09.py          fine-tunes on invented tickets, saves the model, and applies it

Add `--slow` for the tests that train several times. Without a network there are small stand-ins
under real ids, and the one for `distilbert-base-uncased` learns at about the pace of the real one;
see `kata models`. With a GPU, `Trainer` uses it by itself.

Out of scope: search for the best settings, evaluation during training, other ways to train.
"""

import fixtures.offline  # the hub without a network; before transformers
from fixtures.tickets import load_tickets

### START CODE HERE ###
# 1. Import what you need, and choose a model of the hub, the learning rate and so on.
### END CODE HERE ###

SAMPLES = [
    "I'd just like to say, I love the product! Thank you!",
    "Worst product I've used in my entire life!",
    "Disgusting...",
]


def fine_tune(train, *, output_dir: str = "finetuned-customer-support-model"):
    """Fine-tune a pre-trained model on labelled messages, and save it.

    Training is `Trainer`'s, with `TrainingArguments`. After 400 messages, the model classifies 90%
    of unseen ones rightly, and the samples above as low, high and high risk. A laptop needs a
    minute for that, or less.

    Args:
        train: a dictionary of lists, `text` and `label` (1 = high risk of churn, 0 = low); four
            messages or more, of which a longer one than the model reads (512 tokens) is cut. It
            is left as it was.
        output_dir: the folder to save to. It then holds the model and the tokenizer, as
            `save_pretrained` writes them, and no more than that (`training_args.bin`, which
            `Trainer.save_model` adds, does no harm). What was there before is replaced, but only
            once everything is written: an interrupted save leaves it as it was.

    Returns:
        The fine-tuned model, a classifier with two labels, and its tokenizer. Apart from
        `output_dir`, nothing is left on the disk, such as checkpoints or logs, and nothing is
        reported to services such as Weights & Biases.
    """
    ### START CODE HERE ###
    # 1. Load the tokenizer, and the model with a new head for two labels.
    # 2. Make a data set of token ids and labels.
    # 3. Train. Trainer wants a folder of its own, which is not the one to save to.
    raise NotImplementedError("Write `fine_tune` here.")
    ### END CODE HERE ###


def predict(texts: list[str], model, tokenizer) -> list[int]:
    """Tell high risk of churn from low.

    Args:
        texts: messages, any number of them. A longer one than the model reads (512 tokens) is cut.
        model: a classifier with two labels, on whatever device and in whatever mode.
        tokenizer: the one that belongs to it.

    Returns:
        A 1 (high risk) or 0 (low risk) for each message, in their order, in a list of ints. An
        empty list gives an empty list. The same call gives the same predictions: dropout is off
        even if the model comes from training. `texts` is left as it was.
    """
    ### START CODE HERE ###
    # 1. Turn the texts into token ids, on the model's device.
    # 2. Ask the model, without dropout and gradients, for each text's better label.
    raise NotImplementedError("Write `predict` here.")
    ### END CODE HERE ###


def main() -> None:
    """Fine-tune on invented tickets, and apply the model to new ones and to the sheet's."""
    data = load_tickets()
    model, tokenizer = fine_tune(data.train)
    found = predict(data.test["text"], model, tokenizer)
    right = sum(map(int.__eq__, found, data.test["label"]))
    print(f"{right} of {len(found)} new tickets are classified rightly.")
    for text, label in zip(SAMPLES, predict(SAMPLES, model, tokenizer), strict=True):
        print(f"{'high' if label else 'low'} risk: {text}")


if __name__ == "__main__":
    main()
# stub e7fdb74180450e7a
