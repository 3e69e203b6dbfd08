"""Files that are written whole or not at all, and never over what somebody may want back."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

# Neither text nor line breaks: what terminals obey, XML cannot hold and UTF-8 has no bytes for.
CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """A text of a stranger's, as it may be shown and written."""
    return CONTROL.sub("?", text)


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def free_name(path: Path) -> Path:
    number = 1
    while (backup := path.with_suffix(f".{number}.bak")).exists():
        number += 1
    return backup
