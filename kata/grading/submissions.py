"""What was handed in: which file is whose answer to which task.

A folder for each student, a folder of files, or a zip of either, as learning platforms give them:
`ada/task01.py`, `ada_lovelace_1815_task01.py`, `ada.zip`. A notebook of a task stands for its file.
What fits nothing is listed, and nothing is dropped in silence.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kata.course import Course, CourseError, TaskInfo
from kata.files import printable
from kata.running.kept import digest_of

ANSWER = re.compile(
    r"(?P<before>.*?)(?:^|[-_ .])?task[-_ ]?(?P<number>\d\d?)(?P<after>\D.*)?", re.I
)
KINDS = (".py", ".ipynb")
IGNORED = re.compile(r"__MACOSX|\.DS_Store|__pycache__|\..*|.*\.pyc|Thumbs\.db")
MOST_UNPACKED = 1 << 30  # bytes of a zip
MOST_FILES = 100_000
LARGEST = 4 << 20  # bytes of one answer, the modules beside it included
MOST_BESIDE = 50  # modules
DEEPEST = 20  # folders in folders
LONGEST = 60  # characters of a folder's name
# What a damaged zip leads to, by how it is damaged.
DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


@dataclass(frozen=True)
class Submission:
    """One student's answer to one task."""

    student: str
    task: TaskInfo
    path: Path
    beside: tuple[Path, ...] = ()  # modules that lie with it


@dataclass
class Handed:
    """All that was handed in."""

    submissions: list[Submission] = field(default_factory=list)
    students: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)  # files, each with the reason


def collect(course: Course, source: Path, tasks: list[TaskInfo], unpacked: Path) -> Handed:
    """Find the answers to `tasks` in a folder or zip; zips are unpacked into `unpacked`.

    Raises:
        CourseError: there is nothing of that name, or a zip is none.
    """
    handed = Handed()
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    if source.suffix.lower() == ".zip" and source.is_file():
        source = _unpack(source, unpacked, handed)
    if not source.is_dir():
        raise CourseError(f"{source}: there is no such folder or zip of submissions.")
    source = _innermost(source)
    answers = [path for path in source.iterdir() if ANSWER.fullmatch(path.stem)]
    if not any(path.is_dir() for path in source.iterdir() if not _is_ignored(path)) and answers:
        names = {_parts(path)[0] for path in answers}
        if names == {""}:  # one student's own folder
            _take(course, source.name, source, tasks, handed)
            return _sorted(handed)
    taken: set[str] = set()
    for path in sorted(source.iterdir(), key=_may_be_renamed):
        if _is_ignored(path):
            continue
        if path.is_symlink():
            handed.unfit.append(f"{path.name}: a link, which leads elsewhere")
        elif path.is_dir():
            _take(course, _own_name(path.name, taken), path, tasks, handed)
        elif not path.is_file():
            handed.unfit.append(f"{path.name}: a device, which is not read")
        elif path.suffix.lower() == ".zip":
            student = _own_name(path.stem, taken)
            try:
                folder = _unpack(path, unpacked, handed)
            except CourseError as error:
                handed.students.append(student)
                handed.unfit.append(f"{path.name}: {error}")
                continue
            _take(course, student, _innermost(folder), tasks, handed)
        else:
            _take_file(course, path, tasks, handed)
    return _sorted(handed)


def _sorted(handed: Handed) -> Handed:
    handed.students = sorted(set(handed.students))
    handed.unfit = [_one_line(line) for line in handed.unfit]
    handed.submissions.sort(key=lambda answer: (answer.student, answer.task.number))
    return handed


def _one_line(name: str) -> str:
    """A name that somebody chose, as it may stand in a table or a terminal."""
    return " ".join(printable(name).split())


def _may_be_renamed(path: Path) -> tuple[bool, Path]:
    """A key that puts last those whose names may turn out to be another's."""
    return _one_line(path.name) != path.name, path


def _own_name(name: str, taken: set[str]) -> str:
    """The student of a folder or a zip; another name where somebody has that one."""
    own = name = _one_line(name)
    number = 1
    while own in taken:
        number += 1
        own = f"{name} ({number})"
    taken.add(own)
    return own


def _is_ignored(path: Path) -> bool:
    return IGNORED.fullmatch(path.name) is not None


def _innermost(folder: Path) -> Path:
    """A zip of one folder holds what is in that folder."""
    inside = [path for path in folder.iterdir() if not _is_ignored(path)]
    for _ in range(DEEPEST):
        if len(inside) != 1 or inside[0].is_symlink() or not inside[0].is_dir():
            break
        below = [path for path in inside[0].iterdir() if not _is_ignored(path)]
        if not any(path.is_dir() or path.suffix == ".zip" for path in below):
            break  # one student's folder
        folder, inside = inside[0], below
    return folder


def _parts(path: Path) -> tuple[str, int]:
    """Whose answer a file's name says that it is, and to which task."""
    found = ANSWER.fullmatch(path.stem)
    assert found is not None
    rest = (found["after"] or "").strip("-_ .()")
    rest = "" if rest.isdigit() else rest  # a copy: task01-2.py, task01 (1).py
    return _one_line(found["before"].strip("-_ .") or rest), int(found["number"])


def _take_file(course: Course, path: Path, tasks: list[TaskInfo], handed: Handed) -> None:
    """A file in a folder of all students' files."""
    if path.suffix not in KINDS or not ANSWER.fullmatch(path.stem):
        handed.unfit.append(f"{path.name}: its name says no task, such as NAME_task01.py")
        return
    student, _ = _parts(path)
    if not student:
        handed.unfit.append(f"{path.name}: its name says no student, such as NAME_task01.py")
        return
    handed.students.append(student)
    _add(course, student, path, (), tasks, handed, path.name)


def _take(
    course: Course, student: str, folder: Path, tasks: list[TaskInfo], handed: Handed
) -> None:
    """A student's folder, those within included."""
    handed.students.append(student)
    files = sorted(_files(folder, student, handed), key=lambda path: (len(path.parts), path))
    modules = [path for path in files if path.suffix == ".py" and not ANSWER.fullmatch(path.stem)]
    for path in files:
        label = f"{student}/{path.relative_to(folder).as_posix()}"
        if not ANSWER.fullmatch(path.stem) or path.suffix not in KINDS:
            if path not in modules:
                handed.unfit.append(f"{label}: neither a task's file nor a module beside one")
            continue
        beside = tuple(other for other in modules if other.parent == path.parent)
        _add(course, student, path, beside, tasks, handed, label)


def _files(folder: Path, student: str, handed: Handed, depth: int = DEEPEST) -> Iterator[Path]:
    for path in folder.iterdir():
        if _is_ignored(path):
            continue
        state = path.lstat().st_mode
        if stat.S_ISDIR(state) and not depth:
            handed.unfit.append(f"{student}: folders in folders, more than {DEEPEST}")
        elif stat.S_ISDIR(state):
            yield from _files(path, student, handed, depth - 1)
        elif stat.S_ISREG(state):
            yield path
        else:
            handed.unfit.append(f"{student}/{path.name}: a link or device, which is not read")


def _add(
    course: Course,
    student: str,
    path: Path,
    beside: tuple[Path, ...],
    tasks: list[TaskInfo],
    handed: Handed,
    label: str,
) -> None:
    """Take an answer in, or list it with the reason why not."""
    _, number = _parts(path)
    task = course.task(f"task{number:02d}")
    if task is None:
        handed.unfit.append(f"{label}: there is no task {number:02d}")
        return
    answer = Submission(student, task, path, beside)
    if answer.task not in tasks:
        handed.unfit.append(f"{label}: task {answer.task.number:02d} is not being graded")
        return
    twin = next(
        (a for a in handed.submissions if (a.student, a.task) == (answer.student, answer.task)),
        None,
    )
    size = sum(part.stat().st_size for part in (path, *beside))
    if size > LARGEST or len(beside) > MOST_BESIDE:
        also = f" with {len(beside)} modules beside it" if beside else ""
        handed.unfit.append(f"{label}: {size:,} bytes{also} are no answer")
    elif twin is not None:
        handed.unfit.append(
            f"{label}: {answer.student} has another {answer.task.name}, {twin.path.name}, which is "
            "judged"
        )
    else:
        handed.submissions.append(answer)


def _unpack(archive: Path, unpacked: Path, handed: Handed) -> Path:
    """Unpack a zip, as far as its files lie where it says that they do, into a folder of its own.

    Raises:
        CourseError: it is no zip, or larger than a class's answers are.
    """
    # Two archives may have one name, in folders or as zips in zips.
    folder = Path(tempfile.mkdtemp(dir=unpacked)) / archive.stem[:LONGEST]
    try:
        folder.mkdir()
        with zipfile.ZipFile(archive) as zipped:
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_UNPACKED:
                raise CourseError(f"{archive}: it would unpack to more than answers are.")
            for entry in entries:
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                kind = stat.S_IFMT(entry.external_attr >> 16)
                if path.is_absolute() or ".." in path.parts or kind not in (0, stat.S_IFREG):
                    handed.unfit.append(f"{archive.name}: {entry.filename!r} leads out of the zip")
                    continue
                place = folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(entry) as source, place.open("wb") as target:
                    shutil.copyfileobj(source, target)
    except DAMAGED as error:
        raise CourseError(f"{archive.name} cannot be unpacked: {error}") from None
    return folder


def stage(answer: Submission, folder: Path) -> Path:
    """Copy an answer into a folder of its own, named after what is in it; the path of its file.

    Equal answers share a folder, whoever handed them in.

    Raises:
        CourseError: the notebook cannot be read.
    """
    content = _source(answer.path)
    files = {f"{answer.task.name}.py": content}
    files |= {path.name: path.read_bytes() for path in answer.beside}
    parts = (part for name in sorted(files) for part in (os.fsencode(name), files[name]))
    place = folder / digest_of(parts)[:24]
    place.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if not (place / name).exists():
            (place / name).write_bytes(data)
            (place / name).chmod(0o644)
    place.chmod(0o755)
    return place / f"{answer.task.name}.py"


def _source(path: Path) -> bytes:
    if path.suffix != ".ipynb":
        return path.read_bytes()
    try:
        cells = json.loads(path.read_bytes())["cells"]
        sources = [
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and (cell.get("metadata") or {}).get("kata") != "test"
        ]
        lines = "\n\n".join(sources).splitlines()
        # What is Jupyter's and not Python's.
        plain = [f"# {line}" if line.lstrip().startswith(("%", "!")) else line for line in lines]
        return ("\n".join(plain) + "\n").encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise CourseError(f"it is no notebook that can be read: {error}") from None
