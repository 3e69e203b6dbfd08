"""On the side of the judge: turns the trees that come from a cell into values; see `wire`.

Whoever wrote a tree may have meant harm. Nothing is unpickled, no name is looked up but in short
lists, and no memory is asked for that the message does not already fill.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections.abc import Callable
from typing import Any

from kata.grading.restore import PLAIN, check_size, is_harmless, restore_module
from kata.grading.wire import DEPTH, MOST_BYTES, NODES, TORCH_DTYPES, Malformed, Tree

DTYPE = re.compile(r"[<>|=]?(?:b1|[iu][1248]|f[248]|c8|c16|U\d{1,5}|S\d{1,5}|[mM]8\[\w{1,4}\])")
MAPPINGS = {
    "OrderedDict": "collections",
    "Counter": "collections",
    "BatchEncoding": "transformers",
}
COLUMNS = ("object", "str", "string", "category")
DIMENSIONS = 16
MOST_HASHED = 4_000  # values of a set: where all have one hash, it takes time by the square
# The families of the course's hub; some others load weights that their configuration names.
MODELS = re.compile(
    r"(?:DistilBert|Bert|Roberta|GPT2|T5|Marian)(?:LMHead|DoubleHeads|Encoder|MT)?"
    r"(?:Model|For[A-Z][A-Za-z]{3,40})"
)
Handle = Callable[[int, list[str], str], object]


class Reader:
    """Reads one message.

    Args:
        handle: makes what stands for an object that stays in the cell, by its number, the names of
            library classes that it is one of, and what its own class is called.
        same: the object of the judge's that has a number.
    """

    def __init__(self, buffers: list[bytes], handle: Handle, same: Callable[[int], object]) -> None:
        self._buffers = buffers
        self._handle = handle
        self._same = same
        self._copied = 0  # bytes
        self._nodes = 0
        self._depth = 0

    def value(self, tree: Tree) -> Any:
        """What a tree stands for.

        Raises:
            Malformed: it is no tree of `writer`'s.
        """
        try:
            return self._value(tree)
        except Malformed:
            raise
        except Exception as error:  # whatever a library makes of what it was handed
            raise Malformed(f"{type(error).__name__}: {error}"[:300]) from None

    def _value(self, tree: Tree) -> Any:
        self._nodes += 1
        if self._nodes > NODES:
            raise Malformed("more values than an answer needs")
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if not isinstance(tree, list) or not tree or not isinstance(tree[0], str):
            raise Malformed("a value of no kind")
        read = _READERS.get(tree[0])
        if read is None:
            raise Malformed(f"a value of the unknown kind {tree[0][:40]!r}")
        self._depth += 1
        if self._depth > DEPTH:
            raise Malformed("values in values, too deep")
        try:
            return read(self, *tree[1:])
        finally:
            self._depth -= 1

    def _many(self, trees: Tree) -> list[Any]:
        _check(isinstance(trees, list), "a list that is none")
        return [self._value(tree) for tree in trees]

    def _bytes(self, place: Tree) -> bytes:
        _check(type(place) is int and 0 <= place < len(self._buffers), "bytes that are not there")
        found = self._buffers[place]
        self._copied += len(found)  # a place may be named again and again
        _check(self._copied <= MOST_BYTES, "the same bytes, too often")
        return found

    def _int(self, text: Tree) -> int:
        _check(isinstance(text, str) and len(text) < 4_000, "a number too large")
        return int(text, 16)

    def _dict(self, name: Tree, pairs: Tree) -> Any:
        _check(isinstance(pairs, list) and len(pairs) <= MOST_HASHED, "a large dictionary")
        found = {self._key(key): self._value(item) for key, item in pairs}
        if name in MAPPINGS:
            return getattr(importlib.import_module(MAPPINGS[name]), name)(found)
        return found

    def _hashed(self, trees: Tree) -> list[Any]:
        _check(isinstance(trees, list) and len(trees) <= MOST_HASHED, "a large set")
        return self._many(trees)

    def _key(self, tree: Tree) -> Any:
        key = self._value(tree)
        hash(key)
        return key

    def _range(self, *bounds: Tree) -> range:
        _check(all(type(bound) is int for bound in bounds), "a range of what are no numbers")
        return range(*bounds)

    def _slice(self, *bounds: Tree) -> slice:
        _check(all(b is None or type(b) is int for b in bounds), "a slice of no numbers")
        return slice(*bounds)

    def _array(self, dtype: Tree, shape: Tree, place: Tree) -> Any:
        import numpy as np

        _check(isinstance(dtype, str) and DTYPE.fullmatch(dtype) is not None, "an unknown dtype")
        kind = np.dtype(dtype)
        data = self._bytes(place)
        _check_shape(shape, kind.itemsize, len(data))
        return np.frombuffer(data, kind).reshape(shape).copy()

    def _scalar(self, *array: Tree) -> Any:
        found = self._array(*array)
        _check(found.shape == (), "a scalar of several values")
        return found[()]

    def _objects(self, shape: Tree, items: Tree) -> Any:
        import numpy as np

        values = self._many(items)
        _check_shape(shape, 1, len(values))
        found = np.empty(len(values), object)
        found[:] = values
        return found.reshape(shape)

    def _dtype(self, name: Tree) -> Any:
        import numpy as np

        _check(isinstance(name, str) and DTYPE.fullmatch(name) is not None, "an unknown dtype")
        return np.dtype(name)

    def _column(self, tree: Tree) -> tuple[Any, str | None]:
        own, array = tree
        values = self._value(array)
        _check(own == "" or own in COLUMNS or str(own).startswith("datetime64"), "a column's dtype")
        return values, own or None

    def _series(self, name: Tree, index: Tree, column: Tree) -> Any:
        import pandas as pd

        values, dtype = self._column(column)
        return pd.Series(values, self._index_of(index), dtype=dtype, name=self._value(name))

    def _index(self, name: Tree, column: Tree) -> Any:
        found = self._index_of(column)
        found.name = self._value(name)
        return found

    def _index_of(self, column: Tree) -> Any:
        import pandas as pd

        values, dtype = self._column(column)
        return pd.Index(values, dtype=dtype)

    def _frame(self, names: Tree, index: Tree, columns: Tree) -> Any:
        import pandas as pd

        rows = self._index_of(index)
        parts = [self._column(column) for column in columns]
        series = [pd.Series(values, rows, dtype=dtype) for values, dtype in parts]
        found = pd.concat(series, axis=1) if series else pd.DataFrame(index=rows)
        found.columns = pd.Index(self._value(names))
        return found

    def _time(self, text: Tree) -> Any:
        import pandas as pd

        _check(isinstance(text, str) and len(text) < 60, "a moment")
        return pd.Timestamp(text)

    def _tensor(self, name: Tree, shape: Tree, grad: Tree, place: Tree) -> Any:
        import torch

        _check(name in TORCH_DTYPES, "an unknown dtype")
        dtype = getattr(torch, name)
        data = self._bytes(place)
        _check_shape(shape, dtype.itemsize, len(data))
        if data:
            found = torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
        else:
            found = torch.empty(shape, dtype=dtype)
        return found.requires_grad_(grad is True)

    def _tensor_shape(self, name: Tree, shape: Tree, grad: Tree) -> Any:
        """A tensor on the device `meta`, which has no values."""
        import torch

        _check(name in TORCH_DTYPES, "an unknown dtype")
        _check(isinstance(shape, list) and len(shape) <= DIMENSIONS, "a shape")
        dtype = getattr(torch, name)
        return torch.empty(shape, dtype=dtype, device="meta").requires_grad_(grad is True)

    def _parameter(self, *tensor: Tree) -> Any:
        import torch

        found = self._tensor(*tensor)
        return torch.nn.Parameter(found.detach(), requires_grad=found.requires_grad)

    def _dataset(self, tensors: Tree) -> Any:
        import torch

        return torch.utils.data.TensorDataset(*self._many(tensors))

    def _device(self, name: Tree) -> Any:
        import torch

        _check(isinstance(name, str) and len(name) < 20, "a device")
        return torch.device(name)

    def _torch_dtype(self, name: Tree) -> Any:
        import torch

        name = str(name).removeprefix("torch.")
        _check(name in TORCH_DTYPES, "an unknown dtype")
        return getattr(torch, name)

    def _path(self, text: Tree) -> Any:
        from pathlib import Path

        _check(isinstance(text, str), "a path")
        return Path(text)

    def _model(self, name: Tree, config: Tree, state: Tree) -> Any:
        """A model of the library's, built here, with what the cell says that it has learnt."""
        import torch
        import transformers

        _check(isinstance(name, str) and MODELS.fullmatch(name) is not None, "a model's name")
        kind = getattr(transformers, name, None)
        base = transformers.PreTrainedModel
        if not (isinstance(kind, type) and issubclass(kind, base)):
            raise Malformed("a model of no known class")
        _check(isinstance(config, str), "a configuration")
        settings = json.loads(config)
        _check(isinstance(settings, dict), "a configuration")
        make: Any = kind
        known = make.config_class().to_dict()
        settings = {k: v for k, v in settings.items() if k in known and is_harmless(k)}
        check_size(settings)
        told = self.state(state)
        came = sum(v.numel() for v, _ in told["parameters"].values())
        with torch.device("meta"):  # without memory for its numbers
            needs = sum(p.numel() for p in make(make.config_class(**settings)).parameters())
        _check(needs <= came, "a model that is larger than what came of it")
        model = make(make.config_class(**settings))
        restore_module(model, told)
        return model

    def state(self, tree: Tree) -> dict[str, Any]:
        """What `Writer.state` has noted of a network."""
        try:
            modules, parameters, buffers, plain = tree
            return {
                "modules": {str(n): (str(kind), mode is True) for n, kind, mode in modules},
                "parameters": {str(n): (self._value(v), g is True) for n, v, g in parameters},
                "buffers": {str(n): self._value(v) for n, v in buffers},
                "plain": {(str(n), str(key)): v for n, key, v in plain if isinstance(v, PLAIN)},
            }
        except (TypeError, ValueError) as error:
            raise Malformed(f"the state of a network: {error}"[:300]) from None

    def _handled(self, number: Tree, kinds: Tree, name: Tree) -> object:
        good = type(number) is int and isinstance(kinds, list) and isinstance(name, str)
        _check(good and len(kinds) < 60 and all(isinstance(k, str) for k in kinds), "a handle")
        return self._handle(number, kinds, name)

    def _known(self, token: Tree) -> object:
        _check(type(token) is int, "a number of what was given")
        return self._same(token)


_READERS: dict[str, Callable[..., Any]] = {
    "int": Reader._int,
    "list": Reader._many,
    "tuple": lambda reader, items: tuple(reader._many(items)),
    "set": lambda reader, items: set(reader._hashed(items)),
    "frozenset": lambda reader, items: frozenset(reader._hashed(items)),
    "dict": Reader._dict,
    "bytes": Reader._bytes,
    "range": Reader._range,
    "slice": Reader._slice,
    "array": Reader._array,
    "scalar": Reader._scalar,
    "objects": Reader._objects,
    "dtype": Reader._dtype,
    "frame": Reader._frame,
    "series": Reader._series,
    "index": Reader._index,
    "time": Reader._time,
    "tensor": Reader._tensor,
    "parameter": Reader._parameter,
    "shape of a tensor": Reader._tensor_shape,
    "dataset": Reader._dataset,
    "device": Reader._device,
    "torch dtype": Reader._torch_dtype,
    "path": Reader._path,
    "model": Reader._model,
    "handle": Reader._handled,
    "same": Reader._known,
}


def _check(condition: bool, what: str) -> None:
    if not condition:
        raise Malformed(f"{what}, which no answer has")


def _check_shape(shape: Tree, item: int, size: int) -> None:
    """Have a shape be one, and hold just what has come."""
    good = isinstance(shape, list) and len(shape) <= DIMENSIONS
    good = good and all(type(length) is int and length >= 0 for length in shape)
    _check(good and math.prod(shape) * item == size, "an array of another size than its shape says")
