"""Task 12: how good is a translation? (week 09, task 12)

Translate from Spanish to English with a model of the Hugging Face hub, and compare the result with
what people wrote: the BLEU score counts the n-grams that translation and references share.

    pytest tests/test_task12.py     judges this file
    python tasks/task12.py          runs it, and prints what the exercise sheet prints

Without a network there are small stand-ins under real ids, which know everyday talk on courses,
books, food and travel; see `kata models`. evaluate.load("bleu") works without a network too.

Out of scope: other metrics (task 13), training.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
from functools import cache

import evaluate
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer


# 2. Load the tokenizer, the model and the metric: once, not at every call.
@cache
def load():
    name = "Helsinki-NLP/opus-mt-es-en"
    return AutoTokenizer.from_pretrained(name), AutoModelForSeq2SeqLM.from_pretrained(name).eval()


@cache
def load_metric():
    return evaluate.load("bleu")


### END CODE HERE ###

INPUT_SENTENCE_1 = "Hola, ¿cómo estás?"
REFERENCE_1 = [["Hello, how are you?", "Hi, how are you?"]]
INPUT_SENTENCES_2 = ["Hola, ¿cómo estás?", "Estoy genial, gracias."]
REFERENCES_2 = [
    ["Hello, how are you?", "Hi, how are you?"],
    ["I'm great, thanks.", "I'm great, thank you."],
]


def translate(sentences: list[str]) -> list[str]:
    """Translate Spanish sentences into English.

    Returns:
        A list with the translation of each sentence, in their order, without special tokens. A
        sentence has the same translation alone and among others, and the same call gives the same
        translations. An empty list gives an empty list. Any sentence will do: an empty one, whose
        translation may be anything, and one longer than the model reads (512 tokens: cut it there).
        `sentences` is left as it was, and so are the arguments of `score`.
    """
    ### START CODE HERE ###
    # 1. Turn the sentences into token ids: padded to the longest, cut to what the model reads.
    if not sentences:
        return []
    tokenizer, model = load()
    inputs = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    # 2. Generate new tokens, without gradients, and turn them into texts.
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=128, do_sample=False)
    return tokenizer.batch_decode(ids, skip_special_tokens=True)
    ### END CODE HERE ###


def score(translations: list[str], references: list[list[str]]) -> float:
    """The BLEU score of translations, as one corpus.

    N-grams of one to four tokens count, without smoothing, as sacrebleu's tokenizer "13a" cuts
    them (a comma is a token of its own), and "The" is another token than "the". An n-gram may match
    in any reference of its sentence. Short translations are penalised by the length of the nearest
    reference, or of the shortest one: libraries differ, and either will do.

    Args:
        translations: one for each sentence.
        references: for each sentence the list of its references, as many as the others have.

    Returns:
        A float from 0 to 1: 0.8628 for ["Hey, how are you?", "I'm great, thanks."], which is the
        sheet's sample output, and REFERENCES_2.

    Raises:
        ValueError: there are not as many lists of references as translations.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError where the lists do not fit.
    if len(translations) != len(references):
        raise ValueError(
            f"There are {len(translations)} translations and {len(references)} lists of references."
        )
    # 2. Let a metric count, over the whole corpus.
    result = load_metric().compute(predictions=translations, references=references)
    return float(result["bleu"])
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    first = translate([INPUT_SENTENCE_1])
    print(f'Translation for "input_sentence_1": {first[0]}')
    print(f'Metric for "input_sentence_1": {score(first, REFERENCE_1)}')
    both = translate(INPUT_SENTENCES_2)
    print(f'Translations for "input_sentence_2": {both}')
    print(f'Metric for "input_sentence_2": {score(both, REFERENCES_2)}')


if __name__ == "__main__":
    main()
