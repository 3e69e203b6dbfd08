"""A pytest plugin: another run deletes the old temporary folders that this one deletes."""

import errno
import shutil

delete = shutil.rmtree


def rmtree(path, ignore_errors=False, onerror=None, *, onexc=None, **settings):
    if "garbage" not in str(path):
        delete(path, ignore_errors, onerror, **settings)
    error = OSError(errno.ENOTEMPTY, "Directory not empty", str(path))
    if onexc is not None:
        onexc(None, str(path), error)
    elif onerror is not None:
        onerror(None, str(path), (OSError, error, None))


shutil.rmtree = rmtree
