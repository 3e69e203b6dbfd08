"""Hints, a step further at each call."""

from __future__ import annotations

import re

from kata.course import Course, CourseError, TaskInfo
from kata.practising.screen import Screen
from kata.reporting.progress import Progress

STEP = re.compile(r"^\d+\. ", re.MULTILINE)


def read_hints(course: Course, task: TaskInfo) -> list[str]:
    """The numbered steps of a task's hints.

    Raises:
        CourseError: the task has none.
    """
    path = course.hints(task)
    if not path.is_file():
        raise CourseError(f"There are no hints for task {task.number:02d}.")
    text = path.read_text(encoding="utf-8")
    starts = [match.start() for match in STEP.finditer(text)]
    ends = [*starts[1:], len(text)]
    return [text[a:b].strip() for a, b in zip(starts, ends, strict=True)] or [text.strip()]


def write_hint(screen: Screen, course: Course, progress: Progress, task: TaskInfo) -> None:
    """The next hint for a task, and how many are left."""
    hints = read_hints(course, task)
    number = min(progress.of(task).hints + 1, len(hints))
    progress.note_hint(task, number)
    page = screen.page()
    page.line(f"task {task.number:02d}, hint {number} of {len(hints)}", bold=True)
    page.line()
    for part in hints[number - 1].split("\n\n"):
        page.paragraph(f"  {' '.join(part.split())}", "     ")
    page.line()
    if number < len(hints):
        page.line(f"Try again before the next: kata hint {task.number:02d}")
    else:
        page.line(f"That was the last one. All of them: {course.short(course.hints(task))}")
