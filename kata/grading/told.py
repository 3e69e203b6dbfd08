"""Errors of which a cell tells, as errors that a judge can raise."""

from __future__ import annotations

import builtins
from collections.abc import Container
from typing import Any

from kata.grading.stand_in import NAME
from kata.judging.clock import TimeUp
from kata.judging.target import Blocked, Unwritten
from kata.judging.task import Evaded
from kata.judging.verdict import Place


def error_of(told: dict[str, Any], files: Container[str]) -> BaseException:
    """The error of which a cell tells, with its places in the student's files.

    Raises:
        TypeError, ValueError, KeyError: it tells of none.
    """
    error = _of_kind(told)
    places = []
    for file, line, function in told["places"]:
        if isinstance(file, str) and file in files and type(line) is int:
            places.append(Place(file, line, str(function)[:200]))
    error.places = places  # type: ignore[attr-defined]
    error.unfinished = told.get("unfinished") is True  # type: ignore[attr-defined]
    return error


def _line_number(value: Any) -> int | None:
    return value if type(value) is int else None


def _of_kind(told: dict[str, Any]) -> BaseException:
    message = str(told["message"])
    if "blocked" in told:
        sentence, line = told["blocked"]
        return Blocked(str(sentence)[:2_000], _line_number(line))
    if "unwritten" in told:
        name, line = told["unwritten"]
        return Unwritten(str(name)[:200], _line_number(line))
    if "evaded" in told:
        return Evaded(str(told["evaded"])[:200])
    if "late" in told:
        when, inside = told["late"]
        return TimeUp(str(when)[:200], inside is True)
    if "syntax" in told:
        text, line, source = told["syntax"]
        error = SyntaxError(str(text)[:500])
        error.lineno = _line_number(line)
        error.text = str(source)[:500] if source else None
        return error
    names = [str(name) for name in told["names"]]
    base = next((kind for name in names if (kind := _KINDS.get(name))), RuntimeError)
    name = names[0] if NAME.fullmatch(names[0]) else "Exception"
    kind = base if name == base.__name__ else type(name, (base,), {})
    if issubclass(kind, KeyError):  # which would show its message in quotes
        kind = type(name, (base,), {"__str__": lambda self: self.args[0]})
    found: BaseException = kind(message)
    if isinstance(found, ModuleNotFoundError):
        found.name = str(told.get("module"))[:200]
    return found


_AWAY = {"KeyboardInterrupt", "GeneratorExit", "BaseExceptionGroup", "ExceptionGroup"}
_KINDS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and name not in _AWAY
    and not issubclass(kind, UnicodeError)
}  # fmt: skip
