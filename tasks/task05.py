"""Task 05: a reply to a customer (week 09, task 05).

Pick a model of the Hugging Face hub that generates text, and let it answer the review of a hotel's
guest. What it is to do, it learns from the prompt.

    pytest tests/test_task05.py     judges this file
    python tasks/task05.py          runs it, and prints what the exercise sheet prints

Without a network there are small stand-ins under real ids; `kata models` lists them and what they
can do. Not every model fits: choose one that goes on with a prompt.

Out of scope: training, reviews of anything but hotels.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load the tokenizer and the model of your choice: once, not at every call.
### END CODE HERE ###

REVIEW = (
    "I had a wonderful stay at the Riverview Hotel! The staff were incredibly attentive and the "
    "amenities were top-notch. The only hiccup was a slight delay in room service, but that didn't "
    "overshadow the fantastic experience I had."
)


def build_prompt(review: str) -> str:
    """Put a review into a prompt that asks for the hotel's reply to it.

    Returns:
        The prompt: the review, word for word and once, and around it an instruction of at least
        three words which is the same for every review.
    """
    ### START CODE HERE ###
    # 1. Say what to do, quote the review, and leave off where the reply begins.
    raise NotImplementedError("Write `build_prompt` here.")
    ### END CODE HERE ###


def respond(review: str) -> str:
    """Answer a review on the hotel's behalf.

    Returns:
        The reply alone: nothing of the prompt, no special tokens, 5 to 120 words. It speaks of
        what this guest praised or complained of, in no more than eight of the guest's words in a
        row, and does not go round in circles: no four words stand in it more than three times.
        The same call gives the same reply. Any review will do: one of a word or two, or of none,
        whose reply may be shorter or empty, and one longer than the model reads (cut it there,
        with room for the reply).
    """
    ### START CODE HERE ###
    # 1. Cut a review that is too long, so that its prompt and the reply fit the model.
    # 2. Turn the prompt into token ids.
    # 3. Generate new tokens, without gradients.
    # 4. Turn them into text, without the prompt and the special tokens.
    raise NotImplementedError("Write `respond` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints, with "response" spelt right."""
    print(f"Customer review:\n{REVIEW}\n")
    print(f"Hotel response to the customer:\n{respond(REVIEW)}")


if __name__ == "__main__":
    main()
# stub 2def995db442fcac
