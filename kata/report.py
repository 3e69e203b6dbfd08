"""What a person reads after a run: a short block per failure, and a board per task."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kata.course import Course, TaskInfo
from kata.verdict import BLOCKED, DEFECT, GOOD, MISSING, UNWRITTEN, Verdict

GREEN, RED, AWAY = "green", "red", "away"
LABEL = 14  # columns before the text of a block
MAX_WIDTH = 100

WRAP = partial(textwrap.wrap, break_long_words=False, break_on_hyphens=False)


@dataclass
class Result:
    """What became of one test of a task."""

    task: str
    nodeid: str
    test: str  # its name, with the parameters
    sentence: str  # the specification: the first paragraph of its docstring
    case: str = ""  # its parameters, as pytest names them
    outcome: str = AWAY
    reason: str = "it did not finish"  # why it did not run here
    verdict: Verdict = GOOD
    printed: str = ""
    traceback: str = ""  # shown for a broken test only
    wrote: list[str] = field(default_factory=list)  # files that nobody asked for
    notes: list[str] = field(default_factory=list)  # measured speeds and the like


class Page:
    """Writes to a pytest terminal, with marks that the terminal can show."""

    def __init__(self, terminal: Any, width: int, encoding: str) -> None:
        self._write = terminal.write
        self.width = min(width, MAX_WIDTH)
        try:
            "✓✗·".encode(encoding)
            self.marks = {GREEN: "✓", RED: "✗", AWAY: "·"}
        except UnicodeEncodeError:
            self.marks = {GREEN: "+", RED: "x", AWAY: "."}

    def line(self, text: str = "", **markup: bool) -> None:
        self._write(text + "\n", **markup)

    def field(self, label: str, text: str) -> None:
        """A labelled paragraph, with its continuation lines aligned."""
        lines = [
            piece
            for line in text.splitlines() or [""]
            for piece in WRAP(line, self.width - LABEL) or [""]
        ]
        for i, line in enumerate(lines):
            self.line(f"    {label if i == 0 else '':<{LABEL - 4}}{line}".rstrip())


def write_report(
    page: Page, course: Course, results: list[Result], command: Callable[[TaskInfo], str]
) -> None:
    """Blocks and board of every task that `results` speak of; `command` judges a task again."""
    for name in dict.fromkeys(result.task for result in results):
        info = course.task(name)
        assert info is not None
        own = [result for result in results if result.task == name]
        _write_blocks(page, course, own)
        _write_board(page, course, info, own, command(info))


def _write_blocks(page: Page, course: Course, results: list[Result]) -> None:
    causes: dict[str, list[Result]] = {}
    for result in results:
        if result.outcome == RED:
            causes.setdefault(result.verdict.cause, []).append(result)
    if any(group[0].verdict.kind == BLOCKED for group in causes.values()):
        # One broken file or missing name: say that first, and not what follows from it.
        causes = dict(sorted(causes.items(), key=lambda c: c[1][0].verdict.kind != BLOCKED))
    for cause, group in causes.items():
        page.line()
        if cause == UNWRITTEN:
            page.line(f"{page.marks[RED]} {_unwritten(course, group, results)}", bold=True)
        else:
            _write_block(page, course, group)


def _write_block(page: Page, course: Course, group: list[Result]) -> None:
    result, verdict = group[0], group[0].verdict
    if verdict.kind in (BLOCKED, MISSING):
        page.line(f"{page.marks[RED]} {verdict.sentence}", bold=True)
    else:
        case = f" [{result.case}]" if result.case else ""
        page.line(f"{page.marks[RED]} {result.sentence}{case}", bold=True)
        page.field("test", result.test)
        if verdict.sentence:
            page.field("but", verdict.sentence)
        if verdict.call:
            page.field("called", "\n".join([verdict.call, *verdict.call_details]))
        if verdict.expected:
            page.field("expected", verdict.expected)
            page.field("got", verdict.got)
    if verdict.file:
        page.field("at", _place(course, verdict))
    if verdict.kind == DEFECT:
        page.field("not you", "This is a fault of the course. Please report it with these lines:")
        page.line(textwrap.indent(result.traceback, "      "))
    if result.printed:
        page.field("printed", result.printed)
    if len(group) > 1:
        tests = ", ".join(other.test for other in group[1:])
        page.field("likewise", tests)


def _unwritten(course: Course, group: list[Result], results: list[Result]) -> str:
    first = min(group, key=_line).verdict
    waiting = f"{len(group)} test{'s wait' if len(group) > 1 else ' waits'} for what is unwritten"
    if len(group) == sum(result.outcome != AWAY for result in results):
        start = "Nothing is written yet. Start with"
    else:
        start = "Write next:"
    return f"{start} `{first.subject}`, at {_place(course, first)} ({waiting})."


def _write_board(
    page: Page, course: Course, info: TaskInfo, results: list[Result], command: str
) -> None:
    ran = [result for result in results if result.outcome != AWAY]
    green = [result for result in ran if result.outcome == GREEN]
    page.line()
    score = f"{len(green)} of {len(ran)} green"
    title = f"task {info.number:02d}  {info.title}"
    page.line(f"{title}{score:>{max(page.width - len(title), len(score) + 2)}}", bold=True)
    for result in results:
        mark = page.marks[result.outcome]
        colour = {GREEN: "green", RED: "red", AWAY: "yellow"}[result.outcome]
        extra = f" [{result.case}]" if result.case else ""
        if result.outcome == AWAY:
            extra += f" [not run here: {result.reason}]"
        room = max(page.width - 4 - len(extra), 30)
        page.line(
            f"  {mark} {textwrap.shorten(result.sentence, room, placeholder=' ...')}{extra}",
            **{colour: True},
        )
        for note in result.notes:
            page.line(f"      {note}")
    wrote = sorted({path for result in results for path in result.wrote})
    if wrote:
        names = ", ".join(dict.fromkeys(Path(path).name for path in wrote))
        page.field(
            "note",
            f"the code wrote files that the task does not ask for ({names}); "
            f"tests run in a scratch folder, so look in {Path(wrote[-1]).parent}.",
        )
    page.line(f"  next: {_next(course, info, results, command)}")


def _next(course: Course, info: TaskInfo, results: list[Result], command: str) -> str:
    red = [result for result in results if result.outcome == RED]
    if not red:
        away = sum(result.outcome == AWAY for result in results)
        left = f" ({away} not run here)" if away else ""
        if away == len(results):
            return f"no test ran to its end{left}."
        return f"nothing, all that ran is green{left}."
    unwritten = [result for result in red if result.verdict.kind == UNWRITTEN]
    blocked = [result for result in red if result.verdict.kind == BLOCKED]
    others = [result for result in red if result.verdict.kind != UNWRITTEN]
    first = (blocked or others or unwritten)[0]
    if first in unwritten:
        first = min(unwritten, key=_line)
        return f"write `{first.verdict.subject}` at {_place(course, first.verdict)}, then {command}"
    where = f" at {_place(course, first.verdict)}" if first.verdict.file else ""
    if first in blocked:
        return f"mend the file{where}, then {command}"
    if first.verdict.kind == MISSING:
        return "run this on another machine, or without what was required."
    where = where and f", starting{where}"
    return f"make {first.test} green{where}: {command} -k {first.test.partition('[')[0]}"


def _line(result: Result) -> int:
    return result.verdict.line or 0


def _place(course: Course, verdict: Verdict) -> str:
    line = f":{verdict.line}" if verdict.line else ""
    return course.short(verdict.file) + line
