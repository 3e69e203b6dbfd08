"""`kata watch`: the verdict that pytest gives, on every save, whatever the answer does."""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest

from kata.course import Course
from kata.running.job import Job
from kata.running.runner import Ended, Warm
from tests.harness.test_machines import board_and_blocks
from tests.harness.test_reports import SOLVED, solved

WRONG = solved(running_sums="def running_sums(numbers):\n    return list(numbers)\n")
DONE = "quit"  # the last word of what is shown after a run
LEAVES = solved(double="def double(number):\n    import os\n    os._exit(3)\n")
KILLED = solved(double="def double(number):\n    import os\n    os.kill(os.getpid(), 9)\n")
SLEEPS = solved(double="def double(number):\n    import time\n    time.sleep(100)\n")


class Watching:
    """`kata watch` at work in a small course, as a person sees it."""

    def __init__(self, mini, *arguments):
        self._mini = mini
        settings = {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8", "CUDA_VISIBLE_DEVICES": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "kata.cli", "watch", *arguments],
            cwd=mini.root,
            env={**os.environ, **settings, "CI": "true"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.text = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        while letter := self.process.stdout.read(1):
            self.text += letter

    def end(self):
        self.process.kill()
        self._reader.join()  # where all its processes are gone, there is no more to read
        with self.process:
            pass

    def until(self, words, start=0):
        """What was shown from `start` on, once these words are in it."""
        patience = time.monotonic() + 60
        while words not in self.text[start:]:
            assert time.monotonic() < patience, self.text[start:]
            assert self.process.poll() is None, self.text[start:]
            time.sleep(0.02)
        return self.text[start:]

    def save(self, text):
        """Save an answer, and give what is shown then, to its end."""
        start = len(self.text)
        self._mini.write("tasks/task01.py", text)
        return self.until(DONE, start)

    def press(self, key, words):
        start = len(self.text)
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()
        return self.until(words, start)


@pytest.fixture
def watching(mini):
    started = []

    def start(*arguments):
        started.append(Watching(mini, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.end()


def report_in(text):
    """Board, blocks and next step of the last report in a text."""
    start = text.rindex("\ntask 01  ")
    lines = text[start:].splitlines()
    ends = [i for i, line in enumerate(lines) if line.startswith("      pytest ")]
    return "\n".join(lines[: ends[-1] + 1])


def test_verdicts_are_those_of_pytest(mini, watching):
    mini.add_task(2)  # for a next step after green
    watch = watching("01")
    assert "Nothing is written yet" in watch.until(DONE)
    for answer in (WRONG, solved(double="def double(number:\n"), SOLVED):
        shown = watch.save(answer)
        report = report_in(mini._same_everywhere(shown))
        # The red test of the run before goes first, and the report has all in their places.
        assert report == report_in(mini.pytest("--target=tasks").text)


def test_first_block_comes_before_the_report(watching):
    watch = watching("01")
    watch.until(DONE)
    watch.save(WRONG)
    shown = watch.save(WRONG.replace("list(numbers)", "list(numbers) "))
    block = shown.index("✗ Each running sum adds one more number.")
    assert shown.index("judging") < block < shown.index("\ntask 01  ")


def test_saving_again_starts_again(watching):
    watch = watching("01")
    watch.until(DONE)
    start = len(watch.text)
    watch._mini.write("tasks/task01.py", SLEEPS)
    watch.until("judging", start)
    begun = time.monotonic()
    assert "all that ran is green" in watch.save(SOLVED)
    assert time.monotonic() - begun < 60  # and not as long as the sleep


def test_several_writes_are_one_save(watching):
    watch = watching("01")
    watch.until(DONE)
    runs = []
    while len(runs) < 5 and 1 not in runs:  # a busy machine may take its time between two writes
        start = len(watch.text)
        for i in range(5):
            watch._mini.write("tasks/task01.py", SOLVED[: len(SOLVED) * i // 5])
        watch._mini.write("tasks/task01.py", SOLVED)
        watch.until("all that ran is green", start)
        runs.append(watch.text[start:].count("judging"))
    assert 1 in runs


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (LEAVES, "The process ended with exit status 3, in the middle of this test."),
        (KILLED, "The process was killed, as the system does where memory runs out"),
    ],
)
def test_crash_is_told_and_watching_goes_on(watching, answer, how):
    watch = watching("01")
    watch.until(DONE)
    shown = watch.save(answer)
    assert how in shown
    assert "next: make test_double green, starting at tasks/task01.py" in shown
    assert "not run here: the process had ended before it" in " ".join(shown.split())
    assert "all that ran is green" in watch.save(SOLVED)


def test_keys(mini, watching):
    mini.add_task(2)
    mini.write("tasks/hints/task01.md", "1. Look at 2.\n2. Look at it twice.\n")
    watch = watching("01")
    watch.until(DONE)
    assert "Look at 2." in watch.press("h", "Try again")
    assert "Look at it twice." in watch.press("h", "last one")
    assert "0 of 2 tasks are green" in watch.press("l", "next: ")
    assert "is not green" in watch.press("c", "--give-up")
    watch.save(SOLVED)
    assert "1 of 2 tasks are green" in watch.press("l", "next: ")
    assert "+++ the reference: solutions/task01.py" in watch.press("c", "Others are right")
    watch.press("x", "keep yours beside it?")
    assert "Yours is tasks/task01.1.bak" in watch.press("y", "Nothing is written yet")
    assert (mini.root / "tasks" / "task01.1.bak").read_text(encoding="utf-8") == SOLVED
    assert "task 02" in watch.press("n", DONE)
    watch.process.stdin.write("q\n")
    watch.process.stdin.flush()
    assert watch.process.wait(timeout=20) == 0


def test_without_a_number_the_next_task(mini, watching):
    mini.add_task(2)
    mini.answer(SOLVED)
    watch = watching()
    assert "task 02  " in watch.until(DONE)


@pytest.mark.parametrize("method", ["spawn", None])
def test_processes_that_are_started_ahead(mini, monkeypatch, method):
    if method:
        monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: [method])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    course = Course.read(mini.root)
    warm = Warm(course)
    warm.prepare()
    live = warm.start(Job(course.test_file(course.tasks[0]), "solutions"))
    with contextlib.suppress(Ended):
        while True:
            live.take()
    outcomes = [result.outcome for result in live.run.results]
    assert (live.run.broken, outcomes.count("green")) == ("", 5)
    warm.prepare()
    warm.close()


@pytest.mark.skipif(not hasattr(os, "setsid"), reason="no sessions of processes here")
def test_nothing_outlives_a_run(mini, monkeypatch):
    """What an answer has started ends with its run."""
    left = mini.root / "left"
    late = f"import time; time.sleep(3); open({str(left)!r}, 'w')"
    answer = solved(
        double="started = []\n\n\ndef double(number):\n    import subprocess, sys\n"
        f"    started.append(subprocess.Popen([sys.executable, '-c', {late!r}]))\n"
        "    return 2 * number\n"
    )
    mini.write("tasks/task01.py", answer)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    course = Course.read(mini.root)
    live = Warm(course).start(Job(course.test_file(course.tasks[0]), "tasks", ("test_script",)))
    with contextlib.suppress(Ended):
        while True:
            live.take()
    assert [r.outcome for r in live.run.results] == ["green"], repr(live.run)[-900:]
    time.sleep(4)
    assert not left.exists()


def test_report_of_pytest_is_what_is_compared(mini):
    text = mini.answer(WRONG, "--target=tasks").text
    assert report_in(text) in board_and_blocks(text)
