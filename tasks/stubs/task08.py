"""Task 08: texts become data sets for fine-tuning. (week 09, task 08)

A model reads numbers. Turn the messages of a support team into token ids, in two ways that you will
meet again and again: all texts at once into tensors, and row by row into a `Dataset`.

    pytest tests/test_task08.py     judges this file
    python tasks/task08.py          runs it, and prints what the exercise sheet prints

`main` uses `distilbert-base-uncased`; the tests also use tokenizers of other models. Without a
network there are small stand-ins under real ids, whose vocabularies are smaller; see `kata models`.
With the real one, the printed ids are those of the sheet. The sheet's sample shows one row for two
test texts: a slip; there are two.

Out of scope: training (task 09).
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
### END CODE HERE ###

MODEL = "distilbert/distilbert-base-uncased"
TRAIN_DATA = {
    "text": [
        "I'm really upset with the delays on delivering this item. Where is it?",
        "The support I've had on this issue has been terrible and really unhelpful. Why will no "
        "one help me?",
        "I have a question about how to use this product. Can you help me?",
        "This product is listed as out of stock. When will it be available again?",
    ],
    "label": [1, 1, 0, 0],
}
TEST_DATA = {
    "text": ["You charged me twice for the one item. I need a refund.", "Very good - thank you!"],
    "label": [1, 0],
}


def tokenize_train(data, tokenizer, max_length: int = 64):
    """Turn all texts into two tensors; one call of the tokenizer will do.

    Args:
        data: a dictionary of lists, `text` and `label`, with at least one text; it is left as it
            was.
        tokenizer: a tokenizer of the Hugging Face hub. It knows what it pads with, and on which
            side; leave its settings as they are.
        max_length: the most tokens that a row may have, its special ones included. Longer texts
            are cut there, shorter ones never.

    Returns:
        A dictionary (the tokenizer's own kind will do) with two int64 tensors of shape
        (texts, longest row) and nothing else: `input_ids`, padded to the longest row and no
        further, and `attention_mask`, which is 1 for tokens and 0 for padding.
    """
    ### START CODE HERE ###
    # 1. Choose padding, truncation, max_length and return_tensors. Some models' tokenizers return
    #    more than is asked for here (`token_type_ids`).
    raise NotImplementedError("Write `tokenize_train` here.")
    ### END CODE HERE ###


def tokenize_test(data, tokenizer, max_length: int = 64):
    """Make a `Dataset` of the data, and tokenize it row by row: one text at each call.

    A row keeps its own length, since rows are padded when a batch is made of them; `Trainer` does
    that, and it wants flat lists of ids.

    Args:
        data, tokenizer, max_length: as for `tokenize_train`.

    Returns:
        A `datasets.Dataset` with as many rows as there are texts, in their order, and exactly four
        columns: `text` and `label` as they were, `input_ids` and `attention_mask`, in each row a
        list of ints without padding, cut at `max_length`.
    """
    ### START CODE HERE ###
    # 1. Make a Dataset of the dictionary.
    # 2. Write what is to be done with one row: a dictionary of the columns that it gains.
    # 3. Do it with each row.
    raise NotImplementedError("Write `tokenize_test` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    print("Tokenized training data:")
    print(tokenize_train(TRAIN_DATA, tokenizer, max_length=20))
    print("Tokenized test data:")
    print(tokenize_test(TEST_DATA, tokenizer, max_length=20))


if __name__ == "__main__":
    main()
# stub d15098549423fbd4
