"""Objects that stay in a cell, as tests use them: stand-ins, of which everything is asked there."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kata.grading.far import LIBRARIES

if TYPE_CHECKING:
    from kata.grading.line import Line

NAME = re.compile(r"[A-Za-z_]\w{0,60}")


class FarObject:
    """Stands for an object in a cell; see `stand_in`."""

    _far: tuple[Line, int]

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("__") or name == "_far":
            return object.__getattribute__(self, name)
        line, number = self._far
        return line.use("get", number, name)

    def __setattr__(self, name: str, value: object) -> None:
        line, number = self._far
        line.use("set", number, name, value)

    def __deepcopy__(self, memo: object) -> Any:
        line, number = self._far
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
        line, number = self._far
        return line.use(op, number, *args, **kwargs)

    return operate


def _length(self: FarObject) -> int:
    line, number = self._far
    return _whole(line.use("len", number))


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError("this is no whole number")
    return value


def _next(self: FarObject) -> Any:
    line, number = self._far
    found = line.use("next", number)
    if not isinstance(found, list) or not found:
        raise StopIteration
    return found[0]


def _iterate(self: FarObject) -> Iterator[Any]:
    line, number = self._far
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
