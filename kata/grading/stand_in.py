"""Objects that stay in a cell, as tests use them: stand-ins, of which everything is asked there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kata.grading.line import Line

NAME = re.compile(r"[A-Za-z_]\w{0,60}")
# What a stand-in may pass for in `isinstance`. A short list: code in C that looks for a class, such
# as torch's for tensors, would take a stand-in's memory for one's.
CLASSES = frozenset({
    "collections:UserDict", "collections.abc:Mapping", "collections.abc:MutableMapping",
    "datasets.arrow_dataset:Dataset",
    "matplotlib.axes._axes:Axes", "matplotlib.figure:Figure", "matplotlib.figure:FigureBase",
    "torch.nn.modules.module:Module", "torchmetrics.metric:Metric",
    "torch.utils.data.dataloader:DataLoader", "torch.utils.data.dataset:ConcatDataset",
    "torch.utils.data.dataset:Dataset", "torch.utils.data.dataset:IterableDataset",
    "torch.utils.data.dataset:Subset", "torch.utils.data.dataset:TensorDataset",
    "torch.utils.data.sampler:Sampler",
    "transformers.data.data_collator:DataCollatorWithPadding",
    "transformers.modeling_utils:PreTrainedModel",
    "transformers.tokenization_utils_base:BatchEncoding",
    "transformers.tokenization_utils_base:PreTrainedTokenizerBase",
})  # fmt: skip


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

    It passes for the first class of `CLASSES` that the object is one of, and can what the object
    can: all that is asked of it is asked there. Nothing is inherited: what a class does when it is
    pickled, copied or deleted would be done here, with contents that come from there.
    """
    if (kinds, name) not in _made:
        _made[kinds, name] = _class_of(kinds, name)
    found: Any = object.__new__(_made[kinds, name])
    object.__setattr__(found, "_far", (line, number))
    return found


def _class_of(kinds: tuple[str, ...], name: str) -> type:
    members: dict[str, Any] = {
        kind[1:]: _ABILITIES[kind[1:]]
        for kind in kinds
        if kind[:1] == "+" and kind[1:] in _ABILITIES
    }
    passes_for = next((found for kind in kinds if (found := _listed(kind))), None)
    if passes_for is not None:
        members["__class__"] = property(lambda self: passes_for)
    return type(name if NAME.fullmatch(name) else "object", (FarObject,), members)


def _listed(kind: str) -> type | None:
    """A class of the list, if its library is in use; what is not, no test asks for."""
    module, _, name = kind.partition(":")
    found = getattr(sys.modules.get(module), name, None) if kind in CLASSES else None
    return found if isinstance(found, type) else None
