"""A red test as pytest's other readers see it: JUnit, xdist, editors, `pytest -rf`.

They take what a report calls its `longrepr`, and the type of the exception: editors tell a failure
from an error by the name AssertionError.
"""

from __future__ import annotations

from collections.abc import Container

import pytest

# What xdist can send between its processes, and pytest exports no other way to make.
from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

from kata.course import Course
from kata.judging.result import Result
from kata.judging.verdict import student_frames
from kata.reporting.blocks import block, message


def representation(course: Course, result: Result) -> ReprExceptionInfo:
    """The block of a red test in the form of pytest's `longrepr`."""
    verdict = result.verdict
    crash = ReprFileLocation(verdict.file, verdict.line or 1, message(course, result))
    entry = ReprEntryNative([block(course, result)])
    return ReprExceptionInfo(ReprTraceback([entry], None, "native"), crash)


def as_failure(
    course: Course, result: Result, error: BaseException, files: Container[str]
) -> pytest.ExceptionInfo[AssertionError]:
    """What a red test raised, as a failed assertion on the student's line.

    A debugger that is entered by it stands there, and not in a library below.
    """
    trace = error.__traceback__
    for entry in student_frames(error, files)[-1:]:
        entry.tb_next = None
    failure = AssertionError(message(course, result)).with_traceback(trace)
    return pytest.ExceptionInfo.from_exception(failure)
