"""Answers to task 08, wrong and right: the tests of its tests."""

import torch
from datasets import Dataset

from kata.testing import right, wrong


def tensors(data, tokenizer, max_length=64, **settings):
    settings = {
        "padding": True,
        "truncation": True,
        "max_length": max_length,
        "return_tensors": "pt",
        "return_token_type_ids": False,
    } | settings
    return tokenizer(data["text"], **settings)


def mapped(data, tokenizer, max_length=64, **settings):
    settings = {
        "truncation": True,
        "max_length": max_length,
        "return_token_type_ids": False,
    } | settings
    return Dataset.from_dict(data).map(lambda row: tokenizer(row["text"], **settings))


@right("pads with the tokenizer's own method, and takes the two tensors by name")
def tokenize_train(data, tokenizer, max_length=64):
    rows = tokenizer(data["text"], truncation=True, max_length=max_length)
    batch = tokenizer.pad({"input_ids": rows["input_ids"]}, padding="longest", return_tensors="pt")
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


@right("drops what is too much afterwards")
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        batch = tokenizer(
            list(data["text"]), None, padding="longest", truncation="longest_first",
            max_length=max_length, return_tensors="pt",
        )  # fmt: skip
        batch.pop("token_type_ids", None)
        return dict(batch)

    def tokenize_test(data, tokenizer, max_length=64):
        dataset = Dataset.from_dict(data).map(
            lambda row: dict(tokenizer(row["text"], truncation=True, max_length=max_length))
        )
        return dataset.select_columns(["text", "label", "input_ids", "attention_mask"])


@right("adds columns to the Dataset, from a loop")
def tokenize_test(data, tokenizer, max_length=64):
    rows = [tokenizer.encode(text, truncation=True, max_length=max_length) for text in data["text"]]
    dataset = Dataset.from_dict(data).add_column("input_ids", rows)
    return dataset.add_column("attention_mask", [[1] * len(row) for row in rows])


@wrong("pads to max_length", caught_by=("test_longest_row", "test_train_ids"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, padding="max_length")


@wrong("pads to what the model reads, 512", caught_by=("test_longest_row", "test_train_mask"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, 512, padding="max_length")


@wrong("pads the test rows to max_length", caught_by=("test_test_ids", "test_test_mask"))
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, padding="max_length")


@wrong(
    "leaves truncation out",
    caught_by=("test_train_ids", "test_test_ids", "test_sixty_four", "test_script"),
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        return tensors(data, tokenizer, truncation=False, max_length=None)

    def tokenize_test(data, tokenizer, max_length=64):
        return mapped(data, tokenizer, truncation=False, max_length=None)


@wrong("always cuts at 20, as in the sheet's sample", caught_by="test_sixty_four")
class overlay:
    def tokenize_train(data, tokenizer, max_length=20):
        return tensors(data, tokenizer, max_length)

    def tokenize_test(data, tokenizer, max_length=20):
        return mapped(data, tokenizer, max_length)


@wrong("counts max_length without the special tokens", caught_by=("test_train_ids", "test_script"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length + 2)


@wrong("returns lists", caught_by=("test_two_tensors", "test_script"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_tensors=None)


@wrong("returns NumPy arrays", caught_by="test_two_tensors")
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_tensors="np")


@wrong("returns input_ids alone", caught_by=("test_two_tensors", "test_train_mask"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length)["input_ids"]


@wrong("leaves the mask out", caught_by=("test_two_tensors", "test_train_mask"))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_attention_mask=False)


@wrong("keeps token_type_ids in training", caught_by="test_token_types")
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_token_type_ids=None)


@wrong("adds the labels to the training tensors", caught_by="test_two_tensors")
def tokenize_train(data, tokenizer, max_length=64):
    batch = tensors(data, tokenizer, max_length)
    return dict(batch) | {"labels": torch.tensor(data["label"])}


@wrong("takes every token as one to attend to", caught_by="test_train_mask")
def tokenize_train(data, tokenizer, max_length=64):
    batch = tensors(data, tokenizer, max_length)
    batch["attention_mask"] = torch.ones_like(batch["attention_mask"])
    return batch


@wrong("takes 0 for padding, whatever the tokenizer", caught_by=("test_padding_side",))
def tokenize_train(data, tokenizer, max_length=64):
    rows = tokenizer(data["text"], truncation=True, max_length=max_length)["input_ids"]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


@wrong("pads on the right, whatever the tokenizer", caught_by=("test_padding_side",))
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, padding_side="right")


@wrong("changes the tokenizer's side of padding", caught_by="test_tokenizer_is_kept")
def tokenize_train(data, tokenizer, max_length=64):
    tokenizer.padding_side = "right"
    return tensors(data, tokenizer, max_length)


@wrong("sets the tokenizer's own limit", caught_by="test_tokenizer_is_kept")
def tokenize_test(data, tokenizer, max_length=64):
    tokenizer.model_max_length = max_length
    return mapped(data, tokenizer, max_length)


@wrong("leaves the special tokens out", caught_by=("test_train_ids", "test_test_ids"))
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        return tensors(data, tokenizer, max_length, add_special_tokens=False)

    def tokenize_test(data, tokenizer, max_length=64):
        return mapped(data, tokenizer, max_length, add_special_tokens=False)


@wrong("sorts the texts by length", caught_by=("test_train_ids", "test_data_is_kept"))
def tokenize_train(data, tokenizer, max_length=64):
    data["text"].sort(key=len)
    return tensors(data, tokenizer, max_length)


@wrong("goes in batches", caught_by="test_row_by_row")
def tokenize_test(data, tokenizer, max_length=64):
    return Dataset.from_dict(data).map(
        lambda rows: tokenizer(
            list(rows["text"]), truncation=True, max_length=max_length, return_token_type_ids=False
        ),
        batched=True,
    )


@wrong(
    "nests each row in a batch of one",
    caught_by=("test_test_ids", "test_test_mask", "test_rows_make_a_batch", "test_sixty_four"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, return_tensors="pt")


@wrong("keeps token_type_ids in the Dataset", caught_by="test_token_types")
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, return_token_type_ids=None)


@wrong("drops the labels", caught_by=("test_four_columns", "test_rows_make_a_batch"))
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).remove_columns("label")


@wrong("renames the labels", caught_by=("test_four_columns", "test_text_and_label"))
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).rename_column("label", "labels")


@wrong("makes words of the labels", caught_by=("test_text_and_label", "test_rows_make_a_batch"))
def tokenize_test(data, tokenizer, max_length=64):
    words = ["high" if label else "low" for label in data["label"]]
    return mapped({"text": data["text"], "label": words}, tokenizer, max_length)


@wrong("removes the texts", caught_by="test_four_columns")
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).remove_columns("text")


@wrong("keeps the last row only, as the sheet's sample seems to", caught_by="test_script")
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).select([len(data["text"]) - 1])


@wrong("shuffles", caught_by=("test_text_and_label", "test_test_ids"))
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).shuffle(seed=1)


@wrong("returns a list of dictionaries", caught_by=("test_four_columns", "test_script"))
def tokenize_test(data, tokenizer, max_length=64):
    return list(mapped(data, tokenizer, max_length))


@wrong("adds the columns to the data", caught_by="test_data_is_kept")
def tokenize_test(data, tokenizer, max_length=64):
    batch = [tokenizer(text, truncation=True, max_length=max_length) for text in data["text"]]
    for name in ("input_ids", "attention_mask"):
        data[name] = [row[name] for row in batch]
    return Dataset.from_dict(data)


@wrong(
    "returns nothing",
    caught_by=(
        "test_two_tensors",
        "test_longest_row",
        "test_train_ids",
        "test_train_mask",
        "test_padding_side",
        "test_sixty_four",
        "test_four_columns",
        "test_test_ids",
        "test_test_mask",
        "test_text_and_label",
        "test_row_by_row",
        "test_rows_make_a_batch",
    ),
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        print(tensors(data, tokenizer, max_length))

    def tokenize_test(data, tokenizer, max_length=64):
        print(mapped(data, tokenizer, max_length))
