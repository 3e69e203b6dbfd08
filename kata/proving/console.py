"""What the commands that prove the tests print."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tqdm import tqdm

from kata.course import Course, TaskInfo
from kata.judging.wording import Wording, quoting_tests, wrong_quotations
from kata.proving.flakes import rounds
from kata.proving.messages import LINES, KeptPage, Message
from kata.proving.messages import messages as messages_of
from kata.proving.mutants import (
    BROKE,
    KILLED,
    SURVIVED,
    TIMED_OUT,
    Equivalents,
    Fate,
    judge_mutants,
    make_mutants,
    sample,
)
from kata.proving.proofs import Proof
from kata.proving.proofs import check as prove
from kata.proving.record import record as record_all
from kata.terminal import print_table, with_bar

LEAST = 12  # thresholds that `kata flakes` shows


def check(course: Course, tasks: list[TaskInfo], *, jobs: int, slow: bool, fresh: bool) -> int:
    """`kata check`: a row for each task, then what is not proven."""
    start = time.monotonic()
    proofs = prove(
        course, tasks, workers=jobs, slow=slow, fresh=fresh,
        watch=partial(with_bar, "kata check"),
    )  # fmt: skip

    def row(proof: Proof) -> list[str]:
        wrong = f"{proof.wrong}/{proof.wrong_of - proof.wrong_away}"
        return [
            f"{proof.task.number:02d}",
            str(proof.tests),
            f"{proof.red_on_stub}/{proof.tests - proof.away}",
            f"{proof.right}/{proof.right_of}",
            wrong + (f" +{proof.wrong_away} not run" if proof.wrong_away else ""),
            str(len(proof.unnamed)),
            str(proof.away),
            f"{proof.seconds:.0f} s",
        ]

    header = [
        "task",
        "nodes",
        "red on stub",
        "reference and right answers green",
        "wrong answers red",
        "nodes without a wrong answer",
        "not run here",
        "time",
    ]
    print_table([header, *map(row, proofs)])
    failures = [f"task {p.task.number:02d}: {text}" for p in proofs for text in p.failures]
    for failure in failures:
        print(f"\nFAILED {failure}")
    verdict = f"{len(failures)} failed" if failures else "all proven"
    kept = sum(proof.kept for proof in proofs)
    rest = f"; {kept} runs are kept from earlier, --fresh makes them anew" if kept else ""
    seconds = time.monotonic() - start
    print(f"\n{verdict}, in {seconds:.0f} s with {jobs} at a time{rest}")
    return 1 if failures else 0


def record(course: Course, tasks: list[TaskInfo], *, jobs: int, fresh: bool) -> int:
    """`kata check --record`: a row for each task, and wrong answers that nothing tells apart."""
    found = record_all(
        course, tasks, workers=jobs, fresh=fresh, watch=partial(with_bar, "kata check --record")
    )
    header = ["task", "known mistakes", "red elsewhere only", "without advice"]
    rows = [[*header, "only as the very same run"]]
    twins: list[str] = []
    for task in tasks:
        known = found[task.name]
        known.write(course.mistakes(task))
        rows.append(
            [
                f"{task.number:02d}",
                str(sum(mistake.shows for mistake in known.mistakes)),
                str(sum(not mistake.shows for mistake in known.mistakes)),
                str(sum(not mistake.advice for mistake in known.mistakes)),
                str(sum(mistake.shows and not mistake.tells for mistake in known.mistakes)),
            ]
        )
        twins += [f"task {task.number:02d}: {', '.join(names)}" for names in known.twins()]
    print_table(rows)
    if twins:
        print("\nThese do the same, and are named together:")
        print("\n".join(f"  {names}" for names in twins))
    return 0


def unquoted(course: Course, tasks: list[TaskInfo]) -> int:
    """`kata check --text`: the sentences that no test quotes."""
    faults = 0
    for task in tasks:
        stub, test_file = course.stub(task), course.test_file(task)
        quoted = [words for test in quoting_tests(test_file).values() for words in test]
        for sentence in Wording.read(stub).unquoted(quoted):
            print(f"{course.short(stub)}:{sentence.line}: {sentence.text}")
        for fault in wrong_quotations(stub, test_file):
            print(f"FAILED {course.short(test_file)}: {fault}")
            faults += 1
    return 1 if faults else 0


def mutants(
    course: Course, tasks: list[TaskInfo], *, jobs: int, everything: bool, fresh: bool
) -> int:
    """`kata mutants`: a row for each task, then the survivors that nobody has explained."""
    start = time.monotonic()
    equivalents = Equivalents.read(course)
    made = [mutant for task in tasks for mutant in make_mutants(course, task)]
    chosen = made if everything else sample(course, made)
    with tempfile.TemporaryDirectory() as folder:
        fates = list(
            judge_mutants(
                course, chosen, Path(folder), equivalents, workers=jobs,
                fresh=fresh, watch=partial(with_bar, "kata mutants"),
            )
        )  # fmt: skip

    def row(task: TaskInfo) -> list[str]:
        own = [fate for fate in fates if fate.mutant.task == task]
        count = {what: sum(fate.what == what for fate in own) for what in (KILLED, TIMED_OUT)}
        alive = [fate for fate in own if fate.what == SURVIVED]
        counts = [
            sum(mutant.task == task for mutant in made),
            len(own),
            count[KILLED],
            count[TIMED_OUT],
            len(alive),
            sum(fate.equivalent for fate in alive),
            sum(fate.alike for fate in alive),
        ]
        return [f"{task.number:02d}", *map(str, counts)]

    header = [
        "task",
        "made",
        "judged",
        "killed",
        "timed out",
        "survived",
        "explained",
        "gave the same",
    ]
    print_table([header, *map(row, tasks)])
    open_ones = sorted(filter(_is_open, fates), key=lambda f: (f.mutant.task.number, f.mutant.line))
    for fate in open_ones:
        mutant = fate.mutant
        by = f" ({fate.by})" if fate.by else ""
        print(
            f"\nFAILED {course.short(course.solution(mutant.task))}:{mutant.line}: {fate.what}{by}"
        )
        for mark, text in (("-", mutant.was), ("+", mutant.now)):
            for line in text.splitlines():
                print(f"    {mark} {line}")
    stale = [key for key in equivalents.reasons if key not in equivalents.used]
    stale = [key for key in stale if key[0] in {m.task.number for m in chosen} and everything]
    for number, was, now in stale:
        print(f"\nFAILED task {number:02d}: no mutant survives that turns {was!r} into {now!r}")
    bad = len(open_ones) + len(stale)
    verdict = f"{bad} failed" if bad else "every mutant is killed or explained"
    print(f"\n{verdict}, in {time.monotonic() - start:.0f} s with {jobs} at a time")
    return 1 if bad else 0


def _is_open(fate: Fate) -> bool:
    return fate.what == BROKE or (fate.what == SURVIVED and not fate.equivalent)


def flakes(course: Course, tasks: list[TaskInfo], *, jobs: int, slow: bool, runs: int) -> int:
    """`kata flakes`: tests whose verdicts differ, and the thresholds with the least slack."""
    found = {}
    bar = tqdm(
        rounds(course, tasks, runs=runs, workers=jobs, slow=slow),
        total=runs, unit="round", desc="kata flakes", file=sys.stderr,
    )  # fmt: skip
    try:
        for found in bar:
            bar.set_postfix(flaky=sum(not own.is_steady for own in found.values()))
    except KeyboardInterrupt:
        bar.close()  # what was found so far is worth a look
    count = max((len(own.outcomes) for own in found.values()), default=0)
    rows = [["task", "tests", "not run here", "verdicts", "not green"]]
    for task in tasks:
        own = [test for (name, _), test in found.items() if name == task.name]
        verdicts = [outcome for test in own for outcome in test.outcomes]
        rows.append(
            [
                f"{task.number:02d}",
                str(len(own)),
                str(sum(set(test.outcomes) == {"away"} for test in own)),
                str(len(verdicts)),
                str(sum(outcome == "red" for outcome in verdicts)),
            ]
        )
    print_table(rows)
    slacks = sorted(
        (slack, test.task, test.test, name)
        for test in found.values()
        for name, slack in test.slack.items()
    )
    print("\nThe least slack of a threshold, as a share of it:")
    for slack, task_name, test_name, name in slacks[:LEAST]:
        print(f"  {slack:6.2f}  {task_name} {test_name}: {name}")
    flaky = [test for test in found.values() if not test.is_steady]
    for test in flaky:
        red = [number for number, outcome in enumerate(test.outcomes, 1) if outcome != "green"]
        print(f"\nFAILED {test.task} {test.test}: not green in rounds {red}")
    of = f" of {runs}" if count < runs else ""
    print(f"\n{len(flaky)} failed" if flaky else f"\nthe same verdicts in {count}{of} rounds")
    return 1 if flaky or of else 0


def messages(
    course: Course, tasks: list[TaskInfo], *, jobs: int, fresh: bool, keep: bool, check: bool
) -> int:
    """`kata messages`: a page of blocks; fails for those that are too long.

    `keep` keeps the pages instead of printing them, and `check` fails where they are not as kept.
    """
    found = list(
        messages_of(
            course, tasks, workers=jobs, fresh=fresh, watch=partial(with_bar, "kata messages")
        )
    )
    failures = []
    for task in tasks:
        own = [message for message in found if message.entry.path == course.gallery(task)]
        page = KeptPage.read(course, task)
        if keep:
            page.write(own)
            print(f"{course.short(page.path)}: {len(own)} messages")
        elif check:
            failures += [
                f"{course.short(page.path)}: {title!r} has another message; read it by `kata "
                f"messages {task.number:02d}`, and keep it by `--keep`"
                for title in page.changed(own)
            ]
        else:
            failures += _print_messages(course, own)
    for failure in failures:
        print(f"FAILED {failure}")
    if check and not failures:
        print(f"{len(found)} messages are as they were kept")
    return 1 if failures else 0


def _print_messages(course: Course, messages: list[Message]) -> Iterator[str]:
    """Print a page; gives the complaints about blocks that are too long."""
    for message in messages:
        entry = message.entry
        print(f"--- {course.short(entry.path)}:{entry.line} {entry.title}")
        print(message.text)
        if message.length > LINES:
            yield (
                f"{entry.title!r} has a message of {message.length} lines of substance; "
                f"{LINES} are enough"
            )
