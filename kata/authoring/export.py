"""`kata export`: the student edition, without references, gallery, and what only authors need.

What belongs to authors in a file that students get stands between the two marks below. Nothing is
left behind unless all of it was written and no line of a solution is in it.
"""

from __future__ import annotations

import ast
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from kata.course import Course, CourseError
from kata.regions import regions

# What students get: folders whole, and files by their patterns.
KEEP = (
    "LICENSE", "README.md", "conftest.py", "constraints.txt", "pyproject.toml", ".gitignore",
    ".vscode/*", ".devcontainer/*", ".github/workflows/classroom.yml",
    "tasks/manifest.toml", "tasks/hints/*.md", "tasks/mistakes/*.json", "tasks/stubs/*.py",
    "tests/*.py", "fixtures/**/*", "kata/**/*",
)  # fmt: skip
LEAVE = (
    "kata/cli_authors.py", "kata/proving/**/*", "kata/grading/**/*", "kata/terminal.py",
    "kata/running/linux.py", "kata/running/sandbox.py", "kata/authoring/export.py",
    "kata/authoring/stubs.py", "kata/authoring/console.py",
    "fixtures/build_hub.py", "fixtures/stand_ins/**/*",
)  # fmt: skip
JUNK = re.compile(r"(^|/)(__pycache__|\.[a-z]+_cache|\.building-[^/]*|[^/]*\.(pyc|bak|new))($|/)")
AUTHORS = re.compile(
    r"^[ \t]*(#|<!--) authors( -->)?\n.*?^[ \t]*(#|<!--) /authors( -->)?\n",
    re.MULTILINE | re.DOTALL,
)
MARKED = (".md", ".toml", ".gitignore")
# Letters and digits, below which a line says too little to be a solution's, and two lines do.
FEW, FEW_OF_TWO = 24, 30


def export(course: Course, folder: Path) -> int:
    """Write the edition into a folder that is not there yet; returns how many files it has.

    Raises:
        CourseError: the folder is there, or a solution would have been given away.
    """
    if folder.exists():
        raise CourseError(f"{folder} is there already; name a folder that is not.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        edition = Path(scratch) / "edition"
        for name in _names(course):
            _copy(course.root / name, edition / name)
        for task in course.tasks:
            _copy(course.fresh(task), edition / "tasks" / f"{task.name}.py")
        found = list(leaks(course, edition))
        if found:
            raise CourseError("This would give solutions away:\n  " + "\n  ".join(found))
        edition.rename(folder)
    return sum(path.is_file() for path in folder.rglob("*"))


def leaks(course: Course, edition: Path) -> Iterator[str]:
    """Where a line of a solution stands in an edition: `file:line: the line`.

    Lines that the stubs hold are given. What stands in the solutions of several tasks is an idiom,
    and so are imports; of what is shorter than a few words, two lines together count.
    """
    given = {line for task in course.tasks for line in _lines(course.fresh(task))}
    solved: dict[str, list[str]] = {}
    for task in course.tasks:
        source = course.solution(task).read_text(encoding="utf-8")
        imports = _imports(source)
        rows = source.splitlines()
        for first, last in regions(source):
            own = [
                rows[number - 1].strip()
                for number in range(first, last + 1)
                if number not in imports
            ]
            solved.setdefault(task.name, []).extend(line for line in own if line and line[0] != "#")
    tasks = Counter(line for lines in solved.values() for line in set(lines))
    plain = given | {line for line, count in tasks.items() if count > 1}
    alone = {line for line in tasks if _size(line) >= FEW} - plain
    pairs = {
        pair
        for lines in solved.values()
        for pair in pairwise(lines)
        if not set(pair) <= plain and _size("".join(pair)) >= FEW_OF_TWO
    }
    for path in sorted(path for path in edition.rglob("*") if path.is_file()):
        lines = _lines(path)
        for number, line in enumerate(lines):
            if line in alone or (line, *lines[number + 1 : number + 2]) in pairs:
                yield f"{path.relative_to(edition).as_posix()}:{number + 1}: {line}"


def _names(course: Course) -> list[str]:
    """The files that students get."""

    def found(patterns: tuple[str, ...]) -> set[str]:
        paths = (path for pattern in patterns for path in course.root.glob(pattern))
        return {path.relative_to(course.root).as_posix() for path in paths if path.is_file()}

    return sorted(name for name in found(KEEP) - found(LEAVE) if not JUNK.search(name))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.name.endswith(MARKED):
        text = source.read_text(encoding="utf-8")
        target.write_text(AUTHORS.sub("", text), encoding="utf-8", newline="\n")
    else:
        shutil.copy2(source, target)  # links of the hub's cache become files


def _lines(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError:
        return []  # weights


def _imports(source: str) -> set[int]:
    """The lines of a file that import something."""
    return {
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _size(line: str) -> int:
    return len(re.sub(r"[\W_]", "", line))
