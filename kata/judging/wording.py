"""The words of a task that its tests enforce: quoted by each test, found in the student's file.

A test quotes below the first paragraph of its docstring, as one quotes in an e-mail:

    > `y[i]` is the reading right after them.

Several quotations stand apart, with a blank line between them. White space and the marks of
comments do not count.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

TOKEN = re.compile(r"\w+|[^\w\s]")
MARKS = re.compile(r'^\s*# ?|"""')
SECTION = re.compile(r"\s*(Args|Returns|Yields|Raises|Attributes):$")
ITEM = re.compile(r"\s*[`\w.*]+(?: \([^)]*\))?: ")
STEP = re.compile(r"\d+\. ")
# White space after a full stop and before the start of another sentence.
END = re.compile(r"(?<=[.?!])\s+(?=[A-Z`\"'(])|(?<=[.?!][)\"'`])\s+(?=[A-Z`\"'(])")

LONGEST = 1 << 18  # bytes of a file that somebody wrote; others would keep a judge busy for minutes
# What Python raises at a source that is wrong, has a zero byte, or is nested too deeply.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a task's text, and the line of the file that it begins on."""

    text: str
    line: int


class Wording:
    """The text of a task's file: docstrings, comments and code."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text = [MARKS.sub("", line) for line in source.splitlines()]
        self._tokens = [
            (token, number)
            for number, line in enumerate(self._text, 1)
            for token in TOKEN.findall(line)
        ]

    @classmethod
    def read(cls, path: Path) -> Wording:
        """That of a file; of one that cannot be read, or is far too long, there is none."""
        try:
            if path.stat().st_size > LONGEST:
                return cls("")
            return cls(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            return cls("")

    def find(self, quotation: str, within: range = range(0)) -> int | None:
        """The line where a quotation begins, if it stands in the text; rather within some lines."""
        lines = [self._tokens[start][1] for start in self._places(quotation)]
        return next((line for line in lines if line in within), lines[0] if lines else None)

    def lines_of(self, start: int | None) -> range:
        """The lines of the function or class whose first one is `start`; none, if there is none."""
        try:
            tree = ast.parse(self._source)
        except UNREADABLE:
            return range(0)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
                if first == start:
                    return range(first, (node.end_lineno or first) + 1)
        return range(0)

    def unquoted(self, quotations: Iterable[str]) -> list[Sentence]:
        """The sentences of which no quotation has a word, in the order of the file."""
        quoted = {
            place
            for quotation in quotations
            for start in self._places(quotation)
            for place in range(start, start + len(TOKEN.findall(quotation)))
        }
        return [
            Sentence(text, self._tokens[start][1])
            for text, start, end in sorted(self._sentences(), key=lambda found: found[1])
            if quoted.isdisjoint(range(start, end))
        ]

    def _places(self, quotation: str) -> Iterator[int]:
        wanted = TOKEN.findall(quotation)
        tokens = [token for token, _ in self._tokens]
        for i in range(len(tokens) - len(wanted) + 1):
            if wanted and tokens[i : i + len(wanted)] == wanted:
                yield i

    def _sentences(self) -> Iterator[tuple[str, int, int]]:
        """The text of each sentence, and where its tokens start and end."""
        for lines in (*self._paragraphs(), *self._comments()):
            text = " ".join(self._text[line - 1].strip() for line in lines)
            place = next(i for i, (_, number) in enumerate(self._tokens) if number >= lines[0])
            step = STEP.match(text)
            head = step[0] if step else ""
            for i, sentence in enumerate(END.split(text[len(head) :])):
                whole = head + sentence if i == 0 else sentence
                count = len(TOKEN.findall(whole))
                yield whole, place, place + count
                place += count

    def _paragraphs(self) -> Iterator[list[int]]:
        """Of the docstrings, without titles of sections and lines to type: numbers of lines."""
        for first, last, margin in _docstrings(self._source):
            paragraph: list[int] = []
            for number in range(first, last + 1):
                line = self._text[number - 1]
                code = number > first and margin == 0 and line.startswith("    ")
                if paragraph and (not line.strip() or ITEM.match(line) or SECTION.match(line)):
                    yield paragraph
                    paragraph = []
                if line.strip() and not SECTION.match(line) and not code:
                    paragraph.append(number)
            if paragraph:
                yield paragraph

    def _comments(self) -> Iterator[list[int]]:
        """Comments on lines of their own; a step begins another one."""
        numbers = [
            number
            for number, line in enumerate(self._source.splitlines(), 1)
            if line.strip().startswith("# ") and not line.startswith("# stub ")
        ]
        comment: list[int] = []
        for before, number in pairwise([0, *numbers]):
            if comment and (number > before + 1 or STEP.match(self._text[number - 1])):
                yield comment
                comment = []
            comment.append(number)
        if comment:
            yield comment


def quotations(docstring: str | None) -> list[str]:
    """What a test's docstring quotes."""
    paragraphs = inspect.cleandoc(docstring or "").split("\n\n")[1:]
    return [
        " ".join(line.removeprefix(">").strip() for line in paragraph.splitlines())
        for paragraph in paragraphs
        if all(line.startswith(">") for line in paragraph.splitlines())
    ]


def quoting_tests(path: Path) -> dict[str, list[str]]:
    """The tests of a file by name, each with what it quotes; the file is parsed, not run."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return {
        node.name: quotations(ast.get_docstring(node))
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def wrong_quotations(stub: Path, test_file: Path) -> Iterator[str]:
    """What keeps a task's tests from saying which of its words they enforce."""
    wording = Wording.read(stub)
    for test, quoted in quoting_tests(test_file).items():
        if not quoted:
            yield f"{test}: quotes nothing; say in its docstring, after `> `, what it enforces"
        for words in quoted:
            if wording.find(words) is None:
                yield f"{test}: {stub.name} does not say {words!r}"


def _docstrings(source: str) -> Iterator[tuple[int, int, int]]:
    """The first and last line of each docstring, and the margin of its text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                yield first.lineno, first.end_lineno or first.lineno, first.col_offset
