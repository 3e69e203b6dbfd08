"""What Linux offers for shutting a process in, as functions; each raises OSError where it cannot.

Numbers are those of the kernel's headers; Python has no names for them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from pathlib import Path

NEW_MOUNTS = 0x00020000
NEW_GROUPS = 0x02000000
NEW_NAMES = 0x04000000
NEW_IPC = 0x08000000
NEW_USERS = 0x10000000
NEW_PROCESSES = 0x20000000
NEW_NETWORK = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE, MS_BIND = 2, 4, 8, 16384, 1 << 18, 4096
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_RECURSIVE, AT_FDCWD = 0x8000, -100

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38

# One number on all machines since Linux 5.1.
MOUNT_SETATTR, LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 442, 444, 445, 446

_X86 = platform.machine() == "x86_64"
PIVOT_ROOT = 155 if _X86 else 41
CAPSET = 126 if _X86 else 91
ARCHITECTURE = 0xC000003E if _X86 else 0xC00000B7  # of seccomp's

# By name: numbers on x86_64 and on aarch64 (None: not there). What no answer to a task needs, and
# what has let processes out of their namespaces, or into others.
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),  # memory beyond that of the scratch folder
    "shmget": (29, 194),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "open_by_handle_at": (304, 265),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "personality": (135, 92),
    "iopl": (172, None),
    "ioperm": (173, None),
}
PRCTL = 157 if _X86 else 167
SOCKET = 41 if _X86 else 198
CLONE = 56 if _X86 else 220
CLONE3 = 435
FAMILIES = (1, 2, 10)  # of sockets: local, and the internet's, of which there is none inside
ENOSYS, EPERM = 38, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _checked(_libc.unshare(flags), "unshare")


def mount(
    source: str | Path, target: str | Path, kind: str = "", flags: int = 0, data: str = ""
) -> None:
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags),
        data.encode(),
    )  # fmt: skip
    _checked(result, f"mounting {target}")


def bind(source: str | Path, target: str | Path) -> None:
    """Show a file or folder, with what is mounted below it, at another place, to be read."""
    mount(source, target, flags=MS_BIND | MS_REC)
    setting = struct.pack("QQQQ", ATTR_NOSUID | ATTR_RDONLY | ATTR_NODEV, 0, 0, 0)
    result = _libc.syscall(
        MOUNT_SETATTR, AT_FDCWD, os.fsencode(target), AT_RECURSIVE, setting, len(setting)
    )
    _checked(result, f"mount_setattr of {target}")


def change_root(new: str | Path) -> None:
    """Make a folder, which is a mount of its own, the root, and let the old one go."""
    os.chdir(new)
    _checked(_libc.syscall(PIVOT_ROOT, b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def prctl(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *padded), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up all powers, for good."""
    for number in range(64):
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:
            break  # the last one that this kernel knows, or it has none to drop with
    header, none = struct.pack("Ii", 0x20080522, 0), struct.pack("IIIIII", 0, 0, 0, 0, 0, 0)
    _checked(_libc.syscall(CAPSET, header, none), "capset")


READING = 0b1101  # to run a file, to read it, to list a folder


def landlock(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Let this process and its children reach these files and folders, and no others."""
    version = _checked(_libc.syscall(LANDLOCK_CREATE, None, 0, 1), "landlock")
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    network = 0b11 if version >= 4 else 0  # to bind and to connect
    scope = 0b11 if version >= 6 else 0  # abstract sockets and signals
    size = {1: 8, 2: 8, 3: 8, 4: 16, 5: 16}.get(version, 24)
    attributes = struct.pack("QQQ", files, network, scope)[:size]
    rules = _checked(_libc.syscall(LANDLOCK_CREATE, attributes, size, 0), "landlock")
    try:
        for paths, access in ((readable, READING), (writable, files)):
            for path in paths:
                _landlock_rule(rules, path, access)
        _checked(_libc.syscall(LANDLOCK_RESTRICT, rules, 0), "landlock")
    finally:
        os.close(rules)


OF_FILES = 0b1100000000000111 | 1 << 14  # rights that make sense for what is no folder


def _landlock_rule(rules: int, path: str, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        access = access if os.path.isdir(path) else access & OF_FILES
        rule = struct.pack("=Qi", access, handle)
        _checked(_libc.syscall(LANDLOCK_ADD, rules, 1, rule, 0), f"landlock of {path}")
    finally:
        os.close(handle)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value & 0xFFFFFFFF)


LOAD, EQUAL, BITS, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NEW_ANYTHING = (
    NEW_MOUNTS | NEW_GROUPS | NEW_NAMES | NEW_IPC | NEW_USERS | NEW_PROCESSES | NEW_NETWORK
)


def refuse_calls() -> None:
    """Have the kernel refuse the calls of `REFUSED`, and some uses of others."""
    first_argument = 16  # its lower half
    allow, refuse = _instruction(RETURN, ALLOW), _instruction(RETURN, REFUSE | EPERM)
    program = [
        _instruction(LOAD, 4),  # the architecture: numbers mean something else on another
        _instruction(EQUAL, ARCHITECTURE, 1, 0),
        _instruction(RETURN, KILL),
        _instruction(LOAD, 0),  # the number of the call
    ]
    if _X86:  # a second set of numbers, for 32-bit pointers
        program += [_instruction(BITS, 0x40000000, 0, 1), refuse]
    for numbers in REFUSED.values():
        number = numbers[0 if _X86 else 1]
        if number is not None:
            program += [_instruction(EQUAL, number, 0, 1), refuse]
    # Its flags lie in memory, where a filter cannot read them; libraries then fall back to clone.
    program += [_instruction(EQUAL, CLONE3, 0, 1), _instruction(RETURN, REFUSE | ENOSYS)]
    program += [
        _instruction(EQUAL, CLONE, 0, 4),
        _instruction(LOAD, first_argument),
        _instruction(BITS, NEW_ANYTHING, 0, 1),
        refuse,
        allow,
        _instruction(EQUAL, PRCTL, 0, 4),
        _instruction(LOAD, first_argument),
        _instruction(EQUAL, PR_SET_PDEATHSIG, 0, 1),  # it ends with those who judge it
        refuse,
        allow,
        _instruction(EQUAL, SOCKET, 0, len(FAMILIES) + 3),
        _instruction(LOAD, first_argument),
        *(_instruction(EQUAL, family, len(FAMILIES) - i, 0) for i, family in enumerate(FAMILIES)),
        refuse,
        allow,
        allow,
    ]
    code = b"".join(program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    whole = ctypes.create_string_buffer(filter_, len(filter_))
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(whole))
