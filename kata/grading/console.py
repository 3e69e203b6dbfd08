"""What the commands that grade print."""

from __future__ import annotations

import time
from functools import partial

from kata.course import Course, TaskInfo
from kata.grading.proof import compare
from kata.terminal import print_table, with_bar


def compare_all(
    course: Course, tasks: list[TaskInfo], *, jobs: int, slow: bool, fresh: bool
) -> int:
    """`kata check --isolated`: a row for each task, then where the verdicts differ."""
    start = time.monotonic()
    found = compare(
        course, tasks, workers=jobs, slow=slow, fresh=fresh,
        watch=partial(with_bar, "kata check --isolated"),
    )  # fmt: skip
    header = ["task", "answers", "same both ways", "judged", "witnessed", "in process", "in cells"]
    rows = [
        [
            f"{own.task.number:02d}",
            str(own.answers),
            str(own.same),
            str(own.judged),
            str(own.witnessed),
            f"{own.seconds:.0f} s",
            f"{own.isolated_seconds:.0f} s",
        ]
        for own in found
    ]
    print_table([header, *rows])
    differences = [
        f"task {own.task.number:02d}: {text}" for own in found for text in own.differences
    ]
    for difference in differences:
        print(f"\nFAILED {difference}")
    verdict = f"{len(differences)} differ" if differences else "the same verdicts both ways"
    print(f"\n{verdict}, in {time.monotonic() - start:.0f} s with {jobs} at a time")
    return 1 if differences else 0
