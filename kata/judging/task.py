"""The `task` fixture: the only way from a test to a student's file."""

from __future__ import annotations

import bdb
import difflib
import inspect
import math
import os
import random
import sys
import unittest
import warnings
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest

from kata.course import TaskInfo
from kata.judging.behaviour import Trace, summary
from kata.judging.clock import Stopwatch, TimeUp, time_limit
from kata.judging.describe import describe, is_simple
from kata.judging.output import LIMIT, Printed, bounded_output
from kata.judging.target import Blocked, Target, Unwritten

SEED = int(os.environ.get("KATA_SEED", "20"))  # other seeds are for `kata flakes`
# What would have pytest count a test as away; raised by a student's code, it is an evasion.
AWAY = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)
STOPPED = "has_stopped_a_call"  # an attribute of errors
CALLS_A_TEST = 4  # a test may take as long as so many calls that use up their time limit


class Evaded(Exception):
    """The student's code asked for its test to be skipped."""


@dataclass(frozen=True)
class Call:
    """A call as the report shows it, described before it was made."""

    text: str
    details: tuple[str, ...]  # one line per argument that is too long for the call itself
    line: int | None  # where the called function starts, in `file`
    file: str | None


class Task:
    """A student's answer to one task.

    `task.create_sequences(df, 5)` calls the student's function of that name under a time limit,
    with its output bounded and its warnings tolerated, and remembers the call for the report.
    The file is run at the first such call. Objects that a call returns are used through
    `task.apply(thing, ...)`, for the same reasons. `task.printed` is what the last call printed.
    """

    def __init__(
        self,
        info: TaskInfo,
        target: Target,
        *,
        reference: Task | None = None,
        strict: bool = False,
        patient: bool = False,
        loud: bool = False,
    ) -> None:
        self._info = info
        self._target = target
        self.reference = reference  # for speeds on the board; a student edition has none
        self.strict = strict  # a reference: its warnings are errors, and it is never to blame
        self._patient = patient  # no time limit: somebody is debugging
        self._shown = None if loud else LIMIT  # of the output, in characters
        self._module: ModuleType | None = None
        self._failed: dict[str, tuple[BaseException, Call | None]] = {}  # by what was attempted
        self._once: dict[str, object] = {}
        self._lines: dict[str, int | None] = {}  # of names that are no functions of the file's
        self.last_call: Call | None = None
        self._maker: Call | None = None  # the last call by name: it made what is applied
        self.returned: list[object] = []  # what the last call returned, once it has
        self.printed = Printed()
        self.trace = Trace()
        self._limit = info.time_limit
        self._test: Stopwatch | None = None  # runs from the start of a test

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            function = self._callable(name)
            self.last_call = self._maker = self._described(name, function, args, kwargs)
            self._check_signature(name, function, args, kwargs)
            try:
                return self._guarded(name, lambda: self._noted(function, *args, **kwargs))
            except BaseException as error:
                note_stop(error)
                raise

        return call

    def apply(self, thing: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call an object that the student's code returned, a model say, as one calls a function.

        `thing` may also be a function of the test that uses such an object.
        """
        __tracebackhide__ = True
        name = getattr(thing, "__qualname__", type(thing).__name__)
        if "<locals>" in name:
            name = name.rpartition(".")[2].replace("_", " ")
        call = describe_call(name, getattr(thing, "forward", thing), args, kwargs)
        self.last_call = call if self._maker is None else _made_by(self._maker, call, self.files)
        return self._guarded(name, lambda: self._noted(thing, *args, **kwargs))

    def value(self, name: str) -> Any:
        """What the student's file holds under a name that is not a function's.

        Raises:
            Unwritten: it holds nothing yet.
        """
        __tracebackhide__ = True
        module = self._load()
        if not hasattr(module, name):
            raise Unwritten(name, self._target.asks_for(name))
        self.last_call = Call("", (), self._target.line_of(name), self.main_file)
        return getattr(module, name)

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """`make()`, at its first use in this file of tests; its failure is remembered too."""
        __tracebackhide__ = True
        self._fail_again(key)
        with self.trace.shared(key):
            if key not in self._once:
                _seed()  # the same, whichever test comes first
                try:
                    self._once[key] = make()
                except BaseException as error:
                    self._failed[key] = (error, self.last_call)
                    raise
                _seed()
        return self._once[key]

    def reload(self) -> None:
        """Run the file anew at the next call, so that nothing is left of earlier ones."""
        self._module = None

    def start_test(self, slow: bool = False) -> None:
        """Forget the last test's calls, and seed every source of randomness."""
        self._limit = self._info.slow_time_limit if slow else self._info.time_limit
        self.last_call = self._maker = None
        self.returned.clear()
        self.printed = Printed()
        self.trace.start()
        self._start_clock()
        _seed()

    def be_patient(self) -> None:
        """Set no more time limits in this test: somebody is debugging it."""
        self._limit = math.inf

    @property
    def files(self) -> Container[str]:
        return self._target.files

    @property
    def main_file(self) -> str:
        """The file that was asked for, of those in `files`."""
        return str(self._target.path)

    def stopped_on_import(self, error: BaseException) -> bool:
        return "import" in self._failed and self._failed["import"][0] is error

    def _fail_again(self, what: str) -> None:
        """Raise what stopped an earlier attempt, if there was one."""
        __tracebackhide__ = True
        if what in self._failed:
            error, self.last_call = self._failed[what]
            raise error

    def _callable(self, name: str) -> Callable[..., Any]:
        __tracebackhide__ = True
        module = self._load()
        if not hasattr(module, name):
            own = [
                key
                for key, value in vars(module).items()
                if getattr(value, "__module__", None) == module.__name__
            ]
            near = difflib.get_close_matches(name, own, 1)
            hint = f" It has `{near[0]}`; rename that?" if near else ""
            raise Blocked(f"The file defines no `{name}`, which the task asks for.{hint}")
        found = getattr(module, name)
        if not callable(found):
            raise Blocked(
                f"`{name}` is {describe(found)}, which cannot be called; "
                "the task asks for a function or a class of that name."
            )
        return found  # type: ignore[no-any-return]  # checked just above

    def _described(self, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Call:
        """The call, at a line of the student's, who may have taken the function from a library."""
        call = describe_call(name, function, args, kwargs)
        if call.file in self.files:
            return call
        if name not in self._lines:
            elsewhere = self._target.entry or self._target.objects
            self._lines[name] = None if elsewhere else self._target.line_of(name)
        return replace(call, file=self.main_file, line=self._lines[name])

    def _load(self) -> ModuleType:
        __tracebackhide__ = True
        if self._module is None:
            self._fail_again("import")
            try:
                limit = self._info.import_time_limit
                self._module = self._guarded("import", self._target.load, limit)
            except BaseException as error:
                self._failed["import"] = (error, None)
                raise
            self._start_clock()
            _seed()  # the file may have imported libraries with a source of randomness
        return self._module

    def _check_signature(
        self, name: str, function: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        __tracebackhide__ = True
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return  # some classes of C libraries have none
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            assert self.last_call is not None
            raise Blocked(
                f"`{name}{signature}` cannot be called as the task asks: {error}.",
                self.last_call.line,
            ) from None

    def _start_clock(self) -> None:
        self._test = Stopwatch()

    def _guarded(self, what: str, call: Callable[[], Any], limit: float | None = None) -> Any:
        __tracebackhide__ = True
        self._fail_again(what)  # it hung once; do not wait for it again
        try:
            with (
                self._in_place(),
                self._time_limit(limit),
                self._warnings(),
                bounded_output(self._shown) as self.printed,
            ):
                self.returned.clear()
                result = call()
                self.returned.append(result)
                return result
        except TimeUp as error:
            self._failed[what] = (error, self.last_call)
            raise
        except (bdb.BdbQuit, pytest.exit.Exception):
            # Somebody quits the debugger: end the run, where hypothesis would try once more.
            raise KeyboardInterrupt from None
        except AWAY as error:
            # pytest would count the test as one that need not run.
            raise Evaded(type(error).__name__).with_traceback(error.__traceback__) from None

    def _in_place(self) -> AbstractContextManager[None]:
        return self._target.in_place()

    def _noted(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if self.trace.is_full:
            return function(*args, **kwargs)
        before = _chance()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            self.trace.note(f"raises {type(error).__name__}", chance=_chance() != before)
            raise
        self.trace.note(summary(result, self.files), chance=_chance() != before)
        return result

    @contextmanager
    def _time_limit(self, seconds: float | None) -> Iterator[None]:
        if self._patient or self._limit == math.inf:
            yield
            return
        had = self._test.had if self._test else 0.0
        left = max(CALLS_A_TEST * self._limit - had, 0.01)
        when = ""
        if not seconds and left < self._limit:
            whole = CALLS_A_TEST * self._limit
            when = f"when the {whole:g} seconds that a test may take in all were over"
        with time_limit(seconds or min(self._limit, left), self.files, when):
            yield

    @contextmanager
    def _warnings(self) -> Iterator[None]:
        with warnings.catch_warnings():
            if not self.strict:
                warnings.simplefilter("ignore")
            yield


def note_stop(error: BaseException) -> None:
    """Note on an error that a function of the student's ended so, in whoever's lines that was."""
    with suppress(Exception):  # a class of the student's may refuse
        setattr(error, STOPPED, True)


def has_stopped_a_call(error: BaseException) -> bool:
    return getattr(error, STOPPED, False) is True


def _seed() -> None:
    random.seed(SEED)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(SEED)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(SEED)


def _chance() -> tuple[object, ...]:
    """The state of every source of randomness that `_seed` seeds."""
    states: list[object] = [random.getstate()]
    if "numpy" in sys.modules:
        state = sys.modules["numpy"].random.get_state(legacy=False)["state"]
        states += [state["key"].tobytes(), state["pos"]]
    if "torch" in sys.modules:
        states.append(sys.modules["torch"].get_rng_state().numpy().tobytes())
    return tuple(states)


def describe_call(name: str, function: Callable[..., Any] | None, args: Any, kwargs: Any) -> Call:
    """A call in words; without its function, arguments go by their numbers."""
    try:
        assert function is not None
        parameters = [
            p.name
            for p in inspect.signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (AssertionError, TypeError, ValueError):
        parameters = []
    named = {
        parameters[i] if i < len(parameters) else f"argument {i + 1}": value
        for i, value in enumerate(args)
    } | kwargs
    simple = {key for key, value in named.items() if is_simple(value)}
    words = [f"{key}={value!r}" if key in simple else key for key, value in named.items()]
    details = [f"{key} = {describe(value)}" for key, value in named.items() if key not in simple]
    code = getattr(inspect.unwrap(function), "__code__", None) if function else None
    if code is None and isinstance(function, type):
        code = getattr(vars(function).get("__init__"), "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if code else (None, None)
    return Call(f"{name}({', '.join(words)})", tuple(details), line, file)


def _made_by(maker: Call, call: Call, files: Container[str]) -> Call:
    """A call that the test made, of what the student's code had returned to it."""
    origin = f"(the test calls this, of what `{maker.text}` returned)"
    if call.file in files:
        return replace(call, details=(*call.details, origin))
    return replace(call, details=(*call.details, origin), file=maker.file, line=maker.line)
