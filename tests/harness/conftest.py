"""A small course in a folder of its own, and the commands to run in it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kata.course import Course
from kata.stubs import write_stub

collect_ignore = ["mini"]
HERE = Path(__file__).parent


@dataclass
class Outcome:
    """What a command printed and how it ended."""

    status: int
    text: str


class MiniCourse:
    """A copy of `mini/` that a test may break; commands run in it as a person runs them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def pytest(self, *arguments: str, typed: str = "") -> Outcome:
        return self._run("-m", "pytest", "tests/test_task01.py", *arguments, typed=typed)

    def kata(self, *arguments: str) -> Outcome:
        return self._run("-m", "kata.cli", *arguments)

    def answer(self, text: str, *arguments: str) -> Outcome:
        """Judge this text as the student's file."""
        self.write("tasks/task01.py", text)
        return self.pytest(*arguments)

    def _run(self, *arguments: str, typed: str = "") -> Outcome:
        settings = {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8", "CI": "true"}
        settings["CUDA_VISIBLE_DEVICES"] = ""  # the reports are those of a laptop
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            input=typed,
            timeout=120,
            encoding="utf-8",
            check=False,
        )
        return Outcome(done.returncode, self._same_everywhere(done.stdout))

    def _same_everywhere(self, text: str) -> str:
        """The text without what differs from machine to machine."""
        text = text.replace(str(self.root), "COURSE")
        text = re.sub(r"\(/[^\s)]+\)", "(SOMEWHERE)", text)
        text = re.sub(r"/\S*?pytest-of-\S+?/test_\w+", "SCRATCH", text)
        text = re.sub(r"\d+(\.\d+)? ?s\b", "TIME", text)
        text = re.sub(r"=+ (.*?) =+\n", r"== \1 ==\n", text)
        lines = [re.sub(r"( \d+)? +\[100%\]$", "", line).rstrip() for line in text.splitlines()]
        return "\n".join(lines).strip() + "\n"


@pytest.fixture
def mini(tmp_path: Path) -> MiniCourse:
    """A small course with one task, its stub untouched."""
    root = tmp_path / "course"
    shutil.copytree(HERE / "mini", root, ignore=shutil.ignore_patterns("__pycache__"))
    course = Course.read(root)
    for task in course.tasks:
        write_stub(course, task)
    return MiniCourse(root)


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """`golden(text)` compares a whole report with `golden/NAME.txt`.

    With KATA_WRITE_GOLDEN=1 it writes the file instead: read what it wrote before you commit it.
    """
    name = re.sub(r"\W+", "_", request.node.name.removeprefix("test_")).strip("_")
    path = HERE / "golden" / f"{name}.txt"

    def compare(text: str) -> None:
        if os.environ.get("KATA_WRITE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
