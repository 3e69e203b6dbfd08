"""`kata check`: it passes a sound course, and names what is wrong with an unsound one."""

import pytest

GALLERY = "tests/gallery/task01.py"


def test_sound_course(mini):
    outcome = mini.kata("check")
    assert outcome.status == 0
    table = [line.split() for line in outcome.text.splitlines() if line.strip().startswith("01 ")]
    # task, nodes, red on stub, right (with the reference), wrong, unnamed, not run here
    assert [row[:4] for row in table] == [["01", "7", "5/5", "2/2"]]
    assert "4/4 +2 not run" in outcome.text
    assert "all proven" in outcome.text
    assert "kata check: 100%" in outcome.text


def test_slow_tests_on_request(mini):
    outcome = mini.kata("check", "01", "--slow", "--jobs", "1")
    assert outcome.status == 0
    assert "6/6" in outcome.text
    assert "5/5 +1 not run" in outcome.text


UNSOUND = {
    "a test that lets a wrong answer through": (
        "tests/test_task01.py",
        "st.integers(-99, 99)",
        "st.just(2)",
        "'squares' (tests/gallery/task01.py:10): test_double is green on this wrong answer",
    ),
    "a test that no wrong answer fails": (
        GALLERY,
        'caught_by=("test_length", "test_sums")',
        'caught_by="test_sums"',
        "test_length: no wrong answer in the gallery is named to fail it",
    ),
    "a wrong answer that names no test": (
        GALLERY,
        'caught_by="test_script"',
        'caught_by="test_scripts"',
        "'prints nothing' (tests/gallery/task01.py:30): there is no test called test_scripts",
    ),
    "a test that quotes nothing": (
        "tests/test_task01.py",
        "    > The sums of the first one, two, three ... numbers\n",
        "",
        "test_length: quotes nothing; say in its docstring, after `> `, what it enforces",
    ),
    "words that do not stand in the task": (
        "tests/test_task01.py",
        "> of no numbers, an empty list",
        "> of no numbers, an empty tuple",
        "test_empty: task01.py does not say 'of no numbers, an empty tuple'",
    ),
    "a right answer that is refused": (
        GALLERY,
        "number + number",
        "float(number + number) + 0.5",
        "'adds the number to itself' (tests/gallery/task01.py:5): test_double is red on a right",
    ),
    "a slip in a wrong answer": (
        GALLERY,
        "return number**2",
        "return numbr**2",
        "test_double is red for a slip in the gallery: `double` stopped with NameError",
    ),
    "a broken reference": (
        "solutions/task01.py",
        "return 2 * number",
        "return 3 * number",
        "solutions/task01.py: test_double is red on a right answer: expected",
    ),
    "a stub that is solved": (
        "tasks/task01.py",
        'raise NotImplementedError("Write `double` here.")',
        "return 2 * number",
        "tasks/task01.py: test_double is green on the untouched stub",
    ),
    "a stub that fails in another way": (
        "tasks/task01.py",
        'raise NotImplementedError("Write `double` here.")',
        "return None",
        "tasks/task01.py: test_double is red on the stub for another reason: expected",
    ),
    "a test that breaks": (
        "tests/test_task01.py",
        "wanted = [sum(",
        "wanted = [numbers[99] + sum(",
        "broke, where it should judge: The test itself broke: IndexError",
    ),
    "a test file that does not load": (
        "tests/test_task01.py",
        "import pytest",
        "import pytests",
        "the tests do not run on the reference",
    ),
    "a mark that the manifest does not list": (
        "tasks/manifest.toml",
        'marks = ["gpu", "slow"]',
        'marks = ["gpu", "benchmark"]',
        "the tests carry the mark 'slow', which the manifest lacks",
    ),
    "a decorator that cannot be read": (
        GALLERY,
        '@wrong("squares", caught_by="test_double")',
        '@wrong("squares")',
        "gallery/task01.py:9: write @right('title') or @wrong('title', caught_by='test_name')",
    ),
    "two entries of one title": (
        GALLERY,
        '"prints nothing"',
        '"squares"',
        "two entries are called 'squares'",
    ),
}


@pytest.mark.parametrize("problem", UNSOUND)
def test_unsound_course(mini, problem):
    file, old, new, message = UNSOUND[problem]
    mini.replace(file, old, new)
    outcome = mini.kata("check")
    assert outcome.status == 1
    assert message in outcome.text
    assert "FAILED task 01" in outcome.text


def test_missing_gallery(mini):
    (mini.root / GALLERY).unlink()
    outcome = mini.kata("check")
    assert outcome.status == 1
    assert "a task without a gallery proves nothing" in outcome.text


def test_answer_that_kills_its_process(mini):
    mini.replace(GALLERY, "    pass", "    import os\n    os._exit(3)")
    outcome = mini.kata("check")
    assert outcome.status == 1
    assert "'prints nothing'" in outcome.text
    assert "the process ended without a word" in outcome.text


def test_jobs_are_a_number(mini):
    outcome = mini.kata("check", "--jobs", "0")
    assert outcome.status == 2
    assert "'0' is not a whole number above 0" in outcome.text
