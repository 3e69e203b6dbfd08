"""What comes before pytest captures output and reads the course's settings.

An entry point loads this module, in any folder; the settings load the plugin itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest

OPTION = "--target"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, None, None]:
    course = _course_around(early_config.invocation_params.dir)
    if course is not None:
        from kata.judging.scratch import find_room

        try:
            find_room()
        except OSError as error:
            raise pytest.UsageError(str(error)) from None
        if OPTION in args and course != early_config.rootpath:
            # pytest looks for settings beside the folders among its arguments, and has taken the
            # target for one of them, since it does not know the option yet.
            raise SystemExit(pytest.main(list(_joined(early_config.invocation_params.args))))
    return (yield)


def _course_around(start: Path) -> Path | None:
    folders = (start, *start.parents)
    return next((path for path in folders if (path / "tasks" / "manifest.toml").is_file()), None)


def _joined(arguments: Iterable[str]) -> Iterator[str]:
    """`--target DIR` as `--target=DIR`, which pytest takes for nothing else."""
    rest = iter(arguments)
    for argument in rest:
        yield f"{OPTION}={next(rest, '')}" if argument == OPTION else argument
