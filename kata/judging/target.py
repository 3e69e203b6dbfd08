"""What is judged: a folder of answers, one file, or an entry of a gallery."""

from __future__ import annotations

import ast
import gc
import inspect
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

from kata.course import Course, CourseError, TaskInfo
from kata.judging.gallery import Entry, find_entry, lay_over
from kata.judging.imports import quick_imports


@dataclass(frozen=True)
class Given:
    """What a notebook hands over to be judged; see `kata.authoring.notebook`."""

    objects: Mapping[str, object]  # by the names that the task gives them
    call: str  # what the cell calls to be judged


given: ContextVar[Given | None] = ContextVar("given", default=None)


class Blocked(Exception):
    """A student's file cannot be judged (further); the message is one sentence to act on."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


class Unwritten(Exception):
    """The file does not yet hold a value that the task asks for."""

    def __init__(self, name: str, line: int | None) -> None:
        super().__init__(f"Write `{name}`.")
        self.name = name
        self.line = line  # where the task asks for it


# Folders of a course, and of what it runs on: what lies in them is not a student's.
OTHERS = frozenset({"kata", "fixtures", "tests", "solutions", "tasks", "site-packages"})


@dataclass(frozen=True)
class Files:
    """The files whose lines are the student's, as tracebacks name them.

    Those that are judged, and the modules that lie beside them.
    """

    judged: frozenset[str]
    folder: Path

    def __contains__(self, name: object) -> bool:
        if name in self.judged:
            return True
        path = Path(str(name))
        if path.suffix != ".py" or not path.is_relative_to(self.folder):
            return False
        inside = path.relative_to(self.folder).parts[:-1]
        return not any(part in OTHERS or part.startswith(".") for part in inside)


@dataclass(frozen=True)
class Target:
    """Where the answer to one task lies."""

    path: Path
    entry: Entry | None = None  # laid over `path`, where a gallery entry is judged
    objects: Mapping[str, object] = field(default_factory=dict)  # the same of a notebook's
    fresh: str = ""  # what brings an untouched stub back, as a sentence
    # What it has imported of the modules that lie beside it; others never see them.
    _modules: dict[str, ModuleType] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def resolve(cls, option: str, course: Course, task: TaskInfo, start: Path) -> Target:
        """The answer to `task` that `--target option` names, relative to the folder `start`.

        Raises:
            CourseError: the option names nothing that exists, or many answers.
        """
        handed = given.get()
        if handed is not None:
            return cls(course.stub(task), objects=handed.objects)
        name, _, title = option.partition("::")
        path = (start / name).resolve()
        if title:
            return cls(course.solution(task), find_entry(path, title))
        if path.is_dir():
            answer = path / f"{task.name}.py"
            if answer == course.stub(task):
                reset = f"`kata reset {task.number:02d}` brings the stub back."
                return cls(answer, fresh=reset)
            _refuse_many(option, path, task)
            return cls(answer)
        if path.suffix == ".py" and path.is_file():
            return cls(path)
        raise CourseError(
            f"--target {option}: there is no such folder or Python file ({path}). "
            "Give a folder with taskNN.py in it, or one file."
        )

    @property
    def files(self) -> Files:
        extra = [str(self.entry.path)] if self.entry else []
        extra += [file for value in self.objects.values() if (file := _file_of(value))]
        return Files(frozenset([str(self.path), *extra]), self.path.parent)

    @property
    def _name(self) -> str:
        """The module's name: the file's, by which a process that is spawned finds it again."""
        if self.entry or self.objects:
            return f"kata_target_{self.path.stem}"
        return self.path.stem

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the code in the block import what lies beside the file, as if it ran by itself.

        Such modules are this target's own: another one may have others of the same names.
        """
        folder = str(self.path.parent)
        hidden = {name: sys.modules[name] for name in self._modules if name in sys.modules}
        last = next(reversed(sys.modules))
        sys.modules.update(self._modules)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            with suppress(ValueError):
                sys.path.remove(folder)
            files = self.files
            for name in [*_imported_after(last), *hidden]:
                module = sys.modules[name]
                if name in self._modules or (getattr(module, "__file__", None) or "") in files:
                    self._modules[name] = module
                    del sys.modules[name]
            sys.modules.update(hidden)

    def load(self) -> ModuleType:
        """Run the file as a module and return it; to be called `in_place`.

        Whatever the file raises comes through unchanged.

        Raises:
            Blocked: there is no file, or nothing in it.
        """
        module = ModuleType(self._name)
        module.__file__ = str(self.path)
        code = compile(self._source(), str(self.path), "exec")
        # Dataclasses and pickle look a class's module up by name.
        self._modules[self._name] = sys.modules[self._name] = module
        known = len(sys.modules)
        with quick_imports():
            exec(code, vars(module))
        if len(sys.modules) > known and not self.objects:  # a notebook's garbage is its own
            gc.freeze()  # what is imported stays; later collections need not walk it
        if self.entry:
            lay_over(self.entry, module)
        vars(module).update(self.objects)
        return module

    def line_of(self, name: str) -> int | None:
        """The line of the file that gives a name its value, whatever it is."""
        nodes = (node for node in ast.walk(self._source()) if _gives(node, name))
        return next((getattr(node, "lineno", None) for node in nodes), None)

    def asks_for(self, name: str) -> int | None:
        """The line of the first comment that speaks of a name."""
        lines = enumerate(self.path.read_text(encoding="utf-8-sig").splitlines(), 1)
        return next((i for i, line in lines if re.match(rf"\s*#.*\b{name}\b", line)), None)

    def _source(self) -> ast.Module:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            advice = self.fresh or "Write your answer there, or give --target another folder."
            raise Blocked(
                f"There is no file {self.path.name} in {self.path.parent}. {advice}"
            ) from None
        except UnicodeDecodeError as error:
            raise Blocked(f"The file is not UTF-8 text: {error}. Save it as UTF-8.") from None
        tree = ast.parse(text, filename=str(self.path))
        if not tree.body:
            raise Blocked(f"The file is empty. Write your answer in it. {self.fresh}".rstrip())
        return tree


def _gives(node: Any, name: str) -> bool:
    """Whether a statement gives a name its value."""
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For):
        return isinstance(node.target, ast.Name) and node.target.id == name
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any(name == (alias.asname or alias.name) for alias in node.names)
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name


def _imported_after(last: str) -> list[str]:
    """The modules that came after one: a look at the few new ones, for each call of a student's."""
    return list(takewhile(lambda name: name != last, reversed(sys.modules)))


def _refuse_many(option: str, path: Path, task: TaskInfo) -> None:
    """Raise CourseError for a folder that holds folders of answers, and no answer itself."""
    if any(path.glob("task[0-9][0-9].py")):
        return
    folders = sorted(file.parent.name for file in path.glob(f"*/{task.name}.py"))
    if folders:
        raise CourseError(
            f"--target {option} holds {len(folders)} folders with a {task.name}.py, and a run "
            f"judges one of them; give it as {shlex.quote(str(Path(option) / folders[0]))}, say."
        )


def _file_of(value: object) -> str | None:
    """Where a function or class was written, as tracebacks name it."""
    members = vars(value).values() if isinstance(value, type) else [value]
    functions = [inspect.unwrap(member) for member in members if inspect.isfunction(member)]
    return functions[0].__code__.co_filename if functions else None
