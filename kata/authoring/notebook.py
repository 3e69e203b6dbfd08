"""Judges what a notebook's cells define, by the tests that judge a file."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from kata.course import Course
from kata.judging.cells import current_cell
from kata.judging.target import Given, given

ROOT = Path(__file__).resolve().parents[2]
LOG = "KATA_NOTEBOOK_LOG"  # names the file that keeps the verdicts, one JSON object in a line


def judge(number: int, call: str, /, *tests: str, **objects: object) -> bool:
    """Judge functions or classes as the answer to a task, and print the report.

    The notebook asks for the exercise; edge cases are left out. Names that the task asks for and
    that are not given are as unwritten as in the task's stub.

    Args:
        number: the task.
        call: what the cell calls to be judged, for the report's last line.
        tests: names of the tests to run; all of them, if none is named.
        objects: what is judged, by the names that the task gives them.

    Returns:
        Whether all tests that ran are green.
    """
    return _judge(number, call, objects, tests, edge=False)


def judge_task(number: int, names: Mapping[str, object]) -> None:
    """Judge what a notebook's cells define as the answer to a task, and print the report.

    Args:
        number: the task.
        names: the notebook's `globals()`; of these, what the task asks for.
    """
    course = Course.read(ROOT)
    (task,) = course.select([f"{number:02d}"])
    asked = {
        node.name
        for node in ast.parse(course.fresh(task).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    objects = {name: value for name, value in names.items() if name in asked}
    _judge(number, f"judge_task({number}, globals())", objects, (), edge=True)


def _judge(
    number: int, call: str, objects: Mapping[str, object], tests: tuple[str, ...], *, edge: bool
) -> bool:
    file = str(ROOT / "tests" / f"test_task{number:02d}.py")
    nodes = [f"{file}::{name}" for name in tests]
    options = [
        f"--rootdir={ROOT}",
        "-q",
        *([] if edge else ["-m", "not edge"]),
        # The notebook's own folder stays clean.
        f"--benchmark-storage=file://{(ROOT / '.benchmarks').as_posix()}",
    ]
    token = given.set(Given(objects, call))
    try:
        green = pytest.main([*(nodes or [file]), *options]) == 0
    finally:
        given.reset(token)
    if LOG in os.environ:
        with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
            print(json.dumps({"cell": current_cell(), "call": call, "green": green}), file=log)
    return green
