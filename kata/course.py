"""The course on disk: which tasks there are, and where their files lie."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MANIFEST = Path("tasks") / "manifest.toml"
MARKS = {
    "benchmark": "compares speeds within one run",
    "edge": "what care asks beyond the exercise: empty input, errors raised, odd types",
    "builds_on(*tests)": "red as a consequence where one of these is red; of all others, if none",
    "gpu": "needs a CUDA device; --require-gpu makes its absence an error",
    "online": "needs the real hub; run with --hub=online",
    "slow": "trains for more than about 20 seconds; run with --slow",
}
LISTED = ("benchmark", "gpu", "online", "slow")  # by the manifest: what not every task has


class CourseError(Exception):
    """The course's own files are wrong; the message names the file and what to change."""


@dataclass(frozen=True)
class TaskInfo:
    """One entry of `tasks/manifest.toml`."""

    number: int
    title: str
    source: str
    needs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    away: tuple[str, ...] = ()  # tests that cannot run everywhere
    writes: tuple[str, ...] = ()  # files and folders that the task is asked to write
    time_limit: float = 10.0  # seconds that one call of a student's function may take
    slow_time_limit: float = 900.0  # the same, in a test marked slow
    import_time_limit: float = 60.0  # the same, for importing the file; libraries load slowly
    weight: float = 1.0  # of its points among those of other tasks
    hidden: tuple[str, ...] = ()  # tests of which a graded student reads the outcome only

    @property
    def name(self) -> str:
        return f"task{self.number:02d}"


@dataclass(frozen=True)
class Points:
    """What a task brings, where answers are graded."""

    exercise: float = 8.0
    edge: float = 2.0  # for all of its edge cases


@dataclass(frozen=True)
class Setup:
    """What a course's setup module offers, under these names."""

    # What to tell a student whose code ended in an error; None where the error says it well.
    explain: Callable[[BaseException], str | None] = lambda error: None
    # The models that the course has without a network: a header, and a row for each.
    models: Callable[[], list[tuple[str, ...]]] = list
    # Puts into a folder what the course's notebook expects there; None where there is none.
    prepare_notebook: Callable[[Path], None] | None = None
    # By what tasks need, a function (`module:name`) that keeps it in memory: called once, before
    # processes are forked from the one that calls it.
    ready: Mapping[str, str] = field(default_factory=dict)
    # Names of what libraries load, which look for a folder of that name first, where they are.
    ids: Callable[[], Iterable[str]] = tuple


@dataclass(frozen=True)
class Course:
    """A folder with `tasks/manifest.toml` in it."""

    root: Path
    tasks: tuple[TaskInfo, ...]
    setup: str = ""  # a module of the course that sets the scene; see `set_up`
    points: Points = Points()

    @classmethod
    def read(cls, root: Path) -> Course:
        """Read the manifest below `root`; raises CourseError where it cannot be understood."""
        path = root / MANIFEST
        try:
            manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CourseError(f"{path} is missing; it lists the tasks of the course.") from None
        except tomllib.TOMLDecodeError as error:
            raise CourseError(f"{path} is not valid TOML: {error}.") from None
        tasks = [_read_task(path, entry) for entry in manifest.get("task", [])]
        numbers = [task.number for task in tasks]
        twice = {number for number in numbers if numbers.count(number) > 1}
        if twice:
            raise CourseError(f"{path} lists task {min(twice)} twice; numbers are unique.")
        setup = manifest.get("setup", "")
        if not isinstance(setup, str):
            raise CourseError(f"{path}: setup is the name of a module of the course.")
        points = _read_points(path, manifest.get("points", {}))
        return cls(root, tuple(sorted(tasks, key=lambda task: task.number)), setup, points)

    @classmethod
    def find(cls, start: Path) -> Course:
        """The course that `start` lies in; raises CourseError where there is none."""
        for folder in (start, *start.parents):
            if (folder / MANIFEST).is_file():
                return cls.read(folder)
        raise CourseError(
            f"No {MANIFEST.as_posix()} in {start} or above it; run this inside the course folder."
        )

    def set_up(self) -> Setup:
        """Import the course's setup module, which sets environment variables that libraries read
        when they are first imported: call this before they are.

        Raises:
            CourseError: there is no such module, or it cannot set the scene.
        """
        if not self.setup:
            return Setup()
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))
        try:
            module = importlib.import_module(self.setup)
        except (ImportError, RuntimeError, ValueError) as error:
            raise CourseError(f"{self.setup}, the setup of the course: {error}") from error
        names = Setup.__dataclass_fields__
        return Setup(**{name: getattr(module, name) for name in names if hasattr(module, name)})

    def task(self, name: str) -> TaskInfo | None:
        return next((task for task in self.tasks if task.name == name), None)

    def stub(self, task: TaskInfo) -> Path:
        return self.root / "tasks" / f"{task.name}.py"

    def fresh(self, task: TaskInfo) -> Path:
        """The stub as it was handed out, which nobody edits."""
        return self.root / "tasks" / "stubs" / f"{task.name}.py"

    def solution(self, task: TaskInfo) -> Path:
        return self.root / "solutions" / f"{task.name}.py"

    def test_file(self, task: TaskInfo) -> Path:
        return self.root / "tests" / f"test_{task.name}.py"

    def hints(self, task: TaskInfo) -> Path:
        return self.root / "tasks" / "hints" / f"{task.name}.md"

    def mistakes(self, task: TaskInfo) -> Path:
        return self.root / "tasks" / "mistakes" / f"{task.name}.json"

    def gallery(self, task: TaskInfo) -> Path:
        return self.root / "tests" / "gallery" / f"{task.name}.py"

    def select(self, numbers: list[str]) -> list[TaskInfo]:
        """The tasks named by `["02", "3", "task04", "test_task05.py"]`; all for an empty list."""
        chosen = []
        for word in numbers:
            match = re.fullmatch(r"(?:(?:test_)?task)?0*(\d+)(?:\.py)?", Path(word).name)
            task = self.task(f"task{int(match[1]):02d}") if match else None
            if task is None:
                known = ", ".join(f"{task.number:02d}" for task in self.tasks)
                raise CourseError(f"There is no task {word!r}; the manifest lists {known}.")
            chosen.append(task)
        return chosen or list(self.tasks)

    def short(self, path: Path | str) -> str:
        """A path as a person would type it from the course folder."""
        path = Path(path)
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()


def _read_points(path: Path, entry: object) -> Points:
    known = Points.__dataclass_fields__
    good = isinstance(entry, dict) and entry.keys() <= known.keys()
    if not good or not all(isinstance(v, int | float) and v >= 0 for v in entry.values()):  # type: ignore[attr-defined]
        raise CourseError(
            f"{path}, [points]: give numbers, 0 or more, for {' and '.join(known)}; "
            f"it has {entry!r}."
        )
    return Points(**entry)  # type: ignore[arg-type]


def _read_task(path: Path, entry: dict[str, Any]) -> TaskInfo:
    label = f"{path}, task {entry.get('number', '?')}"
    known = TaskInfo.__dataclass_fields__
    required = ("number", "title", "source")
    for key in entry:
        if key not in known:
            raise CourseError(f"{label}: unknown key {key!r}; known are {', '.join(known)}.")
    for key in required:
        if key not in entry:
            raise CourseError(f"{label}: {key!r} is missing.")
    if not isinstance(entry["number"], int) or not 1 <= entry["number"] <= 99:
        raise CourseError(f"{label}: the number is a whole number from 1 to 99.")
    weight = entry.get("weight", 1.0)
    if not isinstance(weight, int | float) or weight < 0:
        raise CourseError(f"{label}: weight is a number, 0 or more.")
    for key in ("time_limit", "slow_time_limit", "import_time_limit"):
        limit = entry.get(key, 1.0)
        if not isinstance(limit, int | float) or limit <= 0:
            raise CourseError(f"{label}: {key} is a number of seconds above 0.")
    for mark in entry.get("marks", ()):
        if mark not in LISTED:
            raise CourseError(f"{label}: no mark {mark!r}; known are {', '.join(LISTED)}.")
    lists = ("needs", "marks", "away", "writes", "hidden")
    fields: dict[str, Any] = {k: tuple(v) if k in lists else v for k, v in entry.items()}
    return TaskInfo(**fields)
