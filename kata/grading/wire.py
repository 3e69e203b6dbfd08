"""What comes from a cell: a bounded tree of plain values, and never anything that runs.

A value is JSON: a number, text, True, False or None as itself, and all else as a list that begins
with its kind. Arrays travel as raw bytes beside the JSON. Everything is checked against its bounds
before anything is made of it, since whoever wrote it may have meant harm.

`kata.grading.writer` makes such trees in a cell, `kata.grading.reader` reads them in the judge.
"""

from __future__ import annotations

import json
import math
import select
import socket
import struct
import time
from typing import Any

Tree = Any  # of JSON

MOST_JSON = 16 << 20  # bytes
MOST_BUFFERS = 10_000
MOST_BYTES = 512 << 20  # in all buffers
DEPTH = 40
NODES = 500_000
TORCH_DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
START = struct.Struct(">II")


class Malformed(Exception):
    """What came from a cell is not what cells send; the message says what is wrong with it."""


class Gone(Exception):
    """The cell has ended."""


class Late(Exception):
    """The cell has not answered in time."""


def send(connection: socket.socket, tree: Tree, buffers: list[bytes]) -> None:
    """Send one message."""
    text = json.dumps(tree).encode()
    lengths = struct.pack(f">{len(buffers)}Q", *map(len, buffers))
    connection.sendall(b"".join([START.pack(len(text), len(buffers)), lengths, text, *buffers]))


def receive(connection: socket.socket, deadline: float = math.inf) -> tuple[Tree, list[bytes]]:
    """One message, before `deadline` on the monotonic clock.

    Raises:
        Malformed, Gone, Late
    """
    size, count = START.unpack(_take(connection, START.size, deadline))
    _bound(size <= MOST_JSON, f"{size:,} bytes of text")
    _bound(count <= MOST_BUFFERS, f"{count:,} arrays")
    lengths = struct.unpack(f">{count}Q", _take(connection, 8 * count, deadline))
    _bound(sum(lengths) <= MOST_BYTES, f"{sum(lengths):,} bytes of arrays")
    try:
        tree = json.loads(_take(connection, size, deadline))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is not JSON: {error}") from None
    return tree, [_take(connection, length, deadline) for length in lengths]


def _bound(condition: bool, what: str) -> None:
    if not condition:
        raise Malformed(f"{what} are more than an answer needs")


def _take(connection: socket.socket, count: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late
        ready, _, _ = select.select([connection], [], [], None if left == math.inf else left)
        if not ready:
            raise Late
        try:
            part = connection.recv(min(count - len(parts), 1 << 20))
        except OSError:
            raise Gone from None
        if not part:
            raise Gone
        parts += part
    return bytes(parts)
