"""Answers to task 01, wrong and right: the tests of its tests."""

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset, TensorDataset

from kata.testing import right, wrong


def series_of(df):
    return df.iloc[:, 1].to_numpy()


@right("loops over the rows of the frame, as the course does")
def create_sequences(df, sequence_length):
    if sequence_length < 1:
        raise ValueError("too short")
    X, y = [], []
    for i in range(len(df) - sequence_length):
        X.append(df.iloc[i : i + sequence_length, 1].to_numpy())
        y.append(df.iloc[i + sequence_length, 1])
    dtype = df.iloc[:, 1].dtype
    return np.array(X, dtype).reshape(-1, sequence_length), np.array(y, dtype)


@right("indexes with a matrix of positions")
def create_sequences(df, sequence_length):
    if sequence_length <= 0:
        raise ValueError(sequence_length)
    series = series_of(df)
    starts = np.arange(max(len(series) - sequence_length, 0))
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@right("returns views, and a list of the pair")
def create_sequences(df, sequence_length):
    if sequence_length < 1:
        raise ValueError
    series = series_of(df)
    if len(series) <= sequence_length:
        return [np.zeros((0, sequence_length), series.dtype), np.zeros(0, series.dtype)]
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length + 1)
    return [windows[:, :-1], windows[:, -1]]


@right("converts with from_numpy and float")
def make_dataset(X, y):
    return TensorDataset(torch.from_numpy(X.copy()).float(), torch.from_numpy(y.copy()).float())


@wrong(
    "stops one window early",
    advice=(
        "The last reading is a target, too; "
        "count on paper how many windows of 2 there are in a series of 4."
    ),
    caught_by=("test_shapes", "test_targets"),
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    rows = range(len(series) - sequence_length - 1)
    X = [series[i : i + sequence_length] for i in rows]
    return np.array(X).reshape(-1, sequence_length), np.array(
        [series[i + sequence_length] for i in rows]
    )


@wrong(
    "keeps the last window, which has no target",
    advice=(
        "Nothing follows the very last reading; "
        "X and y must have the same number of rows, so count both."
    ),
    caught_by="test_shapes",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows, series[sequence_length:]


@wrong(
    "makes windows one reading too long, the target inside",
    advice=(
        "A model that sees the answer in its input learns nothing; "
        "keep what comes next apart from what came before."
    ),
    caught_by=("test_shapes", "test_windows"),
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length + 1)
    return windows, windows[:, -1]


@wrong(
    "starts at the second reading",
    advice=(
        "As it is, each window ends with its own target; "
        "row 0 is to begin with the very first reading."
    ),
    caught_by="test_windows",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[1:], series[sequence_length:]


@wrong(
    "does not let the windows overlap",
    advice=(
        "The next window starts one reading later, and not where the one before ended; "
        "look at the step between starts."
    ),
    caught_by=("test_shapes", "test_windows"),
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    starts = np.arange(0, len(series) - sequence_length, sequence_length)
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@wrong(
    "takes the last reading of the window as the target",
    advice=(
        "A model would only learn to copy what it sees; "
        "the target is the first reading that the window does not hold."
    ),
    caught_by="test_targets",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows, windows[:, -1]


@wrong(
    "skips a reading before the target",
    advice=(
        "The target comes right after the window; "
        "write down the positions for 10, 20, 30, 40 and windows of 2."
    ),
    caught_by="test_targets",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows, np.append(series[sequence_length + 1 :], series[-1:])


@wrong(
    "lists each window from the newest reading to the oldest",
    advice=(
        "Within a row, time runs as it does in the series, so keep the readings in the order of "
        "the frame."
    ),
    caught_by="test_windows",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows[:, ::-1], series[sequence_length:]


@wrong(
    "takes the first column, the time",
    advice=(
        "The time only says when a reading was taken; "
        "what to predict stands one column on, and Python counts from 0."
    ),
    caught_by="test_second_column",
)
def create_sequences(df, sequence_length):
    series = df.iloc[:, 0].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "asks for a column called consumption",
    advice="Other frames call their columns otherwise; look at `iloc`, which selects by position.",
    caught_by="test_second_column",
)
def create_sequences(df, sequence_length):
    series = df["consumption"].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "puts both columns into the windows",
    advice=(
        "The time is no reading; "
        "take the second column alone before you cut it, and X will have two axes."
    ),
    caught_by=("test_shapes", "test_windows"),
)
def create_sequences(df, sequence_length):
    table = df.to_numpy()
    rows = range(len(table) - sequence_length)
    return np.array([table[i : i + sequence_length] for i in rows]), table[sequence_length:, 1]


@wrong(
    "looks rows up by the labels of the index",
    advice=(
        "Labels may start anywhere and run backwards; "
        "a NumPy array of the column knows positions only."
    ),
    caught_by="test_index",
)
def create_sequences(df, sequence_length):
    series = df.iloc[:, 1]
    at = series.to_dict()  # by the labels, as `series[...]` does, which takes minutes for a year
    rows = range(len(series) - sequence_length)
    X = [[at[i + k] for k in range(sequence_length)] for i in rows]
    return np.array(X), np.array([at[i + sequence_length] for i in rows])


@wrong(
    "sorts the frame by its index first",
    advice=(
        "Rows count in the order in which they stand, whatever their labels say; "
        "leave that order alone."
    ),
    caught_by="test_index",
)
def create_sequences(df, sequence_length):
    series = series_of(df.sort_index())
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "sorts the frame by its first column first",
    advice=(
        "The first column need not rise from row to row; rows count in the order in which they "
        "stand, so leave that order alone."
    ),
    caught_by=("test_windows", "test_targets"),
)
def create_sequences(df, sequence_length):
    series = series_of(df.sort_values(df.columns[0], kind="stable"))
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "drops missing readings first",
    advice=(
        "Without the missing ones, windows reach across gaps as if no time had passed there; "
        "keep every row in its place."
    ),
    caught_by="test_missing_readings",
)
def create_sequences(df, sequence_length):
    series = series_of(df.dropna())
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "cuts the fractions off",
    advice=(
        "A reading of 0.1 becomes 0 like that; "
        "keep the column's own dtype all the way, without any conversion."
    ),
    caught_by=("test_dtype[float32]", "test_dtype[float64]"),
)
def create_sequences(df, sequence_length):
    series = series_of(df).astype("int64")
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "fills arrays of NumPy's default dtype",
    advice=(
        "Whole numbers come back as floats like that; "
        "an array that you make yourself needs the dtype of the column."
    ),
    caught_by=("test_dtype[int64]", "test_dtype[float32]"),
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    X = np.zeros((len(series) - sequence_length, sequence_length))
    y = np.zeros(len(X))
    for i in range(len(X)):
        X[i], y[i] = series[i : i + sequence_length], series[i + sequence_length]
    return X, y


@wrong(
    "takes both columns' common dtype",
    advice=(
        "An array of the whole frame has one dtype for all columns; "
        "select the column first, then convert it alone."
    ),
    caught_by="test_dtype[float32]",
)
def create_sequences(df, sequence_length):
    series = df.to_numpy()[:, 1]
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "subtracts the mean inside the caller's frame",
    advice=(
        "The caller may still need the old values; "
        "read the column only, and make changes, if any, in a copy."
    ),
    caught_by="test_frame_is_left_alone",
)
def create_sequences(df, sequence_length):
    series = series_of(df).copy()
    df.isetitem(1, series - series.mean())
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "drops the time column from the caller's frame",
    advice=(
        "The caller's frame has lost a column after the call; "
        "selecting the readings takes nothing away from it."
    ),
    caught_by="test_frame_is_left_alone",
)
def create_sequences(df, sequence_length):
    df.drop(columns=df.columns[0], inplace=True)
    series = df.iloc[:, 0].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "resets the index of the caller's frame",
    advice=(
        "The index belongs to the caller, and is not in your way either; "
        "a NumPy array of the column has none."
    ),
    caught_by="test_frame_is_left_alone",
)
def create_sequences(df, sequence_length):
    df.reset_index(drop=True, inplace=True)
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "fails where there is no full window",
    advice=(
        "A frame shorter than a window is no error, it has zero examples; "
        "deal with that case before you cut."
    ),
    caught_by="test_short_frames",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "gives flat arrays where there is no full window",
    advice=(
        "With no rows to collect, NumPy cannot know how wide they would be; "
        "state the shape of the empty X yourself."
    ),
    caught_by="test_short_frames",
)
def create_sequences(df, sequence_length):
    if sequence_length < 1:
        raise ValueError(sequence_length)
    series = series_of(df)
    rows = range(len(series) - sequence_length)
    X = [series[i : i + sequence_length] for i in rows]
    return np.array(X), np.array([series[i + sequence_length] for i in rows])


@wrong(
    "lets a window of no readings pass",
    advice=(
        "Nothing can be predicted from nothing; "
        "check the length before anything else, and raise `ValueError`."
    ),
    caught_by="test_length_below_one",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    starts = np.arange(max(len(series) - sequence_length, 0))
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@wrong(
    "refuses negative lengths and forgets zero",
    advice=(
        "A window of no readings is too short as well; "
        "look at where exactly your check draws the line."
    ),
    caught_by="test_length_below_one",
)
def create_sequences(df, sequence_length):
    if sequence_length < 0:
        raise ValueError("negative")
    series = series_of(df)
    starts = np.arange(max(len(series) - sequence_length, 0))
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@wrong(
    "returns the sheet's output whatever is asked",
    advice=(
        "The sheet's numbers are one example only; "
        "the function is to cut whatever frame it gets, by whatever length."
    ),
    caught_by=("test_shapes", "test_windows", "test_targets"),
)
def create_sequences(df, sequence_length):
    X = np.arange(96)[:, None] + np.arange(5)
    return X, X[:, -1] + 1


@wrong(
    "returns nothing",
    advice=(
        "Without a `return`, the caller gets None; "
        "it is waiting for two arrays, the windows and the targets."
    ),
    caught_by=("test_shapes", "test_windows", "test_targets", "test_second_column", "test_index",
               "test_dtype", "test_frame_is_left_alone", "test_short_frames", "test_cost",
               "test_script"),
)  # fmt: skip
def create_sequences(df, sequence_length):
    np.lib.stride_tricks.sliding_window_view(series_of(df), sequence_length)


@wrong(
    "returns lists",
    advice=(
        "Collecting in lists is fine, but the task asks for NumPy arrays; "
        "convert once, when everything is there."
    ),
    caught_by="test_shapes",
)
def create_sequences(df, sequence_length):
    series = series_of(df).tolist()
    rows = range(len(series) - sequence_length)
    return [series[i : i + sequence_length] for i in rows], series[sequence_length:]


@wrong(
    "appends to an array row by row, which copies it every time",
    advice=(
        "Ten times the rows take a hundred times the copying; "
        "gather everything first, and build the array once."
    ),
    caught_by="test_cost",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    X, y = series[:0].reshape(0, sequence_length), series[:0]
    for i in range(len(series) - sequence_length):
        X = np.append(X, series[None, i : i + sequence_length], axis=0)
        y = np.append(y, series[i + sequence_length])
    return X, y


@wrong(
    "keeps the dtype in the data set",
    advice=(
        "Models compute in float32, and so must their input; "
        "look at the `dtype` argument of `torch.tensor`."
    ),
    caught_by="test_dataset",
)
def make_dataset(X, y):
    return TensorDataset(torch.from_numpy(X), torch.from_numpy(y))


@wrong(
    "returns no data set",
    advice=(
        "The caller gets None here; "
        "it is waiting for a `TensorDataset`, so the function must hand one back."
    ),
    caught_by=("test_dataset", "test_script"),
)
def make_dataset(X, y):
    TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())


@wrong(
    "swaps windows and targets in the data set",
    advice=(
        "The input comes first in a pair, and what is to be predicted second; "
        "check the order of the tensors."
    ),
    caught_by="test_dataset",
)
def make_dataset(X, y):
    return TensorDataset(torch.tensor(y).float(), torch.tensor(X).float())


@wrong(
    "makes the targets a column",
    advice=(
        "One target is a single number of shape (), so y needs no second axis; "
        "leave its shape as it came."
    ),
    caught_by="test_dataset",
)
def make_dataset(X, y):
    return TensorDataset(torch.tensor(X).float(), torch.tensor(y).float().unsqueeze(1))


@wrong(
    "reverses the order of the windows and not of the targets",
    advice=(
        "Each window belongs to its own target; "
        "keep both in the order given, mixing them is the `DataLoader`'s job."
    ),
    caught_by="test_dataset",
)
def make_dataset(X, y):
    return TensorDataset(torch.tensor(X).float().flip(0), torch.tensor(y).float())


@wrong(
    "wraps the pairs in a data set of its own",
    advice=(
        "PyTorch has a class for just this, and the task asks for it; "
        "look at what `TensorDataset` takes."
    ),
    caught_by="test_dataset",
)
def make_dataset(X, y):
    class Pairs(Dataset):
        def __len__(self):
            return len(X)

        def __getitem__(self, i):
            return torch.tensor(X[i]).float(), torch.tensor(y[i]).float()

    return Pairs()


@wrong(
    "prints the numbers below 100 only, and from a window of four",
    advice=(
        "The stub's `main` was complete; "
        "bring back its 101 numbers, its windows of five and its part on electricity."
    ),
    caught_by="test_script",
)
def main():
    numbers = pd.DataFrame({"row": np.arange(100), "number": np.arange(100)})
    X, y = create_sequences(numbers, 4)
    print(X[:5], y[:5])


@wrong(
    "has empty arrays of float64, whatever the column",
    advice=(
        "An array has a dtype even without any numbers in it; "
        "tell NumPy which one when you make the empty arrays."
    ),
    caught_by="test_short_frames",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    if len(series) <= sequence_length:
        return np.empty((0, sequence_length)), np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "looks at the frame before the length",
    advice="A length below 1 is an error whatever the frame holds; check it first.",
    caught_by="test_length_below_one",
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    if len(series) == 0:
        return np.empty((0, max(sequence_length, 0)), series.dtype), series
    return windows_of(series, sequence_length)


def windows_of(series, sequence_length):
    """Right windows of a series."""
    if sequence_length < 1:
        raise ValueError(sequence_length)
    starts = np.arange(max(len(series) - sequence_length, 0))
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@wrong(
    "makes one array of both columns",
    advice=(
        "One array has one dtype, and floats beside large integers round them; "
        "take the column out of the frame first."
    ),
    caught_by="test_large_integers",
)
def create_sequences(df, sequence_length):
    return windows_of(df.to_numpy()[:, 1].astype(df.dtypes.iloc[1]), sequence_length)


@wrong(
    "asks for the column by its name",
    advice="Two columns may have one name; `iloc` takes a column by its place.",
    caught_by="test_equal_names",
)
def create_sequences(df, sequence_length):
    return windows_of(df[df.columns[1]].to_numpy(), sequence_length)
