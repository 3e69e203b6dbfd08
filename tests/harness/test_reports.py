"""What a student reads, compared word for word with the files in `golden/`."""

import shutil

import pytest

SOLVED = """\
def double(number):
    return 2 * number

def running_sums(numbers):
    return [sum(numbers[:i + 1]) for i in range(len(numbers))]

def main():
    print(f"{double(21)=}")
    print(f"{running_sums([1, 2, 3])=}")
"""


def solved(**changed):
    """A solved file with some functions replaced."""
    text = SOLVED
    for name, body in changed.items():
        start = text.index(f"def {name}(")
        end = text.find("\ndef ", start)
        text = text[:start] + body + (text[end:] if end > 0 else "")
    return text


def test_untouched_stub(mini, golden):
    outcome = mini.pytest()
    assert outcome.status == 1
    golden(outcome.text)


def test_reference(mini, golden):
    outcome = mini.pytest("--target", "solutions")
    assert outcome.status == 0
    golden(outcome.text)


def test_half_written(mini, golden):
    mini.replace(
        "tasks/task01.py", 'raise NotImplementedError("Write `double` here.")', "return number * 2"
    )
    outcome = mini.pytest()
    assert outcome.status == 1
    golden(outcome.text)


def test_edge_cases_wait_until_the_exercise_is_done(mini):
    careless = "def running_sums(numbers):\n    return [numbers[0]] + [0] * (len(numbers) - 1)\n"
    edge = "✗ No numbers have no running sums.\n    test "
    outcome = mini.answer(solved(running_sums=careless))
    assert "1 more block with --all-blocks" in outcome.text
    assert edge not in outcome.text
    assert edge in mini.pytest("--all-blocks").text
    careless = "    return [numbers[0]] and [sum(numbers[:i + 1]) for i in range(len(numbers))]\n"
    outcome = mini.answer(solved(running_sums=f"def running_sums(numbers):\n{careless}"))
    assert edge in outcome.text
    assert "the exercise is done. Edge cases are left" in outcome.text


ANSWERS = {
    "empty": "",
    "only_a_comment": "# nothing yet\n",
    "syntax_error": "def double(number)\n    return 2 * number\n",
    "wrong_indentation": "def double(number):\nreturn 2 * number\n",
    "not_utf8": None,
    "module_not_found": "import nunpy\n" + SOLVED,
    "import_error": "from math import tau, taau\n" + SOLVED,
    "error_on_import": SOLVED + "\nprint(double('a' - 1))\n",
    "name_missing": SOLVED.replace("running_sums", "running_sum"),
    "name_of_the_wrong_kind": SOLVED + "\ndouble = double(1)\n",
    "wrong_signature": SOLVED.replace("double(number)", "double()"),
    "wrong_value": solved(double="def double(number):\n    return number + 2\n"),
    "wrong_type": solved(double="def double(number):\n    return str(2 * number)\n"),
    "returns_nothing": solved(double="def double(number):\n    2 * number\n"),
    "wrong_length": solved(running_sums="def running_sums(numbers):\n    return [0]\n"),
    "raises": solved(running_sums="def running_sums(numbers):\n    return [numbers[9]]\n"),
    "raises_in_a_library": solved(
        double="import json\n\ndef double(number):\n    return json.loads(str(number) + '!')\n"
    ),
    "raises_as_a_function_of_a_library": solved(double="import json\n\ndouble = json.loads\n"),
    "not_implemented_by_a_library": solved(
        double="def double(number):\n"
        "    return (n for n in ()).throw(NotImplementedError('no such kernel'))\n"
    ),
    "not_the_same_twice": "calls = []\n"
    + solved(
        double="def double(number):\n    calls.append(1)\n    return 2 * number + (len(calls) == 3)\n"
    ),
    "print_flood": solved(
        double="def double(number):\n    for i in range(10**4):\n        print('at', i)\n"
    ),
    "exit": solved(double="import sys\n\ndef double(number):\n    sys.exit(3)\n"),
    "exit_on_import": "import sys\nsys.exit()\n" + SOLVED,
    "asks_for_input": solved(double="def double(number):\n    return int(input('?')) * 2\n"),
    "loop_on_import": "n = 0\nwhile True:\n    n += 1\n" + SOLVED,
    "loop_in_a_function": solved(
        double="def double(number):\n    while number < 100:\n        number -= 1\n    return number\n"
    ),
    "loop_that_swallows_errors": solved(
        double="def double(number):\n    while True:\n        try:\n            number += 1\n"
        "        except:\n            pass\n"
    ),
    "waits": solved(double="import time\n\ndef double(number):\n    time.sleep(60)\n"),
    "writes_files": solved(
        double="def double(number):\n    open('debug.txt', 'w').write(str(number))\n"
        "    return 2 * number\n"
    ),
    "warns": solved(
        double="import warnings\n\ndef double(number):\n    warnings.warn('old')\n    return 2 * number\n"
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answer(mini, golden, name):
    if ANSWERS[name] is None:
        (mini.root / "tasks" / "task01.py").write_bytes(b"caf\xe9 = 1\n")
        outcome = mini.pytest()
    else:
        outcome = mini.answer(ANSWERS[name])
    assert outcome.status == (0 if name in ("writes_files", "warns") else 1)
    golden(outcome.text)
    assert not list(mini.root.rglob("debug.txt"))


@pytest.mark.parametrize(
    "double",
    [
        "from json import loads as double\n",
        "import json\nfrom functools import partial\n\ndouble = partial(json.loads, cls=None)\n",
        "class Doubler:\n    def __call__(self, number):\n        return 3 * number\n\n"
        "double = Doubler()\n",
        "class double(float):\n    pass\n",
    ],
)
def test_whatever_can_be_called_has_a_line(mini, double):
    text = solved(double=double)
    names = ("import loads as double", "double = ", "class double")
    line = next(i for i, at in enumerate(text.splitlines(), 1) if any(n in at for n in names))
    outcome = mini.answer(text)
    assert f"    at          tasks/task01.py:{line}\n" in outcome.text
    assert "broke" not in outcome.text


SHARED = """

def test_shared(task):
    task.once("double", lambda: task.double(2))


def test_shared_again(task):
    task.once("double", lambda: task.double(2))
"""


def test_an_error_that_tests_share_is_whose_it_was(mini):
    path = "tests/test_task01.py"
    mini.write(path, (mini.root / path).read_text(encoding="utf-8") + SHARED)
    mini.write("tasks/task01.py", solved(double="import json\n\ndouble = json.loads\n"))
    outcome = mini.pytest("-k", "shared")
    assert "2 failed" in outcome.text
    assert "`double` stopped with TypeError" in outcome.text
    assert "broke" not in outcome.text


def test_file_missing(mini, golden):
    (mini.root / "tasks" / "task01.py").unlink()
    outcome = mini.pytest()
    assert outcome.status == 1
    golden(outcome.text)


def test_broken_test(mini, golden):
    mini.replace("tests/test_task01.py", "task.main()", "task.main().strip()")
    outcome = mini.pytest("--target", "solutions")
    assert outcome.status == 1
    before, _, after = outcome.text.partition("Traceback (most recent call last):")
    _, _, after = after.partition("AttributeError:")
    golden(f"{before}(a traceback) AttributeError:{after}")


def test_gallery_entry(mini, golden):
    outcome = mini.pytest("--target", "tests/gallery/task01.py::forgets")
    assert outcome.status == 1
    golden(outcome.text)


def test_single_file(mini, golden):
    mini.write("mine.py", solved(double="def double(number):\n    return number + 2\n"))
    outcome = mini.pytest("--target", "mine.py")
    assert outcome.status == 1
    golden(outcome.text)


@pytest.mark.parametrize("target", ["nowhere", "pytest.ini", "tests/gallery/task01.py::no such"])
def test_bad_target(mini, golden, target):
    outcome = mini.pytest("--target", target)
    assert outcome.status == 4
    golden(outcome.text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("number = 1", "number = 0"),
        ('title = "Small sums"', ""),
        ("time_limit = 0.5", "time_limit = 'short'"),
        ('marks = ["gpu", "slow"]', 'marks = ["quick"]'),
        ('source = "the', 'sauce = "the'),
        ("[[task]]", "[[task"),
    ],
)
def test_bad_manifest(mini, old, new):
    mini.replace("tasks/manifest.toml", old, new)
    outcome = mini.pytest()
    assert outcome.status == 4
    assert "tasks/manifest.toml" in outcome.text
    assert "Traceback" not in outcome.text


def test_full_trace(mini):
    outcome = mini.answer(ANSWERS["raises"], "--full-trace")
    assert "Traceback" in outcome.text or "_pytest" in outcome.text
    assert "task01.py:5: IndexError" in outcome.text
    assert "likewise" in outcome.text


def test_debugger_stands_on_the_students_line(mini):
    mini.write("tasks/task01.py", ANSWERS["raises_in_a_library"])
    outcome = mini.pytest("--pdb", "-k", "test_double", typed="p __file__, number\nq\n")
    assert "('COURSE/tasks/task01.py', 0)" in outcome.text


@pytest.mark.parametrize("typed", ["q\n", "c\nq\n"])
def test_quitting_the_debugger_is_no_success(mini, typed):
    text = solved(double="def double(number):\n    breakpoint()\n    return 2 * number\n")
    mini.write("tasks/task01.py", text)
    outcome = mini.pytest(typed=typed)
    assert outcome.status == 2
    assert "(Pdb)" in outcome.text
    assert "✓" not in outcome.text
    assert "all that ran is green" not in outcome.text


def test_require_gpu(mini):
    outcome = mini.pytest("--target", "solutions", "--require-gpu")
    assert outcome.status == 1
    assert "✗ There is no CUDA device, and --require-gpu was given." in outcome.text
    assert "the exercise 4 of 5, edge cases 1 of 1" in outcome.text


def test_slow_on_request(mini):
    outcome = mini.pytest("--target", "solutions", "--slow", "-k", "patience")
    assert "1 passed" in outcome.text


def test_stops_at_first_failure(mini):
    outcome = mini.pytest("-x")
    assert outcome.status == 1
    assert "the exercise 0 of 1" in outcome.text


def test_student_edition(mini):
    """Without references and galleries the tests still judge."""
    shutil.rmtree(mini.root / "solutions")
    shutil.rmtree(mini.root / "tests" / "gallery")
    outcome = mini.answer(SOLVED)
    assert outcome.status == 0
    assert "the exercise 4 of 4, edge cases 1 of 1" in outcome.text


def test_another_folder(mini):
    mini.write("answers/task01.py", SOLVED)
    outcome = mini.pytest("--target", "answers")
    assert outcome.status == 0
    assert "the exercise 4 of 4, edge cases 1 of 1" in outcome.text


def test_prints_are_uncut_on_request(mini):
    outcome = mini.answer(ANSWERS["print_flood"], "-s", "-k", "test_script")
    assert "at 9999" in outcome.text
