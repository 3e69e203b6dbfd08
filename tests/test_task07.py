"""Task 07: what `answer_extractive` and `answer_generative` must do."""

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
    check_no_gradients,
    check_text,
    unseen,
)

questions = lazy("fixtures.corpora.questions")

# The least share of right answers. The stand-ins reach 0.87 to 0.93 (pointing) and 0.50 to 0.60
# (writing) over four draws of 30 questions.
POINTED, WRITTEN = 0.6, 0.3
FUNCTIONS = ("answer_extractive", "answer_generative")


def asked(count, seed=7):
    """Unseen questions, with their contexts and answers."""
    return unseen(questions.question, count, seed)


def call(task, function, question, context, *, empty=False):
    return check_text(getattr(task, function)(question, context), "the answer", empty=empty)


def check_span(answer, context):
    expect.that(
        answer in context,
        "an answer that stands in the context, character for character",
        repr(answer),
    )


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_extractive_is_a_span(task, seed):
    """The extractive answer is a span of the context, character for character.

    > A span of `context`, character for character
    """
    (item,) = asked(1, seed)
    answer = call(task, "answer_extractive", item.question, item.context, empty=True)
    check_span(answer, item.context)


@pytest.mark.edge
@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(["  ", "\n", "\t", " \u00a0"]))
def test_extractive_keeps_white_space(task, seed, gap):
    """An answer is cut out of the context as it stands there: white space, accents and all.

    > cut out of it, and not put together from tokens
    """
    (item,) = asked(1, seed)
    context = item.context.replace(" ", gap).replace("a", "á").upper()
    check_span(call(task, "answer_extractive", item.question, context, empty=True), context)


@pytest.mark.edge
def test_extractive_after_white_space(task):
    """White space before a context moves no answer.

    > cut out of it, and not put together from tokens
    """
    items = asked(10, seed=5)
    plain = [answer(task, "answer_extractive", item) for item in items]

    def behind_white_space(item):
        context = " \n    " + item.context
        return call(task, "answer_extractive", item.question, context, empty=True)

    found = list(map(behind_white_space, items))
    moved = [i for i in range(10) if found[i].strip() != plain[i].strip()]
    # A tokenizer that sees the white space may have the model think otherwise of one.
    if len(moved) > 5:
        behind_white_space(items[moved[0]])  # so that the report shows this call
        raise expect.Wrong(
            f"the answer without the white space, {plain[moved[0]]!r}",
            f"{found[moved[0]]!r}, and others for {len(moved)} of 10 questions in all",
        )


@pytest.mark.builds_on("test_extractive_is_a_span")
def test_extractive_answers(task):
    """The extractive answer is what the question asks for.

    > Of the questions on unseen texts of the kind that the model knows, three in five are
    > answered rightly or more.

    > Point at the answer to a question in a text.
    """
    items = asked(30)
    found = [answer(task, "answer_extractive", item) for item in items]
    right = [item.answer == text for item, text in zip(items, found, strict=True)]
    _check_share(task, "answer_extractive", items, found, right, POINTED)
    for item, text in zip(items, found, strict=True):
        if not text.strip():
            call(task, "answer_extractive", item.question, item.context)


def test_generative_answers(task):
    """The generative answer holds what the question asks for.

    > For three in ten of such questions or more, it holds the right answer.

    > Write an answer to a question on a text.
    """
    items = asked(30, seed=11)
    found = [answer(task, "answer_generative", item) for item in items]
    held = [item.answer.lower() in text.lower() for item, text in zip(items, found, strict=True)]
    _check_share(task, "answer_generative", items, found, held, WRITTEN)


def answer(task, function, item):
    """What a function answers to a question, if it is nothing, too."""
    return call(task, function, item.question, item.context, empty=True)


def _check_share(task, function, items, found, right, least):
    wrong = [i for i, fits in enumerate(right) if not fits]
    share = 1 - len(wrong) / len(items)
    shown, got = (items[wrong[0]], found[wrong[0]]) if wrong else (items[0], found[0])
    foreign = got and not words_of(got) & words_of(f"{shown.context} {shown.question}")
    if share < least:
        answer(task, function, shown)  # so that the report shows this call
    expect.measured(
        "share of right answers",
        share,
        f"{share:.0%}, and {got!r} for that one"
        + ("; no word of it is in the context: does the model read it?" if foreign else ""),
        least=least,
        expected=f"at least {least:.0%} of {len(items)} unseen questions answered, "
        f"as {shown.question!r} with {shown.answer!r}",
    )


def words_of(text):
    return set(re.findall(r"\w+", text.lower()))


def test_generative_is_short(task):
    """The generative answer is of at most 40 words, without the prompt.

    > The answer alone, in at most 40 words (40 tokens are never more): no prompt around it,
    > no special tokens.
    """
    for item in asked(6, seed=3):
        answer = call(task, "answer_generative", item.question, item.context)
        expect.that(len(answer.split()) <= 40, "at most 40 words", repr(answer))
        expect.that(item.question not in answer, "an answer without the question", repr(answer))
        sentence = item.context.partition(". ")[0]
        expect.that(sentence not in answer, "an answer, and not the context", repr(answer))


@pytest.mark.builds_on("test_extractive_answers", "test_generative_answers")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_question_decides(task, function):
    """Two questions on the same context have two answers.

    > Point at the answer to a question in a text.

    > Write an answer to a question on a text.
    """
    context = (
        "The Silent Garden is a landscape painting by Dutch artist Clara Vogel. "
        "It is kept in the Royal Museum in Lisbon. The critic Emil Conti praised the painting."
    )
    who = call(task, function, "Who painted The Silent Garden?", context)
    where = call(task, function, "In which city is The Silent Garden kept?", context)
    expect.that(who != where, "different answers to who and where", f"{who!r} twice")


@pytest.mark.builds_on("test_odd_contexts")
@pytest.mark.edge
@pytest.mark.parametrize("function", FUNCTIONS)
def test_long_context(task, function):
    """Of a long context, the model reads what it can.

    > one longer than the model reads (512 tokens: cut the context there)

    > a context longer than the model reads (512 tokens: cut the context, not the question)
    """
    context = " ".join(item.context for item in asked(20))
    check_cut(lambda: call(task, function, "Who wrote it?", context, empty=True), context)


@pytest.mark.builds_on("test_question_decides", "test_odd_contexts")
@pytest.mark.edge
def test_question_is_kept(task):
    """Where a context is too long, it is cut, and not the question.

    > a context longer than the model reads (512 tokens: cut the context, not the question)
    """
    items = asked(20)
    context = " ".join(item.context for item in items)
    questions = [item.question for item in items[:4]]
    answers = {call(task, "answer_generative", question, context) for question in questions}
    expect.that(
        len(answers) > 1,
        f"several answers to {len(questions)} questions on a context of {len(context):,} letters",
        f"{answers.pop()!r} to all of them; is the question read?",
    )


@pytest.mark.edge
@pytest.mark.parametrize("function", FUNCTIONS)
def test_same_again(task, function):
    """The same question gives the same answer.

    > The same call gives the same answer.
    """
    question = "When did the harbour open?"
    check_again(lambda: call(task, function, question, STRANGE_TEXT, empty=True))


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_contexts(task, name):
    """Any context will do: nothing, a letter, emoji, 2,000 words.

    > Any context will do: an empty one, whose answer is empty, and one longer than the
    > model reads (512 tokens: cut the context there).
    """
    context = ODD_TEXTS[name]
    for function in FUNCTIONS:
        answer = check_cut(
            lambda f=function: call(task, f, "Who wrote it?", context, empty=True), context
        )
        if function == "answer_extractive":
            check_span(answer, context)


@pytest.mark.edge
@pytest.mark.parametrize("name", ["empty", "emoji"])
def test_odd_questions(task, name):
    """Any question will do: nothing, or emoji.

    > An empty question has some answer too.

    > Any question and context will do: empty ones, whose answer may be anything
    """
    (item,) = asked(1)
    question = ODD_TEXTS[name]
    check_span(call(task, "answer_extractive", question, item.context), item.context)
    call(task, "answer_generative", question, item.context, empty=True)


@pytest.mark.edge
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_gradients(task, function):
    """The models run without keeping gradients.

    > Score each token of the context as start and as end of the answer, without gradients.

    > Generate new tokens, without gradients
    """
    (item,) = asked(1)
    check_no_gradients(lambda: call(task, function, item.question, item.context))


@pytest.mark.edge
@pytest.mark.benchmark
@pytest.mark.parametrize("function", FUNCTIONS)
def test_loaded_once(task, race, function):
    """The models are loaded once, not at every call.

    > Load both tokenizers and models of your choice: once, not at every call.
    """
    (item,) = asked(1)
    check_loaded_once(task, race, function, item.question, item.context)


@pytest.mark.builds_on
def test_script(task):
    """The script prints both answers to the sheet's question.

    > Print what the sheet prints.
    """
    task.main()
    found = task.printed.out.strip().splitlines()
    kinds = ("extractive", "generative")
    expect.that(len(found) == 2, "two lines", task.printed.out)
    for kind, line in zip(kinds, found, strict=True):
        start = f"Answer {kind} question-answering: "
        expect.that(line.startswith(start), f"a line that begins with {start!r}", repr(line))
    expect.equal(found[0].partition(": ")[2], "Leonardo da Vinci", "the extractive answer")
    check_text(found[1].partition(": ")[2], "the generative answer")
