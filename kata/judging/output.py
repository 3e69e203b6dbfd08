"""What a student's code prints: kept, passed on, and cut before it floods the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

LIMIT = 4_000  # characters a call may print to each stream before the rest is only counted
KEPT = 200_000  # characters that a test can look at


class Bounded:
    """A text stream that passes on `limit` characters to another one and counts the rest."""

    def __init__(self, stream: TextIO, limit: int | None) -> None:
        self._stream = stream
        self._limit = limit
        self._kept: list[str] = []
        self.written = 0

    def write(self, text: str) -> int:
        if self.written < KEPT:
            self._kept.append(text[: KEPT - self.written])
        room = len(text) if self._limit is None else max(self._limit - self.written, 0)
        if room:
            self._stream.write(text[:room])
        self.written += len(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def text(self) -> str:
        return "".join(self._kept)


@dataclass
class Printed:
    """What one call printed."""

    out: str = ""
    err: str = ""
    total: int = 0  # characters, those included that are not kept


@contextmanager
def bounded_output(limit: int | None = LIMIT) -> Iterator[Printed]:
    """Bound stdout and stderr in the block; the yielded `Printed` is filled in at its end."""
    printed = Printed()
    out, err = sys.stdout, sys.stderr
    bounded_out, bounded_err = Bounded(out, limit), Bounded(err, limit)
    sys.stdout, sys.stderr = bounded_out, bounded_err
    try:
        yield printed
    finally:
        sys.stdout, sys.stderr = out, err
        printed.out, printed.err = bounded_out.text, bounded_err.text
        printed.total = bounded_out.written + bounded_err.written
