"""`kata messages`: what a student reads for every wrong answer of the gallery, on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kata.course import Course, TaskInfo
from kata.judging.gallery import Entry, read_gallery
from kata.judging.result import RED
from kata.reporting.blocks import find_causes, write_cause
from kata.reporting.page import MAX_WIDTH, Page
from kata.running.job import Job, Run
from kata.running.kept import Kept

LONG = 20  # seconds that a call may take, above which a task's tests train for long
LINES = 8  # of substance that a block has at most
AROUND = ("test", "at", "asked", "likewise", "hence", "printed")  # fields that add none


@dataclass(frozen=True)
class Message:
    """The block that stands last in the report on one wrong answer."""

    entry: Entry
    text: str

    @property
    def length(self) -> int:
        """Its lines of substance."""
        lines, counts = 0, True
        for line in self.text.splitlines():
            label = line[4:14].strip()
            if label:
                counts = label not in AROUND
            lines += counts
        return lines


def messages(
    course: Course,
    tasks: list[TaskInfo],
    *,
    workers: int,
    fresh: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> Iterator[Message]:
    """The message for each wrong answer of some tasks, in the order of the galleries.

    Where tests train for long, only those that the answer names are run.
    """
    entries: dict[Job, Entry] = {}
    for task in tasks:
        for entry in read_gallery(course.gallery(task)):
            if entry.kind == "wrong":
                target = f"{entry.path}::{entry.title}"
                tests = entry.caught_by if task.time_limit > LONG else ()
                entries[Job(course.test_file(task), target, tests, search="kata-fixed")] = entry
    jobs = list(entries)
    runs = {run.job: run for run in watch(jobs, Kept(course).run(jobs, workers, fresh=fresh))}
    for job, entry in entries.items():
        yield Message(entry, _text(course, runs[job]))


def _text(course: Course, run: Run) -> str:
    if run.broken:
        return run.broken
    lines: list[str] = []
    page = Page(lambda text, **markup: lines.append(text), MAX_WIDTH)
    causes = find_causes(run.results)
    if not causes:
        away = sum(result.outcome != RED for result in run.results)
        return f"(all {away} tests that ran here are green; others are red elsewhere)\n"
    write_cause(page, course, causes[0], run.results)
    return "".join(lines)
