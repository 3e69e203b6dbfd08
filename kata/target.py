"""What is judged: a folder of answers, one file, or an entry of a gallery."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from kata.course import Course, CourseError, TaskInfo
from kata.gallery import Entry, find_entry, lay_over

# What a notebook hands over to be judged, by its name; see `kata.notebook`.
given: ContextVar[Mapping[str, object] | None] = ContextVar("given", default=None)


class Blocked(Exception):
    """A student's file cannot be judged (further); the message is one sentence to act on."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


@dataclass(frozen=True)
class Target:
    """Where the answer to one task lies."""

    path: Path
    entry: Entry | None = None  # laid over `path`, where a gallery entry is judged
    objects: Mapping[str, object] = field(default_factory=dict)  # the same of a notebook's

    @classmethod
    def resolve(cls, option: str, course: Course, task: TaskInfo, start: Path) -> Target:
        """The answer to `task` that `--target option` names, relative to the folder `start`.

        Raises:
            CourseError: the option names nothing that exists.
        """
        objects = given.get()
        if objects is not None:
            return cls(course.stub(task), objects=objects)
        name, _, title = option.partition("::")
        path = (start / name).resolve()
        if title:
            return cls(course.solution(task), find_entry(path, title))
        if path.is_dir():
            return cls(path / f"{task.name}.py")
        if path.suffix == ".py" and path.is_file():
            return cls(path)
        raise CourseError(
            f"--target {option}: there is no such folder or Python file ({path}). "
            "Give a folder with taskNN.py in it, or one file."
        )

    @property
    def files(self) -> frozenset[str]:
        """The files whose lines are the student's, as tracebacks name them."""
        extra = [str(self.entry.path)] if self.entry else []
        extra += [file for value in self.objects.values() if (file := _file_of(value))]
        return frozenset([str(self.path), *extra])

    def load(self, name: str) -> ModuleType:
        """Run the file as the module `name` and return it.

        Whatever the file raises comes through unchanged.

        Raises:
            Blocked: there is no file, or nothing in it.
        """
        module = ModuleType(name)
        module.__file__ = str(self.path)
        code = compile(self._source(), str(self.path), "exec")
        sys.modules[name] = module  # dataclasses and pickle look a class's module up by name
        exec(code, vars(module))
        if self.entry:
            lay_over(self.entry, module)
        vars(module).update(self.objects)
        return module

    def _source(self) -> ast.Module:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise Blocked(
                f"There is no file {self.path.name} in {self.path.parent}; "
                "`git restore` brings a deleted stub back."
            ) from None
        except UnicodeDecodeError as error:
            raise Blocked(f"The file is not UTF-8 text: {error}. Save it as UTF-8.") from None
        tree = ast.parse(text, filename=str(self.path))
        if not tree.body:
            raise Blocked(
                "The file is empty. Write your answer in it; `git restore` brings the stub back."
            )
        return tree


def _file_of(value: object) -> str | None:
    """Where a function or class was written, as tracebacks name it."""
    members = vars(value).values() if isinstance(value, type) else [value]
    functions = [inspect.unwrap(member) for member in members if inspect.isfunction(member)]
    return functions[0].__code__.co_filename if functions else None
