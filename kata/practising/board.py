"""Where a student stands: a line for each task, and the next step."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime

from kata.course import Course, TaskInfo
from kata.judging.result import AWAY, GREEN, RED
from kata.practising.schedule import due
from kata.practising.screen import Screen
from kata.reporting.progress import Progress
from kata.reporting.report import command, write_score

NEEDS = 48  # the column of what a task needs, on screens that are wide enough
SHORTEST = 30  # columns for it


@dataclass(frozen=True)
class State:
    """How far one task is."""

    task: TaskInfo
    mark: str
    text: str
    green: bool = False
    speed: str = ""


def state_of(progress: Progress, task: TaskInfo) -> State:
    """What the last run on a task found, and whether it still holds."""
    record = progress.of(task)
    if progress.is_untouched(task) or (not record.tests and not record.answer):
        text = "not started" if progress.is_untouched(task) else "not judged yet"
        return State(task, AWAY, text)
    if not progress.is_current(task):
        return State(task, AWAY, "changed since it was judged")
    counts = [
        f"{name} {done} of {of}"
        for name, (done, of) in (
            ("exercise", record.count(edge=False)),
            ("edge cases", record.count(edge=True)),
        )
        if of
    ]
    speed = "; ".join(record.notes)
    if record.green:
        return State(task, GREEN, "green", green=True, speed=speed)
    mark = GREEN if record.exercise_done else RED
    return State(task, mark, ", ".join(counts) or "nothing ran", speed=speed)


def next_task(course: Course, progress: Progress, after: TaskInfo | None = None) -> TaskInfo | None:
    """The first task that is not green, from the one after `after` on, and then from the start."""
    number = after.number if after else 0
    later = [task for task in course.tasks if task.number > number]
    earlier = [task for task in course.tasks if task.number < number]
    return next(
        (task for task in [*later, *earlier] if not state_of(progress, task).green),
        None,
    )


def write_board(screen: Screen, course: Course, progress: Progress) -> None:
    """All tasks, and what to do next."""
    page = screen.page()
    if progress.set_aside:
        page.paragraph(
            f"note: what was known of earlier runs could not be read, and is now in "
            f"{progress.set_aside}; the next runs fill the board again.",
            "      ",
        )
    states = [state_of(progress, task) for task in course.tasks]
    for state in states:
        title = f"{page.marks[state.mark]} {state.task.number:02d}  {state.task.title}"
        room = page.width - NEEDS - len(state.text) - 2
        if room > SHORTEST and state.task.needs:
            names = ", ".join(name.rpartition("/")[2] for name in state.task.needs)
            needs = textwrap.shorten(names, room, placeholder=" ...")
            title = f"{title:<{NEEDS}}{needs}"
        write_score(page, title, state.text, state.mark)
        if state.speed:
            page.paragraph(f"      {state.speed}", "      ")
    done = sum(state.green for state in states)
    page.line()
    page.line(f"{done} of {len(states)} tasks are green.")
    waiting = [item for item in due(progress, list(course.tasks)) if item.when <= datetime.now(UTC)]
    if waiting:
        names = ", ".join(f"{item.task.number:02d}" for item in waiting)
        page.paragraph(f"due again: {names}; kata again", "           ")
    write_next(screen, course, progress)


def write_next(
    screen: Screen, course: Course, progress: Progress, after: TaskInfo | None = None
) -> None:
    """The task to go on with, and how."""
    page = screen.page()
    task = next_task(course, progress, after)
    if task is None:
        page.line("next: nothing, every task is green.", bold=True)
        return
    title = f"{task.title[0].lower()}{task.title[1:]}"
    stub = course.short(course.stub(task))
    begun = "write" if progress.is_untouched(task) else "go on with"
    page.paragraph(
        f"next: {begun} task {task.number:02d}, {title}, in {stub}, and have it judged:",
        "      ",
        bold=True,
    )
    page.line(f"      kata watch {task.number:02d}     on every save")
    page.line(f"      {command(course, task)}     once")


def write_list(screen: Screen, course: Course, progress: Progress) -> None:
    """All tasks with their source, what they need, and the speeds that were measured."""
    page = screen.page()
    for task in course.tasks:
        state = state_of(progress, task)
        write_score(
            page,
            f"{page.marks[state.mark]} {task.number:02d}  {task.title}",
            state.text,
            state.mark,
        )
        page.field("from", task.source)
        if task.needs:
            page.field("needs", ", ".join(task.needs))
        if task.marks:
            page.field("tests", f"some are marked {', '.join(task.marks)}")
        if state.speed:
            page.field("speed", state.speed)
