"""What the tests of the dispatcher's tasks share: texts and items."""

from collections.abc import Mapping

from kata.testing import expect, lazy
from tests.tokens import ids_of

torch = lazy("torch")
transformers = lazy("transformers")

KEYS = ("attention_mask", "input_ids", "labels")
# Of different lengths; no two neighbours have the same label.
TEXTS = [
    "Name three rivers.",
    "Is a trout a fish or a bird?",
    "Write a short poem about an old lighthouse keeper and his dog.",
    "Why?",
    "Which of these are colours: red, seven, green, Monday?",
    "Give me some ideas for a birthday party with twelve children in a small garden in May.",
    "Summarize the text below in two sentences.",
]
LABELS = [0, 1, 4, 0, 1, 3, 2]


def items_of(tokenizer, texts, labels):
    """Items as task 14 makes them."""
    return [
        transformers.BatchEncoding(
            {
                "input_ids": ids_of(tokenizer, text),
                "attention_mask": [1] * len(ids_of(tokenizer, text)),
                "labels": torch.tensor(label),
            }
        )
        for text, label in zip(texts, labels, strict=True)
    ]


def check_keys(found, name):
    """A dictionary of input_ids, attention_mask and labels."""
    expect.instance(found, Mapping, name)
    wanted = " and ".join(KEYS)
    expect.that(sorted(found) == list(KEYS), f"the keys {wanted}", f"{sorted(found)}", "keys")
    return found
