"""Answers to task 04, wrong and right: the tests of its tests."""

from functools import cache

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    T5ForConditionalGeneration,
    T5Tokenizer,
    pipeline,
)

from kata.testing import right, wrong

NAME = "cnicu/t5-small-booksum"


@cache
def parts(name, kind=AutoModelForSeq2SeqLM):
    return AutoTokenizer.from_pretrained(name), kind.from_pretrained(name).eval()


def written(name, text, *, kind=AutoModelForSeq2SeqLM, **settings):
    """What a model of the hub writes for a text."""
    tokenizer, model = parts(name, kind)
    inputs = tokenizer(text or ".", truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, **settings)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


def check(max_tokens):
    if max_tokens < 1:
        raise ValueError(max_tokens)


@right("uses T5's own classes and beams")
def summarize(text, max_tokens=50):
    if not max_tokens > 0:
        raise ValueError("no room")
    tokenizer, model = beams()
    ids = tokenizer("summarize: " + text, truncation=True, return_tensors="pt").input_ids
    with torch.inference_mode():
        new = model.generate(ids, max_new_tokens=max_tokens, num_beams=4)
    return tokenizer.decode(new[0], skip_special_tokens=True)


@cache
def beams():
    return T5Tokenizer.from_pretrained(NAME), T5ForConditionalGeneration.from_pretrained(NAME)


@right("counts the token that starts decoding, with max_length")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_length=max_tokens + 1, min_length=0)


@right("generates freely, and cuts the tokens")
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text, truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=max(max_tokens, 80))[0]
    new = [i for i in new.tolist() if i not in tokenizer.all_special_ids]
    return tokenizer.decode(new[:max_tokens])


@wrong(
    "limits the words, not the tokens",
    advice=(
        "One word is often several tokens; "
        "let the model stop in time, by the setting of `generate` that counts what it writes."
    ),
    caught_by=("test_limit", "test_default_limit"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return " ".join(written(NAME, text, max_new_tokens=120).split()[:max_tokens])


@wrong(
    "limits the characters",
    advice=(
        "A token is several letters as a rule, so this breaks off much too early; "
        "leave the counting to `generate`."
    ),
    caught_by="test_room",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=80)[:max_tokens]


@wrong(
    "ignores the limit",
    advice=(
        "A caller who asks for 10 tokens wants a short text and gets dozens; "
        "see where `max_tokens` should reach `generate`."
    ),
    caught_by=("test_limit", "test_default_limit", "test_odd_texts"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=70, min_new_tokens=60)


@wrong(
    "takes max_length for the number of new tokens",
    advice=(
        "In an encoder-decoder, the text's tokens take no room from the summary; "
        "look for the setting that counts new tokens only."
    ),
    caught_by=("test_room", "test_name"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, _ = parts(NAME)
    length = len(tokenizer(text)["input_ids"])
    return written(NAME, text, max_length=max(max_tokens - length, 2))


@wrong(
    "has another default",
    advice="The signature belongs to the task: a call without a limit leaves room for 50 tokens.",
    caught_by="test_default_limit",
)
def summarize(text, max_tokens=8):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "leaves the special tokens in",
    advice=(
        "Signals such as `</s>` and `<pad>` are for the model, not for readers; "
        "see what `decode` can skip."
    ),
    caught_by=("test_text", "test_limit"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text, truncation=True, return_tensors="pt")
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=max_tokens)[0])


@wrong(
    "returns the list of the batch",
    advice="A batch of one text has one summary in it; the caller wants that string alone.",
    caught_by="test_text",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer([text], truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=max_tokens)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "cuts the text instead of summarising it",
    advice=(
        "The name often stands further down; "
        "let the model read the text, and decode what `generate` makes of it."
    ),
    caught_by=("test_name",),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, _ = parts(NAME)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"][:max_tokens]
    return tokenizer.decode(ids)


@wrong(
    "cuts the text to 512 characters",
    advice=(
        "The model reads 512 tokens, which are many more letters; "
        "let the tokenizer cut, for it counts in tokens."
    ),
    caught_by="test_whole_text",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text[:512], max_new_tokens=max_tokens)


@wrong(
    "gives the text back",
    advice=(
        "Nothing is shorter yet; "
        "what you return should be decoded from what the model generates, not from what it reads."
    ),
    caught_by=("test_shorter", "test_limit"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return text


@wrong(
    "summarises with a translator",
    advice=(
        "This model turns English into Spanish; the task names one that was fine-tuned for the job."
    ),
    caught_by=("test_name", "test_script"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written("Helsinki-NLP/opus-mt-en-es", text, max_new_tokens=max_tokens)


@wrong(
    "lets GPT-2 go on with the text",
    advice=(
        "A decoder like this guesses what comes next and never learnt to sum up; "
        "the task names an encoder-decoder that did."
    ),
    caught_by=("test_name", "test_own_text"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(text + "\nTL;DR:", return_tensors="pt")["input_ids"][:, -900:]
    new = model.generate(ids, max_new_tokens=max_tokens, pad_token_id=0)[0, ids.shape[1] :]
    return tokenizer.decode(new, skip_special_tokens=True)


@wrong(
    "gives T5 to the text-generation pipeline, which echoes",
    advice=(
        "That pipeline is made for decoders; "
        "load the tokenizer and the model yourself, with the class for encoder-decoders."
    ),
    caught_by="test_shorter",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    made = pipeline("text-generation", model=NAME)(text, max_new_tokens=max_tokens)
    return made[0]["generated_text"]


@wrong(
    "asks for the pipeline of transformers 4",
    advice=(
        'Version 5 has no "summarization" any more; '
        "load the two parts with `from_pretrained`, and call `generate`."
    ),
    caught_by="test_text",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return pipeline("summarization", model=NAME)(text, max_length=max_tokens)[0]["summary_text"]


@wrong(
    "asks for a model that has no stand-in",
    advice="Without a network, only some ids lead to a model; take the one that the task names.",
    caught_by="test_text",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written("facebook/bart-large-cnn", text, max_new_tokens=max_tokens)


@wrong(
    "remembers the sheet's text",
    advice=(
        "The function is called with other texts, too; "
        "compute the summary from the text that it is given."
    ),
    caught_by=("test_name", "test_own_text"),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    words = "The Eiffel Tower is 324 metres tall and the tallest structure in Paris.".split()
    return " ".join(words[: max(max_tokens // 3, 1)])


@wrong(
    "samples",
    advice=(
        "A summary should not hang on chance; "
        "let `generate` take the likeliest token each time, and look at `do_sample`."
    ),
    caught_by="test_same_again",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens, do_sample=True)


@wrong(
    "puts other numbers in",
    advice=(
        "A summary may only have numbers that stand in the text; "
        "leave the digits as the model wrote them."
    ),
    caught_by="test_no_new_numbers",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    found = written(NAME, text, max_new_tokens=max_tokens)
    return "".join(str(9 - int(letter)) if letter.isdigit() else letter for letter in found)


@wrong(
    "accepts any limit",
    advice=(
        "A limit of 0 or -1 leaves no room for a token; "
        "the docstring says which error tells the caller."
    ),
    caught_by="test_limit_below_one",
)
def summarize(text, max_tokens=50):
    return written(NAME, text, max_new_tokens=max(max_tokens, 1))


@wrong(
    "stops at a text without words",
    advice=(
        "An empty text is allowed, and its summary may be empty; "
        "only the limit can be a reason for an error."
    ),
    caught_by="test_odd_texts[empty]",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    if not text.strip():
        raise ValueError("nothing to summarise")
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading reads all weights again, which takes time; "
        "keep what you load between calls, with `functools.cache` for instance."
    ),
    caught_by="test_loaded_once",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    parts.cache_clear()
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "loads the tokenizer anew at every call",
    advice="Your model stays between calls, but the tokenizer does not; keep both in the same way.",
    caught_by="test_loaded_once",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    _, model = parts(NAME)
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    ids = tokenizer(text, truncation=True, return_tensors="pt").input_ids
    return tokenizer.decode(model.generate(ids, max_new_tokens=max_tokens)[0], True)


@wrong(
    "returns nothing",
    advice="The caller gets None; hand the decoded summary back with `return`.",
    caught_by=(
        "test_text",
        "test_limit",
        "test_room",
        "test_default_limit",
        "test_name",
        "test_whole_text",
        "test_shorter",
        "test_no_new_numbers",
        "test_own_text",
        "test_odd_texts",
        "test_script",
    ),
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "reads a text of any length",
    advice=(
        "The model was made for 512 tokens; "
        "look at what `truncation` does when the tokenizer is called."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    ids = tokenizer(text or ".", return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=max_tokens)
    return tokenizer.decode(new[0], skip_special_tokens=True)


@wrong(
    "leaves the model in training mode",
    advice=(
        "In that mode, dropout switches off parts of the model at random; "
        "look at what `eval()` does."
    ),
    caught_by="test_same_again",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text or ".", truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=max_tokens)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong(
    "gives nothing where there is room for one token",
    advice="A limit of 1 is a limit like any other: let the model write that one token.",
    caught_by="test_least_limit",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens) if max_tokens > 1 else ""


@wrong(
    "refuses a limit of one",
    advice="The docstring speaks of limits below 1; look at what your comparison says of 1 itself.",
    caught_by="test_least_limit",
)
def summarize(text, max_tokens=50):
    check(max_tokens - 1)
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "writes one token more than is allowed",
    advice=(
        "`max_new_tokens` does not count the token that decoding starts with, so nothing has to be "
        "added for it."
    ),
    caught_by="test_limit_to_the_token",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens + 1)


@wrong(
    "asks for the limit after the text",
    advice=(
        "A limit below 1 is an error with any text, an empty one too; "
        "look at the limit before you ask whether there is anything to summarise."
    ),
    caught_by="test_limit_below_one",
)
def summarize(text, max_tokens=50):
    if not text:
        return ""
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong(
    "cuts the text at 256 tokens",
    advice=(
        "The model reads twice as many, and half of a long text is lost; "
        "see what `truncation` does without a length of yours."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=max_tokens)
    return tokenizer.decode(ids[0], skip_special_tokens=True)
