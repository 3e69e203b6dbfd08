"""What is known of a student's earlier runs: one small file, written whole or not at all.

It lies in the course folder or, where that cannot be written to, in the user's home. A file that
cannot be understood is set aside, and a new one begun.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kata.course import Course, TaskInfo
from kata.files import free_name, replace
from kata.judging.result import AWAY, GREEN, RED, Result
from kata.judging.scratch import is_writable
from kata.regions import is_pristine
from kata.reporting.blocks import BLOCKS, block, find_causes

VERSION = 2
READABLE = (1, VERSION)
FILE = "progress.json"
UNKNOWN = "unknown"
PAUSE = 15 * 60  # seconds between two runs, above which nobody was at work


@dataclass
class Attempt:
    """One way from a stub to green."""

    start: str  # when it began, in UTC
    runs: int = 0
    seconds: float = 0.0  # of work, without pauses
    last: str = ""  # when it was last judged
    green: str = ""  # when it was green first
    hints: int = 0  # that were shown
    gave_up: bool = False  # looked at the reference, or began anew

    @property
    def is_open(self) -> bool:
        return not self.green and not self.gave_up

    def note_run(self, now: str, *, counts: bool, green: bool) -> None:
        """A run, which `counts` if something was written."""
        if not self.runs and not _worked(self.start, now):
            self.start = now
        self.seconds += _worked(self.last or self.start, now)
        self.last = now
        self.runs += counts
        self.green = now if green else ""


@dataclass
class Record:
    """What is known of one task."""

    answer: str = ""  # a digest of the file that was judged
    # By its name, what became of each test, and whether it is edge; UNKNOWN since the last change.
    tests: dict[str, list[Any]] = field(default_factory=dict)
    whole: bool = False  # whether these are all
    first_red: str = ""  # the test to mend first
    runs_red: int = 0  # in a row, on that test
    notes: list[str] = field(default_factory=list)  # speeds, as the board of a run shows them
    speeds: list[dict[str, float]] = field(default_factory=list)  # the same in seconds
    blocks: list[str] = field(default_factory=list)  # of the last run, the one to mend first last
    hints: int = 0  # that were shown
    judged: str = ""  # when, in UTC
    attempts: list[Attempt] = field(default_factory=list)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Record:
        attempts = [Attempt(**attempt) for attempt in data.get("attempts", [])]
        return cls(**{**data, "attempts": attempts})

    def count(self, *, edge: bool) -> tuple[int, int]:
        """How many tests are green, of those that can run here."""
        own = [outcome for outcome, is_edge in self.tests.values() if is_edge == edge]
        return own.count(GREEN), len(own) - own.count(AWAY)

    @property
    def green(self) -> bool:
        outcomes = {outcome for outcome, _ in self.tests.values()}
        return self.whole and GREEN in outcomes and not outcomes & {RED, UNKNOWN}

    @property
    def exercise_done(self) -> bool:
        done, of = self.count(edge=False)
        return done == of > 0


class Progress:
    """The records of a course."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self.path = place(course)
        self.set_aside: Path | None = None  # a file that could not be understood
        self._records = self._read()

    def of(self, task: TaskInfo) -> Record:
        """A task's record, an empty one where nothing is known."""
        return self._records.get(task.name, Record())

    def is_current(self, task: TaskInfo) -> bool:
        """Whether the answer is what it was when it was judged."""
        return self.of(task).answer == digest(self._course.stub(task))

    def is_untouched(self, task: TaskInfo) -> bool:
        """Whether the stub is as it was handed out."""
        try:
            return is_pristine(self._course.stub(task).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return False

    def note_run(self, task: TaskInfo, results: list[Result], *, whole: bool) -> Record:
        """Keep what a run on a student's answer gave.

        Unless it was of the `whole` file, other tests are what they were on the same answer.
        """
        record = self.of(task)
        untouched = self.is_untouched(task)
        attempt = _current(record, anew=untouched)
        answer = digest(self._course.stub(task))
        known = {} if whole else record.tests
        if record.answer != answer:
            known = {test: [UNKNOWN, edge] for test, (_, edge) in known.items()}
        record.answer = answer
        record.whole = record.whole or whole
        record.tests = {**known, **{r.test: [r.outcome, r.edge] for r in results}}
        causes = find_causes(results)
        first = causes[0].first.test if causes else ""
        record.runs_red = record.runs_red + 1 if first and first == record.first_red else 1
        record.first_red = first
        record.notes = [note for result in results for note in result.notes] or record.notes
        record.speeds = [times for result in results for times in result.speeds] or record.speeds
        record.blocks = [block(self._course, cause.first) for cause in reversed(causes[:BLOCKS])]
        record.judged = _now()
        if attempt.is_open:
            attempt.note_run(record.judged, counts=not untouched, green=record.green)
        self._write(task, record)
        return record

    def note_hint(self, task: TaskInfo, shown: int) -> None:
        """Keep how many hints were shown."""
        record = self.of(task)
        record.hints = shown
        attempt = _current(record)
        attempt.hints = max(shown, attempt.hints)
        self._write(task, record)

    def note_giving_up(self, task: TaskInfo) -> None:
        """Keep that somebody looked at the reference before being green."""
        record = self.of(task)
        attempt = _current(record)
        attempt.gave_up = attempt.gave_up or attempt.is_open
        self._write(task, record)

    def begin(self, task: TaskInfo) -> None:
        """Begin anew with a task; its attempts are kept."""
        attempts = self.of(task).attempts
        if attempts and attempts[-1].is_open:
            if attempts[-1].runs:
                attempts[-1].gave_up = True
            else:
                attempts = attempts[:-1]
        self._write(task, Record(attempts=[*attempts, Attempt(_now())]))

    def _write(self, task: TaskInfo, record: Record) -> None:
        # Another process may have written since: what it knows of other tasks is kept.
        self._records = {**self._read(), task.name: record}
        data = {name: asdict(known) for name, known in sorted(self._records.items())}
        text = json.dumps({"version": VERSION, "tasks": data}, indent=1, ensure_ascii=False)
        try:
            replace(self.path, f"{text}\n")
        except OSError:
            return  # a full disk is no reason to lose a verdict

    def _read(self) -> dict[str, Record]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            if data["version"] not in READABLE:
                raise ValueError(f"version {data['version']}")
            return {name: Record.from_data(record) for name, record in data["tasks"].items()}
        except OSError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError):
            self.set_aside = free_name(self.path)
            try:
                self.path.replace(self.set_aside)
            except OSError:
                self.set_aside = None
            return {}


def effort(attempt: Attempt) -> str:
    """What an attempt took: `12 min in 7 runs, 2 hints`."""
    minutes = round(attempt.seconds / 60)
    text = f"{minutes or 'under 1'} min in {attempt.runs} run{'s' * (attempt.runs != 1)}"
    if attempt.hints:
        text += f", {attempt.hints} hint{'s' * (attempt.hints > 1)}"
    if attempt.gave_up:
        return f"{text}, given up"
    return text if attempt.green else f"{text} so far"


def comparison(record: Record) -> str:
    """The effort of an attempt that is green beside those before it; "" without one before."""
    *before, last = record.attempts
    if not before or last.green != record.judged:
        return ""
    return f"{effort(last)} this time; before: {'; '.join(map(effort, before))}"


def _current(record: Record, *, anew: bool = False) -> Attempt:
    """The attempt that is going on; `anew`, on an untouched stub, none that has come to an end."""
    if not record.attempts or (anew and not record.attempts[-1].is_open):
        record.attempts.append(Attempt(_now()))
    return record.attempts[-1]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _worked(since: str, until: str) -> float:
    """Seconds of work between two times; none where there was a pause."""
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return seconds if 0 <= seconds <= PAUSE else 0.0


def place(course: Course) -> Path:
    """Where the progress in a course is kept."""
    folder = course.root / ".kata"
    if not is_writable(folder):
        folder = Path.home() / ".kata" / hashlib.sha256(str(course.root).encode()).hexdigest()[:12]
    return folder / FILE


def pictures(course: Course, task: TaskInfo) -> Path:
    """The folder for pictures that runs of a task's tests draw."""
    return place(course).parent / "pictures" / task.name


def pictures_of(course: Course, task: TaskInfo) -> list[Path]:
    """The newest of each picture that a task asks for: from its tests, or from its script."""
    found = []
    for name in task.writes:
        places = [folder / name for folder in (pictures(course, task), course.root)]
        drawn = [path for path in places if path.suffix == ".png" and path.is_file()]
        found += sorted(drawn, key=lambda path: path.stat().st_mtime)[-1:]
    return found


def digest(path: Path) -> str:
    """Of a file's content; "" where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""
