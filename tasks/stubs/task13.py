"""Task 13: the right metric for each kind of text. (week 09, task 13)

A summary, a translation and a list of short answers, each to be compared with what people wrote.
Which metric fits which of them?

    pytest tests/test_task13.py     judges this file
    python tasks/task13.py          runs it, and prints the metrics of the sheet's three scenarios

evaluate.load("rouge"), "meteor", "bleu" and "exact_match" work without a network; so do sacrebleu,
rouge_score, torchmetrics and nltk, as far as they need no downloads.

Out of scope: several references for a text (task 12), models.
"""

import fixtures.offline  # metrics without a network; before evaluate

### START CODE HERE ###
# 1. Import what you need.
# 2. Load a metric once, not at every call.
# 3. Say in a string called ANSWER why ROUGE, METEOR and exact match each fit their scenario: one
#    sentence of five words or more for each of the three, or several.
### END CODE HERE ###

SUMMARIES = [
    "Pluto is a dwarf planet in our solar system, located in the Kuiper Belt beyond Neptune, and "
    "was formerly considered the ninth planet until its reclassification in 2006."
]
REFERENCE_SUMMARIES = [
    "Pluto is a dwarf planet in the solar system, located in the Kuiper Belt beyond Neptune, and "
    "was previously deemed as a planet until it was reclassified in 2006."
]
TRANSLATIONS = [
    "The burrow stretched forward like a narrow corridor for a while, then plunged abruptly "
    "downward, so quickly that Alice had no chance to stop herself before she was tumbling into an "
    "extremely deep shaft."
]
REFERENCE_TRANSLATIONS = [
    "The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down, "
    "so suddenly that Alice had not a moment to think about stopping herself before she found "
    "herself falling down a very deep well."
]
GIVEN_ANSWERS = [
    "It's a wonderful day",
    "I love dogs",
    "DataCamp has great AI courses",
    "Sunshine and flowers",
]
RIGHT_ANSWERS = [
    "What a wonderful day",
    "I love cats",
    "DataCamp has great AI courses",
    "Sunsets and flowers",
]


def score_summary(predictions: list[str], references: list[str]) -> dict[str, float]:
    """Scenario 1: compare summaries with reference summaries.

    Args:
        predictions: one summary or more; left as they were, like the references.
        references: as many; the reference of each.

    Returns:
        ROUGE by the names "rouge1", "rouge2" (words and pairs of words in common), "rougeL" (the
        longest common subsequence) and "rougeLsum" (the same with each line of a text as a
        sentence): floats from 0 to 1, the mean over the summaries of the F1 value. Tokens are the
        runs of letters a-z and digits in lower case, as rouge_score cuts them, without stemming.

    Raises:
        ValueError: there are not as many references as predictions, or there are none.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError where the lists do not fit.
    # 2. Ask a metric.
    raise NotImplementedError("Write `score_summary` here.")
    ### END CODE HERE ###


def score_translation(predictions: list[str], references: list[str]) -> dict[str, float]:
    """Scenario 2: compare translations with reference translations.

    Args:
        predictions: one translation or more; left as they were, like the references.
        references: as many; the reference of each.

    Returns:
        Two floats from 0 to 1. "meteor": METEOR, the mean over the translations. Tokens are those
        of nltk's word_tokenize (a comma is one), in lower case; they match by form and stem, and
        by synonym where nltk finds WordNet; parameters are the usual ones (alpha 0.9, beta 3,
        gamma 0.5). "bleu", to compare: BLEU over all translations as one corpus, without
        smoothing, as in task 12.

    Raises:
        ValueError: there are not as many references as predictions, or there are none.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError where the lists do not fit.
    # 2. Ask two metrics. One of them wants a list of references for each text.
    raise NotImplementedError("Write `score_translation` here.")
    ### END CODE HERE ###


def score_answers(predictions: list[str], references: list[str]) -> dict[str, float]:
    """Scenario 3: compare answers that were copied from a text with the right ones.

    Args:
        predictions: one answer or more; left as they were, like the references.
        references: as many; the right answer of each.

    Returns:
        "exact_match": the share of answers that equal theirs, a float from 0 to 1. Letter case,
        punctuation and white space count.

    Raises:
        ValueError: there are not as many references as predictions, or there are none.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError where the lists do not fit.
    # 2. Ask a metric, or count.
    raise NotImplementedError("Write `score_answers` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print the metrics of the sheet's scenarios."""
    print("Scenario 1:", score_summary(SUMMARIES, REFERENCE_SUMMARIES))
    print("Scenario 2:", score_translation(TRANSLATIONS, REFERENCE_TRANSLATIONS))
    print("Scenario 3:", score_answers(GIVEN_ANSWERS, RIGHT_ANSWERS))


if __name__ == "__main__":
    main()
# stub a67f0bc3c795361e
