"""What the tests of the dispatcher's tasks share: texts, tokenizers, items."""

import copy
from collections.abc import Mapping
from functools import cache

from kata import expect
from kata.lazy import lazy

torch = lazy("torch")
transformers = lazy("transformers")

UNCASED = "distilbert/distilbert-base-uncased"
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


def tokenizer_of(name=UNCASED, side="right"):
    """A tokenizer that nobody else has, so that nobody can change it."""
    return copy.deepcopy(_tokenizer(name, side))


@cache
def _tokenizer(name, side):
    return transformers.AutoTokenizer.from_pretrained(name, padding_side=side)


def ids_of(tokenizer, text, longest=512):
    """The text's tokens between the two special ones, which count too."""
    ids = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text))
    return [tokenizer.cls_token_id, *ids[: longest - 2], tokenizer.sep_token_id]


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
