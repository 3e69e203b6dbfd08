"""A pytest plugin (`-p no_space`): below the folders NO_SPACE_IN nothing can be written.

As on a full disk, or with NO_SPACE_ERROR=EROFS as in a read-only checkout. Permissions would not
do: for root there are none.
"""

import errno
import os
import sys

FOLDERS = tuple(
    os.path.join(os.path.realpath(folder), "")
    for folder in os.environ["NO_SPACE_IN"].split(os.pathsep)
)
CODE = getattr(errno, os.environ.get("NO_SPACE_ERROR", "ENOSPC"))
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def deny(event, arguments):
    if event == "open":
        path, _, flags = arguments
        writes = (flags or 0) & WRITES
    else:
        path, writes = arguments[0] if arguments else None, event in ("os.mkdir", "os.rename")
    if not writes or not isinstance(path, str | bytes | os.PathLike):
        return
    if os.path.realpath(os.fsdecode(path)).startswith(FOLDERS):
        raise OSError(CODE, os.strerror(CODE), os.fsdecode(path))


sys.addaudithook(deny)
