"""The far side: in a cell, holds a stranger's module, and does what the judge asks of it.

What comes from the judge is pickled, which is fine in this direction. What goes back is data; see
`wire`. Whoever owns the code in here owns this side of the wire as well, so nothing that it says is
taken for more than an answer.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import io
import json
import os
import pickle
import random
import socket
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from kata.grading import wire
from kata.grading.writer import Writer
from kata.judging.clock import TimeUp
from kata.judging.target import Blocked, Unwritten
from kata.judging.task import Evaded, Task
from kata.judging.verdict import is_unfinished, student_places

ABILITIES = (
    "__call__", "__len__", "__getitem__", "__iter__", "__next__", "__contains__", "__setitem__",
    "__enter__", "__exit__", "__fspath__", "__float__", "__int__", "__array__",
)  # fmt: skip
LIBRARIES = (
    "torch", "transformers", "datasets", "evaluate", "torchmetrics", "matplotlib", "collections",
)  # fmt: skip
MESSAGE = 4_000  # characters of an error's message
PLAIN = ("list", "dict", "tuple", "ndarray", "DataFrame", "Series", "Tensor")
LENGTH = struct.Struct(">Q")
Request = dict[str, Any]


class Far:
    """Serves one judge, with one answer."""

    def __init__(self, task: Task, connection: socket.socket) -> None:
        self._task = task
        self._connection = connection
        self._kept: dict[int, object] = {}  # what stays here, by number
        self._numbers: dict[int, int] = {}  # the other way, by identity
        self._given: dict[int, object] = {}  # what came, by its number
        self._states: dict[int, bytes] = {}  # what it is like, as far as the judge knows
        self._files: dict[str, tuple[int, int]] = {}  # what the judge knows of the folder
        self._folders = 0

    def serve(self) -> None:
        """Answer until the judge is gone."""
        be_silent()
        while True:
            data = self._receive()
            if data is None:
                return
            wire.send(self._connection, *self._answer(data))

    def _receive(self) -> bytes | None:
        start = self._exactly(LENGTH.size)
        return self._exactly(LENGTH.unpack(start)[0]) if start else None

    def _exactly(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            part = self._connection.recv(min(count - len(parts), 1 << 20))
            if not part:
                return None
            parts += part
        return bytes(parts)

    def _answer(self, data: bytes) -> tuple[wire.Tree, list[bytes]]:
        writer = Writer(self._keep, self._token_of)
        task = self._task
        reply: dict[str, Any] = {}
        noted = len(task.trace.digests)
        try:
            request: Request = _Unpickler(io.BytesIO(data), self._kept).load()
            if request["op"] == "start":
                self._start(request)
                return {}, []
            self._take_files(request["files"])
            self._remember(request)
            if request["chance"] is not None:
                _set_chance(request["chance"])
            try:
                with _gradients(request["gradients"]):
                    result = self._do(request)
            finally:
                reply["changed"] = self._tell_changes(writer)
            reply["result"] = writer.tree(result)
        except BaseException as error:
            reply["error"] = self._error(error)
        call = task.last_call
        reply["call"] = call and [call.text, list(call.details), call.line, call.file]
        reply["printed"] = [task.printed.out, task.printed.err, task.printed.total]
        reply["notes"] = [task.trace.digests[noted:], task.trace.chance]
        reply["files"] = self._tell_files(writer)
        return reply, writer.buffers

    def _do(self, request: Request) -> object:
        task, op = self._task, request["op"]
        args, kwargs = request["args"], request["kwargs"]
        if op == "call":
            return getattr(task, request["name"])(*args, **kwargs)
        if op == "value":
            return task.value(request["name"])
        if op == "reload":
            task.reload()
            return None
        thing: Any = self._kept[request["number"]]
        if op == "apply":
            name = request["name"]
            return task.apply(getattr(thing, name) if name else thing, *args, **kwargs)
        return task._guarded(op, lambda: _OPERATIONS[op](thing, *args, **kwargs))

    def _start(self, request: Request) -> None:
        self._task.start_test(slow=request["slow"])
        self._given.clear()
        self._states.clear()
        self._files.clear()
        self._folders += 1
        folder = Path(os.environ["HOME"]) / f"test{self._folders}"
        folder.mkdir()
        os.chdir(folder)

    # What is given

    def _remember(self, request: Request) -> None:
        tokens = request["tokens"]
        for token, value in tokens(request["args"], request["kwargs"]):
            self._given[token] = value
            self._states[token] = state_of(value)
        for token in self._given.keys() - tokens.alive:
            del self._given[token], self._states[token]

    def _token_of(self, value: object) -> int | None:
        if isinstance(value, str | int | float | bytes | type):
            return None
        return next((token for token, other in self._given.items() if other is value), None)

    def _tell_changes(self, writer: Writer) -> list[list[Any]]:
        """What a call has changed of what the judge gave, in this call or before."""
        told = []
        for token, value in self._given.items():
            state = state_of(value)
            if state != self._states[token]:
                self._states[token] = state
                # By value: a number would name the judge's own, which has not changed yet.
                told.append([token, writer.apart().insides(value)])
        return told

    # What stays

    def _keep(self, value: object) -> tuple[int, list[str], str]:
        number = self._numbers.get(id(value))
        if number is None:
            number = len(self._kept)
            self._kept[number] = value
            self._numbers[id(value)] = number
        kind = type(value)
        names = [
            f"{base.__module__}:{base.__qualname__}"
            for base in kind.__mro__
            if base.__module__.partition(".")[0] in LIBRARIES
        ]
        return number, [*names, *("+" + a for a in ABILITIES if hasattr(kind, a))], kind.__name__

    # What is told

    def _error(self, error: BaseException) -> dict[str, Any]:
        task = self._task
        told: dict[str, Any] = {
            "names": [kind.__name__ for kind in type(error).__mro__],
            "message": str(error)[:MESSAGE],
            "places": [list(place) for place in student_places(error, task.files)][-20:],
            "import": task.stopped_on_import(error),
            "unfinished": is_unfinished(error, task.files),
        }
        if isinstance(error, Blocked):
            told["blocked"] = [error.sentence, error.line]
        elif isinstance(error, Unwritten):
            told["unwritten"] = [error.name, error.line]
        elif isinstance(error, Evaded):
            told["evaded"] = str(error)
        elif isinstance(error, TimeUp):
            told["late"] = [error.when, error.in_student_code]
        elif isinstance(error, SyntaxError):
            told["syntax"] = [error.msg, error.lineno, error.text]
        elif isinstance(error, ModuleNotFoundError):
            told["module"] = error.name
        return told

    # Files, which each side has in a folder of its own

    def _take_files(self, files: dict[str, bytes | None]) -> None:
        for name, content in files.items():
            path = Path(name)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        self._files |= {name: found for name, found in listing() if name in files}

    def _tell_files(self, writer: Writer) -> list[list[Any]]:
        now = dict(listing())
        told: list[list[Any]] = [[name, None] for name in self._files if name not in now]
        for name, state in now.items():
            if self._files.get(name) != state:
                told.append([name, self._content(name, writer)])
        self._files = now
        return told

    def _content(self, name: str, writer: Writer) -> int:
        if name.endswith("/"):
            return -1
        writer.buffers.append(Path(name).read_bytes())
        return len(writer.buffers) - 1


def be_silent() -> None:
    """Print nothing: the streams of the process before have no place to go."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115


def listing() -> Iterator[tuple[str, tuple[int, int]]]:
    """The files and folders below this one; a folder's name ends in a slash; links do not count."""
    for folder, names, files in os.walk("."):
        where = "" if folder == "." else folder[2:] + "/"
        for name in names:
            if not os.path.islink(where + name):
                yield f"{where}{name}/", (0, 0)
        for name in files:
            state = os.lstat(where + name)
            if stat.S_ISREG(state.st_mode):
                yield where + name, (state.st_mtime_ns, state.st_size)


class _Unpickler(pickle.Unpickler):
    """Knows the objects that never left."""

    def __init__(self, data: io.BytesIO, kept: dict[int, object]) -> None:
        super().__init__(data)
        self._kept = kept

    def persistent_load(self, number: Any) -> object:
        return self._kept[number]


def state_of(value: Any) -> bytes:
    """A digest of all that a call may change of a value."""
    if type(value).__name__ in PLAIN:
        with suppress(Exception):  # of what somebody put into it; then by its tree
            return hashlib.sha256(pickle.dumps(value, 5)).digest()
    writer = Writer(lambda value: (0, [], type(value).__name__), lambda value: None)
    try:
        tree = writer.insides(value)
    except RecursionError:
        return b""
    whole = hashlib.sha256(json.dumps(tree).encode())
    for buffer in writer.buffers:
        whole.update(buffer)
    return whole.digest()


def _gradients(on: bool) -> AbstractContextManager[object]:
    """Whether gradients are kept, as where the judge asks."""
    return nullcontext() if on else importlib.import_module("torch").no_grad()


def _set_chance(state: tuple[Any, ...]) -> None:
    python, numpy, torch = state
    random.setstate(python)
    if numpy is not None:
        sys.modules["numpy"].random.set_state(numpy)
    if torch is not None:
        import torch as library

        library.set_rng_state(library.frombuffer(bytearray(torch), dtype=library.uint8))


def _get(thing: Any, name: str) -> object:
    return getattr(thing, name)


_END = object()
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "get": _get,
    "set": setattr,
    "deepcopy": copy.deepcopy,
    "use": lambda thing, *args, **kwargs: thing(*args, **kwargs),
    "len": len,
    "item": lambda thing, key: thing[key],
    "set item": lambda thing, key, value: thing.__setitem__(key, value),
    "iter": iter,
    "next": lambda thing: [item] if (item := next(thing, _END)) is not _END else [],
    "contains": lambda thing, item: item in thing,
    "float": float,
    "int": int,
}
