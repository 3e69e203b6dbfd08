"""Task 01: windows over a time series (week 09, task 01).

A model that predicts electricity consumption learns from examples: a window of past readings, and
the reading that came next. Turn a long series into such examples.

    pytest tests/test_task01.py     judges this file
    python tasks/task01.py          runs it, and prints what the exercise sheet prints

Out of scope: scaling, shuffling, splitting. The sheet speaks of "the numbers from 0 to 100"; that
is 101 rows, both ends included.
"""

import numpy as np
import pandas as pd
import torch
from torch.utils.data import TensorDataset

from fixtures.electricity import load_electricity


def create_sequences(df: pd.DataFrame, sequence_length: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut the series in the second of the two columns of `df` into windows and their targets.

    Row `i` of `X` holds `sequence_length` consecutive readings, from the `i`-th on; `y[i]` is the
    reading right after them. Rows are taken by position, whatever the frame's index says.

    Returns:
        `X` of shape `(len(df) - sequence_length, sequence_length)` and `y` of shape
        `(len(df) - sequence_length,)`: NumPy arrays (views will do) of the column's dtype, which
        is a NumPy integer or float. A frame that is not longer than a window has no examples: the
        shapes are then `(0, sequence_length)` and `(0,)`. `df` is left as it was.

    The cost grows in step with the number of rows: ten times the rows, ten times the time.

    Raises:
        ValueError: `sequence_length` is below 1.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError for a length below 1.
    # 2. Take the series: the second column, as an array.
    # 3. Return empty arrays where no window has a reading after it.
    # 4. Gather the windows, and the reading right after each.
    raise NotImplementedError("Write `create_sequences` here.")
    ### END CODE HERE ###


def make_dataset(X: np.ndarray, y: np.ndarray) -> TensorDataset:
    """Pair windows with targets for a `DataLoader`: both as float32, whatever they were before.

    Returns:
        A `TensorDataset` of `len(X)` pairs: a window `(sequence_length,)` and its target `()`.
    """
    ### START CODE HERE ###
    # 1. Turn both arrays into float32 tensors, and pair them.
    raise NotImplementedError("Write `make_dataset` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    numbers = pd.DataFrame({"row": np.arange(101), "number": np.arange(101)})
    print('Validating "create_sequences"')
    X, y = create_sequences(numbers, 5)
    print(f"First five training examples in dataset with the numbers from 0 to 100: {X[:5]}")
    print(f"First five target values: {y[:5]}")

    print('\nApplying "create_sequences" on the electricity consumption data')
    X_train, y_train = create_sequences(load_electricity().train, 96)
    print(f"{X_train.shape=}")
    print(f"{y_train.shape=}")
    print(f"Length of training TensorDataset: {len(make_dataset(X_train, y_train)):,}")


if __name__ == "__main__":
    main()
# stub 2805bc640fc27422
