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
from functools import cache

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


# 2. Load the tokenizer and the model: once, not at every call.
@cache
def load():
    name = "distilbert/distilgpt2"
    return AutoTokenizer.from_pretrained(name), AutoModelForCausalLM.from_pretrained(name).eval()


# 3. Say in a string called ANSWER, in two sentences or more and 15 words or more, what the
#    perplexity of a text means.
ANSWER = """
Perplexity is the exponential of the mean negative log-likelihood that the model gives to the
tokens of a text, each after those before it. A value of 9 says that the model is, on average, as
uncertain about the next token as if it chose among 9 equally probable ones: the lower, the better
the model predicts this text. Values compare only between models with the same tokenizer.
"""
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
    if not prompt:
        raise ValueError("The prompt is empty; a text to go on with has one token or more.")
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens is {max_new_tokens}; it is 1 or more.")
    # 2. Turn the prompt into token ids.
    tokenizer, model = load()
    inputs = tokenizer(prompt, return_tensors="pt")  # (1, tokens)
    # 3. Generate new tokens, without gradients.
    with torch.no_grad():
        ids = model.generate(
            **inputs,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            pad_token_id=tokenizer.eos_token_id,
        )
    # 4. Put the prompt before their text.
    new = ids[0, inputs["input_ids"].shape[1] :]
    return prompt + tokenizer.decode(new, skip_special_tokens=True)
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
    tokenizer, model = load()
    rows = [tokenizer(text, return_tensors="pt")["input_ids"] for text in texts]  # (1, tokens) each
    short = [text for text, ids in zip(texts, rows, strict=True) if ids.shape[1] < 2]
    if short or not texts:
        raise ValueError(f"Perplexity needs texts of two tokens or more, and got {short or texts}.")
    # 2. Take the model's mean loss on each text, without gradients.
    with torch.no_grad():
        losses = torch.stack([model(ids, labels=ids).loss for ids in rows])  # (texts,)
    # 3. Average the exponentials.
    return losses.exp().mean().item()
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    text = generate(PROMPT, max_new_tokens=20)
    print(f"Generated Text: {text}")
    print(f"Mean perplexity: {mean_perplexity([text])}")


if __name__ == "__main__":
    main()
