"""What `kata check` proves of every task, test by test.

On the untouched stub every test is red, and for the stub's NotImplementedError. On the reference
and on every right answer of the gallery every test is green. Every wrong answer is red on the
tests it names. And every test is named by a wrong answer that returns something, and that is not
what the test expects: one that nothing can fail is a defect, and so is one that expects nothing.
Every test quotes the words of the task that it enforces, and they stand in the stub.
Tests marked slow run on request only, and not on the right answers besides the reference.

What did not run proves nothing: a run has the outcome of each of its tests, or fails the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kata.course import LISTED, Course, CourseError, TaskInfo
from kata.judging.gallery import Entry, read_gallery
from kata.judging.result import AWAY, GREEN, RED, Result, is_named
from kata.judging.verdict import DEFECT, RAISED, STRANGE, UNWRITTEN, WRONG
from kata.judging.wording import wrong_quotations
from kata.proving.record import stale
from kata.proving.soundness import (
    LEAST_WRONG,
    strays,
    telling_steps,
    weak_gallery,
    wrong_absences,
)
from kata.running.job import Job, Run
from kata.running.kept import Kept

# Errors that a slip in the gallery leads to sooner than a student's mistake does.
SLIPS = ("NameError", "UnboundLocalError", "AttributeError", "TypeError", "ImportError")


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
    kept: int = 0  # runs from an earlier time
    unnamed: list[str] = field(default_factory=list)  # tests without a wrong answer
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of all runs together


def check(
    course: Course,
    tasks: list[TaskInfo],
    *,
    workers: int,
    slow: bool,
    fresh: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> list[Proof]:
    """Prove the tests of `tasks`; `watch` sees the runs go by, to show progress.

    With `fresh`, no run is taken from an earlier time.
    """
    proofs = {task.name: Proof(task) for task in tasks}
    for stray in strays(course) if tasks == list(course.tasks) else ():
        proofs[tasks[0].name].failures.append(stray)
    plans: list[_Plan] = []
    for task in tasks:
        try:
            plans += _plan(course, task, slow)
        except CourseError as error:
            proofs[task.name].failures.append(str(error))
    jobs = [plan.job for plan in sorted(plans, key=_ends_early)]
    runs = {run.job: run for run in watch(jobs, Kept(course).run(jobs, workers, fresh=fresh))}
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
    raises: tuple[str, ...] = ()


def _ends_early(plan: _Plan) -> tuple[bool, float]:
    """A key that puts first what may take long, so that no process waits for it at the end."""
    long = plan.job.slow and "slow" in plan.task.marks and plan.kind == "reference"
    return not long, -plan.task.time_limit


def _plan(course: Course, task: TaskInfo, slow: bool) -> list[_Plan]:
    tests = course.test_file(task)
    if not tests.is_file():
        raise CourseError(f"{course.short(tests)} is missing.")

    def plan(kind: str, target: Path | str, label: str, entry: Entry | None = None) -> _Plan:
        caught_by = entry.caught_by if entry else ()
        # Right answers are often slower than the reference, and slow tests take minutes on it.
        job = Job(tests, str(target), caught_by, slow and kind != "right")
        return _Plan(task, job, kind, label, caught_by, entry.raises if entry else ())

    def of(entry: Entry) -> _Plan:
        label = f"{entry.title!r} ({course.short(entry.path)}:{entry.line})"
        return plan(entry.kind, f"{entry.path}::{entry.title}", label, entry)

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
    refuted: set[str] = set()  # tests that refuse what a wrong answer returns
    answers = 0
    for plan in plans:
        run = runs[plan.job]
        proof.seconds += run.seconds
        proof.kept += run.kept
        complaints = list(_complaints(plan, run, tests))
        proof.failures += [f"{plan.label}: {complaint}" for complaint in complaints]
        if plan.kind == "stub":
            proof.red_on_stub = sum(result.outcome == RED for result in run.results)
        elif plan.kind == "wrong":
            proof.wrong_of += 1
            found = [_base(result.test) for result in run.results if _is_refuted(result)]
            refuted.update(found)
            answers += bool(found)
            if run.results and all(result.outcome == AWAY for result in run.results):
                proof.wrong_away += 1
            else:
                proof.wrong += not complaints
        else:
            proof.right_of += 1
            proof.right += not complaints
    named = {name for plan in plans for name in plan.caught_by}
    proof.unnamed = [test for test in tests if not is_named(test, named)]
    proof.failures += [
        f"{test}: no wrong answer in the gallery is named to fail it" for test in proof.unnamed
    ]
    ran = {_base(result.test) for result in reference.results if result.outcome != AWAY}
    proof.failures += [
        f"{test}: every wrong answer that fails it raises an error or returns nothing, so that "
        "nothing shows what it expects; add one that returns something"
        for test in sorted(ran - refuted - set(map(_base, proof.unnamed)))
    ]
    if answers < LEAST_WRONG:
        proof.failures.append(
            f"{answers} wrong answers return something that a test refuses; "
            f"{LEAST_WRONG} or more are needed"
        )
    proof.failures += _wrong_marks(proof.task, reference.results)
    proof.failures += telling_steps(course, proof.task)
    proof.failures += weak_gallery(course, proof.task, read_gallery(course.gallery(proof.task)))
    proof.failures += wrong_quotations(course.stub(proof.task), course.test_file(proof.task))
    proof.failures += filter(None, [stale(course, proof.task)])


def _is_refuted(result: Result) -> bool:
    """Whether a test is red on what came back, and not on an error or on nothing at all."""
    verdict = result.verdict
    return result.outcome == RED and verdict.kind == WRONG and verdict.got != "None"


def _complaints(plan: _Plan, run: Run, tests: list[str]) -> Iterator[str]:
    unknown = [name for name in plan.caught_by if name not in {*tests, *map(_base, tests)}]
    if unknown:
        yield f"there is no test called {', '.join(unknown)}"
        return
    if run.broken:
        yield f"pytest broke:\n{run.broken}"
        return
    ran = {result.test for result in run.results}
    wanted = [t for t in tests if not plan.caught_by or is_named(t, plan.caught_by)]
    missing = [test for test in wanted if test not in ran]
    if missing:
        yield f"{', '.join(missing)} did not run"
    for result in run.results:
        complaint = _complaint(plan, result)
        if complaint:
            yield f"{result.test} {complaint}"


def _complaint(plan: _Plan, result: Result) -> str:
    """What is wrong with one test's outcome, if anything."""
    kind, verdict = plan.kind, result.verdict
    if result.outcome == AWAY:
        return "" if result.away_by in plan.task.marks else f"did not run: {result.reason}"
    if verdict.kind in (DEFECT, STRANGE):
        return f"broke, where it should judge: {verdict.sentence}"
    if kind == "stub" and result.outcome == GREEN:
        return "is green on the untouched stub"
    if kind == "stub":
        why = f"is red on the stub for another reason: {_why(result)}"
        return "" if verdict.kind == UNWRITTEN else why
    if kind == "wrong" and result.outcome == GREEN:
        return "is green on this wrong answer"
    if kind == "wrong" and _is_slip(plan, result):
        return (
            f"is red for a slip in the gallery: {_why(result)} (if that is the mistake itself, "
            "say raises=... in @wrong)"
        )
    return (
        f"is red on a right answer: {_why(result)}"
        if result.outcome == RED and kind != "wrong"
        else ""
    )


def _is_slip(plan: _Plan, result: Result) -> bool:
    """Whether a wrong answer is red for an error that its author hardly meant."""
    verdict = result.verdict
    own = verdict.kind == RAISED and verdict.file == plan.job.target.partition("::")[0]
    error = verdict.cause.partition(" ")[0] if own else ""
    return verdict.kind == UNWRITTEN or (error in SLIPS and error not in plan.raises)


def _why(result: Result) -> str:
    verdict = result.verdict
    if verdict.expected:
        return f"expected {verdict.expected}, got {verdict.got}"
    return verdict.sentence


def _base(test: str) -> str:
    return test.partition("[")[0]


def _wrong_marks(task: TaskInfo, results: list[Result]) -> Iterator[str]:
    """Marks that the tests carry and the manifest does not list, and the other way round."""
    marks: dict[str, set[str]] = {}
    for result in results:
        marks.setdefault(result.base, set()).update(result.marks)
    carried = set(LISTED) & {mark for own in marks.values() for mark in own}
    for mark in sorted(carried ^ set(task.marks)):
        has, lacks = (
            ("the tests carry", "the manifest lacks")
            if mark in carried
            else ("the manifest lists", "no test carries")
        )
        yield f"{has} the mark {mark!r}, which {lacks}"
    yield from wrong_absences(task, marks)
