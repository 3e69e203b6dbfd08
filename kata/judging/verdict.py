"""From an exception to what a student is told: the kind of failure, one sentence, one line."""

from __future__ import annotations

import dis
import traceback
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, NamedTuple

from kata.judging.clock import TimeUp
from kata.judging.describe import describe
from kata.judging.expect import Wrong
from kata.judging.target import Blocked, Unwritten
from kata.judging.task import AWAY, Evaded, Task, has_stopped_a_call

UNWRITTEN = "unwritten"  # the stub's NotImplementedError
MISSING = "missing"  # this machine lacks what the test was required to run with
BLOCKED = "blocked"  # the file cannot be loaded, or lacks a name that the task asks for
HUNG = "hung"
RAISED = "raised"
WRONG = "wrong"
CRASHED = "crashed"  # the process of the test ended with it
STRANGE = "strange"  # the test broke over what the student's code returned or did
DEFECT = "defect"  # the test itself broke before that: never the student's fault


class Missing(Exception):
    """A test cannot run on this machine, and was required to; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """Why a test is red. Failures with the same `cause` are shown once."""

    kind: str
    cause: str
    sentence: str = ""
    subject: str = ""  # the function that is unwritten
    file: str = ""
    line: int | None = None
    call: str = ""
    call_details: tuple[str, ...] = ()
    expected: str = ""
    got: str = ""


GOOD = Verdict("", "")  # of a test that is not red
Explain = Callable[[BaseException], str | None]  # what the course knows about an error


def judge(error: BaseException, task: Task, node: str, explain: Explain) -> Verdict:
    """The verdict on a test of `task` that ended with `error`."""
    flaky = isinstance(error, BaseExceptionGroup)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    verdict = _judge(error, task, node, explain)
    if flaky and verdict.kind in (WRONG, RAISED):
        sentence = f"{verdict.sentence} The same call did not do the same thing every time."
        return replace(verdict, sentence=sentence.strip())
    return verdict


def student_frames(error: BaseException, files: Container[str]) -> list[TracebackType]:
    """The entries of the error's traceback that lie in the student's files, outermost first."""
    found = []
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename in files:
            found.append(entry)
        entry = entry.tb_next
    return found


class Place(NamedTuple):
    """A line of a student's file that an error went through."""

    file: str
    line: int | None
    function: str


def student_places(error: BaseException, files: Container[str]) -> list[Place]:
    """The same as places; an error that comes from another process brings its own along."""
    brought: list[Place] | None = getattr(error, "places", None)
    if brought is not None:
        return brought
    return [
        Place(code.co_filename, entry.tb_lineno, code.co_qualname)
        for entry in student_frames(error, files)
        for code in [entry.tb_frame.f_code]
    ]


def is_unfinished(error: BaseException, files: Container[str]) -> bool:
    """Whether a line of the student's raises NotImplementedError, as those of stubs do.

    PyTorch raises the same where a device lacks an operation.
    """
    told: bool | None = getattr(error, "unfinished", None)  # by another process
    if told is not None:
        return told
    entry = error.__traceback__ if isinstance(error, NotImplementedError) else None
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    if entry is None or entry.tb_frame.f_code.co_filename not in files:
        return False
    return dis.opname[entry.tb_frame.f_code.co_code[entry.tb_lasti]] == "RAISE_VARARGS"


def _judge(error: BaseException, task: Task, node: str, explain: Explain) -> Verdict:
    if task.stopped_on_import(error):
        return _judge_import(error, task, explain)
    if isinstance(error, Missing):
        return Verdict(MISSING, str(error), str(error), file=task.main_file)
    if isinstance(error, Blocked):
        file = task.last_call.file if error.line and task.last_call else task.main_file
        return Verdict(BLOCKED, error.sentence, error.sentence, file=file or "", line=error.line)
    if isinstance(error, Unwritten):
        return Verdict(
            UNWRITTEN, UNWRITTEN, str(error), error.name, file=task.main_file, line=error.line
        )

    places = student_places(error, task.files)
    call: dict[str, Any] = {"file": task.main_file}
    if task.last_call is not None:
        call["call"], call["call_details"] = task.last_call.text, task.last_call.details
        call["file"], call["line"] = task.last_call.file or task.main_file, task.last_call.line
    if places:
        call["file"], call["line"] = places[-1].file, places[-1].line
    name = call.get("call", "").partition("(")[0]
    place = f"{call['file']}:{call.get('line')}"

    if isinstance(error, Wrong):
        cause = node.partition("[")[0] if error.aspect == "value" else f"{name}: {error.aspect}"
        return Verdict(WRONG, cause, expected=error.expected, got=error.got, **call)
    if isinstance(error, TimeUp):
        return Verdict(HUNG, f"hung at {place}", _sentence(error, f"`{name}`"), **call)
    if not places and not has_stopped_a_call(error):
        cause = "".join(traceback.format_exception_only(error)).strip()
        if not task.returned or task.strict or isinstance(error, AWAY):
            return Verdict(DEFECT, cause, f"The test itself broke: {cause}", **call)
        sentence = f"The test cannot work with what came of this call: {cause}"
        return Verdict(STRANGE, cause, sentence, got=describe(task.returned[0]), **call)
    if places and is_unfinished(error, task.files):
        subject = places[-1].function
        return Verdict(UNWRITTEN, UNWRITTEN, str(error), subject=subject, **call)
    cause = f"{type(error).__name__} at {place}"
    return Verdict(RAISED, cause, explain(error) or _sentence(error, f"`{name}`"), **call)


def _judge_import(error: BaseException, task: Task, explain: Explain) -> Verdict:
    places = student_places(error, task.files)
    file, line = task.main_file, None
    if isinstance(error, Blocked):
        sentence = error.sentence
    elif isinstance(error, SyntaxError) and not places:
        line = error.lineno
        sentence = f"Python cannot read the file: {error.msg}."
        if error.text and error.text.strip():
            sentence += f" It stopped at `{error.text.strip()}`."
    else:
        sentence = explain(error) or _sentence(error, "Importing the file")
    if places:
        file, line = places[-1].file, places[-1].line
    return Verdict(BLOCKED, sentence, sentence, file=file, line=line)


def _sentence(error: BaseException, subject: str) -> str:
    """What went wrong, and what to do about it; `subject` was at work."""
    if isinstance(error, TimeUp):
        sentence = f"{subject} was still running {error.when}"
        return sentence + (
            " at this line; look for a loop that never ends, or for far too much work."
            if error.in_student_code
            else "."
        )
    if isinstance(error, Evaded):
        return f"{subject} asks for its test to be skipped ({error}); take that out."
    if isinstance(error, SystemExit):
        return f"{subject} calls exit, which ends the whole program; leave that out."
    if isinstance(error, ModuleNotFoundError):
        return (
            f"There is no module {error.name!r} here; check the spelling, "
            "or use what the task's imports offer."
        )
    if isinstance(error, OSError) and "reading from stdin" in str(error):
        return f"{subject} asks for input from the keyboard; tests have none to give."
    message = " ".join(str(error).split())
    message = message if len(message) <= 300 else message[:300] + " ..."
    return f"{subject} stopped with {type(error).__name__}" + (f": {message}" if message else ".")
