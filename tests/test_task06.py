"""Task 06: what `translate` must do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import expect
from tests.language import (
    ODD_TEXTS,
    STRANGE_SPANISH,
    check_again,
    check_loaded_once,
    check_texts,
    chrf,
)
from tests.translating import GOOD, Direction

bulgarian = Direction("bulgarian")


@settings(max_examples=8)
@given(st.integers(1, 4), st.integers(0, 10_000))
def test_a_list(task, count, seed):
    """There is one translation per text, in a list of strings.

    > A list with the translation of each text

    > There are no special tokens in them (`</s>`, `<pad>`).
    """
    bulgarian.check_list(task, count, seed)


@pytest.mark.builds_on("test_bulgarian", "test_meaning")
def test_one_string(task):
    """A single string gives a list of one.

    > for one text, a list of one
    """
    texts, wanted = bulgarian.sentences(1)
    (found,) = check_texts(task.translate(texts[0]), 1, "translations")
    expect.that(chrf(found, wanted[0]) > GOOD, f"something like {wanted[0]!r}", repr(found))
    two_lines = "\n".join(bulgarian.sentences(2)[0])
    check_texts(task.translate(two_lines), 1, "translations of a text of two lines")


@pytest.mark.edge
def test_empty_list(task):
    """An empty list gives an empty list.

    > an empty list is a list too
    """
    check_texts(task.translate([]), 0, "translations")


def test_bulgarian(task):
    """The translations are in Bulgarian, which is written in Cyrillic letters.

    > Translate Spanish texts into Bulgarian.
    """
    texts, _ = bulgarian.sentences(8)
    found = check_texts(task.translate([*texts]), 8, "translations")
    for text, translated in zip(texts, found, strict=True):
        letters = [letter for letter in translated if letter.isalpha()]
        cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in letters)
        expect.that(
            cyrillic > 0.7 * len(letters),
            f"a Bulgarian translation of {text!r}",
            f"{translated!r}; is the model made for this direction?",
        )


@pytest.mark.builds_on("test_bulgarian", "test_alone_or_together")
def test_meaning(task):
    """The translations say what the Spanish sentences say.

    > Translate Spanish texts into Bulgarian.
    """
    bulgarian.check_meaning(task)


@pytest.mark.builds_on("test_bulgarian", "test_meaning")
def test_long_sentences(task):
    """A long sentence is translated to its end.

    > Translate Spanish texts into Bulgarian.
    """
    bulgarian.check_long_sentences(task)


@pytest.mark.builds_on("test_bulgarian")
def test_order(task):
    """Each text of a batch has its own translation, in the order of the texts.

    > A list with the translation of each text, in their order
    """
    bulgarian.check_order(task)


def test_alone_or_together(task):
    """A text has the same translation alone and among others.

    > A text has the same translation alone and among others
    """
    bulgarian.check_alone(task)


@pytest.mark.edge
def test_input_is_kept(task):
    """The list of texts is left as it was.

    > `texts` is left as it was.
    """
    bulgarian.check_input_is_kept(task)


@pytest.mark.edge
def test_same_again(task):
    """The same texts give the same translations.

    > the same call gives the same translations
    """
    texts, _ = bulgarian.sentences(2)
    check_again(lambda: task.translate([*STRANGE_SPANISH, *texts]))


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any text will do: nothing, a letter, emoji, 2,000 words.

    > Any text will do: an empty one, whose translation may be anything, and one longer than
    > the model reads (512 tokens: cut it there).
    """
    bulgarian.check_odd_text(task, name)
    check_texts(task.translate(ODD_TEXTS[name]), 1, "translations", empty=True)


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """The model is loaded once, not at every call.

    > Load the tokenizer and the model of your choice: once, not at every call.
    """
    texts, _ = bulgarian.sentences(1)
    check_loaded_once(task, race, "translate", texts)


@pytest.mark.builds_on
def test_script(task):
    """The script prints the translation of the sheet's sentence.

    > Print what the sheet prints.
    """
    task.main()
    wanted = "Този курс за LLMs става много интересен."
    (found,) = check_texts(task.printed.out.strip().splitlines(), 1, "lines of output")
    expect.that(chrf(found, wanted) > GOOD, f"something like {wanted!r}", repr(found))
