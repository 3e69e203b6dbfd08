"""Task 05: what `build_prompt` and `respond` must do."""

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

reviews = lazy("fixtures.corpora.reviews")

# No stand-in has read of such things, so that none is sure of what to answer.
STRANGE_REVIEW = (
    "The lift hummed like a bee, the soap smelt of tar, and somebody had left a cello in our bath."
)
RUN = 9  # words in a row that a reply may not share with the prompt
READ = 400  # tokens of a long review, at least; the models here read 512 or more, or 1,024
# Reviews that a template might stumble over.
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=3).filter(
    lambda text: text.strip() == text
)


def written(count, seed=7):
    """Unseen reviews of hotels."""
    return unseen(reviews.review, count, seed)


def replies(task, items):
    """The student's replies to them, made once for all tests of this file."""
    return task.once(
        f"{len(items)} replies",
        lambda: [check_text(task.respond(item.text), "the reply") for item in items],
    )


def words(text):
    return re.findall(r"[\w']+", text.lower())


@settings(max_examples=40)
@given(texts)
@example("The room was fine. " * 40 + "The end.")
@example("Fine.\n        And cheap.")
def test_prompt_quotes_the_review(task, review):
    """The prompt holds the review, word for word and once.

    > the review, word for word and once
    """
    marked = f"<{review}>"
    prompt = check_text(task.build_prompt(marked), "the prompt")
    expect.that(
        prompt.count(marked) == 1,
        f"a prompt with {marked!r} in it, once",
        f"{prompt.count(marked)} times: {prompt!r}",
    )


def test_prompt_instructs(task):
    """The prompt tells the model what to do, in three words or more.

    > around it an instruction of at least three words
    """
    review = written(1)[0].text
    prompt = check_text(task.build_prompt(review), "the prompt")
    rest = words(prompt.replace(review, " "))
    expect.that(len(rest) >= 3, "an instruction beside the review", f"only {rest}")


def test_prompt_is_a_template(task):
    """The words around the review are the same for every review.

    > an instruction of at least three words which is the same for every review
    """
    items = written(12)
    texts = [item.text for item in items]
    texts += ["So-so.", ODD_TEXTS["emoji"], " ".join(item.text for item in items)]
    texts += ["\n".join(item.text for item in items[:2])]
    around = [check_text(task.build_prompt(text), "the prompt").replace(text, "{}")
              for text in texts]  # fmt: skip
    for other in around[1:]:
        expect.equal(other, around[0], "the prompt without its review")


@settings(max_examples=6)
@given(st.integers(0, 10_000))
def test_text(task, seed):
    """The reply is a text of 5 to 120 words, without special tokens.

    > no special tokens, 5 to 120 words
    """
    (item,) = written(1, seed)
    reply = check_text(task.respond(item.text), "the reply")
    count = len(reply.split())
    expect.that(5 <= count <= 120, "a reply of 5 to 120 words", f"{count} words: {reply!r}")


def test_reply_alone(task):
    """The reply repeats neither the prompt nor the review, nine words of it in a row.

    > nothing of the prompt

    > in no more than eight of the guest's words in a row
    """
    items = written(12)
    for item, reply in zip(items, replies(task, items), strict=True):
        prompt, found = words(task.build_prompt(item.text)), words(reply)
        runs = {tuple(prompt[i : i + RUN]) for i in range(len(prompt) - RUN + 1)}
        shared = [
            found[i : i + RUN] for i in range(len(found)) if tuple(found[i : i + RUN]) in runs
        ]
        expect.that(
            not shared,
            "a reply in words of its own",
            f"{' '.join(shared[0]) if shared else ''!r}, which stands in the prompt, in {reply!r}",
        )


def test_about_this_review(task):
    """A reply speaks of what this guest praised or complained of.

    > It speaks of what this guest praised or complained of
    """
    items = written(12)
    found = replies(task, items)
    silent = [
        i for i in range(12) if not any(aspect in found[i].lower() for aspect in items[i].aspects)
    ]
    expect.that(
        len(silent) <= 4,
        f"replies that name one of {list(items[silent[0]].aspects)}" if silent else "",
        f"{len(silent)} of 12 that do not, as {found[silent[0]]!r}" if silent else "",
    )


def test_each_has_its_own(task):
    """Different reviews have different replies.

    > It speaks of what this guest praised or complained of
    """
    items = written(12)
    found = replies(task, items)
    twice = next((reply for reply in found if found.count(reply) > 2), "")
    expect.that(not twice, "12 replies to 12 reviews", f"the same to several: {twice!r}")


def test_coherent(task):
    """A reply does not go round in circles.

    > does not go round in circles: no four words stand in it more than three times
    """
    for reply in replies(task, written(12)):
        found = words(reply)
        pieces = [tuple(found[i : i + 4]) for i in range(len(found) - 3)]
        most = max(pieces, key=pieces.count, default=())
        expect.that(
            pieces.count(most) <= 3,
            "no four words again and again",
            f"{' '.join(most)!r} {pieces.count(most)} times in {reply!r}",
        )


@pytest.mark.edge
def test_same_again(task):
    """The same review gives the same reply.

    > The same call gives the same reply.
    """
    for review in (STRANGE_REVIEW, written(1)[0].text):
        check_again(lambda review=review: task.respond(review))


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_reviews(task, name):
    """Any review will do: nothing, a letter, emoji, 2,000 words.

    > Any review will do: one of a word or two, or of none, whose reply may be shorter or
    > empty, and one longer than the model reads
    """
    check_text(task.respond(ODD_TEXTS[name]), "the reply", empty=True)


@pytest.mark.builds_on("test_text", "test_odd_reviews")
@pytest.mark.edge
def test_long_review(task):
    """A review that is longer than the model reads has a reply of 5 to 120 words, too.

    > one longer than the model reads (cut it there, with room for the reply)

    > no special tokens, 5 to 120 words
    """
    review = " ".join(item.text for item in written(60))
    with lengths_read() as lengths:
        reply = check_text(task.respond(review), "the reply")
    read = max(lengths, default=0)
    expect.that(
        read >= READ,
        f"a review that is cut where the model stops reading: {READ} tokens or more",
        f"of {len(review):,} characters, {read} tokens were read at most",
        "tokens read",
    )
    count = len(reply.split())
    expect.that(5 <= count <= 120, "a reply of 5 to 120 words", f"{count} words: {reply!r}")


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """The model is loaded once, not at every call.

    > Load the tokenizer and the model of your choice: once, not at every call.
    """
    check_loaded_once(task, race, "respond", written(1)[0].text)


@pytest.mark.builds_on
def test_script(task):
    """The script prints the sheet's review, and a reply that fits it.

    > Print what the sheet prints, with "response" spelt right.
    """
    task.main()
    review, _, reply = task.printed.out.partition("Hotel response to the customer:")
    for phrase in ("Customer review:", "I had a wonderful stay at the Riverview Hotel!"):
        expect.that(phrase in review, f"{phrase!r} in the output", task.printed.out)
    named = [word for word in ("staff", "amenities", "room service") if word in reply]
    expect.that(named, "a reply on staff, amenities or room service", repr(reply.strip()))
