"""Which words of a task its tests quote, and which sentences none of them does."""

from textwrap import dedent

import pytest

from kata.judging.wording import Wording, quotations

TEXT = dedent('''
    """Task 01: sums.

    Add numbers up. You may use a library (NumPy, say). Out of scope: products.

        python task01.py     runs it
    """

    def total(numbers):
        """The sum of `numbers`, whatever
        their type.

        Args:
            numbers: a list, which is left
                as it was.

        Raises:
            ValueError: there are no numbers.
        """
        ### START CODE HERE ###
        # 1. Raise ValueError
        #    where there is nothing.
        # 2. Add.
        ### END CODE HERE ###
''').lstrip()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Add numbers up.", 3),
        ("The sum of `numbers`, whatever their type", 9),
        ("which is left as it was", 13),
        ("ValueError: there are no numbers.", 17),
        ("Raise ValueError where there is nothing", 20),
        ("def total(numbers)", 8),
        ("add numbers up", None),
        ("The sum of numbers", None),
        ("", None),
    ],
)
def test_where_words_stand(words, line):
    assert Wording(TEXT).find(words) == line


def test_sentences_that_nobody_quotes():
    quoted = ["whatever their type", "left as it was", "there are no numbers"]
    found = [(sentence.line, sentence.text) for sentence in Wording(TEXT).unquoted(quoted)]
    assert found == [
        (1, "Task 01: sums."),
        (3, "Add numbers up."),
        (3, "You may use a library (NumPy, say)."),
        (3, "Out of scope: products."),
        (20, "1. Raise ValueError where there is nothing."),
        (22, "2. Add."),
    ]


def test_quotations():
    docstring = """One sentence.

    > It goes over
    > two lines.

    Prose, with a > sign.

    > Another.
    """
    assert quotations(docstring) == ["It goes over two lines.", "Another."]
    assert quotations("One sentence.") == quotations(None) == []


def test_listing(mini):
    done = mini.kata("check", "--text")
    assert done.status == 0
    assert "tasks/task01.py:1: Task 01: small sums." in done.text
    assert "Twice the number." not in done.text
    mini.replace("tests/test_task01.py", "> Twice the number.", "> Thrice the number.")
    done = mini.kata("check", "--text")
    assert done.status == 1
    assert "FAILED tests/test_task01.py: test_double: task01.py does not say 'Thrice" in done.text
    assert "tasks/task01.py:5: Twice the number." in done.text


def test_words_of_the_function_that_was_called_come_first():
    """A sentence that stands in two functions is found in the one that failed."""
    text = Wording(
        'def f():\n    """Do this.\n\n    Same again."""\n\n\n'
        '@mark\ndef g():\n    """Do that.\n\n    Same again."""\n'
    )
    assert text.lines_of(7) == range(7, 12)
    assert text.find("Same again.") == 4
    assert text.find("Same again.", text.lines_of(7)) == 11
    assert text.find("Do this.", text.lines_of(7)) == 2
    assert text.lines_of(2) == range(0)


@pytest.mark.parametrize(
    ("line", "error"),
    [("x = " + "+".join(["1"] * 50_000), "RecursionError"), ("x = 1\0", "null bytes")],
    ids=["deep", "zero"],
)
def test_files_that_cannot_be_parsed(mini, line, error):
    """They are a student's mistake like any other."""
    done = mini.answer(f"{line}\n\n\ndef double(number):\n    return 2 * number\n")
    assert done.status == 1
    assert error in done.text
    assert "next: mend the file" in done.text


def test_a_text_that_nobody_wrote_is_not_searched(tmp_path):
    path = tmp_path / "task01.py"
    path.write_text("# Twice the number.\n")
    assert Wording.read(path).find("Twice the number.") == 1
    path.write_text("# Twice the number.\n" + "x = 1\n" * 100_000)
    assert Wording.read(path).find("Twice the number.") is None
