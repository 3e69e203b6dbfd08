"""A plugin for a run of pytest whose answer is in a cell; see `start`.

Most tests are judged from here: they hand values to the cell and judge what comes back. Some have
to stand beside the answer, such as those that take notes of what it does with a tokenizer; these
run in a second cell, whole, and what they say is only witnessed: the answer shares a process with
them there. `tests/witnessed.toml` lists them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

import kata
from kata.course import Course, TaskInfo
from kata.grading.far import Far, be_silent
from kata.grading.line import Line
from kata.grading.near import FarTask
from kata.grading.unseen import Unseen
from kata.grading.wire import Gone, Late, Malformed, receive, send
from kata.judging.gallery import read_gallery
from kata.judging.lazy import lazy
from kata.judging.result import AWAY, GREEN, RED, Result, is_named
from kata.judging.target import Target
from kata.judging.task import Task
from kata.judging.verdict import CRASHED, Missing, Verdict
from kata.plugin.hooks import reason_to_be_away
from kata.plugin.judgement import is_away, judgement_key, result_key
from kata.running.job import Job
from kata.running.sandbox import Cell, Level, View, open_cell

CACHES = ("HF_HOME",)  # environment variables
WITNESSED = Path("tests") / "witnessed.toml"
TEXT = 6_000  # characters of what a witness says about one thing
GRACE = 30  # seconds


def witnessed_tests(course: Course, task: TaskInfo) -> tuple[frozenset[str], frozenset[str]]:
    """The tests of a task that stand beside the answer, and those that it tells what it changed."""
    path = course.root / WITNESSED
    lists = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    beside, told = (lists.get(how, {}).get(task.name, []) for how in ("beside", "told"))
    return frozenset(beside), frozenset(told)


def start(root: Path, job: Job, scratch: Path) -> Isolation:
    """Open a cell for the answer of a job, before any test is loaded, and make the plugin.

    Raises:
        Unavailable: this machine has no cells.
    """
    course = Course.read(root)
    info = course.task(job.test_file.stem.removeprefix("test_"))
    assert info is not None
    target = Target.resolve(job.target, course, info, root)
    if target.entry is not None:
        read_gallery(target.entry.path)  # while it can be read
    files = [target.path, *([target.entry.path] if target.entry else [])]
    modules = [target.path.parent] if target.entry is None and not _is_own(course, target) else []
    # Where libraries keep what they load, and lock it while they do.
    caches = [Path(os.environ[name]) for name in CACHES if name in os.environ]
    copied = tuple(path for path in caches if path.is_dir())
    view = View(root, (*_shown(course), *files, *modules), copied)
    opened = partial(_open, view, scratch)

    def serve(connection: socket.socket) -> None:
        Far(Task(info, target), connection).serve()

    line = Line(opened("judged", serve), root / "tests", course.set_up().ids())
    return Isolation(info, *witnessed_tests(course, info), line, opened, job.seed)


def known_level(course: Course, folder: Path) -> Level:
    """How far cells are isolated on this machine, by one that does nothing.

    Raises:
        Unavailable: there are none.
    """
    view = View(course.root, _shown(course))
    cell = open_cell(view, lambda connection: None, root=folder)
    try:
        return cell.level
    finally:
        cell.close()


def _shown(course: Course) -> tuple[Path, ...]:
    """What answers may import beside packages."""
    folders = (course.root / "fixtures", Path(kata.__file__).parent)
    return tuple(folder for folder in folders if folder.is_dir())


def _is_own(course: Course, target: Target) -> bool:
    """Whether an answer lies where the course has others, which it must not see."""
    return target.path.parent in (course.root / "solutions", course.root / "tasks")


def _open(view: View, scratch: Path, name: str, serve: Callable[[socket.socket], None]) -> Cell:
    root = scratch / name
    root.mkdir(mode=0o755)
    return open_cell(view, serve, root=root)


class Isolation:
    """Has tests use the answer in a cell, and takes in what witnesses say."""

    def __init__(
        self,
        info: TaskInfo,
        beside: frozenset[str],
        told: frozenset[str],
        line: Line,
        opened: Callable[[str, Callable[[socket.socket], None]], Cell],
        seed: int | None,
    ) -> None:
        self._info = info
        self._seed = seed
        self._line = line
        self._open = opened
        self._beside = beside
        self._told = told
        self._witness: Cell | None = None
        self._over = ""  # why the witness says no more

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        judgement = config.stash[judgement_key]
        judgement.make_task = partial(FarTask, line=self._line)
        if self._seed is not None:
            config.pluginmanager.register(Unseen(self._seed), "kata-unseen")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Iterator[None]:
        yield
        items.sort(key=self._is_witnessed)  # a witness may use all that it can reach

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        items = [item for item in session.items if self._is_witnessed(item)]
        if items:
            _load_lazy(items)
            self._witness = self._open("witnessed", partial(_bear_witness, session.config, items))

    def _is_witnessed(self, item: pytest.Item) -> bool:
        return is_named(item.name, self._beside)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        data = getattr(report, "kata_result", None)
        if data is not None and is_named(report.nodeid.rpartition("::")[2], self._told):
            data["witnessed"] = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        if self._witness is None or not self._is_witnessed(item):
            return None
        judgement = item.config.stash[judgement_key]
        base = judgement.begin(item)
        assert base is not None
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        result = self._hear(item, base)
        report = pytest.TestReport(
            item.nodeid, item.location, {}, "failed" if result.outcome == RED else "passed",
            None, "teardown",
        )  # fmt: skip
        report.kata_result = result.as_data()  # type: ignore[attr-defined]
        item.ihook.pytest_runtest_logreport(report=report)
        return True

    def _hear(self, item: pytest.Item, base: Result) -> Result:
        """What the witness says of a test."""
        import time

        assert self._witness is not None
        base.witnessed = True
        limit = self._info.slow_time_limit if "slow" in base.marks else self._info.time_limit
        if not self._over:
            try:
                send(self._witness.connection, item.nodeid, [])
                told, _ = receive(self._witness.connection, time.monotonic() + 20 * limit + GRACE)
                return _taken(base, told, _need_not_run(item))
            except (Gone, OSError):
                how = self._witness.close(patience=1)
                self._over = f"The process of this test {how or 'is gone'}."
            except Late:
                self._witness.close()
                self._over = "The process of this test was ended, since it hung."
            except (Malformed, TypeError, ValueError, KeyError, AttributeError):
                self._witness.close()
                self._over = "What came from the process of this test is no verdict."
        base.outcome = RED
        file = base.verdict.file
        base.verdict = Verdict(CRASHED, CRASHED, self._over, file=file)
        return base

    def pytest_unconfigure(self) -> None:
        self._line.cell.close()
        if self._witness is not None:
            self._witness.close()


def _bear_witness(
    config: pytest.Config, items: list[pytest.Item], connection: socket.socket
) -> None:
    """In a cell: run the tests that the judge names, and say what became of them."""
    be_silent()
    judgement = config.stash[judgement_key]
    judgement.make_task = None
    scratch = Path(os.environ["HOME"])
    config._tmp_path_factory._given_basetemp = scratch / "t"  # type: ignore[attr-defined]
    config._tmp_path_factory._basetemp = None  # type: ignore[attr-defined]
    known = {item.nodeid: item for item in items}
    for name in ("terminalreporter", "capturemanager"):
        if plugin := config.pluginmanager.get_plugin(name):
            config.pluginmanager.unregister(plugin)
    while True:
        try:
            nodeid, _ = receive(connection)
        except Gone:
            return
        item = known[nodeid]
        result = judgement.begin(item)
        assert result is not None
        item.stash[result_key] = result
        reports = runtestprotocol(item, log=False, nextitem=_last(items, item))
        data = next((r.kata_result for r in reversed(reports) if hasattr(r, "kata_result")), None)
        send(connection, data, [])


def _load_lazy(items: list[pytest.Item]) -> None:
    """Import what tests would import when they first need it, from files that no cell sees."""
    for module in {getattr(item, "module", None) for item in items}:
        for value in vars(module).values():
            if isinstance(value, lazy):
                with contextlib.suppress(ImportError):
                    importlib.import_module(value._module)


def _last(items: list[pytest.Item], item: pytest.Item) -> pytest.Item | None:
    place = items.index(item) + 1
    return items[place] if place < len(items) else None


def _need_not_run(item: pytest.Item) -> bool:
    """Whether marks of its own keep a test from running here, as the judge sees it."""
    with contextlib.suppress(Missing):
        return is_away(item) or bool(reason_to_be_away(item)[1])
    return False  # it has to


def _taken(base: Result, told: dict[str, Any], may_be_away: bool) -> Result:
    """A witness's words on a test, as far as they have the form of a result."""
    if told["outcome"] not in ((GREEN, RED, AWAY) if may_be_away else (GREEN, RED)):
        raise ValueError("no outcome")
    found = replace(base)
    found.outcome = told["outcome"]
    found.reason = str(told["reason"])[:TEXT]
    found.away_by = str(told["away_by"])[:60]
    found.printed = str(told["printed"])[:TEXT]
    verdict = dict(told["verdict"])
    line = verdict["line"]
    found.verdict = Verdict(
        line=line if type(line) is int else None,
        call_details=tuple(str(part)[:TEXT] for part in verdict["call_details"][:20]),
        **{
            name: str(verdict[name])[:TEXT]
            for name in ("kind", "cause", "sentence", "subject", "file", "call", "expected", "got")
        },
    )
    if found.verdict.file != base.verdict.file and found.outcome == RED:
        found.verdict = replace(found.verdict, line=None, file=base.verdict.file)
    found.behaviour = [str(part)[:8] for part in told["behaviour"][:64]]
    found.chance = told["chance"] is True
    found.unseen = told["unseen"] is True
    found.notes = [str(note)[:TEXT] for note in told["notes"][:20]]
    return found
