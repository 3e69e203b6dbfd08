"""Fixtures that the tests of several tasks share."""

from datetime import date, timedelta

import pytest


@pytest.fixture
def small_electricity(tmp_path_factory, monkeypatch):
    """`small_electricity(train_days, test_days)`: a short series in the layout of the real files.

    It begins on the day `first`, and `load_electricity` reads it for the rest of the test.
    """

    def write(train_days, test_days, first=date(2012, 3, 5)):
        from fixtures.electricity_generator import generate_electricity

        root = tmp_path_factory.mktemp("data")
        folder = root / "electricity_consumption"
        folder.mkdir()
        day = first
        for name, days in (("train", train_days), ("test", test_days)):
            readings = generate_electricity(day, day + timedelta(days=days - 1))
            readings.to_csv(folder / f"electricity_{name}.csv", index=False)
            day += timedelta(days=days)
        monkeypatch.setenv("KATA_DATA", str(root))

    return write
