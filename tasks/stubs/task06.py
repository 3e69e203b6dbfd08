"""Task 06: from Spanish to Bulgarian (week 09, task 06).

Pick a model of the Hugging Face hub that translates from Spanish to Bulgarian, and use it. The
models of Helsinki-NLP translate in one direction each, which their names tell.

    pytest tests/test_task06.py     judges this file
    python tasks/task06.py          runs it, and prints what the exercise sheet prints

Without a network there are small stand-ins under real ids, which know everyday talk on courses,
books, food and travel; see `kata models`. transformers has no "translation" pipeline since
version 5: load tokenizer and model with `from_pretrained`, and call `generate`.

Out of scope: other pairs of languages, training.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load the tokenizer and the model of your choice: once, not at every call.
### END CODE HERE ###

SPANISH_TEXT = "Este curso sobre LLMs se está poniendo muy interesante"


def translate(texts: str | list[str]) -> list[str]:
    """Translate Spanish texts into Bulgarian.

    Args:
        texts: one text, or a list of them; an empty list is a list too.

    Returns:
        A list with the translation of each text, in their order: for one text, a list of one.
        There are no special tokens in them (`</s>`, `<pad>`). A text has the same translation
        alone and among others, and the same call gives the same translations. Any text will do: an
        empty one, whose translation may be anything, and one longer than the model reads (512
        tokens: cut it there). `texts` is left as it was.
    """
    ### START CODE HERE ###
    # 1. Make a list of one text, too.
    # 2. Turn the texts into token ids: padded to the longest, cut to what the model reads.
    # 3. Generate new tokens, without gradients.
    # 4. Turn them into texts, without the special tokens.
    raise NotImplementedError("Write `translate` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    print(translate(SPANISH_TEXT)[0])


if __name__ == "__main__":
    main()
# stub e2d3be4e7435ba4e
