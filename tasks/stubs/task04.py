"""Task 04: a summary (week 09, task 04).

Let a pre-trained model say in a few words what a long text says: `cnicu/t5-small-booksum` of the
Hugging Face hub, an encoder-decoder that was fine-tuned to summarise.

    pytest tests/test_task04.py     judges this file
    python tasks/task04.py          runs it, and prints a summary of the text below

Without a network, the id leads to a small stand-in that knows descriptions of landmarks; see
`kata models`. transformers has no "summarization" pipeline since version 5: load tokenizer and
model with `from_pretrained`, and call `generate`.

Out of scope: training, sampling, and the parts of a text that the model does not read.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load the tokenizer and the model: once, not at every call.
### END CODE HERE ###

LONG_TEXT = """
The tower is 324 metres (1,063 ft) tall, about the same height as an 81-storey building, and the \
tallest structure in Paris. Its base is square, measuring 125 metres (410 ft) on each side. During \
its construction, the Eiffel Tower surpassed the Washington Monument to become the tallest \
man-made structure in the world, a title it held for 41 years until the Chrysler Building in New \
York City was finished in 1930. It was the first structure to reach a height of 300 metres. Due to \
the addition of a broadcasting aerial at the top of the tower in 1957, it is now taller than the \
Chrysler Building by 5.2 metres (17 ft). Excluding transmitters, the Eiffel Tower is the second \
tallest free-standing structure in France after the Millau Viaduct.
"""


def summarize(text: str, max_tokens: int = 50) -> str:
    """Summarise `text`, the description of a landmark, say.

    Returns:
        The summary: what the text is about, by the name that stands anywhere in the text, and some
        of its numbers, in fewer than 0.6 times as many words. It has at most `max_tokens` tokens,
        as the model's own tokenizer counts them without special tokens, and none of these in the
        text (`</s>`, `<pad>`). It may break off where the limit is reached; where there is room for
        60 tokens, it has more than 20. The same call gives the same summary. Any text will do: an
        empty one, whose summary may be empty, and one longer than the model reads (512 tokens: cut
        it there).

    Raises:
        ValueError: `max_tokens` is below 1.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError for a limit below 1.
    # 2. Turn the text into token ids, cut to what the model reads.
    # 3. Generate new tokens, without gradients.
    # 4. Turn them into text, without the special tokens.
    raise NotImplementedError("Write `summarize` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print a summary of the sheet's text."""
    print(summarize(LONG_TEXT))


if __name__ == "__main__":
    main()
# stub 4ddd6ba697c41c10
