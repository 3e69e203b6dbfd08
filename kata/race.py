"""Speeds compared within one run: several pieces of work take turns, and medians count."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kata.report import Result

Prepare = Callable[[], Callable[[], Any]]


class Race:
    """The `race` fixture.

    `race(rounds=5, large=prepare_large, small=prepare_small)` calls each `prepare` anew in every
    round, outside the clock, and times the call that it returns. It gives the median seconds of
    each by name. pytest-benchmark records the first one. What the calls returned is in `results`.
    """

    def __init__(self, benchmark: Any, result: Result) -> None:
        self._benchmark = benchmark
        self._result = result
        self.results: dict[str, list[Any]] = {}

    def __call__(self, *, rounds: int = 5, **prepare: Prepare) -> dict[str, float]:
        first, *others = prepare
        seconds: dict[str, list[float]] = {name: [] for name in prepare}
        self.results = {name: [] for name in prepare}

        def timed(name: str, call: Callable[[], Any]) -> None:
            start = time.perf_counter()
            result = call()
            seconds[name].append(time.perf_counter() - start)
            self.results[name].append(result)

        def set_up() -> tuple[tuple[str, Callable[[], Any]], dict[str, Any]]:
            for name in others:
                timed(name, prepare[name]())
            return (first, prepare[first]()), {}

        from statistics import median  # here, since collecting tests should cost nothing

        self._benchmark.pedantic(timed, setup=set_up, rounds=rounds)
        medians = {name: median(values) for name, values in seconds.items()}
        self._benchmark.extra_info.update(medians)
        return medians

    def show(self, seconds: dict[str, float]) -> None:
        """Put times on the board: `race.show({"yours": 0.0031, "the reference": 0.0012})`."""
        times = ", ".join(f"{name} {_readable(value)}" for name, value in seconds.items())
        self._result.notes.append(times)


def _readable(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
