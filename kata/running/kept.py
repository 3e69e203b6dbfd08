"""Results of runs that are kept, by the content of everything that they depend on.

A run is kept under a digest of its test file, its answer, the reference, what tests share, the
harness, the fixtures, the seed, and the versions of Python and of all packages: where one of them
changes, the run is made again. Runs that broke are never kept.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import cached_property
from importlib import metadata
from pathlib import Path

from kata.course import Course
from kata.judging.gallery import find_entry
from kata.judging.result import Result
from kata.running.job import Job, Run
from kata.running.runner import run_jobs

FILE = Path(".kata") / "results.sqlite"
SHARED = ("kata", "fixtures")  # folders that any run may depend on


class Kept:
    """The results that a course keeps."""

    def __init__(self, course: Course, path: Path | None = None) -> None:
        self._course = course
        self._path = path or course.root / FILE
        self._entries: dict[tuple[Path, str], str] = {}  # digests of answers

    def run(
        self,
        jobs: list[Job],
        workers: int,
        *,
        fresh: bool = False,
        runner: Callable[[Course, list[Job], int], Iterator[Run]] = run_jobs,
    ) -> Iterator[Run]:
        """Run jobs as `runner` does; those that are kept come first, unless `fresh` is asked."""
        keys = {job: self._key(job) for job in jobs}
        known = {} if fresh else self._read(keys)
        yield from known.values()
        for run in runner(self._course, [job for job in jobs if job not in known], workers):
            if not run.broken:
                self._write(keys[run.job], run)
            yield run

    def _read(self, keys: dict[Job, str]) -> dict[Job, Run]:
        found: dict[Job, Run] = {}
        try:
            with closing(self._open()) as database:
                for job, key in keys.items():
                    row = database.execute("SELECT run FROM runs WHERE key = ?", (key,)).fetchone()
                    if row:
                        data = json.loads(row[0])
                        results = [Result.from_data(result) for result in data["results"]]
                        found[job] = Run(
                            job, results, seconds=data["seconds"], kept=True,
                            isolation=data["isolation"],
                        )  # fmt: skip
        except (OSError, sqlite3.OperationalError):
            return {}  # another process is at it, or the folder cannot be written to
        except (sqlite3.Error, ValueError, KeyError, TypeError):
            self._path.unlink(missing_ok=True)  # what cannot be understood is made anew
        return found

    def _write(self, key: str, run: Run) -> None:
        text = json.dumps(
            {
                "results": [result.as_data() for result in run.results],
                "seconds": run.seconds,
                "isolation": run.isolation,
            }
        )
        try:
            with closing(self._open()) as database, database:
                database.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (key, text))
        except (OSError, sqlite3.Error):
            return  # a folder that cannot be written to keeps nothing

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30)
        database.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, run TEXT)")
        return database

    def _key(self, job: Job) -> str:
        options = [*job.tests, str(job.slow), str(job.stop), job.search, str(job.seed), job.plugin]
        parts = [self.surroundings, _content(job.test_file), self._answer(job.target), *options]
        return digest_of(part.encode() for part in parts)

    def _answer(self, target: str) -> str:
        name, _, title = target.partition("::")
        path = Path(name)
        if not title:
            # Where an answer lies says whether it is held to the rules of a reference.
            if path.is_relative_to(self._course.root):
                return f"{path}{_content(path)}"
            return digest_of(_named(other) for other in sorted(path.parent.glob("*.py")))
        if (path, title) not in self._entries:
            entry = find_entry(path, title)
            self._entries[path, title] = digest_of([ast.dump(entry.code).encode()])
        task = self._course.task(path.stem)
        return (_content(self._course.solution(task)) if task else "") + self._entries[path, title]

    @cached_property
    def surroundings(self) -> str:
        """A digest of what all runs depend on."""
        root = self._course.root
        files = [path for folder in SHARED for path in (root / folder).rglob("*")]
        files += [path for path in (root / "tests").glob("*.py") if path.name[:5] != "test_"]
        files += (root / "tests").glob("*.toml")
        files += [root / "conftest.py", root / "tasks" / "manifest.toml"]
        packages = sorted({f"{d.name} {d.version}" for d in metadata.distributions()})
        parts = [sys.version, *packages, os.environ.get("KATA_SEED", "")]
        parts += [
            f"{path.relative_to(root)} {_content(path)}"
            for path in sorted(files)
            if path.is_file() and path.suffix != ".pyc"
        ]
        return digest_of(part.encode() for part in parts)


def _named(path: Path) -> bytes:
    return f"{path.name} {_content(path)}".encode()


def _content(path: Path) -> str:
    return digest_of([path.read_bytes()]) if path.is_file() else ""


def digest_of(parts: Iterable[bytes]) -> str:
    """One digest of several contents, in their order."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()
