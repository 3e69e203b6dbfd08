"""Time limits that name the student's line, and that a bare `except:` cannot swallow.

What counts is the time that the code has had a processor, so that a busy machine makes no right
answer wrong; code that only waits has several times as long. The time in which it could run, but
others had the processors, does not count where the system tells it (Linux).
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN = 0.2  # seconds after which the alarm rings again, if the student's code swallowed it
PATIENCE = 5  # times its limit that code may wait


class Stopwatch:
    """Measures the time that this process has had, from when it is made."""

    def __init__(self) -> None:
        self._start, self._worked = time.monotonic(), time.process_time()
        self._queued = _queued()

    @property
    def passed(self) -> float:
        """Seconds on a wall clock."""
        return time.monotonic() - self._start

    @property
    def worked(self) -> float:
        """Seconds of processor time, of all cores."""
        return time.process_time() - self._worked

    @property
    def had(self) -> float:
        """Seconds of processor time, of one core; or a share of all time, where that is more."""
        passed = self.passed
        queued = _queued() - self._queued
        return max(min(self.worked, passed), (passed - queued) / PATIENCE)


def _queued() -> float:
    """Seconds in which this process's first thread could have run, but no processor was free."""
    try:
        with open("/proc/self/schedstat", "rb", buffering=0) as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class TimeUp(BaseException):
    """Code ran past its limit. Not an Exception, so that `except Exception` lets it through."""

    def __init__(self, when: str, in_student_code: bool) -> None:
        super().__init__(when)
        self.when = when  # as in "after 10 seconds"
        self.in_student_code = in_student_code  # rather than in the code of a test


def _frames_in(frame: FrameType | None, files: Container[str]) -> Iterator[FrameType]:
    """The frames from `frame` outwards that lie in one of `files`."""
    while frame is not None:
        if frame.f_code.co_filename in files:
            yield frame
        frame = frame.f_back


@contextmanager
def time_limit(seconds: float, files: Container[str], when: str = "") -> Iterator[None]:
    """Raise `TimeUp` in the block if it has had more time; limits do not nest.

    `when` is what the limit is called, where it is not so many seconds from now.

    On POSIX, in the main thread, an alarm signal interrupts even a sleep. Elsewhere a watching
    thread raises at the next bytecode.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds, files, when):
            yield
    else:
        with _watcher(seconds, files, when):
            yield


def stop_the_clock() -> None:
    """Let the code that is running take its time: somebody is debugging it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _alarm(seconds: float, files: Container[str], when: str) -> Iterator[None]:
    rung: list[TimeUp] = []
    watch = Stopwatch()

    def ring(number: int, frame: FrameType | None) -> None:
        if watch.had < seconds:
            return  # it rings again
        if rung:
            if not any(_frames_in(frame, files)):
                return  # the error is on its way, through code that cleans up
            _raise_on_every_line(frame, files, rung[0])
        rung.append(_time_up(watch, seconds, when, frame, files))
        raise rung[0]

    def end() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if sys.gettrace() is not tracer:
            sys.settrace(tracer)

    tracer = sys.gettrace()
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        try:
            end()
        except TimeUp:  # at the last moment: whatever the code came to, it has
            end()


def _time_up(
    watch: Stopwatch, seconds: float, when: str, frame: FrameType | None, files: Container[str]
) -> TimeUp:
    waited = watch.worked < seconds
    after = f"after {PATIENCE * seconds if waited else seconds:g} seconds"
    return TimeUp(when or after, any(_frames_in(frame, files)))


def _raise_on_every_line(frame: FrameType | None, files: Container[str], error: TimeUp) -> None:
    """Make every line of the student's code raise: no `except:` encloses all of them."""

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and frame.f_code.co_filename in files:
            raise error
        return trace

    sys.settrace(trace)
    for student_frame in _frames_in(frame, files):
        student_frame.f_trace = trace


@contextmanager
def _watcher(seconds: float, files: Container[str], when: str) -> Iterator[None]:
    watched = threading.get_ident()
    done = threading.Event()
    caught: list[TimeUp] = []

    def watch() -> None:
        wait = seconds
        clock = Stopwatch()
        while not done.wait(wait):
            wait = AGAIN
            if clock.had < seconds:
                continue
            frame = sys._current_frames().get(watched)
            caught.append(_time_up(clock, seconds, when, frame, files))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(watched), ctypes.py_object(_Interrupted)
            )

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    except _Interrupted as interruption:
        raise caught[0].with_traceback(interruption.__traceback__) from None
    finally:
        done.set()
        thread.join()


class _Interrupted(BaseException):
    """What one thread can raise in another: a class, not an instance."""
