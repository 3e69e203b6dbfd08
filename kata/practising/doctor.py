"""What a student's machine is, and what is wrong with it: each problem with its mend."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from kata.course import Course, CourseError
from kata.judging.scratch import is_writable
from kata.practising.screen import Screen

ROOM = 1_000_000_000  # bytes that a student's runs and pictures never fill
OLDEST = (3, 11)
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
# What a student can do without: the tools of those who prove the tests.
OPTIONAL = ("mypy", "pandas-stubs", "types-tqdm", "ruff", "pytest-xdist", "cosmic-ray")
NOTEBOOK = ("nbclient", "ipykernel", "jupytext")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    mend: str = ""  # what to do about it, if it is a problem
    note: str = ""  # what to know about it, if it is none


def examine(course: Course) -> Iterator[Finding]:
    """Look at everything that the tasks need."""
    yield _python()
    yield from _packages(course)
    yield _device()
    yield from _hub(course)
    yield _folder(course)
    yield _disk(course)
    yield _editor()


def write_findings(screen: Screen, findings: list[Finding]) -> None:
    """A line for each, and what to do about the problems."""
    page = screen.page()
    for finding in findings:
        mark = page.marks["red" if finding.mend else "green"]
        color = {"red": True} if finding.mend else {}
        page.paragraph(f"{mark} {finding.what}: {finding.found}", "    ", **color)
        if finding.mend or finding.note:
            page.paragraph(f"    {finding.mend or finding.note}", "    ")
    problems = sum(bool(finding.mend) for finding in findings)
    page.line()
    page.line(
        f"{problems} problem{'s' if problems > 1 else ''} to mend." if problems else "All is well.",
        bold=True,
    )


def _python() -> Finding:
    version = platform.python_version()
    old = sys.version_info < OLDEST
    mend = "Install Python 3.11 or newer, and make the environment anew." if old else ""
    where = sys.prefix if sys.prefix != sys.base_prefix else f"{sys.prefix}, no environment"
    return Finding("Python", f"{version} ({where})", mend)


def _packages(course: Course) -> Iterator[Finding]:
    """Versions beside those that the course was tested with."""
    path = course.root / "constraints.txt"
    if not path.is_file():
        yield Finding("packages", "there is no constraints.txt to compare with")
        return
    install = "pip install -c constraints.txt -e ."
    tested = dict(PINNED.findall(path.read_text(encoding="utf-8")))
    other, missing, fine = [], [], 0
    for name, version in tested.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name not in (*OPTIONAL, *NOTEBOOK):
                missing.append(name)
            continue
        if found.partition("+")[0] == version:
            fine += 1
        else:
            other.append(f"{name} {found}, tested with {version}")
    if missing:
        yield Finding("packages", f"{', '.join(missing)} cannot be found", f"Run: {install}")
    if other:
        yield Finding(
            "packages",
            "; ".join(other),
            note=f"They may work. Where something odd happens, take the tested ones: {install}",
        )
    yield Finding("packages", f"{fine} of the tested versions are here")


def _device() -> Finding:
    try:
        torch = importlib.import_module("torch")
    except Exception as error:
        return Finding(
            "PyTorch", f"it cannot be imported: {error}", "Run: pip install -c constraints.txt -e ."
        )
    if torch.cuda.is_available():
        return Finding("PyTorch", f"{torch.__version__}, on {torch.cuda.get_device_name()}")
    note = "The tests marked gpu say `not run here`; nothing else needs one."
    return Finding("PyTorch", f"{torch.__version__}, on the CPU", note=note)


def _hub(course: Course) -> Iterator[Finding]:
    mode = os.environ.get("KATA_HUB", "offline")
    try:
        models = len(course.set_up().models()) - 1
    except CourseError as error:
        yield Finding("models", str(error), "Put that right, or unset KATA_HUB.")
        return
    yield Finding("models", f"{models} that need no network (`kata models`); KATA_HUB is {mode}")
    data = os.environ.get("KATA_DATA")
    if data is None:
        yield Finding("data", "invented, since KATA_DATA is not set")
    elif Path(data).is_dir():
        yield Finding("data", f"{data}, as KATA_DATA says")
    else:
        mend = "Make that folder and put the files there, or unset KATA_DATA."
        yield Finding("data", f"KATA_DATA is {data}, which is no folder", mend)


def _folder(course: Course) -> Finding:
    if is_writable(course.root / ".kata"):
        return Finding("course", str(course.root))
    note = "Runs keep their notes in your home or a temporary folder."
    return Finding("course", f"{course.root}, which cannot be written to", note=note)


def _disk(course: Course) -> Finding:
    free = shutil.disk_usage(course.root).free
    mend = "Free some: tests write to temporary folders." if free < ROOM else ""
    return Finding("disk", f"{free / 1e9:.1f} GB are free", mend)


def _editor() -> Finding:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if editor:
        return Finding("editor", editor)
    known = next((name for name in ("code", "nvim", "vim", "nano") if shutil.which(name)), None)
    found = f"{known} is installed" if known else "any will do; save, and `kata watch` judges"
    return Finding("editor", found)
