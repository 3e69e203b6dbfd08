"""Task 14: what `InstructionDataset` must do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests.dispatching import LABELS, TEXTS, check_keys
from tests.language import texts_of_calls
from tests.tokens import UNCASED, ids_of, tokenizations, tokenizer_of

torch = lazy("torch")
transformers = lazy("transformers")

words = st.sampled_from("what is the name of a , write list pompeii ? 7 it".split())


def make(task, texts=None, labels=None, tokenizer=None):
    texts, labels = texts or list(TEXTS), labels or list(LABELS)
    dataset = task.InstructionDataset(texts, labels, tokenizer or tokenizer_of())
    expect.that(
        isinstance(dataset, torch.utils.data.Dataset),
        "a torch.utils.data.Dataset",
        "a class without that base",
        "type",
    )
    return dataset


def item(task, dataset, index):
    return check_keys(task.apply(dataset.__getitem__, index), f"item {index}")


def flat(found, key):
    """A list of ints, or a tensor of one dimension, as a list."""
    value = found[key]
    if isinstance(value, torch.Tensor):
        shape = tuple(value.shape)
        expect.that(len(shape) == 1, f"{key} with one dimension", f"{key} of shape {shape}", "kind")
        return value.tolist()
    good = isinstance(value, list) and all(type(number) is int for number in value)
    expect.that(good, f"{key} is a flat list of ints", describe(value), "kind")
    return value


def test_length(task):
    """The length of the data set is the number of texts.

    > The number of texts.
    """
    expect.equal(task.apply(make(task).__len__), 7, "len(dataset)")
    expect.equal(task.apply(make(task, TEXTS[:2], LABELS[:2]).__len__), 2, "len(dataset)")


def test_attributes(task):
    """The data set keeps texts, labels and tokenizer under these names, as they are.

    > All three are kept as they are, under the same names: `texts`, `labels`, `tokenizer`.
    """
    given = {"texts": list(TEXTS), "labels": list(LABELS), "tokenizer": tokenizer_of()}
    dataset = make(task, **given)
    for name, value in given.items():
        found = getattr(dataset, name, None)
        got = describe(found) if hasattr(dataset, name) else "no attribute of that name"
        expect.that(found is value, f"dataset.{name} is what was given", got)


def test_keys(task):
    """An item is a dictionary of input_ids, attention_mask and labels.

    > A dictionary (the tokenizer's own kind will do) of `input_ids` and `attention_mask`
    """
    item(task, make(task), 2)


@pytest.mark.builds_on("test_keys")
@settings(max_examples=25)
@given(st.lists(words, max_size=30).map(" ".join))
def test_ids(task, text):
    """input_ids has the text's tokens between the special ones, flat and without padding.

    > of `input_ids` and `attention_mask`, flat and without padding
    """
    found = flat(item(task, make(task, ["?", text], [1, 0]), 1), "input_ids")
    wanted = ids_of(tokenizer_of(), text)
    expect.that(
        found == wanted,
        f"{len(wanted)} tokens of {text!r}: {describe(wanted)}",
        f"{len(found)}: {describe(found)}, the tokens of {tokenizer_of().decode(found)!r}",
    )


@pytest.mark.builds_on("test_keys", "test_ids")
def test_mask(task):
    """attention_mask has a 1 for each token.

    > of `input_ids` and `attention_mask`, flat and without padding
    """
    dataset = make(task)
    for i, text in enumerate(TEXTS):
        count = len(ids_of(tokenizer_of(), text))
        expect.equal(flat(item(task, dataset, i), "attention_mask"), [1] * count, f"mask {i}")


@pytest.mark.builds_on("test_keys", "test_ids", "test_label_is_a_tensor")
def test_each_item(task):
    """Item i has the i-th text and the i-th label.

    > idx (int): the place of the text.
    """
    dataset = make(task)
    for i, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        found = item(task, dataset, i)
        ids = flat(found, "input_ids")
        wanted = ids_of(tokenizer_of(), text)
        expect.that(ids == wanted, f"the tokens of text {i}", describe(ids))
        expect.equal(found["labels"], label, f"labels of item {i}")
    twice = make(task, [TEXTS[0]] * 2, [3, 1])  # two annotators disagree
    for i, label in enumerate([3, 1]):
        found = item(task, twice, i)["labels"]
        expect.equal(found, label, f"labels of item {i}, whose text is there twice")


@pytest.mark.builds_on("test_keys")
def test_label_is_a_tensor(task):
    """labels is a tensor of torch.long without dimensions.

    > `labels`, the label as a tensor of shape () and type torch.long
    """
    label = item(task, make(task), 5)["labels"]
    expect.tensor(label, "labels", shape=(), dtype=torch.int64)


@pytest.mark.builds_on("test_ids")
@pytest.mark.parametrize("count", [700, 511, 510, 509])
def test_512_tokens(task, count):
    """An item has at most 512 tokens, and as many where the text has more.

    > cut at 512 tokens with the special ones
    """
    text = " ".join(["the"] * count)
    patient = tokenizer_of()
    patient.model_max_length = 1_000  # the limit is the task's, whatever a tokenizer allows
    for tokenizer in (tokenizer_of(), patient):
        found = flat(item(task, make(task, [text], [0], tokenizer), 0), "input_ids")
        expect.equal(
            len(found),
            min(count + 2, 512),
            f"tokens of an item whose text has {count + 2} with the special ones (the tokenizer's "
            f"own limit is {tokenizer.model_max_length:,})",
        )
        for place, name in ((0, "cls_token"), (-1, "sep_token")):
            special = getattr(tokenizer, name)
            got = tokenizer.convert_ids_to_tokens(found[place])
            expect.that(got == special, f"item's input_ids[{place}] is {special!r}", repr(got))


@pytest.mark.builds_on("test_ids")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("distilbert-base-cased-distilled-squad", "Why do Norwegians say UFF DA?"),
        ("gpt2", "Why?\n\n  Because  of  cats. "),
        (UNCASED, "why" + " " * 6_000 + "do cats purr?"),
    ],
    ids=["capitals", "white space", "many spaces"],
)
def test_text_as_it_is(task, name, text):
    """A text is tokenized as it is, whatever the tokenizer makes of capitals and white space.

    > Tokenize one text

    > a tokenizer of the Hugging Face hub
    """
    wanted = tokenizer_of(name)(text)["input_ids"]
    found = flat(item(task, make(task, [text], [0], tokenizer_of(name)), 0), "input_ids")
    shown = tokenizer_of(name).decode(found)
    expect.that(
        found == wanted,
        f"{len(wanted)} tokens of the text as it is: {describe(wanted)}",
        f"{len(found)}: {describe(found)}, the tokens of {describe(shown)}",
    )


@pytest.mark.builds_on("test_ids")
@pytest.mark.edge
def test_one_token(task):
    """A text of one token is a list of one, by a tokenizer that adds no special ones.

    > of `input_ids` and `attention_mask`, flat and without padding
    """
    tokenizer = tokenizer_of("gpt2")
    found = item(task, make(task, ["a"], [1], tokenizer), 0)
    for key in ("input_ids", "attention_mask"):
        expect.equal(len(flat(found, key)), 1, f"the length of {key}")


def test_on_the_fly(task):
    """The tokenizer is called when an item is asked for, once, and not before.

    > It is not called before an item is asked for

    > Tokenize one text, in one call of the tokenizer.
    """
    with texts_of_calls() as calls:
        dataset = make(task)
        expect.that(not calls, "no call of the tokenizer in __init__", f"{len(calls)} calls")
        item(task, dataset, 1)
        expect.that(len(calls) == 1, "one call for one item", f"{len(calls)} calls")
        expect.that(calls == [1], "one text in the call", f"{calls[0]} texts")


@pytest.mark.builds_on(
    "test_keys", "test_ids", "test_mask", "test_each_item", "test_label_is_a_tensor"
)
def test_batches(task):
    """A DataLoader with a padding collator makes batches of the items.

    > flat and without padding
    """
    dataset = make(task)
    for i in range(7):
        flat(item(task, dataset, i), "input_ids")
    collate = transformers.DataCollatorWithPadding(tokenizer_of())
    loader = torch.utils.data.DataLoader(dataset, batch_size=4, collate_fn=collate)

    def batches_of_the_loader():
        return list(loader)

    batches = task.apply(batches_of_the_loader)
    labels = torch.cat([batch["labels"].flatten() for batch in batches])
    expect.equal(labels, torch.tensor(LABELS), "the labels of all batches")


@pytest.mark.edge
def test_input_is_kept(task):
    """Texts, labels and tokenizer are left as they were.

    > All three are kept as they are
    """
    texts, labels, tokenizer = list(TEXTS), list(LABELS), tokenizer_of()
    tokenizer.model_max_length = 1_000
    dataset = make(task, texts, labels, tokenizer)
    item(task, dataset, 3)
    longest = tokenizer.model_max_length
    expect.that(longest == 1_000, "tokenizer.model_max_length still 1000", f"{longest}")
    for name, now, before in (("texts", texts, TEXTS), ("labels", labels, LABELS)):
        expect.that(now == list(before), f"{name} == {describe(list(before))}", describe(now))


@pytest.mark.builds_on("test_on_the_fly")
@pytest.mark.benchmark
def test_construction_is_cheap(task, race):
    """Making the data set tokenizes nothing, however many texts there are.

    > making the data set takes no time, however many texts there are
    """
    texts, labels = TEXTS * 300, LABELS * 300
    tokenizer = tokenizer_of()
    with tokenizations() as made:
        make(task, texts, labels, tokenizer)
    expect.that(not made, "no text is tokenized yet", f"{len(made)} calls of the tokenizer")
    work = {
        "the data set": lambda: lambda: task.InstructionDataset(texts, labels, tokenizer),
        "tokenizing": lambda: lambda: tokenizer(texts),
    }
    race.show(race(rounds=3, **work))


@pytest.mark.builds_on
def test_script(task):
    """The script says how many samples there are, and shows them and an item.

    > Show the instructions, and an item.
    """
    task.main()
    lines = task.printed.out.strip().splitlines()
    starts = ["Dataset initialized with ", *["Instruction: ", "Label:       "] * 3, "First item:  "]
    for line, start in zip(lines, starts, strict=False):
        expect.that(line.startswith(start), f"a line that begins with {start!r}", repr(line))
    expect.that(len(lines) == 8, "eight lines", task.printed.out)
    expect.that("tensor(" in lines[-1], "an item with a tensor", lines[-1])
