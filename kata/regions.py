"""What of a task's file is the student's to write, and whether it was touched.

A region stands between two markers; its numbered comments are the steps that the task names. A
stub ends in a digest of itself: a file whose digest fits is as it was written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

START = "### START CODE HERE ###"
END = "### END CODE HERE ###"
STEP = re.compile(r"# \d+\. ")
DIGEST = "# stub "
UNWRITTEN = re.compile(r'raise NotImplementedError\("Write `(.+)` here\."\)')


def regions(source: str) -> Iterator[tuple[int, int]]:
    """The first and last line of each region, without the markers."""
    first = 0
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() == START:
            first = number + 1
        elif line.strip() == END and first:
            yield first, number - 1
            first = 0


def first_unwritten(stub: str) -> tuple[str, int] | None:
    """What an untouched stub asks to be written first, and the line that says so.

    None for a file that was touched, or asks for nothing of the kind.
    """
    if not is_pristine(stub):
        return None
    for number, line in enumerate(stub.splitlines(), 1):
        match = UNWRITTEN.fullmatch(line.strip())
        if match:
            return match[1], number
    return None


def is_pristine(text: str) -> bool:
    """Whether a stub is as `kata stubs` wrote it."""
    body, mark, digest = text.rpartition(f"\n{DIGEST}")
    return bool(mark) and digest.strip() == _digest(f"{body}\n")


def unsealed(text: str) -> str:
    """A task's file without the digest at the end of a stub."""
    lines = text.rstrip("\n").split("\n")
    return "\n".join(lines[:-1] if lines[-1].startswith(DIGEST) else lines) + "\n"


def sealed(text: str) -> str:
    """A stub with its digest."""
    return f"{text}{DIGEST}{_digest(text)}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
