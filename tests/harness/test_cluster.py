"""`kata grade --scheduler`: several machines, some of which fail."""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.harness.conftest import COMMON
from tests.harness.test_grading import RIGHT, grade, runs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are cells on Linux alone")


class Cluster:
    """A scheduler and workers as processes of this machine."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._folder = folder
        self.scheduler = None
        self.workers = []

    @property
    def address(self):
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, workers=2):
        self.scheduler = self._run(
            "scheduler", "--host", "127.0.0.1", "--port", self.port, "--no-dashboard"
        )
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self):
        return self._run(
            "worker", self.address, "--nthreads", 1, "--no-nanny", "--no-dashboard",
            "--local-directory", self._folder,
        )  # fmt: skip

    def _run(self, *words):
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, words)],
            env={**os.environ, **COMMON}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def stop(self):
        for process in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    cluster = Cluster(tmp_path)
    cluster.start()
    yield cluster
    cluster.stop()


def hand_in(mini, count):
    for number in range(count):
        mini.write(f"handed/s{number:02d}/task01.py", f"{RIGHT}\n# {number}\n")


@contextlib.contextmanager
def grading_on(mini, cluster):
    """The command at work; it ends well, or the test fails."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kata.cli", "grade", "handed", "--out", "grades", "--scheduler",
         cluster.address],
        cwd=mini.root, env={**os.environ, **COMMON}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield
        told, _ = process.communicate(timeout=150)
        assert process.returncode == 0, told
    finally:
        process.kill()
        process.communicate()


def wait_for(mini, count):
    end = time.monotonic() + 100
    while time.monotonic() < end:
        with contextlib.suppress(sqlite3.Error):
            if (mini.root / "grades" / "grades.sqlite").is_file() and len(runs(mini)) >= count:
                return
        time.sleep(0.05)
    raise TimeoutError


def check_table(mini, count):
    """Everybody has a row, all are right, and each answer was kept once."""
    with closing(sqlite3.connect(mini.root / "grades" / "grades.sqlite")) as database:
        assert database.execute("SELECT COUNT(*) FROM runs").fetchone() == (count,)
    lines = (mini.root / "grades" / "grades.csv").read_text().splitlines()
    assert len(lines) == count + 1
    assert all(",10,10," in line and line.endswith(",full") for line in lines[1:])


def test_a_worker_is_killed_and_another_is_slow(mini, cluster):
    hand_in(mini, 14)
    with grading_on(mini, cluster):
        wait_for(mini, 2)
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        cluster.workers.append(cluster.add_worker())
        wait_for(mini, 4)
        os.kill(cluster.workers[1].pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(cluster.workers[1].pid, signal.SIGCONT)
    check_table(mini, 14)


def test_the_scheduler_is_started_anew(mini, cluster):
    hand_in(mini, 10)
    with grading_on(mini, cluster):
        wait_for(mini, 2)
        cluster.stop()
        kept = runs(mini)
        time.sleep(1)
        cluster.start()
    check_table(mini, 10)
    assert kept.items() <= runs(mini).items()


def test_here_as_there(mini, cluster):
    """What was judged on a cluster is not judged again here."""
    hand_in(mini, 2)
    _, done = grade(mini, "--scheduler", cluster.address)
    assert done.status == 0, done.text
    before = runs(mini)
    rows, _ = grade(mini)
    assert runs(mini) == before
    assert {row["points"] for row in rows.values()} == {"10"}
