"""Runs pytest on one answer after another, each in a process of its own.

Importing torch and its friends takes longer than most runs. Where processes can fork, a server
imports the libraries once and each run is forked from it; the server only imports, so no thread
of its is lost in the fork. Elsewhere each process imports them before its job comes.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

from kata.course import Course, TaskInfo
from kata.judging.result import RED, Result
from kata.judging.verdict import CRASHED
from kata.running.job import PRELOAD, Job, Run
from kata.running.worker import PLUGINS, work

PATIENCE = 900  # seconds after which a run is killed; a test's own time limits end it long before
# What the end of a process means, where a person knows it under another name.
ENDS = {
    "SIGKILL": "was killed, as the system does where memory runs out",
    "SIGSEGV": "crashed in compiled code (segmentation fault)",
    "SIGABRT": "was aborted by compiled code",
}


class Ended(Exception):
    """A job has ended."""


class Live:
    """A job at work."""

    def __init__(self, job: Job, process: Any, outbox: Connection) -> None:
        self.run = Run(job)
        self.connection = outbox  # is ready when there is something to take
        self._tests: dict[str, Result] = {}  # without a result so far
        self._at = ""  # the test that has begun
        self._process = process
        self._why = ""  # it was killed
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def take(self) -> Result | None:
        """One thing that it tells: a result, or None for any other.

        Raises:
            Ended: it has ended, and `run` is what it gave.
        """
        try:
            kind, value = self.connection.recv()
        except (EOFError, OSError):
            self._process.join()
            self._end(self._why or self._how_it_ended())
        if kind == "end":
            self._end(value or self._unfinished())
        if kind == "tests":
            self._tests = {data["nodeid"]: Result.from_data(data) for data in value}
            return None
        if kind == "begins":
            self._at = value
            return None
        result = Result.from_data(value)
        self._tests.pop(result.nodeid, None)
        self.run.results.append(result)
        return result

    def kill(self, why: str) -> None:
        """Have it end, because of `why`; `take` then tells that it has."""
        self._why = why
        if not self._sweep():
            self._process.kill()

    def _end(self, broken: str) -> None:
        self.run.broken = broken
        self.run.seconds = self.seconds
        self._process.join()
        self._sweep()
        self.connection.close()
        raise Ended

    def _sweep(self) -> bool:
        """End the process with all that it has started; False where that cannot be done."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (AttributeError, ProcessLookupError, PermissionError):
            return False
        return True

    def _unfinished(self) -> str:
        """What is missing of a run that says that it is done."""
        if not self._tests or self.run.job.stop:
            return ""
        names = [result.test for result in self._tests.values()]
        return f"These tests did not run to their end: {', '.join(names)}."

    def _how_it_ended(self) -> str:
        """In a sentence, which becomes the verdict on the test that it was at, if it was at one."""
        status = self._process.exitcode
        how = f"ended with exit status {status}"
        if status < 0:
            name = signal.Signals(-status).name
            how = ENDS.get(name, f"was ended by the signal {name}")
        test = self._tests.get(self._at)
        if test is None:
            return f"The process of the tests {how}."
        sentence = f"The process {how}, in the middle of this test."
        test.outcome = RED
        test.verdict = replace(test.verdict, kind=CRASHED, cause=test.nodeid, sentence=sentence)
        for other in self._tests.values():
            if other is not test:
                other.reason = "the process had ended before it"
        self.run.results += self._tests.values()
        return f"The process {how}, in the middle of {test.test}."


class Warm:
    """Processes for jobs, which start with the libraries in memory."""

    def __init__(self, course: Course, tasks: Iterable[TaskInfo] = ()) -> None:
        self._course = course
        self._context = _context(course, list(tasks) or list(course.tasks))
        self._spare: tuple[Any, Connection, Connection] | None = None
        atexit.register(self.close)  # before processes are waited for

    def prepare(self) -> None:
        """Start the process of the next job ahead of it."""
        if self._spare is None:
            receiver, inbox = self._context.Pipe(duplex=False)
            outbox, sender = self._context.Pipe(duplex=False)
            # No daemon: an answer may start processes, as a DataLoader does.
            process = self._context.Process(target=work, args=(self._course.root, receiver, sender))
            process.start()
            receiver.close()
            sender.close()
            self._spare = (process, inbox, outbox)

    def start(self, job: Job) -> Live:
        """Begin a job, in the process that waits for it or in a new one."""
        self.prepare()
        assert self._spare is not None
        process, inbox, outbox = self._spare
        self._spare = None
        with contextlib.suppress(ConnectionError):  # it has died in waiting: `take` finds out
            inbox.send(job)
        inbox.close()
        return Live(job, process, outbox)

    def close(self) -> None:
        """Let the process go that waits for a job."""
        if self._spare is not None:
            process, inbox, outbox = self._spare
            self._spare = None
            inbox.close()
            process.join()
            outbox.close()


def run_jobs(course: Course, jobs: list[Job], workers: int) -> Iterator[Run]:
    """Run all jobs, at most `workers` at a time; yields each as it ends, in that order."""
    warm = Warm(course)
    waiting = list(reversed(jobs))
    running: dict[Connection, Live] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                live = warm.start(waiting.pop())
                running[live.connection] = live
            for ready in multiprocessing.connection.wait(list(running), timeout=1.0):
                live = running[ready]  # type: ignore[index]
                try:
                    live.take()
                except Ended:
                    del running[live.connection]
                    yield live.run
            for live in running.values():
                if live.seconds > PATIENCE:
                    live.kill(f"killed after {PATIENCE} seconds")
    finally:
        for live in running.values():
            live.kill("nobody waits for it")
        warm.close()
        atexit.unregister(warm.close)


def _context(course: Course, tasks: list[TaskInfo]) -> Any:
    # For the server, and so for every run: see kata/plugin/hooks.py.
    for name, value in (("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")):
        os.environ.setdefault(name, value)
    os.environ["MPLBACKEND"] = "Agg"
    ready = course.set_up().ready
    needs = {need for task in tasks for need in task.needs}
    calls = (f"{function}()" for need, function in sorted(ready.items()) if need in needs)
    os.environ[PRELOAD] = " ".join([*sorted(_imports(course, tasks)), *calls])
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["kata.running.worker", "kata.running.preload", *PLUGINS])
    return context


def _imports(course: Course, tasks: list[TaskInfo]) -> set[str]:
    """What answers to the tasks import, as far as the course knows: `module`, or `module:name`."""
    names: set[str] = set()
    for path in [
        find(task) for task in tasks for find in (course.stub, course.solution, course.gallery)
    ]:
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError):
            continue  # the run says so, if it is the file to judge
        for node in tree.body:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.update(f"{node.module}:{alias.name}" for alias in node.names)
    return names
