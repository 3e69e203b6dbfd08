"""Task 11: going on with a sentence, and perplexity (week 09, task 11).

Let a causal language model of the Hugging Face hub complete a sentence, and measure how well the
model predicts a text: its perplexity. What does that value mean? Answer in a string called ANSWER.

    pytest tests/test_task11.py     judges this file
    python tasks/task11.py          runs it, and prints what the exercise sheet prints

Choose `gpt2` or `distilgpt2`, so that the value can be checked. Without a network these ids lead
to small stand-ins that know forecasts, such as the sheet's; see `kata models`.

Out of scope: training, sampling, texts longer than the model reads (1,024 tokens).
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load the tokenizer and the model: once, not at every call.
# 3. Say in a string called ANSWER, in two sentences or more and 15 words or more, what the
#    perplexity of a text means.
### END CODE HERE ###

PROMPT = "Current trends show that by 2030"


def generate(prompt: str, max_new_tokens: int) -> str:
    """Go on with a text.

    Returns:
        `prompt`, unchanged, and right after it at most `max_new_tokens` tokens, as the model's
        tokenizer counts them, without special tokens. The model takes the most probable token
        each time (no sampling, no beams), so that the same call gives the same text.

    Raises:
        ValueError: `prompt` is empty, or `max_new_tokens` below 1.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError for an empty prompt, and for a limit below 1.
    # 2. Turn the prompt into token ids.
    # 3. Generate new tokens, without gradients.
    # 4. Put the prompt before their text.
    raise NotImplementedError("Write `generate` here.")
    ### END CODE HERE ###


def mean_perplexity(texts: list[str]) -> float:
    """The mean of the perplexities of some texts.

    A text's perplexity is exp of the mean negative natural-log probability that the model gives
    to its tokens, each after those before it. The first token has none before it and does not
    count; nothing is put before it (evaluate's "perplexity" does that unless `add_start_token`
    is False, and loads the model at every call). Padding does not count either.

    Returns:
        A float. Texts of different lengths count alike: it is the mean of the values that each
        text has on its own.

    Raises:
        ValueError: there is no text, or one of fewer than two tokens.
    """
    ### START CODE HERE ###
    # 1. Raise ValueError where there is nothing to measure.
    # 2. Take the model's mean loss on each text, without gradients.
    # 3. Average the exponentials.
    raise NotImplementedError("Write `mean_perplexity` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    text = generate(PROMPT, max_new_tokens=20)
    print(f"Generated Text: {text}")
    print(f"Mean perplexity: {mean_perplexity([text])}")


if __name__ == "__main__":
    main()
# stub 7944043af700b23e
