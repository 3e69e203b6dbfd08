"""Task 16: loaders for training and validation. (Request Dispatcher, exercise 3)

A `DataLoader` draws items from a data set, and a collate function makes a batch of them. Training
wants them in a new order each time; validation wants all of them, in the order that they have.

    pytest tests/test_task16.py     judges this file
    python tasks/task16.py          runs it on invented support tickets

Out of scope: workers, samplers of your own.
"""

import fixtures.offline  # the hub without a network; before transformers
from fixtures.tickets import load_tickets

from torch.utils.data import DataLoader


def create_dataloaders(train_dataset, val_dataset, batch_size, collate_fn):
    """Make the loaders for training and validation.

    Args:
        train_dataset (Dataset): what to train on.
        val_dataset (Dataset): what to validate on.
        batch_size (int): items in a batch; the last batch has what is left.
        collate_fn (callable): makes a batch of a list of items.

    Returns:
        A tuple of two `DataLoader`s: the one for training, which shuffles, anew for each epoch, and
        the one for validation, which does not. Each gives every item once an epoch.
    """
    ### START CODE HERE ###
    # 1. Make the loader for training.
    # 2. Make the loader for validation.
    # 3. Return both.
    raise NotImplementedError("Write `create_dataloaders` here.")
    ### END CODE HERE ###


def main() -> None:
    """Show the shapes of a batch of either loader."""
    from transformers import AutoTokenizer, DataCollatorWithPadding

    tokenizer = AutoTokenizer.from_pretrained("distilbert-base-uncased")
    data = load_tickets(train=160, test=40)
    train, validation = (
        [{**tokenizer(t), "labels": label} for t, label in zip(*part.values(), strict=True)]
        for part in data
    )
    loaders = create_dataloaders(train, validation, 16, DataCollatorWithPadding(tokenizer))
    for name, loader in zip(("train", "validation"), loaders, strict=True):
        print(f"Shape of each tensor in the {name} batch:")
        for key, value in next(iter(loader)).items():
            print(f"  - {key}: {value.shape}")


if __name__ == "__main__":
    main()
# stub 1dd99b84bb926eda
