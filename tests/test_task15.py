"""Task 15: what `create_data_collator` must make."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests.dispatching import LABELS, TEXTS, check_keys, items_of
from tests.tokens import padded, tokenizer_of

torch = lazy("torch")
transformers = lazy("transformers")

# The padding token of the second has the id 1.
TOKENIZERS = ({}, {"name": "deepset/roberta-base-squad2"})
LEFT = {"side": "left"}
chosen = st.lists(st.integers(0, 6), min_size=2, max_size=5, unique=True)


def collator_of(task, tokenizer):
    collator = task.create_data_collator(tokenizer)
    expect.instance(
        collator, transformers.DataCollatorWithPadding, "what create_data_collator returns"
    )
    return collator


def batch_of(task, tokenizer, places, collator=None):
    """The batch of some items, and the items' ids."""
    items = items_of(tokenizer, [TEXTS[i] for i in places], [LABELS[i] for i in places])
    rows = [list(item["input_ids"]) for item in items]
    found = task.apply(collator or collator_of(task, tokenizer), items)
    check_keys(found, "the batch")
    for name, value in found.items():
        expect.instance(value, torch.Tensor, name)
    return found, rows


def check_width(found, rows):
    shape = (len(rows), max(map(len, rows)))
    for name in ("input_ids", "attention_mask"):
        expect.tensor(found[name], name, shape=shape, dtype=torch.int64)


def test_collator(task):
    """create_data_collator makes a transformers.DataCollatorWithPadding.

    > A transformers.DataCollatorWithPadding.
    """
    collator_of(task, tokenizer_of())


@pytest.mark.builds_on("test_collator")
def test_tensors(task):
    """A batch is a dictionary of three tensors: input_ids, attention_mask, labels.

    > it returns a dictionary of tensors: `input_ids` and `attention_mask`
    """
    batch_of(task, tokenizer_of(), (0, 1, 2))


@pytest.mark.builds_on("test_tensors")
def test_longest_of_the_batch(task):
    """Each batch is padded to its own longest item, and no further.

    > (items, longest item of this batch)
    """
    collator = collator_of(task, tokenizer_of())
    for places in ((3, 0), (1, 5, 0), (4, 2), (3,)):
        check_width(*batch_of(task, tokenizer_of(), places, collator))


@pytest.mark.builds_on("test_tensors", "test_longest_of_the_batch", "test_tokenizer_is_kept")
@settings(max_examples=25)
@given(chosen, st.sampled_from(TOKENIZERS))
def test_ids(task, places, which):
    """input_ids are the items', filled with the tokenizer's padding.

    > `input_ids` and `attention_mask` (items, longest item of this batch), padded as the
    > tokenizer pads
    """
    tokenizer = tokenizer_of(**which)
    padding = tokenizer.pad_token_id
    found, rows = batch_of(task, tokenizer, places)
    check_width(found, rows)
    wanted = torch.tensor(padded(rows, padding))
    expect.equal(found["input_ids"], wanted, "input_ids")


@pytest.mark.builds_on("test_tensors", "test_longest_of_the_batch", "test_tokenizer_is_kept")
@settings(max_examples=25)
@given(chosen, st.sampled_from(TOKENIZERS))
def test_mask(task, places, which):
    """attention_mask is 1 for tokens and 0 for padding.

    > `input_ids` and `attention_mask` (items, longest item of this batch), padded as the
    > tokenizer pads
    """
    tokenizer = tokenizer_of(**which)
    found, rows = batch_of(task, tokenizer, places)
    check_width(found, rows)
    wanted = torch.tensor(padded([[1] * len(row) for row in rows], 0))
    expect.equal(found["attention_mask"], wanted, "attention_mask")


@pytest.mark.builds_on(
    "test_tensors", "test_longest_of_the_batch", "test_tokenizer_is_kept", "test_ids", "test_mask"
)
def test_padding_side(task):
    """Padding is on the side that the tokenizer says.

    > padded as the tokenizer pads
    """
    tokenizer = tokenizer_of(**LEFT)
    found, rows = batch_of(task, tokenizer, (3, 0))
    check_width(found, rows)
    wanted = torch.tensor(padded(rows, tokenizer.pad_token_id, "left"))
    expect.equal(found["input_ids"], wanted, "input_ids, padded on the left")
    wanted = torch.tensor(padded([[1] * len(row) for row in rows], 0, "left"))
    expect.equal(found["attention_mask"], wanted, "attention_mask")


@pytest.mark.builds_on("test_tensors")
@settings(max_examples=15)
@given(chosen)
def test_labels(task, places):
    """labels are the items', in their order, as a tensor of torch.long.

    > and `labels` (items,)
    """
    found, _ = batch_of(task, tokenizer_of(), places)
    expect.tensor(found["labels"], "labels", shape=(len(places),), dtype=torch.int64)
    expect.equal(found["labels"], torch.tensor([LABELS[i] for i in places]), "labels")


@pytest.mark.edge
def test_tokenizer_is_kept(task):
    """The tokenizer's settings are left as they were, its padding token above all.

    > whose settings are left as they are
    """
    names = ("pad_token", "pad_token_id", "padding_side", "model_max_length")
    for which in (*TOKENIZERS, LEFT):
        tokenizer = tokenizer_of(**which)
        before = [getattr(tokenizer, name) for name in names]
        collator = collator_of(task, tokenizer)
        check_settings(tokenizer, names, before)
        batch_of(task, tokenizer, (0, 1), collator)
        check_settings(tokenizer, names, before)


@pytest.mark.builds_on("test_collator")
@pytest.mark.edge
def test_tokenizer_without_padding(task):
    """A tokenizer that has no padding token gets none.

    > whose settings are left as they are
    """
    tokenizer = tokenizer_of("gpt2")
    collator_of(task, tokenizer)
    expect.that(
        tokenizer.pad_token is None, "tokenizer.pad_token still None", repr(tokenizer.pad_token)
    )


@pytest.mark.builds_on("test_mask")
@pytest.mark.edge
def test_padding_in_a_text(task):
    """A text that speaks of the padding token is a text, and no padding.

    > padded as the tokenizer pads
    """
    tokenizer = tokenizer_of()
    texts = ["What does [PAD] mean?", "Why?"]
    items = items_of(tokenizer, texts, [0, 1])
    rows = [[1] * len(item["input_ids"]) for item in items]
    found = check_keys(task.apply(collator_of(task, tokenizer), items), "the batch")
    expect.equal(found["attention_mask"], torch.tensor(padded(rows, 0)), "attention_mask")


def check_settings(tokenizer, names, before):
    for name, value in zip(names, before, strict=True):
        now = getattr(tokenizer, name)
        expect.that(now == value, f"tokenizer.{name} still {value!r}", f"{now!r}", "settings")


@pytest.mark.edge
def test_items_are_kept(task):
    """The items are left as they were.

    > The items are left as they were.
    """
    items = items_of(tokenizer_of(), TEXTS[:3], LABELS[:3])
    before = [(list(item["input_ids"]), int(item["labels"])) for item in items]
    task.apply(collator_of(task, tokenizer_of()), items)
    for i, (item, (ids, label)) in enumerate(zip(items, before, strict=True)):
        for key, value in (("input_ids", ids), ("labels", label)):
            there = key in item
            now = (list(item[key]) if key == "input_ids" else int(item[key])) if there else None
            got = f"it is {describe(now)}" if there else "it is gone"
            expect.that(now == value, f"{key} of item {i} still {describe(value)}", got)


@pytest.mark.builds_on
def test_script(task):
    """The script prints two samples, and the batch that they make.

    > Print what the notebook prints; with the real tokenizer, its very numbers.
    """
    task.main()
    printed = task.printed.out
    rows = [
        tokenizer_of()(text)["input_ids"]
        for text in ("This is a short sentence.", "This particular sentence is quite a bit longer.")
    ]
    for i, row in enumerate(rows, 1):
        line = f"Sample {i} 'input_ids': {row}"
        expect.that(line in printed, f"the line {line!r}", printed)
    wanted = torch.tensor(padded(rows, tokenizer_of().pad_token_id))
    expect.that(str(wanted) in printed, f"{wanted}", printed[printed.find("--- After") :])
