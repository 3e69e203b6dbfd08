"""What can be seen to be wrong with a course without running it: what would prove nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from kata.course import Course, TaskInfo
from kata.judging.gallery import Entry, undecorated
from kata.regions import STEP, regions

LEAST_WRONG = 4  # wrong answers to a task that return something, and are red on what that is
LEAST_CODE = 12  # characters of a line of code that a comment must not repeat


def strays(course: Course) -> Iterator[str]:
    """Files that look like a task's, of tasks that the manifest does not list."""
    known = {task.name for task in course.tasks}
    places = (
        "tasks/*.py",
        "tasks/hints/*.md",
        "solutions/*.py",
        "tests/*.py",
        "tests/gallery/*.py",
    )
    for place in places:
        for path in sorted(course.root.glob(place)):
            name = re.fullmatch(r"(?:test_)?(task\d+)", path.stem)
            if name and name[1] not in known:
                yield (
                    f"{course.short(path)}: the manifest lists no {name[1]}, so that nothing "
                    "proves it; list it, or take the file away"
                )


def weak_gallery(course: Course, task: TaskInfo, entries: Iterable[Entry]) -> Iterator[str]:
    """Entries that leave the reference as it is, and answers that nobody marked."""
    solution = course.solution(task)
    reference = _definitions(ast.parse(solution.read_bytes()).body)
    for entry in entries:
        own = _definitions(entry.own)
        label = f"{entry.title!r} ({course.short(entry.path)}:{entry.line})"
        replaced = [name for name in own if name in reference]
        if not replaced:
            names = f"has no {', '.join(own)}" if own else "stays as it is"
            yield f"{label} replaces nothing: {course.short(solution)} {names}"
        elif all(_same(own[name], reference[name]) for name in replaced):
            yield f"{label} is the reference itself: {', '.join(replaced)} is the same there"
    for name, line in undecorated(course.gallery(task)):
        if name in reference or name == "overlay":
            yield (
                f"{course.short(course.gallery(task))}:{line}: {name} has the name of an answer "
                "and is neither @wrong nor @right, so that nothing judges it"
            )


def telling_steps(course: Course, task: TaskInfo) -> Iterator[str]:
    """Comments of a stub that hold a line of the reference's code."""
    lines = course.solution(task).read_text(encoding="utf-8").splitlines()
    code = {
        "".join(lines[number - 1].split())
        for first, last in regions("\n".join(lines))
        for number in range(first, last + 1)
        if not lines[number - 1].lstrip().startswith("#")
    }
    stub = course.stub(task).read_text(encoding="utf-8").splitlines()
    for first, last in regions("\n".join(stub)):
        for number in range(first, last + 1):
            comment = stub[number - 1].strip()
            text = "".join(STEP.sub("", comment).lstrip("#").split())
            told = [line for line in code if len(line) >= LEAST_CODE and line in text]
            if comment.startswith("#") and told:
                yield (
                    f"{course.short(course.stub(task))}:{number}: the comment gives away the "
                    f"reference's code: {comment}"
                )


def wrong_absences(task: TaskInfo, marks: dict[str, set[str]]) -> Iterator[str]:
    """Tests that may be away and are not listed, or the other way round; `marks` are by test."""
    manifest = "tasks/manifest.toml"
    listed = set(task.away)
    for test, carried in marks.items():
        for mark in {"skip", "skipif", "xfail"} & carried:  # by which a test is never red
            yield f"{test}: carries the mark {mark!r}; a test judges, or it goes"
        own = sorted({"slow", "gpu", "online"} & carried)
        if own and test not in listed:
            yield (
                f"{test}: carries the mark {own[0]!r}, and {manifest} does not list it under "
                "`away`, so it has to run everywhere"
            )
        if test in listed and not own:
            yield f"{test}: {manifest} lists it under `away`, and no mark of its own fits"
    for test in sorted(listed - set(marks)):
        yield f"{test}: {manifest} lists it under `away`, and there is no such test"
    if marks and not set(marks) - listed:
        yield f"{manifest} lists all tests under `away`: nothing of the task is proven everywhere"


def _definitions(body: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    """What statements give a name: functions, classes and values."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update((name.id, node) for name in targets if isinstance(name, ast.Name))
    return found


def _same(one: ast.stmt, other: ast.stmt) -> bool:
    return ast.dump(_without_docstrings(one)) == ast.dump(_without_docstrings(other))


def _without_docstrings(node: ast.stmt) -> ast.stmt:
    node = ast.parse(ast.unparse(node)).body[0]
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner):
            inner.body = inner.body[1:] or [ast.Pass()]
    return node
