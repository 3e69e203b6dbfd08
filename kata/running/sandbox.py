"""A cell: a process that runs a stranger's code, and can reach nothing but one socket.

On Linux a cell has namespaces of its own (users, processes, files, network, ipc), no powers, an
ordinary user's id that no other cell has where root judges, Landlock, a filter of system calls,
and limits on memory, processes and file sizes. What it sees of the files: Python and its packages,
the folders that it is shown, and an empty scratch folder in memory. Where some of
that is missing, `Level` says so.

A cell is forked, so it starts with all that its parent has imported.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from kata.running import linux
from kata.running.usage import Processes

FIRST_USER = 61_000  # of those that cells run as, where root judges
USERS = 4_000
INSIDE = 1_000  # what a cell's user is called inside
SCRATCH = "/scratch"
DEVICES = ("null", "zero", "full", "random", "urandom")
# What programs need beside Python: the loader's libraries and its list of them, time zones.
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/localtime")
PACKAGES = {"site-packages", "dist-packages"}
HIDDEN = ("tests", "solutions", ".git", ".kata")  # folders of a course that no cell may see
# Of the environment, what is left.
KEPT = (
    "PATH", "LANG", "LC_", "TZ", "OMP_", "OPENBLAS_", "MKL_", "MPL", "PYTHON", "HF_", "KATA_",
    "TOKENIZERS_", "TRANSFORMERS_", "TQDM_", "DISABLE_TELEMETRY",
)  # fmt: skip

# What isolates, one by one; a cell that has them all is fully isolated.
LAYERS = (
    "users", "processes", "files", "network", "ipc", "own user", "landlock", "calls", "limits"
)  # fmt: skip


class Unavailable(Exception):
    """This machine has no cells at all."""


@dataclass(frozen=True)
class Limits:
    """What a cell may use. Its time is bounded from outside: with a limit of its own the kernel
    would count processor time in ticks, and races of four milliseconds would look alike.
    """

    # Bytes beside what it starts with: of address space for each process, of memory for all.
    memory: int = 8 << 30
    processes: int = 64  # and threads, together
    scratch: int = 256 << 20  # bytes that all its files may have
    files: int = 256  # open at a time


@dataclass(frozen=True)
class View:
    """What a cell sees of the course."""

    course: Path
    shown: tuple[Path, ...]  # files and folders
    copied: tuple[Path, ...] = ()  # folders of which it has a copy of its own, to write to
    hidden: tuple[Path, ...] = ()  # whatever else is shown


@dataclass(frozen=True)
class Level:
    """How far a cell is isolated."""

    missing: dict[str, str] = field(default_factory=dict)  # by layer: why

    @property
    def is_full(self) -> bool:
        return not self.missing

    def __str__(self) -> str:
        if self.is_full:
            return "full"
        return "without " + ", ".join(layer for layer in LAYERS if layer in self.missing)


class Cell:
    """The judge's end of a cell."""

    def __init__(
        self, supervisor: int, connection: socket.socket, level: Level, claim: socket.socket
    ) -> None:
        self._supervisor: int | None = supervisor
        self._claim = claim
        self.connection = connection
        self.level = level

    def close(self, patience: float = 0.0) -> str:
        """End it with all that it has started; how it had ended, if it had, else nothing.

        It has `patience` seconds to end by itself.
        """
        if self._supervisor is None:
            return ""
        self.connection.close()
        end = time.monotonic() + patience
        while True:
            ended, status = os.waitpid(self._supervisor, os.WNOHANG)
            if ended or time.monotonic() >= end:
                break
            time.sleep(0.01)
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._supervisor, signal.SIGKILL)  # and the kernel ends the cell
            os.waitpid(self._supervisor, 0)
        self._supervisor = None
        self._claim.close()
        return _how(status) if ended else ""


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code - 128 in signal.valid_signals():  # as a supervisor hands a signal on
        return f"was ended by the signal {signal.Signals(code - 128).name}"
    return f"ended with exit status {code}"


def scrub_environment() -> None:
    """Forget what the environment says beyond what judging needs: it may hold secrets."""
    for name in list(os.environ):
        if not name.startswith(KEPT):
            del os.environ[name]


def open_cell(
    view: View,
    serve: Callable[[socket.socket], None],
    *,
    limits: Limits = Limits(),  # it is frozen
    root: Path,
) -> Cell:
    """Fork a cell that runs `serve` with its end of a socket, and ends with it.

    Args:
        root: an empty folder, on which the cell's own root is mounted, for nobody else to see.

    Raises:
        Unavailable: there are no cells on this machine, or none could be made.
    """
    if sys.platform != "linux":
        raise Unavailable(f"there are no sandboxes on {sys.platform}, only on Linux")
    user, claim = claim_user()
    ours, theirs = socket.socketpair()
    news, tell = os.pipe()
    mapped, go = os.pipe()
    supervisor = os.fork()
    if not supervisor:
        try:
            os.close(news)
            os.close(go)
            ours.close()
            _supervise(view, serve, theirs, limits, user, root, tell, mapped)
        finally:
            os._exit(70)
    theirs.close()
    os.close(tell)
    os.close(mapped)
    try:
        missing = _read_news(news, go, supervisor, user)
    except Unavailable:
        ours.close()
        os.waitpid(supervisor, 0)
        claim.close()
        raise
    finally:
        os.close(news)
        os.close(go)
    return Cell(supervisor, ours, Level(missing), claim)


def claim_user() -> tuple[int, socket.socket]:
    """A user's id that no other cell of this machine has, until the socket is closed.

    A socket with the name of an id is there once, and goes with the process that has it.

    Raises:
        Unavailable: all ids are taken.
    """
    start = os.getpid()
    for place in range(start, start + USERS):
        user = FIRST_USER + place % USERS
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0kata-cell-{user}")
        except OSError:
            claim.close()
        else:
            return user, claim
    raise Unavailable(f"{USERS} cells are open on this machine, as many as there may be")


def _read_news(news: int, go: int, supervisor: int, user: int) -> dict[str, str]:
    """Give the cell its user, and hear what it lacks."""
    missing: dict[str, str] = {}
    text = b""
    while chunk := os.read(news, 65_536):
        text += chunk
        while b"\n" in text:
            line, _, text = text.partition(b"\n")
            layer, _, why = line.decode("utf-8", "replace").partition(" ")
            if layer == "mapme":
                problem = _map_user(supervisor, user)
                if problem:
                    missing["own user"] = problem
                os.write(go, b"1" if problem else b"2")  # users that it may be
            elif layer == "ready":
                return missing
            else:
                missing[layer.replace("-", " ")] = why
    raise Unavailable(missing.get("failed", "the sandbox ended before it was ready"))


def _map_user(process: int, user: int) -> str:
    """Say who a cell's users are outside; why its user is not its own, where it is not."""
    folder = Path(f"/proc/{process}")
    problem = "only root can give each cell a user of its own"
    if os.geteuid() == 0:
        try:
            for name in ("gid_map", "uid_map"):
                (folder / name).write_text(f"0 0 1\n{INSIDE} {user} 1\n")
        except OSError as error:
            problem = str(error)
        else:
            return ""
    with contextlib.suppress(OSError):  # then it is nobody, and can still be shut in
        (folder / "setgroups").write_text("deny")
        (folder / "uid_map").write_text(f"0 {os.geteuid()} 1\n")
        (folder / "gid_map").write_text(f"0 {os.getegid()} 1\n")
    return problem


def _supervise(
    view: View,
    serve: Callable[[socket.socket], None],
    connection: socket.socket,
    limits: Limits,
    user: int,
    root: Path,
    tell: int,
    mapped: int,
) -> None:
    """Fork the cell into namespaces, wait for it, and end as it ends."""
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    _close_all_but({connection.fileno(), tell, mapped})

    def lacks(layer: str, error: Exception | str) -> None:
        os.write(tell, f"{layer.replace(' ', '-')} {error}\n".replace("\n", " ").encode() + b"\n")

    spaces, identity = _enter_namespaces(user, tell, mapped, lacks)
    processes = Processes()
    cell = os.fork()
    if not cell:
        try:
            processes.close()
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            _shut_in(view, limits, root, spaces, identity, lacks)
            os.write(tell, b"ready \n")
            os.close(tell)
            os.close(mapped)
            gc.freeze()
            serve(connection)
            os._exit(0)
        except BaseException as error:
            with contextlib.suppress(OSError):
                lacks("failed", f"{type(error).__name__}: {error}")
            os._exit(70)
    connection.close()
    os.close(tell)
    status = processes.wait_for(cell, limits.memory)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _enter_namespaces(
    user: int, tell: int, mapped: int, lacks: Callable[[str, Exception | str], None]
) -> tuple[bool, int | None]:
    """Whether there are namespaces of its own, and whose id the cell can take, if it can."""
    without = os.environ.get("KATA_WITHOUT", "")
    identity = None
    try:
        if "namespaces" in without or "users" in without:
            raise OSError("switched off")
        linux.unshare(linux.NEW_USERS)
        os.write(tell, b"mapme \n")
        identity = INSIDE if os.read(mapped, 1) == b"2" else None
    except OSError as error:
        lacks("users", error)
        if os.geteuid() == 0:  # who needs none of users for the others
            identity = user
    try:
        if "namespaces" in without:
            raise OSError("switched off")
        linux.unshare(
            linux.NEW_PROCESSES | linux.NEW_MOUNTS | linux.NEW_NETWORK | linux.NEW_IPC
            | linux.NEW_NAMES | linux.NEW_GROUPS
        )  # fmt: skip
    except OSError as error:
        for layer in ("processes", "files", "network", "ipc", "own user"):
            lacks(layer, error)
        return False, None
    return True, identity


def _shut_in(
    view: View,
    limits: Limits,
    root: Path,
    spaces: bool,
    identity: int | None,
    lacks: Callable[[str, Exception | str], None],
) -> None:
    """Give up everything, in the order in which it can be given up."""
    before = _address_space()
    os.setsid()
    if spaces:
        linux.mount("", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
        _furnish(view, root, limits)
        linux.change_root(root)
        scratch = SCRATCH
        socket.sethostname("cell")
    else:
        scratch = str(root)  # the judge empties it
    os.chdir(scratch)
    os.environ.update(HOME=scratch, TMPDIR=scratch, USER="student", LOGNAME="student")
    tempfile.tempdir = None  # it remembers the judge's
    process: Any = multiprocessing.current_process()
    process._config.pop("tempdir", None)  # so does this, where data loaders meet their workers
    vars(resource_tracker._resource_tracker).update(_fd=None, _pid=None)  # and this
    multiprocessing.set_start_method("fork", force=True)  # other ways start from the judge's files
    if identity is not None:
        _become(identity)
    linux.drop_capabilities()
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # forgotten where the user changes
    _attempt("landlock", lacks, lambda: _landlock(view, spaces, scratch))
    _attempt("limits", lacks, lambda: _limit(limits, before))
    _attempt("calls", lacks, linux.refuse_calls)


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _attempt(
    layer: str, lacks: Callable[[str, Exception | str], None], action: Callable[[], None]
) -> None:
    try:
        if layer in os.environ.get("KATA_WITHOUT", ""):
            raise OSError("switched off")
        action()
    except OSError as error:
        lacks(layer, error)


def _readable(view: View) -> list[Path]:
    """What a cell may read, nothing of it below another."""
    entries = {Path(sys.prefix), Path(sys.base_prefix), *map(Path, SYSTEM)}
    # No others of the module path: what is worked on lies in the course, not for cells to see.
    entries |= {Path(entry) for entry in sys.path if PACKAGES & set(Path(entry).parts)}
    entries = {entry for entry in entries if entry.exists()}
    return [
        entry
        for entry in sorted(entries)
        if not any(entry != other and entry.is_relative_to(other) for other in entries)
    ]


def _hidden(view: View) -> list[Path]:
    return [*(view.course / name for name in HIDDEN), *view.hidden]


def _furnish(view: View, root: Path, limits: Limits) -> None:
    """Build what the cell sees, in a file system in memory that is mounted on `root`."""
    size = f"size={limits.scratch},nr_inodes=20000,mode=0755"
    linux.mount("cell", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, size)
    for name in ("dev/shm", SCRATCH[1:], "tmp"):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={limits.scratch},nr_inodes=20000,mode=1777"
        linux.mount("scratch", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    for path in _readable(view):
        place = root / path.relative_to("/")
        if path.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.symlink_to(os.readlink(path))
            continue
        _show(path, place)
    for path in _hidden(view):
        place = root / path.relative_to("/")
        if place.is_dir():
            linux.mount("nothing", place, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV)
    for path in view.shown:
        _show(path, root / path.relative_to("/"))
    for path in view.copied:
        place = root / path.relative_to("/")
        shutil.copytree(path, place, dirs_exist_ok=True)
        for part in (place, *place.rglob("*")):
            part.chmod(0o777 if part.is_dir() else 0o666)
    for name in DEVICES:
        place = root / "dev" / name
        place.parent.mkdir(exist_ok=True)
        place.touch()
        linux.mount(f"/dev/{name}", place, flags=linux.MS_BIND)
    (root / "etc").mkdir(exist_ok=True)
    person = f"student:x:{INSIDE}:{INSIDE}::{SCRATCH}:/bin/false\n"
    (root / "etc" / "passwd").write_text(f"root:x:0:0::/:/bin/false\n{person}")
    (root / "proc").mkdir(exist_ok=True)
    with contextlib.suppress(OSError):  # refused where the outer one has masks; few miss it
        flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
        linux.mount("proc", root / "proc", "proc", flags)


def _show(path: Path, place: Path) -> None:
    if path.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    linux.bind(path, place)


def _landlock(view: View, spaces: bool, scratch: str) -> None:
    readable = [str(path) for path in (*_readable(view), *view.shown)]
    writable = [scratch, "/dev/shm", *(f"/dev/{name}" for name in DEVICES)]
    writable += ["/tmp", *map(str, view.copied)] if spaces else []
    linux.landlock([*readable, "/proc", "/etc/passwd"] if spaces else readable, writable)


def _limit(limits: Limits, before: int) -> None:
    amounts = {
        resource.RLIMIT_AS: before + limits.memory,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_FSIZE: limits.scratch,
        resource.RLIMIT_NOFILE: limits.files,
        resource.RLIMIT_CORE: 0,
    }
    for what, amount in amounts.items():
        resource.setrlimit(what, (amount, amount))


def _address_space() -> int:
    """Bytes that this process has reserved."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _close_all_but(kept: Iterable[int]) -> None:
    """Close all open files of this process; the standard ones read and write nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    start = 3
    for number in sorted(kept):
        os.closerange(start, number)
        start = number + 1
    os.closerange(start, 1 << 16)
