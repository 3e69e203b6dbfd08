"""Task 10: two examples in the prompt (week 09, task 10).

A model that follows prompts can be shown what to do: put two labelled examples before the text to
classify (2-shot learning), and let it write the third label.

    pytest tests/test_task10.py     judges this file
    python tasks/task10.py          runs it, and prints what the exercise sheet prints

The sheet starts from this prompt, which has no example:

    Text: "The dinner we had was great and the service too."
    Classify the sentiment of this sentence as either positive or negative.

Without a network there are small stand-ins under real ids; see `kata models`. Choose one that
writes: a classifier such as DistilBERT would judge the examples along with the text.

Out of scope: training, neutral texts.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load the tokenizer and the model of your choice: once, not at every call.
### END CODE HERE ###

TEXT = "The dinner we had was great and the service too."


def build_prompt(text: str) -> str:
    """Put a text of one line behind two labelled examples, in the same form as these.

    Returns:
        A prompt of three parts, with an empty line between them. Each part has a line
        `Text: "..."` and, as its last line, `Sentiment:`. In the first two parts a label follows
        on that line, `POSITIVE` in one and `NEGATIVE` in the other; their texts are of your own,
        two words or more, and the same for every prompt. The last part holds `text`, word for word
        and uncut, quotes and all, and has no label. An instruction may stand before the first part,
        right above it, or in each part between its two lines.
    """
    ### START CODE HERE ###
    # 1. Write the two examples, and the text in the same form, without its label.
    raise NotImplementedError("Write `build_prompt` here.")
    ### END CODE HERE ###


def classify(text: str) -> str:
    """Let a model complete the prompt for `text`.

    Returns:
        "POSITIVE" or "NEGATIVE", and never anything else: for an empty text too, for one that is
        longer than the model reads, and where the model writes something else (either will do
        then). Of short unseen opinions, four in five are labelled rightly or more. The same call
        gives the same label.
    """
    ### START CODE HERE ###
    # 1. Turn the prompt into token ids. A text that is too long is cut, not its prompt.
    # 2. Generate the label, or compare what the model gives to either of them, without gradients.
    # 3. Make one of the two labels of what the model wrote after the prompt.
    raise NotImplementedError("Write `classify` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    print(classify(TEXT))


if __name__ == "__main__":
    main()
# stub 5e84d4b79a5da36e
