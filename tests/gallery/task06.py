"""Answers to task 06, wrong and right: the tests of its tests."""

from functools import cache

import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    MarianMTModel,
    MarianTokenizer,
    pipeline,
)

from kata.testing import right, wrong

NAME = "Helsinki-NLP/opus-mt-es-bg"


@cache
def parts(name):
    return AutoTokenizer.from_pretrained(name), AutoModelForSeq2SeqLM.from_pretrained(name).eval()


def listed(texts):
    return [texts] if isinstance(texts, str) else texts


def translated(texts, name=NAME, **settings):
    """By the model of that name, as a batch."""
    if not texts:
        return []
    tokenizer, model = parts(name)
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=100, **settings)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@right("goes text by text, with Marian's own classes and beams")
def translate(texts):
    tokenizer, model = marian()
    result = []
    for text in listed(texts):
        with torch.inference_mode():
            inputs = tokenizer(text, truncation=True, return_tensors="pt")
            ids = model.generate(**inputs, num_beams=4, max_new_tokens=200)
        result.append(tokenizer.decode(ids[0], skip_special_tokens=True))
    return result


@cache
def marian():
    return MarianTokenizer.from_pretrained(NAME), MarianMTModel.from_pretrained(NAME)


@right("sorts the batch by length, and puts it back in order")
def translate(texts):
    texts = listed(texts)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = translated([texts[i] for i in order])
    return [found[order.index(i)] for i in range(len(texts))]


@wrong("translates from Bulgarian to Spanish", caught_by=("test_bulgarian", "test_meaning"))
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-bg-es")


@wrong("translates to English", caught_by=("test_bulgarian", "test_meaning", "test_script"))
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-es-en")


@wrong("lets a summariser translate", caught_by=("test_bulgarian", "test_meaning"))
def translate(texts):
    found = translated([f"translate Spanish to Bulgarian: {t}" for t in listed(texts)],
                       "cnicu/t5-small-booksum")  # fmt: skip
    return [text or "?" for text in found]


@wrong("translates an instruction along with the text", caught_by="test_meaning")
def translate(texts):
    return translated([f"Traduce este texto al búlgaro: {text}" for text in listed(texts)])


@wrong("asks for the pipeline of transformers 4", caught_by="test_a_list")
def translate(texts):
    found = pipeline("translation", model=NAME)(listed(texts))
    return [item["translation_text"] for item in found]


@wrong("asks for a model that has no stand-in", caught_by="test_a_list")
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-es-de")


@wrong("takes a string for a list of letters", caught_by="test_one_string")
def translate(texts):
    return translated(list(texts))


@wrong("returns a string for a string", caught_by=("test_one_string", "test_script"))
def translate(texts):
    found = translated(listed(texts))
    return found[0] if isinstance(texts, str) else found


@wrong("answers the first text only", caught_by=("test_a_list", "test_order"))
def translate(texts):
    return translated(listed(texts)[:1])


@wrong("gives the first translation to all", caught_by=("test_order", "test_meaning"))
def translate(texts):
    texts = listed(texts)
    return translated(texts[:1]) * len(texts)


@wrong("returns the translations by length", caught_by="test_order")
def translate(texts):
    return translated(sorted(listed(texts), key=len))


@wrong("joins the texts, and splits the translation", caught_by=("test_a_list", "test_order"))
def translate(texts):
    texts = listed(texts)
    found = translated([" ".join(texts)])[0] if texts else ""
    return [f"{part.strip()}." for part in found.split(".") if part.strip()]


@wrong("leaves the special tokens in", caught_by=("test_a_list", "test_script"))
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**inputs, max_new_tokens=100))


@wrong("does not pad", caught_by=("test_a_list", "test_meaning"))
def translate(texts):
    tokenizer, model = parts(NAME)
    ids = tokenizer(listed(texts), return_tensors="pt").input_ids
    return tokenizer.batch_decode(model.generate(ids), skip_special_tokens=True)


@wrong("cuts the texts to the shortest", caught_by=("test_meaning", "test_alone_or_together"))
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    shortest = min(len(text.split()) for text in texts) or 1
    return translated([" ".join(text.split()[:shortest]) for text in texts])


@wrong("takes padding for text", caught_by="test_alone_or_together")
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    ids = tokenizer(texts, padding=True, truncation=True, return_tensors="pt").input_ids
    new = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong("translates each text once, however often it comes", caught_by="test_order")
def translate(texts):
    return translated(list(dict.fromkeys(listed(texts))))


@wrong("writes at most twelve tokens", caught_by="test_long_sentences")
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=12)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong("does not cut long texts", caught_by="test_odd_texts[2,000 words]")
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong("drops texts without letters", caught_by=("test_odd_texts[empty]", "test_odd_texts[emoji]"))
def translate(texts):
    return translated([t for t in listed(texts) if any(letter.isalpha() for letter in t)])


@wrong("fails on an empty list", caught_by="test_empty_list")
def translate(texts):
    texts = listed(texts)
    return translated(texts) if texts else None


@wrong("empties the list that it works through", caught_by="test_input_is_kept")
def translate(texts):
    if isinstance(texts, str):
        return translated([texts])
    found = translated(list(texts))
    texts.clear()
    return found


@wrong("samples", caught_by="test_same_again")
def translate(texts):
    return translated(listed(texts), do_sample=True)


@wrong("remembers the sheet's sentence", caught_by=("test_meaning", "test_order"))
def translate(texts):
    return ["Този курс за LLMs става много интересен."] * len(listed(texts))


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def translate(texts):
    parts.cache_clear()
    return translated(listed(texts))


@wrong(
    "returns nothing",
    caught_by=(
        "test_a_list",
        "test_one_string",
        "test_empty_list",
        "test_bulgarian",
        "test_meaning",
        "test_long_sentences",
        "test_order",
        "test_alone_or_together",
        "test_odd_texts",
        "test_script",
    ),
)
def translate(texts):
    print(translated(listed(texts)))


@wrong("translates no texts into an empty one", caught_by="test_empty_list")
def translate(texts):
    return translated(listed(texts) or [""])


@wrong("takes an empty text for an empty list", caught_by="test_odd_texts[empty]")
def translate(texts):
    return translated(listed(texts)) if texts else []


@wrong("leaves the model in training mode", caught_by="test_same_again")
def translate(texts):
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(listed(texts), padding=True, truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)
