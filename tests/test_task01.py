"""Task 01: what `create_sequences` and `make_dataset` must do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy, readable

np = lazy("numpy")
pd = lazy("pandas")
torch = lazy("torch")


@st.composite
def series_and_length(draw):
    """Distinct readings, and a window that leaves one to five targets.

    What comes first is what a counter-example shrinks to: windows that show what went wrong, and
    readings that cannot be taken for positions.
    """
    length = draw(st.sampled_from([3, 2, 1, 4, 5, 6, 7]))
    rows = length + draw(st.sampled_from([2, 3, 1, 4, 5]))
    readings = st.integers(11, 99) | st.integers(-99, -11)
    return draw(st.lists(readings, min_size=rows, max_size=rows, unique=True)), length


def frame(values, dtype="int64", index=None):
    """Readings in the second column; the first holds what no answer may contain, nor sort by."""
    minutes = 1000 + np.arange(len(values)) % 4 * 15
    return pd.DataFrame({"minute": minutes, "reading": np.array(values, dtype)}, index=index)


def call(task, df, sequence_length):
    """`create_sequences`, with the type and the shape of what it returns checked."""
    return check_shapes(task.create_sequences(df, sequence_length), df, sequence_length)


def check_shapes(result, df, sequence_length):
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    expect.that(is_pair, "a pair (X, y)", result, "type")
    X, y = result
    rows = max(len(df) - sequence_length, 0)
    expect.array(X, "X", shape=(rows, sequence_length))
    expect.array(y, "y", shape=(rows,))
    return X, y


@settings(max_examples=30)
@given(series_and_length())
def test_shapes(task, drawn):
    """X has a row, and y a value, for each reading with a full window before.

    > `X` of shape `(len(df) - sequence_length, sequence_length)` and `y` of shape `(len(df)
    > - sequence_length,)`: NumPy arrays (views will do)
    """
    values, length = drawn
    call(task, frame(values), length)


@pytest.mark.builds_on("test_second_column")
@settings(max_examples=30)
@given(series_and_length())
def test_windows(task, drawn):
    """Row i of X holds consecutive readings, from the i-th on.

    > Row `i` of `X` holds `sequence_length` consecutive readings, from the `i`-th on
    """
    values, length = drawn
    X, _ = call(task, frame(values), length)
    expect.equal(X, np.array([values[i : i + length] for i in range(len(values) - length)]), "X")


@pytest.mark.builds_on("test_second_column")
@settings(max_examples=30)
@given(series_and_length())
def test_targets(task, drawn):
    """y[i] is the reading right after the last one of row i of X.

    > `y[i]` is the reading right after them
    """
    values, length = drawn
    _, y = call(task, frame(values), length)
    expect.equal(y, np.array(values[length:]), "y")


@settings(max_examples=30)
@given(series_and_length())
def test_second_column(task, drawn):
    """The series is the second column, whatever the columns are called.

    > Cut the series in the second of the two columns of `df` into windows
    """
    values, length = drawn
    df = pd.DataFrame({"reading": range(500, 500 + len(values)), "kW": values})
    for name, array in zip("Xy", call(task, df, length), strict=True):
        foreign = array[~np.isin(array, values)]
        expect.that(foreign.size == 0, f"values of the column kW in {name}", f"{foreign.tolist()}")


@pytest.mark.builds_on("test_windows")
@pytest.mark.edge
@settings(max_examples=30)
@given(series_and_length(), st.integers(1, 50))
def test_index(task, drawn, start):
    """Rows count by position, whatever the index of the frame says.

    > Rows are taken by position, whatever the frame's index says.
    """
    values, length = drawn
    index = range(start + len(values), start, -1)
    X, _ = call(task, frame(values, index=index), length)
    expect.equal(X[0], np.array(values[:length]), "X[0]")


@pytest.mark.builds_on("test_windows")
@pytest.mark.edge
def test_missing_readings(task):
    """A reading that is missing, NaN in a column of floats, keeps its place.

    > Row `i` of `X` holds `sequence_length` consecutive readings, from the `i`-th on
    """
    X, y = task.create_sequences(frame([11, float("nan"), 13, 14, 15], "float64"), 2)
    missing = [[False, True], [True, False], [False, False]]
    expect.equal(np.isnan(X), np.array(missing), "np.isnan(X)")
    expect.equal(np.isnan(y), np.array([False] * 3), "np.isnan(y)")


@pytest.mark.builds_on("test_second_column")
@pytest.mark.parametrize(
    "dtype", ["int64", pytest.param("float32", marks=pytest.mark.edge), "float64"]
)
def test_dtype(task, dtype):
    """X and y keep the dtype of the column, and its values unrounded.

    > of the column's dtype, which is a NumPy integer or float
    """
    values = [1, 2, 4, 8, 16] if dtype == "int64" else [0.1, 1.7, -0.3, 2.9, 1e-3]
    column = np.array(values, dtype)
    for name, array in zip("Xy", call(task, frame(values, dtype), 3), strict=True):
        got = f"{name}.dtype == {array.dtype}"
        expect.that(array.dtype == dtype, f"{name}.dtype == {dtype}", got, "dtype")
        foreign = array[~np.isin(array, column)]
        expect.that(foreign.size == 0, f"values of the column in {name}", f"{foreign.tolist()}")


@pytest.mark.builds_on("test_dtype")
@pytest.mark.edge
def test_large_integers(task):
    """Integers that no float has come back as they are, whatever the first column holds.

    > of the column's dtype, which is a NumPy integer or float
    """
    values = [2**53 + 1, 2**53 + 3, 2**53 + 5]
    X, y = call(task, pd.DataFrame({"hour": [0.5, 1.5, 2.5], "reading": values}), 1)
    expect.equal(X, np.array(values[:-1])[:, None], "X")
    expect.equal(y, np.array(values[1:]), "y")


@pytest.mark.builds_on("test_second_column")
@pytest.mark.edge
def test_equal_names(task):
    """The second column is the second one, even where both have one name.

    > Cut the series in the second of the two columns of `df` into windows
    """
    df = pd.DataFrame([[500, 11], [501, 12], [502, 13]], columns=["x", "x"])
    X, y = call(task, df, 2)
    expect.equal(X, np.array([[11, 12]]), "X")
    expect.equal(y, np.array([13]), "y")


@pytest.mark.edge
@settings(max_examples=30)
@given(series_and_length())
def test_frame_is_left_alone(task, drawn):
    """The frame that is passed in stays as it was.

    > `df` is left as it was.
    """
    values, length = drawn
    df = frame(values, index=range(7, 7 + len(values)))
    before = df.copy(deep=True)
    call(task, df, length)
    expect.that(df.equals(before), f"df still is {describe(before)}", df)


@pytest.mark.edge
@settings(max_examples=30)
@given(st.integers(-99, 0))
def test_length_below_one(task, sequence_length):
    """A sequence_length below 1 raises ValueError.

    > ValueError: `sequence_length` is below 1.
    """
    for values in ([3, 1, 4, 1, 5], []):
        df = frame(values)
        expect.raises(ValueError, lambda df=df: task.create_sequences(df, sequence_length))


@pytest.mark.edge
@settings(max_examples=30)
@given(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.sampled_from(["int64", "float32", "float64"]),
)
def test_short_frames(task, drawn, dtype):
    """A frame no longer than a window gives shapes (0, sequence_length), (0,), of its dtype.

    > A frame that is not longer than a window has no examples: the shapes are then `(0,
    > sequence_length)` and `(0,)`.

    > of the column's dtype
    """
    length, rows = drawn
    for name, array in zip("Xy", call(task, frame(range(rows), dtype), length), strict=True):
        got = f"{name}.dtype == {array.dtype}"
        expect.that(array.dtype == dtype, f"{name}.dtype == {dtype}", got, "dtype")


@settings(max_examples=20)
@given(series_and_length(), st.sampled_from(["int64", "float64"]))
def test_dataset(task, drawn, dtype):
    """make_dataset pairs each window with its target, as float32, in order.

    > Pair windows with targets for a `DataLoader`: both as float32, whatever they were
    > before.

    > A `TensorDataset` of `len(X)` pairs: a window `(sequence_length,)` and its target
    > `()`.
    """
    values, length = drawn
    targets = np.array(values[length:], dtype)
    X = np.array([values[i : i + length] for i in range(len(targets))], dtype)
    dataset = task.make_dataset(X, targets)
    expect.instance(dataset, torch.utils.data.TensorDataset, "the result")
    expect.equal(len(dataset), len(targets), "the length of the dataset")
    for i in range(len(targets)):
        item = dataset[i]
        expect.equal(len(item), 2, f"the number of tensors in dataset[{i}]")
        for name, got, wanted in zip(("window", "target"), item, (X[i], targets[i]), strict=True):
            expect.tensor(
                got, f"the {name} of dataset[{i}]", shape=wanted.shape, dtype=torch.float32
            )
            expect.equal(got, wanted, f"the {name} of dataset[{i}]")


LARGE, SMALL, LENGTH = 4_000, 100, 192  # windows, windows, readings in each
TIMES = 5  # that the small frame is cut in each round: the shorter a work, the more may disturb it
COPIES = 10  # of the result: an answer that takes no longer is fast
SLOW = 4  # times what is in step; right answers reach 1.4, growing an array 8 and more


def slowness(seconds):
    """How much longer the large frame takes than it may: 1 for an answer that is just in step.

    What takes no more than some copies of the result is fast, whatever a small frame takes: there,
    all of it fits into a cache.
    """
    in_step = small(seconds) * LARGE / SMALL
    return seconds["yours"] / max(in_step, COPIES * seconds["copy"])


def small(seconds):
    return min(value for name, value in seconds.items() if name.startswith("small"))


@pytest.mark.builds_on("test_shapes", "test_windows", "test_targets")
@pytest.mark.benchmark
def test_cost(task, race):
    """The time grows in step with the rows, and not with their square.

    > The cost grows in step with the number of rows: ten times the rows, ten times the
    > time.
    """

    def prepare(answer, windows):
        series = np.random.default_rng(windows).permutation(windows + LENGTH)
        df = frame(series)
        return lambda: (series, df, answer.create_sequences(df, LENGTH))

    def prepare_copy():
        result = np.zeros((LARGE, LENGTH), "int64")
        return lambda: result.copy()

    work = {
        "yours": lambda: prepare(task, LARGE),
        **{f"small {i}": lambda: prepare(task, SMALL) for i in range(TIMES)},
        "copy": prepare_copy,
    }
    if task.reference:
        work["reference"] = lambda: prepare(task.reference, LARGE)
    times, seconds = race.repeated(slowness, below=SLOW, rounds=3, **work)
    for series, df, result in race.results["yours"] + race.results["small 0"]:
        X, y = check_shapes(result, df, LENGTH)
        expect.equal(X, np.lib.stride_tricks.sliding_window_view(series, LENGTH)[:-1], "X")
        expect.equal(y, series[LENGTH:], "y")
    labels = {"yours": "yours", "copy": "one copy of the result", "reference": "the reference"}
    race.show({label: seconds[name] for name, label in labels.items() if name in seconds})
    expect.measured(
        "slowness",
        times,
        f"{seconds['yours'] / small(seconds):.0f} times: {readable(seconds['yours'])} and "
        f"{readable(small(seconds))}, each time that it was measured; "
        "growing an array row by row copies it every time",
        most=SLOW,
        expected=f"{LARGE:,} windows take some {LARGE // SMALL} times as long as {SMALL}",
    )


@pytest.mark.builds_on
def test_script(task):
    """The script prints what the sheet prints.

    > Print what the sheet prints.
    """
    task.main()
    expect.lines(
        task.printed.out,
        [
            'Validating "create_sequences"',
            "First five training examples in dataset with the numbers from 0 to 100: [[0 1 2 3 4]",
            " [1 2 3 4 5]",
            " [2 3 4 5 6]",
            " [3 4 5 6 7]",
            " [4 5 6 7 8]]",
            "First five target values: [5 6 7 8 9]",
            "",
            'Applying "create_sequences" on the electricity consumption data',
            "X_train.shape=(105119, 96)",
            "y_train.shape=(105119,)",
            "Length of training TensorDataset: 105,119",
        ],
    )
