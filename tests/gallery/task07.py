"""Answers to task 07, wrong and right: the tests of its tests."""

from functools import cache

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    pipeline,
)

from kata.testing import right, wrong

SQUAD = "distilbert/distilbert-base-cased-distilled-squad"


@cache
def parts(name, kind):
    return AutoTokenizer.from_pretrained(name), kind.from_pretrained(name).eval()


@torch.no_grad()
def pointed(question, context, name=SQUAD):
    """Places of characters: of each token that scores, and the best start and end."""
    tokenizer, model = parts(name, AutoModelForQuestionAnswering)
    inputs = tokenizer(
        question, context, truncation="only_second", max_length=500,
        return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    places = inputs.pop("offset_mapping")[0].tolist()
    output = model(**inputs)
    outside = torch.tensor([part != 1 for part in inputs.sequence_ids()])
    if outside.all():
        return inputs, [(0, 0)], 0, 0
    starts = output.start_logits[0].masked_fill(outside, -1e9)
    ends = output.end_logits[0].masked_fill(outside, -1e9)
    pairs = starts[:, None] + ends[None, :]
    pairs = pairs.where(torch.ones_like(pairs).triu().tril(20).bool(), -1e9)
    start, end = divmod(int(pairs.argmax()), len(places))
    return inputs, places, start, end


def cut(question, context, name=SQUAD):
    _, places, start, end = pointed(question, context, name)
    return context[places[start][0] : places[end][1]]


def flan(prompt, **settings):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(prompt, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, **{"max_new_tokens": 30, **settings})
    return tokenizer.decode(ids[0], skip_special_tokens=True).strip()


@right("scores all pairs at once")
def answer_extractive(question, context):
    return cut(question, context)


@right("points with RoBERTa, and asks T5 in another way")
class overlay:
    def answer_extractive(question, context):
        return cut(question, context, "deepset/roberta-base-squad2").strip()

    def answer_generative(question, context):
        return flan(f"Question: {question}\nContext: {context}\nAnswer:", num_beams=3)


@wrong("puts the tokens together", caught_by="test_extractive_keeps_white_space")
def answer_extractive(question, context):
    inputs, _, start, end = pointed(question, context)
    tokenizer, _ = parts(SQUAD, AutoModelForQuestionAnswering)
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0, start : end + 1])
    return " ".join(tokens)


@wrong(
    "decodes the tokens, which does not give white space back",
    caught_by="test_extractive_keeps_white_space",
)
def answer_extractive(question, context):
    inputs, _, start, end = pointed(question, context)
    tokenizer, _ = parts(SQUAD, AutoModelForQuestionAnswering)
    return tokenizer.decode(inputs["input_ids"][0, start : end + 1], skip_special_tokens=True)


@wrong("answers in small letters", caught_by=("test_extractive_is_a_span", "test_script"))
def answer_extractive(question, context):
    return cut(question, context).lower()


@wrong("writes an answer instead of pointing", caught_by="test_extractive_keeps_white_space")
def answer_extractive(question, context):
    return flan(f"question: {question} context: {context}")


@wrong("leaves off the last token", caught_by=("test_extractive_answers", "test_script"))
def answer_extractive(question, context):
    _, places, start, end = pointed(question, context)
    end = max(end - 1, start)
    return context[places[start][0] : places[end][1]]


@wrong("takes one token", caught_by=("test_extractive_answers", "test_script"))
def answer_extractive(question, context):
    _, places, start, _ = pointed(question, context)
    return context[places[start][0] : places[start][1]]


@wrong("exchanges start and end", caught_by=("test_extractive_answers",))
@torch.no_grad()
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(
        question, context, truncation="only_second", return_offsets_mapping=True,
        return_tensors="pt",
    )  # fmt: skip
    places = inputs.pop("offset_mapping")[0].tolist()
    output = model(**inputs)
    first, last = int(output.end_logits.argmax()), int(output.start_logits.argmax())
    return context[places[first][0] : places[last][1]]


@wrong("exchanges question and context", caught_by=("test_extractive_answers",))
def answer_extractive(question, context):
    return cut(context, question)


@wrong("points at the question as well", caught_by=("test_extractive_answers",))
@torch.no_grad()
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(
        question, question + " " + context, truncation=True, return_offsets_mapping=True,
        return_tensors="pt",
    )  # fmt: skip
    places = inputs.pop("offset_mapping")[0].tolist()
    output = model(**inputs)
    start, end = int(output.start_logits.argmax()), int(output.end_logits.argmax())
    return (question + " " + context)[places[start][0] : places[end][1]]


@wrong("takes a base without a trained head", caught_by=("test_extractive_answers", "test_script"))
def answer_extractive(question, context):
    return cut(question, context, "distilbert/distilbert-base-uncased")


@wrong("asks for the pipeline of transformers 4", caught_by="test_extractive_is_a_span")
def answer_extractive(question, context):
    return pipeline("question-answering", model=SQUAD)(question=question, context=context)["answer"]


@wrong("asks for a model that has no stand-in", caught_by="test_extractive_is_a_span")
def answer_extractive(question, context):
    return cut(question, context, "bert-large-uncased-whole-word-masking-finetuned-squad")


@wrong(
    "remembers the painter",
    caught_by=("test_extractive_is_a_span", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return "Leonardo da Vinci"


@wrong(
    "returns the whole context",
    caught_by=("test_extractive_answers", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return context


@wrong(
    "ignores the question",
    caught_by=("test_extractive_answers", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return cut("Who painted it?", context)


@wrong("returns the pipeline's dictionary", caught_by=("test_extractive_is_a_span",))
def answer_extractive(question, context):
    return {"answer": cut(question, context), "score": 0.9}


@wrong("does not cut long contexts", caught_by="test_odd_contexts[2,000 words]")
@torch.no_grad()
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(question, context, return_offsets_mapping=True, return_tensors="pt")
    places = inputs.pop("offset_mapping")[0].tolist()
    output = model(**inputs)
    start, end = int(output.start_logits.argmax()), int(output.end_logits.argmax())
    return context[places[start][0] : places[end][1]]


@wrong(
    "answers nothing with a placeholder",
    caught_by=(
        "test_odd_contexts[empty]",
        "test_odd_contexts[emoji]",
        "test_odd_contexts[one letter]",
    ),
)
def answer_extractive(question, context):
    return cut(question, context) if len(context) > 3 else "no answer"


@wrong(
    "needs a question",
    caught_by=("test_odd_questions[empty]", "test_odd_questions[emoji]"),
)
def answer_extractive(question, context):
    if "?" not in question:
        raise ValueError("that is no question")
    return cut(question, context)


@wrong(
    "chooses at random", caught_by=("test_same_again[answer_extractive]", "test_extractive_answers")
)
def answer_extractive(question, context):
    words = context.split() or [""]
    return words[int(torch.randint(len(words), ()))]


@wrong("keeps gradients", caught_by="test_no_gradients[answer_extractive]")
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(question, context, truncation="only_second", return_tensors="pt")
    model(**inputs).start_logits.argmax()
    return cut(question, context)


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
class overlay:
    def answer_extractive(question, context):
        parts.cache_clear()
        return cut(question, context)

    def answer_generative(question, context):
        parts.cache_clear()
        return flan(f"question: {question} context: {context}")


@wrong("echoes the prompt", caught_by=("test_generative_is_short",))
def answer_generative(question, context):
    return f"{context} {question} {flan(f'question: {question} context: {context}')}"


@wrong(
    "gives T5 to the text-generation pipeline, which echoes", caught_by="test_generative_is_short"
)
def answer_generative(question, context):
    made = pipeline("text-generation", model="google/flan-t5-small")
    return made(f"question: {question} context: {context}")[0]["generated_text"]


@wrong("lets GPT-2 go on", caught_by=("test_generative_answers",))
def answer_generative(question, context):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(f"{context} {question}", return_tensors="pt")["input_ids"][:, -900:]
    new = model.generate(ids, max_new_tokens=20, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True)


@wrong("asks without the context", caught_by=("test_generative_answers",))
def answer_generative(question, context):
    return flan(f"question: {question}")


@wrong(
    "asks without the question",
    caught_by=("test_question_decides[answer_generative]", "test_generative_answers"),
)
def answer_generative(question, context):
    return flan(f"question: context: {context}")


@wrong("asks a translator", caught_by=("test_generative_answers",))
def answer_generative(question, context):
    tokenizer, model = parts("Helsinki-NLP/opus-mt-en-es", AutoModelForSeq2SeqLM)
    inputs = tokenizer(f"{question} {context}", truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=30)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong("leaves the special tokens in", caught_by=("test_generative_answers", "test_script"))
def answer_generative(question, context):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(f"question: {question} context: {context}", truncation=True,
                       return_tensors="pt")  # fmt: skip
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=30)[0])


@wrong("samples", caught_by="test_same_again[answer_generative]")
def answer_generative(question, context):
    return flan(f"question: {question} context: {context}", do_sample=True)


@wrong(
    "calls the model for its loss, with gradients", caught_by="test_no_gradients[answer_generative]"
)
def answer_generative(question, context):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    prompt = f"question: {question} context: {context}"
    inputs = tokenizer(prompt, truncation=True, return_tensors="pt")
    model(**inputs, labels=inputs["input_ids"])
    return flan(prompt)


@wrong(
    "returns nothing",
    caught_by=(
        "test_extractive_is_a_span",
        "test_extractive_keeps_white_space",
        "test_extractive_answers",
        "test_generative_answers",
        "test_generative_is_short",
        "test_question_decides",
        "test_same_again",
        "test_odd_contexts",
        "test_odd_questions",
        "test_no_gradients",
        "test_script",
    ),
)
class overlay:
    def answer_extractive(question, context):
        print(cut(question, context))

    def answer_generative(question, context):
        print(flan(f"question: {question} context: {context}"))


@wrong(
    "answers an empty question with advice",
    caught_by=("test_odd_questions[empty]", "test_odd_questions[emoji]"),
)
def answer_extractive(question, context):
    return cut(question, context) if "?" in question else "Ask a question, please."


@wrong("points in training mode", caught_by="test_same_again[answer_extractive]")
def answer_extractive(question, context):
    parts(SQUAD, AutoModelForQuestionAnswering)[1].train()
    return cut(question, context)


@wrong("writes in training mode", caught_by="test_same_again[answer_generative]")
def answer_generative(question, context):
    parts("google/flan-t5-small", AutoModelForSeq2SeqLM)[1].train()
    return flan(f"question: {question} context: {context}")


@wrong(
    "writes after a context of any length",
    caught_by=("test_odd_contexts[2,000 words]", "test_long_context[answer_generative]"),
)
def answer_generative(question, context):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    ids = tokenizer(f"question: {question} context: {context}", return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=30)
    return tokenizer.decode(new[0], skip_special_tokens=True).strip()


@wrong(
    "puts the question behind the context, where it is cut off", caught_by="test_question_is_kept"
)
def answer_generative(question, context):
    return flan(f"context: {context} question: {question}")


@wrong("cuts the context at 512 letters", caught_by="test_long_context[answer_extractive]")
def answer_extractive(question, context):
    return cut(question, context[:512])
