"""`kata stubs`: what it cuts, what it keeps, and what it refuses to overwrite."""

import re

import pytest

from kata.authoring.stubs import make_stub
from kata.course import CourseError
from kata.regions import is_pristine


def test_stub_text(mini):
    stub = (mini.root / "tasks" / "task01.py").read_text(encoding="utf-8")
    wanted = '''\
def running_sums(numbers: list[int]) -> list[int]:
    """The sums of the first one, two, three ... numbers; of no numbers, an empty list."""
    ### START CODE HERE ###
    # 1. Go through the numbers, and keep
    #    what they add up to.
    raise NotImplementedError("Write `running_sums` here.")
    ### END CODE HERE ###
'''
    assert wanted in stub
    assert "own" not in stub
    assert is_pristine(stub)


def test_methods_and_definitions():
    source = """\
### START CODE HERE ###
# 1. Define what you need.
class Helper: ...
### END CODE HERE ###

class Model:
    def __init__(self):
        ### START CODE HERE ###
        # 1. Start.
        self.x = 1
        # not a step
        ### END CODE HERE ###
"""
    wanted = """\
### START CODE HERE ###
# 1. Define what you need.
### END CODE HERE ###

class Model:
    def __init__(self):
        ### START CODE HERE ###
        # 1. Start.
        raise NotImplementedError("Write `Model.__init__` here.")
        ### END CODE HERE ###
"""
    assert make_stub(source, "task01.py").rpartition("# stub ")[0] == wanted


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n", "no region"),
        ("### START CODE HERE ###\nx = 1\n", "task01.py:1: .* never closed"),
        ("x = 1\n### END CODE HERE ###\n", "task01.py:2: .* without a start"),
        ("### START CODE HERE ###\n### START CODE HERE ###\n", "task01.py:2: .* still open"),
        ("def f(:\n### START CODE HERE ###\n### END CODE HERE ###\n", "task01.py:1"),
    ],
)
def test_bad_regions(source, message):
    with pytest.raises(CourseError, match=message):
        make_stub(source, "task01.py")


def test_solving_only_adds_lines(mini):
    """A stub whose regions are filled with the reference's lines is the reference."""
    stub = (mini.root / "tasks" / "task01.py").read_text(encoding="utf-8").splitlines()
    solution = (mini.root / "solutions" / "task01.py").read_text(encoding="utf-8").splitlines()
    kept = [line for line in stub if not re.match(r"\s*raise NotImpl|# stub", line)]
    left = iter(solution)
    assert all(line in left for line in kept)  # a subsequence, in order


def test_unchanged_stubs_are_not_written(mini):
    outcome = mini.kata("stubs")
    assert outcome.status == 0
    assert outcome.text == "tasks/task01.py: unchanged\n"


def test_stale_stub_is_replaced(mini):
    mini.replace("solutions/task01.py", "Twice the number.", "The number, twice.")
    assert mini.kata("stubs", "--check").status == 1
    assert mini.kata("stubs").text == "tasks/task01.py: written\n"
    assert mini.kata("stubs", "--check").status == 0


def test_edited_stub_is_kept(mini):
    mini.replace("tasks/task01.py", "raise NotImplementedError", "return 2  # raise")
    edited = (mini.root / "tasks" / "task01.py").read_text(encoding="utf-8")
    outcome = mini.kata("stubs")
    assert outcome.status == 1
    assert "tasks/task01.py: kept, since it was edited; --force" in outcome.text
    assert (mini.root / "tasks" / "task01.py").read_text(encoding="utf-8") == edited


def test_force_saves_what_it_replaces(mini):
    for number in (1, 2):
        edited = mini.write("tasks/task01.py", f"work = {number}\n")
        outcome = mini.kata("stubs", "1", "--force")
        assert outcome.status == 0
        assert f"the old one is tasks/task01.{number}.bak" in outcome.text
        assert is_pristine(edited.read_text(encoding="utf-8"))
    for number in (1, 2):
        saved = mini.root / "tasks" / f"task01.{number}.bak"
        assert saved.read_text(encoding="utf-8") == f"work = {number}\n"
    assert sorted(path.name for path in (mini.root / "tasks").iterdir()) == [
        "manifest.toml", "stubs", "task01.1.bak", "task01.2.bak", "task01.py",
    ]  # fmt: skip


def test_check_names_the_line(mini):
    mini.replace("tasks/task01.py", "Twice the number.", "Thrice the number.")
    outcome = mini.kata("stubs", "--check")
    assert outcome.status == 1
    assert 'tasks/task01.py:5: has `"""Thrice the number."""`' in outcome.text
    assert "0 of 1 stubs" in outcome.text


def test_check_misses_no_file(mini):
    (mini.root / "tasks" / "task01.py").unlink()
    outcome = mini.kata("stubs", "--check")
    assert outcome.status == 1
    assert "tasks/task01.py: missing" in outcome.text


def test_student_edition_has_no_references(mini):
    (mini.root / "solutions" / "task01.py").unlink()
    outcome = mini.kata("stubs")
    assert outcome.status == 2
    assert "solutions/task01.py is missing; stubs are made from the references" in outcome.text


@pytest.mark.parametrize("word", ["7", "double", "task1x"])
def test_unknown_task(mini, word):
    outcome = mini.kata("stubs", word)
    assert outcome.status == 2
    assert f"There is no task '{word}'; the manifest lists 01." in outcome.text


def test_outside_of_a_course(mini, tmp_path):
    mini.root = tmp_path
    outcome = mini.kata("stubs")
    assert outcome.status == 2
    assert "run this inside the course folder" in outcome.text
