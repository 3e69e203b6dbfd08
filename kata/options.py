"""What the two halves of the `kata` command share: its options, and where the course is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from kata.course import Course

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Task = Annotated[str | None, typer.Argument(metavar="NN", show_default=False)]
OneTask = Annotated[str, typer.Argument(metavar="NN")]
Tasks = Annotated[list[str] | None, typer.Argument(metavar="NN", show_default=False)]
Slow = Annotated[bool, typer.Option("--slow", help="Run the tests marked slow as well.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Run everything, also what has not changed since.")
]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


Jobs = Annotated[
    int,
    typer.Option(
        min=1, metavar="N", help="Runs at the same time (default: one per core it may use).",
        default_factory=_cores, show_default=False,
    ),
]  # fmt: skip


def course_here() -> Course:
    """The course that the command was called in; raises CourseError outside of one."""
    return Course.find(Path.cwd())
