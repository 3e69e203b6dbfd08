"""Task 11: what `generate` and `mean_perplexity` must do, and what `ANSWER` must say."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests.language import (
    check_again,
    check_loaded_once,
    check_no_gradients,
    check_text,
    sentences_of,
    unseen,
)

torch = lazy("torch")
transformers = lazy("transformers")
trends = lazy("fixtures.corpora.trends")

MODELS = ("openai-community/gpt2", "distilbert/distilgpt2")
CLOSE = 1e-3  # relative: batches and loops differ by rounding only


def sentences(count, seed=7):
    """Unseen forecasts of different lengths."""
    return [item.text for item in unseen(trends.prose, count, seed)]


def beginnings(count, seed=7):
    return [" ".join(text.split()[:6]) for text in sentences(count, seed)]


class Oracle:
    """The value of a text, and what comes after it, by a model's logits."""

    def __init__(self, name):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(name).eval()

    def ids(self, text):
        return self.tokenizer(text)["input_ids"]

    def losses(self, ids):
        """Minus the log-probability of each token after the first, in float64."""
        with torch.no_grad():
            logits = self.model(torch.tensor([ids])).logits[0].double()
        logs = logits.log_softmax(-1)
        return [-logs[i, ids[i + 1]].item() for i in range(len(ids) - 1)]

    def unshifted(self, ids):
        """The same of each token by the logits at its own place, which have seen it."""
        with torch.no_grad():
            logs = self.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        return [-logs[i, ids[i]].item() for i in range(len(ids))]

    def perplexity(self, text):
        losses = self.losses(self.ids(text))
        return math.exp(sum(losses) / len(losses))

    def go_on(self, text, count):
        """The ids of the most probable next tokens, up to the end of the text."""
        ids = self.ids(text)
        new = []
        for _ in range(count):
            with torch.no_grad():
                logits = self.model(torch.tensor([ids + new])).logits[0, -1]
            token = int(logits.argmax())
            if token == self.tokenizer.eos_token_id:
                break
            new.append(token)
        return self.tokenizer.decode(new)


ORACLES = []


def oracles():
    """One per model that the task allows, made once."""
    if not ORACLES:
        ORACLES.extend(Oracle(name) for name in MODELS)
    return ORACLES


def value(task, texts):
    found = task.mean_perplexity(texts)
    expect.number(found, "the mean perplexity")
    return found


def check_value(found, values, explain=lambda oracle: {}):
    """`found` is near one of `values`, the right ones by model; known mistakes are named."""
    if any(math.isclose(found, wanted, rel_tol=CLOSE) for wanted in values):
        return
    known = [
        reason
        for oracle in oracles()
        for reason, other in explain(oracle).items()
        if math.isclose(found, other, rel_tol=CLOSE)
    ]
    wanted = " or ".join(
        f"{value:.4f} ({name})" for value, name in zip(values, MODELS, strict=True)
    )
    raise expect.Wrong(
        f"a mean perplexity of {wanted}",
        f"{found:.4f}" + (f", which is {known[0]}" if known else ""),
    )


def mistakes(texts):
    """Other values that people compute."""

    def of(oracle):
        rows = [oracle.losses(oracle.ids(text)) for text in texts]
        end = oracle.tokenizer.eos_token_id
        started = [oracle.losses([end, *oracle.ids(text)]) for text in texts]
        losses = [sum(row) / len(row) for row in rows]
        pooled = sum(map(sum, rows)) / sum(map(len, rows))
        count = len(texts)
        longest = max(len(oracle.ids(text)) for text in texts)
        padded = []
        for text in texts:
            ids = oracle.ids(text)
            row = oracle.losses(ids + [end] * (longest - len(ids)))
            padded.append(math.exp(sum(row) / len(row)))
        ended = [oracle.losses([*oracle.ids(text), end]) for text in texts]
        unshifted = [oracle.unshifted(oracle.ids(text)) for text in texts]
        first = math.exp(losses[0])
        return {
            "the value with a start token put before each text": mean_exp(started),
            "the value with an end token put after each text": mean_exp(ended),
            "the value of each token by the logits at its own place; those one place before it "
            "are its prediction": mean_exp(unshifted),
            "exp of the sum divided by one less than there are predictions": sum(
                math.exp(sum(row) / max(len(row) - 1, 1)) for row in rows
            )
            / count,
            "exp of the sum divided by the number of tokens, the first one included": sum(
                math.exp(sum(row) / (len(row) + 1)) for row in rows
            )
            / count,
            "the mean of the exponentials of the tokens' losses": sum(
                sum(map(math.exp, row)) / len(row) for row in rows
            )
            / count,
            **({"the value of the first text alone": first} if count > 1 else {}),
            "the mean loss, without exp": sum(losses) / count,
            "exp of the mean loss over all texts, and not the mean of their perplexities": math.exp(
                sum(losses) / count
            ),
            "exp of the mean over all tokens of all texts, and not the mean by text": math.exp(
                pooled
            ),
            "2 to the power of the loss; the loss is in natural units": sum(
                2**loss for loss in losses
            )
            / count,
            "the value with padding counted as text": sum(padded) / count,
            "exp of the sum, and not of the mean, of a text's losses": sum(
                math.exp(min(sum(row), 700)) for row in rows
            )
            / count,
        }

    return of


def mean_exp(rows):
    """The mean perplexity of texts, by the losses of each."""
    return sum(math.exp(sum(row) / len(row)) for row in rows) / len(rows)


def check_mean(task, texts):
    wanted = [sum(map(oracle.perplexity, texts)) / len(texts) for oracle in oracles()]
    check_value(value(task, texts), wanted, mistakes(texts))


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_one_text(task, seed):
    """A text's perplexity is exp of its tokens' mean negative log-likelihood.

    > A text's perplexity is exp of the mean negative natural-log probability that the model
    > gives to its tokens, each after those before it.

    > nothing is put before it

    > Choose `gpt2` or `distilgpt2`, so that the value can be checked.
    """
    check_mean(task, sentences(1, seed))


@pytest.mark.builds_on("test_one_text")
@settings(max_examples=8)
@given(st.integers(2, 5), st.integers(0, 10_000))
def test_several_texts(task, count, seed):
    """Several texts have the mean of the values that each has alone.

    > it is the mean of the values that each text has on its own

    > The mean of the perplexities of some texts.
    """
    check_mean(task, sentences(count, seed))


@pytest.mark.builds_on("test_one_text", "test_several_texts")
def test_lengths(task):
    """A short text counts as much as a long one, and padding not at all.

    > Texts of different lengths count alike

    > Padding does not count either.
    """
    texts = sorted(sentences(20), key=len)
    check_mean(task, [texts[-1], texts[0]])
    jumbled = " ".join(reversed(texts[0].split()))
    check_mean(task, [jumbled, texts[-1], jumbled])  # a text that is there twice counts twice
    check_mean(task, [texts[0], texts[-1], texts[1]])


@pytest.mark.builds_on("test_one_text")
@pytest.mark.edge
def test_two_tokens(task):
    """A text of two tokens has a value too: of its second token after its first.

    > The first token has none before it and does not count
    """
    tokenizer = oracles()[0].tokenizer
    for text in ("By 2030", "The number of", "a b"):
        assert len(tokenizer(text)["input_ids"]) >= 2, text
        check_mean(task, [text])


@pytest.mark.builds_on("test_one_text")
@pytest.mark.edge
def test_long_text(task):
    """All tokens of a long text count.

    > the model gives to its tokens, each after those before it
    """
    text = " ".join(sentences(32))
    counts = [len(oracle.ids(text)) for oracle in oracles()]
    assert all(600 < count < 1_024 for count in counts), counts
    check_mean(task, [text])


@pytest.mark.builds_on("test_one_text")
def test_surprise(task):
    """Words in a jumble are less probable than the sentence.

    > A text's perplexity is exp of the mean negative natural-log probability that the model
    > gives to its tokens
    """
    for text in sentences(3, seed=4):
        words = text.split()
        jumbled = " ".join(words[1::2] + words[::2])
        plain, other = value(task, [text]), value(task, [jumbled])
        expect.that(
            other > 2 * plain,
            f"more than twice the {plain:.1f} of the sentence for its words in a jumble",
            f"{other:.1f} for {jumbled!r}",
        )


@pytest.mark.edge
@pytest.mark.parametrize(
    "texts",
    [[], ["a"], ["The"], ["By 2030", ""]],
    ids=["no text", "one token", "one token of several letters", "empty"],
)
def test_nothing_to_predict(task, texts):
    """No text, or one of fewer than two tokens, raises ValueError.

    > ValueError: there is no text, or one of fewer than two tokens.
    """
    expect.raises(ValueError, lambda: task.mean_perplexity(texts))


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.sampled_from([4, *range(1, 26)]))
def test_goes_on(task, seed, count):
    """The text begins with the prompt, and goes on with the most probable tokens.

    > Go on with a text.

    > `prompt`, unchanged, and right after it at most `max_new_tokens` tokens

    > The model takes the most probable token each time (no sampling, no beams)
    """
    (prompt,) = beginnings(1, seed)
    check_text_after(task, prompt, count)


def check_text_after(task, prompt, count):
    text = check_text(task.generate(prompt, count), "the text")
    expect.that(text.startswith(prompt), f"a text that begins with {prompt!r}", repr(text))
    wanted = [oracle.go_on(prompt, count) for oracle in oracles()]
    expect.that(
        text[len(prompt) :].strip() in [other.strip() for other in wanted],
        f"{prompt!r} and then {' or '.join(map(repr, dict.fromkeys(wanted)))}, "
        f"with max_new_tokens={count}",
        describe(text),
    )


@pytest.mark.builds_on("test_goes_on")
def test_limit(task):
    """`max_new_tokens` counts new tokens only, however long the prompt is.

    > right after it at most `max_new_tokens` tokens, as the model's tokenizer counts them,
    > without special tokens
    """
    words = sentences(1, seed=6)[0].split()
    for prompt in (words[0], " ".join(words[:-3]), " ".join(words[:4]) + " "):
        check_text_after(task, prompt, 4)


@pytest.mark.builds_on("test_goes_on")
@pytest.mark.edge
def test_least_limit(task):
    """A limit of one leaves room for a token.

    > at most `max_new_tokens` tokens
    """
    (prompt,) = beginnings(1)
    check_text_after(task, prompt, 1)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("prompt", "count"),
    [("", 5), ("By 2030", 0), ("By 2030", -1)],
    ids=["empty", "zero", "negative"],
)
def test_generate_refuses(task, prompt, count):
    """An empty prompt, or a limit below 1, raises ValueError.

    > ValueError: `prompt` is empty, or `max_new_tokens` below 1.
    """
    expect.raises(ValueError, lambda: task.generate(prompt, count))


@pytest.mark.builds_on("test_goes_on", "test_one_text")
@pytest.mark.edge
def test_emoji(task):
    """Emoji are text like any other.

    > `prompt`, unchanged, and right after it
    """
    check_text_after(task, "By 2030 🙂🎉", 3)
    check_mean(task, ["By 2030 🙂🎉 will be"])


@pytest.mark.builds_on("test_goes_on")
@pytest.mark.edge
@pytest.mark.parametrize("prompt", [" By 2030", "\nBy 2030, the"], ids=["space", "line"])
def test_white_space_first(task, prompt):
    """White space before the prompt is a part of it.

    > `prompt`, unchanged, and right after it
    """
    check_text_after(task, prompt, 3)


@pytest.mark.builds_on("test_goes_on")
@pytest.mark.edge
@pytest.mark.parametrize(
    "prompt", [" ", "By 2030<|endoftext|> the"], ids=["white space alone", "a special token"]
)
def test_prompt_as_it_is(task, prompt):
    """Whatever the prompt is, if it is not empty, the text begins with it.

    > `prompt`, unchanged, and right after it
    """
    text = task.generate(prompt, 2)
    expect.instance(text, str, "the text")
    expect.that(text.startswith(prompt), f"a text that begins with {prompt!r}", repr(text))


@pytest.mark.builds_on("test_goes_on")
def test_repetition(task):
    """A text that repeats itself goes on so, if that is the most probable.

    > The model takes the most probable token each time (no sampling, no beams)
    """
    check_text_after(task, "a b a b a b", 12)


@pytest.mark.builds_on("test_goes_on")
@pytest.mark.edge
def test_same_again(task):
    """The same prompt gives the same text, and the same texts the same value.

    > so that the same call gives the same text
    """
    (prompt,) = beginnings(1)
    check_again(lambda: task.generate(prompt, 8))
    check_again(lambda: value(task, sentences(2)))


@pytest.mark.edge
def test_no_gradients(task):
    """The model runs without keeping gradients.

    > Take the model's mean loss on each text, without gradients.
    """
    check_no_gradients(lambda: value(task, sentences(2)))


def test_answer(task):
    """ANSWER says in two sentences or more what a perplexity means.

    > Say in a string called ANSWER, in two sentences or more and 15 words or more, what the
    > perplexity of a text means.
    """
    answer = task.value("ANSWER")
    expect.instance(answer, str, "ANSWER")
    sentences_in = sentences_of(answer)
    expect.that(
        len(answer.split()) >= 15 and len(sentences_in) >= 2,
        "two sentences or more, of 15 words or more in all",
        f"{len(sentences_in)} sentences, {len(answer.split())} words: {answer!r}",
    )


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """`generate` loads the model once, not at every call.

    > Load the tokenizer and the model: once, not at every call.
    """
    check_loaded_once(task, race, "generate", "By 2030", 5)


@pytest.mark.builds_on
def test_script(task):
    """The script prints the text that it generated, and the mean perplexity of that.

    > Print what the sheet prints.
    """
    task.main()
    start = "Generated Text: Current trends show that by 2030"
    lines = task.printed.out.strip().splitlines()
    expect.that(lines and lines[0].startswith(start), f"a line that begins with {start!r}", lines)
    text = "\n".join(lines)[len("Generated Text: ") :]
    text, _, number = text.rpartition("\nMean perplexity: ")
    try:
        found = float(number)
    except ValueError:
        raise expect.Wrong("a last line 'Mean perplexity: ' and a number", lines[-1]) from None
    check_value(found, [oracle.perplexity(text) for oracle in oracles()], mistakes([text]))
