"""No attack wins, and each that says so would win where nothing is isolated."""

import contextlib
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kata.course import Course
from kata.grading.outputs import file_name
from kata.running.job import Job
from kata.running.runner import run_jobs
from kata.running.sandbox import FIRST_USER, USERS
from tests.attacks.armoury import ROOT, TASK, Attack, Scene, read_attacks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there are cells on Linux alone")

ATTACKS = read_attacks()
# Honest answers that do nothing: they leave their input as it was, which tests ask.
NOTHING = {
    task: Attack(f"does nothing of {task}", "", False, code, task)
    for task, code in {
        TASK: "def calculate_class_weights(*args): pass",
        "task16": "def create_dataloaders(*args): return None, None",
        "task20": "def predict_category(*args): return ''",
    }.items()
}
PATIENCE = 100  # seconds that a cell of another test may take
LATER = 6  # seconds after which those who wait have made their mark
TEST = "test_tensor"


def in_cells():
    """The processes of this machine that run in cells."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if FIRST_USER <= path.stat().st_uid < FIRST_USER + USERS:
                found.add(path.name)
    return found


def test_there_are_many():
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert sum(attack.wins for attack in ATTACKS) >= 20


def test_no_attack_wins(tmp_path):
    """All of them as a class's answers, by the command that teachers use."""
    scene = Scene(tmp_path)
    handed = tmp_path / "handed in"
    mounts = Path("/proc/mounts").read_text()
    with scene.servers():
        marks = {attack: scene.write(attack, handed)[1] for attack in ATTACKS}
        for attack in NOTHING.values():
            scene.write(attack, handed)
        done = subprocess.run(
            [sys.executable, "-m", "kata.cli", "grade", handed, "--out", tmp_path / "out",
             "--require-isolation", "--jobs", "4"],
            cwd=scene.course, capture_output=True, text=True, check=False,
            env={**os.environ, "HOME": str(scene.home), "TEACHERS_TOKEN": scene.secret,
                 "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
        )  # fmt: skip
    left = in_cells()
    assert done.returncode in (0, 1), done.stderr[-2000:]
    with open(tmp_path / "out" / "grades.csv", newline="", encoding="utf-8") as file:
        rows = {(row["student"], f"task{row['task']}"): row for row in csv.DictReader(file)}
    every = [*ATTACKS, *NOTHING.values()]
    assert {student for student, _ in rows} == {attack.name for attack in every}
    points = {attack: float(rows[attack.name, attack.task]["points"]) for attack in every}
    assert all(points[attack] < 1 for attack in NOTHING.values())
    won = [
        f"{attack.title}: {points[attack]} points"
        for attack in ATTACKS
        if points[attack] > points[NOTHING[attack.task]]
    ]
    for attack in ATTACKS:
        told = (tmp_path / "out" / "feedback" / f"{file_name(attack.name)}.txt").read_text()
        if scene.secret in told or (attack.goal == "secret" and "RuntimeError: S" in told):
            won.append(f"{attack.title}: it knows the secret")
    time.sleep(LATER)
    won += [f"{attack.title}: it left {mark.name}" for attack, mark in marks.items()
            if mark.exists()]  # fmt: skip
    assert not won
    everything = "".join(
        path.read_text(errors="replace")
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.suffix in (".txt", ".json", ".xml", ".csv", ".md")
    )
    assert scene.secret not in everything
    assert "large" not in os.listdir("/dev/shm")
    assert Path("/proc/mounts").read_text() == mounts
    end = time.monotonic() + PATIENCE
    while left & in_cells() and time.monotonic() < end:
        time.sleep(0.5)  # other tests have cells, which end soon
    assert not left & in_cells()


def test_attacks_win_where_nothing_is_isolated(tmp_path):
    """So they are attacks, and not answers that are red anyway."""
    scene = Scene(tmp_path)
    course = Course.read(scene.course)
    test_file = course.test_file(course.task(TASK))
    lost = []
    with scene.servers():
        jobs = {}
        for attack in ATTACKS:
            if attack.wins:
                path, mark = scene.write(attack, tmp_path / "handed in")
                jobs[Job(test_file, str(path), (TEST,))] = attack, mark
        runs = list(run_jobs(course, list(jobs), 2))
    time.sleep(LATER)
    for run in runs:
        attack, mark = jobs[run.job]
        told = f"{run.broken} {[result.as_data() for result in run.results]}"
        won = {
            "green": [result.outcome for result in run.results] == ["green"],
            "secret": scene.secret in told,
            "leaves": mark.exists(),
        }
        if not won[attack.goal]:
            lost.append(f"{attack.title}: {told[:600]}")
    assert not lost
