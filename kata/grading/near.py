"""The near side: the `task` of the tests, where the answer itself is in a cell.

What comes back from there is data, read with suspicion; objects that stay there are used through
stand-ins.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from kata.course import TaskInfo
from kata.grading import wire
from kata.grading.line import Line
from kata.grading.reader import Reader
from kata.grading.stand_in import FarObject
from kata.grading.told import error_of
from kata.judging.behaviour import summary
from kata.judging.clock import PATIENCE, TimeUp
from kata.judging.output import KEPT, Printed
from kata.judging.target import Target
from kata.judging.task import CALLS_A_TEST, Call, Task, note_stop
from kata.judging.task import describe_call as local_call

DIGEST = re.compile(r"[0-9a-f]{8}")


class FarTask(Task):
    """A task whose answer is in a cell."""

    def __init__(self, info: TaskInfo, target: Target, line: Line) -> None:
        super().__init__(info, target)
        self._line = line
        line.task = self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._fail_again(name)
            return self._ask("call", name, args, kwargs, name=name)

        return call

    def value(self, name: str) -> Any:
        __tracebackhide__ = True
        return self._ask("value", name, name=name)

    def reload(self) -> None:
        self._ask("reload", "import")

    def start_test(self, slow: bool = False) -> None:
        super().start_test(slow)
        self._line.start_test(slow)

    def apply(self, thing: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        far, name = (thing, "") if isinstance(thing, FarObject) else (None, "")
        if isinstance(getattr(thing, "__self__", None), FarObject):
            far, name = thing.__self__, thing.__name__  # type: ignore[attr-defined]
        if far is not None:
            number = far._far[1]
            return self._ask("apply", f"{number}.{name}", args, kwargs, number=number, name=name)
        return super().apply(thing, *args, **kwargs)

    @property
    def seconds(self) -> float:
        """How long one request may take now."""
        had = self._test.passed if self._test else 0.0
        return max(min(self._limit, CALLS_A_TEST * self._limit - had / PATIENCE), 1.0)

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        yield  # nothing of the answer's folder is imported here

    def _noted(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        self.trace.note(summary(result, self.files))
        return result

    def _ask(
        self, op: str, what: str, args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None, **more: Any,
    ) -> Any:  # fmt: skip
        __tracebackhide__ = True
        self._fail_again("import")
        self.returned.clear()
        self.last_call = local_call(what, None, args, kwargs or {})
        try:
            reply, reader = self._line.request(op, args, kwargs, seconds=self.seconds, **more)
            self._take_call(reply)
            result = self.outcome(reply, reader)
        except TimeUp as error:
            self._failed[what] = (error, self.last_call)
            raise
        except BaseException as error:
            if op == "call" and hasattr(error, "places"):  # it is the answer's, and not the line's
                note_stop(error)
            raise
        self.returned.append(result)
        return result

    def _take_call(self, reply: dict[str, Any]) -> None:
        call = reply.get("call")
        if isinstance(call, list) and len(call) == 4:
            text, details, line, file = call
            lines = tuple(str(part)[:1_000] for part in details)
            line = line if type(line) is int else None
            file = file if isinstance(file, str) and file in self.files else None
            self.last_call = Call(str(text)[:2_000], lines, line, file)
            self._maker = self._maker or self.last_call
        out, err, total = [*reply.get("printed", []), "", "", 0][:3]
        self.printed = Printed(str(out)[:KEPT], str(err)[:KEPT], total if type(total) is int else 0)
        notes, chance = [*reply.get("notes", []), [], False][:2]
        for note in notes if isinstance(notes, list) else []:
            if not self.trace.is_full and isinstance(note, str) and DIGEST.fullmatch(note):
                self.trace.digests.append(note)
        self.trace.chance = self.trace.chance or chance is True

    def outcome(self, reply: dict[str, Any], reader: Reader) -> Any:
        """What a reply says: a value, or an error to raise."""
        __tracebackhide__ = True
        try:
            if "error" not in reply:
                return reader.value(reply.get("result"))
            error = error_of(reply["error"], self.files)
        except (wire.Malformed, TypeError, ValueError, KeyError) as problem:
            raise self._line.refuse(problem) from None
        if reply["error"].get("import") is True:
            self._failed["import"] = (error, None)
        raise error
