"""Answers to task 12, wrong and right: the tests of its tests."""

from functools import cache

import evaluate
import sacrebleu
import torch
from torchmetrics.text import BLEUScore, SacreBLEUScore
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, MarianMTModel, MarianTokenizer

from kata.testing import right, wrong

NAME = "Helsinki-NLP/opus-mt-es-en"


@cache
def parts(name):
    return AutoTokenizer.from_pretrained(name), AutoModelForSeq2SeqLM.from_pretrained(name).eval()


def translated(sentences, name=NAME, **settings):
    if not sentences:
        return []
    tokenizer, model = parts(name)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=100, **settings)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


def check(translations, references):
    if len(translations) != len(references):
        raise ValueError("lists of different lengths")


@right("goes sentence by sentence, with Marian's own classes and beams")
def translate(sentences):
    tokenizer, model = marian()
    result = []
    for sentence in sentences:
        with torch.inference_mode():
            inputs = tokenizer(sentence, truncation=True, return_tensors="pt")
            ids = model.generate(**inputs, num_beams=3, max_new_tokens=150)
        result.append(tokenizer.decode(ids[0], skip_special_tokens=True))
    return result


@cache
def marian():
    return MarianTokenizer.from_pretrained(NAME), MarianMTModel.from_pretrained(NAME)


@right("asks sacrebleu, with the references transposed")
def score(translations, references):
    check(translations, references)
    columns = [list(column) for column in zip(*references, strict=True)]
    metric = sacrebleu.BLEU(smooth_method="none")
    return metric.corpus_score(translations, columns).score / 100


@right("asks torchmetrics' SacreBLEUScore")
def score(translations, references):
    check(translations, references)
    return SacreBLEUScore()(translations, references).item()


@right("asks evaluate's sacrebleu, without smoothing")
def score(translations, references):
    check(translations, references)
    global metric
    if "metric" not in globals():
        metric = evaluate.load("sacrebleu")
    found = metric.compute(predictions=translations, references=references, smooth_method="none")
    return found["score"] / 100


@wrong("gives a score of 0 to 100", caught_by=("test_sheet", "test_corpus", "test_bounds"))
def score(translations, references):
    check(translations, references)
    columns = list(zip(*references, strict=True))
    return sacrebleu.corpus_bleu(translations, columns, smooth_method="none").score


@wrong("hands the sheet's rows to sacrebleu as they are", caught_by=("test_sheet", "test_corpus"))
def score(translations, references):
    check(translations, references)
    return sacrebleu.corpus_bleu(translations, references).score / 100


@wrong("uses the first reference only", caught_by="test_any_reference")
def score(translations, references):
    check(translations, references)
    firsts = [row[:1] for row in references]
    return load_metric().compute(predictions=translations, references=firsts)["bleu"]


@wrong("averages the sentences' scores", caught_by=("test_sheet", "test_corpus"))
def score(translations, references):
    check(translations, references)
    values = [
        load_metric().compute(predictions=[text], references=[row])["bleu"]
        for text, row in zip(translations, references, strict=True)
    ]
    return sum(values) / len(values)


@wrong("splits at white space only", caught_by="test_sheet")
def score(translations, references):
    check(translations, references)
    return BLEUScore()(translations, references).item()


@wrong("smooths", caught_by="test_bounds")
def score(translations, references):
    check(translations, references)
    columns = list(zip(*references, strict=True))
    return sacrebleu.corpus_bleu(translations, columns).score / 100


@wrong("counts n-grams of two tokens at most", caught_by=("test_sheet", "test_corpus"))
def score(translations, references):
    check(translations, references)
    return load_metric().compute(predictions=translations, references=references, max_order=2)[
        "bleu"
    ]


@wrong("leaves the brevity penalty out", caught_by="test_corpus")
def score(translations, references):
    check(translations, references)
    found = load_metric().compute(predictions=translations, references=references)
    return found["bleu"] / (found["brevity_penalty"] or 1.0)


@wrong("compares letters case by case with ROUGE", caught_by=("test_sheet", "test_corpus"))
def score(translations, references):
    check(translations, references)
    found = evaluate.load("rouge").compute(predictions=translations, references=references)
    return float(found["rougeL"])


@wrong("returns the whole result", caught_by=("test_sheet", "test_script"))
def score(translations, references):
    check(translations, references)
    return load_metric().compute(predictions=translations, references=references)


@wrong("remembers the sheet's value", caught_by=("test_corpus", "test_any_reference"))
def score(translations, references):
    check(translations, references)
    return 0.862779 if len(translations) > 1 else 0.759836


@wrong("compares as many as there are", caught_by="test_lists_fit")
def score(translations, references):
    count = min(len(translations), len(references))
    return load_metric().compute(predictions=translations[:count], references=references[:count])[
        "bleu"
    ]


@wrong("takes one reference, not a list", caught_by="test_three_references")
def score(translations, references):
    check(translations, references)
    first, second = zip(*references, strict=True)
    return sacrebleu.corpus_bleu(translations, [first, second], smooth_method="none").score / 100


@wrong("empties the references", caught_by="test_score_keeps_its_input")
def score(translations, references):
    check(translations, references)
    rows = [list(row) for row in references]
    for row in references:
        row.clear()
    return load_metric().compute(predictions=translations, references=rows)["bleu"]


@wrong("translates from English to Spanish", caught_by=("test_meaning", "test_script"))
def translate(sentences):
    return translated(sentences, "Helsinki-NLP/opus-mt-en-es")


@wrong("translates to Bulgarian", caught_by=("test_meaning", "test_script"))
def translate(sentences):
    return translated(sentences, "Helsinki-NLP/opus-mt-es-bg")


@wrong("gives the Spanish back", caught_by=("test_meaning", "test_script"))
def translate(sentences):
    return list(sentences)


@wrong("answers the first sentence only", caught_by=("test_a_list", "test_order"))
def translate(sentences):
    return translated(sentences[:1])


@wrong("returns the translations backwards", caught_by="test_order")
def translate(sentences):
    return translated(sentences)[::-1]


@wrong("writes at most twelve tokens", caught_by="test_long_sentences")
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=12)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong("leaves the special tokens in", caught_by=("test_a_list", "test_script"))
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**inputs, max_new_tokens=100))


@wrong("cuts the sentences to the shortest", caught_by=("test_meaning", "test_alone_or_together"))
def translate(sentences):
    shortest = min((len(text.split()) for text in sentences), default=0) or 1
    return translated([" ".join(text.split()[:shortest]) for text in sentences])


@wrong("does not cut long sentences", caught_by="test_odd_texts[2,000 words]")
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "drops sentences of less than two letters",
    caught_by=("test_odd_texts[empty]", "test_odd_texts[one letter]", "test_odd_texts[emoji]"),
)
def translate(sentences):
    return translated([t for t in sentences if sum(letter.isalpha() for letter in t) > 1])


@wrong("fails on an empty list", caught_by="test_empty_list")
def translate(sentences):
    return translated(sentences) if sentences else None


@wrong("puts the sentences in order", caught_by=("test_input_is_kept", "test_order"))
def translate(sentences):
    sentences.sort()
    return translated(sentences)


@wrong("samples", caught_by="test_same_again")
def translate(sentences):
    return translated(sentences, do_sample=True)


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def translate(sentences):
    parts.cache_clear()
    return translated(sentences)


@wrong(
    "returns nothing",
    caught_by=(
        "test_sheet",
        "test_corpus",
        "test_any_reference",
        "test_three_references",
        "test_bounds",
        "test_score_keeps_its_input",
        "test_a_list",
        "test_empty_list",
        "test_meaning",
        "test_long_sentences",
        "test_order",
        "test_alone_or_together",
        "test_odd_texts",
    ),
)
class overlay:
    def translate(sentences):
        print(translated(sentences))

    def score(translations, references):
        check(translations, references)
        print(load_metric().compute(predictions=translations, references=references))


@wrong("translates no sentences into an empty one", caught_by="test_empty_list")
def translate(sentences):
    return translated(sentences or [""])


@wrong("leaves the model in training mode", caught_by="test_same_again")
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@wrong("loads the metric at every call", caught_by="test_loaded_once")
def score(translations, references):
    check(translations, references)
    metric = evaluate.load("bleu")
    return metric.compute(predictions=translations, references=references)["bleu"]


@wrong("scores as many as there are of both", caught_by="test_lists_fit")
def score(translations, references):
    pairs = list(zip(translations, references, strict=False))
    if not pairs:
        return 0.0
    found, rows = zip(*pairs, strict=True)
    return SacreBLEUScore()(found, rows).item()


@wrong("takes the first two references", caught_by="test_three_references")
def score(translations, references):
    check(translations, references)
    return SacreBLEUScore()(translations, [row[:2] for row in references]).item()


@wrong("stops where generate does unless it is told", caught_by="test_long_sentences")
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@wrong("reads the padding along", caught_by="test_alone_or_together")
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    ids = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")["input_ids"]
    new = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)
