"""What `kata stubs` prints."""

from __future__ import annotations

from kata.authoring.stubs import find_drift, write_stub
from kata.course import Course, TaskInfo


def check_stubs(course: Course, tasks: list[TaskInfo]) -> int:
    """Say where a stub is not what its reference gives; 1 if one is not."""
    drift = [text for task in tasks if (text := find_drift(course, task))]
    for text in drift:
        print(f"DRIFT {text}")
    print(f"{len(tasks) - len(drift)} of {len(tasks)} stubs are what the references give.")
    return 1 if drift else 0


def write_stubs(course: Course, tasks: list[TaskInfo], *, force: bool) -> int:
    """Write stubs, and say what became of each; 1 if one was kept."""
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
