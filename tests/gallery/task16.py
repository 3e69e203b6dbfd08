"""Answers to task 16, wrong and right: the tests of its tests."""

import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, SequentialSampler

from kata.testing import right, wrong


def loader(dataset, batch_size, collate_fn, **settings):
    return DataLoader(dataset, batch_size=batch_size, collate_fn=collate_fn, **settings)


@right("names samplers")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=RandomSampler(train_dataset)),
        loader(val_dataset, batch_size, collate_fn, sampler=SequentialSampler(val_dataset)),
    )


@right("samples batches")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    batches = BatchSampler(RandomSampler(train_dataset), batch_size, drop_last=False)
    return (
        DataLoader(train_dataset, batch_sampler=batches, collate_fn=collate_fn),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "shuffles the validation data",
    advice=(
        "Validation only measures, and gains nothing from a new order; keep there the one "
        "that the data set has."
    ),
    caught_by="test_validation_is_in_order",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        loader(val_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong(
    "does not shuffle",
    advice=(
        "Training wants a new order for each epoch; see which argument of `DataLoader` asks "
        "for it, and what its default is."
    ),
    caught_by=("test_training_is_shuffled", "test_shuffled_anew"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "has it the wrong way round",
    advice=(
        "It is training that gains from a new order each time; check which of the two loaders "
        "gets it."
    ),
    caught_by=("test_training_is_shuffled", "test_validation_is_in_order"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=False),
        loader(val_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong(
    "shuffles within each batch",
    advice=(
        "The same items are together in every epoch like that, batch after batch in the order "
        "of the data; the whole data set is to be shuffled, before batches are made of it."
    ),
    caught_by="test_training_is_shuffled",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    def shuffled(items):
        return collate_fn([items[i] for i in torch.randperm(len(items)).tolist()])

    return (
        loader(train_dataset, batch_size, shuffled),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "shuffles once",
    advice=(
        "The order is to be drawn anew for each epoch, not when the loader is made; leave "
        "that to the `DataLoader`."
    ),
    caught_by="test_shuffled_anew",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    order = list(RandomSampler(train_dataset))
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=order),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "turns the order round",
    advice=(
        "A reversed order is as fixed as the first one; training wants chance, and a new draw "
        "for each epoch."
    ),
    caught_by="test_training_is_shuffled",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    order = list(range(len(train_dataset)))[::-1]
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=order),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "swaps the loaders",
    advice=(
        "The caller takes the first loader for training and the second for validation; check "
        "the order of what you return."
    ),
    caught_by="test_two_loaders",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(val_dataset, batch_size, collate_fn),
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong(
    "validates on the training data",
    advice=(
        "Scores on items seen in training say little about new ones; see which data set the "
        "second loader draws from."
    ),
    caught_by=("test_two_loaders", "test_every_item_once"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        loader(train_dataset, batch_size, collate_fn),
    )


@wrong(
    "ignores the batch size",
    advice=(
        "How many items make a batch is for the caller to say; pass that number on to both loaders."
    ),
    caught_by="test_batch_size",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, 32, collate_fn, shuffle=True),
        loader(val_dataset, 32, collate_fn),
    )


@wrong(
    "leaves the batch size of validation out",
    advice=(
        "Without that argument a `DataLoader` makes batches of one item; both loaders need "
        "the caller's number."
    ),
    caught_by=("test_batch_size", "test_script"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        DataLoader(val_dataset, collate_fn=collate_fn),
    )


@wrong(
    "drops the last batch",
    advice=(
        "The items left at the end belong to the epoch too; see what `drop_last` does, and "
        "what its default is."
    ),
    caught_by=("test_every_item_once", "test_batch_size"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True, drop_last=True),
        loader(val_dataset, batch_size, collate_fn, drop_last=True),
    )


@wrong(
    "drops the last batch in training alone",
    advice=(
        "In each epoch other items would be left out, and in a small data set many; "
        "see what `drop_last` does, and what its default is."
    ),
    caught_by=("test_every_item_once", "test_batch_size"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True, drop_last=True),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "draws with replacement",
    advice=(
        "Some items then come twice and others never; shuffling gives a new order and still "
        "each item once."
    ),
    caught_by="test_every_item_once",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    sampler = RandomSampler(train_dataset, replacement=True)
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=sampler),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "forgets the collate function",
    advice=(
        "PyTorch's own way to make a batch cannot pad texts of different lengths; hand the "
        "caller's function on to both loaders."
    ),
    caught_by=("test_collate_fn", "test_padded_batches"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        DataLoader(train_dataset, batch_size=batch_size, shuffle=True),
        DataLoader(val_dataset, batch_size=batch_size),
    )


@wrong(
    "forgets it for validation",
    advice=(
        "Validation items make batches in the same way as training items; give the second "
        "loader all that the first one needs."
    ),
    caught_by=("test_collate_fn", "test_padded_batches"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        DataLoader(val_dataset, batch_size=batch_size),
    )


@wrong(
    "returns the one for training alone",
    advice="The caller unpacks a pair; make a loader for validation too, and return both.",
    caught_by=("test_two_loaders", "test_padded_batches"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (loader(train_dataset, batch_size, collate_fn, shuffle=True),)


@wrong(
    "returns lists of batches",
    advice=(
        "A list has one order for good; return the loaders themselves, which draw anew each "
        "time they are gone through."
    ),
    caught_by=("test_two_loaders", "test_every_item_once"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        list(loader(train_dataset, batch_size, collate_fn, shuffle=True)),
        list(loader(val_dataset, batch_size, collate_fn)),
    )


@wrong(
    "returns nothing",
    advice="The caller goes on with two loaders; hand them back with `return`.",
    caught_by=(
        "test_two_loaders",
        "test_every_item_once",
        "test_batch_size",
        "test_training_is_shuffled",
        "test_shuffled_anew",
        "test_validation_is_in_order",
        "test_collate_fn",
        "test_padded_batches",
        "test_script",
    ),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    print(loader(train_dataset, batch_size, collate_fn))


@wrong(
    "shuffles only where there are several batches",
    advice="Within a batch, too, items are to come in a random order; shuffle whatever the sizes.",
    caught_by="test_training_is_shuffled",
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    several = len(train_dataset) > batch_size
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=several),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "leaves a single item out where it would be a batch by itself",
    advice=(
        "A batch of one item is a batch, too, and each epoch is to give every item; "
        "look at when you set `drop_last`."
    ),
    caught_by=("test_every_item_once", "test_batch_size"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    alone = len(train_dataset) > batch_size and len(train_dataset) % batch_size == 1
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True, drop_last=alone),
        loader(val_dataset, batch_size, collate_fn),
    )
