"""From an exception to what a student is told: the kind of failure, one sentence, one line."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from kata.clock import TimeUp
from kata.expect import Wrong
from kata.target import Blocked
from kata.task import Task

UNWRITTEN = "unwritten"  # the stub's NotImplementedError
BLOCKED = "blocked"  # the file cannot be loaded, or lacks a name that the task asks for
HUNG = "hung"
RAISED = "raised"
WRONG = "wrong"
DEFECT = "defect"  # the test itself broke: never the student's fault


@dataclass(frozen=True)
class Verdict:
    """Why a test is red. Failures with the same `cause` are shown once."""

    kind: str
    cause: str
    sentence: str = ""
    subject: str = ""  # the function that is unwritten, or hangs
    file: str = ""
    line: int | None = None
    call: str = ""
    call_details: tuple[str, ...] = ()
    expected: str = ""
    got: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def judge(error: BaseException, task: Task, node: str) -> Verdict:
    """The verdict on a test of `task` that ended with `error`."""
    flaky = isinstance(error, BaseExceptionGroup)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    verdict = _judge(error, task, node)
    if flaky and verdict.kind in (WRONG, RAISED):
        sentence = f"{verdict.sentence} The same call did not do the same thing every time."
        return Verdict(**{**verdict.as_dict(), "sentence": sentence.strip()})
    return verdict


def student_frames(error: BaseException, files: Collection[str]) -> list[TracebackType]:
    """The entries of the error's traceback that lie in the student's files, outermost first."""
    found = []
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename in files:
            found.append(entry)
        entry = entry.tb_next
    return found


def _judge(error: BaseException, task: Task, node: str) -> Verdict:
    frames = student_frames(error, task.files)
    on_import = task.stopped_on_import(error)
    call: dict[str, Any] = {}
    if task.last_call is not None:
        call["call"], call["call_details"] = task.last_call.text, task.last_call.details
        if task.last_call.file in task.files:
            call["file"], call["line"] = task.last_call.file, task.last_call.line
    if frames:
        call["file"] = frames[-1].tb_frame.f_code.co_filename
        call["line"] = frames[-1].tb_lineno
    name = "The file, when it is imported," if on_import else f"`{call.get('call', '').partition('(')[0]}`"

    if isinstance(error, Wrong):
        cause = node if error.aspect == "value" else f"{call.get('call', '').partition('(')[0]}: {error.aspect}"
        return Verdict(WRONG, cause, expected=error.expected, got=error.got, **call)
    if isinstance(error, Blocked):
        file = min(task.files, key=len) if not call.get("file") else call["file"]
        return Verdict(BLOCKED, error.sentence, error.sentence, file=file, line=error.line)
    if isinstance(error, TimeUp):
        if error.where:
            call["file"], call["line"], _ = error.where
        sentence = f"{name} was still running after {error.seconds:g} seconds"
        sentence += " at this line; look for a loop that never ends." if error.where else "."
        return Verdict(HUNG, f"{name} hung", sentence, **call)
    if isinstance(error, SyntaxError) and on_import and error.filename in task.files:
        sentence = f"Python cannot read the file: {error.msg}."
        if error.text and error.text.strip():
            sentence += f" It stopped at `{error.text.strip()}`."
        return Verdict(BLOCKED, sentence, sentence, file=error.filename or "", line=error.lineno)
    if not frames:
        cause = "".join(traceback.format_exception_only(error)).strip()
        return Verdict(DEFECT, cause, f"The test itself broke: {cause}", **call)
    if isinstance(error, NotImplementedError):
        subject = frames[-1].tb_frame.f_code.co_qualname
        return Verdict(UNWRITTEN, UNWRITTEN, str(error), subject=subject, **call)

    sentence = _sentence(error, name)
    line = frames[-1].tb_lineno
    if on_import:
        return Verdict(BLOCKED, sentence, sentence, file=call["file"], line=line)
    return Verdict(RAISED, f"{type(error).__name__} at {call['file']}:{line}", sentence, **call)


def _sentence(error: BaseException, name: str) -> str:
    if isinstance(error, SystemExit):
        return f"{name} calls exit, which would end the whole program; return instead."
    if isinstance(error, ModuleNotFoundError):
        return (
            f"There is no module {error.name!r} here; check the spelling, "
            "or use what the task's imports offer."
        )
    if isinstance(error, OSError) and "reading from stdin" in str(error):
        return f"{name} asks for input from the keyboard; tests have none to give."
    message = " ".join(str(error).split())
    message = message if len(message) <= 300 else message[:300] + " ..."
    return f"{name} stopped with {type(error).__name__}" + (f": {message}" if message else ".")
