"""Task 16: what `create_dataloaders` must make."""

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests.dispatching import LABELS, TEXTS, items_of
from tests.tokens import tokenizer_of

torch = lazy("torch")
transformers = lazy("transformers")

NAMES = ("training", "validation")
FIRST_OF_VALIDATION = 1000  # items are numbers, and those of the two parts differ


def collate(items):
    """A batch that only this function makes."""
    return {"items": torch.tensor(items), "collated": True}


def loaders(task, train=43, validation=17, batch_size=5, collate_fn=collate):
    """Two loaders of numbers, checked to be loaders."""
    parts = range(train), range(FIRST_OF_VALIDATION, FIRST_OF_VALIDATION + validation)
    return pair(task.create_dataloaders(*map(list, parts), batch_size, collate_fn))


def pair(found):
    expect.instance(found, (tuple, list), "what create_dataloaders returns")
    expect.that(len(found) == 2, "two loaders", f"{len(found)}", "pair")
    for name, loader in zip(NAMES, found, strict=True):
        expect.instance(loader, torch.utils.data.DataLoader, f"the loader for {name}")
    return found


def epoch(task, loader, name="training"):
    """The items of each batch of one epoch."""

    def batches():
        return list(loader)

    batches.__name__ = f"batches_of_the_{name}_loader"
    batches = task.apply(batches)
    for batch in batches:
        good = isinstance(batch, dict) and batch.get("collated") is True
        expect.that(good, "batches made by collate_fn", describe(batch), "collate")
    return [batch["items"].tolist() for batch in batches]


def drawn(batches):
    return [item for batch in batches for item in batch]


def test_collate_fn(task):
    """Both loaders make their batches by collate_fn.

    > makes a batch of a list of items
    """
    for loader, name in zip(loaders(task), NAMES, strict=True):
        epoch(task, loader, name)


def test_two_loaders(task):
    """create_dataloaders returns the two DataLoaders, the one for training first.

    > A tuple of two `DataLoader`s: the one for training
    """
    train, validation = loaders(task)
    most = max(drawn(epoch(task, train)))
    expect.that(most < 43, "training items in the first loader", "validation items in it")
    least = min(drawn(epoch(task, validation, "validation")))
    expect.that(least >= 1000, "validation items in the second loader", "training items in it")


@pytest.mark.builds_on("test_two_loaders")
@settings(max_examples=20)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(2, 13))
@example(5, 5, 3)  # two items are left
@example(4, 4, 3)  # a single one is left
def test_every_item_once(task, train, validation, batch_size):
    """An epoch of either loader gives every item once, whatever the sizes.

    > Each gives every item once an epoch.
    """
    for loader, name, first, count in zip(
        loaders(task, train, validation, batch_size),
        NAMES,
        (0, FIRST_OF_VALIDATION),
        (train, validation),
        strict=True,
    ):
        times = Counter(drawn(epoch(task, loader, name)))
        wrong = [item for item in range(first, first + count) if times[item] != 1]
        shown = ", ".join(f"item {item} {times[item]} times" for item in wrong[:4])
        expect.that(not wrong, f"the {count} items, once each", f"{len(wrong)} other: {shown}")
        foreign = sorted(set(times) - set(range(first, first + count)))
        expect.that(not foreign, f"the {count} items alone", f"others too: {describe(foreign)}")


@pytest.mark.builds_on("test_two_loaders", "test_every_item_once")
@settings(max_examples=20)
@given(st.integers(2, 60), st.integers(2, 60), st.integers(2, 13))
@example(5, 5, 3)  # two items are left
@example(4, 4, 3)  # a single one is left
def test_batch_size(task, train, validation, batch_size):
    """Every batch has batch_size items, but the last, which has what is left.

    > items in a batch; the last batch has what is left
    """
    for loader, name, count in zip(
        loaders(task, train, validation, batch_size), NAMES, (train, validation), strict=True
    ):
        sizes = [len(batch) for batch in epoch(task, loader, name)]
        full, rest = divmod(count, batch_size)
        wanted = [batch_size] * full + [rest] * bool(rest)
        expected = f"batches of {wanted} items from the loader for {name}"
        expect.that(sizes == wanted, expected, f"{sizes}")


@pytest.mark.builds_on("test_two_loaders", "test_collate_fn")
def test_training_is_shuffled(task):
    """Training items come in a random order.

    > the one for training, which shuffles
    """
    batches = epoch(task, loaders(task)[0])
    found = drawn(batches)
    expect.that(found != sorted(found), "another order than that of the data set", "that order")
    expect.that(found != sorted(found)[::-1], "a random order", "the order reversed")
    together = all(max(batch) - min(batch) < len(batch) for batch in batches)
    expect.that(
        not together,
        "batches of items from all over the data set",
        "in each batch items that stand together there",
    )
    found = drawn(epoch(task, loaders(task, train=20, batch_size=20)[0]))
    expect.that(
        found != sorted(found),
        "another order than that of the data set, where one batch has all items",
        "that order",
    )


@pytest.mark.builds_on("test_two_loaders", "test_collate_fn", "test_training_is_shuffled")
def test_shuffled_anew(task):
    """Each epoch has an order of its own.

    > which shuffles, anew for each epoch
    """
    train, _ = loaders(task)
    orders = [drawn(epoch(task, train)) for _ in range(3)]
    different = len({tuple(order) for order in orders})
    expect.that(different == 3, "three orders in three epochs", f"{different}")


@pytest.mark.builds_on("test_two_loaders", "test_collate_fn")
def test_validation_is_in_order(task):
    """Validation items come in the order of the data set, in every epoch.

    > the one for validation, which does not
    """
    _, validation = loaders(task)
    for _ in range(2):
        found = drawn(epoch(task, validation, "validation"))
        expect.that(found == sorted(found), "the order of the data set", describe(found))


@pytest.mark.builds_on("test_collate_fn", "test_two_loaders")
def test_padded_batches(task):
    """With a padding collator, batches are padded to their own longest text.

    > makes a batch of a list of items
    """
    items = items_of(tokenizer_of(), TEXTS, LABELS)
    collator = transformers.DataCollatorWithPadding(tokenizer_of())
    found = pair(task.create_dataloaders(items[:4], items[4:], 2, collator))

    def batches_of_both_loaders():
        return [batch for loader in found for batch in loader]

    try:
        batches = task.apply(batches_of_both_loaders)
    except (RuntimeError, TypeError) as error:  # of PyTorch's own way to make a batch
        raise expect.Wrong("batches made by collate_fn", str(error)) from None
    labels = sorted(label for batch in batches for label in batch["labels"].tolist())
    expect.equal(labels, sorted(LABELS), "all labels")
    for batch in batches:
        longest = int(batch["attention_mask"].sum(1).max())
        width = batch["input_ids"].shape[1]
        expect.that(width == longest, f"{longest} columns, as the longest has tokens", f"{width}")


@pytest.mark.builds_on
def test_script(task):
    """The script prints the shapes of a training and of a validation batch of 16.

    > Show the shapes of a batch of either loader.
    """
    task.main()
    printed = task.printed.out
    for line, count in {
        "Shape of each tensor in the train batch:": 1,
        "Shape of each tensor in the validation batch:": 1,
        "  - labels: torch.Size([16])": 2,
        "  - input_ids: torch.Size([16, ": 2,
    }.items():
        times = "twice" if count == 2 else "once"
        expect.that(printed.count(line) == count, f"{line!r} {times} in the output", printed)
