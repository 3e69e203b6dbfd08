"""Imports without the collections of garbage that take a fifth of their time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (100_000, 50, 100)  # importing torch and transformers makes a million objects that stay


@contextmanager
def quick_imports() -> Iterator[None]:
    """Have the garbage collector look seldom while the block imports large libraries.

    What a block runs beside imports may make garbage, so the collector is not turned off.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
