"""Where caches are written: in the course folder, or elsewhere if that cannot be written to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kata.course import CourseError


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if need be, and can be filled."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(bytes(8192))
    except OSError:
        return False
    return True


def make_scratch(root: Path) -> Path | None:
    """A temporary folder for what a run writes, if the course folder cannot be written to.

    Raises:
        CourseError: nothing can be written anywhere.
    """
    if is_writable(root / ".hypothesis"):
        return None
    try:
        return Path(tempfile.mkdtemp(prefix="kata-"))
    except OSError as error:
        raise CourseError(
            f"neither {root} nor a temporary folder can be written to ({error}); "
            "free some space, or name a folder that can in TMPDIR."
        ) from None


def settle(scratch: Path | None) -> None:
    """Tell libraries, before they are imported, where they may write."""
    if scratch is not None:
        os.environ["KATA_SCRATCH"] = str(scratch)  # read by the course's setup module
    if "MPLCONFIGDIR" not in os.environ and not os.access(Path.home(), os.W_OK):
        os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(prefix="kata-matplotlib-")
