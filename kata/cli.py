"""The `kata` command: `kata check` proves the tests, `kata stubs` writes what students edit, `kata
models` lists the models that the course has without a network, and `kata notebook` judges a
notebook. `kata mutants`, `kata flakes` and `kata messages` ask how good the tests are."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from pathlib import Path

from kata.authoring.stubs import find_drift, write_stub
from kata.course import Course, CourseError, TaskInfo

PROVING = ("check", "mutants", "flakes", "messages")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="kata", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    check = _add_proving(commands, "check", "prove that the tests judge rightly")
    check.add_argument("--slow", action="store_true", help="prove the tests marked slow as well")
    check.add_argument(
        "--text", action="store_true",
        help="prove nothing; list the sentences of the tasks that no test quotes",
    )  # fmt: skip

    mutants = _add_proving(commands, "mutants", "change the references, and see who notices")
    mutants.add_argument(
        "--all", action="store_true",
        help="judge all mutants of the tasks that train for long, too (default: a fixed sample)",
    )  # fmt: skip

    flakes = _add_proving(commands, "flakes", "judge the references again and again, by chance")
    flakes.add_argument("--slow", action="store_true", help="run the tests marked slow as well")
    flakes.add_argument(
        "--runs", type=_positive, default=20, metavar="N", help="rounds (default: 20)"
    )

    _add_proving(commands, "messages", "print what a student reads for every wrong answer")

    stubs = commands.add_parser("stubs", help="write tasks/ from solutions/")
    stubs.add_argument("tasks", nargs="*", metavar="NN", help="the tasks (default: all)")
    mode = stubs.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; fail where they differ")
    mode.add_argument(
        "--force", action="store_true", help="also replace edited stubs, and save those as .N.bak"
    )

    commands.add_parser("models", help="list the models that need no network")

    notebook = commands.add_parser(
        "notebook", help="run the course's notebook and judge it, or open Jupyter"
    )
    notebook.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.ipynb",
        help="the notebook to run from top to bottom, unchanged (default: open Jupyter)",
    )  # fmt: skip

    options = parser.parse_args(arguments)
    try:
        status = _run(options)
        sys.stdout.flush()
    except CourseError as error:
        print(f"kata: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Its reader, `head` say, has seen enough; what is left must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(options: argparse.Namespace) -> int:
    course = Course.find(Path.cwd())
    if options.command == "models":
        return _print_models(course)
    if options.command == "notebook":
        from kata.authoring.jupyter import open_jupyter, run_notebook  # these bring pytest along

        return run_notebook(course, options.file) if options.file else open_jupyter(course)
    tasks = course.select(options.tasks)
    if options.command in PROVING:
        # Imported here: it brings pytest along, which `kata stubs` does not need.
        from kata.proving import console

        command = "unquoted" if getattr(options, "text", False) else options.command
        return int(getattr(console, command)(course, tasks, options))
    if options.check:
        return _check_stubs(course, tasks)
    return _write_stubs(course, tasks, options.force)


def _add_proving(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=about)
    command.add_argument("tasks", nargs="*", metavar="NN", help="the tasks (default: all)")
    command.add_argument(
        "--jobs", type=_positive, default=_cores(), metavar="N",
        help="runs at the same time (default: one per core that this process may use)",
    )  # fmt: skip
    if name != "flakes":
        command.add_argument(
            "--fresh", action="store_true", help="run everything, also what has not changed since"
        )
    return command


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _print_models(course: Course) -> int:
    rows = course.set_up().models()
    if not rows:
        raise CourseError(f"{course.root} has no models of its own.")
    width = shutil.get_terminal_size().columns
    (_, _, *names), entries = rows[0], rows[1:]
    indent = " " * (max(map(len, names)) + 6)
    for i, (kind, title, *cells) in enumerate(entries):
        if i == 0 or kind != entries[i - 1][0]:
            print(kind)
        print(f"  {title}")
        for name, cell in zip(names, cells, strict=True):
            lead = f"    {name}".ljust(len(indent))
            if cell:
                print(textwrap.fill(cell, width, initial_indent=lead, subsequent_indent=indent))
    return 0


def _check_stubs(course: Course, tasks: list[TaskInfo]) -> int:
    drift = [text for task in tasks if (text := find_drift(course, task))]
    for text in drift:
        print(f"DRIFT {text}")
    print(f"{len(tasks) - len(drift)} of {len(tasks)} stubs are what the references give.")
    return 1 if drift else 0


def _write_stubs(course: Course, tasks: list[TaskInfo], force: bool) -> int:
    kept = 0
    for task in tasks:
        written = write_stub(course, task, force=force)
        path = course.short(written.path)
        if written.what == "kept":
            kept += 1
            print(f"{path}: kept, since it was edited; --force replaces it and saves the old one")
        else:
            saved = f"; the old one is {course.short(written.backup)}" if written.backup else ""
            print(f"{path}: {written.what}{saved}")
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
