"""Known mistakes: what wrong answers of the gallery do, kept as digests for students.

`tasks/mistakes/taskNN.json` is written by `kata check --record`. An answer is called by a known
name only if it does the same in every test: it is red on the same tests, expects and gets the same
there, and its calls give the same. What hangs on the state of random generators counts where it is
just the same, and is left out where it is not, if what remains still tells which mistake it is.
Of a mistake that the exercise's own tests show, edge cases may differ: care is another matter.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kata.course import Course, CourseError, TaskInfo
from kata.files import replace
from kata.judging.behaviour import digest
from kata.judging.result import AWAY, RED, TOLD, Known, Result
from kata.judging.verdict import UNWRITTEN
from kata.reporting.blocks import find_causes

VERSION = 1


@dataclass(frozen=True)
class Mark:
    """What a wrong answer does in one test."""

    same: str  # a digest of all that it does
    alike: str  # a digest of what it does whatever the state of random generators is
    kept: int = -1  # a bit for each part that `alike` counts
    red: bool = False
    edge: bool = False

    @classmethod
    def of(cls, first: Result, second: Result) -> Mark:
        """From two runs that differ in seeds, threads and the order of tests."""
        ours, theirs = first.behaviour, second.behaviour
        agree = [i < len(theirs) and part == theirs[i] for i, part in enumerate(ours)]
        everywhere = all(agree) and len(ours) == len(theirs)
        kept = -1 if everywhere else sum(1 << i for i, fits in enumerate(agree) if fits)
        alike = _masked(ours, kept)
        return cls(digest(" ".join(ours)), alike, kept, first.outcome == RED, first.edge)

    @property
    def tells(self) -> bool:
        """Whether it is red with words that do not change."""
        return self.red and all(self.kept >> i & 1 for i in TOLD)

    def fits(self, result: Result) -> str:
        """How it fits: "same", "alike", or "" if not at all."""
        if digest(" ".join(result.behaviour)) == self.same:
            return "same"
        return "alike" if _masked(result.behaviour, self.kept) == self.alike else ""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer of the gallery."""

    title: str
    advice: str
    marks: dict[str, Mark]  # by test

    @property
    def tells(self) -> bool:
        """Whether it shows by words that hang on no state of random generators."""
        return any(mark.tells for mark in self.marks.values())

    @property
    def shows(self) -> bool:
        """Whether it is red at all in the runs that students make."""
        return any(mark.red for mark in self.marks.values())

    def is_what(self, ran: dict[str, Result], unwritten: set[str], *, edge: bool) -> bool:
        """Whether tests that ran tell of an answer that does the same, in `edge` cases as well.

        Those of what is `unwritten` so far tell nothing.
        """
        marks = {test: mark for test, mark in self.marks.items() if edge or not mark.edge}
        red = {test for test, mark in marks.items() if mark.red}
        if not red & ran.keys() or not red <= ran.keys() | unwritten:
            return False
        fits = [mark.fits(ran[test]) for test, mark in marks.items() if test in ran]
        if "" in fits:
            return False
        return "alike" not in fits or any(marks[test].tells for test in red & ran.keys())


@dataclass(frozen=True)
class Mistakes:
    """The known mistakes of a task."""

    of: str  # a digest of the files that they were recorded from
    mistakes: list[Mistake]

    @classmethod
    def read(cls, course: Course, task: TaskInfo) -> Mistakes | None:
        """What was recorded; None where nothing was.

        Raises:
            CourseError: the file cannot be understood.
        """
        path = course.mistakes(task)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["version"] != VERSION:
                raise ValueError(data["version"])
            tests = data["tests"]
            mistakes = [
                Mistake(
                    item["title"], item["advice"],
                    {test: Mark(*mark) for test, mark in zip(tests, item["marks"], strict=True)},
                )
                for item in data["mistakes"]
            ]  # fmt: skip
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CourseError(
                f"{course.short(path)} cannot be understood ({error}); write it again by "
                f"kata check --record {task.number:02d}"
            ) from None
        return cls(data["of"], mistakes)

    def write(self, path: Path) -> None:
        """Keep these in place of what was kept."""
        tests = list(self.mistakes[0].marks) if self.mistakes else []
        items: list[dict[str, Any]] = [
            {
                "title": mistake.title,
                "advice": mistake.advice,
                "marks": [list(asdict(mistake.marks[test]).values()) for test in tests],
            }
            for mistake in self.mistakes
        ]
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        start = json.dumps({"version": VERSION, "of": self.of, "tests": tests})[:-1]
        replace(path, f'{start}, "mistakes": [\n{lines}\n]}}\n')

    def twins(self) -> list[list[str]]:
        """Titles of mistakes that do the same."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for mistake in self.mistakes:
            if not mistake.shows:
                continue
            does = tuple(mark.same for mark in mistake.marks.values())
            groups.setdefault(does, []).append(mistake.title)
        return [titles for titles in groups.values() if len(titles) > 1]

    def recognise(self, results: list[Result]) -> Known | None:
        """The mistakes that the answer of these results makes, if that is certain."""
        unwritten = {result.test for result in results if result.unwritten}
        ran = {
            result.test: result
            for result in results
            if result.outcome != AWAY and result.test not in unwritten
        }
        for edge in (True, False):
            found = [m for m in self.mistakes if m.is_what(ran, unwritten, edge=edge)]
            if found:
                advice = found[0].advice if len(found) == 1 else ""
                return Known([mistake.title for mistake in found], advice)
        return None


def name_mistakes(course: Course, results: list[Result]) -> str:
    """Put the name of a known mistake to the first test that is red by it, task by task.

    Returns:
        What keeps a task's mistakes from being known, if anything.
    """
    problem = ""
    for task in course.tasks:
        own = [result for result in results if result.task == task.name]
        causes = find_causes(own)
        if not causes or causes[0].verdict.kind == UNWRITTEN:
            continue
        try:
            mistakes = Mistakes.read(course, task)
        except CourseError as error:
            problem = str(error)
            continue
        if mistakes is not None:
            causes[0].first.known = mistakes.recognise(own)
    return problem


def _masked(parts: list[str], kept: int) -> str:
    count = len(parts) if kept == -1 else kept.bit_length()
    return digest(" ".join(part for i, part in enumerate(parts[:count]) if kept >> i & 1))
