"""What a test expects, said so that a student can act on it.

Every check raises `Wrong`, which carries the expectation and the finding as text; the plugin adds
the test's sentence, the call and the line. Type and shape are checked before values, so that one
broken shape is one message.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from kata.judging.describe import describe

WHOLE = 12  # values of an array that are shown beside the one that differs
START, REST = 200, 100  # letters of a long text that are shown, from its start and of its end


class Wrong(AssertionError):
    """A student's code returned or did something else than the task asks for.

    `aspect` says what kind of thing is wrong. Everything but "value" is a prerequisite: the same
    complaint about the same call is shown once, however many tests run into it.
    """

    def __init__(self, expected: str, got: str, aspect: str = "value") -> None:
        self.expected, self.got = _bounded(expected), _bounded(got)
        super().__init__(f"expected {self.expected}, got {self.got}")
        self.aspect = aspect


def that(condition: object, expected: str, got: object, aspect: str = "value") -> None:
    """Expect `condition` to hold; `got` is text, or a value to describe."""
    if not condition:
        raise Wrong(expected, got if isinstance(got, str) else describe(got), aspect)


slack: dict[str, float] = {}  # of the thresholds that were met; see `measured`


def measured(
    name: str,
    value: float,
    got: object,
    *,
    least: float | None = None,
    most: float | None = None,
    expected: str,
    aspect: str = "value",
) -> None:
    """Expect a number that was measured to lie on one side of a bound, the bound included.

    How far it lies from there, as a share of the bound, is kept for `kata flakes`. What is not a
    number is on neither side.
    """
    bound = least if least is not None else most
    assert bound is not None
    room = (value - bound) if least is not None else (bound - value)
    that(room >= 0, expected, got, aspect)
    slack[name] = min(room / (abs(bound) or 1), slack.get(name, math.inf))


def instance(got: object, kind: type | tuple[type, ...], name: str) -> None:
    """Expect a type; bool does not pass for int."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    fits = isinstance(got, kinds) and not (isinstance(got, bool) and bool not in kinds)
    names = " or ".join(_type_name(kind) for kind in kinds)
    found = "None" if got is None else f"{_type_name(type(got))}: {describe(got)}"
    that(fits, f"{name} is a {names}", found, "type")


def array(got: Any, name: str, *, shape: tuple[int, ...], dtype: Any = None) -> None:
    """Expect a NumPy array of that shape and dtype, finite if it holds floats."""
    import numpy as np

    instance(got, np.ndarray, name)
    that(got.shape == shape, f"{name}.shape == {shape}", f"{name}.shape == {got.shape}", "shape")
    if dtype is not None:
        wanted = np.dtype(dtype)
        that(
            got.dtype == wanted,
            f"{name}.dtype == {wanted}",
            f"{name}.dtype == {got.dtype}",
            "dtype",
        )
    if got.dtype.kind == "f":
        that(np.isfinite(got).all(), f"only finite numbers in {name}", got, "finite")


def tensor(
    got: Any, name: str, *, shape: tuple[int, ...], dtype: Any = None, device: str = "cpu"
) -> None:
    """Expect a torch tensor of that shape, dtype and kind of device, finite."""
    import torch

    instance(got, torch.Tensor, name)
    that(
        tuple(got.shape) == shape,
        f"{name}.shape == {shape}",
        f"{name}.shape == {tuple(got.shape)}",
        "shape",
    )
    if dtype is not None:
        that(
            got.dtype == dtype, f"{name}.dtype == {dtype}", f"{name}.dtype == {got.dtype}", "dtype"
        )
    that(
        got.device.type == device,
        f"{name} on the device {device!r}",
        f"{name} on {str(got.device)!r}",
        "device",
    )
    that(torch.isfinite(got).all(), f"only finite numbers in {name}", got, "finite")


def number(got: Any, name: str) -> None:
    """Expect one finite Python float."""
    instance(got, float, name)
    that(got == got and abs(got) != float("inf"), f"{name} is a finite number", got, "finite")


def equal(got: Any, expected: Any, name: str) -> None:
    """Expect exactly these values; arrays are compared element by element."""
    _compare(got, expected, name, lambda a, b: a == b, "", repr)


def close(got: Any, expected: Any, name: str, *, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Expect these numbers within `atol + rtol * |expected|`."""
    tolerance = " and ".join(
        text for text, on in ((f"{rtol:g} relative", rtol), (f"{atol:g} absolute", atol)) if on
    )
    _compare(
        got,
        expected,
        name,
        lambda a, b: abs(a - b) <= atol + rtol * abs(b),
        f" (within {tolerance})",
        "{:.6g}".format,
    )


def lines(text: str, wanted: list[str]) -> None:
    """Expect printed text to have these lines; white space at its ends does not count."""
    found = text.strip().splitlines()
    for number, (line, other) in enumerate(zip(found, wanted, strict=False), 1):
        that(line == other, f"line {number} of the output is {other!r}", repr(line))
    that(len(found) == len(wanted), f"{len(wanted)} printed lines", f"{len(found)} lines")


def raises(kind: type[Exception], call: Callable[[], object]) -> None:
    """Expect `call()` to raise `kind`; other exceptions pass through."""
    try:
        result = call()
    except kind:
        return
    raise Wrong(f"{kind.__name__} is raised", f"no error, and the result {describe(result)}")


def _bounded(text: str) -> str:
    """A text without its middle, if it is longer than anybody reads."""
    left_out = len(text) - START - REST
    return text if left_out < REST else f"{text[:START]} [{left_out} letters] {text[-REST:]}"


def _type_name(kind: type) -> str:
    """The name that people import a class by: `torch.nn.Module`, wherever it is written."""
    module, name = kind.__module__, kind.__qualname__
    if module in ("builtins", "__main__"):
        return name
    if kind is Mapping:
        return "dictionary"
    parts = module.split(".")
    for i in range(1, len(parts)):
        outer = ".".join(parts[:i])
        if getattr(sys.modules.get(outer), name, None) is kind:
            return f"{outer}.{name}"
    return f"{module}.{name}"


def _compare(
    got: Any,
    expected: Any,
    name: str,
    same: Callable[[Any, Any], Any],
    suffix: str,
    show: Callable[[Any], str],
) -> None:
    import numpy as np

    ours, theirs = _plain(expected), _plain(got)
    if not isinstance(ours, np.ndarray) or not isinstance(theirs, np.ndarray):
        that(
            type(theirs) is type(ours) and theirs == ours,
            f"{name} == {describe(expected)}",
            describe(got),
        )
        return
    if theirs.shape != ours.shape:
        raise Wrong(_length(name, ours), _length(name, theirs), "shape")
    wrong = ~np.asarray(same(theirs, ours))
    if not wrong.any():
        return
    if ours.ndim == 0:
        raise Wrong(f"{name} == {show(ours.item())}{suffix}", f"{name} == {show(theirs.item())}")
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"{name}[{', '.join(map(str, place))}]"
    share = f"; {int(wrong.sum())} of {wrong.size} values differ" if wrong.sum() > 1 else ""
    raise Wrong(
        f"{where} == {show(ours[place].item())}{suffix}" + _whole(name, ours, show),
        f"{where} == {show(theirs[place].item())}{share}" + _whole(name, theirs, show),
    )


def _length(name: str, value: Any) -> str:
    """A list of a few numbers whole, and anything else by its shape."""
    short = value.ndim == 1 and value.size <= WHOLE
    return f"{name} == {value.tolist()}" if short else f"{name} of shape {value.shape}"


def _whole(name: str, value: Any, show: Callable[[Any], str]) -> str:
    if value.ndim != 1 or not 1 < value.size <= WHOLE:
        return f", in {name} = {value.tolist()}" if 1 < value.size <= WHOLE else ""
    return f", in {name} = [{', '.join(map(show, value.tolist()))}]"


def _plain(value: Any) -> Any:
    """Numbers as a NumPy array, whatever carries them; anything else as it is."""
    import numpy as np

    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if isinstance(value, list | tuple) and value and all(map(_is_number, value)):
        return np.asarray(value)
    return np.asarray(value) if _is_number(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
