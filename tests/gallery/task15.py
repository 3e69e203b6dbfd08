"""Answers to task 15, wrong and right: the tests of its tests."""

import numpy as np
import torch
import transformers
from transformers import DataCollatorWithPadding

from kata.testing import right, wrong


class Changed(DataCollatorWithPadding):
    """A collator whose batches a wrong answer spoils."""

    def __call__(self, items):
        return self.change(super().__call__(items))


def changed(name, change):
    return type(name, (Changed,), {"change": lambda self, batch: change(batch)})


@right("says what is the default anyway")
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, padding="longest", return_tensors="pt")


@right("writes a collator of its own on top")
class overlay:
    class Collator(DataCollatorWithPadding):
        def __call__(self, items):
            labels = torch.stack([item["labels"] for item in items])
            rest = [{k: v for k, v in item.items() if k != "labels"} for item in items]
            return {**super().__call__(rest), "labels": labels}

    def create_data_collator(tokenizer):
        return Collator(tokenizer)


@wrong("pads to what the model reads", caught_by=("test_longest_of_the_batch", "test_ids"))
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, padding="max_length")


@wrong("pads to 128", caught_by=("test_longest_of_the_batch", "test_mask"))
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, padding="max_length", max_length=128)


@wrong("pads to a multiple of eight", caught_by="test_longest_of_the_batch")
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)


@wrong("makes NumPy arrays", caught_by=("test_tensors", "test_labels", "test_script"))
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, return_tensors="np")


@wrong("sets a new padding token", caught_by="test_tokenizer_is_kept")
def create_data_collator(tokenizer):
    tokenizer.pad_token = tokenizer.sep_token
    return DataCollatorWithPadding(tokenizer)


@wrong(
    "pads on the right, whatever the tokenizer",
    caught_by=("test_padding_side", "test_tokenizer_is_kept"),
)
def create_data_collator(tokenizer):
    tokenizer.padding_side = "right"
    return DataCollatorWithPadding(tokenizer)


@wrong("drops the labels", caught_by=("test_tensors", "test_labels"))
def create_data_collator(tokenizer):
    return changed("Dropped", lambda batch: batch.pop("labels") is None or batch)(tokenizer)


@wrong("calls the labels `label`", caught_by=("test_tensors", "test_labels"))
def create_data_collator(tokenizer):
    return changed("Renamed", lambda batch: {**batch, "label": batch["labels"]})(tokenizer)


@wrong("makes floats of the labels", caught_by="test_labels")
def create_data_collator(tokenizer):
    return changed("Floats", lambda b: {**b, "labels": b["labels"].float()})(tokenizer)


@wrong("sorts the labels", caught_by="test_labels")
def create_data_collator(tokenizer):
    return changed("Sorted", lambda b: {**b, "labels": b["labels"].sort()[0]})(tokenizer)


@wrong("attends to padding", caught_by="test_mask")
def create_data_collator(tokenizer):
    one = lambda b: {**b, "attention_mask": torch.ones_like(b["attention_mask"])}  # noqa: E731
    return changed("Ones", one)(tokenizer)


@wrong("uses the collator for language models", caught_by=("test_collator", "test_labels"))
def create_data_collator(tokenizer):
    return transformers.DataCollatorForLanguageModeling(tokenizer, mlm=False)


@wrong("uses the default collator", caught_by="test_collator")
def create_data_collator(tokenizer):
    return transformers.DefaultDataCollator()


@wrong("remembers the first batch's length", caught_by="test_longest_of_the_batch")
class overlay:
    class Collator(DataCollatorWithPadding):
        def __call__(self, items):
            if self.max_length is None:
                self.max_length = max(len(item["input_ids"]) for item in items)
                self.padding = "max_length"
            return super().__call__(items)

    def create_data_collator(tokenizer):
        return Collator(tokenizer)


@wrong("takes the labels out of the items", caught_by="test_items_are_kept")
class overlay:
    class Collator(DataCollatorWithPadding):
        def __call__(self, items):
            labels = torch.tensor([int(item["labels"]) for item in items])
            found = super().__call__(items)
            for item in items:
                item["labels"] = torch.tensor(-1)
            return {**found, "labels": labels}

    def create_data_collator(tokenizer):
        return Collator(tokenizer)


@wrong(
    "returns nothing",
    caught_by=(
        "test_collator",
        "test_tensors",
        "test_longest_of_the_batch",
        "test_ids",
        "test_mask",
        "test_labels",
        "test_tokenizer_is_kept",
        "test_items_are_kept",
        "test_script",
    ),
)
def create_data_collator(tokenizer):
    print(DataCollatorWithPadding(tokenizer), np)


@wrong("gives the tokenizer a padding token", caught_by="test_tokenizer_without_padding")
def create_data_collator(tokenizer):
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return DataCollatorWithPadding(tokenizer)


@wrong("masks wherever the padding's id stands", caught_by="test_padding_in_a_text")
def create_data_collator(tokenizer):
    class Masking(DataCollatorWithPadding):
        def __call__(self, features):
            batch = super().__call__(features)
            batch["attention_mask"] = (batch["input_ids"] != tokenizer.pad_token_id).long()
            return batch

    return Masking(tokenizer)
