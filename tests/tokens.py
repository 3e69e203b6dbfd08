"""Token ids as the tests expect them, for whatever tokenizer."""

import copy
import sys
from contextlib import contextmanager
from functools import cache

from kata.testing import lazy

transformers = lazy("transformers")

UNCASED = "distilbert/distilbert-base-uncased"


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


def padded(rows, value, side="right"):
    """Rows filled up to the longest of them."""
    longest = max(map(len, rows))
    fill = [[value] * (longest - len(row)) for row in rows]
    pairs = zip(fill, rows, strict=True)
    return [left + row if side == "left" else row + left for left, row in pairs]


@contextmanager
def tokenizations():
    """Lists the calls that cut texts into tokens in the meantime, whatever leads to them."""
    made = []

    def note(frame, event, called):
        if event == "c_call" and type(getattr(called, "__self__", None)).__name__ == "Tokenizer":
            made.extend([called.__name__] if called.__name__.startswith("encode") else [])

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield made
    finally:
        sys.setprofile(before)
