"""Task 07: two ways to answer a question (week 09, task 07).

Ask two models of the Hugging Face hub about a text: one that points at the answer in the text
(extractive), and one that writes an answer (generative).

    pytest tests/test_task07.py     judges this file
    python tasks/task07.py          runs it, and prints what the exercise sheet prints

Without a network there are small stand-ins under real ids, which know texts on works of art; see
`kata models`. transformers has no "question-answering" pipeline since version 5.3: load tokenizer
and model with `from_pretrained`, and read the model's `start_logits` and `end_logits`.

Out of scope: questions that the text does not answer, very long questions, training.
"""

import fixtures.offline  # the hub without a network; before transformers

### START CODE HERE ###
# 1. Import what you need.
# 2. Load both tokenizers and models of your choice: once, not at every call.
# 3. Say in a comment how the two architectures differ, and what that means for their answers.
### END CODE HERE ###

QUESTION = "Who painted the Mona Lisa?"
CONTEXT = (
    "The Mona Lisa is a half-length portrait painting by Italian artist Leonardo da Vinci. "
    "Considered an archetypal masterpiece of the Italian Renaissance, it has been described as the "
    "most known, visited, talked about, and sung about work of art in the world. The painting's "
    "novel qualities include the subject's enigmatic expression, the monumentality of the "
    "composition, and the subtle modeling of forms."
)


def answer_extractive(question: str, context: str) -> str:
    """Point at the answer to a question in a text.

    Returns:
        A span of `context`, character for character: cut out of it, and not put together from
        tokens. Of the questions on unseen texts of the kind that the model knows, three in five
        are answered rightly or more. The same call gives the same answer. Any context will do: an
        empty one, whose answer is empty, and one longer than the model reads (512 tokens: cut the
        context there). An empty question has some answer too.
    """
    ### START CODE HERE ###
    # 1. Turn question and context into token ids, the context cut to what the model reads.
    # 2. Score each token of the context as start and as end of the answer, without gradients.
    # 3. Take the best pair whose end is not before its start, and at most some 30 tokens behind it.
    # 4. Cut the answer out of the context.
    raise NotImplementedError("Write `answer_extractive` here.")
    ### END CODE HERE ###


def answer_generative(question: str, context: str) -> str:
    """Write an answer to a question on a text.

    Returns:
        The answer alone, in at most 40 words (40 tokens are never more): no prompt around it, no
        special tokens. For three in ten of such questions or more, it holds the right answer. The
        same call gives the same answer. Any question and context will do: empty ones, whose answer
        may be anything, and a context longer than the model reads (512 tokens: cut the context,
        not the question).
    """
    ### START CODE HERE ###
    # 1. Put question and context into a prompt, and turn it into token ids. What is too long is
    #    cut at its end, so the question comes first.
    # 2. Generate new tokens, without gradients, and turn them into text.
    raise NotImplementedError("Write `answer_generative` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    print(f"Answer extractive question-answering: {answer_extractive(QUESTION, CONTEXT)}")
    print(f"Answer generative question-answering: {answer_generative(QUESTION, CONTEXT)}")


if __name__ == "__main__":
    main()
# stub fef3d461f3746939
