"""What judges one target in one run of pytest: a verdict on each test, and the final report."""

from __future__ import annotations

import contextlib
import inspect
import os
import random
import re
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kata.course import Course, CourseError, TaskInfo
from kata.judging.cells import in_cells
from kata.judging.clock import stop_the_clock
from kata.judging.output import Printed
from kata.judging.result import AWAY, GREEN, RED, Asked, Result
from kata.judging.target import Target, Unwritten, given
from kata.judging.task import SEED, Task
from kata.judging.verdict import CRASHED, DEFECT, Verdict, judge
from kata.judging.wording import Wording, quotations
from kata.regions import first_unwritten
from kata.reporting.failure import as_failure, representation
from kata.reporting.known import name_mistakes
from kata.reporting.page import Page
from kata.reporting.progress import Progress, Record, comparison, pictures
from kata.reporting.report import Style, command, write_report

# How much of a student's output a block repeats.
SHOWN = 600  # characters
SHOWN_LINES = 8

PROGRESS = "kata-progress"  # with `-p no:kata-progress`, a run leaves no trace

judgement_key = pytest.StashKey["Judgement"]()
result_key = pytest.StashKey[Result]()
away_key = pytest.StashKey[str]()  # the mark by which a test need not run here


class Judgement:
    """Judges one target in one pytest session, or gathers what the processes of xdist judged."""

    def __init__(self, config: pytest.Config, course: Course, scratch: Path | None = None) -> None:
        self.config = config
        self.course = course
        self._scratch = scratch  # where caches are, if not in the course folder
        self._explain = course.set_up().explain
        self._results: dict[str, Result] = {}  # by node
        targets = config.option.target or ["tasks"]
        if len(targets) > 1:
            raise CourseError(
                f"--target was given {len(targets)} times ({', '.join(targets)}); "
                "a run judges one target."
            )
        (self._option,) = targets
        # What students have before them: not a notebook, nor a folder that somebody names.
        self._own = self._option == "tasks" and given.get() is None
        in_root = self._option == "tasks"
        self._start = config.rootpath if in_root else Path(config.invocation_params.dir)
        self._unwritten: dict[TaskInfo, tuple[str, int] | None] = {}
        self._tasks: dict[str, Task] = {}
        self.make_task: Callable[[TaskInfo, Target], Task] | None = None  # of answers elsewhere
        self._orders: dict[str, int] = {}  # of nodes, in the order of collection
        for info in course.tasks:
            self._target(info)  # a wrong --target is an error at once
        # The references are held to stricter rules than a student: their warnings are errors.
        solutions = (course.root / "solutions").resolve()
        judged = (self._start / self._option).resolve()
        self._strict = solutions in (judged, judged.parent)

    @property
    def results(self) -> list[Result]:
        return list(self._results.values())

    def info(self, path: Path) -> TaskInfo | None:
        """The task that a test file specifies, if it is one."""
        if path.parent != self.course.root / "tests":
            return None
        match = re.fullmatch(r"test_(task\d\d)\.py", path.name)
        return self.course.task(match[1]) if match else None

    def task(self, info: TaskInfo) -> Task:
        """The answer to a task; one for all tests of a file, so that it is imported once."""
        if info.name not in self._tasks and self.make_task is not None:
            self._tasks[info.name] = self.make_task(info, self._target(info))
        if info.name not in self._tasks:
            option = self.config.option
            solution = self.course.solution(info)
            self._tasks[info.name] = Task(
                info,
                self._target(info),
                reference=Task(info, Target(solution)) if solution.is_file() else None,
                strict=self._strict,
                patient=bool(option.usepdb or option.trace),
                loud=option.capture == "no",
            )
        return self._tasks[info.name]

    def _target(self, info: TaskInfo) -> Target:
        return Target.resolve(self._option, self.course, info, self._start)

    def pytest_enter_pdb(self) -> None:
        stop_the_clock()
        for task in self._tasks.values():
            task.be_patient()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """One file answers one task; refuse to judge it by several."""
        infos = {info for item in items if (info := self.info(item.path))}
        if len(infos) > 1 and Path(self._option.partition("::")[0]).suffix == ".py":
            raise pytest.UsageError(
                f"--target {self._option} answers one task; say which: "
                f"pytest tests/test_taskNN.py --target {self._option}"
            )
        if "KATA_SEED" in os.environ:
            random.Random(SEED).shuffle(items)
        self._orders = {item.nodeid: place for place, item in enumerate(items)}
        if self._own:
            self._answer_for_stubs(items)

    def _answer_for_stubs(self, items: list[pytest.Item]) -> None:
        """Have tests of untouched stubs say so, without what they would import and prepare.

        That each would be red for this reason is what `kata check` proves.
        """
        for item in items:
            info = self.info(item.path)
            if info is None:
                continue
            if info not in self._unwritten:
                self._unwritten[info] = _first_unwritten(self.course.stub(info))
            found = self._unwritten[info]
            if found is not None:
                item.setup = lambda: None  # type: ignore[method-assign]
                item.runtest = partial(_raise, Unwritten(*found))  # type: ignore[method-assign]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        result = self.begin(item)
        if result is not None:
            item.stash[result_key] = result
            self._results[item.nodeid] = result
        return (yield)

    def begin(self, item: pytest.Item) -> Result | None:
        """The result of a test that has not run; None for one that is no task's."""
        info = self.info(item.path)
        if info is None:
            return None
        case = getattr(item, "callspec", None)
        base = item.get_closest_marker("builds_on")
        return Result(
            info.name,
            item.nodeid,
            item.name,
            _sentence(item),
            case=case.id if case else "",
            order=self._orders.get(item.nodeid, 0),
            edge=item.get_closest_marker("edge") is not None,
            builds_on=None if base is None else list(base.args),
            marks=sorted({mark.name for mark in item.iter_markers()}),
            verdict=Verdict("", "", file=str(self._target(info).path)),
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        result = item.stash.get(result_key, None)
        if result is not None:
            if call.excinfo is None:
                if call.when == "call":
                    result.outcome = GREEN
            elif report.skipped and is_away(item):
                result.reason = str(call.excinfo.value)
                result.away_by = item.stash.get(away_key, "skip")
            elif result.outcome != RED:
                # Whatever skips a test that has begun is no reason to call it anything but red.
                report.outcome = "failed"
                vars(report).pop("wasxfail", None)  # by it, pytest would call a red test expected
                self._turn_red(item, call, report, result)
            if call.when == "teardown":
                info = self.info(item.path)
                if info is not None and result.outcome != AWAY:
                    result.note_behaviour(self.task(info).trace)
                report.kata_result = result.as_data()  # type: ignore[attr-defined]
        return report

    def _turn_red(
        self,
        item: pytest.Item,
        call: pytest.CallInfo[None],
        report: pytest.TestReport,
        result: Result,
    ) -> None:
        info = self.info(item.path)
        assert info is not None
        assert call.excinfo is not None
        task = self.task(info)
        error = call.excinfo.value
        result.outcome = RED
        result.verdict = judge(error, task, item.nodeid, self._explain)
        if given.get() is not None:
            result.verdict = in_cells(result.verdict)
        result.printed = _printed(task.printed)
        text = Wording.read(Path(task.main_file))
        # Of a test that calls several functions, the words on the one that failed come first.
        called = text.lines_of(task.last_call.line if task.last_call else None)
        result.asked = sorted(
            (
                Asked(words, task.main_file, text.find(words, called))
                for words in quotations(inspect.getdoc(getattr(item, "function", None)))
            ),
            key=lambda asked: asked.line not in called,
        )
        if result.verdict.kind == DEFECT:
            result.traceback = str(report.longrepr)
        if not self.config.option.fulltrace:
            report.longrepr = representation(self.course, result)
            if result.verdict.kind != DEFECT:
                call.excinfo = as_failure(self.course, result, error, task.files)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the results, which come from other processes where xdist is at work."""
        data = getattr(report, "kata_result", None)
        if data is not None:
            self._results[report.nodeid] = Result.from_data(data)
        elif report.failed and report.when not in ("setup", "call", "teardown"):
            self._note_crash(report)

    def _note_crash(self, report: pytest.TestReport) -> None:
        """Keep what xdist says of a test whose process came to an end."""
        file, _, name = report.nodeid.partition("::")
        info = self.info(self.config.rootpath / file)
        if info is not None:
            stub = str(self._target(info).path)
            sentence = "The process that ran this test came to an end in the middle of it."
            verdict = Verdict(CRASHED, report.nodeid, sentence, file=stub)
            self._results[report.nodeid] = Result(
                info.name, report.nodeid, name, name, outcome=RED, verdict=verdict
            )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> Iterator[None]:
        """Show our blocks in place of pytest's, and leave its counts as they are."""
        reports = terminalreporter.stats
        ours = set(self._results)
        hidden: dict[str, list[Any]] = {}
        if not self.config.option.fulltrace:
            for outcome in ("failed", "error"):
                if outcome in reports:
                    hidden[outcome] = reports[outcome]
                    reports[outcome] = [r for r in reports[outcome] if r.nodeid not in ours]
        yield
        reports.update(hidden)
        if not self._results:
            return
        if hidden and self.config.option.reportchars != "fE":  # other than pytest's own choice
            terminalreporter.short_test_summary()
        width = self.config.get_terminal_writer().fullwidth
        encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
        problem = name_mistakes(self.course, self.results)
        records = self._note(exitstatus)
        style = Style(
            self._command,
            all_blocks=self.config.option.all_blocks,
            elsewhere=not self._own,
            runs_red={name: record.runs_red for name, record in records.items()},
            effort="; ".join(filter(None, map(comparison, records.values()))),
        )
        page = Page(terminalreporter.write, width, encoding)
        if self._scratch is not None:
            page.paragraph(
                f"note: {self.course.root} cannot be written to; caches went to {self._scratch}.",
                "      ",
            )
        if problem:
            page.paragraph(f"note: {problem}", "      ")
        write_report(page, self.course, self.results, style)

    def _command(self, info: TaskInfo, test: str) -> str:
        handed = given.get()
        if handed is not None:
            return handed.call
        return command(self.course, info, test, self._option, slow=self.config.option.slow)

    def keep_pictures(self, info: TaskInfo, folder: Path) -> None:
        """Keep what a student's own answer has drawn in a folder, for `kata report`."""
        traceless = self.config.pluginmanager.is_blocked(PROGRESS)
        if not self._own or (traceless and not os.environ.get("KATA_PICTURES")):
            return
        for path in folder.rglob("*.png"):
            if path.name in info.writes:
                kept = pictures(self.course, info) / path.name
                with contextlib.suppress(OSError):  # a full disk is no reason to lose a verdict
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, kept.with_suffix(".new"))
                    kept.with_suffix(".new").replace(kept)

    def _note(self, exitstatus: int) -> dict[str, Record]:
        """Keep what became of a student's own answers; the records of their tasks."""
        if not self._own or self.config.pluginmanager.is_blocked(PROGRESS):
            return {}
        whole = self._is_whole(exitstatus)
        progress = Progress(self.course)
        records = {}
        for info in self.course.tasks:
            own = [result for result in self.results if result.task == info.name]
            if own:
                records[info.name] = progress.note_run(info, own, whole=whole)
        return records

    def _is_whole(self, exitstatus: int) -> bool:
        """Whether every test of the files that were given has run, or had its reason not to."""
        option = self.config.option
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        stopped = option.maxfail and exitstatus != pytest.ExitCode.OK  # by -x: others are left
        chosen = option.keyword or option.markexpr or option.deselect
        again = getattr(option, "lf", False)  # an option of a plugin that may be off
        named = any("::" in argument for argument in self.config.args)
        return bool(ended and not (stopped or chosen or again or named))


def is_away(item: pytest.Item) -> bool:
    """Whether marks of its own keep a test from running here."""
    own = ("skip", "skipif")
    return away_key in item.stash or any(item.get_closest_marker(mark) for mark in own)


def _first_unwritten(stub: Path) -> tuple[str, int] | None:
    try:
        return first_unwritten(stub.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None  # its tests find out more


def _raise(error: Exception) -> None:
    raise error


def _sentence(item: pytest.Item) -> str:
    documentation = inspect.getdoc(getattr(item, "function", None)) or item.name
    return " ".join(documentation.partition("\n\n")[0].split())


def _printed(printed: Printed) -> str:
    """What the student's last call printed, shortened, with a note of how much there was."""
    # A progress bar overwrites its line; only its last state is worth repeating.
    lines = f"{printed.out}{printed.err}".replace("\r\n", "\n").split("\n")
    text = "\n".join(line.rpartition("\r")[2] for line in lines).strip()
    shown = "\n".join(text[:SHOWN].split("\n")[:SHOWN_LINES])
    if len(shown) == len(text):
        return text
    return f"{shown}\n... (the first {len(shown):,} of {printed.total:,} characters)"
