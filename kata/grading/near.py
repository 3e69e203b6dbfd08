"""The near side: the `task` of the tests, where the answer itself is in a cell.

Arguments go there by value. What comes back is data, read with suspicion; objects that stay there
are used through stand-ins. What a call has changed of its arguments, or written into its folder, is
changed and written here as well, so that the tests see what they would see in one process.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import pickle
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import cloudpickle

from kata.course import TaskInfo
from kata.grading import wire
from kata.grading.far import LENGTH, LIBRARIES, REMEMBERED, listing
from kata.grading.reader import Reader
from kata.grading.restore import restore
from kata.judging.behaviour import summary
from kata.judging.clock import PATIENCE, TimeUp
from kata.judging.output import KEPT, Printed
from kata.judging.target import Blocked, Target, Unwritten
from kata.judging.task import CALLS_A_TEST, Call, Evaded, Task
from kata.judging.task import describe_call as local_call
from kata.judging.verdict import Place
from kata.running.sandbox import Cell

GRACE = 5  # seconds beyond its limit that a cell has for saying that it is late
NAME = re.compile(r"[A-Za-z_]\w{0,60}")
DIGEST = re.compile(r"[0-9a-f]{8}")
MOST_FILES = 2_000
STEPS = 20  # of a path


class Refused(Blocked):
    """What came from the cell is not what answers send."""


class Line:
    """A wire to a cell."""

    def __init__(self, cell: Cell, tests: Path) -> None:
        self.cell = cell
        self._tests = tests  # the folder of what no cell can import
        self.task: FarTask | None = None
        self._dead = ""  # why nothing more comes
        self._tokens: dict[int, object] = {}  # what was given last, by its number
        self._next = 0
        self._seen = 0  # modules that were looked at
        self._files: dict[str, tuple[int, int]] = {}
        self._chance: object = None  # as the cell knows it

    def start_test(self, slow: bool) -> None:
        self._tokens.clear()
        self._files.clear()
        self._chance = None
        if not self._dead:
            with contextlib.suppress(Blocked):
                self._ask({"op": "start", "slow": slow}, time.monotonic() + 60)

    def request(
        self, op: str, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None,
        *, seconds: float, **more: Any,
    ) -> tuple[dict[str, Any], Reader]:  # fmt: skip
        """Ask for something; what was changed and written meanwhile is, here as well."""
        kwargs = kwargs or {}
        chance = _chance()
        request = {
            "op": op, "args": args, "kwargs": kwargs, "tokens": self._tokens_of(args, kwargs),
            "files": self._own_files(), "chance": chance if chance != self._chance else None,
            "gradients": _gradients(), **more,
        }  # fmt: skip
        reply, reader = self._ask(request, time.monotonic() + PATIENCE * seconds + GRACE)
        _draw()  # so that seeding anew shows
        self._chance = _chance()
        try:
            self._take_files(reply.get("files", []), reader)
            for token, tree in reply.get("changed", []):
                restore(self._same(token), tree, reader)
        except (wire.Malformed, TypeError, ValueError, OSError) as error:
            raise self.refuse(error) from None
        return reply, reader

    def _ask(self, request: dict[str, Any], deadline: float) -> tuple[dict[str, Any], Reader]:
        if self._dead:
            raise Blocked(self._dead)
        try:
            data = self._dump(request)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise TypeError(f"this cannot be handed to another process: {error}") from None
        try:
            self.cell.connection.sendall(LENGTH.pack(len(data)) + data)
            reply, buffers = wire.receive(self.cell.connection, deadline)
        except (wire.Gone, OSError):
            self._hang_up(f"The process of this answer {self.cell.close(patience=1) or 'is gone'}.")
            raise Blocked(self._dead) from None
        except wire.Late:
            self._hang_up("The process of this answer was ended, since it hung.")
            raise TimeUp(f"after {deadline:g} seconds", False) from None
        except wire.Malformed as error:
            raise self.refuse(error) from None
        if not isinstance(reply, dict):
            raise self.refuse(wire.Malformed("no reply"))
        return reply, Reader(buffers, self._stand_in, self._same)

    def _dump(self, request: dict[str, Any]) -> bytes:
        """Pickle a request, classes of the tests with it, which no cell can import."""
        if len(sys.modules) != self._seen:
            self._seen = len(sys.modules)
            for module in list(sys.modules.values()):
                if str(self._tests) in (getattr(module, "__file__", None) or ""):
                    cloudpickle.register_pickle_by_value(module)
        data = io.BytesIO()
        _Pickler(data).dump(request)
        return data.getvalue()

    def _hang_up(self, why: str) -> None:
        self.cell.close()
        self._dead = why

    def refuse(self, error: Exception) -> Refused:
        """The error for what should not have come; nothing more is taken from there."""
        self._hang_up(
            f"What came back is not what an answer to this task returns: {str(error)[:200]}."
        )
        return Refused(self._dead)

    # What is given, and what stays

    def _tokens_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[..., Any]:
        numbers = []
        for value in (*args, *kwargs.values()):
            if isinstance(value, FarObject):
                numbers.append(-1)
                continue
            known = (token for token, other in self._tokens.items() if other is value)
            token = next(known, self._next)
            self._next = max(self._next, token + 1)
            self._tokens[token] = value
            numbers.append(token)
        for token in sorted(self._tokens)[:-REMEMBERED]:
            del self._tokens[token]
        return Tokens(tuple(numbers))

    def _same(self, token: int) -> object:
        if token not in self._tokens:
            raise wire.Malformed("an argument that there was not")
        return self._tokens[token]

    def _stand_in(self, number: int, kinds: list[str], name: str) -> object:
        return stand_in(self, number, tuple(kinds), name)

    def use(self, op: str, number: int, *args: Any, **kwargs: Any) -> Any:
        """Use an object of the cell's, as a part of what is being applied."""
        assert self.task is not None
        reply, reader = self.request(op, args, kwargs, seconds=self.task.seconds, number=number)
        return self.task.outcome(reply, reader)

    # Files

    def _own_files(self) -> dict[str, bytes | None]:
        now = {name: state for name, state in listing() if not name.endswith("/")}
        gone = [name for name in self._files if name not in now and not name.endswith("/")]
        new = [name for name, state in now.items() if self._files.get(name) != state]
        self._files = now
        return {**dict.fromkeys(gone), **{name: Path(name).read_bytes() for name in new}}

    def _take_files(self, files: list[Any], reader: Reader) -> None:
        if len(files) > MOST_FILES:
            raise wire.Malformed(f"{len(files)} files")
        for name, place in files:
            path = _safe_path(name)
            if place is None:
                _remove(path)
            elif place == -1:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(reader._bytes(place))
        self._files = {name: state for name, state in listing() if not name.endswith("/")}


class Tokens:
    """Pairs arguments with their numbers; the cell has a copy."""

    def __init__(self, numbers: tuple[int, ...]) -> None:
        self.numbers = numbers

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[int, Any]]:
        values = (*args, *kwargs.values())
        pairs = zip(self.numbers, values, strict=True)
        return [(number, value) for number, value in pairs if number >= 0]


def _safe_path(name: object) -> Path:
    """A path below this folder.

    Raises:
        wire.Malformed: it leads elsewhere.
    """
    if not isinstance(name, str) or "\0" in name or "\\" in name:
        raise wire.Malformed("a file without a name")
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or len(path.parts) > STEPS:
        raise wire.Malformed(f"a file that lies elsewhere, {name[:100]!r}")
    return Path(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        with contextlib.suppress(OSError):
            path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _chance() -> tuple[Any, ...]:
    numpy = torch = None
    if "numpy" in sys.modules:
        state = sys.modules["numpy"].random.get_state()
        numpy = (state[0], state[1].tobytes(), *state[2:])
    if "torch" in sys.modules:
        torch = sys.modules["torch"].get_rng_state().numpy().tobytes()
    return random.getstate(), numpy, torch


def _draw() -> None:
    random.random()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.random()
    if "torch" in sys.modules:
        sys.modules["torch"].rand(1)


def _gradients() -> bool:
    return "torch" not in sys.modules or sys.modules["torch"].is_grad_enabled()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Names the objects that are in the cell anyway."""

    def persistent_id(self, value: Any) -> Any:
        return object.__getattribute__(value, "_far")[1] if isinstance(value, FarObject) else None


class FarTask(Task):
    """A task whose answer is in a cell."""

    def __init__(self, info: TaskInfo, target: Target, line: Line) -> None:
        super().__init__(info, target)
        self._line = line
        line.task = self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._fail_again(name)
            return self._ask("call", name, args, kwargs, name=name)

        return call

    def value(self, name: str) -> Any:
        __tracebackhide__ = True
        return self._ask("value", name, name=name)

    def reload(self) -> None:
        self._ask("reload", "import")

    def start_test(self, slow: bool = False) -> None:
        super().start_test(slow)
        self._line.start_test(slow)

    def apply(self, thing: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        far, name = (thing, "") if isinstance(thing, FarObject) else (None, "")
        if isinstance(getattr(thing, "__self__", None), FarObject):
            far, name = thing.__self__, thing.__name__  # type: ignore[attr-defined]
        if far is not None:
            number = object.__getattribute__(far, "_far")[1]
            return self._ask("apply", f"{number}.{name}", args, kwargs, number=number, name=name)
        return super().apply(thing, *args, **kwargs)

    @property
    def seconds(self) -> float:
        """How long one request may take now."""
        had = self._test.passed if self._test else 0.0
        return max(min(self._limit, CALLS_A_TEST * self._limit - had / PATIENCE), 1.0)

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        yield  # nothing of the answer's folder is imported here

    def _noted(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        self.trace.note(summary(result, self.files))
        return result

    def _ask(
        self, op: str, what: str, args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None, **more: Any,
    ) -> Any:  # fmt: skip
        __tracebackhide__ = True
        self._fail_again("import")
        self.returned.clear()
        self.last_call = local_call(what, None, args, kwargs or {})
        try:
            reply, reader = self._line.request(op, args, kwargs, seconds=self.seconds, **more)
            self._take_call(reply)
            result = self.outcome(reply, reader)
        except TimeUp as error:
            self._failed[what] = (error, self.last_call)
            raise
        self.returned.append(result)
        return result

    def _take_call(self, reply: dict[str, Any]) -> None:
        call = reply.get("call")
        if isinstance(call, list) and len(call) == 4:
            text, details, line, file = call
            lines = tuple(str(part)[:1_000] for part in details)
            line = line if type(line) is int else None
            file = file if isinstance(file, str) and file in self.files else None
            self.last_call = Call(str(text)[:2_000], lines, line, file)
            self._maker = self._maker or self.last_call
        out, err, total = [*reply.get("printed", []), "", "", 0][:3]
        self.printed = Printed(str(out)[:KEPT], str(err)[:KEPT], total if type(total) is int else 0)
        notes, chance = [*reply.get("notes", []), [], False][:2]
        for note in notes if isinstance(notes, list) else []:
            if not self.trace.is_full and isinstance(note, str) and DIGEST.fullmatch(note):
                self.trace.digests.append(note)
        self.trace.chance = self.trace.chance or chance is True

    def outcome(self, reply: dict[str, Any], reader: Reader) -> Any:
        """What a reply says: a value, or an error to raise."""
        __tracebackhide__ = True
        try:
            if "error" not in reply:
                return reader.value(reply.get("result"))
            error = _error(reply["error"], self.files)
        except (wire.Malformed, TypeError, ValueError, KeyError) as problem:
            raise self._line.refuse(problem) from None
        if reply["error"].get("import") is True:
            self._failed["import"] = (error, None)
        raise error


def _error(told: dict[str, Any], files: Any) -> BaseException:
    """The error of which a cell tells."""
    error = _of_kind(told)
    places = []
    for file, line, function in told["places"]:
        if isinstance(file, str) and file in files and type(line) is int:
            places.append(Place(file, line, str(function)[:200]))
    error.places = places  # type: ignore[attr-defined]
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


# Stand-ins


class FarObject:
    """Stands for an object in a cell; see `stand_in`."""

    _far: tuple[Line, int]

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") or name == "_far":
            return object.__getattribute__(self, name)
        line, number = object.__getattribute__(self, "_far")
        return line.use("get", number, name)

    def __setattr__(self, name: str, value: object) -> None:
        line, number = object.__getattribute__(self, "_far")
        line.use("set", number, name, value)

    def __deepcopy__(self, memo: object) -> Any:
        line, number = object.__getattribute__(self, "_far")
        return line.use("deepcopy", number)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __del__(self) -> None:
        pass  # what it stands for is released in the cell, with the cell

    __str__ = __repr__
    __eq__ = object.__eq__
    __hash__ = object.__hash__
    __dir__ = object.__dir__


def _operation(op: str) -> Callable[..., Any]:
    def operate(self: FarObject, *args: Any, **kwargs: Any) -> Any:
        line, number = object.__getattribute__(self, "_far")
        return line.use(op, number, *args, **kwargs)

    return operate


def _length(self: FarObject) -> int:
    line, number = object.__getattribute__(self, "_far")
    return _whole(line.use("len", number))


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("this is no whole number")
    return value


def _next(self: FarObject) -> Any:
    line, number = object.__getattribute__(self, "_far")
    found = line.use("next", number)
    if not isinstance(found, list) or not found:
        raise StopIteration
    return found[0]


def _iterate(self: FarObject) -> Iterator[Any]:
    line, number = object.__getattribute__(self, "_far")
    found = line.use("iter", number)
    return iter(found) if not isinstance(found, FarObject) else found


_ABILITIES = {
    "__call__": _operation("use"),
    "__len__": _length,
    "__getitem__": _operation("item"),
    "__setitem__": _operation("set item"),
    "__iter__": _iterate,
    "__next__": _next,
    "__contains__": _operation("contains"),
}
for _name, _function in _ABILITIES.items():
    _function.__name__ = _name  # by which a test that applies one asks for it
_made: dict[tuple[tuple[str, ...], str], type] = {}


def stand_in(line: Line, number: int, kinds: tuple[str, ...], name: str) -> Any:
    """What the tests use in the place of an object that stays in the cell.

    It is one of the library classes that the object is one of, and can what they can: all that is
    asked of it is asked there.
    """
    if (kinds, name) not in _made:
        _made[kinds, name] = _class_of(kinds, name)
    found: Any = object.__new__(_made[kinds, name])
    object.__setattr__(found, "_far", (line, number))
    return found


def _class_of(kinds: tuple[str, ...], name: str) -> type:
    members: dict[str, Any] = {"__init__": lambda self: None}
    bases: list[type] = []
    for kind in kinds:
        if kind[1:] in _ABILITIES and kind[0] == "+":
            members[kind[1:]] = _ABILITIES[kind[1:]]
            continue
        module, _, qualname = kind.partition(":")
        if module.partition(".")[0] in LIBRARIES and module in sys.modules:
            base = getattr(sys.modules[module], qualname, None)
            if isinstance(base, type) and not any(issubclass(other, base) for other in bases):
                bases.append(base)
    label = name if NAME.fullmatch(name) else "object"
    for parts in ((FarObject, *bases), (FarObject,)):
        with contextlib.suppress(TypeError):
            made = type(label, parts, members)
            object.__new__(made)
            return made
    return FarObject
