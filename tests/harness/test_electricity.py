"""The invented customer beside the real one, and the loader on real and on broken files."""

import os
from datetime import date
from pathlib import Path

import pytest

from kata.judging.lazy import lazy

np = lazy("numpy")
pd = lazy("pandas")
electricity = lazy("fixtures.electricity")
generator = lazy("fixtures.electricity_generator")

SHARED = Path(__file__).parents[3] / "shared" / "data"


def figures(series):
    """What makes a series look like this customer's."""
    change = np.diff(series)
    centred = series - series.mean()

    def correlation(lag):
        return float((centred[lag:] * centred[:-lag]).mean() / centred.var())

    return {
        "mean": float(series.mean()),
        "variance": float(series.var()),
        "lowest": float(series.min()),
        "highest": float(series.max()),
        "distinct values": len(np.unique(series)),
        "unchanged steps": float((change == 0).mean()),
        "error of persistence": float((change**2).mean()),
        "jumps over 0.5 a day": float((np.abs(change) > 0.5).mean() * 96),
        "correlation at an hour": correlation(4),
        "correlation at a quarter": correlation(1),
        "correlation at a day": correlation(96),
        "correlation at a week": correlation(672),
    }


# How far the invented training years may lie from the real ones, either way.
BANDS = {
    "mean": 0.12,
    "variance": 0.12,
    "lowest": 0.15,
    "highest": 0.40,
    "distinct values": 20,
    "unchanged steps": 0.03,
    "error of persistence": 0.008,
    "jumps over 0.5 a day": 0.8,
    "correlation at an hour": 0.03,
    "correlation at a quarter": 0.006,
    "correlation at a day": 0.06,
    "correlation at a week": 0.05,
}


@pytest.fixture(autouse=True)
def _invented(monkeypatch):
    monkeypatch.delenv("KATA_DATA", raising=False)


@pytest.fixture
def real(monkeypatch):
    """The real training file, where there is one: `KATA_REAL_DATA`, or ../shared/data."""
    folder = Path(os.environ.get("KATA_REAL_DATA", SHARED))
    if not (folder / "electricity_consumption" / "electricity_train.csv").is_file():
        pytest.skip(f"no real electricity data in {folder}")
    monkeypatch.setenv("KATA_DATA", str(folder))
    return folder


def test_frames():
    train, test = electricity.load_electricity()
    assert list(train.columns) == list(test.columns) == ["timestamp", "consumption"]
    assert (len(train), len(test)) == (105_215, 35_040)
    for frame, first, last in (
        (train, "2011-01-01 00:15", "2013-12-31 23:45"),
        (test, "2014-01-01 00:00", "2014-12-31 23:45"),
    ):
        assert frame["timestamp"].dtype.kind == "M"
        assert frame["consumption"].dtype == "float64"
        assert list(frame.index[[0, -1]]) == [0, len(frame) - 1]
        assert list(frame["timestamp"].iloc[[0, -1]]) == [pd.Timestamp(first), pd.Timestamp(last)]
        assert (frame["timestamp"].diff().iloc[1:] == pd.Timedelta(minutes=15)).all()
        assert np.isfinite(frame["consumption"]).all()


def test_same_seed_same_readings():
    first, second, other = (
        electricity.load_electricity(),
        electricity.load_electricity(),
        electricity.load_electricity(seed=1),
    )
    assert first.train.equals(second.train)
    assert first.test.equals(second.test)
    assert not first.test.equals(other.test)


def test_invented_in_under_a_second(benchmark):
    seconds = benchmark.pedantic(electricity.load_electricity, rounds=5)
    assert len(seconds.train) == 105_215
    assert benchmark.stats is None or benchmark.stats.stats.median < 1.0


@pytest.mark.parametrize("seed", [9, 1, 2, 3])
def test_like_the_real_customer(real, monkeypatch, seed):
    real_train, real_test = electricity.load_electricity()
    series = pd.concat([real_train, real_test])["consumption"].to_numpy()
    monkeypatch.delenv("KATA_DATA")
    invented = figures(electricity.load_electricity(seed).train["consumption"].to_numpy())
    for name, wanted in figures(series).items():
        assert invented[name] == pytest.approx(wanted, abs=BANDS[name]), name


@pytest.mark.parametrize("seed", [9, 1, 2, 3])
def test_test_year(seed):
    """As quiet as the real test year: persistence 0.0400 there, the variance 0.65."""
    test = electricity.load_electricity(seed).test["consumption"].to_numpy()
    assert 0.034 < np.mean(np.diff(test) ** 2) < 0.044
    assert 0.60 < np.var(test) < 0.70


@pytest.mark.parametrize("seed", [9, 1])
def test_test_year_is_another_regime(seed):
    """Hours that were learnt by heart mislead there, and serve in the years they come from.

    What is learnt: the mean change at each quarter of a working day, as task 01 could count it.
    """
    train, test = electricity.load_electricity(seed)

    def changes(frame):
        times = frame["timestamp"]
        quarter = (times.dt.hour * 4 + times.dt.minute // 15).to_numpy()[1:]
        working = (times.dt.day_of_week < 5).to_numpy()[1:]
        return quarter, working, np.diff(frame["consumption"].to_numpy())

    quarter, working, change = changes(train)
    usual = np.array([change[working & (quarter == q)].mean() for q in range(96)])

    def share_of_persistence(frame):
        quarter, working, change = changes(frame)
        return np.mean((change - np.where(working, usual[quarter], 0)) ** 2) / np.mean(change**2)

    assert share_of_persistence(train) < 0.9
    assert share_of_persistence(test) > 1.0


def test_generator_refuses_a_reversed_span():
    with pytest.raises(ValueError, match="2012-01-02"):
        generator.generate_electricity(date(2012, 1, 2), date(2012, 1, 1))


def test_windows():
    windows = electricity.load_windows(96)
    series = electricity.load_electricity().train["consumption"].to_numpy(dtype="float32")
    inputs, targets = windows.train.tensors
    assert inputs.shape == (105_119, 96)
    assert targets.shape == (105_119,)
    assert len(windows.test) == 35_040 - 96
    np.testing.assert_array_equal(inputs[1234].numpy(), series[1234 : 1234 + 96])
    np.testing.assert_array_equal(targets.numpy(), series[96:])


def test_years():
    """Each training year by itself, to hold one out: no window reaches into another."""
    years = electricity.load_years(96)
    series = electricity.load_electricity().train
    assert list(years) == [2011, 2012, 2013]
    for year, pairs in years.items():
        own = series["consumption"][series["timestamp"].dt.year == year].to_numpy(dtype="float32")
        windows, targets = pairs.tensors
        assert len(windows) == len(targets) == len(own) - 96
        np.testing.assert_array_equal(windows[-1].numpy(), own[-97:-1])
        np.testing.assert_array_equal(targets.numpy(), own[96:])


def test_windows_longer_than_the_series(small_electricity):
    small_electricity(train_days=1, test_days=1)
    with pytest.raises(electricity.DataError, match=r"train series has 96 readings.*at least 97"):
        electricity.load_windows(96)


def test_real_files(real, capsys):
    train, test = electricity.load_electricity()
    if (real / "electricity_consumption" / "electricity_test.csv").is_file():
        assert (len(train), len(test)) == (105_215, 35_040)
    else:
        assert test["timestamp"].dt.year.unique().tolist() == [2013]
        assert (len(train), len(test)) == (70_175, 35_040)
        assert "testing on 2013" in capsys.readouterr().err
    assert len(np.unique(pd.concat([train, test])["consumption"])) >= 168


HEADER = "timestamp,consumption\n"
ROWS = [f"2013-12-31 {23 - 2 + i // 4:02d}:{i % 4 * 15:02d}:00,{i / 10}\n" for i in range(8)]
GOOD = HEADER + "".join(ROWS)
BROKEN = {
    "empty": ("", "is empty; expected the header timestamp,consumption"),
    "header only": (HEADER, "holds a header and no readings"),
    "column missing": (GOOD.replace("consumption", "kW"), "line 1: no column consumption"),
    "both missing": (GOOD.replace(HEADER, "a,b\n"), "no column timestamp and no column consum"),
    "no header": ("".join(ROWS), "line 1: no column timestamp"),
    "text for a number": (GOOD.replace("0.3\n", "much\n"), "line 5: consumption is 'much'"),
    "no number": (GOOD.replace(",0.3\n", ",\n"), "line 5: consumption is ''"),
    "infinite": (GOOD.replace("0.3\n", "inf\n"), "line 5: consumption is 'inf'"),
    "not a number": (GOOD.replace("0.3\n", "nan\n"), "line 5: consumption is 'nan'"),
    "no time": (GOOD.replace("2013-12-31 21:45:00", "noon"), "line 5: timestamp is 'noon'"),
    "blank line": (GOOD.replace("0.3\n", "0.3\n\n"), "line 6: timestamp is ''"),
    "duplicate": (GOOD.replace(ROWS[3], ROWS[3] * 2), "line 6: .* a duplicate"),
    "unsorted": (
        HEADER + "".join([*ROWS[:3], ROWS[4], ROWS[3], *ROWS[5:]]),
        "line 6: .* sort the file",
    ),
    "reversed": (HEADER + "".join(reversed(ROWS)), "line 3: .* sort the file"),
    "gap": (GOOD.replace(ROWS[3], ""), "line 5: .* readings are missing"),
    "off the grid": (GOOD.replace("21:45:00", "21:40:00"), "line 5: .* 15 minutes after"),
    "too many fields": (GOOD.replace("0.3\n", "0.3,1,2\n"), "line 5"),
}


@pytest.mark.parametrize("problem", BROKEN)
@pytest.mark.parametrize("name", ["electricity_train.csv", "electricity_test.csv"])
def test_broken_files(tmp_path, monkeypatch, problem, name):
    text, message = BROKEN[problem]
    folder = tmp_path / "electricity_consumption"
    folder.mkdir()
    for file in ("electricity_train.csv", "electricity_test.csv"):
        (folder / file).write_text(text if file == name else GOOD, encoding="utf-8")
    monkeypatch.setenv("KATA_DATA", str(tmp_path))
    with pytest.raises(electricity.DataError, match=message) as caught:
        electricity.load_electricity()
    assert name in str(caught.value)


def test_not_text(tmp_path, monkeypatch):
    folder = tmp_path / "electricity_consumption"
    folder.mkdir()
    (folder / "electricity_train.csv").write_bytes(b"timestamp,consumption\n\xff\xfe,1\n")
    monkeypatch.setenv("KATA_DATA", str(tmp_path))
    with pytest.raises(
        electricity.DataError, match=r"electricity_train\.csv is not a CSV file in UTF-8"
    ):
        electricity.load_electricity()


def test_no_files(tmp_path, monkeypatch):
    monkeypatch.setenv("KATA_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(electricity.DataError, match="unset KATA_DATA"):
        electricity.load_electricity()


def test_one_year_only(tmp_path, monkeypatch):
    folder = tmp_path / "electricity_consumption"
    folder.mkdir()
    (folder / "electricity_train.csv").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("KATA_DATA", str(tmp_path))
    with pytest.raises(electricity.DataError, match="covers 2013 alone"):
        electricity.load_electricity()
