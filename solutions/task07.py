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
from functools import cache

import torch
from transformers import AutoModelForQuestionAnswering, AutoModelForSeq2SeqLM, AutoTokenizer


# 2. Load both tokenizers and models of your choice: once, not at every call.
@cache
def load_extractive():
    name = "distilbert/distilbert-base-cased-distilled-squad"
    model = AutoModelForQuestionAnswering.from_pretrained(name)
    return AutoTokenizer.from_pretrained(name), model.eval()


@cache
def load_generative():
    name = "google/flan-t5-small"
    return AutoTokenizer.from_pretrained(name), AutoModelForSeq2SeqLM.from_pretrained(name).eval()


# 3. Say in a comment how the two architectures differ, and what that means for their answers.

# An encoder sees the whole text at once and marks each token as a possible start or end of the
# answer: all it can say stands in the text. A decoder writes one token after another, from what
# the encoder (or the prompt before it) gives it: it can put things in its own words, and can be
# wrong in ways the text never was.
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
    tokenizer, model = load_extractive()
    inputs = tokenizer(
        question, context, truncation="only_second", max_length=512,
        return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    places = inputs.pop("offset_mapping")[0].tolist()
    in_context = [i for i, part in enumerate(inputs.sequence_ids()) if part == 1]
    if not in_context:
        return ""
    # 2. Score each token of the context as start and as end of the answer, without gradients.
    with torch.no_grad():
        output = model(**inputs)
    starts, ends = output.start_logits[0], output.end_logits[0]  # (tokens,)
    # 3. Take the best pair whose end is not before its start, and at most some 30 tokens behind it.
    _, start, end = max(
        (float(starts[i] + ends[j]), i, j)
        for i in in_context
        for j in in_context
        if i <= j < i + 30
    )
    # 4. Cut the answer out of the context.
    return context[places[start][0] : places[end][1]]
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
    tokenizer, model = load_generative()
    prompt = f"question: {question} context: {context}"
    inputs = tokenizer(prompt, truncation=True, return_tensors="pt")
    # 2. Generate new tokens, without gradients, and turn them into text.
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=40, do_sample=False)
    return tokenizer.decode(ids[0], skip_special_tokens=True).strip()
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints."""
    print(f"Answer extractive question-answering: {answer_extractive(QUESTION, CONTEXT)}")
    print(f"Answer generative question-answering: {answer_generative(QUESTION, CONTEXT)}")


if __name__ == "__main__":
    main()
