"""`kata mutants`: small changes of the references, which the tests ought to notice.

A mutant is a reference with one change in one of its solution regions, by an operator of
cosmic-ray. It is killed if a test is red, and survives if all tests that run are green. A survivor
is a hole in the tests, unless it does the same as the reference: then it stands in
`tests/gallery/equivalent.toml` with the reason. Which survivors return what the reference returns,
as far as a run notes it, the machine says beside. What is known to be killed is kept, as all runs
are, so that a run of mutants can be stopped and goes on later.
"""

from __future__ import annotations

import ast
import difflib
import random
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from kata.course import Course, CourseError, TaskInfo
from kata.judging.result import RED
from kata.judging.verdict import DEFECT, HUNG, STRANGE
from kata.regions import regions
from kata.running.job import Job, Run
from kata.running.kept import Kept

EQUIVALENT = Path("tests") / "gallery" / "equivalent.toml"
KILLED, SURVIVED, TIMED_OUT, BROKE = "killed", "survived", "timed out", "broke a test"
SAMPLE = 24  # mutants of a task whose tests train for long
SEED = 12

# Of cosmic-ray's operators, those that do not all say the same.
REPLACED = {
    "BinaryOperator": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Div Mod_Mul Pow_Mul BitAnd_BitOr "
    "BitOr_BitAnd",
    "ComparisonOperator": "Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Eq_NotEq "
    "NotEq_Eq Is_IsNot IsNot_Is In_NotIn NotIn_In",
    "UnaryOperator": "Delete_Not USub_UAdd",
}
PLAIN = (
    "AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd "
    "ReplaceBreakWithContinue ReplaceContinueWithBreak NumberReplacer RemoveDecorator "
    "ZeroIterationForLoop"
)


@dataclass(frozen=True)
class Mutant:
    """A reference with one change."""

    task: TaskInfo
    line: int
    was: str  # the lines that changed, before and after
    now: str
    code: str


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    what: str
    by: str = ""  # the test that is red, or why a survivor is no hole
    equivalent: bool = False
    alike: bool = False  # nothing that the tests were given differs from the reference's


@dataclass
class Equivalents:
    """What stands in `equivalent.toml`: changes that make no difference, and why."""

    reasons: dict[tuple[int, str, str], str]
    used: set[tuple[int, str, str]]

    @classmethod
    def read(cls, course: Course) -> Equivalents:
        """Raises CourseError where the file cannot be understood."""
        path = course.root / EQUIVALENT
        if not path.is_file():
            return cls({}, set())
        try:
            entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
            reasons = {
                (entry["task"], *(_flat(part) for part in pair)): entry["reason"]
                for entry in entries
                for pair in entry["changes"]
            }
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            raise CourseError(
                f"{course.short(path)}: {error}; an entry has task, reason and changes, a list of "
                "[before, after]."
            ) from None
        return cls(reasons, set())

    def reason(self, mutant: Mutant) -> str:
        key = (mutant.task.number, _flat(mutant.was), _flat(mutant.now))
        if key in self.reasons:
            self.used.add(key)
        return self.reasons.get(key, "")


def make_mutants(course: Course, task: TaskInfo) -> list[Mutant]:
    """All mutants of a task's reference, in the order of its lines; equal ones are one."""
    path = course.solution(task)
    source = path.read_text(encoding="utf-8")
    inside = {n for first, last in regions(source) for n in range(first, last + 1)}
    original = ast.dump(ast.parse(source))
    found: dict[str, Mutant] = {}
    for code, line in _mutations(source):
        if line not in inside:
            continue
        try:
            tree = ast.dump(ast.parse(code))
        except SyntaxError:
            continue
        if tree != original and tree not in found:
            found[tree] = Mutant(task, line, *_difference(source, code), code)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def judge_mutants(
    course: Course,
    mutants: list[Mutant],
    folder: Path,
    equivalents: Equivalents,
    *,
    workers: int,
    fresh: bool,
    watch: Callable[[list[Job], Iterable[Run]], Iterable[Run]],
) -> Iterator[Fate]:
    """What the tests make of each; `folder` takes the files, `watch` sees the runs go by."""
    by_job: dict[Job, Mutant] = {}
    references = {
        task: Job(course.test_file(task), str(course.solution(task)), stop=True)
        for task in dict.fromkeys(mutant.task for mutant in mutants)
    }
    for number, mutant in enumerate(mutants):
        path = folder / f"{number:04d}" / f"{mutant.task.name}.py"
        path.parent.mkdir()
        path.write_text(mutant.code, encoding="utf-8")
        by_job[Job(course.test_file(mutant.task), str(path), stop=True)] = mutant
    jobs = [*references.values(), *by_job]
    runs = {run.job: run for run in watch(jobs, Kept(course).run(jobs, workers, fresh=fresh))}
    for job, mutant in by_job.items():
        fate = _fate(mutant, runs[job], equivalents)
        yield replace(fate, alike=_alike(runs[job], runs[references[mutant.task]]))


def sample(course: Course, mutants: list[Mutant]) -> list[Mutant]:
    """All mutants of most tasks, and always the same few where tests train for long."""
    chosen: list[Mutant] = []
    for task in course.tasks:
        own = [mutant for mutant in mutants if mutant.task == task]
        if "slow" in task.marks and len(own) > SAMPLE:
            own = sorted(random.Random(SEED).sample(own, SAMPLE), key=lambda m: m.line)
        chosen += own
    return chosen


def _fate(mutant: Mutant, run: Run, equivalents: Equivalents) -> Fate:
    red = [result for result in run.results if result.outcome == RED]
    if red:
        kinds = {DEFECT: BROKE, STRANGE: BROKE, HUNG: TIMED_OUT}
        return Fate(mutant, kinds.get(red[0].verdict.kind, KILLED), red[0].test)
    if run.broken:
        return Fate(mutant, TIMED_OUT if "killed after" in run.broken else KILLED, "its process")
    reason = equivalents.reason(mutant)
    return Fate(mutant, SURVIVED, reason, equivalent=bool(reason))


def _alike(run: Run, reference: Run) -> bool:
    """Whether all calls that were noted gave the same, where no chance is at work."""
    wanted = {result.test: result for result in reference.results}
    return not run.broken and all(
        result.behaviour == wanted[result.test].behaviour
        for result in run.results
        if result.test in wanted and not wanted[result.test].chance
    )


def _mutations(source: str) -> Iterator[tuple[str, int]]:
    """Mutated sources, each with the line where it was changed."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    for operator in _operators():
        places = [
            start
            for node in ast_nodes(get_ast(source))
            for start, _ in operator.mutation_positions(node)
        ]
        for occurrence, (line, _) in enumerate(places):
            code = mutate_code(source, operator, occurrence)
            if code is not None:
                yield code, line


@cache
def _operators() -> tuple[Any, ...]:
    """The operators, by the names under which cosmic-ray's providers have them."""
    from cosmic_ray.plugins import get_operator, operator_names

    core = {f"core/{name}" for name in PLAIN.split()}
    for kind, pairs in REPLACED.items():
        core |= {f"core/Replace{kind}_{pair}" for pair in pairs.split()}
    names = [name for name in operator_names() if name in core or name.startswith("kata/")]
    return tuple(get_operator(name)() for name in names)


def _difference(source: str, code: str) -> tuple[str, str]:
    """The lines that differ, before and after."""
    old, new = source.splitlines(), code.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    changed = [op for op in matcher.get_opcodes() if op[0] != "equal"]
    was = [line.strip() for _, start, end, _, _ in changed for line in old[start:end]]
    now = [line.strip() for _, _, _, start, end in changed for line in new[start:end]]
    return "\n".join(was), "\n".join(now)


def _flat(text: str) -> str:
    return " ".join(text.split())
