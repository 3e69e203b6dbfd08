"""Examples that no answer can have seen: grading searches properties by a secret seed as well.

The examples of practice are the same at every look, so that an answer could hold a table of what to
return for each of them. A property that holds for these is tried on as many others. The seed stays
with the judge, and is the same for all answers that are graded together.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, seed

from kata.course import CourseError
from kata.files import replace
from kata.judging.behaviour import undisturbed
from kata.judging.task import Task
from kata.plugin.judgement import result_key

FILE = "seed.txt"
BITS = 63


def draw() -> int:
    """A seed that nobody can guess."""
    return secrets.randbits(BITS)


def kept_seed(out: Path, wish: int | None) -> int:
    """The seed of the grades in a folder: the one that is asked for, or kept there, or a new one.

    Raises:
        CourseError: what is kept there is no number.
    """
    path = out / FILE
    if wish is None and path.is_file():
        try:
            return int(path.read_text(encoding="utf-8"))
        except ValueError:
            raise CourseError(
                f"{path} holds no number; give the seed of these grades with --seed, or delete the "
                "file for a new one."
            ) from None
    found = draw() if wish is None else wish
    replace(path, f"{found}\n")
    return found


class Unseen:
    """A pytest plugin: properties that hold for the examples of practice are tried on others."""

    def __init__(self, number: int) -> None:
        self._seed = number

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        done = yield
        if is_hypothesis_test(pyfuncitem.obj):
            self._try_others(pyfuncitem)
        return done

    def _try_others(self, item: pytest.Function) -> None:
        task = item.funcargs["task"]
        assert isinstance(task, Task)
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        digests, chance = task.trace.digests, task.trace.chance
        task.start_test(slow=item.get_closest_marker("slow") is not None)
        seed(self._seed)(item.obj)
        try:
            with undisturbed():
                item.obj(**arguments)
        except BaseException:
            item.stash[result_key].unseen = True
            raise
        finally:
            seed(None)(item.obj)
            # What is known of mistakes is known by the examples of practice.
            task.trace.digests, task.trace.chance = digests, chance
