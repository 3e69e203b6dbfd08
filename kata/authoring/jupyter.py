"""Runs a course's notebook as it is, or opens Jupyter where it can be worked on.

Both happen in a folder that holds what the notebook expects beside it, with a kernel that sets the
course up before the first cell. Jupyter itself is an extra: `pip install -e ".[notebook]"`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tqdm import tqdm

from kata.authoring.conversion import first_line, read_notebook, take_back, write_notebook
from kata.authoring.notebook import LOG
from kata.course import Course, CourseError, TaskInfo
from kata.judging.scratch import is_writable

FOLDER = "notebook"
KERNEL = "python3"  # the name that notebooks ask for
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def open_jupyter(course: Course) -> int:
    """Open JupyterLab in the prepared folder; returns its exit status."""
    _require("jupyterlab")
    folder = prepare(course)
    print(f"Notebooks belong into {folder}, where Jupyter opens now.")
    return subprocess.run(
        [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}"]
    ).returncode


def open_task(course: Course, task: TaskInfo) -> None:
    """Write a task as a notebook into the prepared folder, and say how to go on."""
    _require("jupytext")
    path = prepare(course) / f"{task.name}.ipynb"
    written = write_notebook(course, task, path)
    name = course.short(path)
    print(f"{name}: {'written' if written else 'kept, since it was there'}")
    print("next: open it by `kata notebook`; its last cell judges it. When it is green:")
    print(f"      kata notebook {task.number:02d} --take")


def take_task(course: Course, task: TaskInfo) -> None:
    """Put the answer of a task's notebook into the task's file, and say what became of it."""
    _require("jupytext")
    taken = take_back(course, task, course.root / FOLDER / f"{task.name}.ipynb")
    for line in taken.left_out:
        print(f"left out, since it only tries something: the cell that begins with `{line}`")
    kept = f"; the answer that was there is {course.short(taken.kept)}" if taken.kept else ""
    print(f"{course.short(taken.path)}: taken from the notebook{kept}")
    print(f"next: kata test {task.number:02d}")


def run_notebook(course: Course, path: Path) -> int:
    """Run a notebook from top to bottom, and print what its checks say.

    The file is left as it was. A cell that fails does not keep the next ones from running.

    Returns:
        0 where each cell ran and each check is green, or else 1.

    Raises:
        CourseError: there is no such notebook, or Jupyter is not installed.
    """
    _require("nbclient", "ipykernel")
    notebook = read_notebook(path)
    folder = prepare(course)
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "verdicts"
        os.environ[LOG] = str(log)
        _execute(notebook, folder)
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return _report(path, notebook, [json.loads(line) for line in lines])


def prepare(course: Course) -> Path:
    """The folder in which notebooks run, and this process made ready to start kernels there.

    Raises:
        CourseError: the course has no notebook.
    """
    fill = course.set_up().prepare_notebook
    if fill is None:
        raise CourseError(f"{course.root} has no notebook.")
    folder = course.root / FOLDER
    if not is_writable(folder):
        folder = Path(tempfile.mkdtemp(prefix="kata-notebook-"))
        print(f"{course.root} cannot be written to; the notebook runs in {folder}.")
    fill(folder)
    kernel = folder / ".jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "kata.authoring.kernel", "-f", "{connection_file}"]
    spec = {
        "argv": [*command, "--log-level=ERROR"],
        "display_name": "The course",
        "language": "python",
        # Two threads on small work are slower than one, and MPLBACKEND is Jupyter's to choose.
        "env": {"OMP_NUM_THREADS": "1", "KATA_COURSE": str(course.root)},
    }
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(folder / ".jupyter")  # comes before all other kernels
    return folder


def _require(*modules: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise CourseError(
            f"notebooks need Jupyter, and {' and '.join(missing)} is not installed here: "
            'pip install -c constraints.txt -e ".[notebook]"'
        )


def _execute(notebook: Any, folder: Path) -> None:
    from nbclient import NotebookClient

    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    with tqdm(total=cells, unit="cell", desc="kata notebook", file=sys.stderr) as bar:
        client = NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=None,  # some cells train for minutes
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
            on_cell_executed=lambda **_: bar.update(),
        )
        client.execute()


def _report(path: Path, notebook: Any, verdicts: list[dict[str, Any]]) -> int:
    """Print the report of each red check, then the board, then what to do next."""
    red = {verdict["cell"] for verdict in verdicts if not verdict["green"]}
    rows: list[str] = []
    first = ""
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.get("execution_count") is None:
            continue
        name = f"cell {cell.execution_count}"
        if name in red:
            print(f"\n{name}: {first_line(cell)}\n{_printed(cell)}")
        for verdict in verdicts:
            if verdict["cell"] == name:
                rows.append(f"{'✓' if verdict['green'] else '✗'} {name:<8} {verdict['call']}")
                first = first or ("" if verdict["green"] else f"see {name}, above")
        for output in cell.outputs:
            if output.output_type == "error":
                error = f"{output.ename}: {output.evalue}".split("\n")[0]
                rows.append(f"✗ {name:<8} stopped with {textwrap.shorten(error, 200)}")
                first = first or f"mend {name}, which begins with `{first_line(cell)}`"
    print("\n" + "\n".join(rows or ["no cell of this notebook calls a check"]))
    again = f"kata notebook {path}"
    print(
        f"\nnext: {first}; then run\n      {again}" if first else "\nnext: nothing, all is green."
    )
    return 1 if first or not verdicts else 0


def _printed(cell: Any) -> str:
    """What a cell printed; a line that was overwritten counts as it was last."""
    text = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    if not sys.stdout.isatty():
        text = COLOUR.sub("", text)
    return "\n".join(line.rpartition("\r")[2] for line in text.strip().split("\n"))
