"""A run to make, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kata.judging.result import Result

# An environment variable: what is imported ahead, as `module` or `module:name`, several of them.
PRELOAD = "KATA_PRELOAD"


@dataclass(frozen=True)
class Job:
    """One run: the tests of one file, or those of them that are named, on one answer."""

    test_file: Path
    target: str
    tests: tuple[str, ...] = ()
    slow: bool = False
    stop: bool = False  # at the first test that is red
    search: str = "kata-proof"  # how examples are found; see judging/search.py
    seed: int | None = None  # of more examples, which strangers' answers are tried on
    first: tuple[str, ...] = ()  # tests to run before the others
    pictures: bool = False  # keep those that a student's own answers draw
    plugin: str = ""  # a module whose `start(course, job, scratch)` makes one more plugin


@dataclass
class Run:
    """What a job gave."""

    job: Job
    results: list[Result] = field(default_factory=list)
    broken: str = ""  # why there are no results to trust
    seconds: float = 0.0
    kept: bool = False  # from an earlier time
    isolation: str = ""  # how far the answer was isolated, where it was
