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


@wrong(
    "pads to what the model reads",
    advice=(
        "Most of such a batch is filling, for which the model computes in vain; "
        "look at the collator's default for `padding`."
    ),
    caught_by=("test_longest_of_the_batch", "test_ids"),
)
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, padding="max_length")


@wrong(
    "pads to 128",
    advice=(
        "A fixed width wastes work on short texts and fails on longer ones; "
        "let each batch find its own."
    ),
    caught_by=("test_longest_of_the_batch", "test_mask"),
)
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, padding="max_length", max_length=128)


@wrong(
    "pads to a multiple of eight",
    advice=(
        "Rounding up adds columns that hold nothing but padding; "
        "a batch ends where its longest item does."
    ),
    caught_by="test_longest_of_the_batch",
)
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)


@wrong(
    "makes NumPy arrays",
    advice=(
        "PyTorch's models compute with tensors; "
        "look at the collator's default for `return_tensors`."
    ),
    caught_by=("test_tensors", "test_labels", "test_script"),
)
def create_data_collator(tokenizer):
    return DataCollatorWithPadding(tokenizer, return_tensors="np")


@wrong(
    "sets a new padding token",
    advice=(
        "The tokenizer brings its own, and the caller goes on using it; "
        "make the collator without changing a setting."
    ),
    caught_by="test_tokenizer_is_kept",
)
def create_data_collator(tokenizer):
    tokenizer.pad_token = tokenizer.sep_token
    return DataCollatorWithPadding(tokenizer)


@wrong(
    "pads on the right, whatever the tokenizer",
    advice=(
        "Some models need their padding on the left; "
        "the tokenizer knows its side, so leave the choice to it."
    ),
    caught_by=("test_padding_side", "test_tokenizer_is_kept"),
)
def create_data_collator(tokenizer):
    tokenizer.padding_side = "right"
    return DataCollatorWithPadding(tokenizer)


@wrong(
    "drops the labels",
    advice=(
        "Without them no loss can be computed; "
        "the batch needs one for each item, beside ids and mask."
    ),
    caught_by=("test_tensors", "test_labels"),
)
def create_data_collator(tokenizer):
    return changed("Dropped", lambda batch: batch.pop("labels") is None or batch)(tokenizer)


@wrong(
    "gives the labels twice, as `label` as well",
    advice=(
        "Models look for the classes under `labels`, and the batch has just three keys; "
        "compare yours with the docstring."
    ),
    caught_by=("test_tensors", "test_labels"),
)
def create_data_collator(tokenizer):
    return changed("Renamed", lambda batch: {**batch, "label": batch["labels"]})(tokenizer)


@wrong(
    "makes floats of the labels",
    advice=(
        "Classes are whole numbers, and a loss reads floats as something else; "
        "keep the dtype that the collator makes."
    ),
    caught_by="test_labels",
)
def create_data_collator(tokenizer):
    return changed("Floats", lambda b: {**b, "labels": b["labels"].float()})(tokenizer)


@wrong(
    "sorts the labels",
    advice=(
        "Entry i belongs to row i of `input_ids`; "
        "in any other order, texts get classes that are not theirs."
    ),
    caught_by="test_labels",
)
def create_data_collator(tokenizer):
    return changed("Sorted", lambda b: {**b, "labels": b["labels"].sort()[0]})(tokenizer)


@wrong(
    "attends to padding",
    advice=(
        "The mask tells the model where an item ends and the filling begins; "
        "ones belong to tokens only."
    ),
    caught_by="test_mask",
)
def create_data_collator(tokenizer):
    one = lambda b: {**b, "attention_mask": torch.ones_like(b["attention_mask"])}  # noqa: E731
    return changed("Ones", one)(tokenizer)


@wrong(
    "uses the collator for language models",
    advice=(
        "That one takes the texts' own tokens as labels, to predict words; "
        "here labels are classes. The docstring names the class."
    ),
    caught_by=("test_collator", "test_labels"),
)
def create_data_collator(tokenizer):
    return transformers.DataCollatorForLanguageModeling(tokenizer, mlm=False)


@wrong(
    "uses the default collator",
    advice=(
        "It stacks items without padding them, and texts of different lengths make no rectangle; "
        "the docstring names the class."
    ),
    caught_by="test_collator",
)
def create_data_collator(tokenizer):
    return transformers.DefaultDataCollator()


@wrong(
    "remembers the first batch's length",
    advice=(
        "Each batch has its own longest item, shorter or longer than the last; "
        "keep nothing from one call to the next."
    ),
    caught_by="test_longest_of_the_batch",
)
class overlay:
    class Collator(DataCollatorWithPadding):
        def __call__(self, items):
            if self.max_length is None:
                self.max_length = max(len(item["input_ids"]) for item in items)
                self.padding = "max_length"
            return super().__call__(items)

    def create_data_collator(tokenizer):
        return Collator(tokenizer)


@wrong(
    "overwrites the labels of the items",
    advice=(
        "The items come again in the next epoch, and should be as they were; "
        "work on copies, or change the batch only."
    ),
    caught_by="test_items_are_kept",
)
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
    advice="The caller gets None; hand the collator that you make back with `return`.",
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


@wrong(
    "gives the tokenizer a padding token",
    advice=(
        "Which token pads is for the caller to decide; "
        "make the collator, and leave the tokenizer as it comes."
    ),
    caught_by="test_tokenizer_without_padding",
)
def create_data_collator(tokenizer):
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return DataCollatorWithPadding(tokenizer)


@wrong(
    "masks wherever the padding's id stands",
    advice=(
        "A text may speak of `[PAD]` and then holds that id itself; "
        "only the items' own masks know what is text."
    ),
    caught_by="test_padding_in_a_text",
)
def create_data_collator(tokenizer):
    class Masking(DataCollatorWithPadding):
        def __call__(self, features):
            batch = super().__call__(features)
            batch["attention_mask"] = (batch["input_ids"] != tokenizer.pad_token_id).long()
            return batch

    return Masking(tokenizer)
