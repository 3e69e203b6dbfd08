"""What `kata models` prints."""

from __future__ import annotations

import shutil
import textwrap

from kata.course import Course, CourseError


def print_models(course: Course) -> None:
    """The models that the course has without a network, by kind.

    Raises:
        CourseError: it has none.
    """
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
