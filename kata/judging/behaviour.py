"""What an answer does in a test, as digests: alike for answers that do the same.

Answers that do the same may compute it differently, so decimals count to about one part in a
hundred, and names that a student is free to choose do not count at all.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

CALLS = 20  # of a test, whose results count
ITEMS = 64  # of a list or dictionary
WIDE, LONG = 512, 65_536  # along an axis of an array, and of one that has no other; spread evenly
DEPTH = 6
STEP = 0.01  # relative, within which decimals are alike
# So that no number that people write lies at the border between two steps.
OFFSET = 0.382
TINY = 1e-9  # what is smaller is rounding
ADDRESS = re.compile(r"0x[0-9a-f]+")
DECIMAL = re.compile(r"-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)")


_racing: list[bool] = []  # not empty while a clock is read


class Trace:
    """Digests of what came of the calls that a test made, in their order."""

    def __init__(self) -> None:
        self.digests: list[str] = []
        self.chance = False  # whether a call has drawn from a source of randomness
        self._shared: dict[str, tuple[list[str], bool]] = {}

    def start(self) -> None:
        """Begin with another test."""
        self.digests, self.chance = [], False

    @property
    def is_full(self) -> bool:
        """Whether more calls would not be noted."""
        return bool(_racing) or len(self.digests) >= CALLS

    def note(self, outcome: str, *, chance: bool = False) -> None:
        """Keep what came of a call: `summary(result)`, say."""
        self.chance = self.chance or chance
        if not self.is_full:
            self.digests.append(digest(outcome))

    @contextmanager
    def shared(self, key: str) -> Iterator[None]:
        """What happens inside belongs to all tests that share it, whichever comes first."""
        own, chance = self.digests, self.chance
        self.digests, self.chance = self._shared.get(key, ([], False))
        try:
            yield
        finally:
            self._shared[key] = self.digests, self.chance
            self.digests, self.chance = own, chance
            self.note(" ".join(self._shared[key][0]), chance=self._shared[key][1])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Nothing is noted inside, where a clock is read."""
    _racing.append(True)
    try:
        yield
    finally:
        _racing.pop()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def plain(text: str) -> str:
    """A text with its decimals coarse, and without addresses."""
    return DECIMAL.sub(lambda match: _number(float(match[0])), ADDRESS.sub("0x", text))


def summary(value: Any, files: Container[str] = ()) -> str:
    """A value in a few words, alike for values that are equal up to rounding.

    Classes that are defined in `files` go by no name. Never raises, whatever a student returns.
    """
    try:
        return _summary(value, files, DEPTH)
    except Exception as error:
        return f"raises {type(error).__name__}"


def _summary(value: Any, files: Container[str], depth: int) -> str:
    def inner(item: Any) -> str:
        return _summary(item, files, depth - 1)

    kind = type(value).__name__
    library = type(value).__module__.partition(".")[0]
    if value is None or isinstance(value, bool | int | str | bytes):
        return f"{kind} {plain(value) if isinstance(value, str) else value!r}"
    if isinstance(value, float):
        return f"{kind} {_number(float(value))}"
    if depth == 0:
        return kind
    if library == "numpy" and hasattr(value, "dtype"):
        return _array(value)
    if library == "torch" and hasattr(value, "requires_grad") and hasattr(value, "detach"):
        array = value.detach().cpu()
        array = array.float() if array.dtype.is_floating_point else array
        return f"{value.dtype} {value.requires_grad} {_array(array.numpy())}"
    if library == "pandas" and hasattr(value, "columns"):
        return f"{kind} {[(str(name), inner(value[name].to_numpy())) for name in value]}"
    if hasattr(value, "named_parameters") and hasattr(value, "training"):
        return _module(value, files)
    if isinstance(value, Mapping):
        items = list(value.items())
        return f"{len(items)} {[(inner(key), inner(item)) for key, item in items[:ITEMS]]}"
    if isinstance(value, list | tuple):
        return f"{kind} {len(value)} {[inner(item) for item in value[:ITEMS]]}"
    if isinstance(value, set | frozenset):
        return f"{kind} {len(value)} {sorted(map(inner, value))[:ITEMS]}"
    return "" if _is_own(type(value), files) else kind


def _array(array: Any) -> str:
    start = f"{array.dtype} {array.shape}"
    most = LONG if array.ndim == 1 else WIDE
    array = array[tuple(slice(None, None, -(-n // most) or 1) for n in array.shape)]
    if array.dtype.kind == "O":
        return f"{start} {[str(item) for item in array.ravel()[:ITEMS]]}"
    if array.dtype.kind != "f" or not array.size:
        return f"{start} {hashlib.sha256(array.tobytes()).hexdigest()}"
    flat = array.astype("float64").ravel()
    size = float(abs(flat).max())
    if not math.isfinite(size) or size < TINY:
        return f"{start} {_number(size)}"
    # Relative to the largest, since what is next to nothing beside it is rounding.
    few = [flat[0], flat[len(flat) // 3], flat[-1], abs(flat).mean()]
    return f"{start} {_number(size)} {[math.floor(x / size / STEP + OFFSET) for x in few]}"


def _module(module: Any, files: Container[str]) -> str:
    """A network: the names of its parameters are its own if its class is."""
    own = _is_own(type(module), files)
    parameters = [
        ("" if own else name, tuple(value.shape), value.requires_grad)
        for name, value in module.named_parameters()
    ]
    modes = sorted({part.training for part in module.modules()})
    return f"{'' if own else type(module).__name__} {sorted(parameters)} {modes}"


def _is_own(kind: type, files: Container[str]) -> bool:
    functions: list[Callable[..., Any]] = [f for f in vars(kind).values() if callable(f)]
    codes = (getattr(function, "__code__", None) for function in functions)
    return any(code.co_filename in files for code in codes if code is not None)


def _number(x: float) -> str:
    if not math.isfinite(x):
        return str(x)
    if abs(x) < TINY:
        return "~0"
    return f"{'-' if x < 0 else ''}~{math.floor(math.log(abs(x)) / STEP + OFFSET)}"
