"""Task 13: what the three scores must be, and what `ANSWER` must say."""

import ast
import math
import re
from collections import Counter
from statistics import fmean

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect
from tests.language import sentences_of

ROUGE = ("rouge1", "rouge2", "rougeL", "rougeLsum")
NAMES = {
    "score_summary": ROUGE,
    "score_translation": ("meteor", "bleu"),
    "score_answers": ("exact_match",),
}
# The sheet's scenarios.
PLUTO = (
    "Pluto is a dwarf planet in our solar system, located in the Kuiper Belt beyond Neptune, and "
    "was formerly considered the ninth planet until its reclassification in 2006.",
    "Pluto is a dwarf planet in the solar system, located in the Kuiper Belt beyond Neptune, and "
    "was previously deemed as a planet until it was reclassified in 2006.",
)
ALICE = (
    "The burrow stretched forward like a narrow corridor for a while, then plunged abruptly "
    "downward, so quickly that Alice had no chance to stop herself before she was tumbling into an "
    "extremely deep shaft.",
    "The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down, "
    "so suddenly that Alice had not a moment to think about stopping herself before she found "
    "herself falling down a very deep well.",
)
GIVEN = ["It's a wonderful day", "I love dogs", "DataCamp has great AI courses"]
RIGHT = ["What a wonderful day", "I love cats", "DataCamp has great AI courses"]
GIVEN, RIGHT = [*GIVEN, "Sunshine and flowers"], [*RIGHT, "Sunsets and flowers"]

# No word is in a dictionary, and no two have a stem in common.
INVENTED = "blik torma grun safel wopt dran kimo zelt urba".split()
words = st.sampled_from("the a cat dog sat ran on mat rug old red is not".split())
texts = st.lists(words, min_size=3, max_size=9)


@st.composite
def corpora(draw):
    """Two to four pairs of texts of different lengths, with most words in common."""
    pairs = []
    for _ in range(draw(st.integers(2, 4))):
        reference = draw(texts)
        found = list(reference)
        found[draw(st.integers(0, len(found) - 1))] = draw(words)
        found = found[draw(st.integers(0, 2)) :] + draw(st.lists(words, max_size=3))
        pairs.append((" ".join(found), " ".join(reference)))
    return pairs


@st.composite
def permutations(draw):
    """One to three pairs of texts whose words are all different, in different orders."""
    few = st.lists(st.sampled_from(INVENTED), min_size=2, max_size=8, unique=True)
    return [
        (" ".join(draw(few)), " ".join(draw(few)))
        for _ in range(draw(st.integers(min_value=1, max_value=3)))
    ]


def value_of(task, function, pairs):
    """The dictionary that the function returns, which has the right names and numbers."""
    found = getattr(task, function)([text for text, _ in pairs], [text for _, text in pairs])
    expect.instance(found, dict, f"what {function} returns")
    wanted = sorted(NAMES[function])
    expect.that(sorted(found) == wanted, f"the names {wanted}", f"{sorted(found)}", "names")
    for name, number in found.items():
        expect.number(number, f"the value of {name!r}")
    return found


def check(found, name, wanted, mistakes):
    """The value of that name; a value that people reach by a mistake is named."""
    if math.isclose(found[name], wanted, rel_tol=1e-6, abs_tol=1e-6):
        return
    known = [
        reason
        for reason, other in mistakes.items()
        if math.isclose(found[name], other, rel_tol=1e-6, abs_tol=1e-6)
    ]
    raise expect.Wrong(
        f"{name} == {wanted:.6f}",
        f"{found[name]:.6f}" + (f", which is {' or '.join(known[:2])}" if known else ""),
    )


def tokens(text):
    return re.findall("[a-z0-9]+", text.lower())


def ngrams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def common_subsequence(one, other):
    """The length of the longest one, row by row of the usual table."""
    row = [0] * (len(other) + 1)
    for word in one:
        above = row
        row = [0]
        for j, second in enumerate(other):
            row.append(above[j] + 1 if word == second else max(above[j + 1], row[j]))
    return row[-1]


def with_marks(text):
    """Tokens as some would cut them: punctuation marks count."""
    return re.findall(r"[a-z0-9]+|[^\w\s]", text.lower())


def rouge(kind, found, reference, cut=tokens):
    """Precision, recall and F1 of one pair, by counting."""
    found, reference = cut(found), cut(reference)
    if kind == "rougeL":
        both, ours, theirs = common_subsequence(found, reference), len(found), len(reference)
    else:
        mine, other = (ngrams(side, int(kind[-1])) for side in (found, reference))
        both, ours, theirs = (mine & other).total(), mine.total(), other.total()
    if not both:
        return 0.0, 0.0, 0.0
    precision, recall = both / ours, both / theirs
    return precision, recall, 2 * precision * recall / (precision + recall)


def check_rouge(found, pairs, kind, name=None):
    each = [rouge(kind, *pair) for pair in pairs]
    precision, recall, wanted = (fmean(column) for column in zip(*each, strict=True))
    mistakes = {
        "the precision": precision,
        "the recall": recall,
        "the value on a scale to 100": 100 * wanted,
        "the value of the first pair alone": each[0][2],
        "the best value, and not the mean": max(value for _, _, value in each),
        "the value with punctuation marks as tokens": fmean(
            rouge(kind, *pair, cut=with_marks)[2] for pair in pairs
        ),
        "the value of all summaries' words together": rouge(
            kind, *(" ".join(side) for side in zip(*pairs, strict=True))
        )[2],
    }
    if kind != "rouge1":
        mistakes["the value of rouge1"] = fmean(rouge("rouge1", *pair)[2] for pair in pairs)
    check(found, name or kind, wanted, mistakes)


def meteor(found, reference):
    """METEOR of two texts of white-space tokens, none of them twice in a text."""
    found, reference = found.split(), reference.split()
    places = [reference.index(word) for word in found if word in reference]
    if not places:
        return 0.0
    precision, recall = len(places) / len(found), len(places) / len(reference)
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    at = [found.index(reference[place]) for place in places]
    steps = zip(zip(at, places, strict=True), zip(at[1:], places[1:], strict=True), strict=False)
    pieces = 1 + sum((a + 1, b + 1) != after for (a, b), after in steps)
    return mean * (1 - 0.5 * (pieces / len(places)) ** 3)


class NoStems:
    """Takes each word for its own stem."""

    stem = staticmethod(str)


def library_meteor(found, reference, cut=None, **options):
    """METEOR by nltk, of its own tokens, with synonyms where it finds any."""
    from types import SimpleNamespace

    from nltk import word_tokenize
    from nltk.corpus import wordnet
    from nltk.translate.meteor_score import single_meteor_score

    try:
        wordnet.ensure_loaded()
    except LookupError:
        wordnet = SimpleNamespace(synsets=lambda word: [])
    cut = cut or (lambda text: word_tokenize(text, preserve_line=True))
    return single_meteor_score(cut(reference), cut(found), wordnet=wordnet, **options)


def bleu(pairs, smoothed=False):
    """By sacrebleu, as a fraction."""
    import sacrebleu

    metric = sacrebleu.BLEU(smooth_method="exp" if smoothed else "none")
    columns = [list(column) for column in zip(*pairs, strict=True)]
    return metric.corpus_score(columns[0], [columns[1]]).score / 100


def check_bleu(found, pairs):
    wanted = bleu(pairs)
    mistakes = {
        "the smoothed value": bleu(pairs, smoothed=True),
        "the value on a scale to 100": 100 * wanted,
        "the mean of the texts' values, and not the corpus's": fmean(bleu([p]) for p in pairs),
        "the value of the first text alone": bleu(pairs[:1]),
        "the value with predictions and references swapped": bleu([pair[::-1] for pair in pairs]),
    }
    check(found, "bleu", wanted, mistakes)


@pytest.mark.builds_on("test_rouge")
def test_sheet_summary(task):
    """The sheet's summary has ROUGE-1 0.7719, ROUGE-2 0.6182 and ROUGE-L 0.7368.

    > ROUGE by the names "rouge1", "rouge2" (words and pairs of words in common), "rougeL"
    > (the longest common subsequence) and "rougeLsum"
    """
    found = value_of(task, "score_summary", [PLUTO])
    for kind in ("rouge1", "rouge2", "rougeL"):
        check_rouge(found, [PLUTO], kind)
    check_rouge(found, [PLUTO], "rougeL", "rougeLsum")


@settings(max_examples=25)
@given(corpora())
def test_rouge(task, pairs):
    """Each ROUGE is the mean F1 of the summaries, of tokens without stemming.

    > floats from 0 to 1, the mean over the summaries of the F1 value

    > Scenario 1: compare summaries with reference summaries.
    """
    found = value_of(task, "score_summary", pairs)
    for kind in ("rouge1", "rouge2", "rougeL"):
        check_rouge(found, pairs, kind)


@pytest.mark.builds_on("test_rouge")
def test_rouge_stems(task):
    """Words of the same stem are different words to ROUGE.

    > as rouge_score cuts them, without stemming
    """
    pairs = [("the dogs are running fast", "the dog runs fast today")]
    check_rouge(value_of(task, "score_summary", pairs), pairs, "rouge1")


@pytest.mark.builds_on("test_rouge")
def test_rouge_case(task):
    """Letter case and punctuation make no difference to ROUGE.

    > Tokens are the runs of letters a-z and digits in lower case
    """
    pairs = [("THE CAT, it sat: there!", "The cat it sat there")]
    for name, number in value_of(task, "score_summary", pairs).items():
        expect.close(number, 1.0, name, atol=1e-9)


@pytest.mark.builds_on("test_rouge")
def test_rouge_order(task):
    """ROUGE-1 does not ask for the order of the words; ROUGE-2 and ROUGE-L do.

    > "rougeL" (the longest common subsequence)
    """
    pairs = [("mat the on sat cat the", "the cat sat on the mat")]
    found = value_of(task, "score_summary", pairs)
    expect.close(found["rouge1"], 1.0, "rouge1", atol=1e-9)
    expect.close(found["rouge2"], 0.0, "rouge2", atol=1e-9)
    expect.close(found["rougeL"], 0.5, "rougeL", atol=1e-9)


@pytest.mark.builds_on("test_rouge")
def test_rouge_lines(task):
    """ROUGE-Lsum takes each line as a sentence; ROUGE-L takes the text as one.

    > "rougeLsum" (the same with each line of a text as a sentence)
    """
    pairs = [("the cat sat\nit was red", "it was red\nthe cat sat")]
    found = value_of(task, "score_summary", pairs)
    expect.close(found["rougeL"], 0.5, "rougeL", atol=1e-9)
    expect.close(found["rougeLsum"], 1.0, "rougeLsum", atol=1e-9)
    pairs = [("The cat sat. It was red.", "It was red. The cat sat.")]
    found = value_of(task, "score_summary", pairs)
    expect.close(found["rougeLsum"], 0.5, "rougeLsum of texts with one line", atol=1e-9)


@pytest.mark.builds_on("test_meteor", "test_bleu")
def test_sheet_translation(task):
    """The sheet's translation has METEOR 0.3452 without synonyms, and BLEU 0.

    > Tokens are those of nltk's word_tokenize (a comma is one), in lower case

    > "meteor": METEOR, the mean over the translations.
    """
    found = value_of(task, "score_translation", [ALICE])
    mistakes = {
        "the value of white-space tokens": library_meteor(*ALICE, cut=str.split),
        "the value with predictions and references swapped": library_meteor(*ALICE[::-1]),
        "the value without stems": library_meteor(*ALICE, stemmer=NoStems),
    }
    check(found, "meteor", library_meteor(*ALICE), mistakes)
    check_bleu(found, [ALICE])


@settings(max_examples=25)
@given(permutations())
@example([("blik torma grun", "grun blik torma safel wopt")])
def test_meteor(task, pairs):
    """METEOR is the mean of the translations' values: recall first, less for scattered words.

    > "meteor": METEOR, the mean over the translations.

    > parameters are the usual ones (alpha 0.9, beta 3, gamma 0.5)
    """
    wanted = fmean(meteor(*pair) for pair in pairs)
    mistakes = {
        "the value with predictions and references swapped": fmean(
            meteor(*pair[::-1]) for pair in pairs
        ),
        "the value on a scale to 100": 100 * wanted,
        "the value of the first pair alone": meteor(*pairs[0]),
    }
    check(value_of(task, "score_translation", pairs), "meteor", wanted, mistakes)


@pytest.mark.builds_on("test_meteor", "test_bleu")
def test_paraphrase(task):
    """Words of the same stem match in METEOR, where BLEU sees no four equal words in a row.

    > they match by form and stem, and by synonym where nltk finds WordNet
    """
    pairs = [("He walks dogs, and loved talking", "he walking dog, and loves talks")]
    found = value_of(task, "score_translation", pairs)
    check(found, "meteor", 1 - 0.5 / 7**3, {"the value of equal words": library_meteor(*pairs[0])})
    check_bleu(found, pairs)


@settings(max_examples=25)
@given(corpora())
def test_bleu(task, pairs):
    """BLEU counts n-grams over all translations, without smoothing, each beside its reference.

    > "bleu", to compare: BLEU over all translations as one corpus, without smoothing, as in
    > task 12.

    > Two floats from 0 to 1.

    > Scenario 2: compare translations with reference translations.
    """
    assume(bleu(pairs) > 0)
    check_bleu(value_of(task, "score_translation", pairs), pairs)


@pytest.mark.builds_on("test_exact_match")
def test_sheet_answers(task):
    """One of the sheet's four answers is exact: 0.25.

    > the share of answers that equal theirs, a float from 0 to 1
    """
    pairs = list(zip(GIVEN, RIGHT, strict=True))
    found = value_of(task, "score_answers", pairs)
    expect.close(found["exact_match"], 0.25, "exact_match", atol=1e-9)


@settings(max_examples=25)
@given(st.lists(st.tuples(texts, st.booleans()), min_size=1, max_size=7))
def test_exact_match(task, drawn):
    """Exact match is the share of answers that are equal to theirs.

    > "exact_match": the share of answers that equal theirs, a float from 0 to 1.

    > Scenario 3: compare answers that were copied from a text with the right ones.
    """
    pairs = [
        (" ".join(text) if same else " ".join([*text, "more"]), " ".join(text))
        for text, same in drawn
    ]
    count = sum(same for _, same in drawn)
    wanted = count / len(drawn)
    mistakes = {
        "the number of equal answers, and not their share": count,
        "the share of answers that differ": 1 - wanted,
        "the value of the sheet's answers": 0.25,
        "1 for any equal answer": float(count > 0),
    }
    check(value_of(task, "score_answers", pairs), "exact_match", wanted, mistakes)


@pytest.mark.builds_on("test_exact_match")
def test_exact_to_its_own(task):
    """An answer is compared with its own right answer, and with no other.

    > the share of answers that equal theirs
    """
    pairs = [("in Paris", "in Rome"), ("in Rome", "in Paris"), ("in 1889", "in 1889")]
    found = value_of(task, "score_answers", pairs)["exact_match"]
    expect.close(found, 1 / 3, "exact_match", atol=1e-6)


@pytest.mark.builds_on("test_exact_match")
def test_exact_to_the_letter(task):
    """Letter case, punctuation and white space count in an exact match.

    > Letter case, punctuation and white space count.
    """
    for pair in (("Paris", "paris"), ("Paris.", "Paris"), (" Paris", "Paris"), ("Paris\n", "Paris"),
                 ("42", "24")):  # fmt: skip
        found = value_of(task, "score_answers", [pair])["exact_match"]
        expect.that(found == 0, f"exact_match == 0: {pair[0]!r} is not {pair[1]!r}", f"{found:g}")


@pytest.mark.edge
@pytest.mark.parametrize("function", NAMES)
def test_lists_fit(task, function):
    """Lists of different lengths, and empty ones, raise ValueError.

    > ValueError: there are not as many references as predictions, or there are none.
    """
    for sides in (([], []), (GIVEN, RIGHT[:3]), (GIVEN[:3], RIGHT), (["a"], []), ([], ["a"])):
        task.reload()  # a metric that was asked before may answer otherwise
        expect.raises(ValueError, lambda sides=sides: getattr(task, function)(*sides))


@pytest.mark.edge
@pytest.mark.parametrize("function", NAMES)
def test_input_is_kept(task, function):
    """Predictions and references are left as they were.

    > left as they were, like the references
    """
    sides = (list(GIVEN), list(RIGHT))
    value_of(task, function, [PLUTO])
    getattr(task, function)(*sides)
    expect.that(sides == (GIVEN, RIGHT), "both lists as they were", describe(sides))


def test_answer(task):
    """ANSWER says of ROUGE, METEOR and exact match why each fits its scenario.

    > Say in a string called ANSWER why ROUGE, METEOR and exact match each fit their
    > scenario: one sentence of five words or more for each of the three, or several.
    """
    answer = task.value("ANSWER")
    expect.instance(answer, str, "ANSWER")
    missing = [
        name for name in ("ROUGE", "METEOR", "exact match") if name.lower() not in answer.lower()
    ]
    expect.that(not missing, f"a word on {' and '.join(missing)}", repr(answer))
    count = sum(len(sentence.split()) >= 5 for sentence in sentences_of(answer))
    expect.that(count >= 3, "three sentences of five words or more", f"{count} of them: {answer!r}")


@pytest.mark.builds_on
def test_script(task):
    """The script prints the values of the sheet's three scenarios.

    > Print the metrics of the sheet's scenarios.
    """
    task.main()
    lines = task.printed.out.strip().splitlines()
    expect.that(len(lines) == 3, "three lines", task.printed.out)
    found = {}
    for i, line in enumerate(lines, 1):
        start, _, rest = line.partition(": ")
        expect.that(start == f"Scenario {i}", f"a line that begins with 'Scenario {i}: '", line)
        try:
            found |= ast.literal_eval(rest)
        except (SyntaxError, TypeError, ValueError):
            raise expect.Wrong("a dictionary of numbers after the colon", line) from None
    wanted = {kind: rouge(kind, *PLUTO)[2] for kind in ("rouge1", "rouge2", "rougeL")}
    wanted |= {"rougeLsum": wanted["rougeL"], "meteor": library_meteor(*ALICE), "bleu": 0.0}
    wanted["exact_match"] = 0.25
    expect.that(found.keys() == wanted.keys(), f"the names {list(wanted)}", f"{list(found)}")
    for name, number in wanted.items():
        expect.close(found[name], number, name, atol=1e-6)
