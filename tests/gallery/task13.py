"""Answers to task 13, wrong and right: the tests of its tests."""

from statistics import fmean
from types import SimpleNamespace

import sacrebleu
from nltk import word_tokenize
from nltk.translate.bleu_score import corpus_bleu
from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer
from torchmetrics.text import SacreBLEUScore
from torchmetrics.text.rouge import ROUGEScore

from kata.testing import right, wrong

KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]


def treebank(text):
    return word_tokenize(text, preserve_line=True)


def rouge(predictions, references, part="fmeasure", **settings):
    check(predictions, references)
    scorer = RougeScorer(KINDS, **settings)
    pairs = zip(predictions, references, strict=True)
    scores = [scorer.score(reference, found) for found, reference in pairs]
    return {kind: fmean(getattr(score[kind], part) for score in scores) for kind in KINDS}


def meteor(predictions, references, cut=treebank):
    check(predictions, references)
    none = SimpleNamespace(synsets=lambda word: [])
    pairs = zip(predictions, references, strict=True)
    return fmean(single_meteor_score(cut(ref), cut(found), wordnet=none) for found, ref in pairs)


def bleu(predictions, references, **settings):
    settings = {"smooth_method": "none"} | settings
    return sacrebleu.BLEU(**settings).corpus_score(predictions, [references]).score / 100


@right("asks rouge_score itself")
def score_summary(predictions, references):
    return rouge(predictions, references)


@right("asks torchmetrics for ROUGE, and rouge_score for the lines")
def score_summary(predictions, references):
    check(predictions, references)
    keys = ("rouge1", "rouge2", "rougeL")
    scores = ROUGEScore(rouge_keys=keys)(predictions, references)
    found = {key: scores[f"{key}_fmeasure"].item() for key in keys}
    return found | {"rougeLsum": rouge(predictions, references)["rougeLsum"]}


@right("asks nltk for METEOR and torchmetrics for BLEU")
def score_translation(predictions, references):
    value = SacreBLEUScore()(predictions, [[reference] for reference in references])
    return {"meteor": meteor(predictions, references), "bleu": value.item()}


@right("counts equal answers")
def score_answers(predictions, references):
    check(predictions, references)
    same = sum(map(str.__eq__, predictions, references))
    return {"exact_match": same / len(references)}


@wrong("returns percentages", caught_by=("test_sheet_summary", "test_rouge", "test_script"))
def score_summary(predictions, references):
    return {kind: 100 * value for kind, value in rouge(predictions, references).items()}


@wrong("takes the recall", caught_by=("test_sheet_summary", "test_rouge"))
def score_summary(predictions, references):
    return rouge(predictions, references, "recall")


@wrong("takes the precision", caught_by=("test_sheet_summary", "test_rouge"))
def score_summary(predictions, references):
    return rouge(predictions, references, "precision")


@wrong("compares stems", caught_by="test_rouge_stems")
def score_summary(predictions, references):
    return rouge(predictions, references, use_stemmer=True)


@wrong("splits at white space", caught_by="test_rouge_case")
def score_summary(predictions, references):
    return rouge(predictions, references, tokenizer=SimpleNamespace(tokenize=str.split))


@wrong("keeps capitals apart", caught_by="test_rouge_case")
def score_summary(predictions, references):
    return rouge(predictions, references, tokenizer=SimpleNamespace(tokenize=treebank))


@wrong("takes ROUGE-L for ROUGE-Lsum", caught_by="test_rouge_lines")
def score_summary(predictions, references):
    found = rouge(predictions, references)
    return found | {"rougeLsum": found["rougeL"]}


@wrong("takes ROUGE-1 for ROUGE-L", caught_by=("test_rouge_order", "test_sheet_summary"))
def score_summary(predictions, references):
    found = rouge(predictions, references)
    return found | {"rougeL": found["rouge1"], "rougeLsum": found["rouge1"]}


@wrong("scores the first summary only", caught_by="test_rouge")
def score_summary(predictions, references):
    check(predictions, references)
    return rouge(predictions[:1], references[:1])


@wrong("returns the scores of each summary", caught_by=("test_sheet_summary", "test_rouge_case"))
def score_summary(predictions, references):
    check(predictions, references)
    return load("rouge").compute(
        predictions=predictions, references=references, use_aggregator=False
    )


@wrong("takes BLEU for a summary", caught_by=("test_sheet_summary", "test_rouge_order"))
def score_summary(predictions, references):
    check(predictions, references)
    return {"bleu": bleu(predictions, references)}


@wrong("swaps predictions and references", caught_by=("test_sheet_translation", "test_meteor"))
def score_translation(predictions, references):
    return {"meteor": meteor(references, predictions), "bleu": bleu(predictions, references)}


@wrong("swaps them for BLEU", caught_by="test_bleu")
def score_translation(predictions, references):
    return {"meteor": meteor(predictions, references), "bleu": bleu(references, predictions)}


@wrong("splits at white space for METEOR", caught_by=("test_sheet_translation", "test_script"))
def score_translation(predictions, references):
    found = meteor(predictions, references, cut=str.split)
    return {"meteor": found, "bleu": bleu(predictions, references)}


@wrong("matches equal words only", caught_by="test_paraphrase")
def score_translation(predictions, references):
    check(predictions, references)
    none = SimpleNamespace(synsets=lambda word: [])
    same = SimpleNamespace(stem=str.lower)
    values = [
        single_meteor_score(treebank(reference), treebank(found), wordnet=none, stemmer=same)
        for found, reference in zip(predictions, references, strict=True)
    ]
    return {"meteor": fmean(values), "bleu": bleu(predictions, references)}


@wrong("smooths", caught_by=("test_sheet_translation", "test_paraphrase", "test_script"))
def score_translation(predictions, references):
    found = bleu(predictions, references, smooth_method="exp")
    return {"meteor": meteor(predictions, references), "bleu": found}


@wrong("does not nest the references", caught_by=("test_bleu",))
def score_translation(predictions, references):
    check(predictions, references)
    # A reference that is a string is taken for a list of references of one letter each.
    letters = [list(reference) for reference in references]
    found = load("bleu").compute(predictions=predictions, references=letters)["bleu"]
    return {"meteor": meteor(predictions, references), "bleu": float(found)}


@wrong("asks nltk for BLEU, of letters", caught_by=("test_sheet_translation", "test_bleu"))
def score_translation(predictions, references):
    nested = [[reference] for reference in references]
    check(predictions, references)
    return {
        "meteor": meteor(predictions, references),
        "bleu": float(corpus_bleu(nested, predictions)),
    }


@wrong("averages the BLEU of each", caught_by="test_bleu")
def score_translation(predictions, references):
    found = meteor(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return {"meteor": found, "bleu": fmean(bleu([one], [other]) for one, other in pairs)}


@wrong("leaves METEOR out", caught_by=("test_sheet_translation", "test_meteor", "test_paraphrase"))
def score_translation(predictions, references):
    check(predictions, references)
    return {"bleu": bleu(predictions, references)}


@wrong("compares letter by letter", caught_by=("test_sheet_answers", "test_exact_match"))
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip("".join(predictions), "".join(references), strict=False)
    return {"exact_match": fmean(float(one == other) for one, other in pairs)}


@wrong("ignores case and punctuation", caught_by="test_exact_to_the_letter")
def score_answers(predictions, references):
    check(predictions, references)
    found = load("exact_match").compute(
        predictions=predictions, references=references, ignore_case=True, ignore_punctuation=True
    )
    return {"exact_match": float(found["exact_match"])}


@wrong("ignores numbers", caught_by="test_exact_to_the_letter")
def score_answers(predictions, references):
    check(predictions, references)
    found = load("exact_match").compute(
        predictions=predictions, references=references, ignore_numbers=True
    )
    return {"exact_match": float(found["exact_match"])}


@wrong("strips white space", caught_by="test_exact_to_the_letter")
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return {"exact_match": fmean(float(one.strip() == other.strip()) for one, other in pairs)}


@wrong("counts answers that are in the other", caught_by=("test_exact_match", "test_sheet_answers"))
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip(predictions, references, strict=True)
    hits = [one in other or other in one or one.split()[-1] in other for one, other in pairs]
    return {"exact_match": sum(hits) / len(hits)}


@wrong("counts, and does not divide", caught_by=("test_exact_match", "test_sheet_answers"))
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": float(sum(map(str.__eq__, predictions, references)))}


@wrong("returns a percentage", caught_by=("test_sheet_answers", "test_script"))
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": 100 * sum(map(str.__eq__, predictions, references)) / len(references)}


@wrong("remembers the sheet's value", caught_by=("test_exact_match", "test_exact_to_the_letter"))
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": 0.25}


@wrong("compares as many as there are", caught_by="test_lists_fit")
class overlay:
    def check(predictions, references):
        shorter = min(len(predictions), len(references))
        del predictions[shorter:], references[shorter:]
        if not predictions:
            raise ValueError("nothing to compare")


@wrong("sorts", caught_by="test_input_is_kept")
class overlay:
    def check(predictions, references):
        if not predictions or len(predictions) != len(references):
            raise ValueError("lists that do not fit")
        predictions.sort(), references.sort()


@wrong("does not say why", caught_by="test_answer")
class overlay:
    ANSWER = "I chose ROUGE for summaries, METEOR for translations and exact match for answers."


@wrong("says why it chose BLEU", caught_by="test_answer")
class overlay:
    ANSWER = """
    BLEU fits all three scenarios, since it compares the n-grams of two texts and takes off for
    texts that are too short. It is the metric that most people use, it is fast, and it needs no
    model, so that everybody can compute it and compare values with those of others.
    """


@wrong(
    "returns nothing",
    caught_by=(
        "test_sheet_summary",
        "test_rouge",
        "test_rouge_stems",
        "test_rouge_case",
        "test_rouge_order",
        "test_rouge_lines",
        "test_sheet_translation",
        "test_meteor",
        "test_paraphrase",
        "test_bleu",
        "test_sheet_answers",
        "test_exact_match",
        "test_exact_to_the_letter",
        "test_input_is_kept",
        "test_script",
    ),
)
class overlay:
    def score_summary(predictions, references):
        print(rouge(predictions, references))

    def score_translation(predictions, references):
        print(meteor(predictions, references))

    def score_answers(predictions, references):
        check(predictions, references)


@wrong("looks at the predictions alone", caught_by="test_lists_fit[score_answers]")
def score_answers(predictions, references):
    if not predictions:
        raise ValueError("no predictions")
    right = sum(a == b for a, b in zip(predictions, references, strict=False))
    return {"exact_match": right / len(predictions)}


@wrong("scores nothing as 0", caught_by="test_lists_fit[score_answers]")
def score_answers(predictions, references):
    if len(predictions) != len(references):
        raise ValueError("lists of different lengths")
    right = sum(map(str.__eq__, predictions, references))
    return {"exact_match": right / max(len(predictions), 1)}
