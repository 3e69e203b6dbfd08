"""`kata check --record`: what every wrong answer does, so that students' answers are known by it.

Each wrong answer is judged as a student's would be. Tests in which it draws from a source of
randomness run once more, with other seeds, in another order, and with more threads: what is the
same both times does not hang on them. Where tests train, once has to do: there an answer
is known only if it trains in just the same way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from kata.course import LISTED, Course, CourseError, TaskInfo
from kata.judging.gallery import Entry, read_gallery
from kata.judging.result import AWAY, Result, is_named
from kata.proving.flakes import surroundings
from kata.reporting.known import Mark, Mistake, Mistakes
from kata.running.job import Job, Run
from kata.running.kept import Kept, digest_of

QUICK = 10  # seconds that a call may take, above which a task's tests train
SEARCH = "kata-fixed"  # as in practice
ELSEWHERE = set(LISTED) - {"benchmark"}  # marks of tests that do not run in a student's usual run


def record(
    course: Course,
    tasks: list[TaskInfo],
    *,
    workers: int,
    fresh: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> dict[str, Mistakes]:
    """What the wrong answers of tasks do, by task.

    Raises:
        CourseError: an answer could not be judged.
    """
    plan = {task: _wrong(course, task) for task in tasks}
    jobs = [job for own in plan.values() for job in own]
    first = {run.job: run for run in watch(jobs, Kept(course).run(jobs, workers, fresh=fresh))}
    again = {
        job.target: replace(job, tests=tests)
        for task, own in plan.items()
        for job in own
        if task.time_limit <= QUICK
        and (tests := tuple(result.test for result in first[job].results if result.chance))
    }
    second = _run_otherwise(course, list(again.values()), workers, fresh) if again else {}
    return {
        task.name: Mistakes(
            source(course, task),
            [
                _mistake(course, entry, first[job], second.get(job.target, {}))
                for job, entry in own.items()
            ],
        )
        for task, own in plan.items()
    }


def source(course: Course, task: TaskInfo) -> str:
    """A digest of the files that say what a task's wrong answers do."""
    paths = (course.test_file(task), course.solution(task), course.gallery(task))
    return digest_of(path.read_bytes() for path in paths)[:16]


def stale(course: Course, task: TaskInfo) -> str | None:
    """What is wrong with the record of a task, if anything; a course may do without them all."""
    if not course.mistakes(task).parent.is_dir():
        return None
    path, again = course.short(course.mistakes(task)), f"kata check --record {task.number:02d}"
    known = Mistakes.read(course, task)
    if known is None:
        return f"{path} is missing; {again} writes it"
    if known.of != source(course, task):
        return f"{path} was recorded from other tests and answers; {again} writes it anew"
    return None


def _wrong(course: Course, task: TaskInfo) -> dict[Job, Entry]:
    return {
        Job(course.test_file(task), f"{entry.path}::{entry.title}", search=SEARCH): entry
        for entry in read_gallery(course.gallery(task))
        if entry.kind == "wrong"
    }


def _mistake(course: Course, entry: Entry, run: Run, again: dict[str, Result]) -> Mistake:
    if run.broken:
        raise CourseError(f"{course.short(entry.path)}: {entry.title!r} broke:\n{run.broken}")
    marks = {
        result.test: Mark.of(result, again.get(result.test, result))
        for result in run.results
        if result.outcome != AWAY and not ELSEWHERE & set(result.marks)
    }
    if not any(mark.red and is_named(test, entry.caught_by) for test, mark in marks.items()):
        # What it is called shows elsewhere only; red here, it is something else.
        marks = {test: replace(mark, red=False) for test, mark in marks.items()}
    return Mistake(entry.title, entry.advice, marks)


def _run_otherwise(
    course: Course, jobs: list[Job], workers: int, fresh: bool
) -> dict[str, dict[str, Result]]:
    """The same runs in other surroundings: by target and test."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(workers), str(fresh)],
        cwd=course.root, env=surroundings(1), stdout=subprocess.PIPE, encoding="utf-8",
        input=json.dumps([(str(job.test_file), job.target, job.tests) for job in jobs]),
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise CourseError("The second run broke; see above.")
    return {
        target: {data["test"]: Result.from_data(data) for data in results}
        for target, results in json.loads(done.stdout.splitlines()[-1]).items()
    }


def _main(workers: int, fresh: bool) -> None:
    course = Course.read(Path.cwd())
    jobs = [
        Job(Path(file), target, tuple(tests), search=SEARCH)
        for file, target, tests in json.load(sys.stdin)
    ]
    found = {}
    for run in Kept(course).run(jobs, workers, fresh=fresh):
        if run.broken:
            raise RuntimeError(f"{run.job.target}:\n{run.broken}")
        found[run.job.target] = [result.as_data() for result in run.results]
    print(json.dumps(found))


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2] == "True")
