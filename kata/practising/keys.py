"""Single keys from a terminal, or the first letters of lines from a pipe."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Have the terminal hand over keys as they are pressed, without showing them."""
    if os.name == "nt" or not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def keys() -> Iterator[str]:
    """Keys as they come, until there are no more."""
    if os.name == "nt" and sys.stdin.isatty():
        import msvcrt

        while True:
            yield msvcrt.getwch()  # type: ignore[attr-defined, unused-ignore]
    elif sys.stdin.isatty():
        while key := os.read(sys.stdin.fileno(), 1):
            yield key.decode(errors="replace")
    else:
        for line in sys.stdin:
            yield line[:1]
