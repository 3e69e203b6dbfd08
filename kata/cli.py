"""The `kata` command: one thin function for each subcommand.

What a function needs is imported when it is called, so that `kata --help` and the board come at
once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from kata.course import Course, CourseError, TaskInfo
from kata.options import OneTask, Slow, Task, Tasks, app, course_here

INTERRUPTED = 130  # what shells call the end by Ctrl-C


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    try:
        status = app(arguments, prog_name="kata", standalone_mode=False)
        sys.stdout.flush()
    except CourseError as error:
        print(f"kata: {error}", file=sys.stderr)
        return 2
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Its reader, `head` say, has seen enough; what is left must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not hasattr(error, "exit_code"):
            raise
        error.show()  # type: ignore[attr-defined]  # a wrong option, in click's words
        return int(error.exit_code)
    return int(status or 0)


def _one(course: Course, word: str) -> TaskInfo:
    return course.select([word])[0]


def _next(course: Course) -> TaskInfo:
    """The task to go on with; the first one where all are green."""
    from kata.practising.board import next_task
    from kata.reporting.progress import Progress

    return next_task(course, Progress(course)) or course.tasks[0]


@app.callback(invoke_without_command=True)
def board(context: typer.Context) -> None:
    """Katas for machine learning: where you stand, and what comes next.

    Without a command, the board: each task, how far you are, and the next step.

    Exit status: 0 all is well; 1 something is red, not proven or not done; 2 the command or the
    course is not as it should be, and the message says what to change.

    \b
    Example: kata
    """
    if context.invoked_subcommand is None:
        from kata.practising.board import write_board
        from kata.practising.screen import Screen
        from kata.reporting.progress import Progress

        course = course_here()
        write_board(Screen(), course, Progress(course))


@app.command("list")
def list_tasks() -> None:
    """Every task: its source, needs, and speeds.

    \b
    Example: kata list
    """
    from kata.practising.board import write_list
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    write_list(Screen(), course, Progress(course))


@app.command("next")
def next_step() -> None:
    """The task to go on with.

    \b
    Example: kata next
    """
    from kata.practising.board import write_next
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    write_next(Screen(), course, Progress(course))


@app.command()
def watch(task: Task = None, slow: Slow = False) -> int:
    """Judge a task on every save.

    Without a number, the next one that is not green.

    \b
    Example: kata watch 02
    """
    from kata.practising.screen import Screen
    from kata.practising.watch import Watch

    course = course_here()
    chosen = _one(course, task) if task else _next(course)
    return Watch(course, Screen(), chosen, slow=slow).run()


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def judge_once(context: typer.Context, task: Task = None) -> int:
    """Judge a task once, as pytest does.

    What stands behind the number goes to pytest.

    \b
    Example: kata test 02 -k targets
    """
    course = course_here()
    chosen = _one(course, task) if task else _next(course)
    command = [sys.executable, "-m", "pytest", course.short(course.test_file(chosen))]
    try:
        return subprocess.run([*command, *context.args], cwd=course.root, check=False).returncode
    except KeyboardInterrupt:
        return INTERRUPTED


@app.command()
def hint(task: OneTask) -> None:
    """A hint, a step further at each call.

    From a nudge to nearly the answer.

    \b
    Example: kata hint 02
    """
    from kata.practising.hints import write_hint
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    write_hint(Screen(), course, Progress(course), _one(course, task))


@app.command("reset")
def reset_task(task: OneTask) -> None:
    """Begin anew with the untouched stub.

    Your answer is kept beside it.

    \b
    Example: kata reset 02
    """
    from kata.practising.answers import reset
    from kata.reporting.progress import Progress

    course = course_here()
    fresh = reset(course, Progress(course), _one(course, task))
    kept = f"; your answer is {course.short(fresh.kept)}" if fresh.kept else ""
    print(f"{course.short(fresh.stub)} is the untouched stub{kept}")


@app.command()
def again(task: Task = None) -> None:
    """Do a task once more, the one that is due.

    A fresh stub is put in its place; your answer is kept beside it. When a task is due follows
    from how hard it was.

    \b
    Example: kata again
    """
    from kata.practising.again import begin_again
    from kata.practising.history import write_history
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    progress = Progress(course)
    chosen, fresh = begin_again(course, progress, _one(course, task) if task else None)
    screen = Screen()
    write_history(screen, course, progress, [chosen])
    page = screen.page()
    kept = f"Your answer is {course.short(fresh.kept)}. " if fresh.kept else ""
    page.paragraph(f"{kept}{course.short(fresh.stub)} is the untouched stub, and time runs:", "")
    page.line(f"      kata watch {chosen.number:02d}")


@app.command()
def history(tasks: Tasks = None) -> None:
    """Your attempts, drawn: how long each took.

    \b
    Example: kata history 02
    """
    from kata.practising.history import write_history
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    write_history(Screen(), course, Progress(course), course.select(tasks or []))


@app.command()
def report(
    path: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write it (default: kata.html)."),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the board as Markdown instead.")
    ] = False,
) -> None:
    """Your board, verdicts and pictures as one page.

    It needs no network, and reads well on a phone.

    \b
    Example: kata report
    """
    from kata.practising.pages import write_page
    from kata.practising.summary import summary as lines_of
    from kata.reporting.progress import Progress

    course = course_here()
    if summary:
        print("\n".join(lines_of(course, Progress(course))))
        return
    path = path or course.root / "kata.html"
    try:
        write_page(course, Progress(course), path)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written ({error.strerror}); name another by --out."
        ) from None
    print(course.short(path))


@app.command("compare")
def compare_answer(
    task: OneTask,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="See the reference though yours is not green.")
    ] = False,
) -> None:
    """Your answer beside the reference, once green.

    And what other right answers do, in a sentence each.

    \b
    Example: kata compare 02
    """
    from kata.practising.answers import compare
    from kata.practising.screen import Screen
    from kata.reporting.progress import Progress

    course = course_here()
    compare(Screen(), course, Progress(course), _one(course, task), give_up=give_up)


@app.command()
def models() -> None:
    """The models that need no network.

    \b
    Example: kata models
    """
    from kata.practising.models import print_models

    print_models(course_here())


@app.command()
def doctor() -> int:
    """What this machine lacks, and how to mend it.

    \b
    Example: kata doctor
    """
    from kata.practising.doctor import examine, write_findings
    from kata.practising.screen import Screen

    findings = list(examine(course_here()))
    write_findings(Screen(), findings)
    return 1 if any(finding.mend for finding in findings) else 0


@app.command()
def notebook(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[NN|FILE.ipynb]", show_default=False,
            help="A task to write as a notebook, or a notebook to run from top to bottom, "
            "unchanged (default: open Jupyter).",
        ),
    ] = None,
    take: Annotated[
        bool, typer.Option("--take", help="Take the notebook's answer into the task's file.")
    ] = False,
) -> int:  # fmt: skip
    """Solve a task in a notebook, or run the course's own.

    `kata notebook 02` writes the task as a notebook, with a cell that judges it; with --take, its
    answer goes into tasks/task02.py.

    \b
    Example: kata notebook 02
    """
    from kata.authoring.jupyter import open_jupyter, open_task, run_notebook, take_task

    course = course_here()
    if what is None:
        if take:
            raise CourseError("--take takes the answer of one task: kata notebook NN --take")
        return open_jupyter(course)
    if what.endswith(".ipynb") and not take:
        return run_notebook(course, Path(what))
    task = _one(course, Path(what).stem)
    take_task(course, task) if take else open_task(course, task)
    return 0


# The commands of authors come after those of students, whose edition has none.
if Path(__file__).with_name("cli_authors.py").is_file():
    from kata import cli_authors as cli_authors

if __name__ == "__main__":
    sys.exit(main())
