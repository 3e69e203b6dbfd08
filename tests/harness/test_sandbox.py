"""Cells: what a process can still do in one, and what is left of it."""

import json
import multiprocessing
import multiprocessing.connection
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from kata.running import linux, sandbox
from kata.running.sandbox import (
    LAYERS,
    Level,
    Limits,
    Unavailable,
    View,
    claim_user,
    open_cell,
    scrub_environment,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are cells on Linux alone")
ROOT = Path(__file__).parents[2]


def tried(actions):
    """What came of each action, in a cell: its result or the name of its error."""

    def serve(connection):
        found = {}
        for name, action in actions.items():
            try:
                found[name] = str(action())
            except BaseException as error:
                found[name] = type(error).__name__
        connection.sendall(json.dumps(found).encode())

    return serve


def in_a_cell(folder, actions, limits=Limits(), shown=()):  # noqa: B008
    folder = folder / f"root{len(list(folder.iterdir()))}"
    folder.mkdir()
    cell = open_cell(View(ROOT, tuple(shown)), tried(actions), limits=limits, root=folder)
    text = b""
    while part := cell.connection.recv(65_536):
        text += part
    cell.close()
    return json.loads(text), cell.level


def test_level(tmp_path):
    found, level = in_a_cell(tmp_path, {"nothing": lambda: None})
    assert found == {"nothing": "None"}
    assert set(level.missing) <= {"own user"}
    assert level.is_full or os.geteuid() != 0


@pytest.mark.parametrize("layer", ["landlock", "calls", "limits", "users"])
def test_a_layer_that_is_missing_is_told(tmp_path, monkeypatch, layer):
    monkeypatch.setenv("KATA_WITHOUT", layer)
    found, level = in_a_cell(tmp_path, {"user": os.getuid, "number": os.getpid})
    assert str(level) in (f"without {layer}", f"without {layer}, own user")
    assert found["number"] == "1"
    assert found["user"] != "0" or os.geteuid() != 0


def test_processes_meet_in_a_cell(tmp_path, monkeypatch):
    """As a data loader's do, in a place that is the cell's and not the judge's."""

    def meet():
        with multiprocessing.connection.Listener() as listener:
            return Path(listener.address).parent.is_relative_to("/scratch")

    monkeypatch.setitem(multiprocessing.current_process()._config, "tempdir", str(tmp_path))
    found, level = in_a_cell(tmp_path, {"meet": meet})
    assert found == {"meet": "True"} or "files" in level.missing


@pytest.mark.parametrize("status", [0, 7, 128, 200])
def test_how_a_cell_has_ended(tmp_path, status):
    """No status is taken for a signal that there is not."""
    cell = open_cell(View(ROOT, ()), lambda connection: os._exit(status), root=tmp_path)
    assert cell.close(patience=5) == f"ended with exit status {status}"


def test_level_in_words():
    assert str(Level()) == "full"
    assert str(Level({"calls": "x", "users": "y"})) == "without users, calls"
    assert set(LAYERS) >= {"users", "calls"}


def test_files(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "answer.py").write_text("answer")
    actions = {
        "shown": lambda: (shown / "answer.py").read_text(),
        "outside": outside.read_text,
        "course": (ROOT / "tests" / "test_task01.py").read_text,
        "home": lambda: list(Path("/root").iterdir()),
        "packages": lambda: __import__("colorsys").__name__,
        "write shown": lambda: (shown / "answer.py").write_text("other"),
        "write packages": lambda: Path(os.__file__).with_name("x.py").write_text(""),
        "scratch": lambda: Path("x").write_text("abc"),
        "shared memory": lambda: Path("/dev/shm/x").write_text("abc"),
    }
    found, _ = in_a_cell(tmp_path, actions, shown=[shown])
    assert found["shown"] == "answer"
    assert found["packages"] == "colorsys"
    assert found["scratch"] == found["shared memory"] == "3"
    for name in ("outside", "course", "home", "write shown", "write packages"):
        assert found[name] in ("FileNotFoundError", "PermissionError", "OSError"), name
    assert (shown / "answer.py").read_text() == "answer"
    assert not Path("/dev/shm/x").exists()


def test_processes_and_network(tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    actions = {
        "number": os.getpid,
        "others": lambda: [name for name in os.listdir("/proc") if name.isdigit()],
        "server": lambda: socket.create_connection(server.getsockname(), 1),
        "raw": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
        "unshare": lambda: linux.unshare(linux.NEW_USERS),
        "mount": lambda: linux.mount("x", "/scratch", "tmpfs"),
        "ptrace": lambda: linux._libc.ptrace(0, 0, 0, 0),
        "files": lambda: len(os.listdir("/proc/self/fd")) < 8,  # of which one is this look
        "powers": lambda: "CapEff:\t0000000000000000" in Path("/proc/self/status").read_text(),
        "no more": lambda: "NoNewPrivs:\t1" in Path("/proc/self/status").read_text(),
        "filter": lambda: "Seccomp:\t2" in Path("/proc/self/status").read_text(),
    }
    with server:
        found, _ = in_a_cell(tmp_path, actions)
    assert found["number"] == "1"
    assert found["others"] == "['1']"
    for name in ("server", "raw", "unshare", "mount"):
        assert found[name] in ("PermissionError", "OSError"), name
    assert found["ptrace"] == "-1"
    for name in ("files", "powers", "no more", "filter"):
        assert found[name] == "True", name


def test_limits(tmp_path):
    limits = Limits(memory=1 << 30, processes=8, scratch=1 << 20, files=40)
    actions = {
        "memory": lambda: bytearray(2 << 30),
        "disk": lambda: Path("x").write_bytes(bytes(2 << 20)),
        "files": lambda: [os.open("/dev/null", os.O_RDONLY) for _ in range(60)],
        "processes": lambda: [os.fork() or time.sleep(60) for _ in range(20)],
    }
    found, _ = in_a_cell(tmp_path, actions, limits)
    assert found["memory"] == "MemoryError"
    assert {found["disk"], found["files"]} == {"OSError"}
    assert found["processes"] == "BlockingIOError"


@pytest.mark.parametrize(("processes", "end"), [(2, "status 0"), (6, "SIGKILL")])
def test_memory_of_all_processes_together(tmp_path, processes, end):
    """Each of them may take a third of what is allowed."""

    def serve(connection):
        for _ in range(processes):
            if not os.fork():
                taken = b"x" * (100 << 20)
                time.sleep(30 + len(taken) % 2)
        time.sleep(3)
        os._exit(0)

    cell = open_cell(View(ROOT, ()), serve, limits=Limits(memory=300 << 20), root=tmp_path)
    assert cell.close(patience=20).endswith(end)


def test_processor_time_is_counted_finely(tmp_path):
    """Races need it."""

    def steps():
        seen = set()
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            seen.add(time.process_time())
        return len(seen) > 100

    found, _ = in_a_cell(tmp_path, {"steps": steps})
    assert found == {"steps": "True"}


def test_a_closed_cell_is_gone(tmp_path):
    def serve(connection):
        if not os.fork():
            os.setsid()
            time.sleep(300)
        connection.sendall(b"x")
        time.sleep(300)

    folder = tmp_path / "root"
    folder.mkdir()
    cell = open_cell(View(ROOT, ()), serve, root=folder)
    assert cell.connection.recv(1) == b"x"
    marker = str(folder)
    assert cell.close() == ""
    end = time.monotonic() + 5
    while marker in Path("/proc/mounts").read_text() and time.monotonic() < end:
        time.sleep(0.05)
    assert marker not in Path("/proc/mounts").read_text()
    assert cell.close() == ""


def users_of(cell):
    """Who the processes of a cell are, seen from outside."""
    found, waiting = [], [cell._supervisor]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        lines = (process / "status").read_text().splitlines()
        found += [line.split()[1] for line in lines if line.startswith("Uid:")]
        waiting += (process / "task" / process.name / "children").read_text().split()
    return set(map(int, found))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give each cell a user of its own")
def test_no_two_cells_have_one_user(tmp_path):
    """Their limits count by user, and where there are no namespaces, so do signals."""
    cells = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        serve = lambda connection: connection.recv(1)  # noqa: E731
        cells.append(open_cell(View(ROOT, ()), serve, root=tmp_path / name))
    one, other = map(users_of, cells)
    for cell in cells:
        cell.close()
    assert one & other == {0}  # the supervisors'
    assert len(one) == len(other) == 2


def test_users_are_claimed(monkeypatch):
    monkeypatch.setattr(sandbox, "USERS", 2)
    monkeypatch.setattr(sandbox, "FIRST_USER", 59_000)
    (one, first), (other, second) = claim_user(), claim_user()
    assert {one, other} == {59_000, 59_001}
    with pytest.raises(Unavailable, match="2 cells are open on this machine, as many as"):
        claim_user()
    first.close()
    again, third = claim_user()
    assert again == one
    second.close()
    third.close()


def test_the_environment_is_scrubbed(monkeypatch):
    with monkeypatch.context() as patch:
        for name in list(os.environ):
            patch.setenv(name, os.environ[name])
        patch.setenv("TEACHERS_TOKEN", "secret")
        patch.setenv("KATA_HUB", "offline")
        scrub_environment()
        assert "TEACHERS_TOKEN" not in os.environ
        assert os.environ["KATA_HUB"] == "offline"
        assert "PATH" in os.environ
