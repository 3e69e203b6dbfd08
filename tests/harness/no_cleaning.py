"""A pytest plugin: another run deletes the old temporary folders that this one deletes."""

import errno
import shutil

delete = shutil.rmtree


def rmtree(path, *arguments, **settings):
    if "garbage" not in str(path):
        return delete(path, *arguments, **settings)
    error = OSError(errno.ENOTEMPTY, "Directory not empty", str(path))
    if "onexc" in settings:  # since Python 3.12
        return settings["onexc"](None, str(path), error)
    return settings["onerror"](None, str(path), (OSError, error, None))


shutil.rmtree = rmtree
