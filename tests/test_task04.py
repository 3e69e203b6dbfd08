"""Task 04: what `summarize` must do."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import expect, lazy
from tests.language import (
    ODD_TEXTS,
    STRANGE_TEXT,
    check_again,
    check_cut,
    check_loaded_once,
    check_own_place,
    check_text,
    chrf,
    unseen,
)

landmarks = lazy("fixtures.corpora.landmarks")
transformers = lazy("transformers")

NAME = "cnicu/t5-small-booksum"
SLACK = 2  # tokens: a text that was cut in a word may be tokenized otherwise than it was written


def described(count, seed=7):
    """Unseen descriptions of landmarks, with summaries."""
    return unseen(landmarks.landmark, count, seed)


def summaries(task, items):
    """Their summaries by the student, made once for all tests of this file."""
    return task.once(
        f"{len(items)} summaries",
        lambda: [check_text(task.summarize(item.text, 80), "the summary") for item in items],
    )


def count_tokens(text):
    """As the model's own tokenizer counts them, without special tokens."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(NAME)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def check_count(text, limit):
    count = count_tokens(text)
    expect.that(
        count <= limit + SLACK,
        f"a summary of at most {limit} tokens of the model's tokenizer",
        f"{count} tokens: {text!r}",
    )


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_text(task, seed):
    """The summary is a text without special tokens.

    > none of these in the text (`</s>`, `<pad>`)
    """
    (item,) = described(1, seed)
    check_text(task.summarize(item.text), "the summary")


@pytest.mark.builds_on("test_text")
@settings(max_examples=8)
@given(st.integers(0, 10_000), st.sampled_from([12, *range(1, 41)]))
def test_limit(task, seed, limit):
    """There are at most `max_tokens` tokens, as the model's own tokenizer counts them.

    > It has at most `max_tokens` tokens, as the model's own tokenizer counts them without
    > special tokens
    """
    (item,) = described(1, seed)
    check_count(check_text(task.summarize(item.text, max_tokens=limit), "the summary"), limit)


@pytest.mark.builds_on("test_limit")
@pytest.mark.edge
def test_limit_to_the_token(task):
    """The limit holds to the token: there is not one more.

    > It has at most `max_tokens` tokens, as the model's own tokenizer counts them without
    > special tokens
    """
    limits = (5, 9, 14, 20)
    counts = [
        (count_tokens(check_text(task.summarize(item.text, limit), "the summary")), limit)
        for item in described(2, seed=3)
        for limit in limits
    ]
    over = [(count, limit) for count, limit in counts if count > limit]
    # One may be tokenized otherwise than it was written; half of them are not.
    expect.that(
        2 * len(over) < len(counts),
        f"{len(counts)} summaries of no more tokens than their limits",
        f"{len(over)} of them have more, as {over[-1][0]} tokens for a limit of {over[-1][1]}"
        if over
        else "",
    )


def test_room(task):
    """A larger limit leaves room for a longer summary.

    > where there is room for 60 tokens, it has more than 20
    """
    (item,) = described(1)
    short = check_text(task.summarize(item.text, max_tokens=6), "the summary")
    long = check_text(task.summarize(item.text, max_tokens=60), "the summary")
    expect.that(
        count_tokens(long) > 20,
        "a summary of more than 20 tokens where 60 are allowed",
        f"{long!r}; with 6 it is {short!r}",
    )


@pytest.mark.builds_on("test_limit", "test_same_again")
def test_default_limit(task):
    """Without `max_tokens`, the limit is 50.

    > max_tokens: int = 50
    """
    for name in ("emoji", "2,000 words"):
        text = check_text(task.summarize(ODD_TEXTS[name]), "the summary", empty=True)
        check_count(text, 50)
    for item in described(3, seed=2):
        found, wanted = task.summarize(item.text), task.summarize(item.text, max_tokens=50)
        expect.equal(found, wanted, "the summary without a limit")


def test_name(task):
    """The summary says what the text is about, which its first sentence does not.

    > The summary: what the text is about, by the name that stands anywhere in the text
    """
    items = described(12)
    found = summaries(task, items)
    names = [name_of(item.summary) for item in items]
    missing = [i for i in range(12) if names[i].lower() not in found[i].lower()]
    expect.measured(
        "names",
        12 - len(missing),
        f"{len(missing)} summaries without it, as {found[missing[0]]!r}" if missing else "",
        least=8,
        expected=f"the names of 12 landmarks, as {names[missing[0]]!r}" if missing else "",
    )


@pytest.mark.builds_on("test_name")
def test_whole_text(task):
    """What stands at the end of a text counts too.

    > what the text is about, by the name that stands anywhere in the text
    """
    items = [item for item in described(400, seed=8) if item.text.find(name_of(item.summary)) > 520]
    items = items[:6]
    names = [name_of(item.summary) for item in items]
    found = summaries(task, items)
    missing = [i for i in range(6) if names[i].lower() not in found[i].lower()]
    expect.measured(
        "names near the end",
        6 - len(missing),
        f"{len(missing)} of 6 summaries without it, as {found[missing[0]]!r}" if missing else "",
        least=4,
        expected=f"names that stand near the end of a text, as {names[missing[0]]!r}"
        if missing
        else "",
    )


def name_of(summary):
    """`Eiffel Tower` of "The Eiffel Tower is 324 metres tall ..."."""
    return re.match(r"The (.+?) (?:is|has|holds|can)\b", summary)[1]


def test_shorter(task):
    """A summary is much shorter than its text.

    > in fewer than 0.6 times as many words
    """
    items = described(12)
    for item, found in zip(items, summaries(task, items), strict=True):
        words, all_words = len(found.split()), len(item.text.split())
        expect.that(
            words < 0.6 * all_words,
            f"fewer than {0.6 * all_words:.0f} words for a text of {all_words}",
            f"{words} words: {found!r}",
        )


def test_no_new_numbers(task):
    """The numbers in a summary come from the text.

    > some of its numbers
    """
    items = described(12)
    invented = []
    for item, found in zip(items, summaries(task, items), strict=True):
        known = set(re.findall(r"\d[\d,.]*\d|\d", item.text))
        invented += [
            number for number in re.findall(r"\d[\d,.]*\d|\d", found) if number not in known
        ]
    numbers = sum(len(re.findall(r"\d[\d,.]*\d|\d", found)) for found in summaries(task, items))
    expect.that(numbers >= 6, "numbers in most of 12 summaries of landmarks", f"{numbers} numbers")
    expect.that(
        len(invented) <= numbers / 4,
        "numbers that stand in the texts",
        f"{len(invented)} of {numbers} that do not, as {invented[:3]}",
    )


@pytest.mark.builds_on("test_name")
def test_own_text(task):
    """Each summary is of its own text.

    > The summary: what the text is about
    """
    items = described(12)
    check_own_place(summaries(task, items), [item.summary for item in items], chrf)


@pytest.mark.edge
def test_same_again(task):
    """The same text gives the same summary.

    > The same call gives the same summary.
    """
    (item,) = described(1)
    for text in (STRANGE_TEXT, item.text):
        check_again(lambda text=text: task.summarize(text, 30))


@pytest.mark.builds_on("test_limit")
@pytest.mark.edge
def test_least_limit(task):
    """A limit of one leaves room for a token.

    > It has at most `max_tokens` tokens
    """
    (item,) = described(1)
    check_count(check_text(task.summarize(item.text, max_tokens=1), "the summary"), 1)


@pytest.mark.edge
@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one(task, limit):
    """A limit below 1 raises ValueError.

    > ValueError: `max_tokens` is below 1.
    """
    for text in ("The tower is 5 metres tall.", ""):
        expect.raises(ValueError, lambda text=text: task.summarize(text, limit))


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any text will do: nothing, a letter, emoji, 2,000 words.

    > Any text will do: an empty one, whose summary may be empty, and one longer than the
    > model reads (512 tokens: cut it there).
    """
    text = ODD_TEXTS[name]
    found = check_cut(lambda: task.summarize(text, 20), text, spare=0.05)
    check_count(check_text(found, "the summary", empty=True), 20)


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """The model is loaded once, not at every call.

    > Load the tokenizer and the model: once, not at every call.
    """
    check_loaded_once(task, race, "summarize", "The tower is 5 metres tall.", 10)


@pytest.mark.builds_on
def test_script(task):
    """The script prints a summary of the sheet's text, of at most 50 tokens.

    > Print a summary of the sheet's text.
    """
    task.main()
    found = check_text(task.printed.out.strip(), "the output")
    check_count(found, 50)
    for words in ("Eiffel Tower", "324 metres"):
        expect.that(words in found, f"{words!r} in the summary", repr(found))
