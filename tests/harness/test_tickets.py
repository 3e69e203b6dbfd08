"""The invented support tickets of tasks 08 and 09."""

import pytest

from fixtures.corpora import EXERCISES, is_held_out
from fixtures.tickets import load_tickets


def test_form_and_counts():
    data = load_tickets(300, 100)
    for part, count in zip(data, (300, 100), strict=True):
        assert list(part) == ["text", "label"]
        assert len(part["text"]) == len(part["label"]) == count
        assert set(part["label"]) == {0, 1}
        assert 0.4 < sum(part["label"]) / count < 0.6


def test_no_message_is_in_both_parts():
    train, test = load_tickets(2000, 500)
    assert len(set(train["text"])) == 2000
    assert not set(train["text"]) & set(test["text"])
    assert all(map(is_held_out, test["text"]))
    assert not any(map(is_held_out, train["text"]))


def test_no_message_of_the_sheet_is_invented():
    train, _ = load_tickets(2000)
    assert not [text for text in train["text"] if any(known in text for known in EXERCISES)]


def test_seed():
    assert load_tickets() == load_tickets(seed=0)
    assert load_tickets().train != load_tickets(seed=1).train


@pytest.mark.parametrize("counts", [{"train": 0}, {"test": -1}, {"train": 2.5}, {"test": True}])
def test_counts_are_checked(counts):
    name, count = next(iter(counts.items()))
    with pytest.raises(ValueError, match=f"{name} is {count}; expected a number of messages"):
        load_tickets(**counts)
