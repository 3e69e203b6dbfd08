"""`kata grade`: judges a class's answers, each in a cell, and keeps what came as it comes.

Killed at any moment and started again, it goes on where it was: verdicts lie in a database beside
the table, under the content of the answer and of all that judges it. Equal answers are judged once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kata.course import Course, CourseError, TaskInfo
from kata.files import printable
from kata.grading.cluster import Runner
from kata.grading.marks import BROKE, DONE, MISSING, Mark
from kata.grading.proof import PLUGIN
from kata.grading.submissions import Handed, Submission, stage
from kata.judging.result import Result
from kata.reporting.known import name_mistakes
from kata.running.job import Job, Run
from kata.running.kept import Kept
from kata.running.runner import run_jobs
from kata.running.sandbox import Level

ANSWERS = ".answers"  # copies of what was handed in, by content
DATABASE = "grades.sqlite"
Watch = Callable[[list[Job], Iterable[Run]], Iterable[Run]]


def grade(
    course: Course,
    handed: Handed,
    tasks: list[TaskInfo],
    out: Path,
    *,
    workers: int,
    slow: bool,
    fresh: bool,
    seed: int,
    watch: Watch,
    runner: Runner,
) -> list[Mark]:
    """A mark for each student and task, in this order.

    `seed` picks the examples that answers are tried on beside those of practice; `runner` runs
    jobs, here or elsewhere.
    """
    marks: dict[tuple[str, TaskInfo], Mark] = {}
    jobs: dict[Job, list[Mark]] = {}
    for answer in handed.submissions:
        mark = Mark(answer.student, answer.task, DONE, answer=answer)
        marks[answer.student, answer.task] = mark
        job = _job(course, answer, out, mark, slow, seed)
        if job is not None:
            jobs.setdefault(job, []).append(mark)
    kept = Kept(course, out / DATABASE)
    for run in watch(list(jobs), kept.run(list(jobs), workers, fresh=fresh, runner=runner)):
        for mark in jobs[run.job]:
            _conclude(course, mark, run)
    return [
        marks.get((student, task)) or Mark(student, task, MISSING)
        for student in handed.students
        for task in tasks
    ]


def _job(
    course: Course, answer: Submission, out: Path, mark: Mark, slow: bool, seed: int
) -> Job | None:
    try:
        path = stage(answer, out / ANSWERS)
    except (CourseError, OSError) as error:
        mark.state, mark.reason = BROKE, str(error)
        return None
    mark.digest = path.parent.name
    return Job(
        course.test_file(answer.task), str(path), slow=slow, search=SEARCH, seed=seed, plugin=PLUGIN
    )


SEARCH = "kata-fixed"  # as in practice, so that the same counter-examples are shown


def _conclude(course: Course, mark: Mark, run: Run) -> None:
    mark.seconds, mark.isolation = run.seconds, run.isolation
    if run.broken or not run.results:
        mark.state = BROKE
        mark.reason = printable(" ".join((run.broken or "no test ran").split()))[-300:]
        return
    mark.results = [_without_folders(course, result) for result in run.results]
    name_mistakes(course, mark.results)
    mark.results = [_hidden(mark.task, result) for result in mark.results]


def _without_folders(course: Course, result: Result) -> Result:
    """A result that names files as students know them, and no folder of this machine."""
    verdict = result.verdict
    folders = [str(Path(verdict.file).parent), str(course.root)]

    def clean(text: str) -> str:
        for folder in folders:
            text = text.replace(f"{folder}/", "") if folder not in (".", "/") else text
        return text

    texts: dict[str, Any] = {
        name: clean(getattr(verdict, name)) for name in ("sentence", "call", "expected", "got")
    }
    cleaned = replace(
        verdict,
        file=clean(verdict.file),
        call_details=tuple(map(clean, verdict.call_details)),
        **texts,
    )
    asked = [replace(words, file=clean(words.file)) for words in result.asked]
    return replace(
        result, verdict=cleaned, asked=asked, printed=clean(result.printed), traceback=""
    )


def _hidden(task: TaskInfo, result: Result) -> Result:
    """A result without what a hidden test asks."""
    if not {result.test, result.base} & set(task.hidden):
        return result
    verdict = replace(
        result.verdict, cause="hidden", sentence="It is red; what it asks is not shown.",
        call="", call_details=(), expected="", got="", line=None,
    )  # fmt: skip
    verdict = verdict if result.outcome == "red" else result.verdict
    return replace(
        result, sentence="A hidden test", test="hidden", case="", verdict=verdict, asked=[],
        notes=[], printed="", known=None,
    )  # fmt: skip


def runner_here(level: Level) -> Runner:
    """What runs jobs on this machine, where answers are isolated so far."""

    def run(course: Course, jobs: list[Job], workers: int) -> Iterator[Run]:
        for done in run_jobs(course, jobs, workers):
            done.isolation = str(level)
            yield done

    return run
