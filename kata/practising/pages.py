"""`kata report`: where a student stands, as one page that needs no network."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from kata.course import Course, TaskInfo
from kata.files import replace
from kata.judging.race import readable
from kata.judging.result import GREEN, RED
from kata.practising.board import next_task, state_of
from kata.practising.history import day, longest_of
from kata.practising.schedule import due
from kata.reporting.page import MARKS
from kata.reporting.progress import Attempt, Progress, effort, pictures_of

TEMPLATE = "page.html.jinja"
COLOURS = {GREEN: "green", RED: "red"}


@dataclass(frozen=True)
class Bar:
    """One bar of several on the same scale."""

    name: str
    percent: float  # of the longest
    text: str
    colour: str = ""


def write_page(course: Course, progress: Progress, path: Path) -> None:
    """Write the page whole or not at all; raises OSError where that is impossible."""
    environment = Environment(
        loader=PackageLoader("kata.practising", "."),
        autoescape=select_autoescape(["jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    dates = {item.task: item.when for item in due(progress, list(course.tasks))}
    tasks = [_task(course, progress, task, dates.get(task)) for task in course.tasks]
    later = next_task(course, progress)
    text = environment.get_template(TEMPLATE).render(
        tasks=tasks,
        done=sum(task["green"] for task in tasks),
        next=f"task {later.number:02d}, kata watch {later.number:02d}" if later else "",
        written=f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
    )
    replace(path, text)


def _task(
    course: Course, progress: Progress, task: TaskInfo, when: datetime | None
) -> dict[str, Any]:
    state, record = state_of(progress, task), progress.of(task)
    current = progress.is_current(task) and not progress.is_untouched(task)
    return {
        "number": f"{task.number:02d}",
        "title": task.title,
        "needs": task.needs,
        "green": state.green,
        "mark": MARKS[state.mark],
        "colour": COLOURS.get(state.mark, "soft"),
        "text": state.text,
        "blocks": [block.strip("\n") for block in record.blocks] if current else [],
        "judged": _moment(record.judged) if record.judged else "",
        "speeds": [_speeds(speeds) for speeds in record.speeds] if current else [],
        "attempts": _attempts(record.attempts),
        "due": day(when) if when else "",
        "pictures": [
            {
                "name": path.name,
                "data": base64.b64encode(path.read_bytes()).decode(),
                "when": f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M}",
            }
            for path in pictures_of(course, task)
        ],
    }


def _speeds(speeds: dict[str, float]) -> list[Bar]:
    longest = max(speeds.values(), default=0) or 1
    return [
        Bar(name, round(100 * seconds / longest, 1), readable(seconds))
        for name, seconds in speeds.items()
    ]


def _attempts(attempts: list[Attempt]) -> list[Bar]:
    longest = longest_of(attempts)
    return [
        Bar(
            f"{datetime.fromisoformat(attempt.start).astimezone():%Y-%m-%d}",
            round(100 * attempt.seconds / longest, 1),
            effort(attempt),
            "green" if attempt.green else "open" if attempt.is_open else "",
        )
        for attempt in attempts
    ]


def _moment(when: str) -> str:
    return f"{datetime.fromisoformat(when).astimezone():%Y-%m-%d %H:%M}"
