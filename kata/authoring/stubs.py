"""Writes the stubs in `tasks/` from the references in `solutions/`.

What stands between `### START CODE HERE ###` and `### END CODE HERE ###` is the student's to
write. The stub keeps the numbered step comments of such a region (`# 1. Take the series.`, and
the comment lines that continue them) and raises NotImplementedError in place of the code. A region
outside of functions, for definitions of the student's own, is left empty: the file must load.

A stub that was edited is not overwritten by accident; see `kata.regions`.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from pathlib import Path

from kata.course import Course, CourseError, TaskInfo
from kata.files import free_name, replace
from kata.regions import END, START, STEP, is_pristine, sealed


@dataclass(frozen=True)
class Written:
    """What became of one stub."""

    path: Path
    what: str  # "written", "unchanged" or "kept"
    backup: Path | None = None


def make_stub(source: str, name: str) -> str:
    """The stub of a reference; `name` is the file's, for complaints.

    Raises:
        CourseError: markers do not pair up, or there is no region.
    """
    lines: list[str] = []
    region: int | None = None  # the line of the open region's start
    regions = 0
    for number, line in enumerate(source.splitlines(), 1):
        marker = line.strip()
        if marker == START:
            if region is not None:
                raise CourseError(f"{name}:{number}: the region of line {region} is still open.")
            region, regions = number, regions + 1
            indent, in_step = line[: line.index("#")], False
            lines.append(line)
        elif marker == END:
            if region is None:
                raise CourseError(f"{name}:{number}: {END} without a start before it.")
            subject = _enclosing(source, region, name)
            if subject:
                lines.append(f'{indent}raise NotImplementedError("Write `{subject}` here.")')
            lines.append(line)
            region = None
        elif region is None:
            lines.append(line)
        elif line.startswith(f"{indent}#") and (STEP.match(marker) or in_step):
            lines.append(line)
            in_step = True
        else:
            in_step = False
    if region is not None:
        raise CourseError(f"{name}:{region}: this region is never closed with {END}.")
    if not regions:
        raise CourseError(f"{name}: no region between {START} and {END}; what is there to write?")
    text = "\n".join(lines) + "\n"
    return sealed(text)


def write_stub(course: Course, task: TaskInfo, *, force: bool = False) -> Written:
    """Write one stub, whole or not at all, and the copy of it that `kata reset` takes.

    A stub that was edited is kept, unless `force` is given: then the edited one is saved beside
    it first.
    """
    path, text = course.stub(task), _stub_of(course, task)
    replace(course.fresh(task), text)
    old = path.read_text(encoding="utf-8") if path.is_file() else None
    if old == text:
        return Written(path, "unchanged")
    if old is None or is_pristine(old):
        replace(path, text)
        return Written(path, "written")
    if not force:
        return Written(path, "kept")
    backup = free_name(path)
    replace(backup, old)
    replace(path, text)
    return Written(path, "written", backup)


def find_drift(course: Course, task: TaskInfo) -> str | None:
    """Where the stub on disk differs from what the reference gives, as `file:line: ...`."""
    text = _stub_of(course, task)
    drifts = (_drift(course, task, path, text) for path in (course.stub(task), course.fresh(task)))
    return next((drift for drift in drifts if drift), None)


def _drift(course: Course, task: TaskInfo, path: Path, text: str) -> str | None:
    short = course.short(path)
    if not path.is_file():
        return f"{short}: missing; `kata stubs {task.number:02d}` writes it."
    old, new = path.read_text(encoding="utf-8").splitlines(), text.splitlines()
    for tag, first, last, start, end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            has = old[first].strip() if first < last else "nothing"
            wants = new[start].strip() if start < end else "nothing"
            return f"{short}:{first + 1}: has `{has}`, the reference gives `{wants}`."
    return None


def _stub_of(course: Course, task: TaskInfo) -> str:
    solution = course.solution(task)
    try:
        source = solution.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(
            f"{course.short(solution)} is missing; stubs are made from the references. "
            "In a student edition, take a fresh stub from where you got the course."
        ) from None
    return make_stub(source, course.short(solution))


def _enclosing(source: str, line: int, name: str) -> str:
    """The function or method that a line lies in, by its dotted name; "" outside of all."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise CourseError(f"{name}:{error.lineno}: {error.msg}.") from None
    path: list[str] = []
    node: ast.AST = tree
    while True:
        inside = [
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.FunctionDef | ast.ClassDef)
            and child.lineno <= line <= (child.end_lineno or child.lineno)
        ]
        if not inside:
            return ".".join(path)
        node = inside[0]
        path.append(inside[0].name)
