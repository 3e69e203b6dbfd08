"""A small course in a folder of its own, and the commands to run in it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kata.authoring.stubs import write_stub
from kata.course import Course
from kata.proving.proofs import check
from tests.harness import warm

collect_ignore = ["mini"]
HERE = Path(__file__).parent

# What these tests start is not a part of their own run: not of xdist's processes, and with a cache
# of its own, where tox would have pytest keep one for all.
OURS = (
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "PYTEST_XDIST_TESTRUNUID",
    "TOX_ENV_DIR",
)
for name in OURS:
    os.environ.pop(name, None)


# The reports are those of a laptop.
COMMON = {
    "COLUMNS": "100",
    "PYTHONIOENCODING": "utf-8",
    "CI": "true",
    "CUDA_VISIBLE_DEVICES": "",
}


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

    def pytest(
        self, *arguments: str, typed: str = "", cold: bool = False, **settings: str
    ) -> Outcome:
        """pytest on the first task; `cold` is for what a forked process would not show."""
        arguments = ("tests/test_task01.py", *arguments)
        if cold or settings or not warm.can_run():
            return self.run("-m", "pytest", *arguments, typed=typed, **settings)
        status, text = warm.run(arguments, self.root, {**os.environ, **COMMON}, typed)
        return Outcome(status, self._same_everywhere(text))

    def bare_pytest(self, *arguments: str, **settings: str) -> Outcome:
        """pytest on all that it finds."""
        return self.run("-m", "pytest", *arguments, **settings)

    def add_task(self, number: int) -> None:
        """One more task like the first; its stub is untouched."""
        manifest = (self.root / "tasks" / "manifest.toml").read_text(encoding="utf-8")
        entry = manifest[manifest.index("[[task]]") :].split("\n\n[[")[0]
        entry = entry.replace("number = 1", f"number = {number}")
        self.write("tasks/manifest.toml", f"{manifest}\n{entry}")
        for file in ("solutions/task01.py", "tests/test_task01.py", "tests/gallery/task01.py"):
            text = (self.root / file).read_text(encoding="utf-8")
            self.write(file.replace("01", f"{number:02d}"), text)
        course = Course.read(self.root)
        write_stub(course, course.select([str(number)])[0])

    def kata(self, *arguments: str) -> Outcome:
        return self.run("-m", "kata.cli", *arguments)

    def failures(self) -> list[str]:
        """What `kata check` complains of, in this process, which is faster."""
        course = Course.read(self.root)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CUDA_VISIBLE_DEVICES", "")
            proofs = check(
                course, list(course.tasks), workers=2, slow=False, fresh=True,
                watch=lambda jobs, runs: runs,
            )  # fmt: skip
        return [self._same_everywhere(text) for proof in proofs for text in proof.failures]

    def answer(self, text: str, *arguments: str, typed: str = "", cold: bool = False) -> Outcome:
        """Judge this text as the student's file."""
        self.write("tasks/task01.py", text)
        return self.pytest(*arguments, typed=typed, cold=cold)

    def run(self, *arguments: str, typed: str = "", **settings: str) -> Outcome:
        """Run this Python with these arguments, and with settings of the environment."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, **COMMON, **settings},
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
def mini() -> Iterator[MiniCourse]:
    """A small course with one task, its stub untouched.

    Its path is always of the same length: reports wrap.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "course"
        shutil.copytree(HERE / "mini", root, ignore=shutil.ignore_patterns("__pycache__"))
        course = Course.read(root)
        for task in course.tasks:
            write_stub(course, task)
        yield MiniCourse(root)


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
