"""A task as a notebook, and a notebook's answer as a task's file; jupytext converts.

The cells of the notebook are the stub's functions and classes, in their order, below its text; the
last one judges what the cells define. On the way back, what stands in these cells goes into the
file, and of cells that somebody has added those that define something.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kata.course import Course, CourseError, TaskInfo
from kata.files import free_name, replace
from kata.judging.wording import UNREADABLE
from kata.regions import END, START, unsealed

FORMAT = {"extension": ".py", "format_name": "light"}
ROLE = "kata"  # in a cell's metadata
TEXT, GIVEN, TEST = "text", "given", "test"
# A region outside of functions holds comments only, which would be taken for text.
LOOSE = re.compile(rf"^{re.escape(START)}$.*?^{re.escape(END)}$", re.MULTILINE | re.DOTALL)
OPEN, CLOSE = "# +", "# -"  # how a cell's limits are marked


@dataclass
class Taken:
    """An answer that was taken from a notebook."""

    path: Path
    kept: Path | None = None  # where the answer is now that was there
    left_out: list[str] = field(default_factory=list)  # the first lines of cells


def write_notebook(course: Course, task: TaskInfo, path: Path) -> bool:
    """Write a task as a notebook; False, and nothing written, where one is there.

    An answer that was begun in the task's file is in it.

    Raises:
        CourseError: what was begun is not Python.
    """
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell

    if path.exists():
        return False
    body = unsealed(course.stub(task).read_text(encoding="utf-8"))
    text = ast.get_docstring(_parsed(body, course.short(course.stub(task)))) or task.title
    notebook = _cells_of(body)
    for cell in notebook.cells:
        cell.metadata[ROLE] = GIVEN
    title = f"# Task {task.number:02d}\n\n{text}"
    test = textwrap.dedent(
        f"""\
        # Test your code!
        from kata.authoring.notebook import judge_task

        judge_task({task.number}, globals())"""
    )
    first, *rest = notebook.cells
    notebook.cells = [
        new_markdown_cell(title, metadata={ROLE: TEXT}),  # type: ignore[no-untyped-call]
        *([] if _is_text(first.source) else [first]),
        *rest,
        new_code_cell(test, metadata={ROLE: TEST}),  # type: ignore[no-untyped-call]
    ]
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "The course", "language": "python",
    }  # fmt: skip
    replace(path, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
    return True


def take_back(course: Course, task: TaskInfo, path: Path) -> Taken:
    """Put a notebook's answer into the task's file; another answer that is there is kept.

    Raises:
        CourseError: the notebook is no task's, or its cells are not Python.
    """
    import jupytext

    notebook = read_notebook(path)
    fresh = course.fresh(task).read_text(encoding="utf-8")
    if not any(cell.metadata.get(ROLE) == GIVEN for cell in notebook.cells):
        raise CourseError(
            f"{path} has no cells of a task; kata notebook {task.number:02d} writes one that has."
        )
    taken = Taken(course.stub(task))
    kept = []
    for number, cell in enumerate(notebook.cells, 1):
        role = cell.metadata.get(ROLE)
        if cell.cell_type != "code" or role == TEST or not cell.source.strip():
            continue
        if role == GIVEN or _defines(cell.source, f"{path}, cell {number}"):
            cell.metadata.pop(ROLE, None)
            kept.append(cell)
        else:
            taken.left_out.append(first_line(cell))
    text = _cells_of(unsealed(fresh)).cells[0]
    notebook.cells = [*([text] if _is_text(text.source) else []), *kept]
    notebook.metadata = {"jupytext": _plain()}
    written = jupytext.writes(notebook, fmt=FORMAT)
    lines = [line for line in written.split("\n") if line not in (OPEN, CLOSE)]
    answer = "\n".join(lines).rstrip("\n") + "\n"
    answer = fresh if answer == unsealed(fresh) else answer
    _parsed(answer, path)
    old = taken.path.read_text(encoding="utf-8") if taken.path.is_file() else None
    if old not in (None, answer, fresh):
        taken.kept = free_name(taken.path)
        replace(taken.kept, str(old))
    replace(taken.path, answer)
    return taken


def _cells_of(body: str) -> Any:
    import jupytext

    marked = LOOSE.sub(lambda region: f"{OPEN}\n{region[0]}\n{CLOSE}", body)
    notebook = jupytext.reads(marked, fmt=FORMAT)
    notebook.metadata["jupytext"] = _plain()
    return notebook


def _plain() -> dict[str, str]:
    """What keeps jupytext from writing settings of its own into the file."""
    return {"notebook_metadata_filter": "-all", "cell_metadata_filter": "-all"}


def read_notebook(path: Path) -> Any:
    """A notebook of Jupyter.

    Raises:
        CourseError: there is none, or it cannot be read.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise CourseError(f"{path}: there is no such notebook.") from None
    except Exception as error:  # it raises whatever its way through the file runs into
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CourseError(f"{path} is not a notebook that Jupyter can read: {reason}") from None


def first_line(cell: Any) -> str:
    return str(cell.source).strip().partition("\n")[0]


def _is_text(source: str) -> bool:
    """Whether a cell is a docstring, and no more."""
    try:
        body = ast.parse(source).body
    except UNREADABLE:
        return False
    return len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None


def _defines(source: str, name: str) -> bool:
    """Whether a cell only imports and defines, and tries nothing out."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    body = _parsed("\n".join(lines), name).body
    kinds = (
        ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    )
    return bool(body) and all(isinstance(node, kinds) for node in body)


def _parsed(source: str, name: object) -> ast.Module:
    try:
        return ast.parse(source)
    except UNREADABLE as error:
        text = str(getattr(error, "text", None) or "").strip()
        where = f" where it says {text!r}" if text else ""
        reason = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        raise CourseError(f"{name} is not Python{where}: {reason}.") from None
