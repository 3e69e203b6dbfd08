"""The verdict is the same on machines, and of folders, that the course was not written on."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.test_readers import report_of
from tests.harness.test_reports import SOLVED, solved

HERE = Path(__file__).parent
WRONG = solved(double="def double(number):\n    return number + 2\n")


def board_and_blocks(text):
    return text[text.index("\ntask 01") :]


@pytest.mark.parametrize("error", ["ENOSPC", "EROFS", "EACCES"])
def test_course_that_cannot_be_written_to(mini, error):
    mini.write("pytest.ini", "[pytest]\naddopts = --no-header --tb=native\n")  # with its cache
    settings = {
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_SPACE_IN": str(mini.root),
        "NO_SPACE_ERROR": error,
        "CI": "",  # with hypothesis' own files
    }
    alone = mini.answer(WRONG)
    before = {path for path in mini.root.rglob("*") if path.is_file()}
    done = mini.pytest("-p", "no_space", **settings)
    note = "note: COURSE cannot be written to; caches went to /tmp"
    assert done.text.count("note: ") == 1
    assert " ".join(done.text.split()).count(note) == 1
    assert board_and_blocks(done.text) == board_and_blocks(alone.text)
    assert done.status == 1
    assert {path for path in mini.root.rglob("*") if path.is_file()} == before


DISK = ("/tmp", "/var/tmp", "/usr/tmp")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no folder is known to have room")
def test_full_disk(mini):
    alone = mini.answer(WRONG)
    full = os.pathsep.join([str(mini.root), *DISK])
    done = mini.pytest("-p", "no_space", PYTHONPATH=str(HERE), NO_SPACE_IN=full)
    assert "caches went to /dev/shm" in " ".join(done.text.split())
    assert board_and_blocks(done.text) == board_and_blocks(alone.text)
    full = os.pathsep.join([full, "/dev/shm"])
    done = mini.pytest("-p", "no_space", PYTHONPATH=str(HERE), NO_SPACE_IN=full)
    assert done.status == 4
    assert done.text.startswith("ERROR: temporary files can be written nowhere; free some space")
    assert len(done.text.splitlines()) == 1


def test_runs_that_clean_up_together(tmp_path):
    """What another run deletes at the same time is no reason for a traceback behind the report."""
    garbage = tmp_path / f"pytest-of-{getpass.getuser()}" / "garbage-1"
    garbage.mkdir(parents=True, mode=0o700)
    garbage.parent.chmod(0o700)
    settings = {"PYTHONPATH": str(HERE), "PYTEST_DEBUG_TEMPROOT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no_cleaning", "tests/test_task17.py",
         "-k", "test_tensor", "--target", "solutions"],
        cwd=HERE.parents[1], env={**os.environ, **settings},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not garbage.exists()  # so this run has found it
    assert "1 passed" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_no_home(mini):
    alone = mini.answer(WRONG)
    done = mini.pytest(HOME="/nonexistent", USERPROFILE="/nonexistent")
    assert done.text == alone.text


def test_module_beside_the_file(mini):
    mini.write("tasks/helpers.py", "def twice(number):\n    return 2 * number\n")
    text = solved(
        double="import helpers\n\ndef double(number):\n    return helpers.twice(number)\n"
    )
    done = mini.answer(text)
    assert done.status == 0
    mini.write("tasks/helpers.py", "def twice(number):\n    return 2 * nummber\n")
    done = mini.answer(text)
    assert "but         `double` stopped with NameError: name 'nummber' is not defined" in done.text
    assert "at          tasks/helpers.py:2" in done.text


def test_modules_of_two_targets_are_not_mixed_up(mini):
    """A course and its reference, or a gallery, each with a `helpers` of its own."""
    text = solved(double="from helpers import twice\n\ndef double(n):\n    return twice(n)\n")
    mini.write("tasks/task01.py", text)
    mini.write("tasks/helpers.py", "def twice(number):\n    return number + 2\n")
    own = "import helpers\n    return helpers.twice(number)"
    mini.replace("solutions/task01.py", "return 2 * number", own)
    mini.write("solutions/helpers.py", "def twice(number):\n    return number * 2\n")
    mini.replace(
        "tests/test_task01.py",
        'expect.equal(task.double(number), number * 2, "the result")',
        "expect.equal(task.double(number), task.reference.double(number), 'the result')",
    )
    assert "the result == 0" in mini.pytest("-k", "test_double").text
    mini.write("tasks/helpers.py", "def twice(number):\n    return number * 2\n")
    mini.write("solutions/helpers.py", "def twice(number):\n    return number + 2\n")
    assert "the result == 2" in mini.pytest("-k", "test_double").text
    assert mini.pytest("--target", "solutions", "-k", "test_double").status == 0


@pytest.mark.parametrize("words", [("--target", "{}"), ("--target={}",)])
@pytest.mark.parametrize("files", [(), ("tests/test_task01.py",)])
def test_target_with_a_space(mini, tmp_path, words, files):
    folder = tmp_path / "else where" / "s 03"
    folder.mkdir(parents=True)
    (folder / "task01.py").write_text(SOLVED, encoding="utf-8")
    done = mini.run("-m", "pytest", *(word.format(folder) for word in words), *files)
    assert done.status == 0, done.text
    assert "the exercise 4 of 4, edge cases 1 of 1" in done.text


def test_target_in_front_of_other_options(mini, tmp_path):
    (tmp_path / "task01.py").write_text(WRONG, encoding="utf-8")
    done = mini.run("-m", "pytest", "--target", str(tmp_path), "-k", "double", "--all-blocks")
    assert done.status == 1
    assert "expected    the result == 0" in done.text


def test_two_targets(mini):
    done = mini.pytest("--target", "tasks", "--target", "solutions")
    assert done.status == 4
    assert "--target was given 2 times (tasks, solutions); a run judges one target." in done.text


def test_folder_of_folders(mini):
    for name in ("anna b", "ben"):
        mini.write(f"class/{name}/task01.py", SOLVED)
    done = mini.pytest("--target", "class")
    assert done.status == 4
    assert "class holds 2 folders with a task01.py, and a run judges one of them;" in done.text
    assert "give it as 'class/anna b', say." in done.text
    assert mini.pytest("--target", "class/anna b").status == 0


SPAWN = """\
import multiprocessing

def twice(number):
    return 2 * number

def double(number):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(twice, [number])[0]
"""


def test_processes_that_are_spawned(mini):
    drawn = "@settings(max_examples=20)\n@given(st.integers(-99, 99))\n"
    mini.replace("tests/test_task01.py", drawn, "")
    mini.replace("tests/test_task01.py", "def test_double(task, number):", "def test_double(task):")
    mini.replace("tests/test_task01.py", "task.double(number), number * 2", "task.double(4), 8")
    done = mini.answer(solved(double=SPAWN), "-k", "test_double")
    assert done.status == 0, done.text


def test_limit_of_a_whole_test_is_named(mini):
    """The sentence names the limit, and not what was left of it."""
    call = "expect.equal(task.double(number)"
    mini.replace("tests/test_task01.py", call, f"[task.double(1) for _ in range(9)]\n    {call}")
    slow = "import time\n\ndef double(number):\n    time.sleep(0.3)\n    return 2 * number\n"
    done = mini.answer(solved(double=slow), "-k", "test_double")
    when = "when the 2 seconds that a test may take in all were over at this line"
    assert f"`double` was still running {when}" in " ".join(done.text.split())


@pytest.mark.parametrize("expression", ["2 * number", "number + 2"])
def test_verdict_after_breakpoint_and_c(mini, expression):
    plain = f"def double(number):\n    pass\n    return {expression}\n"
    alone = mini.answer(solved(double=plain), "-k", "test_double")
    text = solved(double=plain.replace("pass", "breakpoint()"))
    stopped = mini.answer(text, "-k", "test_double", typed="c\n" * 500)
    assert "(Pdb)" in stopped.text
    assert report_of(stopped.text) == report_of(alone.text)
    assert stopped.status == alone.status


def test_reader_that_has_seen_enough():
    """`kata models | head` ends without a traceback."""
    command = [sys.executable, "-m", "kata.cli", "models"]
    with subprocess.Popen(
        command, cwd=HERE.parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""


def test_file_that_is_left_open(mini):
    """It closes whenever garbage is collected, which is no test's business."""
    done = mini.answer(
        solved(
            double="class Kept:\n    pass\n\ndef double(number):\n    kept = Kept()\n"
            "    kept.own, kept.file = kept, open(__file__)\n    return 2 * number\n"
        )
    )
    assert done.status == 0, done.text
    assert "ResourceWarning" not in done.text
