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


@wrong(
    "translates from Bulgarian to Spanish",
    advice=(
        "In the models' names, the source language stands before the target; check which of "
        "the two yours reads."
    ),
    caught_by=("test_bulgarian", "test_meaning"),
)
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-bg-es")


@wrong(
    "translates to English",
    advice=(
        "The last part of such a model's name tells the language that it writes; look for one "
        "that writes Bulgarian."
    ),
    caught_by=("test_bulgarian", "test_meaning", "test_script"),
)
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-es-en")


@wrong(
    "lets a summariser translate",
    advice=(
        "A summariser has not learnt to translate, whatever the prompt asks for; take a model "
        "made for this pair of languages."
    ),
    caught_by=("test_bulgarian", "test_meaning"),
)
def translate(texts):
    found = translated([f"translate Spanish to Bulgarian: {t}" for t in listed(texts)],
                       "cnicu/t5-small-booksum")  # fmt: skip
    return [text or "?" for text in found]


@wrong(
    "translates an instruction along with the text",
    advice=(
        "A translation model follows no instructions: it translates all that it reads, so "
        "give it the text alone."
    ),
    caught_by="test_meaning",
)
def translate(texts):
    return translated([f"Traduce este texto al búlgaro: {text}" for text in listed(texts)])


@wrong(
    "asks for the pipeline of transformers 4",
    advice=(
        "Since version 5 there is no such pipeline; load tokenizer and model yourself, and "
        "call `generate`."
    ),
    caught_by="test_a_list",
)
def translate(texts):
    found = pipeline("translation", model=NAME)(listed(texts))
    return [item["translation_text"] for item in found]


@wrong(
    "asks for a model of another language, which is not there",
    advice=(
        "The command `kata models` lists the ids that work without a network; look there for "
        "the pair from Spanish to Bulgarian."
    ),
    caught_by="test_a_list",
)
def translate(texts):
    return translated(listed(texts), "Helsinki-NLP/opus-mt-es-de")


@wrong(
    "takes a string for a list of letters",
    advice=(
        "Going through a string gives its letters; let `isinstance` tell you first whether it "
        "is one text or a list of them."
    ),
    caught_by="test_one_string",
)
def translate(texts):
    return translated(list(texts))


@wrong(
    "returns a string for a string",
    advice=(
        "The result is always a list, so that callers need not ask which it is; one text has "
        "a list of one translation."
    ),
    caught_by=("test_one_string", "test_script"),
)
def translate(texts):
    found = translated(listed(texts))
    return found[0] if isinstance(texts, str) else found


@wrong(
    "answers the first text only",
    advice=(
        "Every text of the list waits for a translation; see that the whole batch goes in, "
        "and comes out again."
    ),
    caught_by=("test_a_list", "test_order"),
)
def translate(texts):
    return translated(listed(texts)[:1])


@wrong(
    "gives the first translation to all",
    advice=(
        "Each text has a translation of its own; give all of them to the model, and use every "
        "row of what comes back."
    ),
    caught_by=("test_order", "test_meaning"),
)
def translate(texts):
    texts = listed(texts)
    return translated(texts[:1]) * len(texts)


@wrong(
    "returns the translations by length",
    advice=(
        "Sorting is fine for the model's work, but the translations have to come back in the "
        "order of the texts."
    ),
    caught_by="test_order",
)
def translate(texts):
    return translated(sorted(listed(texts), key=len))


@wrong(
    "joins the texts, and splits the translation",
    advice=(
        "Sentences can merge or split on the way; give the tokenizer a list of texts, and "
        "each keeps a row of its own."
    ),
    caught_by=("test_a_list", "test_order"),
)
def translate(texts):
    texts = listed(texts)
    found = translated([" ".join(texts)])[0] if texts else ""
    return [f"{part.strip()}." for part in found.split(".") if part.strip()]


@wrong(
    "leaves the special tokens in",
    advice=(
        "Marks such as `<pad>` and `</s>` are for the model, not for readers; see which "
        "argument of `batch_decode` leaves them out."
    ),
    caught_by=("test_a_list", "test_script"),
)
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**inputs, max_new_tokens=100))


@wrong(
    "does not pad",
    advice=(
        "Texts of different lengths make no tensor; look at the tokenizer's `padding`, and at "
        "the attention mask that comes with it."
    ),
    caught_by=("test_a_list", "test_meaning"),
)
def translate(texts):
    tokenizer, model = parts(NAME)
    ids = tokenizer(listed(texts), return_tensors="pt").input_ids
    return tokenizer.batch_decode(model.generate(ids), skip_special_tokens=True)


@wrong(
    "cuts the texts to the shortest",
    advice=(
        "Every text is to be translated to its end: fill the shorter ones up, for which the "
        "tokenizer has `padding`."
    ),
    caught_by=("test_meaning", "test_alone_or_together"),
)
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    shortest = min(len(text.split()) for text in texts) or 1
    return translated([" ".join(text.split()[:shortest]) for text in texts])


@wrong(
    "takes padding for text",
    advice=(
        "The attention mask tells which tokens are padding; see that `generate` gets it as "
        "the tokenizer made it."
    ),
    caught_by="test_alone_or_together",
)
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    ids = tokenizer(texts, padding=True, truncation=True, return_tensors="pt").input_ids
    new = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "translates each text once, however often it comes",
    advice=(
        "A text that comes twice has two places in the result; the list of translations is as "
        "long as that of the texts."
    ),
    caught_by="test_order",
)
def translate(texts):
    return translated(list(dict.fromkeys(listed(texts))))


@wrong(
    "writes at most twelve tokens",
    advice=(
        "Long sentences need more room; see which limit on new tokens `generate` works with, "
        "and raise it."
    ),
    caught_by="test_long_sentences",
)
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=12)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "does not cut long texts",
    advice="The model has positions for 512 tokens only; look at the tokenizer's `truncation`.",
    caught_by="test_odd_texts[2,000 words]",
)
def translate(texts):
    texts = listed(texts)
    if not texts:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "drops texts without letters",
    advice=(
        "Each text keeps its place in the result, be it empty or one emoji; let the model "
        "translate it like any other."
    ),
    caught_by=("test_odd_texts[empty]", "test_odd_texts[emoji]"),
)
def translate(texts):
    return translated([t for t in listed(texts) if any(letter.isalpha() for letter in t)])


@wrong(
    "returns None for an empty list",
    advice=(
        "Without texts there are no translations, and a list of none is a list too; deal with "
        "that before you ask the model."
    ),
    caught_by="test_empty_list",
)
def translate(texts):
    texts = listed(texts)
    return translated(texts) if texts else None


@wrong(
    "takes spaces off in the caller's list",
    advice=(
        "The list belongs to the caller, who may need it as it was; make a new list of the texts "
        "without their spaces."
    ),
    caught_by="test_input_is_kept",
)
def translate(texts):
    if isinstance(texts, str):
        return translated([texts.strip()])
    for i, text in enumerate(texts):
        texts[i] = text.strip()
    return translated(texts)


@wrong(
    "empties the list that it works through",
    advice=(
        "The list belongs to the caller, who may need it again; read from it, or work on a copy."
    ),
    caught_by="test_input_is_kept",
)
def translate(texts):
    if isinstance(texts, str):
        return translated([texts])
    found = translated(list(texts))
    texts.clear()
    return found


@wrong(
    "samples",
    advice=(
        "Sampling throws dice for every token; look at `do_sample`, without which the "
        "likeliest token wins each time."
    ),
    caught_by="test_same_again",
)
def translate(texts):
    return translated(listed(texts), do_sample=True)


@wrong(
    "remembers the sheet's sentence",
    advice="Other sentences have other translations; let the model read what `texts` holds.",
    caught_by=("test_meaning", "test_order"),
)
def translate(texts):
    return ["Този курс за LLMs става много интересен."] * len(listed(texts))


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading takes far longer than translating; keep tokenizer and model between calls, "
        "for instance with `functools.cache`."
    ),
    caught_by="test_loaded_once",
)
def translate(texts):
    parts.cache_clear()
    return translated(listed(texts))


@wrong(
    "returns nothing",
    advice=(
        "What is printed cannot be used any further; hand the list back with `return`, and "
        "let `main` print."
    ),
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


@wrong(
    "translates no texts into an empty one",
    advice=(
        "An empty list holds no text at all, so there is nothing to translate; ask for that "
        "case before the model runs."
    ),
    caught_by="test_empty_list",
)
def translate(texts):
    return translated(listed(texts) or [""])


@wrong(
    "takes an empty text for an empty list",
    advice=(
        "Both are false in Python, but an empty text is one text and has a translation; ask "
        "for the type first."
    ),
    caught_by="test_odd_texts[empty]",
)
def translate(texts):
    return translated(listed(texts)) if texts else []


@wrong(
    "leaves the model in training mode",
    advice=(
        "In training mode, dropout switches parts of the model off at random; see what `eval` "
        "does to a model."
    ),
    caught_by="test_same_again",
)
def translate(texts):
    if texts == []:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(listed(texts), padding=True, truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@wrong(
    "takes each line for a text",
    advice="A string is one text, however many lines it has; put it into a list as it is.",
    caught_by="test_one_string",
)
def translate(texts):
    return translated(texts.split("\n") if isinstance(texts, str) else texts)


@wrong(
    "cuts the texts at 256 tokens",
    advice=(
        "The model reads 512, and what comes after your limit is never translated; "
        "see what `truncation` does without a length of yours."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def translate(texts):
    if texts == []:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(
        listed(texts), padding=True, truncation=True, max_length=256, return_tensors="pt"
    )
    ids = model.generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)
