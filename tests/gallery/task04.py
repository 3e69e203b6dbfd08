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


@wrong("limits the words, not the tokens", caught_by=("test_limit", "test_default_limit"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    return " ".join(written(NAME, text, max_new_tokens=120).split()[:max_tokens])


@wrong("limits the characters", caught_by="test_room")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=80)[:max_tokens]


@wrong("ignores the limit", caught_by=("test_limit", "test_default_limit", "test_odd_texts"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=70, min_new_tokens=60)


@wrong("takes max_length for the number of new tokens", caught_by=("test_room", "test_name"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, _ = parts(NAME)
    length = len(tokenizer(text)["input_ids"])
    return written(NAME, text, max_length=max(max_tokens - length, 2))


@wrong("has another default", caught_by="test_default_limit")
def summarize(text, max_tokens=8):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong("leaves the special tokens in", caught_by=("test_text", "test_limit"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text, truncation=True, return_tensors="pt")
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=max_tokens)[0])


@wrong("returns the list of the batch", caught_by="test_text")
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer([text], truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=max_tokens)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong("cuts the text instead of summarising it", caught_by=("test_name",))
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, _ = parts(NAME)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"][:max_tokens]
    return tokenizer.decode(ids)


@wrong("cuts the text to 512 characters", caught_by="test_whole_text")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text[:512], max_new_tokens=max_tokens)


@wrong("gives the text back", caught_by=("test_shorter", "test_limit"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    return text


@wrong("summarises with a translator", caught_by=("test_name", "test_script"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written("Helsinki-NLP/opus-mt-en-es", text, max_new_tokens=max_tokens)


@wrong("lets GPT-2 go on with the text", caught_by=("test_name", "test_own_text"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(text + "\nTL;DR:", return_tensors="pt")["input_ids"][:, -900:]
    new = model.generate(ids, max_new_tokens=max_tokens, pad_token_id=0)[0, ids.shape[1] :]
    return tokenizer.decode(new, skip_special_tokens=True)


@wrong("gives T5 to the text-generation pipeline, which echoes", caught_by="test_shorter")
def summarize(text, max_tokens=50):
    check(max_tokens)
    made = pipeline("text-generation", model=NAME)(text, max_new_tokens=max_tokens)
    return made[0]["generated_text"]


@wrong("asks for the pipeline of transformers 4", caught_by="test_text")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return pipeline("summarization", model=NAME)(text, max_length=max_tokens)[0]["summary_text"]


@wrong("asks for a model that has no stand-in", caught_by="test_text")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written("facebook/bart-large-cnn", text, max_new_tokens=max_tokens)


@wrong("remembers the sheet's text", caught_by=("test_name", "test_own_text"))
def summarize(text, max_tokens=50):
    check(max_tokens)
    words = "The Eiffel Tower is 324 metres tall and the tallest structure in Paris.".split()
    return " ".join(words[: max(max_tokens // 3, 1)])


@wrong("samples", caught_by="test_same_again")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens, do_sample=True)


@wrong("puts other numbers in", caught_by="test_no_new_numbers")
def summarize(text, max_tokens=50):
    check(max_tokens)
    found = written(NAME, text, max_new_tokens=max_tokens)
    return "".join(str(9 - int(letter)) if letter.isdigit() else letter for letter in found)


@wrong("accepts any limit", caught_by="test_limit_below_one")
def summarize(text, max_tokens=50):
    return written(NAME, text, max_new_tokens=max(max_tokens, 1))


@wrong("stops at a text without words", caught_by="test_odd_texts[empty]")
def summarize(text, max_tokens=50):
    check(max_tokens)
    if not text.strip():
        raise ValueError("nothing to summarise")
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def summarize(text, max_tokens=50):
    check(max_tokens)
    parts.cache_clear()
    return written(NAME, text, max_new_tokens=max_tokens)


@wrong("loads the tokenizer anew at every call", caught_by="test_loaded_once")
def summarize(text, max_tokens=50):
    check(max_tokens)
    _, model = parts(NAME)
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    ids = tokenizer(text, truncation=True, return_tensors="pt").input_ids
    return tokenizer.decode(model.generate(ids, max_new_tokens=max_tokens)[0], True)


@wrong(
    "returns nothing",
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


@wrong("reads a text of any length", caught_by="test_odd_texts[2,000 words]")
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    ids = tokenizer(text or ".", return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=max_tokens)
    return tokenizer.decode(new[0], skip_special_tokens=True)


@wrong("leaves the model in training mode", caught_by="test_same_again")
def summarize(text, max_tokens=50):
    check(max_tokens)
    tokenizer, model = parts(NAME)
    inputs = tokenizer(text or ".", truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=max_tokens)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong("gives nothing where there is room for one token", caught_by="test_least_limit")
def summarize(text, max_tokens=50):
    check(max_tokens)
    return written(NAME, text, max_new_tokens=max_tokens) if max_tokens > 1 else ""


@wrong("refuses a limit of one", caught_by="test_least_limit")
def summarize(text, max_tokens=50):
    check(max_tokens - 1)
    return written(NAME, text, max_new_tokens=max_tokens)
