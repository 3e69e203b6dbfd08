"""Runs pytest as a new process does, in one that is forked from a server with all imports done.

Most of what a run of pytest takes is importing pytest, hypothesis and the harness, which is the
same each time. Where processes cannot be forked so, each run starts cold.
"""

import gc
import io
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from kata.running.worker import PLUGINS

PATIENCE = 120  # seconds
IMPORTED = ("pytest", "_pytest.terminal", "tests.harness.warm", "kata.plugin.judgement", *PLUGINS)


def can_run():
    return "forkserver" in multiprocessing.get_all_start_methods()


def run(arguments, folder, settings, typed=""):
    """The exit status of pytest with these arguments, and all that it printed.

    `settings` are the environment, the whole of it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    with tempfile.TemporaryDirectory() as place:
        keyboard, screen = Path(place) / "keyboard", Path(place) / "screen"
        keyboard.write_text(typed, encoding="utf-8")
        process = context.Process(
            target=_run, args=(list(arguments), str(folder), settings, str(keyboard), str(screen))
        )
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"pytest {' '.join(arguments)} ran for {PATIENCE} seconds")
        return process.exitcode, screen.read_text(encoding="utf-8")


def _run(arguments, folder, settings, keyboard, screen):
    import pytest

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(settings)
    for stream, (path, mode) in enumerate(
        [(keyboard, os.O_RDONLY), (screen, os.O_WRONLY | os.O_CREAT), (screen, os.O_WRONLY)]
    ):
        opened = os.open(path, mode | os.O_APPEND)
        os.dup2(opened, stream)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0), "utf-8")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), "utf-8", write_through=True)
    sys.path.insert(0, folder)
    sys.argv = ["pytest", *arguments]
    gc.freeze()  # what the server imported stays; collections need not walk it
    # Plain assertions: what is imported cannot be rewritten, which pytest would warn of.
    status = pytest.main(["--assert=plain", *arguments])
    sys.stdout.flush()
    os._exit(int(status))
