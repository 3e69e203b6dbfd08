"""The attempts at a task, drawn: when they began, how long they took, and how far they came."""

from __future__ import annotations

from datetime import UTC, datetime

from kata.course import Course, TaskInfo
from kata.practising.schedule import due
from kata.practising.screen import Screen
from kata.reporting.page import Page
from kata.reporting.progress import Attempt, Progress, effort

WIDEST = 32  # columns of the longest bar
MINUTE = 60


def write_history(
    screen: Screen, course: Course, progress: Progress, tasks: list[TaskInfo]
) -> None:
    """A bar for each attempt at each of these tasks, on one scale for each task."""
    page = screen.page()
    dates = {item.task: item.when for item in due(progress, tasks)}
    begun = [task for task in tasks if progress.of(task).attempts]
    for task in begun:
        _write_task(page, task, progress.of(task).attempts)
        if task in dates:
            page.line(f"  due again {day(dates[task])}", dim=True)
        page.line()
    if not begun:
        page.paragraph(
            "No attempt so far; one begins when a task is judged for the first time.", ""
        )
    elif any(when <= datetime.now(UTC) for when in dates.values()):
        page.line("next: kata again", bold=True)


def _write_task(page: Page, task: TaskInfo, attempts: list[Attempt]) -> None:
    page.paragraph(f"task {task.number:02d}  {task.title}", "         ", bold=True)
    longest = longest_of(attempts)
    room = max(min(WIDEST, page.width - 45), 5)
    for number, attempt in enumerate(attempts, 1):
        bar = page.bar * max(round(room * attempt.seconds / longest), 1)
        start = datetime.fromisoformat(attempt.start).astimezone()
        page.line(
            f"  {number:2}  {start:%Y-%m-%d}  {bar:<{room}}  {effort(attempt)}",
            green=bool(attempt.green), yellow=attempt.is_open,
        )  # fmt: skip


def longest_of(attempts: list[Attempt]) -> float:
    """Seconds of the longest bar."""
    return max([attempt.seconds for attempt in attempts] + [MINUTE])


def day(when: datetime) -> str:
    """`today`, for what is overdue as well, or `on 2026-12-01`."""
    local, now = when.astimezone(), datetime.now().astimezone()
    return "today" if local <= now or local.date() == now.date() else f"on {local:%Y-%m-%d}"
