"""`kata check --isolated`: that an answer in a cell gets the verdicts that it gets in one process.

The stub, the reference and every answer of the gallery are judged both ways. A verdict is the
outcome of every test that was to run, and both ways have to give all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from kata.course import Course, TaskInfo
from kata.judging.gallery import read_gallery
from kata.judging.result import Result
from kata.running.job import Job, Run
from kata.running.kept import Kept

PLUGIN = "kata.grading.isolated"


@dataclass
class Comparison:
    """What was found out about one task."""

    task: TaskInfo
    answers: int = 0
    same: int = 0
    judged: int = 0  # tests of the reference
    witnessed: int = 0
    seconds: float = 0.0  # of runs in one process
    isolated_seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


def compare(
    course: Course,
    tasks: list[TaskInfo],
    *,
    workers: int,
    slow: bool,
    fresh: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> list[Comparison]:
    """Judge all answers of the course's own both ways."""
    found = {task.name: Comparison(task) for task in tasks}
    pairs = [(task, label, job) for task in tasks for label, job in _jobs(course, task, slow)]
    near = [job for _, _, job in pairs]
    jobs = [other for job in near for other in (job, isolated(job))]
    runs = {run.job: run for run in watch(jobs, Kept(course).run(jobs, workers, fresh=fresh))}
    for task, label, job in pairs:
        own = found[task.name]
        here, there = runs[job], runs[isolated(job)]
        own.answers += 1
        own.seconds += here.seconds
        own.isolated_seconds += there.seconds
        differences = list(_differences(here, there))
        own.same += not differences
        own.differences += [f"{label}: {text}" for text in differences]
        if label == "the reference":
            own.witnessed = sum(result.witnessed for result in there.results)
            own.judged = len(there.results) - own.witnessed
    return list(found.values())


def isolated(job: Job) -> Job:
    """The same job, with its answer in a cell."""
    return replace(job, plugin=PLUGIN)


def _jobs(course: Course, task: TaskInfo, slow: bool) -> Iterator[tuple[str, Job]]:
    tests = course.test_file(task)
    yield "the reference", Job(tests, str(course.solution(task)), slow=slow)
    yield "the stub", Job(tests, str(course.stub(task)))
    for entry in read_gallery(course.gallery(task)):
        target = f"{entry.path}::{entry.title}"
        yield repr(entry.title), Job(tests, target, entry.caught_by, slow and entry.kind == "wrong")


def _differences(here: Run, there: Run) -> Iterator[str]:
    if here.broken or there.broken:
        yield f"did not run: {here.broken or there.broken}"
        return
    if not here.results:
        yield "no test ran"
    ours, theirs = _outcomes(here.results), _outcomes(there.results)
    for test in sorted(ours.keys() | theirs.keys()):
        if ours.get(test) != theirs.get(test):
            result = next((r for r in there.results if r.test == test), None)
            why = f": {_why(result)}" if result else ""
            yield f"{test} is {ours.get(test)} in one process, {theirs.get(test)} in a cell{why}"


def _outcomes(results: list[Result]) -> dict[str, str]:
    return {result.test: result.outcome for result in results}


def _why(result: Result) -> str:
    verdict = result.verdict
    return verdict.sentence or f"expected {verdict.expected}, got {verdict.got}"
