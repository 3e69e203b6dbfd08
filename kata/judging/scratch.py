"""Where a run writes what it must: in the course folder, or elsewhere if that is impossible."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # has room where a disk is full; on Linux


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if need be, and can be filled."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(bytes(8192))
    except OSError:
        return False
    return True


def find_room() -> None:
    """Make sure that there are temporary files, which pytest cannot do without.

    Raises:
        OSError: they can be written nowhere.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        if not MEMORY.is_dir() or not is_writable(MEMORY):
            raise OSError(
                "temporary files can be written nowhere; free some space, or set TMPDIR to a "
                "folder that has some."
            ) from None
        tempfile.tempdir = os.environ["TMPDIR"] = str(MEMORY)


def make_scratch(root: Path) -> Path | None:
    """A temporary folder for what a run writes, if the course folder cannot be written to."""
    return None if is_writable(root / ".hypothesis") else Path(tempfile.mkdtemp(prefix="kata-"))


def settle(folder: Path) -> None:
    """Tell libraries, before they are imported, to write in a folder what the home cannot take."""
    if "MPLCONFIGDIR" not in os.environ and not os.access(Path.home(), os.W_OK):
        os.environ["MPLCONFIGDIR"] = str(folder / ".matplotlib")
