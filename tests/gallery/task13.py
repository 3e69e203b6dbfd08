"""Answers to task 13, wrong and right: the tests of its tests."""

from statistics import fmean
from types import SimpleNamespace

import evaluate
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


@wrong(
    "returns percentages",
    advice=(
        "The values are to be floats from 0 to 1: "
        "leave them on the scale on which the metric gives them."
    ),
    caught_by=("test_sheet_summary", "test_rouge", "test_script"),
)
def score_summary(predictions, references):
    return {kind: 100 * value for kind, value in rouge(predictions, references).items()}


@wrong(
    "takes the recall",
    advice=(
        "Recall alone rewards a summary that copies everything; "
        "F1 minds precision as well. Look at `fmeasure` in rouge_score."
    ),
    caught_by=("test_sheet_summary", "test_rouge"),
)
def score_summary(predictions, references):
    return rouge(predictions, references, "recall")


@wrong(
    "takes the precision",
    advice=(
        "Precision alone rewards a summary of one safe word; "
        "F1 minds recall as well. Look at `fmeasure` in rouge_score."
    ),
    caught_by=("test_sheet_summary", "test_rouge"),
)
def score_summary(predictions, references):
    return rouge(predictions, references, "precision")


@wrong(
    "compares stems",
    advice=(
        "Here dogs and dog are to be two different words; look at what `use_stemmer` is by default."
    ),
    caught_by="test_rouge_stems",
)
def score_summary(predictions, references):
    return rouge(predictions, references, use_stemmer=True)


@wrong(
    "splits at white space, and keeps capitals",
    advice=(
        "A comma then sticks to its word, and capitals stay; "
        "read again what the task says a token is."
    ),
    caught_by="test_rouge_case",
)
def score_summary(predictions, references):
    return rouge(predictions, references, tokenizer=SimpleNamespace(tokenize=str.split))


@wrong(
    "keeps capitals, and punctuation marks as words",
    advice=(
        "Tokens are runs of letters and digits in lower case: "
        "The and the are one token, and a comma is none."
    ),
    caught_by="test_rouge_case",
)
def score_summary(predictions, references):
    return rouge(predictions, references, tokenizer=SimpleNamespace(tokenize=treebank))


@wrong(
    "takes ROUGE-L for ROUGE-Lsum",
    advice=(
        "Lsum compares line by line; try two texts with the "
        "same lines in another order, and see where the two part."
    ),
    caught_by="test_rouge_lines",
)
def score_summary(predictions, references):
    found = rouge(predictions, references)
    return found | {"rougeLsum": found["rougeL"]}


@wrong(
    "takes ROUGE-1 for ROUGE-L",
    advice=(
        "Single words do not care for order; "
        "a longest common subsequence does. Try a text with its words shuffled."
    ),
    caught_by=("test_rouge_order", "test_sheet_summary"),
)
def score_summary(predictions, references):
    found = rouge(predictions, references)
    return found | {"rougeL": found["rouge1"], "rougeLsum": found["rouge1"]}


@wrong(
    "scores the first summary only",
    advice="The value is a mean over all summaries: let every pair have its say.",
    caught_by="test_rouge",
)
def score_summary(predictions, references):
    check(predictions, references)
    return rouge(predictions[:1], references[:1])


@wrong(
    "returns the scores of each summary",
    advice=(
        "One float is wanted for each name, the mean of the list; "
        "look at what `use_aggregator` decides."
    ),
    caught_by=("test_sheet_summary", "test_rouge_case"),
)
def score_summary(predictions, references):
    check(predictions, references)
    return load("rouge").compute(
        predictions=predictions, references=references, use_aggregator=False
    )


@wrong(
    "takes BLEU for a summary",
    advice=(
        "A summary is judged by how much of the reference it covers; "
        "ROUGE asks that, and its four values are wanted."
    ),
    caught_by=("test_sheet_summary", "test_rouge_order"),
)
def score_summary(predictions, references):
    check(predictions, references)
    return {"bleu": bleu(predictions, references)}


@wrong(
    "swaps predictions and references",
    advice=(
        "METEOR weighs recall more than precision, so its two "
        "sides are not alike; check which argument is which."
    ),
    caught_by=("test_sheet_translation", "test_meteor"),
)
def score_translation(predictions, references):
    return {"meteor": meteor(references, predictions), "bleu": bleu(predictions, references)}


@wrong(
    "swaps them for BLEU",
    advice=(
        "Precision of n-grams is the prediction's, and the length "
        "to reach is the reference's; check which text goes where."
    ),
    caught_by="test_bleu",
)
def score_translation(predictions, references):
    return {"meteor": meteor(predictions, references), "bleu": bleu(references, predictions)}


@wrong(
    "splits at white space for METEOR",
    advice=(
        "A word with a comma on it does not match the bare word; "
        "look at what `word_tokenize` makes of commas."
    ),
    caught_by=("test_sheet_translation", "test_script"),
)
def score_translation(predictions, references):
    found = meteor(predictions, references, cut=str.split)
    return {"meteor": found, "bleu": bleu(predictions, references)}


@wrong(
    "matches equal words only",
    advice=(
        "METEOR also pairs words of one stem, such as walks and walking; "
        "look at what nltk's `stemmer` argument is for."
    ),
    caught_by="test_paraphrase",
)
def score_translation(predictions, references):
    check(predictions, references)
    none = SimpleNamespace(synsets=lambda word: [])
    same = SimpleNamespace(stem=str.lower)
    values = [
        single_meteor_score(treebank(reference), treebank(found), wordnet=none, stemmer=same)
        for found, reference in zip(predictions, references, strict=True)
    ]
    return {"meteor": fmean(values), "bleu": bleu(predictions, references)}


@wrong(
    "smooths",
    advice=(
        "A text without four equal words in a row is to have BLEU 0; "
        "look at the metric's setting for smoothing and its default."
    ),
    caught_by=("test_sheet_translation", "test_paraphrase", "test_script"),
)
def score_translation(predictions, references):
    found = bleu(predictions, references, smooth_method="exp")
    return {"meteor": meteor(predictions, references), "bleu": found}


@wrong(
    "does not nest the references",
    advice=(
        "A string in place of a list is read letter by letter; "
        "each text wants a list of references, even of only one."
    ),
    caught_by=("test_bleu",),
)
def score_translation(predictions, references):
    check(predictions, references)
    # A reference that is a string is taken for a list of references of one letter each.
    letters = [list(reference) for reference in references]
    found = load("bleu").compute(predictions=predictions, references=letters)["bleu"]
    return {"meteor": meteor(predictions, references), "bleu": float(found)}


@wrong(
    "smooths BLEU",
    advice=(
        "A text without four equal words in a row is to have BLEU 0; "
        "leave `smooth` as it is where a metric has it."
    ),
    caught_by=("test_bleu", "test_sheet_translation"),
)
def score_translation(predictions, references):
    check(predictions, references)
    rows = [[reference] for reference in references]
    value = evaluate.load("bleu").compute(predictions=predictions, references=rows, smooth=True)
    return {"meteor": meteor(predictions, references), "bleu": value["bleu"]}


@wrong(
    "asks nltk for BLEU, of letters",
    advice=(
        "BLEU counts runs of words, but nltk's `corpus_bleu` cuts no text itself; "
        "give it tokens, or ask a metric that cuts."
    ),
    caught_by=("test_sheet_translation", "test_bleu"),
)
def score_translation(predictions, references):
    nested = [[reference] for reference in references]
    check(predictions, references)
    return {
        "meteor": meteor(predictions, references),
        "bleu": float(corpus_bleu(nested, predictions)),
    }


@wrong(
    "averages the BLEU of each",
    advice=(
        "The task wants one corpus: "
        "n-grams are counted over all translations first, and divided only then."
    ),
    caught_by="test_bleu",
)
def score_translation(predictions, references):
    found = meteor(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return {"meteor": found, "bleu": fmean(bleu([one], [other]) for one, other in pairs)}


@wrong(
    "leaves METEOR out",
    advice=(
        "A free translation uses other words, which METEOR can pair up; "
        "BLEU is only there to compare. Return both."
    ),
    caught_by=("test_sheet_translation", "test_meteor", "test_paraphrase"),
)
def score_translation(predictions, references):
    check(predictions, references)
    return {"bleu": bleu(predictions, references)}


@wrong(
    "compares letter by letter",
    advice=(
        "An answer is right or wrong as a whole: "
        "having some letters in place is not being partly right."
    ),
    caught_by=("test_sheet_answers", "test_exact_match"),
)
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip("".join(predictions), "".join(references), strict=False)
    return {"exact_match": fmean(float(one == other) for one, other in pairs)}


@wrong(
    "takes the right answer of another question for right, too",
    advice=(
        "Each answer belongs to one question; compare it with that question's right answer, and "
        "not with all of them."
    ),
    caught_by="test_exact_to_its_own",
)
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": fmean(float(answer in references) for answer in predictions)}


@wrong(
    "ignores case and punctuation",
    advice=(
        "A copied answer has the same capitals and marks as its text; "
        "look at the metric's `ignore_...` options."
    ),
    caught_by="test_exact_to_the_letter",
)
def score_answers(predictions, references):
    check(predictions, references)
    found = load("exact_match").compute(
        predictions=predictions, references=references, ignore_case=True, ignore_punctuation=True
    )
    return {"exact_match": float(found["exact_match"])}


@wrong(
    "ignores numbers",
    advice=(
        "Without their digits 42 and 24 are both empty, and so equal; "
        "compare the texts with all that is in them."
    ),
    caught_by="test_exact_to_the_letter",
)
def score_answers(predictions, references):
    check(predictions, references)
    found = load("exact_match").compute(
        predictions=predictions, references=references, ignore_numbers=True
    )
    return {"exact_match": float(found["exact_match"])}


@wrong(
    "strips white space",
    advice=(
        "A blank at either end is a difference here, too: compare the answers just as they come."
    ),
    caught_by="test_exact_to_the_letter",
)
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return {"exact_match": fmean(float(one.strip() == other.strip()) for one, other in pairs)}


@wrong(
    "counts an answer that is in the other, or whose last word is",
    advice=(
        "A part or a word in common is not enough: "
        "ask whether the two texts are the same from end to end."
    ),
    caught_by=("test_exact_match", "test_sheet_answers"),
)
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip(predictions, references, strict=True)
    hits = [one in other or other in one or one.split()[-1] in other for one, other in pairs]
    return {"exact_match": sum(hits) / len(hits)}


@wrong(
    "counts, and does not divide",
    advice="A share lies between 0 and 1: think of how many answers there are in all.",
    caught_by=("test_exact_match", "test_sheet_answers"),
)
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": float(sum(map(str.__eq__, predictions, references)))}


@wrong(
    "returns a percentage",
    advice="A share of one in four is 0.25 here: stay on the scale from 0 to 1.",
    caught_by=("test_sheet_answers", "test_script"),
)
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": 100 * sum(map(str.__eq__, predictions, references)) / len(references)}


@wrong(
    "remembers the sheet's value",
    advice=(
        "That number fits the sheet's answers only; count what is equal in the lists that come in."
    ),
    caught_by=("test_exact_match", "test_exact_to_the_letter"),
)
def score_answers(predictions, references):
    check(predictions, references)
    return {"exact_match": 0.25}


@wrong(
    "cuts the longer list off, the caller's own",
    advice=(
        "A text without its partner is a slip of the caller that should come to light: "
        "compare lengths first, and raise an error."
    ),
    caught_by="test_lists_fit",
)
class overlay:
    def check(predictions, references):
        shorter = min(len(predictions), len(references))
        del predictions[shorter:], references[shorter:]
        if not predictions:
            raise ValueError("nothing to compare")


@wrong(
    "sorts",
    advice=(
        "Sorting in place changes the caller's lists, and can "
        "part a text from its reference; leave the order alone."
    ),
    caught_by="test_input_is_kept",
)
class overlay:
    def check(predictions, references):
        if not predictions or len(predictions) != len(references):
            raise ValueError("lists that do not fit")
        predictions.sort(), references.sort()


@wrong(
    "does not say why",
    advice=(
        "Three choices are named, but no reasons: "
        "write a sentence on each that says what such a text has to achieve."
    ),
    caught_by="test_answer",
)
class overlay:
    ANSWER = "I chose ROUGE for summaries, METEOR for translations and exact match for answers."


@wrong(
    "says why it chose BLEU",
    advice=(
        "The question is about ROUGE, METEOR and exact match: "
        "say of each what in its scenario makes it fit."
    ),
    caught_by="test_answer",
)
class overlay:
    ANSWER = """
    BLEU fits all three scenarios, since it compares the n-grams of two texts and takes off for
    texts that are too short. It is the metric that most people use, it is fast, and it needs no
    model, so that everybody can compute it and compare values with those of others.
    """


@wrong(
    "returns nothing",
    advice=(
        "A value that is only computed or printed is lost to the caller; "
        "end each function with `return`."
    ),
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


@wrong(
    "looks at the predictions alone",
    advice=(
        "Texts can be paired only if there are as many references: "
        "look at both lengths before you count."
    ),
    caught_by="test_lists_fit[score_answers]",
)
def score_answers(predictions, references):
    if not predictions:
        raise ValueError("no predictions")
    right = sum(a == b for a, b in zip(predictions, references, strict=False))
    return {"exact_match": right / len(predictions)}


@wrong(
    "scores nothing as 0",
    advice=(
        "A 0 says that all answers were wrong, and here there is none to judge; "
        "raise the error that the task names."
    ),
    caught_by="test_lists_fit[score_answers]",
)
def score_answers(predictions, references):
    if len(predictions) != len(references):
        raise ValueError("lists of different lengths")
    right = sum(map(str.__eq__, predictions, references))
    return {"exact_match": right / max(len(predictions), 1)}


@wrong(
    "strips line ends off before it compares",
    advice="White space counts in an exact match, that at the end of a line as well.",
    caught_by="test_exact_to_the_letter",
)
def score_answers(predictions, references):
    check(predictions, references)
    pairs = zip(predictions, references, strict=True)
    return {"exact_match": fmean(a.rstrip("\n") == b.rstrip("\n") for a, b in pairs)}


@wrong(
    "puts each sentence onto a line of its own",
    advice="It is the lines of the text as it is that count as sentences, however many it has.",
    caught_by="test_rouge_lines",
)
def score_summary(predictions, references):
    return rouge(
        *([text.replace(". ", ".\n") for text in side] for side in (predictions, references))
    )
