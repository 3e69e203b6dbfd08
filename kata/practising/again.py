"""Katas are done again: a fresh stub, and the old answer beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from kata.course import Course, CourseError, TaskInfo
from kata.practising.answers import Fresh, reset
from kata.practising.schedule import due
from kata.reporting.progress import Progress


def begin_again(
    course: Course, progress: Progress, task: TaskInfo | None = None, *, now: datetime | None = None
) -> tuple[TaskInfo, Fresh]:
    """Put a fresh stub of a task in its place, of the one that has been due longest if none is
    named; the old answer is kept beside it.

    Raises:
        CourseError: no task is due, or the named one was never green.
    """
    now = now or datetime.now(UTC)
    if task is None:
        waiting = due(progress, list(course.tasks))
        if not waiting:
            raise CourseError("No task was green so far; `kata next` says what to go on with.")
        first = waiting[0]
        if first.when > now:
            number, day = f"{first.task.number:02d}", f"{first.when.astimezone():%Y-%m-%d}"
            raise CourseError(
                f"Nothing is due. The next is task {number}, on {day}; to do it all the same: "
                f"kata again {number}"
            )
        task = first.task
    elif not any(attempt.green for attempt in progress.of(task).attempts):
        raise CourseError(
            f"Task {task.number:02d} was never green, so it cannot be done again yet; go on with "
            f"it by kata watch {task.number:02d}"
        )
    return task, reset(course, progress, task)
