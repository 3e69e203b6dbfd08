"""`kata messages`: what a student reads for every wrong answer of the gallery, on one page.

A page can be kept beside the gallery, so that a change in a message is seen where it was not meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kata.course import Course, TaskInfo
from kata.files import replace
from kata.judging.gallery import Entry, read_gallery
from kata.judging.result import RED
from kata.reporting.blocks import find_causes, write_cause
from kata.reporting.page import LABEL, MAX_WIDTH, Page
from kata.running.job import Job, Run
from kata.running.kept import Kept as KeptRuns

LONG = 20  # seconds that a call may take, above which a task's tests train for long
TITLE = "=== "  # before the title of an answer, in a page that is kept
LINES = 8  # of substance that a block has at most
PACE = r"\[\d+:\d+<[^]]*\]"  # of a bar of tqdm
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
            label = line[4:LABEL].strip()
            if label:
                counts = label not in AROUND
            lines += counts
        return lines


@dataclass(frozen=True)
class KeptPage:
    """The page of a task that was kept, as `tests/gallery/messages/taskNN.txt`."""

    path: Path
    blocks: dict[str, str]  # by the titles of the answers

    @classmethod
    def read(cls, course: Course, task: TaskInfo) -> KeptPage:
        path = course.gallery(task).parent / "messages" / f"{task.name}.txt"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        parts = [part.partition("\n") for part in text.split(TITLE)[1:]]
        return cls(path, {title: block.strip("\n") for title, _, block in parts})

    def write(self, found: list[Message]) -> None:
        """Keep these in place of what was kept; without the paces of bars, which always differ."""
        pages = [f"{TITLE}{message.entry.title}\n{message.text.rstrip()}\n\n" for message in found]
        replace(self.path, re.sub(PACE, "[~]", "".join(pages)))

    def changed(self, found: list[Message]) -> list[str]:
        """The titles whose messages are not what they were, and those that are new or gone."""
        now = {message.entry.title: message.text.strip("\n") for message in found}
        return [
            title
            for title in dict.fromkeys([*now, *self.blocks])
            if _same_everywhere(now.get(title, "")) != _same_everywhere(self.blocks.get(title, ""))
        ]


def _same_everywhere(block: str) -> str:
    """Without what differs from one machine or version to the next: decimals, places, paces."""
    paces = (rf"{PACE}|\[~\]", r"(?<=_per_second': ')[\d.]+", r"(?<=_runtime': ')[\d.]+")
    places = (r"0x[0-9a-f]+", r"(?<=\.py:)\d+", r"/\S*/(?=\S)")
    for what in (*paces, *places, r"-?\d+\.\d+(e[+-]?\d+)?"):
        block = re.sub(what, "~", block)
    return " ".join(block.split())


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
    runs = {run.job: run for run in watch(jobs, KeptRuns(course).run(jobs, workers, fresh=fresh))}
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
