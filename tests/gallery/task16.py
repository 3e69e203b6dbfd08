"""Answers to task 16, wrong and right: the tests of its tests."""

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


@wrong("shuffles the validation data", caught_by="test_validation_is_in_order")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        loader(val_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong("does not shuffle", caught_by=("test_training_is_shuffled", "test_shuffled_anew"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong(
    "has it the wrong way round",
    caught_by=("test_training_is_shuffled", "test_validation_is_in_order"),
)
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=False),
        loader(val_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong("shuffles once", caught_by="test_shuffled_anew")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    order = list(RandomSampler(train_dataset))
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=order),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong("turns the order round", caught_by="test_training_is_shuffled")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    order = list(range(len(train_dataset)))[::-1]
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=order),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong("swaps the loaders", caught_by="test_two_loaders")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(val_dataset, batch_size, collate_fn),
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
    )


@wrong("validates on the training data", caught_by=("test_two_loaders", "test_every_item_once"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        loader(train_dataset, batch_size, collate_fn),
    )


@wrong("ignores the batch size", caught_by="test_batch_size")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, 32, collate_fn, shuffle=True),
        loader(val_dataset, 32, collate_fn),
    )


@wrong("leaves the batch size of validation out", caught_by=("test_batch_size", "test_script"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        DataLoader(val_dataset, collate_fn=collate_fn),
    )


@wrong("drops the last batch", caught_by=("test_every_item_once", "test_batch_size"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True, drop_last=True),
        loader(val_dataset, batch_size, collate_fn, drop_last=True),
    )


@wrong("draws with replacement", caught_by="test_every_item_once")
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    sampler = RandomSampler(train_dataset, replacement=True)
    return (
        loader(train_dataset, batch_size, collate_fn, sampler=sampler),
        loader(val_dataset, batch_size, collate_fn),
    )


@wrong("forgets the collate function", caught_by=("test_collate_fn", "test_padded_batches"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        DataLoader(train_dataset, batch_size=batch_size, shuffle=True),
        DataLoader(val_dataset, batch_size=batch_size),
    )


@wrong("forgets it for validation", caught_by=("test_collate_fn", "test_padded_batches"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        loader(train_dataset, batch_size, collate_fn, shuffle=True),
        DataLoader(val_dataset, batch_size=batch_size),
    )


@wrong("returns the one for training alone", caught_by=("test_two_loaders", "test_padded_batches"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (loader(train_dataset, batch_size, collate_fn, shuffle=True),)


@wrong("returns lists of batches", caught_by=("test_two_loaders", "test_every_item_once"))
def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    return (
        list(loader(train_dataset, batch_size, collate_fn, shuffle=True)),
        list(loader(val_dataset, batch_size, collate_fn)),
    )


@wrong(
    "returns nothing",
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
