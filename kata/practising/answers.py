"""A fresh start with a task, and a look at what others did."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path

from rich.syntax import Syntax

from kata.course import Course, CourseError, TaskInfo
from kata.files import free_name, replace
from kata.judging.gallery import read_gallery
from kata.practising.board import state_of
from kata.practising.screen import Screen
from kata.regions import unsealed
from kata.reporting.progress import Progress


@dataclass(frozen=True)
class Fresh:
    """A stub that was put in the place of an answer."""

    stub: Path
    kept: Path | None  # where the answer is now, if there was one


def reset(course: Course, progress: Progress, task: TaskInfo) -> Fresh:
    """Put the untouched stub of a task in its place; an answer that was there is kept beside it.

    Raises:
        CourseError: the course has no untouched stub.
    """
    source, stub = course.fresh(task), course.stub(task)
    try:
        text = source.read_text(encoding="utf-8")
    except OSError:
        raise CourseError(
            f"{course.short(source)}, the untouched stub, is missing; get it from where you got "
            "the course."
        ) from None
    kept = None
    if stub.is_file() and not progress.is_untouched(task):
        kept = free_name(stub)
        shutil.copy2(stub, kept)
    replace(stub, text)
    progress.begin(task)
    return Fresh(stub, kept)


def compare(
    screen: Screen, course: Course, progress: Progress, task: TaskInfo, *, give_up: bool = False
) -> None:
    """Show an answer beside the reference, and what other right answers do.

    Raises:
        CourseError: the answer is not green, or the course has no references.
    """
    state = state_of(progress, task)
    if not (state.green or give_up):
        raise CourseError(
            f"Task {task.number:02d} is not green ({state.text}). Make it green first, or see the "
            "reference all the same with --give-up."
        )
    if not state.green:
        progress.note_giving_up(task)
    solution, stub = course.solution(task), course.stub(task)
    if not solution.is_file():
        raise CourseError(
            f"There is no {course.short(solution)} here: this edition of the course comes without "
            "references."
        )
    yours, reference = (_lines(path) for path in (stub, solution))
    names = f"yours: {course.short(stub)}", f"the reference: {course.short(solution)}"
    diff = "\n".join(difflib.unified_diff(yours, reference, *names, n=2, lineterm=""))
    if diff:
        screen.console.print(Syntax(diff, "diff", background_color="default", word_wrap=True))
    else:
        screen.line("Yours is the reference, word for word.")
    gallery = course.gallery(task)
    entries = read_gallery(gallery) if gallery.is_file() else []
    others = [entry.title for entry in entries if entry.kind == "right"]
    if others:
        screen.line()
        screen.line("Others are right, too:", bold=True)
        for title in others:
            screen.page().paragraph(f"  - one {title}", "    ")


def _lines(path: Path) -> list[str]:
    return unsealed(path.read_text(encoding="utf-8")).splitlines()
