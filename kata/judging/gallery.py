"""The gallery of a task: right and wrong answers, each laid over the reference.

A gallery file is ordinary Python. Its imports and undecorated helpers are shared by its entries;
each entry replaces the names it defines. An entry that replaces several names is a class called
`overlay`, whose body is laid over the reference.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from kata.course import CourseError

Answer = TypeVar("Answer", bound=Callable[..., object])
Names = tuple[str, ...]


def wrong(
    title: str,
    *,
    advice: str = "",
    caught_by: str | tuple[str, ...],
    raises: str | tuple[str, ...] = (),
) -> Callable[[Answer], Answer]:
    """Mark a wrong answer, and name the test or tests that must be red on it.

    A student whose answer does just the same reads the title, and the sentence of advice.

    `raises` names errors that belong to the mistake and would look like a slip in the gallery
    otherwise, such as "TypeError".
    """
    return lambda answer: answer


def right(title: str) -> Callable[[Answer], Answer]:
    """Mark a right answer that goes another way than the reference: every test must be green."""
    return lambda answer: answer


@dataclass(frozen=True)
class Entry:
    """One answer in a gallery file."""

    path: Path
    line: int
    kind: str  # "right" or "wrong"
    title: str
    caught_by: tuple[str, ...]
    own: tuple[ast.stmt, ...] = field(repr=False, compare=False)  # what it defines
    code: ast.Module = field(repr=False, compare=False)  # with what entries share
    raises: tuple[str, ...] = ()  # errors that the mistake itself leads to
    advice: str = ""


def read_gallery(path: Path) -> list[Entry]:
    """The entries of a gallery file, in order; the file is parsed, not run.

    Raises:
        CourseError: the file is missing or not Python, or an entry's decorator is unusable.
    """
    return list(_entries(path, _text(path)))


@lru_cache(maxsize=64)
def _entries(path: Path, text: str) -> tuple[Entry, ...]:
    """Of one state of a gallery file: a run asks again and again, for every test."""
    tree = _parse(path, text)
    shared = [node for node in tree.body if _decoration(node) is None]
    entries: list[Entry] = []
    for node in tree.body:
        decorator = _decoration(node)
        if decorator is None:
            continue
        assert isinstance(node, ast.FunctionDef | ast.ClassDef)
        kind, title, advice, caught_by, raises = _arguments(path, decorator)
        if any(entry.title == title for entry in entries):
            raise CourseError(f"{path}:{node.lineno}: two entries are called {title!r}.")
        node.decorator_list.remove(decorator)
        own = node.body if isinstance(node, ast.ClassDef) and node.name == "overlay" else [node]
        code = ast.Module(body=[*shared, *own], type_ignores=[])
        entries.append(
            Entry(path, node.lineno, kind, title, caught_by, tuple(own), code, raises, advice)
        )
    return tuple(entries)


def undecorated(path: Path) -> list[tuple[str, int]]:
    """The functions and classes that entries share: names and lines."""
    return [
        (node.name, node.lineno)
        for node in _parse(path, _text(path)).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and _decoration(node) is None
    ]


def find_entry(path: Path, title: str) -> Entry:
    """The entry with that title, or the only one whose title begins with it."""
    entries = read_gallery(path)
    found = [entry for entry in entries if entry.title == title]
    found = found or [entry for entry in entries if entry.title.startswith(title)]
    if len(found) != 1:
        titles = "\n  ".join(entry.title for entry in entries)
        problem = "No entry" if not found else "More than one entry"
        raise CourseError(f"{problem} of {path} is called {title!r}. It has:\n  {titles}")
    return found[0]


def lay_over(entry: Entry, reference: ModuleType) -> None:
    """Replace the entry's names in a freshly loaded reference."""
    exec(compile(entry.code, str(entry.path), "exec"), vars(reference))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"{path} is missing: a task without a gallery proves nothing.") from None


def _parse(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        raise CourseError(f"{path}:{error.lineno}: {error.msg}.") from None


def _decoration(node: ast.stmt) -> ast.Call | None:
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in ("wrong", "right"):
            return decorator
    return None


def _arguments(path: Path, decorator: ast.Call) -> tuple[str, str, str, Names, Names]:
    assert isinstance(decorator.func, ast.Name)
    kind = decorator.func.id
    try:
        title = ast.literal_eval(decorator.args[0])
        keywords = {word.arg: ast.literal_eval(word.value) for word in decorator.keywords}
        advice = keywords.pop("advice", "")
        caught_by, raises = (_names(keywords.pop(key, ())) for key in ("caught_by", "raises"))
        fits = not keywords and bool(caught_by) == (kind == "wrong")
        texts = isinstance(title, str) and isinstance(advice, str)
        if not fits or not texts or ((raises or advice) and kind == "right"):
            raise ValueError
    except (ValueError, IndexError):
        raise CourseError(
            f"{path}:{decorator.lineno}: write @right('title') or "
            "@wrong('title', advice='A sentence.', caught_by='test_name'), with literal strings."
        ) from None
    return kind, title, advice, caught_by, raises


def _names(value: object) -> Names:
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError
    return names
