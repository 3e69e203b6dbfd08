"""What the commands that grade print."""

from __future__ import annotations

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from kata.course import Course, CourseError, TaskInfo
from kata.grading.autograder import archive
from kata.grading.cluster import runner as runner_of
from kata.grading.grades import grade, runner_here
from kata.grading.isolated import known_level
from kata.grading.marks import BROKE, DONE, Mark, points_of
from kata.grading.outputs import SUMMARY, TABLE, UNFIT, write_all
from kata.grading.proof import compare
from kata.grading.submissions import Handed, collect
from kata.grading.unseen import draw, kept_seed
from kata.running.sandbox import Level, Unavailable, scrub_environment
from kata.terminal import print_table, with_bar


def compare_all(
    course: Course, tasks: list[TaskInfo], *, jobs: int, slow: bool, fresh: bool
) -> int:
    """`kata check --isolated`: a row for each task, then where the verdicts differ."""
    start = time.monotonic()
    found = compare(
        course, tasks, workers=jobs, slow=slow, fresh=fresh,
        watch=partial(with_bar, "kata check --isolated"),
    )  # fmt: skip
    header = ["task", "answers", "same both ways", "judged", "witnessed", "in process", "in cells"]
    rows = [
        [
            f"{own.task.number:02d}",
            str(own.answers),
            str(own.same),
            str(own.judged),
            str(own.witnessed),
            f"{own.seconds:.0f} s",
            f"{own.isolated_seconds:.0f} s",
        ]
        for own in found
    ]
    print_table([header, *rows])
    differences = [
        f"task {own.task.number:02d}: {text}" for own in found for text in own.differences
    ]
    for difference in differences:
        print(f"\nFAILED {difference}")
    verdict = f"{len(differences)} differ" if differences else "the same verdicts both ways"
    print(f"\n{verdict}, in {time.monotonic() - start:.0f} s with {jobs} at a time")
    return 1 if differences else 0


def select(course: Course, text: str) -> list[TaskInfo]:
    """The tasks of `01,14-19`; none for nothing."""
    words = []
    for part in filter(None, text.replace(" ", ",").split(",")):
        first, dash, last = part.partition("-")
        if dash and first.isdigit() and last.isdigit():
            words += [str(number) for number in range(int(first), int(last) + 1)]
        else:
            words.append(part)
    return course.select(words) if words else []


def grade_all(
    course: Course,
    source: Path,
    tasks: str,
    out: Path,
    *,
    jobs: int,
    slow: bool,
    fresh: bool,
    require_isolation: bool,
    scheduler: str,
    seed: int | None,
) -> int:
    """`kata grade`: judge, write, and say what is where."""
    start = time.monotonic()
    scrub_environment()
    level = _level(course)
    if require_isolation and not level.is_full:
        for layer, why in level.missing.items():
            print(f"{layer}: {why}", file=sys.stderr)
        raise CourseError(
            f"answers would be isolated {level} here, and --require-isolation was given; nothing "
            "was judged."
        )
    out.mkdir(parents=True, exist_ok=True)
    chosen = select(course, tasks)
    handed = collect(course, source, chosen or list(course.tasks), out / ".unpacked")
    if not chosen:
        chosen = [task for task in course.tasks if any(a.task == task for a in handed.submissions)]
    if not handed.submissions:
        for line in handed.unfit[:20]:
            print(f"  {line}")
        raise CourseError(
            f"{source} holds no answers. A folder for each student with taskNN.py in it will do, "
            "or files such as ada_task01.py."
        )
    seed = kept_seed(out, seed)
    _announce(handed, chosen, level)
    marks = grade(
        course, handed, chosen, out.resolve(),
        workers=jobs, slow=slow, fresh=fresh, seed=seed, watch=partial(with_bar, "kata grade"),
        runner=runner_of(scheduler) if scheduler else runner_here(level),
    )  # fmt: skip
    write_all(course, marks, handed.unfit, out)
    _conclude(course, marks, handed, out, time.monotonic() - start)
    return 1 if any(mark.state == BROKE for mark in marks) else 0


def _level(course: Course) -> Level:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return known_level(course, Path(folder))
        except Unavailable as problem:
            raise CourseError(
                f"answers cannot be isolated: {problem}. `pytest --target` judges answers that you "
                "trust."
            ) from None


def _announce(handed: Handed, tasks: list[TaskInfo], level: Level) -> None:
    numbers = ", ".join(f"{task.number:02d}" for task in tasks)
    print(
        f"{len(handed.students)} students, {len(handed.submissions)} answers to tasks {numbers}; "
        f"isolation: {level}"
    )
    if not level.is_full:
        print("  --require-isolation would refuse this; grades.csv says it in every row.")


def _conclude(course: Course, marks: list[Mark], handed: Handed, out: Path, seconds: float) -> None:
    rows = [["task", "answers", "mean points", "of", "witnessed", "could not be judged"]]
    for task in dict.fromkeys(mark.task for mark in marks):
        own = [mark for mark in marks if mark.task == task and mark.state == DONE]
        points = [points_of(course, mark) for mark in own]
        count = len(own) or 1
        broke = sum(mark.task == task and mark.state == BROKE for mark in marks)
        rows.append(
            [
                f"{task.number:02d}",
                str(len(own)),
                f"{sum(p.reached for p in points) / count:.2f}",
                f"{points[0].most:g}" if points else "",
                f"{sum(p.witnessed for p in points) / count:.2f}",
                str(broke),
            ]
        )
    print_table(rows)
    for mark in marks:
        if mark.state == BROKE:
            print(f"{mark.student}, task {mark.task.number:02d}: {mark.reason[:200]}")
    if handed.unfit:
        print(f"{len(handed.unfit)} files fit nothing; {out / UNFIT} says why.")
    print(
        f"{out / TABLE} has a row for each student and task, {out / SUMMARY} the class, "
        f"{out / 'feedback'} a text for each student ({seconds:.0f} s)."
    )


def write_autograder(course: Course, path: Path, tasks: str, seed: int | None) -> int:
    """`kata grade --gradescope ZIP`"""
    data = archive(course, select(course, tasks), draw() if seed is None else seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)
    print(f"{path}: upload it as the autograder of a programming assignment.")
    return 0
