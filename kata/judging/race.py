"""Speeds compared within one run: several pieces of work take turns, and the least times count.

What else runs on a machine only ever adds to a time, and may do so for seconds on end. So a test
that judges asks for processor time, which passes for this process alone, and for the least of
several rounds; it calls an answer slow only if it is slow in every one of several races with pauses
between them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from kata.judging.behaviour import undisturbed
from kata.judging.result import Result

Prepare = Callable[[], Callable[[], Any]]
Seconds = dict[str, float]
Found = TypeVar("Found")

RACES = 4
PAUSE = 0.5  # seconds before another race


class Race:
    """The `race` fixture.

    `race(rounds=5, large=prepare_large, small=prepare_small)` calls each `prepare` anew in every
    round, outside the clock, and times the call that it returns. It gives the least seconds of
    each by name. pytest-benchmark records the first one. What the calls returned is in `results`.
    """

    def __init__(self, benchmark: Any, result: Result) -> None:
        self._benchmark = benchmark
        self._result = result
        self._recorded = False
        self.results: dict[str, list[Any]] = {}

    def __call__(
        self,
        *,
        rounds: int = 5,
        clock: Callable[[], float] = time.perf_counter,
        **prepare: Prepare,
    ) -> Seconds:
        first, *others = prepare
        seconds: dict[str, list[float]] = {name: [] for name in prepare}
        self.results = {name: [] for name in prepare}

        def timed(name: str, call: Callable[[], Any]) -> None:
            start = clock()
            result = call()
            seconds[name].append(clock() - start)
            self.results[name].append(result)

        def set_up() -> tuple[tuple[str, Callable[[], Any]], dict[str, Any]]:
            for name in others:
                timed(name, prepare[name]())
            return (first, prepare[first]()), {}

        if self._recorded:
            for _ in range(rounds):
                timed(*set_up()[0])
        else:  # pytest-benchmark takes one measurement per test
            self._benchmark.pedantic(timed, setup=set_up, rounds=rounds)
        least = {name: min(values) for name, values in seconds.items()}
        if not self._recorded:
            self._benchmark.extra_info.update(least)
            self._recorded = True
        return least

    def repeated(
        self, slowness: Callable[[Seconds], float], *, below: float, **work: Any
    ) -> tuple[float, Seconds]:
        """The least `slowness` of several races on `work`, and the processor times of that race.

        The first race whose slowness lies below the bound ends it. `work` is what a race takes.
        """

        def measure() -> tuple[float, Seconds]:
            seconds = self(clock=time.process_time, **work)
            return slowness(seconds), seconds

        with undisturbed():
            return repeated(measure, below=below)

    def show(self, seconds: Seconds) -> None:
        """Put times on the board: `race.show({"yours": 0.0031, "the reference": 0.0012})`."""
        times = ", ".join(f"{name} {readable(value)}" for name, value in seconds.items())
        self._result.notes.append(times)
        self._result.speeds.append(dict(seconds))


def repeated(measure: Callable[[], tuple[float, Found]], *, below: float) -> tuple[float, Found]:
    """The least number that `measure()` gives, with what came with it.

    It is called up to four times, with pauses, until it gives a number below the bound.
    """
    best = measure()
    for _ in range(RACES - 1):
        if best[0] < below:
            break
        time.sleep(PAUSE)
        best = min(best, measure(), key=lambda found: found[0])
    return best


def readable(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"
