"""What `kata check` proves of every task, test by test.

On the untouched stub every test is red, and for the stub's NotImplementedError. On the reference
and on every right answer of the gallery every test is green. Every wrong answer is red on the
tests it names. And every test is named by a wrong answer: one that nothing can fail is a defect.
Every test quotes the words of the task that it enforces, and they stand in the stub.
Tests marked slow run on request only, and not on the right answers besides the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kata.course import LISTED, Course, CourseError, TaskInfo
from kata.gallery import Entry, read_gallery
from kata.result import AWAY, GREEN, RED, Result
from kata.runner import Job, Run, run_jobs
from kata.verdict import DEFECT, UNWRITTEN
from kata.wording import wrong_quotations


@dataclass
class Proof:
    """What was found out about one task."""

    task: TaskInfo
    tests: int = 0
    red_on_stub: int = 0
    away: int = 0  # tests that could not run here
    right: int = 0  # right answers that are green, the reference included
    right_of: int = 0
    wrong: int = 0  # wrong answers that are red where they should be
    wrong_of: int = 0
    wrong_away: int = 0  # wrong answers whose tests could not run here
    unnamed: list[str] = field(default_factory=list)  # tests without a wrong answer
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of all runs together


def check(
    course: Course,
    tasks: list[TaskInfo],
    *,
    workers: int,
    slow: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> list[Proof]:
    """Prove the tests of `tasks`; `watch` sees the runs go by, to show progress."""
    proofs = {task.name: Proof(task) for task in tasks}
    plans: list[_Plan] = []
    for task in tasks:
        try:
            plans += _plan(course, task, slow)
        except CourseError as error:
            proofs[task.name].failures.append(str(error))
    jobs = [plan.job for plan in sorted(plans, key=_ends_early)]
    runs = {run.job: run for run in watch(jobs, run_jobs(course, jobs, workers))}
    for task in tasks:
        own = [plan for plan in plans if plan.task == task]
        if own:
            _conclude(course, proofs[task.name], own, runs)
    return list(proofs.values())


@dataclass(frozen=True)
class _Plan:
    """A job, and what it is to show."""

    task: TaskInfo
    job: Job
    kind: str  # "stub", "reference", "right" or "wrong"
    label: str
    caught_by: tuple[str, ...] = ()


def _ends_early(plan: _Plan) -> tuple[bool, float]:
    """A key that puts first what may take long, so that no process waits for it at the end."""
    long = plan.job.slow and "slow" in plan.task.marks and plan.kind == "reference"
    return not long, -plan.task.time_limit


def _plan(course: Course, task: TaskInfo, slow: bool) -> list[_Plan]:
    tests = course.test_file(task)
    if not tests.is_file():
        raise CourseError(f"{course.short(tests)} is missing.")

    def plan(kind: str, target: Path | str, label: str, caught_by: tuple[str, ...] = ()) -> _Plan:
        # Right answers are often slower than the reference, and slow tests take minutes on it.
        job = Job(tests, str(target), caught_by, slow and kind != "right")
        return _Plan(task, job, kind, label, caught_by)

    def of(entry: Entry) -> _Plan:
        label = f"{entry.title!r} ({course.short(entry.path)}:{entry.line})"
        return plan(entry.kind, f"{entry.path}::{entry.title}", label, entry.caught_by)

    solution, stub = course.solution(task), course.stub(task)
    return [
        plan("reference", solution, course.short(solution)),
        plan("stub", stub, course.short(stub)),
        *map(of, read_gallery(course.gallery(task))),
    ]


def _conclude(course: Course, proof: Proof, plans: list[_Plan], runs: dict[Job, Run]) -> None:
    reference = runs[next(plan.job for plan in plans if plan.kind == "reference")]
    if reference.broken:
        proof.failures.append(f"the tests do not run on the reference:\n{reference.broken}")
        return
    tests = [result.test for result in reference.results]
    proof.tests = len(tests)
    proof.away = sum(result.outcome == AWAY for result in reference.results)
    for plan in plans:
        run = runs[plan.job]
        proof.seconds += run.seconds
        complaints = list(_complaints(plan, run, tests))
        proof.failures += [f"{plan.label}: {complaint}" for complaint in complaints]
        if plan.kind == "stub":
            proof.red_on_stub = sum(result.outcome == RED for result in run.results)
        elif plan.kind == "wrong":
            proof.wrong_of += 1
            if run.results and all(result.outcome == AWAY for result in run.results):
                proof.wrong_away += 1
            else:
                proof.wrong += not complaints
        else:
            proof.right_of += 1
            proof.right += not complaints
    named = {name for plan in plans for name in plan.caught_by}
    proof.unnamed = [test for test in tests if not {test, _base(test)} & named]
    proof.failures += [
        f"{test}: no wrong answer in the gallery is named to fail it" for test in proof.unnamed
    ]
    proof.failures += _wrong_marks(course, proof.task)
    proof.failures += wrong_quotations(course.stub(proof.task), course.test_file(proof.task))


def _complaints(plan: _Plan, run: Run, tests: list[str]) -> Iterator[str]:
    unknown = [name for name in plan.caught_by if name not in {*tests, *map(_base, tests)}]
    if unknown:
        yield f"there is no test called {', '.join(unknown)}"
        return
    if run.broken:
        yield f"pytest broke:\n{run.broken}"
        return
    if not run.results:
        yield "no test ran"
    for result in run.results:
        complaint = _complaint(plan.kind, result)
        if complaint:
            yield f"{result.test} {complaint}"


def _complaint(kind: str, result: Result) -> str:
    """What is wrong with one test's outcome, if anything."""
    verdict = result.verdict.kind
    if result.outcome == AWAY:
        return ""
    if verdict == DEFECT:
        return f"broke, where it should judge: {result.verdict.sentence}"
    if kind == "stub" and result.outcome == GREEN:
        return "is green on the untouched stub"
    if kind == "stub":
        why = f"is red on the stub for another reason: {_why(result)}"
        return "" if verdict == UNWRITTEN else why
    if kind == "wrong" and result.outcome == GREEN:
        return "is green on this wrong answer"
    if kind == "wrong":
        # A misspelt name in the gallery makes any test red.
        slip = verdict == UNWRITTEN or result.verdict.cause.startswith("NameError")
        return f"is red for a slip in the gallery: {_why(result)}" if slip else ""
    return f"is red on a right answer: {_why(result)}" if result.outcome == RED else ""


def _why(result: Result) -> str:
    verdict = result.verdict
    if verdict.expected:
        return f"expected {verdict.expected}, got {verdict.got}"
    return verdict.sentence


def _base(test: str) -> str:
    return test.partition("[")[0]


def _wrong_marks(course: Course, task: TaskInfo) -> Iterator[str]:
    """Marks that the tests carry and the manifest does not list, and the other way round."""
    text = course.test_file(task).read_text(encoding="utf-8")
    known = "|".join(LISTED)
    carried = set(re.findall(rf"^@pytest\.mark\.({known})\b", text, re.MULTILINE))
    for mark in sorted(carried ^ set(task.marks)):
        has, lacks = (
            ("the tests carry", "the manifest lacks")
            if mark in carried
            else ("the manifest lists", "no test carries")
        )
        yield f"{has} the mark {mark!r}, which {lacks}"
