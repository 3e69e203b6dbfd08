"""`kata watch`: the verdict on every save, from a process that holds the libraries in memory.

Three threads put what happens into one queue: keys, saves, and what the process that judges tells.
The loop takes one event after another, so nothing here is done twice at a time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import watchfiles

from kata.course import Course, CourseError, TaskInfo
from kata.judging.result import RED, Result
from kata.practising.answers import compare, reset
from kata.practising.board import next_task, write_board
from kata.practising.hints import write_hint
from kata.practising.keys import keys, listening
from kata.practising.screen import Screen
from kata.reporting.blocks import find_causes, write_cause
from kata.reporting.known import name_mistakes
from kata.reporting.progress import Progress, comparison
from kata.reporting.report import Style, command, write_report
from kata.running.job import Job
from kata.running.runner import Ended, Live, Warm

STEP = 30  # milliseconds without another write, after which a file counts as saved
KEYS = "n next, h hint, l list, c compare, x reset, r run again, q quit"

SAVED, KEY, TOLD, ENDED = "saved", "key", "told", "ended"


@dataclass
class Watch:
    """Watches one task at a time."""

    course: Course
    screen: Screen
    task: TaskInfo
    slow: bool = False
    keys: Callable[[], Iterator[str]] = keys
    _events: queue.Queue[tuple[str, Any, Any]] = field(default_factory=queue.Queue)
    _live: Live | None = None
    _shown: bool = False  # a block of the run that is going on
    _asked: bool = False  # whether to reset

    def run(self) -> int:
        """Watch until the student quits; returns the exit status."""
        self._warm = Warm(self.course)  # for all tasks, so that the next one is as fast
        self._progress = Progress(self.course)
        stop = threading.Event()
        for work in (self._watch_files, self._read_keys):
            threading.Thread(target=work, args=(stop,), daemon=True).start()
        try:
            with listening():
                self._judge()
                while self._handle(*self._events.get()):
                    pass
        except KeyboardInterrupt:
            pass
        finally:
            stop.set()
            if self._live is not None:
                self._live.kill("the watch is over")
            self._warm.close()
        return 0

    def _handle(self, what: str, subject: Any, value: Any) -> bool:
        """Act on one event; False ends it all."""
        if what == SAVED:
            if any(self._concerns(path) for path in subject):
                self._judge()
        elif what == KEY:
            return self._press(subject)
        elif self._live is None or subject is not self._live:
            pass  # told by a run that was given up
        elif what == TOLD:
            self._show_first(value)
        else:
            self._conclude(self._live)
        return True

    def _concerns(self, path: Path) -> bool:
        """The answer itself, and modules beside it that are no other task's."""
        other = self.course.task(path.stem)
        return path.suffix == ".py" and (other is None or other == self.task)

    # --- judging

    def _judge(self) -> None:
        """Begin a run, in place of one that is going on."""
        if self._live is not None:
            self._live.kill("it was begun again")
        record = self._progress.of(self.task)
        red = tuple(test for test, (outcome, _) in record.tests.items() if outcome == RED)
        first = (record.first_red, *red) if record.first_red else red
        job = Job(
            self.course.test_file(self.task), "tasks", slow=self.slow, search="kata-fixed",
            first=first, pictures=True,
        )  # fmt: skip
        self._shown = self._asked = False
        self.screen.clear()
        self.screen.line(f"task {self.task.number:02d}: judging ...", dim=True)
        self._live = self._warm.start(job)
        threading.Thread(target=self._listen, args=(self._live,), daemon=True).start()

    def _listen(self, live: Live) -> None:
        try:
            while True:
                result = live.take()
                if result is not None:
                    self._events.put((TOLD, live, result))
        except Ended:
            self._events.put((ENDED, live, None))

    def _show_first(self, result: Result) -> None:
        """The first block as soon as it is known; the report at the end puts it in its place."""
        if self._shown or result.outcome != RED:
            return
        self._shown = True
        page = self.screen.page()
        page.line()
        write_cause(page, self.course, find_causes([result])[0], [result])

    def _conclude(self, live: Live) -> None:
        self._live = None
        run = live.run
        self.screen.clear()
        page = self.screen.page()
        if run.results:
            problem = name_mistakes(self.course, run.results)
            record = self._progress.note_run(self.task, run.results, whole=not run.broken)
            style = Style(
                lambda info, test: command(self.course, info, test, slow=self.slow),
                runs_red={self.task.name: record.runs_red},
                effort=comparison(record),
            )
            if problem:
                page.paragraph(f"note: {problem}", "      ")
            write_report(page, self.course, run.results, style)
        if run.broken:
            page.line()
            page.paragraph(f"note: {run.broken}", "      ")
        page.line()
        page.line(f"{run.seconds:.1f} s. Save {self._stub} to have it judged again.", dim=True)
        page.paragraph(KEYS, "", dim=True)
        self._warm.prepare()

    @property
    def _stub(self) -> str:
        return self.course.short(self.course.stub(self.task))

    # --- keys

    def _press(self, key: str) -> bool:
        page = self.screen.page()
        sure, self._asked = self._asked and key == "y", False
        if key == "q":
            return False
        try:
            if sure:
                kept = reset(self.course, self._progress, self.task).kept
                page.line(f"A fresh stub.{f' Yours is {self.course.short(kept)}.' if kept else ''}")
            elif key == "n":
                self._go_on()
            elif key == "r":
                self._judge()
            elif key == "h":
                page.line()
                write_hint(self.screen, self.course, self._progress, self.task)
            elif key == "l":
                self.screen.clear()
                write_board(self.screen, self.course, self._progress)
            elif key == "c":
                page.line()
                compare(self.screen, self.course, self._progress, self.task)
            elif key == "x":
                self._asked = True
                page.line(f"Put a fresh stub in place of {self._stub}, and keep yours beside it? y")
        except CourseError as error:
            page.paragraph(str(error), "")
        return True

    def _go_on(self) -> None:
        task = next_task(self.course, self._progress, self.task)
        if task is None:
            self.screen.line("Every task is green.")
            return
        self.task = task
        self._judge()

    # --- threads

    def _watch_files(self, stop: threading.Event) -> None:
        folder = self.course.stub(self.task).parent
        for changes in watchfiles.watch(
            folder, stop_event=stop, step=STEP, recursive=False, raise_interrupt=False
        ):
            self._events.put((SAVED, {Path(path) for _, path in changes}, None))

    def _read_keys(self, stop: threading.Event) -> None:
        for key in self.keys():
            if stop.is_set():
                return
            self._events.put((KEY, key, None))
