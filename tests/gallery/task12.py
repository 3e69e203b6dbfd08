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


@wrong(
    "gives a score of 0 to 100",
    advice=(
        "The score is to be a fraction from 0 to 1, and a percentage is a hundred times that; "
        "look at your metric's scale."
    ),
    caught_by=("test_sheet", "test_corpus", "test_bounds"),
)
def score(translations, references):
    check(translations, references)
    columns = list(zip(*references, strict=True))
    return sacrebleu.corpus_bleu(translations, columns, smooth_method="none").score


@wrong(
    "hands the sheet's rows to sacrebleu as they are",
    advice=(
        "In sacrebleu each inner list holds one reference for every sentence; "
        "think of swapping rows and columns."
    ),
    caught_by=("test_sheet", "test_corpus"),
)
def score(translations, references):
    check(translations, references)
    return sacrebleu.corpus_bleu(translations, references).score / 100


@wrong(
    "uses the first reference only",
    advice=(
        "A translation may be right in more than one way; "
        "give the metric all references of each sentence."
    ),
    caught_by="test_any_reference",
)
def score(translations, references):
    check(translations, references)
    firsts = [row[:1] for row in references]
    return load_metric().compute(predictions=translations, references=firsts)["bleu"]


@wrong(
    "compares in small letters",
    advice="Capitals are part of a translation; hand the texts to the metric as they are.",
    caught_by="test_capitals",
)
def score(translations, references):
    check(translations, references)
    small = [[text.lower() for text in row] for row in references]
    texts = [text.lower() for text in translations]
    return load_metric().compute(predictions=texts, references=small)["bleu"]


@wrong(
    "averages the sentences' scores",
    advice=(
        "BLEU adds up the counts of all sentences before it divides; "
        "hand the metric the whole lists at once."
    ),
    caught_by=("test_sheet", "test_corpus"),
)
def score(translations, references):
    check(translations, references)
    values = [
        load_metric().compute(predictions=[text], references=[row])["bleu"]
        for text, row in zip(translations, references, strict=True)
    ]
    return sum(values) / len(values)


@wrong(
    "splits at white space only",
    advice=(
        "Then `you?` is one word that never matches `you`; "
        "look for a metric that makes punctuation a token of its own."
    ),
    caught_by="test_sheet",
)
def score(translations, references):
    check(translations, references)
    return BLEUScore()(translations, references).item()


@wrong(
    "smooths",
    advice=(
        "Smoothing gives points even where no four tokens in a row match; "
        "look for the metric's setting that turns it off."
    ),
    caught_by="test_bounds",
)
def score(translations, references):
    check(translations, references)
    columns = list(zip(*references, strict=True))
    return sacrebleu.corpus_bleu(translations, columns).score / 100


@wrong(
    "counts n-grams of two tokens at most",
    advice=(
        "Three and four tokens in a row count too; "
        "look at the longest n-gram that your metric is told to count."
    ),
    caught_by=("test_sheet", "test_corpus"),
)
def score(translations, references):
    check(translations, references)
    return load_metric().compute(predictions=translations, references=references, max_order=2)[
        "bleu"
    ]


@wrong(
    "leaves the brevity penalty out",
    advice=(
        "Without it a translation that leaves out half of the sentence may score full marks; "
        "take the whole BLEU score."
    ),
    caught_by="test_corpus",
)
def score(translations, references):
    check(translations, references)
    found = load_metric().compute(predictions=translations, references=references)
    return found["bleu"] / (found["brevity_penalty"] or 1.0)


@wrong(
    "returns ROUGE-L for BLEU",
    advice=(
        "ROUGE-L looks for the longest common sequence of words, BLEU for shared n-grams; "
        "load the metric that the task names."
    ),
    caught_by=("test_sheet", "test_corpus"),
)
def score(translations, references):
    check(translations, references)
    found = evaluate.load("rouge").compute(predictions=translations, references=references)
    return float(found["rougeL"])


@wrong(
    "returns the whole result",
    advice=(
        "The metric answers with a dictionary, and the caller wants one number; "
        "look at which key holds the score."
    ),
    caught_by=("test_sheet", "test_script"),
)
def score(translations, references):
    check(translations, references)
    return load_metric().compute(predictions=translations, references=references)


@wrong(
    "remembers the sheet's value",
    advice=(
        "Other translations have other scores; "
        "let a metric count the n-grams of the lists that it is given."
    ),
    caught_by=("test_corpus", "test_any_reference"),
)
def score(translations, references):
    check(translations, references)
    return 0.862779 if len(translations) > 1 else 0.759836


@wrong(
    "compares as many as there are",
    advice=(
        "If the lists differ in length, nobody knows which belong together; "
        "compare the lengths before you count, and raise an error."
    ),
    caught_by="test_lists_fit",
)
def score(translations, references):
    count = min(len(translations), len(references))
    return load_metric().compute(predictions=translations[:count], references=references[:count])[
        "bleu"
    ]


@wrong(
    "takes exactly two references for each sentence",
    advice=(
        "A sentence may have one reference, two or three; "
        "write code that works for any number of them."
    ),
    caught_by="test_three_references",
)
def score(translations, references):
    check(translations, references)
    first, second = zip(*references, strict=True)
    return sacrebleu.corpus_bleu(translations, [first, second], smooth_method="none").score / 100


@wrong(
    "empties the references",
    advice=(
        "The caller still needs the lists that it handed over; "
        "read them only, and change nothing but copies of your own."
    ),
    caught_by="test_score_keeps_its_input",
)
def score(translations, references):
    check(translations, references)
    rows = [list(row) for row in references]
    for row in references:
        row.clear()
    return load_metric().compute(predictions=translations, references=rows)["bleu"]


@wrong(
    "translates from English to Spanish",
    advice=(
        "The model's name says its direction, "
        "first the language that it reads and then the one that it writes; swap them."
    ),
    caught_by=("test_meaning", "test_script"),
)
def translate(sentences):
    return translated(sentences, "Helsinki-NLP/opus-mt-en-es")


@wrong(
    "translates to Bulgarian",
    advice=(
        "The last two letters of the model's name are the language that it writes; "
        "look for the one that writes English."
    ),
    caught_by=("test_meaning", "test_script"),
)
def translate(sentences):
    return translated(sentences, "Helsinki-NLP/opus-mt-es-bg")


@wrong(
    "gives the Spanish back",
    advice=(
        "Nothing is translated yet; "
        "let a Spanish-to-English model generate new tokens, and decode those."
    ),
    caught_by=("test_meaning", "test_script"),
)
def translate(sentences):
    return list(sentences)


@wrong(
    "answers the first sentence only",
    advice=(
        "Each sentence needs a translation; "
        "look at what `batch_decode` does with all rows that the model wrote."
    ),
    caught_by=("test_a_list", "test_order"),
)
def translate(sentences):
    return translated(sentences[:1])


@wrong(
    "returns the translations backwards",
    advice=(
        "The first translation belongs to the first sentence; look for what turns the list around."
    ),
    caught_by="test_order",
)
def translate(sentences):
    return translated(sentences)[::-1]


@wrong(
    "writes at most twelve tokens",
    advice="A long sentence needs more than that, and loses its end; give `generate` more room.",
    caught_by="test_long_sentences",
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=12)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "leaves the special tokens in",
    advice=(
        "Marks such as `</s>` and `<pad>` are no part of a translation; "
        "look at what `batch_decode` can skip."
    ),
    caught_by=("test_a_list", "test_script"),
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**inputs, max_new_tokens=100))


@wrong(
    "cuts the sentences to the shortest",
    advice=(
        "What is cut off never gets translated; "
        "fill the short ones up instead, with the tokenizer's `padding`."
    ),
    caught_by=("test_meaning", "test_alone_or_together"),
)
def translate(sentences):
    shortest = min((len(text.split()) for text in sentences), default=0) or 1
    return translated([" ".join(text.split()[:shortest]) for text in sentences])


@wrong(
    "does not cut long sentences",
    advice=(
        "The model has places for 512 tokens and fails on more; "
        "look at the tokenizer's `truncation`."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, return_tensors="pt")
    new = model.generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "drops sentences of less than two letters",
    advice=(
        "Then sentences and translations no longer pair up; "
        "every sentence gets a translation, even an empty one."
    ),
    caught_by=("test_odd_texts[empty]", "test_odd_texts[one letter]", "test_odd_texts[emoji]"),
)
def translate(sentences):
    return translated([t for t in sentences if sum(letter.isalpha() for letter in t) > 1])


@wrong(
    "returns None for an empty list",
    advice=(
        "No sentences are no mistake, and the caller expects a list then too; "
        "think about what is in it."
    ),
    caught_by="test_empty_list",
)
def translate(sentences):
    return translated(sentences) if sentences else None


@wrong(
    "puts the sentences in order",
    advice=(
        "The translations follow the caller's order, and its list stays as it was; "
        "leave the sentences where they are."
    ),
    caught_by=("test_input_is_kept", "test_order"),
)
def translate(sentences):
    sentences.sort()
    return translated(sentences)


@wrong(
    "samples",
    advice="Words drawn by chance differ from call to call; look at what `do_sample` decides.",
    caught_by="test_same_again",
)
def translate(sentences):
    return translated(sentences, do_sample=True)


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading takes longer than translating a sentence; "
        "load outside the function, or in one that remembers its result."
    ),
    caught_by="test_loaded_once",
)
def translate(sentences):
    parts.cache_clear()
    return translated(sentences)


@wrong(
    "returns nothing",
    advice=(
        "A function without `return` gives its caller None, even if it prints; "
        "hand back the list, and the number."
    ),
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


@wrong(
    "translates no sentences into an empty one",
    advice=(
        "There are as many translations as sentences; "
        "with no sentences there is nothing to give to the model."
    ),
    caught_by="test_empty_list",
)
def translate(sentences):
    return translated(sentences or [""])


@wrong(
    "leaves the model in training mode",
    advice=(
        "Dropout is on in that mode, so that the same sentence may come out in other words; "
        "look at what `eval` does to a model."
    ),
    caught_by="test_same_again",
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    ids = model.train().generate(**inputs, max_new_tokens=100)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@wrong(
    "loads the metric at every call",
    advice=(
        "Loading a metric takes longer than counting n-grams; "
        "treat it as you treat the model, and load it once."
    ),
    caught_by="test_loaded_once",
)
def score(translations, references):
    check(translations, references)
    metric = evaluate.load("bleu")
    return metric.compute(predictions=translations, references=references)["bleu"]


@wrong(
    "scores as many as there are of both",
    advice=(
        "A translation without references is a mistake to report and not to skip; "
        "see that the lengths fit before you pair them."
    ),
    caught_by="test_lists_fit",
)
def score(translations, references):
    pairs = list(zip(translations, references, strict=False))
    if not pairs:
        return 0.0
    found, rows = zip(*pairs, strict=True)
    return SacreBLEUScore()(found, rows).item()


@wrong(
    "takes the first two references",
    advice="The match may be in a third reference; hand over as many as each sentence has.",
    caught_by="test_three_references",
)
def score(translations, references):
    check(translations, references)
    return SacreBLEUScore()(translations, [row[:2] for row in references]).item()


@wrong(
    "stops where generate does unless it is told",
    advice=(
        "The default limit is short, and a long sentence may lose its end; "
        "look at the argument `max_new_tokens`."
    ),
    caught_by="test_long_sentences",
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)


@wrong(
    "reads the padding along",
    advice=(
        "What fills up a short sentence changes its translation; "
        "see that the tokenizer's own attention mask reaches the model."
    ),
    caught_by="test_alone_or_together",
)
def translate(sentences):
    if not sentences:
        return []
    tokenizer, model = parts(NAME)
    ids = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")["input_ids"]
    new = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=100)
    return tokenizer.batch_decode(new, skip_special_tokens=True)


@wrong(
    "leaves out the n-grams that a short text has none of",
    advice="Without four tokens there are no four in a row, and the score is 0; count all orders.",
    caught_by="test_bounds",
)
def score(translations, references):
    check(translations, references)
    metric = sacrebleu.BLEU(smooth_method="none", effective_order=True)
    columns = list(zip(*references, strict=True))
    return min(metric.corpus_score(translations, columns).score / 100, 1.0)


@wrong(
    "samples with a seed of its own",
    advice=(
        "A seed makes a call repeatable, but what a sentence becomes still hangs on the others "
        "beside it; let the likeliest token win, and look at `do_sample`."
    ),
    caught_by="test_alone_or_together",
)
def translate(sentences):
    torch.manual_seed(0)
    return translated(sentences, do_sample=True, top_k=5)
