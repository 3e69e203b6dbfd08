"""When a task is to be done again.

That is up to FSRS, the scheduler of spaced repetition that Anki uses. It is told how hard a task
was: by hints, and by whether somebody gave up. Nothing of it is kept: the attempts say it all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kata.course import TaskInfo
from kata.reporting.progress import Attempt, Progress

if TYPE_CHECKING:
    from fsrs import Card, Rating

FEW = 3  # runs, up to which a task that took no hint was easy


@dataclass(frozen=True)
class Due:
    """When a task is to be done again."""

    task: TaskInfo
    when: datetime


def due(progress: Progress, tasks: list[TaskInfo]) -> list[Due]:
    """When tasks that were green once are due, the first one first."""
    found = []
    for task in tasks:
        card = _card(progress.of(task).attempts)
        if card is not None:
            found.append(Due(task, card.due))
    return sorted(found, key=lambda item: (item.when, item.task.number))


def _card(attempts: list[Attempt]) -> Card | None:
    """What FSRS makes of attempts; None before the first green."""
    if not any(attempt.green for attempt in attempts):
        return None
    from fsrs import Card, Scheduler

    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = None
    for attempt in attempts:
        if attempt.green or (attempt.gave_up and card is not None):
            when = datetime.fromisoformat(attempt.green or attempt.last or attempt.start)
            card = card or Card(card_id=1, due=when)
            card, _ = scheduler.review_card(card, _rating(attempt), when)
    return card


def _rating(attempt: Attempt) -> Rating:
    from fsrs import Rating

    if attempt.gave_up:
        return Rating.Again
    if attempt.hints:
        return Rating.Hard
    return Rating.Easy if attempt.runs <= FEW else Rating.Good
