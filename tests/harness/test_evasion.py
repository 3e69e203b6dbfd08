"""An answer cannot skip its way to green, and neither can a test."""

import pytest

from tests.harness.test_reports import SOLVED, solved

WAYS = {
    "pytest.skip": "import pytest\n\ndef double(number):\n    pytest.skip('not now')\n",
    "pytest.xfail": "import pytest\n\ndef double(number):\n    pytest.xfail('known')\n",
    "unittest.SkipTest": "import unittest\n\ndef double(number):\n    raise unittest.SkipTest\n",
    "where it would be wrong": "import pytest\n\ndef double(number):\n"
    "    return 2 * number if number >= 0 else pytest.skip()\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_answer_that_skips(mini, way):
    done = mini.answer(solved(double=WAYS[way]))
    assert done.status == 1
    assert "✗ double(number) is twice the number." in done.text
    assert "`double` asks for its test to be skipped" in done.text
    assert "tasks/task01.py:4" in done.text or "tasks/task01.py:5" in done.text
    assert "✓ There is a running sum for each number." in done.text


def test_file_that_skips(mini):
    done = mini.answer(f"import pytest\npytest.skip(allow_module_level=True)\n{SOLVED}")
    assert done.status == 1
    assert "Importing the file asks for its test to be skipped (Skipped); take that" in done.text
    assert "at          tasks/task01.py:2" in done.text


@pytest.mark.parametrize(
    "evasion",
    ["pytest.skip('later')", "pytest.xfail('later')", "raise __import__('unittest').SkipTest"],
)
def test_test_that_skips_in_its_body(mini, evasion):
    mini.replace("tests/test_task01.py", "    task.main()\n", f"    task.main()\n    {evasion}\n")
    mini.write("tasks/task01.py", SOLVED)
    done = mini.pytest()
    assert done.status == 1
    assert "This is a fault of the course." in done.text
    done = mini.kata("check")
    assert done.status == 1
    assert "solutions/task01.py: test_script broke, where it should judge" in done.text


def test_test_that_is_expected_to_fail(mini):
    mini.replace("tests/test_task01.py", "@pytest.mark.edge\n", "@pytest.mark.xfail\n")
    done = mini.answer(solved(running_sums="def running_sums(numbers):\n    return None\n"))
    assert done.status == 1
    assert "✗ No numbers have no running sums." in done.text


ODD = {
    "an object that is no number": "class Odd:\n    __slots__ = ()\n\n\ndef double(number):\n"
    "    return Odd()\n",
    "a function that numpy has lost": "import numpy\n\n\ndef double(number):\n"
    "    numpy.asarray = None\n    return 2 * number\n",
}


@pytest.mark.parametrize("way", ODD)
def test_answer_that_breaks_a_test_is_named(mini, way):
    """The course is at fault last: a test that breaks after a call says which one it was."""
    done = mini.answer(solved(double=ODD[way]))
    assert done.status == 1
    assert "This is a fault of the course." not in done.text
    assert "called      double(number=0)" in done.text
