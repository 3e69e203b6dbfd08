"""Lines of a report: wrapped to a width, with marks that the reader's terminal can show."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from functools import partial
from typing import Any

from kata.judging.result import AWAY, GREEN, RED

LABEL = 16  # columns before the text of a block
MAX_WIDTH = 100
MARKS = {GREEN: "✓", RED: "✗", AWAY: "·"}

WRAP = partial(textwrap.wrap, break_long_words=False, break_on_hyphens=False)


class Page:
    """Writes lines by `write(text, **markup)`, which a terminal of pytest has."""

    def __init__(self, write: Callable[..., Any], width: int, encoding: str = "utf-8") -> None:
        self._write = write
        self.width = min(width, MAX_WIDTH)
        try:
            "✓✗·█".encode(encoding)
            self.marks, self.bar = MARKS, "█"
        except UnicodeEncodeError:
            self.marks, self.bar = {GREEN: "+", RED: "x", AWAY: "."}, "#"

    def line(self, text: str = "", **markup: bool) -> None:
        self._write(text + "\n", **markup)

    def paragraph(self, text: str, indent: str, **markup: bool) -> None:
        """Wrapped lines, of which all but the first are indented."""
        for line in WRAP(text, self.width, subsequent_indent=indent):
            self.line(line, **markup)

    def field(self, label: str, text: str) -> None:
        """A labelled paragraph, with its continuation lines aligned."""
        lines = [
            piece
            for line in text.splitlines() or [""]
            for piece in WRAP(line, self.width - LABEL) or [""]
        ]
        for i, line in enumerate(lines):
            self.line(f"    {label if i == 0 else '':<{LABEL - 4}}{line}".rstrip())
