"""`kata mutants`, `kata flakes` and `kata messages`, and the operators that make mutants."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kata.proving.messages import _same_everywhere
from kata.proving.mutants import make_mutants
from kata.proving.operators import OWN

HOLE = """\
[[equivalent]]
task = 1
reason = "four is even, too"
changes = [["total, sums = 0, []", "total, sums = 1, []"]]
"""


@pytest.mark.parametrize("name", OWN)
def test_operator(name):
    """Each operator does what its examples say."""
    from cosmic_ray.mutating import mutate_code

    for example in OWN[name].examples():
        operator = OWN[name](**example.operator_args)
        mutated = mutate_code(example.pre_mutation_code, operator, example.occurrence)
        assert ast.dump(ast.parse(mutated)) == ast.dump(ast.parse(example.post_mutation_code))


def test_cosmic_ray_finds_the_operators():
    from cosmic_ray.plugins import operator_names

    assert {f"kata/{name}" for name in OWN} <= set(operator_names())


def test_mutants_lie_in_the_regions(mini):
    from kata.course import Course

    course = Course.read(mini.root)
    changes = {(m.was, m.now) for m in make_mutants(course, course.tasks[0])}
    assert ("return 2 * number", "return 2 / number") in changes
    assert ("sums.append(total)", "pass") in changes
    assert not any("print" in was for was, _ in changes)


def test_killed_and_alive(mini):
    outcome = mini.kata("mutants")
    assert outcome.status == 0
    assert "every mutant is killed or explained" in outcome.text
    for values in ("sums_of(task, numbers)", "task.printed.out.splitlines()"):
        mini.replace(
            "tests/test_task01.py",
            f"expect.equal({values}, wanted",
            f"expect.equal(len({values}), len(wanted)",
        )
    outcome = mini.kata("mutants", "01")
    assert outcome.status == 1
    assert "FAILED solutions/task01.py:17: survived" in outcome.text
    assert "- total, sums = 0, []" in outcome.text
    survived, explained, alike = survivors(outcome.text)
    assert survived > explained == 0
    assert alike == 0  # they return other sums; the tests no longer look


def test_survivors_that_give_the_same(mini):
    mini.replace("solutions/task01.py", "    return 2 * number", "    return 2 * number + 0 * 1")
    outcome = mini.kata("mutants", "01")
    assert "- return 2 * number + 0 * 1" in outcome.text
    survived, _, alike = survivors(outcome.text)
    assert survived == alike > 0


def survivors(text):
    """Of the row of task 01: how many mutants survived, are explained, and gave the same."""
    row = next(line for line in text.splitlines() if line.startswith("  01"))
    return [int(count) for count in row.split()[-3:]]


def test_explained_survivors(mini):
    mini.write("tests/gallery/equivalent.toml", HOLE)
    outcome = mini.kata("mutants", "--all")
    assert outcome.status == 1
    assert "no mutant survives that turns 'total, sums = 0, []' into" in outcome.text
    mini.write("tests/gallery/equivalent.toml", HOLE.replace("changes", "change"))
    outcome = mini.kata("mutants")
    assert outcome.status == 2
    assert "tests/gallery/equivalent.toml: 'changes'; an entry has task, reason" in outcome.text


def test_flakes(mini):
    outcome = mini.kata("flakes", "--runs", "2", "--jobs", "1")
    assert outcome.status == 0
    assert "the same verdicts in 2 rounds" in outcome.text
    mini.replace(
        "solutions/task01.py", "    return 2 * number", "    return 2 * number + (hash('a') % 2)"
    )
    outcome = mini.kata("flakes", "--runs", "6")
    assert outcome.status == 1
    assert "FAILED task01 test_double: not green in rounds [" in outcome.text


def test_messages(mini):
    outcome = mini.kata("messages")
    assert outcome.status == 0
    assert "--- tests/gallery/task01.py:10 squares" in outcome.text
    assert "✗ double(number) is twice the number." in outcome.text
    assert "(all 7 tests that ran here are green; others are red elsewhere)" in outcome.text


def test_messages_that_are_kept(mini):
    page = mini.root / "tests" / "gallery" / "messages" / "task01.txt"
    assert "tests/gallery/messages/task01.txt: " in mini.kata("messages", "--keep").text
    assert page.read_text(encoding="utf-8").startswith("=== squares\n✗ double(number) is twice")
    done = mini.kata("messages", "--check")
    assert done.status == 0
    assert "messages are as they were kept" in done.text
    mini.replace("tests/test_task01.py", "double(number) is twice", "double(number) must be twice")
    done = mini.kata("messages", "--check")
    assert done.status == 1
    assert "FAILED tests/gallery/messages/task01.txt: 'squares' has another message" in done.text
    assert "'prints nothing'" not in done.text


def test_messages_do_not_depend_on_the_pace():
    slow, fast = (
        f"    printed  'train_samples_per_second': '{rate}', 'train_runtime': '{time}'\n"
        f"             100%|██████████| 4/4 [00:0{bar}<00:00, {rate}it/s]\n    got  4 of 9 differ"
        for rate, time, bar in (("26", "2", 3), ("104.5", "0.15", 0))
    )
    assert _same_everywhere(slow) == _same_everywhere(fast)
    assert _same_everywhere(slow) != _same_everywhere(slow.replace("4 of 9", "5 of 9"))


# What a student reads on this one is the same on all machines, and cheap enough for every run.
KEPT = ("17",)


def test_messages_of_the_course_are_as_they_were_kept():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "kata.cli", "messages", *KEPT, "--check", "--fresh", "--jobs", "1"],
        cwd=root, capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
