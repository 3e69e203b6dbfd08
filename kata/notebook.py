"""Judges what a notebook's cells define, by the tests that judge a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kata.target import given

ROOT = Path(__file__).resolve().parents[1]


def judge(number: int, /, *tests: str, **objects: object) -> bool:
    """Judge functions or classes as the answer to a task, and print the report.

    Names that the task asks for and that are not given are as unwritten as in the task's stub.

    Args:
        number: the task.
        tests: names of the tests to run; all of them, if none is named.
        objects: what is judged, by the names that the task gives them.

    Returns:
        Whether all tests that ran are green.
    """
    file = str(ROOT / "tests" / f"test_task{number:02d}.py")
    nodes = [f"{file}::{name}" for name in tests]
    options = [
        f"--rootdir={ROOT}",
        # The notebook's own folder stays clean.
        f"--benchmark-storage=file://{(ROOT / '.benchmarks').as_posix()}",
    ]
    token = given.set(objects)
    try:
        return pytest.main([*(nodes or [file]), *options]) == 0
    finally:
        given.reset(token)
