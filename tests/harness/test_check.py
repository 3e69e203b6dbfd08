"""`kata check`: it passes a sound course, and names what is wrong with an unsound one."""

import pytest

from kata.authoring.stubs import write_stub
from kata.course import Course

GALLERY = "tests/gallery/task01.py"


def test_sound_course(mini):
    outcome = mini.kata("check")
    assert outcome.status == 0
    table = [line.split() for line in outcome.text.splitlines() if line.strip().startswith("01 ")]
    # task, nodes, red on stub, right (with the reference), wrong, unnamed, not run here
    assert [row[:4] for row in table] == [["01", "7", "5/5", "2/2"]]
    assert "5/5 +2 not run" in outcome.text
    assert "all proven" in outcome.text
    assert "kata check: 100%" in outcome.text


def test_slow_tests_on_request(mini):
    outcome = mini.kata("check", "01", "--slow", "--jobs", "1")
    assert outcome.status == 0
    assert "6/6" in outcome.text
    assert "6/6 +1 not run" in outcome.text


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
    "a slip of another kind": (
        GALLERY,
        "return number**2",
        "return number.squared",
        "test_double is red for a slip in the gallery: `double` stopped with AttributeError",
    ),
    "a test that is skipped by a mark": (
        "tests/test_task01.py",
        "@pytest.mark.edge\n",
        "@pytest.mark.skip(reason='later')\n",
        "test_empty: carries the mark 'skip'; a test judges, or it goes",
    ),
    "a test that is skipped on a condition": (
        "tests/test_task01.py",
        "@pytest.mark.edge\n",
        "@pytest.mark.skipif(True, reason='later')\n",
        "solutions/task01.py: test_empty did not run: ",
    ),
    "a test that is expected to fail": (
        "tests/test_task01.py",
        "@pytest.mark.edge\n",
        "@pytest.mark.xfail\n",
        "test_empty: carries the mark 'xfail'; a test judges, or it goes",
    ),
    "a test that skips in its body": (
        "tests/test_task01.py",
        '    expect.equal(sums_of(task, []), [], "the result")',
        "    pytest.skip('later')",
        "test_empty broke, where it should judge",
    ),
    "a test that skips what is unwritten": (
        "tests/test_task01.py",
        '    expect.equal(sums_of(task, []), [], "the result")',
        "    try:\n        sums_of(task, [])\n"
        "    except NotImplementedError:\n        pytest.skip('')",
        "tasks/task01.py: test_empty broke, where it should judge",
    ),
    "a whole file that is skipped": (
        "tests/test_task01.py",
        "import pytest\n",
        "import pytest\n\npytestmark = pytest.mark.skip(reason='later')\n",
        "solutions/task01.py: test_double did not run: ",
    ),
    "a whole file that is slow": (
        "tests/test_task01.py",
        "import pytest\n",
        "import pytest\n\npytestmark = pytest.mark.slow\n",
        "test_double: carries the mark 'slow', and tasks/manifest.toml does not list it",
    ),
    "a whole file that is slow, and listed": (
        "tasks/manifest.toml",
        'away = ["test_patience", "test_gpu"]',
        'away = ["test_patience", "test_gpu", "test_double"]',
        "test_double: tasks/manifest.toml lists it under `away`, and no mark of its own fits",
    ),
    "a mark for GPUs under another name": (
        "tests/test_task01.py",
        "@pytest.mark.edge\n",
        "fast = pytest.mark.gpu\n\n\n@fast\n",
        "test_empty: carries the mark 'gpu', and tasks/manifest.toml does not list it",
    ),
    "a test that is listed and not there": (
        "tasks/manifest.toml",
        'away = ["test_patience", "test_gpu"]',
        'away = ["test_patience", "test_gpu", "test_speed"]',
        "test_speed: tasks/manifest.toml lists it under `away`, and there is no such test",
    ),
    "a test that expects nothing": (
        "tests/test_task01.py",
        '    expect.equal(sums_of(task, []), [], "the result")',
        "    task.running_sums([])",
        "test_empty: every wrong answer that fails it raises an error or returns nothing",
    ),
    "a right answer whose name is misspelt": (
        GALLERY,
        "def double(number):\n    return number + number",
        "def duoble(number):\n    return number + number",
        "'adds the number to itself' (tests/gallery/task01.py:5) replaces nothing: "
        "solutions/task01.py has no duoble",
    ),
    "a right answer that replaces nothing": (
        GALLERY,
        "def double(number):\n    return number + number",
        "class overlay:\n    pass",
        "'adds the number to itself' (tests/gallery/task01.py:5) replaces nothing: "
        "solutions/task01.py stays as it is",
    ),
    "a right answer that is the reference": (
        GALLERY,
        "def double(number):\n    return number + number",
        "def double(number: int) -> int:\n    return 2 * number",
        "is the reference itself: double is the same there",
    ),
    "an answer that nobody marked": (
        GALLERY,
        '@wrong("squares", caught_by="test_double")\n',
        "",
        "gallery/task01.py:9: double has the name of an answer and is neither @wrong nor @right",
    ),
    "too few wrong answers that return something": (
        GALLERY,
        "    return number**2",
        "    raise ValueError",
        "3 wrong answers return something that a test refuses; 4 or more are needed",
    ),
    "a comment that gives the code away": (
        "solutions/task01.py",
        "    # 1. Multiply it by two.",
        "    # 1. Multiply it by two: return 2 * number.",
        "the comment gives away the reference's code: # 1. Multiply it by two: return 2 * number.",
    ),
    "a task that the manifest does not list": (
        "tests/test_task02.py",
        None,
        "def test_nothing():\n    pass\n",
        "tests/test_task02.py: the manifest lists no task02, so that nothing proves it",
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
        "gallery/task01.py:9: write @right('title') or @wrong('title', advice='A sentence.', "
        "caught_by='test_name')",
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
    if old is None:
        mini.write(file, new)
    else:
        mini.replace(file, old, new)
    if file.startswith("solutions/"):
        for task in Course.read(mini.root).tasks:
            write_stub(Course.read(mini.root), task)
    assert message in "\n".join(mini.failures())


def test_failures_on_the_command_line(mini):
    mini.replace(GALLERY, "return number**2", "return numbr**2")
    outcome = mini.kata("check")
    assert outcome.status == 1
    assert "FAILED task 01: 'squares' (tests/gallery/task01.py:10): test_double is red for a" in (
        outcome.text
    )


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
    assert "The process ended with exit status 3, in the middle of test_script." in outcome.text


def test_jobs_are_a_number(mini):
    outcome = mini.kata("check", "--jobs", "0")
    assert outcome.status == 2
    assert "Invalid value for '--jobs'" in outcome.text


def test_error_that_belongs_to_the_mistake(mini):
    mini.replace(GALLERY, "return number**2", "return number.squared")
    mini.replace(
        GALLERY, 'caught_by="test_double"', 'caught_by="test_double", raises="AttributeError"'
    )
    outcome = mini.kata("check")
    assert "slip" not in outcome.text


def test_results_are_kept(mini):
    assert "kept" not in mini.kata("check").text
    again = mini.kata("check")
    assert again.status == 0
    assert "10 runs are kept from earlier" in again.text
    assert "kept" not in mini.kata("check", "--fresh").text
    mini.replace(GALLERY, "return number**2", "return number**3")
    assert "9 runs are kept from earlier" in mini.kata("check").text
    mini.replace("tests/test_task01.py", "st.integers(-99, 99)", "st.integers(-9, 9)")
    assert "kept" not in mini.kata("check").text


def test_kept_results_that_cannot_be_read(mini):
    mini.kata("check")
    mini.write(".kata/results.sqlite", "not a database")
    outcome = mini.kata("check")
    assert outcome.status == 0
    assert "kept" not in outcome.text
    assert "kept" in mini.kata("check").text
