"""On the side of a cell: turns values into trees that a judge can read; see `wire`.

What has no place in a tree stays in the cell, and a handle goes in its stead: a number, the names
of the library classes that the object is one of, and what its own class is called.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from kata.grading.wire import DEPTH, TORCH_DTYPES, Tree

DTYPE = re.compile(r"[<>|=]?(?:[biufc]\d{1,2}|U\d{1,6}|S\d{1,6}|[mM]8(?:\[\w{1,4}\])?)")
Keep = Callable[[object], "tuple[int, list[str], str]"]


class Writer:
    """Turns values of a cell into trees."""

    def __init__(self, keep: Keep, token_of: Callable[[object], int | None]) -> None:
        self.buffers: list[bytes] = []
        self._keep = keep
        self._token_of = token_of

    def tree(self, value: Any, depth: int = DEPTH - 4) -> Tree:
        """A value as a tree; what does not fit into one becomes a handle."""
        if value is None or value is True or value is False or type(value) is str:
            return value
        if type(value) is int:
            return value if abs(value) < 1 << 62 else ["int", hex(value)]
        if type(value) is float:
            return value
        token = self._token_of(value)
        if token is not None:
            return ["same", token]
        found = self._plain(value, depth) if depth > 0 else None
        return found if found is not None else ["handle", *self._keep(value)]

    def _plain(self, value: Any, depth: int) -> Tree | None:
        def inner(item: Any) -> Tree:
            return self.tree(item, depth - 1)

        kind = type(value)
        if kind in (list, set, frozenset):
            return [kind.__name__, [inner(item) for item in value]]
        if isinstance(value, tuple):  # a named one as well
            return ["tuple", [inner(item) for item in value]]
        if kind is bytes:
            return ["bytes", self._buffer(value)]
        if kind in (range, slice):
            return [kind.__name__, value.start, value.stop, value.step]
        if isinstance(value, dict) or kind.__name__ == "BatchEncoding":
            return ["dict", kind.__name__, [[inner(k), inner(v)] for k, v in value.items()]]
        library = kind.__module__.partition(".")[0]
        plain = _WRITERS.get(library)
        return plain(self, value, inner) if plain else None

    def _buffer(self, data: bytes) -> int:
        self.buffers.append(data)
        return len(self.buffers) - 1

    def array(self, array: Any) -> Tree:
        """An array of numbers or fixed-width text."""
        array = array if array.flags.c_contiguous else array.copy()
        return [array.dtype.str, list(array.shape), self._buffer(array.tobytes())]

    def apart(self) -> Writer:
        """A writer of the same message, in which what the judge gave has no number."""
        other = Writer(self._keep, lambda value: None)
        other.buffers = self.buffers
        return other

    def insides(self, value: Any, depth: int = 6) -> Tree:
        """What an object that the judge has, too, is like; see `restore` for the other side."""
        if is_module(value):
            config: Any = getattr(value, "config", None)
            settings = config.to_json_string() if hasattr(config, "to_json_string") else ""
            return ["module", settings, *self.state(value)]
        if is_tokenizer(value):
            return ["tokenizer", tokenizer_state(value)]
        kind = type(value)
        plain = kind.__module__ in ("builtins", "numpy", "pandas", "torch", "pandas.core.frame")
        if depth and not plain and hasattr(value, "__dict__") and not isinstance(value, type):
            own = [(name, part) for name, part in vars(value).items() if isinstance(name, str)]
            return ["object", [[name, self.insides(part, depth - 1)] for name, part in own]]
        return ["value", self.tree(value, DEPTH - 12)]

    def numpy(self, value: Any, inner: Callable[[Any], Tree]) -> Tree | None:
        np = sys.modules["numpy"]
        if type(value) is np.ndarray:
            if value.dtype.kind == "O":
                return ["objects", list(value.shape), [inner(item) for item in value.ravel()]]
            return ["array", *self.array(value)] if DTYPE.fullmatch(value.dtype.str) else None
        if isinstance(value, np.generic) and DTYPE.fullmatch(value.dtype.str):
            return ["scalar", *self.array(np.asarray(value))]
        return ["dtype", value.str] if isinstance(value, np.dtype) else None

    def pandas(self, value: Any, inner: Callable[[Any], Tree]) -> Tree | None:
        pd = sys.modules["pandas"]
        if type(value) is pd.DataFrame:
            columns = [self.column(value.iloc[:, i], inner) for i in range(value.shape[1])]
            return ["frame", inner(list(value.columns)), self.column(value.index, inner), columns]
        if type(value) is pd.Series:
            index = self.column(value.index, inner)
            return ["series", inner(value.name), index, self.column(value, inner)]
        if isinstance(value, pd.Timestamp):
            return ["time", value.isoformat()]
        if isinstance(value, pd.Index):
            return ["index", inner(value.name), self.column(value, inner)]
        return None

    def column(self, column: Any, inner: Callable[[Any], Tree]) -> Tree:
        """The values of a column or index, and what their dtype is called if NumPy lacks it."""
        array = column.to_numpy()
        own = "" if array.dtype == column.dtype else str(column.dtype)
        return [own, self.numpy(array, inner)]

    def torch(self, value: Any, inner: Callable[[Any], Tree]) -> Tree | None:
        torch = sys.modules["torch"]
        if type(value) in (torch.Tensor, torch.nn.Parameter):
            name = str(value.dtype).removeprefix("torch.")
            if name not in TORCH_DTYPES or value.layout != torch.strided:
                return None
            if value.device.type == "meta":
                return ["shape of a tensor", name, list(value.shape), value.requires_grad]
            data = value.detach().cpu().contiguous()
            whole = data.flatten().view(torch.uint8).numpy().tobytes() if data.numel() else b""
            what = "parameter" if type(value) is torch.nn.Parameter else "tensor"
            grad = value.requires_grad
            return [what, name, list(data.shape), grad, self._buffer(whole)]
        if type(value) is torch.utils.data.TensorDataset:
            return ["dataset", [inner(tensor) for tensor in value.tensors]]
        if isinstance(value, torch.device):
            return ["device", str(value)]
        return ["torch dtype", str(value)] if isinstance(value, torch.dtype) else None

    def paths(self, value: Any, inner: Callable[[Any], Tree]) -> Tree | None:
        return ["path", str(value)] if hasattr(value, "__fspath__") else None

    def transformers(self, value: Any, inner: Callable[[Any], Tree]) -> Tree | None:
        base = getattr(sys.modules["transformers"], "PreTrainedModel", None)
        if base is None or not isinstance(value, base) or not _is_of_library(type(value)):
            return None
        return ["model", type(value).__name__, value.config.to_json_string(), self.state(value)]

    def state(self, module: Any) -> Tree:
        """All that may be seen of a network from outside."""

        def own(value: Any) -> Tree:
            return self.tree(value, 3)

        return [
            [[name, type(part).__name__, part.training] for name, part in module.named_modules()],
            [[name, own(value.detach()), value.requires_grad]
             for name, value in module.named_parameters()],
            [[name, own(value.detach())] for name, value in module.named_buffers()],
            [[name, key, value] for name, part in module.named_modules()
             for key, value in vars(part).items()
             if key != "training" and type(value) in (bool, int, float, str) and key[:1] != "_"],
        ]  # fmt: skip


def is_module(value: object) -> bool:
    """Whether a value is a network of PyTorch's."""
    return hasattr(value, "named_parameters") and hasattr(value, "named_modules")


def is_tokenizer(value: object) -> bool:
    """Whether a value is a tokenizer of transformers'."""
    return hasattr(value, "convert_tokens_to_ids") and hasattr(value, "special_tokens_map")


SETTINGS = ("padding_side", "truncation_side", "model_max_length", "clean_up_tokenization_spaces")
BACKEND = ("truncation", "padding")


def tokenizer_state(tokenizer: Any) -> dict[str, Any]:
    """What can be set of a tokenizer."""
    backend = getattr(tokenizer, "_tokenizer", None)
    return {
        "settings": {name: getattr(tokenizer, name, None) for name in SETTINGS},
        "special": {name: str(token) for name, token in tokenizer.special_tokens_map.items()},
        "words": len(tokenizer),
        "backend": {name: getattr(backend, name, None) for name in BACKEND},
    }


def _is_of_library(kind: type) -> bool:
    """Whether a class is the one that transformers itself offers under its name."""
    return getattr(sys.modules["transformers"], kind.__name__, None) is kind


_WRITERS = {
    "numpy": Writer.numpy,
    "pandas": Writer.pandas,
    "torch": Writer.torch,
    "pathlib": Writer.paths,
    "transformers": Writer.transformers,
}
