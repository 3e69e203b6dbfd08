"""Bars and tables, as the longer commands show them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def with_bar(name: str, all_of_them: Sequence[object], done: Iterable[Item]) -> Iterable[Item]:
    """Pass on what is done, one by one, and show how much is left."""
    return tqdm(done, total=len(all_of_them), unit="run", desc=name, file=sys.stderr)


def print_table(rows: list[list[str]]) -> None:
    """Print rows of cells in columns, aligned at their ends."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)))
