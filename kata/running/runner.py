"""Runs pytest on one answer after another, each in a process of its own.

Importing torch and its friends takes longer than most runs. Where processes can fork, a server
imports the libraries once and each run is forked from it; the server only imports, so no thread
of its is lost in the fork. Elsewhere each run starts cold.
"""

from __future__ import annotations

import ast
import gc
import multiprocessing
import multiprocessing.connection
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from kata.course import Course
from kata.judging.result import Result
from kata.running.preload import PRELOAD

PATIENCE = 900  # seconds after which a run is killed; a test's own time limits end it long before
# What every run imports, beside the libraries of the tasks.
PLUGINS = (
    "numpy",
    "hypothesis",
    "_hypothesis_pytestplugin",
    "pytest_benchmark.plugin",
    "kata.plugin.hooks",
)
UNUSED = ("anyio", "xdist", "xdist.looponfail")  # plugins that cost time and have no part in a run
TAIL = 3_000  # characters of a run's output that are kept, for a run that broke


@dataclass(frozen=True)
class Job:
    """One run: the tests of one file, or those of them that are named, on one answer."""

    test_file: Path
    target: str
    tests: tuple[str, ...] = ()
    slow: bool = False
    stop: bool = False  # at the first test that is red
    search: str = "kata-proof"  # how examples are found; see kata/judging/search.py


@dataclass
class Run:
    """What a job gave."""

    job: Job
    results: list[Result] = field(default_factory=list)
    broken: str = ""  # why there are no results to trust
    seconds: float = 0.0
    kept: bool = False  # from an earlier time


def run_jobs(course: Course, jobs: list[Job], workers: int) -> Iterator[Run]:
    """Run all jobs, at most `workers` at a time; yields each as it ends, in that order."""
    context = _context(course)
    waiting = list(reversed(jobs))
    running: dict[int, tuple[Any, Connection, Job, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop()
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(course.root, job, sender))
                process.start()
                sender.close()
                running[receiver.fileno()] = (process, receiver, job, time.monotonic())
            ready = multiprocessing.connection.wait(
                [receiver for _, receiver, _, _ in running.values()], timeout=1.0
            )
            for key, (process, receiver, job, start) in list(running.items()):
                seconds = time.monotonic() - start
                if receiver in ready:
                    run = _receive(receiver, job)
                elif seconds > PATIENCE:
                    run = Run(job, broken=f"killed after {PATIENCE} seconds")
                    process.kill()
                else:
                    continue
                run.seconds = seconds
                process.join()
                receiver.close()
                del running[key]
                yield run
    finally:
        for process, _, _, _ in running.values():
            process.kill()


def _receive(receiver: Connection, job: Job) -> Run:
    try:
        results, broken = receiver.recv()
    except EOFError:
        return Run(job, broken="the process ended without a word")
    return Run(job, results, broken)


def _context(course: Course) -> Any:
    # For the server, and so for every run: see kata/plugin/hooks.py.
    for name, value in (("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")):
        os.environ.setdefault(name, value)
    os.environ["MPLBACKEND"] = "Agg"
    course.set_up()
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    os.environ[PRELOAD] = " ".join(sorted(_imports(course)))
    context.set_forkserver_preload(["kata.running.runner", "kata.running.preload", *PLUGINS])
    return context


def _imports(course: Course) -> set[str]:
    """What references and galleries import: `module`, or `module:name`."""
    names: set[str] = set()
    for path in [find(task) for task in course.tasks for find in (course.solution, course.gallery)]:
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError):
            continue  # the run of the reference says so
        for node in tree.body:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.update(f"{node.module}:{alias.name}" for alias in node.names)
    return names


def _work(root: Path, job: Job, sender: Connection) -> None:
    """In the child: run pytest, and send its results, or why there are none."""
    gc.freeze()  # what the server imported stays; pytest's collections need not walk it
    collected = _Collector()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        tempfile.TemporaryDirectory() as scratch,
    ):
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        sys.stdout = sys.stderr = output
        try:
            os.chdir(root)
            os.environ["KATA_SEARCH"] = job.search
            status = pytest.main([*_arguments(job), f"--basetemp={scratch}/t"], plugins=[collected])
            done = status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        except BaseException:
            traceback.print_exc(file=output)
            done = False
        output.flush()
        output.seek(0)
        broken = "" if done else output.read()[-TAIL:].strip()
        sender.send((collected.results, broken))


def _arguments(job: Job) -> list[str]:
    tests = [f"{job.test_file}::{test}" for test in job.tests] or [str(job.test_file)]
    # Plain assertions: the server has imported plugins that pytest would want to rewrite.
    options = [f"--target={job.target}", "--assert=plain", "-p", "no:cacheprovider"]
    options += [f"-pno:{plugin}" for plugin in UNUSED]
    return [*tests, *options, *(["--slow"] if job.slow else []), *(["-x"] if job.stop else [])]


class _Collector:
    def __init__(self) -> None:
        self.results: list[Result] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        from kata.plugin.judgement import judgement_key

        self.results = session.config.stash[judgement_key].results
