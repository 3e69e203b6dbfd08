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


@wrong("stops one window early", caught_by=("test_shapes", "test_targets"))
def create_sequences(df, sequence_length):
    series = series_of(df)
    rows = range(len(series) - sequence_length - 1)
    X = [series[i : i + sequence_length] for i in rows]
    return np.array(X).reshape(-1, sequence_length), np.array(
        [series[i + sequence_length] for i in rows]
    )


@wrong("keeps the last window, which has no target", caught_by="test_shapes")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows, series[sequence_length:]


@wrong(
    "makes windows one reading too long, the target inside",
    caught_by=("test_shapes", "test_windows"),
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length + 1)
    return windows, windows[:, -1]


@wrong("starts at the second reading", caught_by="test_windows")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[1:], series[sequence_length:]


@wrong("does not let the windows overlap", caught_by=("test_shapes", "test_windows"))
def create_sequences(df, sequence_length):
    series = series_of(df)
    starts = np.arange(0, len(series) - sequence_length, sequence_length)
    return series[starts[:, None] + np.arange(sequence_length)], series[starts + sequence_length]


@wrong("takes the last reading of the window as the target", caught_by="test_targets")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows, windows[:, -1]


@wrong("skips a reading before the target", caught_by="test_targets")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows, np.append(series[sequence_length + 1 :], series[-1:])


@wrong("lists each window from the newest reading to the oldest", caught_by="test_windows")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)[:-1]
    return windows[:, ::-1], series[sequence_length:]


@wrong("takes the first column, the time", caught_by="test_second_column")
def create_sequences(df, sequence_length):
    series = df.iloc[:, 0].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("asks for a column called consumption", caught_by="test_second_column")
def create_sequences(df, sequence_length):
    series = df["consumption"].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("puts both columns into the windows", caught_by=("test_shapes", "test_windows"))
def create_sequences(df, sequence_length):
    table = df.to_numpy()
    rows = range(len(table) - sequence_length)
    return np.array([table[i : i + sequence_length] for i in rows]), table[sequence_length:, 1]


@wrong("looks rows up by the labels of the index", caught_by="test_index")
def create_sequences(df, sequence_length):
    series = df.iloc[:, 1]
    rows = range(len(series) - sequence_length)
    X = [[series[i + k] for k in range(sequence_length)] for i in rows]
    return np.array(X), np.array([series[i + sequence_length] for i in rows])


@wrong("sorts the frame by its index first", caught_by="test_index")
def create_sequences(df, sequence_length):
    series = series_of(df.sort_index())
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("cuts the fractions off", caught_by=("test_dtype[float32]", "test_dtype[float64]"))
def create_sequences(df, sequence_length):
    series = series_of(df).astype("int64")
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong(
    "fills arrays of NumPy's default dtype", caught_by=("test_dtype[int64]", "test_dtype[float32]")
)
def create_sequences(df, sequence_length):
    series = series_of(df)
    X = np.zeros((len(series) - sequence_length, sequence_length))
    y = np.zeros(len(X))
    for i in range(len(X)):
        X[i], y[i] = series[i : i + sequence_length], series[i + sequence_length]
    return X, y


@wrong("takes both columns' common dtype", caught_by="test_dtype[float32]")
def create_sequences(df, sequence_length):
    series = df.to_numpy()[:, 1]
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("scales the column inside the caller's frame", caught_by="test_frame_is_left_alone")
def create_sequences(df, sequence_length):
    series = series_of(df).copy()
    df.iloc[:, 1] = 0
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("drops the time column from the caller's frame", caught_by="test_frame_is_left_alone")
def create_sequences(df, sequence_length):
    df.drop(columns=df.columns[0], inplace=True)
    series = df.iloc[:, 0].to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("resets the index of the caller's frame", caught_by="test_frame_is_left_alone")
def create_sequences(df, sequence_length):
    df.reset_index(drop=True, inplace=True)
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("fails where there is no full window", caught_by="test_short_frames")
def create_sequences(df, sequence_length):
    series = series_of(df)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]


@wrong("gives flat arrays where there is no full window", caught_by="test_short_frames")
def create_sequences(df, sequence_length):
    series = series_of(df)
    rows = range(len(series) - sequence_length)
    X = [series[i : i + sequence_length] for i in rows]
    return np.array(X), np.array([series[i + sequence_length] for i in rows])


@wrong("lets a window of no readings pass", caught_by="test_length_below_one")
def create_sequences(df, sequence_length):
    series = series_of(df)
    rows = range(len(series) - sequence_length)
    X = [series[i : i + sequence_length] for i in rows]
    return np.array(X), np.array([series[i + sequence_length] for i in rows])


@wrong("refuses negative lengths and forgets zero", caught_by="test_length_below_one")
def create_sequences(df, sequence_length):
    if sequence_length < 0:
        raise ValueError("negative")
    return np.zeros((len(df), 0)), series_of(df)


@wrong(
    "returns the sheet's output whatever is asked",
    caught_by=("test_shapes", "test_windows", "test_targets"),
)
def create_sequences(df, sequence_length):
    X = np.arange(96)[:, None] + np.arange(5)
    return X, X[:, -1] + 1


@wrong(
    "returns nothing",
    caught_by=("test_shapes", "test_windows", "test_targets", "test_second_column", "test_index",
               "test_dtype", "test_frame_is_left_alone", "test_short_frames", "test_cost",
               "test_script"),
)  # fmt: skip
def create_sequences(df, sequence_length):
    np.lib.stride_tricks.sliding_window_view(series_of(df), sequence_length)


@wrong("returns lists", caught_by="test_shapes")
def create_sequences(df, sequence_length):
    series = series_of(df).tolist()
    rows = range(len(series) - sequence_length)
    return [series[i : i + sequence_length] for i in rows], series[sequence_length:]


@wrong("appends to an array row by row, which copies it every time", caught_by="test_cost")
def create_sequences(df, sequence_length):
    series = series_of(df)
    X, y = series[:0].reshape(0, sequence_length), series[:0]
    for i in range(len(series) - sequence_length):
        X = np.append(X, series[None, i : i + sequence_length], axis=0)
        y = np.append(y, series[i + sequence_length])
    return X, y


@wrong("keeps the dtype in the data set", caught_by="test_dataset")
def make_dataset(X, y):
    return TensorDataset(torch.from_numpy(X), torch.from_numpy(y))


@wrong("returns no data set", caught_by=("test_dataset", "test_script"))
def make_dataset(X, y):
    TensorDataset(torch.tensor(X).float(), torch.tensor(y).float())


@wrong("swaps windows and targets in the data set", caught_by="test_dataset")
def make_dataset(X, y):
    return TensorDataset(torch.tensor(y).float(), torch.tensor(X).float())


@wrong("makes the targets a column", caught_by="test_dataset")
def make_dataset(X, y):
    return TensorDataset(torch.tensor(X).float(), torch.tensor(y).float().unsqueeze(1))


@wrong("shuffles the windows and not the targets", caught_by="test_dataset")
def make_dataset(X, y):
    return TensorDataset(torch.tensor(X).float().flip(0), torch.tensor(y).float())


@wrong("wraps the pairs in a data set of its own", caught_by="test_dataset")
def make_dataset(X, y):
    class Pairs(Dataset):
        def __len__(self):
            return len(X)

        def __getitem__(self, i):
            return torch.tensor(X[i]).float(), torch.tensor(y[i]).float()

    return Pairs()


@wrong("prints the numbers below 100 only, and from a window of four", caught_by="test_script")
def main():
    numbers = pd.DataFrame({"row": np.arange(100), "number": np.arange(100)})
    X, y = create_sequences(numbers, 4)
    print(X[:5], y[:5])


@wrong("has empty arrays of float64, whatever the column", caught_by="test_short_frames")
def create_sequences(df, sequence_length):
    series = series_of(df)
    if len(series) <= sequence_length:
        return np.empty((0, sequence_length)), np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(series, sequence_length)
    return windows[:-1], series[sequence_length:]
