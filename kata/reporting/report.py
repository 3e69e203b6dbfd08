"""What a person reads after a run: a board, then the blocks to read, then what to do next."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kata.course import Course, TaskInfo
from kata.judging.result import AWAY, GREEN, RED, Result
from kata.judging.verdict import BLOCKED, MISSING, UNWRITTEN
from kata.reporting.blocks import BLOCKS, Cause, find_causes, place, write_cause
from kata.reporting.page import Page

STUCK = 3  # runs in a row that are red on the same test before the hints are named

COLOURS = {GREEN: "green", RED: "red", AWAY: "yellow"}


@dataclass(frozen=True)
class Style:
    """How to write a report."""

    command: Callable[[TaskInfo, str], str]  # that judges a task again, and a test of it first
    all_blocks: bool = False
    elsewhere: bool = False  # what is judged is not in tasks/
    # How many runs in a row a task has been red on the same test first, this one included.
    runs_red: Mapping[str, int] = field(default_factory=dict)
    effort: str = ""  # what it took to become green, beside other times


def command(
    course: Course, info: TaskInfo, test: str = "", option: str = "tasks", *, slow: bool = False
) -> str:
    """What judges a task in a terminal, and the test that is named first."""
    target = "" if option == "tasks" else f" --target {shlex.quote(option)}"
    more = (" --slow" if slow else "") + (f" -k {test}" if test else "")
    return f"pytest {course.short(course.test_file(info))}{target}{more}"


def write_report(page: Page, course: Course, results: list[Result], style: Style) -> None:
    """Board, blocks and next step of the task that `results` speak of, or a line for each."""
    results = sorted(results, key=lambda result: result.order)
    by_task: dict[str, list[Result]] = {}
    for result in results:
        by_task.setdefault(result.task, []).append(result)
    infos = [info for info in course.tasks if info.name in by_task]
    if len(infos) == 1:
        _write_task(page, course, infos[0], results, style)
    else:
        _write_tasks(page, course, infos, by_task, style)


def _write_task(
    page: Page, course: Course, info: TaskInfo, results: list[Result], style: Style
) -> None:
    page.line()
    _write_board(page, info, results)
    causes = find_causes(results)
    shown = causes
    if not style.all_blocks:
        # Edge cases wait until the exercise is done.
        shown = [cause for cause in causes if not cause.edge][:BLOCKS] or causes[:BLOCKS]
    if len(shown) < len(causes):
        more = len(causes) - len(shown)
        page.line()
        page.line(f"  {more} more block{'s' * (more > 1)} with --all-blocks")
    for cause in reversed(shown):
        page.line()
        write_cause(page, course, cause, results)
    _write_next(page, course, info, results, causes, style)


def _write_tasks(
    page: Page,
    course: Course,
    infos: list[TaskInfo],
    by_task: dict[str, list[Result]],
    style: Style,
) -> None:
    page.line()
    for info in infos:
        results = by_task[info.name]
        ran = [result for result in results if result.outcome != AWAY]
        if ran and all(result.unwritten for result in ran):
            mark, score = AWAY, "not started"
        else:
            mark = RED if any(result.outcome == RED for result in ran) else GREEN
            score = _score(results)
            mark = mark if ran else AWAY
        write_score(page, f"{page.marks[mark]} {info.number:02d}  {info.title}", score, mark)
    first = next(
        (info for info in infos if any(r.outcome == RED for r in by_task[info.name])), infos[-1]
    )
    causes = find_causes(by_task[first.name])
    for cause in causes[:1]:
        page.line()
        write_cause(page, course, cause, by_task[first.name])
    _write_next(page, course, first, by_task[first.name], causes, style)


def write_score(page: Page, title: str, score: str, mark: str) -> None:
    colour = {COLOURS[mark]: True}
    if len(title) + 2 + len(score) > page.width:
        page.paragraph(title, "  ", **colour)
        page.line(score.rjust(page.width), **colour)
    else:
        page.line(title + score.rjust(page.width - len(title)), **colour)


def _score(results: list[Result]) -> str:
    """`the exercise 10 of 10, edge cases 1 of 4`"""
    ran = [result for result in results if result.outcome != AWAY]
    parts = []
    for name, edge in (("the exercise", False), ("edge cases", True)):
        own = [result for result in ran if result.edge == edge]
        if own:
            parts.append(f"{name} {sum(r.outcome == GREEN for r in own)} of {len(own)}")
    return ", ".join(parts) or "nothing ran"


def _write_board(page: Page, info: TaskInfo, results: list[Result]) -> None:
    title, score = f"task {info.number:02d}  {info.title}", _score(results)
    if len(title) + 2 + len(score) > page.width:
        page.paragraph(title, "         ", bold=True)
        page.line(score.rjust(page.width), bold=True)
    else:
        page.line(title + score.rjust(page.width - len(title)), bold=True)
    exercise = [result for result in results if not result.edge]
    edge = [result for result in results if result.edge]
    for result in exercise:
        _write_row(page, result)
    if edge:
        page.line("  edge cases")
    for result in edge:
        _write_row(page, result)
    wrote = sorted({path for result in results for path in result.wrote})
    if wrote:
        names = ", ".join(dict.fromkeys(Path(path).name for path in wrote))
        page.field(
            "note",
            f"the code wrote files that the task does not ask for ({names}); "
            f"tests run in a scratch folder, so look in {Path(wrote[-1]).parent}.",
        )


def _write_row(page: Page, result: Result) -> None:
    extra = f" [{result.case}]" if result.case else ""
    if result.outcome == AWAY:
        extra += f" [not run here: {result.reason}]"
    room = max(page.width - 4 - len(extra), 30)
    text = textwrap.shorten(result.sentence, room, placeholder=" ...")
    page.line(f"  {page.marks[result.outcome]} {text}{extra}", **{COLOURS[result.outcome]: True})
    for note in result.notes:
        page.paragraph(f"      {note}", "      ")


def _write_next(
    page: Page,
    course: Course,
    info: TaskInfo,
    results: list[Result],
    causes: list[Cause],
    style: Style,
) -> None:
    """One thing to do, and the command that judges it, on a line of its own."""
    hint = ""
    if causes:
        text, test = _next_red(course, results, causes)
        command = style.command(info, test)
        hints = course.hints(info)
        if style.runs_red.get(info.name, 1) >= STUCK and hints.is_file():
            hint = f"stuck? {course.short(hints)} has hints, from a nudge to nearly the answer."
    else:
        text, command = _next_green(course, info, results, style)
    page.line()
    if style.effort:
        page.paragraph(style.effort, "      ")
    page.paragraph(f"next: {text}", "      ", bold=True)
    if command:
        page.line(f"      {command}")
    if hint:
        page.paragraph(f"      {hint}", "      ")


def _next_red(course: Course, results: list[Result], causes: list[Cause]) -> tuple[str, str]:
    """What to do about the first cause, and the test to run again, if it is one test's."""
    first = causes[0]
    verdict, where = first.verdict, place(course, first.verdict)
    done = ""
    if first.first.edge and not any(
        result.outcome == RED and not result.edge for result in results
    ):
        done = "the exercise is done. Edge cases are left: "
    if verdict.kind == UNWRITTEN:
        verdict = min(first.tests, key=lambda result: result.verdict.line or 0).verdict
        return f"write `{verdict.subject}` at {place(course, verdict)}, then run", ""
    if verdict.kind == BLOCKED:
        return f"mend the file at {where}, then run", ""
    if verdict.kind == MISSING:
        return "run this on another machine, or without what was required:", ""
    test = first.first
    return f"{done}make {test.test} green, starting at {where}, then run", test.base


def _next_green(
    course: Course, info: TaskInfo, results: list[Result], style: Style
) -> tuple[str, str]:
    away = sum(result.outcome == AWAY for result in results)
    left = f" ({away} not run here)" if away else ""
    if away == len(results):
        return f"no test ran to its end{left}.", ""
    green = f"nothing, all that ran is green{left}."
    later = [other for other in course.tasks if other.number > info.number]
    if style.elsewhere:
        return green, ""
    if not later:
        return f"{green} That was the last task.", ""
    title = f"{later[0].title[0].lower()}{later[0].title[1:]}"
    return (
        f"all that ran is green{left}. Go on with task {later[0].number:02d}, {title}:",
        style.command(later[0], ""),
    )
