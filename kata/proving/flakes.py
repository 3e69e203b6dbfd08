"""`kata flakes`: the same verdicts, whatever chance and the machine do.

Each round judges the references anew: with other seeds of hypothesis, torch and hashing, the tests
in another order, with one thread or two, and in every third round with all cores kept busy. No test
may be green in one round and red in another. Tests tell how far their thresholds were, and the
least slack of all rounds is shown.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kata.course import Course, TaskInfo
from kata.judging.result import AWAY, GREEN
from kata.running.job import Job
from kata.running.runner import run_jobs

BUSY = 3  # in every third round


@dataclass
class Steadiness:
    """What all rounds found of one test."""

    task: str
    test: str
    outcomes: list[str] = field(default_factory=list)
    slack: dict[str, float] = field(default_factory=dict)  # the least, by threshold

    @property
    def is_steady(self) -> bool:
        return set(self.outcomes) <= {GREEN} or set(self.outcomes) == {AWAY}


def rounds(
    course: Course, tasks: list[TaskInfo], *, runs: int, workers: int, slow: bool
) -> Iterator[dict[tuple[str, str], Steadiness]]:
    """Everything found so far, after each round."""
    found: dict[tuple[str, str], Steadiness] = {}
    names = [task.name for task in tasks]
    for number in range(runs):
        with _busy((os.cpu_count() or 1) if number % BUSY == BUSY - 1 else 0):
            command = [sys.executable, "-m", __name__, str(number), str(workers), str(slow), *names]
            done = subprocess.run(
                command, cwd=course.root, env=surroundings(number), capture_output=True,
                encoding="utf-8", check=False,
            )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"Round {number + 1} broke:\n{done.stderr}")
        for task, test, outcome, slack in json.loads(done.stdout.splitlines()[-1]):
            own = found.setdefault((task, test), Steadiness(task, test))
            own.outcomes.append(outcome)
            for name, value in slack.items():
                own.slack[name] = min(value, own.slack.get(name, value))
        yield found


def surroundings(number: int) -> dict[str, str]:
    """Environment variables for the runs of a round, by which all depends on other chances."""
    threads = str(1 + number % 2)
    return {
        **os.environ,
        "PYTHONHASHSEED": str(number),
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "KATA_SEED": str(1_000 + number),
    }


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """Keep so many cores busy."""
    spinners = [multiprocessing.Process(target=_spin, daemon=True) for _ in range(count)]
    for spinner in spinners:
        spinner.start()
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.join()


def _spin() -> None:
    while True:
        pass


def _round(number: int, workers: int, slow: bool, names: list[str]) -> None:
    """One round, in a process of its own; prints what it found in one line."""
    course = Course.read(Path.cwd())
    search = "kata-random" if number else "kata-fixed"
    jobs = [
        Job(course.test_file(task), str(course.solution(task)), slow=slow, search=search)
        for task in course.tasks
        if task.name in names
    ]
    found = []
    for run in run_jobs(course, jobs, workers):
        if run.broken:
            raise RuntimeError(f"{run.job.target}:\n{run.broken}")
        found += [(r.task, r.test, r.outcome, r.slack) for r in run.results]
    print(json.dumps(found))


if __name__ == "__main__":
    _round(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True", sys.argv[4:])
