"""What became of one test: plain data, which processes of pytest-xdist send to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from kata.judging.behaviour import Trace, digest, plain
from kata.judging.verdict import GOOD, UNWRITTEN, Verdict

TOLD = (1, 2)  # of the digests of a test, those of what was expected and what was got
GREEN, RED, AWAY = "green", "red", "away"


@dataclass(frozen=True)
class Asked:
    """Words of the task that a test enforces."""

    words: str
    file: str  # the student's
    line: int | None  # unless the words are gone from there


@dataclass(frozen=True)
class Known:
    """Wrong answers of the gallery that do exactly what an answer does."""

    titles: list[str]
    advice: str


def is_named(test: str, names: Iterable[str]) -> bool:
    """Whether a test is among `names`, of tests or of all cases of one."""
    return bool({test, test.partition("[")[0]} & set(names))


@dataclass
class Result:
    """What became of one test of a task."""

    task: str
    nodeid: str
    test: str  # its name, with the parameters
    sentence: str  # the specification: the first paragraph of its docstring
    case: str = ""  # its parameters, as pytest names them
    order: int = 0  # its place among the tests that were collected
    edge: bool = False  # asks for care beyond the exercise
    builds_on: list[str] | None = None  # tests whose red explains its own; [] for all others
    outcome: str = AWAY
    reason: str = "it did not finish"  # why it did not run here
    marks: list[str] = field(default_factory=list)  # the names of the test's marks
    away_by: str = ""  # the mark that kept it from running here
    verdict: Verdict = GOOD
    asked: list[Asked] = field(default_factory=list)  # of a red test
    printed: str = ""
    traceback: str = ""  # shown for a broken test only
    wrote: list[str] = field(default_factory=list)  # files that nobody asked for
    notes: list[str] = field(default_factory=list)  # measured speeds and the like
    speeds: list[dict[str, float]] = field(default_factory=list)  # the same in seconds
    behaviour: list[str] = field(default_factory=list)  # digests; see judging/behaviour.py
    chance: bool = False  # whether a call has drawn from a source of randomness
    witnessed: bool = False  # where the answer could have had a hand in it
    unseen: bool = False  # red, but green on the examples of practice
    known: Known | None = None  # a mistake that somebody made before
    # How far thresholds were met, as a share of the bound, by what was measured.
    slack: dict[str, float] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The name of the test without its parameters."""
        return self.test.partition("[")[0]

    @property
    def unwritten(self) -> bool:
        return self.outcome == RED and self.verdict.kind == UNWRITTEN

    def note_behaviour(self, trace: Trace) -> None:
        """Keep digests of the outcome, of what was expected and what was got, and of all calls."""
        verdict = self.verdict
        said = verdict.got or verdict.sentence
        parts = [f"{self.outcome} {verdict.kind}", verdict.expected, said, verdict.call]
        self.chance = trace.chance
        self.behaviour = [*(digest(plain(part)) for part in parts), *trace.digests]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Result:
        verdict = dict(data["verdict"])
        verdict["call_details"] = tuple(verdict["call_details"])
        asked = [Asked(**words) for words in data["asked"]]
        known = Known(**data["known"]) if data["known"] else None
        return cls(**{**data, "verdict": Verdict(**verdict), "asked": asked, "known": known})
