"""Task 10: what `build_prompt` and `classify` must do."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kata.testing import expect, lazy
from tests.language import (
    ODD_TEXTS,
    check_again,
    check_loaded_once,
    check_text,
    lengths_read,
    unseen,
)

sentiment = lazy("fixtures.corpora.sentiment")

LABELS = ("POSITIVE", "NEGATIVE")
# Neither one nor the other, so that sampling shows.
STRANGE = ["", "?", "No.", "Seven times eight is fifty-six.", "xyzzy plugh", "Green apples."]
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=3
).filter(lambda text: text.strip() == text)


def opinions(count, seed=7):
    """Unseen opinions, with their labels."""
    return unseen(sentiment.opinion, count, seed)


def parts_of(task, text):
    """The prompt's three parts: for each its quoted text, and what follows on its last line."""
    prompt = check_text(task.build_prompt(text), "the prompt", empty=True)
    blocks = [
        [line.strip() for line in block.strip().split("\n")]
        for block in re.split(r"\n[ \t]*\n", prompt.strip())
    ]
    parts = [block for block in blocks if any(line.startswith('Text: "') for line in block)]
    expect.that(
        len(parts) == 3,
        "three parts with an empty line between them, each with a line that begins with 'Text: \"'",
        f"{len(parts)} of them: {prompt!r}",
        "shape",
    )
    expect.that(
        parts == blocks[-3:],
        "nothing between the three parts, or behind them",
        repr(prompt),
        "shape",
    )
    return [_read_part(part, number) for number, part in enumerate(parts, 1)]


def _read_part(part, number):
    quoted = [line for line in part if line.startswith('Text: "')]
    part, last = part[part.index(quoted[0]) :], part[-1]
    expect.that(
        len(quoted) == 1 and quoted[0].endswith('"'),
        f'one line Text: "..." in part {number}',
        repr("\n".join(part)),
        "shape",
    )
    expect.that(
        last.startswith("Sentiment:"),
        f"part {number} ends with a line that begins with 'Sentiment:'",
        repr(last),
        "shape",
    )
    return quoted[0][len('Text: "') : -1], last[len("Sentiment:") :].strip(), part


@settings(max_examples=40)
@given(texts)
@example('They said "never again", and "bad".')
@example("It was good. " * 400 + "The end.")
@example("  Not bad, ")
@example("It is in C:\\new and C:\\good.")
def test_query_comes_last(task, text):
    """The last part holds the text to classify, word for word, and no other part does.

    > The last part holds `text`, word for word and uncut, quotes and all, and has no label.
    """
    *examples, (query, _, _) = parts_of(task, text)
    expect.equal(query, text, "the text of the last part")
    for other, _, _ in examples:
        expect.that(other != text, "examples of your own", f"the text itself: {text!r}")


def test_query_has_no_label(task):
    """The last part ends with "Sentiment:", and says nothing about its label.

    > The last part holds `text`, word for word and uncut, quotes and all, and has no label.
    """
    for item in opinions(4):
        *_, (_, label, part) = parts_of(task, item.text)
        expect.equal(label, "", "what follows the last 'Sentiment:'")
        told = [line for line in part if re.fullmatch(r"\W*(POSITIVE|NEGATIVE)\W*", line)]
        expect.that(not told, "a last part without a label", repr(told))


def test_one_example_of_each(task):
    """The first two parts are examples: one is labelled POSITIVE, the other NEGATIVE.

    > A prompt of three parts, with an empty line between them.

    > Each part has a line `Text: "..."` and, as its last line, `Sentiment:`.

    > In the first two parts a label follows on that line, `POSITIVE` in one and `NEGATIVE`
    > in the other; their texts are of your own, two words or more
    """
    first, second, _ = parts_of(task, opinions(1)[0].text)
    labels = [first[1], second[1]]
    expect.that(
        sorted(labels) == sorted(LABELS), f"the labels {' and '.join(LABELS)}", repr(labels)
    )
    for text, _, _ in (first, second):
        expect.that(len(text.split()) >= 2, "an example of two words or more", repr(text))
    expect.that(first[0] != second[0], "two different examples", f"{first[0]!r} twice")


@pytest.mark.builds_on("test_one_example_of_each", "test_query_has_no_label")
def test_same_form(task):
    """Examples and query have the same form, line by line.

    > Put a text of one line behind two labelled examples, in the same form as these.
    """
    (first, second, query) = parts_of(task, opinions(1)[0].text)
    forms = [_form(part) for part in (first, second, query)]
    for number, form in enumerate(forms[1:], 2):
        expect.that(
            form == forms[0],
            f"part {number} in the form of part 1, {forms[0]!r}",
            repr(form),
        )


def _form(part):
    text, label, lines = part
    form = "\n".join(lines).replace(f'"{text}"', '"..."')
    return (form[: len(form) - len(label)] if label else form).rstrip()


def test_same_examples(task):
    """The examples are the same, whatever the text.

    > their texts are of your own, two words or more, and the same for every prompt
    """
    found = [[part[:2] for part in parts_of(task, item.text)[:2]] for item in opinions(6, seed=2)]
    for other in found[1:]:
        expect.equal(other, found[0], "the examples")


@pytest.mark.builds_on("test_model_reads_the_prompt")
def test_labels_fit(task):
    """The model answers as a reader would, on texts of either kind.

    > Of short unseen opinions, four in five are labelled rightly or more.
    """
    items = opinions(40)
    found = [_label(task, item.text) for item in items]
    wrong = [i for i in range(40) if found[i] != items[i].label]
    if len(wrong) > 8:
        _label(task, items[wrong[0]].text)  # so that the report shows this call
    alike = f", and all 40 labelled {found[0]}" if len(set(found)) == 1 else ""
    expect.measured(
        "right labels",
        40 - len(wrong),
        f"{40 - len(wrong)}{alike}; is the label what the model writes behind the prompt?",
        least=32,
        expected=f"at least 32 of 40 unseen opinions labelled rightly, as {items[wrong[0]].text!r} "
        f"{items[wrong[0]].label}" if wrong else "",
    )  # fmt: skip


def _label(task, text):
    label = task.classify(text)
    expect.that(
        isinstance(label, str) and label in LABELS,
        "'POSITIVE' or 'NEGATIVE'",
        repr(label),
        "type",
    )
    return label


def test_model_reads_the_prompt(task):
    """The model reads the whole prompt, the examples along with the text.

    > Let a model complete the prompt for `text`.
    """
    text = opinions(1)[0].text
    task.reload()  # it may remember the labels of texts
    words = len(check_text(task.build_prompt(text), "the prompt").split())
    with lengths_read() as lengths:
        _label(task, text)
    longest = max(lengths, default=0)
    expect.that(
        longest >= words,
        f"a model that reads a prompt of {words} words, of a token or more each",
        f"at most {longest} tokens were read" if longest else "no model was called",
    )


@pytest.mark.edge
def test_same_again(task):
    """The same texts give the same labels.

    > The same call gives the same label.
    """
    check_again(lambda: [_label(task, text) for text in STRANGE])


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any text has a label: nothing, a letter, emoji, 2,000 words.

    > and never anything else: for an empty text too
    """
    _label(task, ODD_TEXTS[name])


@pytest.mark.builds_on("test_odd_texts")
@pytest.mark.edge
def test_one_word_again_and_again(task):
    """A word that is said 300 times has a label too, whatever the model writes after it.

    > and where the model writes something else (either will do then)
    """
    _label(task, " ".join(["good"] * 300))


@pytest.mark.builds_on("test_labels_fit")
@pytest.mark.edge
def test_long_text(task):
    """A text that is longer than the model reads is cut, and the label still fits.

    > for one that is longer than the model reads
    """
    for item in opinions(4, seed=5):
        _label(task, " ".join([item.text] * 150))
    longer = {item.label: item.text for item in opinions(20, seed=9)}
    for label, text in longer.items():
        expect.equal(
            _label(task, " ".join([text] * 200)), label, f"the label of 200 times {text!r}"
        )


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """The model is loaded once, not at every call.

    > Load the tokenizer and the model of your choice: once, not at every call.
    """
    check_loaded_once(task, race, "classify", opinions(1)[0].text)


@pytest.mark.builds_on
def test_script(task):
    """The script prints the label of the sheet's text.

    > Print what the sheet prints.
    """
    task.main()
    expect.lines(task.printed.out, ["POSITIVE"])
