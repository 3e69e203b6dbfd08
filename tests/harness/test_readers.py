"""The verdict where it is read besides the terminal: JUnit, xdist, editors, short summaries."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.harness.test_reports import ANSWERS, SOLVED, solved

WRONG = solved(double="def double(number):\n    return number + 2\n")
SENTENCE = "double(number) is twice the number."
BLOCK = """\
✗ double(number) is twice the number.
    test        test_double
    called      double(number=0)
    expected    the result == 0
    got         the result == 2
    at          tasks/task01.py:1
    asked       "Twice the number."
"""
LONG = SOLVED.replace(
    "def double",
    '"""Twice the number. The sums of the first one, two, three ..."""\n\ndef double',
    1,
)


def report_of(text):
    """A report from its board on, without the lines that count."""
    return text[text.index("\ntask 01") : text.rindex("\n==")].strip()


def test_junit(mini):
    mini.answer(WRONG, "--junitxml=report.xml")
    (failure, *_) = ElementTree.parse(mini.root / "report.xml").iter("failure")
    assert failure.get("message") == (
        f"{SENTENCE} Expected the result == 0, got the result == 2. (tasks/task01.py:1)"
    )
    assert failure.text.startswith(BLOCK.strip())
    assert len(failure.text.splitlines()) < 12


def test_junit_of_what_is_unwritten(mini):
    mini.pytest("--junitxml=report.xml")
    failure = next(ElementTree.parse(mini.root / "report.xml").iter("failure"))
    assert failure.get("message") == "`double` is not written yet. (tasks/task01.py:8)"


@pytest.mark.parametrize("name", ["wrong_length", "raises", "module_not_found", "writes_files"])
def test_xdist(mini, name):
    """The whole report at the end, word for word as without xdist."""
    alone = mini.answer(ANSWERS[name])
    together = mini.pytest("-n", "2")
    assert report_of(together.text) == report_of(alone.text)
    assert together.status == alone.status


def test_process_that_dies_under_xdist(mini):
    text = solved(double="import os\n\ndef double(number):\n    os._exit(3)\n")
    done = mini.answer(text, "-n", "1", "-k", "test_double")
    assert "The process that ran this test came to an end in the middle of it." in done.text
    assert "next: make test_double green, starting at tasks/task01.py" in done.text


def test_short_summary(mini):
    done = mini.answer(WRONG, "-rf")
    assert f"FAILED tests/test_task01.py::test_double - {SENTENCE} Expected the res" in done.text
    assert done.text.index("FAILED") < done.text.index("\nnext: ")
    assert "FAILED" not in mini.pytest().text


# What the test explorers of editors look at, in the hook that they look at it.
EDITOR = """
def pytest_exception_interact(node, call, report):
    print("SEEN", node.name, call.excinfo.typename, call.excinfo.traceback[-1].path.name,
          call.excinfo.traceback[-1].lineno + 1, report.longreprtext.count("\\n") < 20)
"""


@pytest.mark.parametrize(
    ("name", "line"), [("raises", 5), ("loop_in_a_function", 2), ("raises_in_a_library", 4)]
)
def test_editors_see_a_failure_on_the_students_line(mini, name, line):
    mini.write("editor.py", EDITOR)
    done = mini.answer(ANSWERS[name], "-p", "editor", "-s", "-x")
    assert "AssertionError task01.py" in done.text
    seen = next(text for text in done.text.splitlines() if "SEEN" in text)
    assert seen.partition("AssertionError ")[2] in (
        f"task01.py {line} True",
        f"task01.py {line + 1} True",
    )


def test_editors_see_a_failure_where_nothing_was_raised(mini):
    mini.write("editor.py", EDITOR)
    done = mini.answer(WRONG, "-p", "editor", "-s", "-x")
    assert "SEEN test_double AssertionError" in done.text


@pytest.mark.parametrize(
    "name",
    ["wrong_length", "raises_in_a_library", "print_flood", "loop_in_a_function", "name_missing"],
)
def test_what_to_mend_first_is_on_the_screen(mini, name):
    """On a terminal of 80 x 24, the first cause and `next:` are visible without scrolling."""
    mini.write("tasks/task01.py", ANSWERS[name])
    text = mini.pytest(COLUMNS="80").text
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80, text
    first = max(i for i, line in enumerate(lines) if line.startswith("✗"))
    last = next(i for i, line in enumerate(lines) if line.startswith("next: "))
    assert len(lines) - 23 <= first < last


def test_asked_words_have_their_line(mini):
    done = mini.answer(LONG.replace("2 * number", "number + 2"))
    assert 'asked       "Twice the number." (tasks/task01.py:1)' in done.text


def test_no_more_than_three_blocks(mini):
    mini.write(
        "tests/test_task01.py",
        "from kata.testing import expect\n"
        + "".join(
            f"def test_{i}(task):\n    '''Number {i}.'''\n"
            f"    expect.equal(task.double(1), {i}, 'the result')\n"
            for i in range(5, 10)
        ),
    )
    done = mini.answer(SOLVED)
    assert "2 more blocks with --all-blocks" in done.text
    assert done.text.count("    expected    ") == 3
    assert done.text.rindex("✗ Number 5.") > done.text.rindex("✗ Number 6.")
    done = mini.pytest("--all-blocks")
    assert done.text.count("    expected    ") == 5
    assert "more block" not in done.text


def test_all_tasks_at_a_glance(mini):
    """A line per task, and one thing to do, for the first task that is not green."""
    mini.add_task(2)
    mini.add_task(3)
    mini.write("tasks/task01.py", SOLVED)
    mini.write("tasks/task02.py", WRONG)
    done = mini.bare_pytest()
    lines = done.text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("✓ 01  Small sums"))
    assert lines[start].endswith("the exercise 4 of 4, edge cases 1 of 1")
    assert lines[start + 1].startswith("✗ 02  Small sums")
    assert lines[start + 1].endswith("the exercise 2 of 4, edge cases 1 of 1")
    assert lines[start + 2].startswith("· 03  Small sums")
    assert lines[start + 2].endswith("not started")
    assert done.text.count("next: ") == 1
    assert "next: make test_double green, starting at tasks/task02.py:1, then run" in done.text
    assert "pytest tests/test_task02.py -k test_double" in lines[-3]
    assert len(lines) - start < 20


def test_after_green_comes_the_next_task(mini):
    mini.add_task(2)
    done = mini.answer(SOLVED)
    assert "all that ran is green (2 not run here). Go on with task 02, small sums:" in done.text
    assert "\n      pytest tests/test_task02.py\n" in done.text


def test_hints_after_three_runs_red(mini):
    mini.write("tasks/hints/task01.md", "Look at 2.")
    mini.write("pytest.ini", "[pytest]\naddopts = --no-header\n")
    mini.write("tasks/task01.py", WRONG)
    texts = [mini.pytest().text for _ in range(3)]
    assert ["tasks/hints/task01.md" in text for text in texts] == [False, False, True]


def test_exercise_without_edge_cases(mini):
    done = mini.answer(solved(running_sums=NO_EDGE))
    assert "the exercise 4 of 4, edge cases 0 of 1" in done.text
    assert "next: the exercise is done. Edge cases are left: make test_empty green" in done.text
    done = mini.pytest("-m", "not edge")
    assert done.status == 0
    assert "the exercise 4 of 4" in done.text
    assert "edge cases" not in done.text


NO_EDGE = """def running_sums(numbers):
    if not numbers:
        return None
    return [sum(numbers[:i + 1]) for i in range(len(numbers))]
"""
