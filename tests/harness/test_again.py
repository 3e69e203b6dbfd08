"""Attempts are kept, a task comes back when it is due, and history draws them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from kata.course import Course, CourseError
from kata.practising.again import begin_again
from kata.practising.schedule import due
from kata.reporting.progress import Attempt, Progress, comparison, effort
from tests.harness.test_reports import SOLVED, solved

FILE = ".kata/progress.json"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WRONG = solved(double="def double(number):\n    return number**2\n")


def attempts(mini):
    data = json.loads((mini.root / FILE).read_text(encoding="utf-8"))
    return data["tasks"]["task01"]["attempts"]


def attempt(days, *, minutes=10, runs=5, **more):
    start = NOW + timedelta(days=days)
    green = (start + timedelta(minutes=minutes)).isoformat()
    return Attempt(start.isoformat(), runs, minutes * 60.0, green, green, **more)


@pytest.fixture
def progress(mini):
    """The progress of a course, and a way to put attempts into it."""
    course = Course.read(mini.root)
    found = Progress(course)

    def put(*kept):
        record = found.of(course.tasks[0])
        record.attempts = list(kept)
        found._write(course.tasks[0], record)

    return course, found, put


def test_an_attempt_from_stub_to_green(mini):
    mini.pytest()  # on the untouched stub: time runs
    assert [a["runs"] for a in attempts(mini)] == [0]
    mini.answer(WRONG)
    mini.kata("hint", "01")
    mini.answer(SOLVED)
    (only,) = attempts(mini)
    assert only["runs"] == 2
    assert only["green"]
    mini.answer(SOLVED + "\n# tidied\n")
    assert attempts(mini) == [only]


def test_again_keeps_the_answer_and_compares(mini):
    mini.answer(WRONG)
    mini.answer(SOLVED)
    done = mini.kata("again")
    assert done.status == 2
    assert "Nothing is due. The next is task 01, on " in done.text
    assert "kata again 01" in done.text
    done = mini.kata("again", "01")
    assert done.status == 0
    assert "Your answer is tasks/task01.1.bak" in done.text
    assert (mini.root / "tasks/task01.1.bak").read_text(encoding="utf-8") == SOLVED
    assert "NotImplementedError" in (mini.root / "tasks/task01.py").read_text(encoding="utf-8")
    done = mini.answer(SOLVED)
    assert "under 1 min in 1 run this time; before: under 1 min in 2 runs" in done.text
    assert len(attempts(mini)) == 2
    assert "this time" not in mini.answer(SOLVED).text  # said once


def test_never_green_is_not_done_again(mini):
    mini.answer(WRONG)
    done = mini.kata("again", "01")
    assert (done.status, "was never green" in done.text) == (2, True)
    assert "No task was green so far" in mini.kata("again").text


def test_a_reset_ends_an_attempt(mini):
    mini.answer(WRONG)
    mini.kata("reset", "01")
    first, second = attempts(mini)
    assert first["gave_up"]
    assert not second["gave_up"]
    mini.kata("reset", "01")  # nothing was done in between
    assert len(attempts(mini)) == 2


def test_pauses_do_not_count(progress, monkeypatch):
    course, found, _ = progress
    times = iter(NOW + timedelta(minutes=m) for m in (0, 4, 6, 300, 310))
    monkeypatch.setattr(
        "kata.reporting.progress._now", lambda: next(times).isoformat(timespec="milliseconds")
    )
    course.stub(course.tasks[0]).write_text(WRONG, encoding="utf-8")
    found.begin(course.tasks[0])
    for _ in range(4):
        record = found.note_run(course.tasks[0], [], whole=True)
    assert record.attempts[-1].seconds == (4 + 2 + 10) * 60


def test_what_was_hard_comes_back_sooner(progress):
    course, found, put = progress
    days = {}
    for name, more in {
        "easy": {"runs": 2},
        "good": {"runs": 9},
        "hints": {"runs": 2, "hints": 1},
    }.items():
        put(attempt(0, **more))
        (item,) = due(found, list(course.tasks))
        days[name] = (item.when - NOW).days
    assert days["easy"] > days["good"] > days["hints"] >= 1
    put(attempt(0), attempt(days["good"]))
    (second,) = due(found, list(course.tasks))
    assert (second.when - NOW).days > 3 * days["good"]
    put(attempt(0), Attempt((NOW + timedelta(days=3)).isoformat(), gave_up=True))
    (after,) = due(found, list(course.tasks))
    assert (after.when - NOW).days <= 5


def test_the_one_that_waits_longest_comes_first(progress):
    course, found, put = progress
    put(attempt(0))
    with pytest.raises(CourseError, match="Nothing is due"):
        begin_again(course, found, now=NOW + timedelta(hours=1))
    task, fresh = begin_again(course, found, now=NOW + timedelta(days=90))
    assert task.number == 1
    assert fresh.kept is None  # the stub was untouched
    assert found.of(task).attempts[-1].is_open


def test_history_draws_three_attempts(mini):
    mini.write(
        FILE,
        json.dumps(
            {
                "version": 2,
                "tasks": {
                    "task01": {
                        "attempts": [
                            vars(attempt(0, minutes=24, runs=11, hints=2)),
                            vars(attempt(7, minutes=12, runs=4)),
                            vars(attempt(20, minutes=6, runs=1)),
                        ]
                    }
                },
            }
        ),
    )
    lines = mini.kata("history").text.splitlines()
    bars = [line.count("█") for line in lines if "█" in line]
    assert bars == [32, 16, 8]
    assert lines[1].endswith("24 min in 11 runs, 2 hints")
    assert "due again on " in lines[4] or "due again today" in lines[4]
    plain = mini.run("-m", "kata.cli", "history", "01", PYTHONIOENCODING="ascii").text
    assert "#" * 32 in plain


def test_first_version_is_still_read(mini):
    mini.answer(SOLVED)
    data = json.loads((mini.root / FILE).read_text(encoding="utf-8"))
    record = data["tasks"]["task01"]
    for key in ("attempts", "blocks", "speeds"):
        del record[key]
    mini.write(FILE, json.dumps({"version": 1, "tasks": {"task01": record}}))
    assert "green" in mini.kata().text
    assert (mini.root / FILE).is_file()
    assert not list((mini.root / ".kata").glob("*.bak"))


def test_words():
    assert effort(Attempt("", runs=1)) == "under 1 min in 1 run so far"
    assert effort(attempt(0, minutes=12, runs=7, hints=1)) == "12 min in 7 runs, 1 hint"
    given_up = Attempt("", 3, 180.0, gave_up=True)
    assert effort(given_up) == "3 min in 3 runs, given up"


def test_no_comparison_without_a_time_before(progress):
    course, found, put = progress
    put(attempt(0))
    assert comparison(found.of(course.tasks[0])) == ""
