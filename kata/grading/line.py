"""The judge's end of the wire to a cell: requests, replies, and what both sides have to share.

Arguments go there by value. What a call has changed of them, or written into its folder, is changed
and written here as well, so that the tests see what they would see in one process.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import random
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import cloudpickle

from kata.grading import wire
from kata.grading.far import LENGTH, listing
from kata.grading.reader import Reader
from kata.grading.restore import restore
from kata.grading.stand_in import FarObject, stand_in
from kata.judging.clock import PATIENCE, TimeUp
from kata.judging.target import Blocked
from kata.running.sandbox import Cell

if TYPE_CHECKING:
    from kata.grading.near import FarTask

GRACE = 5  # seconds beyond its limit that a cell has for saying that it is late
WRITING = 60  # seconds in which a cell has to read what it is sent
MOST_FILES = 2_000
MOST_WRITTEN = 1 << 30  # bytes of files in all
STEPS = 20  # of a path
REMEMBERED = 8  # of what the tests gave, the last ones: changes are told of them
CONSTANT = str | int | float | bytes | type | None  # of which nothing can change
ONLY_HERE = 2  # references to what one dictionary has: its own, and that of the call that counts


class Refused(Blocked):
    """What came from the cell is not what answers send."""


class Line:
    """A wire to a cell.

    Args:
        cell: has an answer in it.
        tests: the folder of what no cell can import.
        ids: names of what the tests' libraries load; no file from the cell may go by one.
    """

    def __init__(self, cell: Cell, tests: Path, ids: Iterable[str]) -> None:
        self.cell = cell
        cell.connection.settimeout(WRITING)
        self._tests = tests
        self._reserved = {name.partition("/")[0].casefold() for name in ids}
        self.task: FarTask | None = None
        self._dead = ""  # why nothing more comes
        self._tokens: dict[int, object] = {}  # what was given last, by its number
        self._next = 0
        self._seen = 0  # modules that were looked at
        self._files: dict[str, tuple[int, int]] = {}
        self._written = 0  # bytes
        self._chance: object = None  # as the cell knows it

    def start_test(self, slow: bool) -> None:
        self._tokens.clear()
        self._files.clear()
        self._chance = None
        if not self._dead:
            with contextlib.suppress(Blocked):
                self._ask({"op": "start", "slow": slow}, WRITING)

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
        reply, reader = self._ask(request, PATIENCE * seconds + GRACE)
        _draw()  # so that seeding anew shows
        self._chance = _chance()
        try:
            self._take_files(reply.get("files", []), reader)
            for token, tree in reply.get("changed", []):
                restore(self._same(token), tree, reader)
        except Exception as error:  # whatever a library makes of what it was handed
            raise self.refuse(error) from None
        return reply, reader

    def _ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], Reader]:
        if self._dead:
            raise Blocked(self._dead)
        try:
            data = self._dump(request)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            raise TypeError(f"this cannot be handed to another process: {error}") from None
        try:
            self.cell.connection.sendall(LENGTH.pack(len(data)) + data)
            reply, buffers = wire.receive(self.cell.connection, time.monotonic() + seconds)
        except (wire.Gone, OSError):
            self._hang_up(f"The process of this answer {self.cell.close(patience=1) or 'is gone'}.")
            raise Blocked(self._dead) from None
        except wire.Late:
            self._hang_up("The process of this answer was ended, since it hung.")
            raise TimeUp(f"after {seconds:g} seconds", False) from None
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
        # Nobody else has them any more, so nobody can see what becomes of them.
        for token in [t for t in self._tokens if sys.getrefcount(self._tokens[t]) <= ONLY_HERE]:
            del self._tokens[token]
        numbers = []
        for value in (*args, *kwargs.values()):
            if isinstance(value, FarObject | CONSTANT):
                numbers.append(-1)
                continue
            known = (token for token, other in self._tokens.items() if other is value)
            token = next(known, self._next)
            self._next = max(self._next, token + 1)
            self._tokens[token] = value
            numbers.append(token)
        for token in sorted(self._tokens)[:-REMEMBERED]:
            del self._tokens[token]
        return Tokens(tuple(numbers), frozenset(self._tokens))

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
        now = _files_here()
        gone = [name for name in self._files if name not in now]
        new = [name for name, state in now.items() if self._files.get(name) != state]
        self._files = now
        return {**dict.fromkeys(gone), **{name: Path(name).read_bytes() for name in new}}

    def _take_files(self, files: list[Any], reader: Reader) -> None:
        if len(files) > MOST_FILES:
            raise wire.Malformed(f"{len(files)} files")
        for name, place in files:
            path = _safe_path(name)
            if path.parts[0].casefold() in self._reserved:
                raise wire.Malformed(f"{name[:100]!r}, which is the name of a model or metric")
            if place is None:
                _remove(path)
            elif place == -1:
                path.mkdir(parents=True, exist_ok=True)
            else:
                content = reader._bytes(place)
                self._written += len(content)
                if self._written > MOST_WRITTEN:
                    raise wire.Malformed(f"{self._written:,} bytes of files")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        self._files = _files_here()


class Tokens:
    """Pairs arguments with their numbers; the cell has a copy."""

    def __init__(self, numbers: tuple[int, ...], alive: frozenset[int]) -> None:
        self.numbers = numbers
        self.alive = alive  # those of what the judge still has

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[int, Any]]:
        values = (*args, *kwargs.values())
        pairs = zip(self.numbers, values, strict=True)
        return [(number, value) for number, value in pairs if number >= 0]


def _files_here() -> dict[str, tuple[int, int]]:
    """The files below this folder, without the folders themselves."""
    return {name: state for name, state in listing() if not name.endswith("/")}


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
        return value._far[1] if isinstance(value, FarObject) else None
