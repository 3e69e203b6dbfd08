"""`kata report --summary`: the board in Markdown, for the summary of a classroom's workflow."""

from __future__ import annotations

from collections.abc import Iterator

from kata.course import Course
from kata.practising.board import state_of
from kata.reporting.page import MARKS
from kata.reporting.progress import Progress


def summary(course: Course, progress: Progress) -> Iterator[str]:
    """Lines of Markdown: a row for each task, and the first thing to mend of each that is red."""
    states = [state_of(progress, task) for task in course.tasks]
    yield f"## ML katas: {sum(state.green for state in states)} of {len(states)} tasks are green"
    yield ""
    yield "| | task | | |"
    yield "| --- | --- | --- | --- |"
    for state in states:
        title = state.task.title.replace("|", "\\|")
        yield f"| {MARKS[state.mark]} | {state.task.number:02d} | {title} | {state.text} |"
    for state in states:
        blocks = progress.of(state.task).blocks
        if blocks and not state.green and not progress.is_untouched(state.task):
            yield ""
            yield f"### Task {state.task.number:02d}: {state.task.title}"
            yield ""
            yield from (f"    {line}" for line in blocks[-1].strip("\n").splitlines())
