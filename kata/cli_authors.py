"""What authors and teachers add to the `kata` command; a student edition comes without it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kata.options import Fresh, Jobs, Slow, Tasks, app, course_here


@app.command()
def check(
    jobs: Jobs,
    tasks: Tasks = None,
    slow: Slow = False,
    fresh: Fresh = False,
    text: Annotated[
        bool,
        typer.Option("--text", help="Prove nothing; list the sentences that no test quotes."),
    ] = False,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Prove nothing; record what the wrong answers do, so that a student's is known "
            "by it.",
        ),
    ] = False,
    isolated: Annotated[
        bool,
        typer.Option(
            "--isolated",
            help="Prove instead that `kata grade` gives the verdicts that practice gives.",
        ),
    ] = False,
) -> int:
    """Prove that the tests judge rightly.

    \b
    Example: kata check 02 --slow
    """
    from kata.proving import console

    course = course_here()
    chosen = course.select(tasks or [])
    if text:
        return console.unquoted(course, chosen)
    if record:
        return console.record(course, chosen, jobs=jobs, fresh=fresh)
    if isolated:
        from kata.grading.console import compare_all

        return compare_all(course, chosen, jobs=jobs, slow=slow, fresh=fresh)
    return console.check(course, chosen, jobs=jobs, slow=slow, fresh=fresh)


@app.command()
def mutants(
    jobs: Jobs,
    tasks: Tasks = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="All mutants of tasks that train for long, too (default: a sample)."
        ),
    ] = False,
    fresh: Fresh = False,
) -> int:
    """Change the references, and see who notices.

    \b
    Example: kata mutants 02
    """
    from kata.proving import console

    course = course_here()
    chosen = course.select(tasks or [])
    return console.mutants(course, chosen, jobs=jobs, everything=everything, fresh=fresh)


@app.command()
def flakes(
    jobs: Jobs,
    tasks: Tasks = None,
    runs: Annotated[int, typer.Option(min=1, metavar="N", help="Rounds.")] = 20,
    slow: Slow = False,
) -> int:
    """Judge the references again and again.

    With other seeds, orders of tests, and threads.

    \b
    Example: kata flakes 02 --runs 20
    """
    from kata.proving import console

    course = course_here()
    return console.flakes(course, course.select(tasks or []), jobs=jobs, slow=slow, runs=runs)


@app.command()
def messages(
    jobs: Jobs,
    tasks: Tasks = None,
    fresh: Fresh = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep them in tests/gallery/messages/, print nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail where they are not as they were kept.")
    ] = False,
) -> int:
    """Print what a student reads for every wrong answer.

    \b
    Example: kata messages 02
    """
    from kata.proving import console

    course = course_here()
    return console.messages(
        course, course.select(tasks or []), jobs=jobs, fresh=fresh, keep=keep, check=check
    )


@app.command()
def stubs(
    tasks: Tasks = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where they differ.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also replace edited stubs; saves those as .N.bak.")
    ] = False,
) -> int:
    """Write tasks/ from solutions/.

    \b
    Example: kata stubs 02
    """
    from kata.authoring.console import check_stubs, write_stubs

    course = course_here()
    chosen = course.select(tasks or [])
    if check:
        return check_stubs(course, chosen)
    return write_stubs(course, chosen, force=force)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
) -> None:
    """Write the student edition into a new folder.

    Without references, gallery and the commands for authors; no line of a solution is in it.

    \b
    Example: kata export ../ml-katas-students
    """
    from kata.authoring.export import export as write_edition

    course = course_here()
    files = write_edition(course, folder)
    print(f"{folder}: {files} files, and no line of a solution among them")


@app.command()
def grade(
    jobs: Jobs,
    submissions: Annotated[
        Path | None, typer.Argument(metavar="SUBMISSIONS", show_default=False)
    ] = None,
    tasks: Annotated[
        str, typer.Option(metavar="NN,NN-NN", help="Which tasks (default: all that are answered).")
    ] = "",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the grades go.")] = Path("grades"),
    slow: Slow = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Judge again what was judged.")] = False,
    require_isolation: Annotated[
        bool,
        typer.Option("--require-isolation", help="Refuse where answers are not fully isolated."),
    ] = False,
    scheduler: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Judge on the workers of this Dask scheduler."),
    ] = "",
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="Picks the examples that answers have not seen (default: a secret one, which the "
            "folder of the grades keeps).",
        ),
    ] = None,
    gradescope: Annotated[
        Path | None,
        typer.Option(metavar="ZIP", help="Grade nothing; write an autograder for Gradescope."),
    ] = None,
) -> int:
    """Grade a folder of strangers' answers, each in a sandbox.

    SUBMISSIONS is a folder with a folder for each student, a folder of files such as
    ada_task01.py, or a zip of either. Writes grades.csv, junit.xml, summary.md, and for each
    student feedback/ and gradescope/. Started again, it goes on where it was.

    Exit status: 0 all were judged, 1 some answers could not be, 2 nothing was done.

    \b
    Example: kata grade handed-in.zip --tasks 01,14-19 --out grades
    """
    from kata.grading.console import grade_all, write_autograder

    course = course_here()
    if gradescope is not None:
        return write_autograder(course, gradescope, tasks, seed)
    if submissions is None:
        raise typer.BadParameter("give the folder or zip of what was handed in")
    return grade_all(
        course, submissions, tasks, out,
        jobs=jobs, slow=slow, fresh=fresh, require_isolation=require_isolation,
        scheduler=scheduler, seed=seed,
    )  # fmt: skip
