"""From verdicts to points."""

from __future__ import annotations

from dataclasses import dataclass, field

from kata.course import Course, TaskInfo
from kata.grading.submissions import Submission
from kata.judging.result import AWAY, GREEN, Result

DONE, MISSING, BROKE = "judged", "not handed in", "could not be judged"


@dataclass
class Mark:
    """What one student has reached in one task."""

    student: str
    task: TaskInfo
    state: str
    reason: str = ""
    results: list[Result] = field(default_factory=list)
    answer: Submission | None = None
    digest: str = ""  # of the answer; equal ones share it
    seconds: float = 0.0
    isolation: str = ""


@dataclass(frozen=True)
class Points:
    """Points of one mark."""

    reached: float
    most: float
    judged: float  # of those reached: where no answer can have had a hand in it
    witnessed: float  # the rest
    exercise: tuple[int, int]  # tests that are green, of so many that ran
    edge: tuple[int, int]


def points_of(course: Course, mark: Mark) -> Points:
    """Points for the exercise, and for edge cases, each in step with the tests that are green.

    Where a task has no edge cases, the exercise has all points.
    """
    ran = [result for result in mark.results if result.outcome != AWAY]
    parts = {edge: [r for r in ran if r.edge == edge] for edge in (False, True)}
    most = course.points.exercise + course.points.edge
    shares = {False: course.points.exercise, True: course.points.edge}
    if ran and not parts[True]:
        shares = {False: most, True: 0.0}
    reached = {True: 0.0, False: 0.0}  # by whether it was witnessed only
    for edge, own in parts.items():
        for result in own:
            if result.outcome == GREEN:
                reached[result.witnessed] += shares[edge] / len(own)
    weight = mark.task.weight

    def count(edge: bool) -> tuple[int, int]:
        return sum(r.outcome == GREEN for r in parts[edge]), len(parts[edge])

    return Points(
        round(weight * (reached[True] + reached[False]), 4),
        round(weight * most, 4),
        round(weight * reached[False], 4),
        round(weight * reached[True], 4),
        count(False),
        count(True),
    )


def points_of_test(course: Course, mark: Mark, result: Result) -> float:
    """The most points that one test brings."""
    ran = [other for other in mark.results if other.outcome != AWAY]
    own = [other for other in ran if other.edge == result.edge]
    points = course.points
    share = points.edge if result.edge else points.exercise
    if not any(other.edge for other in ran):
        share = points.exercise + points.edge
    return round(mark.task.weight * share / len(own), 4) if own else 0.0
