"""Values in a line, for people: small ones whole, large ones by type and shape."""

from __future__ import annotations

import reprlib
from typing import Any

LONG = 240  # letters of a list or dictionary, above which its beginning has to do
SMALL = 30  # elements of an array, or cells of a frame, that are shown in full

_repr = reprlib.Repr()
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 12
_repr.maxstring = _repr.maxother = 160
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = LONG // 4


def describe(value: Any) -> str:
    """One line about `value`; imports nothing and never raises, whatever a student returns."""
    try:
        return _describe(value)
    except Exception as error:
        return f"a {type(value).__name__} whose repr() raises {type(error).__name__}"


def is_simple(value: Any) -> bool:
    """Whether a value reads well inside a call: `f(n=3)`."""
    return value is None or (isinstance(value, bool | int | float | str) and len(repr(value)) < 40)


def _describe(value: Any) -> str:
    library = type(value).__module__.partition(".")[0]
    if library == "numpy" and hasattr(value, "shape"):
        return _array(value, type(value).__name__)
    if library == "torch" and hasattr(value, "requires_grad") and hasattr(value, "tolist"):
        device = "" if value.device.type == "cpu" else f" on {value.device}"
        return _array(value, "tensor") + device
    if library == "pandas" and hasattr(value, "columns"):
        return _frame(value)
    if library == "torch" and hasattr(value, "tensors"):
        items = ", ".join(_array(tensor, "tensor", small=0) for tensor in value.tensors)
        return f"{type(value).__name__} of {len(value)} items: {items}"
    if library == "transformers" and hasattr(value, "all_special_ids"):
        side = " that pads on the left" if getattr(value, "padding_side", "") == "left" else ""
        return f"a {type(value).__name__}{side}"
    if hasattr(value, "state_dict") and hasattr(value, "forward"):
        return f"a {type(value).__name__} (nn.Module)"
    if isinstance(value, list | tuple) and len(value) <= 12 and not isinstance(value, str):
        inner = ", ".join(_describe(item) for item in value)
        if len(inner) <= LONG:
            if isinstance(value, list):
                return f"[{inner}]"
            return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return f"a {type(value).__name__}"
    text = _repr.repr(value)
    if len(text) > LONG and isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_beginning(item)}" for key, item in value.items()) + "}"
    return _beginning(value) if len(text) > LONG else text


def _beginning(value: Any) -> str:
    """A value of a few dozen letters whole, and of a longer list its first item and its length."""
    text = _repr.repr(value)
    if len(text) <= LONG // 4 or not isinstance(value, list | tuple):
        return text
    return f"[{_brief.repr(value[0])}, ... ({len(value)} in all)]"


def _array(value: Any, kind: str, small: int = SMALL) -> str:
    dtype = str(value.dtype).removeprefix("torch.")
    shape = tuple(value.shape)
    size = 1
    for length in shape:
        size *= length
    if not shape:
        return f"{value.item()!r} ({dtype} {kind})"
    kind = "array" if kind == "ndarray" else kind
    if size > small:
        return f"{dtype} {kind} of shape {shape}"
    values = value.tolist()
    if dtype.startswith(("float", "bfloat")):
        values = _rounded(values)
    return f"{values} ({dtype} {kind} of shape {shape})"


def _rounded(values: Any) -> Any:
    """Numbers, in lists of lists, to six digits."""
    if isinstance(values, list):
        return [_rounded(value) for value in values]
    return float(f"{values:.6g}")


def _frame(value: Any) -> str:
    rows, columns = value.shape
    if rows * columns > SMALL:
        names = ", ".join(map(str, value.columns[:6]))
        return f"DataFrame of {rows} rows, columns {names}"
    if not value.columns.is_unique:
        return f"DataFrame({value.to_numpy().tolist()}, columns={list(value.columns)})"
    cells = {name: value[name].tolist() for name in value.columns}
    index = value.index.tolist()
    suffix = "" if index == list(range(rows)) else f", index={index}"
    return f"DataFrame({cells}{suffix})"
