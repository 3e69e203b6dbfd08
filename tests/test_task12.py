"""Task 12: what `translate` and `score` must do."""

import ast
import copy
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect
from tests.language import (
    ODD_TEXTS,
    STRANGE_SPANISH,
    check_again,
    check_loaded_once,
    check_loads_nothing,
    check_texts,
    chrf,
)
from tests.translating import GOOD, Direction

english = Direction("english")

# The sheet's sample output, and its references.
SAMPLE = ["Hey, how are you?", "I'm great, thanks."]
REFERENCES = [
    ["Hello, how are you?", "Hi, how are you?"],
    ["I'm great, thanks.", "I'm great, thank you."],
]
words = st.sampled_from("the a cat dog sat ran on mat rug , . old red is not".split())
sentence = st.lists(words, min_size=5, max_size=9)


@st.composite
def corpora(draw):
    """Two to four translations with two references each: words in the order of the first."""
    translations, references = [], []
    for _ in range(draw(st.integers(2, 4))):
        reference = draw(sentence)
        found = list(reference)
        place = draw(st.integers(0, len(found) - 1))
        found[place] = draw(words)
        # Of the same length, so that all notions of the nearest length agree.
        other = draw(st.lists(words, min_size=len(reference), max_size=len(reference)))
        translations.append(" ".join(found[draw(st.integers(0, 2)) :]))
        references.append([" ".join(reference), " ".join(other)])
    return translations, references


def corpus_score(translations, references, **options):
    """By sacrebleu: the score in percent, and `bp`, the factor for short translations."""
    import sacrebleu

    metric = sacrebleu.BLEU(smooth_method="none", **options)
    return metric.corpus_score(translations, list(zip(*references, strict=True)))


def bleu(translations, references, **options):
    """By sacrebleu, as a fraction."""
    return corpus_score(translations, references, **options).score / 100


def value(task, translations, references):
    found = task.score(translations, references)
    expect.number(found, "the score")
    return found


def mistakes(translations, references):
    """Other values that people compute."""
    pairs = list(zip(translations, references, strict=True))
    wanted = bleu(translations, references)
    single = [row[:1] for row in references]
    others = {}
    if len(references[0]) > 2:
        two = [row[:2] for row in references]
        others["the value with the first two references only"] = bleu(translations, two)
    penalty = corpus_score(translations, references).bp
    return {
        "the value on a scale to 100": 100 * wanted,
        "the value with the first reference only": bleu(translations, single),
        **others,
        "the value of n-grams of one and two tokens only": bleu(
            translations, references, max_ngram_order=2
        ),
        "the value without the penalty for short translations": penalty and wanted / penalty,
        "the mean of the sentences' values, and not the corpus's": sum(
            bleu([text], [row]) for text, row in pairs
        )
        / len(pairs),
        "the value of texts in small letters": bleu(
            [text.lower() for text in translations],
            [[text.lower() for text in row] for row in references],
        ),
        "the value of white-space tokens, for which 'you?' is one": bleu(
            translations, references, tokenize="none"
        ),
    }


def check_score(task, translations, references):
    wanted = bleu(translations, references)
    found = value(task, list(translations), [list(row) for row in references])
    if math.isclose(found, wanted, rel_tol=1e-5, abs_tol=1e-6):
        return
    known = [
        reason
        for reason, other in mistakes(translations, references).items()
        if math.isclose(found, other, rel_tol=1e-5, abs_tol=1e-6)
    ]
    raise expect.Wrong(
        f"a BLEU of {wanted:.6f}", f"{found:.6f}" + (f", which is {known[0]}" if known else "")
    )


def test_sheet(task):
    """The sheet's sample output scores 0.8628, and its first sentence 0.7598.

    > 0.8628 for ["Hey, how are you?", "I'm great, thanks."], which is the sheet's sample
    > output, and REFERENCES_2
    """
    check_score(task, SAMPLE, REFERENCES)
    check_score(task, SAMPLE[:1], REFERENCES[:1])


@settings(max_examples=25)
@given(corpora())
def test_corpus(task, drawn):
    """The score counts n-grams over the whole corpus, in any reference of a sentence.

    > The BLEU score of translations, as one corpus.

    > N-grams of one to four tokens count, without smoothing, as sacrebleu's tokenizer "13a"
    > cuts them (a comma is a token of its own)

    > Short translations are penalised by the length of the nearest reference, or of the shortest
    > one: libraries differ, and either will do.
    """
    translations, references = drawn
    assume(bleu(translations, references) > 0)
    check_score(task, translations, references)


@pytest.mark.builds_on("test_corpus")
def test_any_reference(task):
    """A sentence may match any of its references, in whatever order they stand.

    > An n-gram may match in any reference of its sentence.
    """
    rows = [list(reversed(row)) for row in REFERENCES]
    check_score(task, SAMPLE, rows)
    check_score(task, [rows[0][0], rows[1][1]], rows)


def test_capitals(task):
    """A word with a capital is another word than the one without.

    > "The" is another token than "the"
    """
    rows = [["The cat sat on the old mat.", "A cat sat on the Old mat today."]]
    check_score(task, ["the Cat sat on the old mat."], rows)


def test_three_references(task):
    """There may be one reference to each sentence, or three.

    > for each sentence the list of its references, as many as the others have
    """
    check_score(task, SAMPLE, [row[:1] for row in REFERENCES])
    third = ["Hey, how do you do?", "I'm great, thanks a lot."]
    rows = [[*row, other] for row, other in zip(REFERENCES, third, strict=True)]
    check_score(task, ["Hey, how do you do, then?", SAMPLE[1]], rows)


def test_bounds(task):
    """Equal texts score 1; texts without four words in common in a row score 0.

    > A float from 0 to 1
    """
    same = ["The cat sat on the old mat.", "The dog ran."]
    expect.close(value(task, same, [[text] for text in same]), 1.0, "the score", atol=1e-6)
    other = [["A red dog ran there now."], ["It is a cat."]]
    expect.close(value(task, same, other), 0.0, "the score, without smoothing", atol=1e-6)
    short = value(task, ["Thank you."], [["Thank you."]])
    expect.close(short, 0.0, "the score of three tokens, which have no four in a row", atol=1e-6)


@pytest.mark.edge
def test_lists_fit(task):
    """Fewer or more lists of references than translations raise ValueError.

    > ValueError: there are not as many lists of references as translations.
    """
    for sides in ((["a"], []), (SAMPLE, REFERENCES[:1]), (SAMPLE[:1], REFERENCES)):
        task.reload()  # a metric that was asked before may answer otherwise
        own = copy.deepcopy(sides)
        expect.raises(ValueError, lambda own=own: task.score(*own))


@pytest.mark.edge
def test_score_keeps_its_input(task):
    """`score` leaves its arguments as they were.

    > `sentences` is left as it was, and so are the arguments of `score`.
    """
    translations, references = list(SAMPLE), [list(row) for row in REFERENCES]
    value(task, translations, references)
    expect.that(translations == SAMPLE, "translations as they were", describe(translations))
    expect.that(references == REFERENCES, "references as they were", describe(references))


@settings(max_examples=8)
@given(st.integers(1, 4), st.integers(0, 10_000))
def test_a_list(task, count, seed):
    """There is one translation per sentence, in a list of strings.

    > A list with the translation of each sentence, in their order, without special tokens.
    """
    english.check_list(task, count, seed)


@pytest.mark.edge
def test_empty_list(task):
    """An empty list gives an empty list.

    > An empty list gives an empty list.
    """
    check_texts(task.translate([]), 0, "translations")


@pytest.mark.builds_on("test_alone_or_together")
def test_meaning(task):
    """The translations say what the Spanish sentences say, in English.

    > Translate Spanish sentences into English.
    """
    english.check_meaning(task)


@pytest.mark.builds_on("test_meaning")
def test_long_sentences(task):
    """A long sentence is translated to its end.

    > Translate Spanish sentences into English.
    """
    english.check_long_sentences(task)


def test_order(task):
    """Each sentence of a batch has its own translation, in the order of the sentences.

    > A list with the translation of each sentence, in their order
    """
    english.check_order(task)


def test_alone_or_together(task):
    """A sentence has the same translation alone and among others.

    > A sentence has the same translation alone and among others
    """
    english.check_alone(task)


@pytest.mark.edge
def test_input_is_kept(task):
    """The list of sentences is left as it was.

    > `sentences` is left as it was
    """
    english.check_input_is_kept(task)


@pytest.mark.edge
def test_same_again(task):
    """The same sentences give the same translations.

    > the same call gives the same translations
    """
    texts, _ = english.sentences(2)
    check_again(lambda: task.translate([*STRANGE_SPANISH, *texts]))


@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any sentence will do: nothing, a letter, emoji, 2,000 words.

    > Any sentence will do: an empty one, whose translation may be anything, and one longer
    > than the model reads (512 tokens: cut it there).
    """
    english.check_odd_text(task, name)


@pytest.mark.edge
@pytest.mark.benchmark
def test_loaded_once(task, race):
    """The model and the metric are loaded once, not at every call.

    > Load the tokenizer, the model and the metric: once, not at every call.
    """
    texts, _ = english.sentences(1)
    check_loaded_once(task, race, "translate", texts)
    check_loads_nothing(lambda: task.score(*copy.deepcopy((SAMPLE, REFERENCES))))


@pytest.mark.builds_on
def test_script(task):
    """The script prints the translations of the sheet's sentences, and their scores.

    > Print what the sheet prints.
    """
    task.main()
    lines = task.printed.out.strip().splitlines()
    starts = [
        'Translation for "input_sentence_1": ',
        'Metric for "input_sentence_1": ',
        'Translations for "input_sentence_2": ',
        'Metric for "input_sentence_2": ',
    ]
    expect.that(len(lines) == 4, "four lines", task.printed.out)
    for line, start in zip(lines, starts, strict=True):
        expect.that(line.startswith(start), f"a line that begins with {start!r}", repr(line))
    first, one, both, two = (line[len(start) :] for line, start in zip(lines, starts, strict=True))
    try:
        both, numbers = ast.literal_eval(both), [float(one), float(two)]
    except (SyntaxError, ValueError):
        raise expect.Wrong(
            "a list of two translations, and two numbers", task.printed.out
        ) from None
    check_texts(both, 2, "translations")
    for text, row in zip([first, *both], [REFERENCES[0], *REFERENCES], strict=True):
        expect.that(max(chrf(text, other) for other in row) > GOOD, f"something like {row}", text)
    wanted = [bleu([first], REFERENCES[:1]), bleu(both, REFERENCES)]
    expect.close(numbers, wanted, "the two scores", atol=1e-5)
