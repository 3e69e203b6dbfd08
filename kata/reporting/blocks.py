"""A short block per cause of failure: what was asked, what was done, what came out, and where."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from kata.course import Course
from kata.judging.cells import CELL
from kata.judging.result import AWAY, RED, Known, Result
from kata.judging.verdict import BLOCKED, DEFECT, MISSING, STRANGE, UNWRITTEN, Verdict
from kata.reporting.page import MAX_WIDTH, Page

BLOCKS = 3  # that a report shows, unless all are asked for


@dataclass
class Cause:
    """Tests that are red for one reason; the block shows the first."""

    tests: list[Result]
    hence: list[Result] = field(default_factory=list)  # red as a consequence

    @property
    def first(self) -> Result:
        return self.tests[0]

    @property
    def verdict(self) -> Verdict:
        return self.first.verdict

    @property
    def edge(self) -> bool:
        """Whether the exercise is done, as far as this cause goes."""
        return all(result.edge for result in [*self.tests, *self.hence])


def find_causes(results: list[Result]) -> list[Cause]:
    """The causes of what is red, the one to mend first at the start.

    A broken file or a missing name comes first; then the exercise, before edge cases; and what is
    wrong before what is unwritten.
    """
    by_cause: dict[str, Cause] = {}
    red = sorted((result for result in results if result.outcome == RED), key=_urgency)
    for result in red:
        by_cause.setdefault(result.verdict.cause, Cause([])).tests.append(result)
    causes = list(by_cause.values())
    roots: dict[int, Cause] = {}
    for cause in causes:
        root = _root(cause, causes)
        roots[id(cause)] = root
        if root is not cause:
            root.hence += cause.tests
    return [cause for cause in causes if roots[id(cause)] is cause]


def _urgency(result: Result) -> tuple[int, bool, bool, int]:
    ranks = {BLOCKED: 0, MISSING: 1}
    kind = result.verdict.kind
    return ranks.get(kind, 2), result.edge, kind == UNWRITTEN, result.order


def _root(cause: Cause, causes: list[Cause]) -> Cause:
    """What a cause follows from in the end, which may be itself."""
    seen = [cause]
    while True:
        parent = next((other for other in causes if _follows(seen[-1], other)), None)
        if parent is None or parent in seen:
            return seen[-1]
        seen.append(parent)


def _follows(cause: Cause, other: Cause) -> bool:
    """Whether all of its tests build on tests that are red for the other cause."""
    if other is cause or cause.verdict.kind in (BLOCKED, MISSING, UNWRITTEN):
        return False
    if other.verdict.kind in (MISSING, UNWRITTEN):
        return False
    return all(any(_builds(test, base) for base in other.tests) for test in cause.tests)


def _builds(test: Result, base: Result) -> bool:
    if test.builds_on is None:
        return False
    return base.base in test.builds_on if test.builds_on else base.builds_on != []


def write_cause(page: Page, course: Course, cause: Cause, results: list[Result]) -> None:
    """The block of a cause; `results` are all of its task."""
    if cause.verdict.kind == UNWRITTEN:
        page.paragraph(f"{page.marks[RED]} {_unwritten(course, cause, results)}", "  ", bold=True)
        return
    _write_result(page, course, cause.first)
    for label, others in (("likewise", cause.tests[1:]), ("hence", cause.hence)):
        if others:
            page.field(label, ", ".join(other.test for other in others))


def block(course: Course, result: Result) -> str:
    """The block of one red test, as text."""
    lines: list[str] = []
    page = Page(lambda text, **markup: lines.append(text), MAX_WIDTH)
    if result.verdict.kind == UNWRITTEN:
        page.paragraph(f"{page.marks[RED]} {headline(result)}", "  ")
        page.field("test", result.test)
        page.field("at", place(course, result.verdict))
    else:
        _write_result(page, course, result)
    return "".join(lines)


def headline(result: Result) -> str:
    """What a red test has to say first, in a sentence."""
    verdict = result.verdict
    if verdict.kind in (BLOCKED, MISSING):
        return verdict.sentence
    if verdict.kind == UNWRITTEN:
        return f"`{verdict.subject}` is not written yet."
    case = f" [{result.case}]" if result.case else ""
    return result.sentence + case


def message(course: Course, result: Result) -> str:
    """A red test in one line, for those who show no more."""
    verdict = result.verdict
    parts = [headline(result)]
    if verdict.kind not in (BLOCKED, MISSING, UNWRITTEN):
        parts += [verdict.sentence] if verdict.sentence else []
        parts += [f"Expected {verdict.expected}, got {verdict.got}."] if verdict.expected else []
    return " ".join([*parts, f"({place(course, verdict)})"])


def place(course: Course, verdict: Verdict) -> str:
    """The file and line to look at, or the notebook's cell and line."""
    if not verdict.line:
        return course.short(verdict.file)
    link = ", line " if verdict.file.startswith(CELL) else ":"
    return f"{course.short(verdict.file)}{link}{verdict.line}"


def _write_result(page: Page, course: Course, result: Result) -> None:
    verdict = result.verdict
    page.paragraph(f"{page.marks[RED]} {headline(result)}", "  ", bold=True)
    if verdict.kind not in (BLOCKED, MISSING):
        page.field("test", result.test + (", an edge case" if result.edge else ""))
        if verdict.sentence:
            page.field("but", verdict.sentence)
        if verdict.call:
            page.field("called", "\n".join([verdict.call, *verdict.call_details]))
        if verdict.expected:
            page.field("expected", verdict.expected)
        if verdict.got:
            page.field("got", verdict.got)
    if result.unseen:
        page.field("note", "Right for all examples of practice; grading draws others as well.")
    page.field("at", place(course, verdict))
    if result.known:
        page.field("looks like", _known(result.known))
    if verdict.kind == DEFECT:
        ask = "Please report it with these lines:" if result.traceback else "Please report it."
        page.field("not you", f"This is a fault of the course. {ask}")
        if result.traceback:
            page.line(textwrap.indent(result.traceback, "      "))
    elif verdict.kind == STRANGE:
        page.field("unless", "that is just what the task asks for: then please report a fault.")
    elif verdict.kind not in (BLOCKED, MISSING) and result.asked:
        words = result.asked[0]
        where = f" ({course.short(words.file)}:{words.line})" if words.line else ""
        page.field("asked", f'"{words.words}"{where}')
    if result.printed:
        page.field("printed", result.printed)


def _known(known: Known) -> str:
    names = ", or ".join(known.titles)
    return f"{names}. {known.advice}" if known.advice else names


def _unwritten(course: Course, cause: Cause, results: list[Result]) -> str:
    first = min(cause.tests, key=lambda result: result.verdict.line or 0).verdict
    count = len(cause.tests)
    waiting = f"{count} test{'s wait' if count > 1 else ' waits'} for what is unwritten"
    if count == sum(result.outcome != AWAY for result in results):
        start = "Nothing is written yet. Start with"
    else:
        start = "Write next:"
    return f"{start} `{first.subject}`, at {place(course, first)} ({waiting})."
