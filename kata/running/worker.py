"""In a process of its own: waits for a job, runs pytest on it, and tells what it sees.

What it sends: `("tests", results)` once they are collected, of which none has an outcome; for each
`("begins", nodeid)` and `("result", result)`; and `("end", why)` at last, where `why` says why the
results are not to be trusted, if they are not.
A result is `Result.as_data()`, and names the file that is judged.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from kata.plugin.judgement import PROGRESS, judgement_key
from kata.running.job import Job

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


def work(root: Path, inbox: Connection, outbox: Connection) -> None:
    """Do the one job that comes; without one, when the sender is gone, do nothing."""
    if hasattr(os, "setsid"):
        os.setsid()  # with what it starts, to be ended together; the keyboard's signals stay away
    for name in ("kata.running.preload", *PLUGINS):  # no more than a look where it was forked
        importlib.import_module(name)
    gc.freeze()  # what is imported stays; collections need not walk it
    try:
        job = inbox.recv()
    except (EOFError, KeyboardInterrupt):
        return
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
            os.environ["KATA_PICTURES"] = "1" if job.pictures else ""
            plugins: list[object] = [_Teller(job, outbox)]
            if job.plugin:
                start = importlib.import_module(job.plugin).start
                plugins.append(start(root, job, Path(scratch)))
            arguments = [*_arguments(job), f"--basetemp={scratch}/t"]
            status = pytest.main(arguments, plugins=plugins)
            done = status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        except BaseException:
            traceback.print_exc(file=output)
            done = False
        output.flush()
        output.seek(0)
        outbox.send(("end", "" if done else output.read()[-TAIL:].strip()))


def _arguments(job: Job) -> list[str]:
    tests = [f"{job.test_file}::{test}" for test in job.tests] or [str(job.test_file)]
    # Plain assertions: the server has imported plugins that pytest would want to rewrite.
    options = [f"--target={job.target}", "--assert=plain", "-pno:cacheprovider"]
    options += [f"-pno:{plugin}" for plugin in (*UNUSED, PROGRESS)]
    return [*tests, *options, *(["--slow"] if job.slow else []), *(["-x"] if job.stop else [])]


class _Teller:
    """Puts the tests in the order that the job asks for, and tells of each."""

    def __init__(self, job: Job, outbox: Connection) -> None:
        self._job = job
        self._outbox = outbox

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        yield
        items.sort(key=lambda item: (_is_slow(item), item.name not in self._job.first))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        judgement = session.config.stash[judgement_key]
        results = [result for item in session.items if (result := judgement.begin(item))]
        self._outbox.send(("tests", [result.as_data() for result in results]))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._outbox.send(("begins", nodeid))

    def pytest_runtest_logreport(self, report: Any) -> None:
        data = getattr(report, "kata_result", None)
        if data is not None:
            self._outbox.send(("result", data))


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None
