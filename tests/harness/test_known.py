"""Known mistakes: an answer that does what a wrong one does is called by its name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kata.course import Course, CourseError
from kata.judging.behaviour import Trace, plain, summary
from kata.judging.gallery import read_gallery
from kata.proving.record import record
from kata.reporting.known import Mistakes
from kata.running.job import Job
from kata.running.kept import Kept
from tests.harness.test_reports import SOLVED, solved

FILE = "tasks/mistakes/task01.json"


@pytest.fixture(scope="module")
def record_of_mini():
    """Recorded once, since all copies of the course are alike."""
    return {}


@pytest.fixture
def known(mini, record_of_mini):
    mini.replace(
        "tests/gallery/task01.py",
        '@wrong("squares", caught_by',
        '@wrong("squares", advice="Once more is not times itself.", caught_by',
    )
    mini.replace(
        "tests/gallery/task01.py",
        "return 2 * (number if isinstance(number, int) else number.numpy())",
        "return 2 * abs(number)",
    )
    if not record_of_mini:
        course = Course.read(mini.root)
        found = record(
            course, list(course.tasks), workers=2, fresh=True, watch=lambda jobs, runs: runs
        )
        found["task01"].write(mini.root / FILE)
        record_of_mini[FILE] = (mini.root / FILE).read_text(encoding="utf-8")
    mini.write(FILE, record_of_mini[FILE])
    return mini


def name_in(text):
    line = next((line for line in text.splitlines() if line.startswith("    looks like")), "")
    return line.removeprefix("    looks like").strip()


def test_the_same_behaviour_by_other_code(known):
    answer = "def double(number):\n    return sum([number] * abs(number)) * (-1) ** (number < 0)\n"
    done = known.answer(solved(double=answer))
    assert name_in(done.text) == "squares. Once more is not times itself."
    known.kata("report")
    assert "looks like  squares" in (known.root / "kata.html").read_text(encoding="utf-8")


def test_what_differs_anywhere_has_no_name(known):
    answer = "def double(number):\n    return number * number + (number > 9)\n"
    assert name_in(known.answer(solved(double=answer)).text) == ""
    assert name_in(known.answer(SOLVED).text) == ""


def test_what_shows_elsewhere_only_has_no_name(known):
    """Called after what a GPU shows, and red here for another mistake."""
    done = known.answer(solved(double="def double(number):\n    return 2 * abs(number)\n"))
    assert "test_double" in done.text
    assert name_in(done.text) == ""


def test_care_is_another_matter(known):
    """A mistake of the exercise has its name, though no numbers have a sum here as well."""
    sums = (
        "def running_sums(numbers):\n"
        "    return [sum(numbers[: i + 1]) for i in range(len(numbers) or 1)]\n"
    )
    answer = solved(double="def double(number):\n    return number**2\n", running_sums=sums)
    assert name_in(known.answer(answer, "--all-blocks").text).startswith("squares")
    assert name_in(known.answer(solved(running_sums=sums)).text) == "has a sum of no numbers"


def test_what_is_unwritten_is_no_evidence(known):
    sums = 'def running_sums(numbers):\n    raise NotImplementedError("Write it.")\n'
    answer = solved(double="def double(number):\n    return number**2\n", running_sums=sums)
    # The script calls both, so it says nothing of a mistake in one of them.
    assert name_in(known.answer(answer).text).startswith("squares")


def test_a_part_of_the_tests_is_not_enough(known):
    sums = (
        "def running_sums(numbers):\n"
        "    return [sum(numbers[:i]) for i in range(1, len(numbers))]\n"
    )
    answer = solved(running_sums=sums)
    assert name_in(known.answer(answer).text) == "forgets the last number"
    assert name_in(known.answer(answer, "-k", "length").text) == ""


def test_a_damaged_file_loses_no_verdict(known):
    known.write(FILE, "{")
    done = known.answer(solved(double="def double(number):\n    return number**2\n"))
    assert "note: tasks/mistakes/task01.json cannot be understood" in done.text
    assert "kata check --record 01" in done.text
    assert "expected    the result == " in done.text


def test_no_answer_is_in_the_file(known):
    data = json.loads((known.root / FILE).read_text(encoding="utf-8"))
    assert {item["title"] for item in data["mistakes"]} >= {"squares", "forgets the last number"}
    words = {type(word) for item in data["mistakes"] for mark in item["marks"] for word in mark}
    assert words <= {str, int, bool}
    digests = {mark[0] for item in data["mistakes"] for mark in item["marks"]}
    assert all(len(text) == 8 and int(text, 16) >= 0 for text in digests)


def test_a_stale_record_fails_the_proof(known):
    assert not any("mistakes" in failure for failure in known.failures())
    known.replace("tests/gallery/task01.py", "number**2", "number**3")
    assert any("kata check --record 01" in failure for failure in known.failures())
    (known.root / FILE).unlink()
    assert any("is missing; kata check --record 01" in failure for failure in known.failures())


@pytest.mark.parametrize("number", [17])
def test_every_entry_of_a_gallery_is_known(number):
    """As a student's file is judged, in the order of the file; all others are tried by hand."""
    course = Course.find(Path(__file__).parent)
    (task,) = course.select([str(number)])
    entries = [entry for entry in read_gallery(course.gallery(task)) if entry.kind == "wrong"]
    jobs = [
        Job(course.test_file(task), f"{entry.path}::{entry.title}", search="kata-fixed")
        for entry in entries
    ]
    mistakes = Mistakes.read(course, task)
    runs = {run.job: run for run in Kept(course).run(jobs, 2)}
    for job, entry in zip(jobs, entries, strict=True):
        found = mistakes.recognise(runs[job].results)
        assert found is not None, entry.title
        assert entry.title in found.titles


def test_summaries_are_alike_up_to_rounding():
    import numpy as np
    import torch

    rows = np.linspace(-1, 1, 12).reshape(3, 4)
    assert summary(rows) == summary(rows + 1e-9) != summary(rows * 1.1)
    assert summary(rows) != summary(rows.astype("float32"))
    assert summary(torch.tensor(rows)) != summary(rows)
    assert summary([1, "two", {"three": None}]) == summary([1, "two", {"three": None}])
    assert summary([1, 2]) != summary((1, 2)) != summary([2, 1])
    assert summary(torch.nn.Linear(2, 3)) == summary(torch.nn.Linear(2, 3))
    assert summary(torch.nn.Linear(2, 3)) != summary(torch.nn.Linear(2, 3).eval())


def test_names_of_a_students_own_do_not_count():
    class Mine:
        def forward(self):
            return 1

    assert summary(Mine(), {__file__}) == ""
    assert summary(Mine()) == "Mine"


def test_summary_never_raises():
    class Broken(dict):
        def items(self):
            raise KeyError("no")

    assert summary(Broken()) == "raises KeyError"
    deep = []
    deep.append(deep)
    assert summary(deep)


def test_plain_text():
    assert plain("got 0.33333334 at 0x7f01") == plain("got 0.33333331 at 0x7e99")
    assert plain("got 0.33") != plain("got 0.34")
    assert plain("row 12 of 13") == "row 12 of 13"


def test_what_tests_share_counts_wherever_it_was_made():
    first, second = Trace(), Trace()
    for trace, order in ((first, "ab"), (second, "ba")):
        trace.seen = {}
        for test in order:
            trace.start()
            with trace.shared("model"):
                if test == order[0]:
                    trace.note("trained")
            trace.note(f"own {test}")
            trace.seen[test] = list(trace.digests)
    assert first.seen == second.seen


def test_unreadable_versions(known):
    known.write(FILE, json.dumps({"version": 99}))
    course = Course.read(known.root)
    with pytest.raises(CourseError, match="cannot be understood"):
        Mistakes.read(course, course.tasks[0])


def test_examples_hang_on_no_constants_of_modules_that_are_loaded():
    """Hypothesis would draw them, so that an answer's own numbers chose what it is judged on."""
    from hypothesis.internal.conjecture import providers

    assert not len(providers._get_local_constants())
    assert providers._get_local_constants() is not providers._local_constants


def test_a_cold_run_knows_it_as_well():
    """The record is made in warm processes; students run pytest."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "tests/test_task18.py",
            "--target=tests/gallery/task18.py::slices from -0",
        ],
        cwd=root, capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert name_in(done.stdout).startswith("slices from -0. Minus zero")
