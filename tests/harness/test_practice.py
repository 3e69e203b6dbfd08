"""The `kata` command for students: the board, and what it leads to."""

import json

import pytest

from tests.harness.test_reports import SOLVED, solved

NO_EDGE = solved(
    running_sums="def running_sums(numbers):\n"
    "    if not numbers:\n"
    "        return None\n"
    "    return [sum(numbers[:i + 1]) for i in range(len(numbers))]\n"
)
FILE = ".kata/progress.json"


@pytest.fixture
def two(mini):
    mini.add_task(2)
    return mini


def board(course, **settings):
    done = course.run("-m", "kata.cli", **settings)
    assert done.status == 0
    return done.text


def state(text, number):
    line = next(line for line in text.splitlines() if f" {number:02d}  " in line)
    return line.partition("  Small sums")[2].strip()


def test_board_follows_what_pytest_found(two):
    text = board(two)
    assert [state(text, number) for number in (1, 2)] == ["not started", "not started"]
    assert "next: write task 01, small sums, in tasks/task01.py" in text
    two.answer(NO_EDGE)
    text = board(two)
    assert state(text, 1) == "exercise 4 of 4, edge cases 0 of 1"
    assert "next: go on with task 01" in text
    two.answer(SOLVED)
    text = board(two)
    assert state(text, 1) == "green"
    assert "1 of 2 tasks are green" in text
    assert "next: write task 02" in text
    two.write("tasks/task01.py", NO_EDGE)
    assert state(board(two), 1) == "changed since it was judged"


def test_part_of_the_tests_leaves_the_rest_known(two):
    two.answer(NO_EDGE)
    two.pytest("-k", "double")
    assert state(board(two), 1) == "exercise 4 of 4, edge cases 0 of 1"


def test_other_folders_leave_no_trace(two):
    two.write("elsewhere/task01.py", SOLVED)
    two.pytest("--target=elsewhere")
    two.pytest("--target=solutions")
    assert state(board(two), 1) == "not started"
    assert not (two.root / FILE).exists()


def test_damaged_file_is_set_aside(two):
    two.answer(SOLVED)
    (two.root / FILE).write_text("{", encoding="utf-8")
    text = board(two)
    assert "could not be read, and is now in COURSE/.kata/progress.1.bak" in " ".join(text.split())
    assert (two.root / ".kata" / "progress.1.bak").read_text(encoding="utf-8") == "{"
    two.answer(SOLVED)
    assert state(board(two), 1) == "green"
    assert json.loads((two.root / FILE).read_text(encoding="utf-8"))["version"] == 2


def test_read_only_course_keeps_its_progress_at_home(two, tmp_path):
    two.write(".kata", "a file, so that there can be no folder")
    settings = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    two.write("tasks/task01.py", SOLVED)
    two.pytest(**settings)
    assert state(board(two, **settings), 1) == "green"
    assert len(list(tmp_path.rglob("progress.json"))) == 1


@pytest.mark.parametrize("width", [60, 120])
def test_screens_hold_their_width(two, width):
    two.answer(NO_EDGE)
    for command in ([], ["list"], ["next"], ["doctor"]):
        done = two.run("-m", "kata.cli", *command, COLUMNS=str(width))
        long = [line for line in done.text.splitlines() if len(line) > width and "/" not in line]
        assert long == []


def test_plain_letters_where_there_are_no_others(two):
    text = two.run("-m", "kata.cli", PYTHONIOENCODING="ascii").text
    assert text.isascii()
    assert ". 01  Small sums" in text
    assert "\x1b" not in two.run("-m", "kata.cli", FORCE_COLOR="", TERM="dumb").text


def test_list(two):
    text = two.kata("list").text
    assert text.count("from      ") == 2
    assert "some are marked" in text


def test_next(two):
    two.answer(SOLVED)
    text = two.kata("next").text
    assert text.startswith("next: write task 02")
    assert "kata watch 02" in text
    assert "pytest tests/test_task02.py" in text


def test_test_is_pytest(two):
    two.write("tasks/task01.py", SOLVED)
    done = two.kata("test", "01", "-k", "double")
    assert done.status == 0
    assert "the exercise 1 of 1" in done.text
    assert state(board(two), 1) == "exercise 1 of 1"
    done = two.kata("test")  # the other tests of the first task have not run
    assert done.status == 0
    assert "the exercise 4 of 4, edge cases 1 of 1" in done.text


def test_hints_go_a_step_further(two):
    two.write("tasks/hints/task01.md", "# Hints\n\n1. Look.\n2. Look\n   twice.\n")
    texts = [two.kata("hint", "1").text for _ in range(3)]
    assert ["1. Look." in text for text in texts] == [True, False, False]
    assert ["2. Look twice." in text for text in texts] == [False, True, True]
    done = two.kata("hint", "2")
    assert (done.status, done.text) == (2, "kata: There are no hints for task 02.\n")


def test_reset_keeps_the_answer(two):
    stub = (two.root / "tasks" / "task01.py").read_text(encoding="utf-8")
    two.answer(SOLVED)
    done = two.kata("reset", "01")
    assert done.text == (
        "tasks/task01.py is the untouched stub; your answer is tasks/task01.1.bak\n"
    )
    assert (two.root / "tasks" / "task01.py").read_text(encoding="utf-8") == stub
    assert (two.root / "tasks" / "task01.1.bak").read_text(encoding="utf-8") == SOLVED
    assert state(board(two), 1) == "not started"
    assert two.kata("reset", "01").text == "tasks/task01.py is the untouched stub\n"


def test_reset_needs_no_references(two):
    (two.root / "solutions" / "task01.py").unlink()
    (two.root / "tasks" / "task01.py").unlink()
    assert two.kata("reset", "01").status == 0
    assert "Nothing is written yet" in two.pytest().text
    (two.root / "tasks" / "stubs" / "task01.py").unlink()
    done = two.kata("reset", "01")
    assert done.status == 2
    assert "tasks/stubs/task01.py, the untouched stub, is missing" in done.text


def test_compare_after_green(two):
    done = two.kata("compare", "01")
    assert done.status == 2
    assert "Task 01 is not green (not started)" in done.text
    assert "+    return 2 * number" in two.kata("compare", "01", "--give-up").text
    two.answer(SOLVED)
    text = two.kata("compare", "01").text
    assert "-    return" in text
    assert "     return 2 * number" in text
    assert "  - one adds the number to itself" in text


def test_compare_without_references(two):
    two.answer(SOLVED)
    (two.root / "solutions" / "task01.py").unlink()
    done = two.kata("compare", "01")
    assert done.status == 2
    assert "comes without references" in done.text


def test_doctor_names_problems_and_their_mend(two):
    two.write("constraints.txt", "numpy==0.0.1\nno-such-package==1.0\n")
    done = two.run("-m", "kata.cli", "doctor", KATA_DATA="/nowhere")
    assert done.status == 1
    words = " ".join(done.text.split())
    assert "no-such-package cannot be found Run: pip install -c constraints.txt -e ." in words
    assert "tested with 0.0.1 They may work." in words
    assert "KATA_DATA is /nowhere, which is no folder Make that folder" in words
    assert "2 problems to mend." in words


@pytest.mark.parametrize("command", ["", "list", "next", "watch", "test", "hint", "reset",
                                     "compare", "models", "doctor", "notebook", "check",
                                     "mutants", "flakes", "messages", "stubs"])  # fmt: skip
def test_every_help_has_an_example(mini, command):
    text = mini.kata(*command.split(), "--help").text
    assert f"Example: {f'kata {command}'.strip()}" in text


def test_outside_of_a_course(tmp_path, mini):
    done = mini.run("-c", f"import os, sys; os.chdir({str(tmp_path)!r}); "
                    "from kata.cli import main; sys.exit(main(['next']))")  # fmt: skip
    assert done.status == 2
    assert "run this inside the course folder" in done.text


def test_untouched_stub_is_told_before_anything_is_imported(mini):
    """Neither the file nor what its tests prepare is loaded to say that nothing is written."""
    stub = (mini.root / "tasks" / "task01.py").read_text(encoding="utf-8")
    whole = mini.pytest()
    assert "Nothing is written yet. Start with `double`, at tasks/task01.py:8" in whole.text
    mini.replace("tests/test_task01.py", "import pytest\n", "import pytest\n\nprepared = []\n")
    mini.replace("tests/test_task01.py", "@pytest.mark.edge\n", PREPARATION)
    assert "not at all" not in mini.pytest().text
    mini.write("tasks/task01.py", stub.replace("Twice", "Double"))
    assert "not at all" in mini.pytest().text


PREPARATION = """@pytest.fixture(autouse=True)
def preparation():
    raise RuntimeError("not at all")


@pytest.mark.edge
"""
