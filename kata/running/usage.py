"""How much memory a process takes together with all that it has started; on Linux."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PERIOD = 0.1  # seconds between two looks
UNIT = 1024  # bytes; of what the kernel tells
OWN = (b"RssAnon:", b"RssShmem:")  # files that are mapped are everybody's


class Processes:
    """The processes of this machine, seen through an open `/proc`.

    Whoever shares a file system with a process that shuts itself in finds none there any more.
    """

    def __init__(self) -> None:
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)

    def close(self) -> None:
        os.close(self._proc)

    def wait_for(self, process: int, most: int) -> int:
        """Wait for a child to end; its status.

        It is killed if it takes more than `most` bytes beyond what it takes now, it and its
        descendants together. What one of them has from the process that forked it counts for both.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        start = self.memory_of(process)
        while True:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                return status
            own = [self.memory_of(one) for one in (process, *self.descendants(process))]
            if sum(max(taken - start, 0) for taken in own) > most:
                os.kill(process, signal.SIGKILL)
            signal.sigtimedwait({signal.SIGCHLD}, PERIOD)

    def descendants(self, process: int) -> list[int]:
        """All processes that a process has started, directly or not."""
        found: list[int] = []
        waiting = [process]
        while waiting:
            parent = waiting.pop()
            for thread in self._threads(parent):
                children = list(map(int, self._read(f"{parent}/task/{thread}/children").split()))
                found += children
                waiting += children
        return found

    def memory_of(self, process: int) -> int:
        """Bytes in memory that are no file's; 0 for a process that has ended."""
        lines = self._read(f"{process}/status").splitlines()
        return sum(int(line.split()[1]) * UNIT for line in lines if line.startswith(OWN))

    def _threads(self, process: int) -> list[str]:
        with suppress(OSError), self._opened(f"{process}/task") as folder:
            return os.listdir(folder)
        return []  # it has ended

    def _read(self, name: str) -> bytes:
        """What a file holds; nothing if its process has ended."""
        with suppress(OSError), self._opened(name) as file:
            return os.read(file, 1 << 16)
        return b""

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        handle = os.open(name, os.O_RDONLY, dir_fd=self._proc)
        try:
            yield handle
        finally:
            os.close(handle)
