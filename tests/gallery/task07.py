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
def pointed(question, context, name=SQUAD, longest=500):
    """Places of characters: of each token that scores, and the best start and end."""
    tokenizer, model = parts(name, AutoModelForQuestionAnswering)
    inputs = tokenizer(
        question, context, truncation="only_second", max_length=longest,
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


def cut(question, context, name=SQUAD, **settings):
    _, places, start, end = pointed(question, context, name, **settings)
    return context[places[start][0] : places[end][1]]


def flan(prompt, longest=512, **settings):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(prompt, truncation=True, max_length=longest, return_tensors="pt")
    ids = model.generate(**inputs, **{"max_new_tokens": 30, **settings})
    return tokenizer.decode(ids[0], skip_special_tokens=True).strip()


@right("scores all pairs at once")
def answer_extractive(question, context):
    return cut(question, context)


@right("points in windows of 384 tokens that overlap")
@torch.no_grad()
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(
        question, context, truncation="only_second", max_length=384, stride=128, padding=True,
        return_overflowing_tokens=True, return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    inputs.pop("overflow_to_sample_mapping")
    places = inputs.pop("offset_mapping").tolist()
    output = model(**inputs)
    best, answer = -1e9, ""
    for window in range(len(places)):
        inside = [i for i, part in enumerate(inputs.sequence_ids(window)) if part == 1]
        starts, ends = output.start_logits[window].tolist(), output.end_logits[window].tolist()
        for start in inside:
            for end in inside:
                if start <= end < start + 30 and starts[start] + ends[end] > best:
                    best = starts[start] + ends[end]
                    answer = context[places[window][start][0] : places[window][end][1]]
    return answer


@right("points with RoBERTa, and asks T5 in another way")
class overlay:
    def answer_extractive(question, context):
        return cut(question, context, "deepset/roberta-base-squad2").strip()

    def answer_generative(question, context):
        return flan(f"Question: {question}\nContext: {context}\nAnswer:", num_beams=3)


@wrong(
    "puts the tokens together",
    advice=(
        "Tokens are pieces of words, without the white space between them; ask the offsets "
        "where they stand in the context."
    ),
    caught_by="test_extractive_keeps_white_space",
)
def answer_extractive(question, context):
    inputs, _, start, end = pointed(question, context)
    tokenizer, _ = parts(SQUAD, AutoModelForQuestionAnswering)
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0, start : end + 1])
    return " ".join(tokens)


@wrong(
    "decodes the tokens, which does not give white space back",
    advice=(
        "The tokenizer can tell where each token stands in the text; look at its offset "
        "mapping, and cut the context there."
    ),
    caught_by="test_extractive_keeps_white_space",
)
def answer_extractive(question, context):
    inputs, _, start, end = pointed(question, context)
    tokenizer, _ = parts(SQUAD, AutoModelForQuestionAnswering)
    return tokenizer.decode(inputs["input_ids"][0, start : end + 1], skip_special_tokens=True)


@wrong(
    "answers in small letters",
    advice=(
        "Capitals belong to the span; cut by places of letters, the context keeps its own, "
        "whatever the tokenizer does to them."
    ),
    caught_by=("test_extractive_is_a_span", "test_script"),
)
def answer_extractive(question, context):
    return cut(question, context).lower()


@wrong(
    "writes an answer instead of pointing",
    advice=(
        "What a model writes need not stand in the context; take one that scores each token "
        "as start and end of the answer."
    ),
    caught_by="test_extractive_keeps_white_space",
)
def answer_extractive(question, context):
    return flan(f"question: {question} context: {context}")


@wrong(
    "leaves off the last token",
    advice=(
        "The best end is the place of the answer's last token, which belongs to it; cut where "
        "that token ends."
    ),
    caught_by=("test_extractive_answers", "test_script"),
)
def answer_extractive(question, context):
    _, places, start, end = pointed(question, context)
    end = max(end - 1, start)
    return context[places[start][0] : places[end][1]]


@wrong(
    "takes one token",
    advice=(
        "An answer can be several words long; the end has scores of its own, so use these as well."
    ),
    caught_by=("test_extractive_answers", "test_script"),
)
def answer_extractive(question, context):
    _, places, start, _ = pointed(question, context)
    return context[places[start][0] : places[start][1]]


@wrong(
    "exchanges start and end",
    advice=(
        "By `start_logits` you find where the answer begins, by `end_logits` where it stops; "
        "check which gives which side of the span."
    ),
    caught_by=("test_extractive_answers",),
)
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


@wrong(
    "exchanges question and context",
    advice=(
        "The answer is to be cut out of the context; check the order in which the two texts "
        "are handed on."
    ),
    caught_by=("test_extractive_answers",),
)
def answer_extractive(question, context):
    return cut(context, question)


@wrong(
    "points at the question as well",
    advice=(
        "Only tokens of the context can be the answer; leave those of the question and the "
        "special ones out of the choice."
    ),
    caught_by=("test_extractive_answers",),
)
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


@wrong(
    "takes a base without a trained head",
    advice=(
        "The scores of a new head are random numbers; take a model that was fine-tuned on "
        "questions, as those on SQuAD are."
    ),
    caught_by=("test_extractive_answers", "test_script"),
)
def answer_extractive(question, context):
    return cut(question, context, "distilbert/distilbert-base-uncased")


@wrong(
    "asks for the pipeline of transformers 4",
    advice=(
        "Since version 5.3 there is no such pipeline; load tokenizer and model yourself, and "
        "read the scores of start and end."
    ),
    caught_by="test_extractive_is_a_span",
)
def answer_extractive(question, context):
    return pipeline("question-answering", model=SQUAD)(question=question, context=context)["answer"]


@wrong(
    "asks for a model that has no stand-in",
    advice=(
        "The command `kata models` lists the ids that work without a network; see those under "
        "question-answering."
    ),
    caught_by="test_extractive_is_a_span",
)
def answer_extractive(question, context):
    return cut(question, context, "bert-large-uncased-whole-word-masking-finetuned-squad")


@wrong(
    "remembers the painter",
    advice=(
        "Other texts have other answers; let the model read the question and the context that "
        "it is asked about."
    ),
    caught_by=("test_extractive_is_a_span", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return "Leonardo da Vinci"


@wrong(
    "returns the whole context",
    advice=(
        "An answer is a short span; the model's scores tell where in the context it begins "
        "and where it stops."
    ),
    caught_by=("test_extractive_answers", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return context


@wrong(
    "ignores the question",
    advice=(
        "Who and where have different answers in the same text; see that the caller's "
        "question gets to the model."
    ),
    caught_by=("test_extractive_answers", "test_question_decides[answer_extractive]"),
)
def answer_extractive(question, context):
    return cut("Who painted it?", context)


@wrong(
    "returns the pipeline's dictionary",
    advice=(
        "The caller expects a string; hand back the text of the answer alone, without its score."
    ),
    caught_by=("test_extractive_is_a_span",),
)
def answer_extractive(question, context):
    return {"answer": cut(question, context), "score": 0.9}


@wrong(
    "cuts no context, and takes the best start and end over all tokens",
    advice=(
        "The model has positions for 512 tokens only; look at the tokenizer's `truncation`, "
        "which can cut one of two texts."
    ),
    caught_by="test_odd_contexts[2,000 words]",
)
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
    advice=(
        "Words of your own do not stand in the context; a short context has a short span, and "
        "an empty one an empty span."
    ),
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
    advice=(
        "Any question will do, even an empty one or an emoji; let the model point at "
        "something instead of raising an error."
    ),
    caught_by=("test_odd_questions[empty]", "test_odd_questions[emoji]"),
)
def answer_extractive(question, context):
    if "?" not in question:
        raise ValueError("that is no question")
    return cut(question, context)


@wrong(
    "chooses at random",
    advice=(
        "The question decides on the answer, not chance; let the model score the tokens, and "
        "take the best span."
    ),
    caught_by=("test_same_again[answer_extractive]", "test_extractive_answers"),
)
def answer_extractive(question, context):
    words = context.split() or [""]
    return words[int(torch.randint(len(words), ()))]


@wrong(
    "keeps gradients",
    advice=(
        "Nothing is trained here, and gradients cost time and memory; look at `torch.no_grad`."
    ),
    caught_by="test_no_gradients[answer_extractive]",
)
def answer_extractive(question, context):
    tokenizer, model = parts(SQUAD, AutoModelForQuestionAnswering)
    inputs = tokenizer(question, context, truncation="only_second", return_tensors="pt")
    model(**inputs).start_logits.argmax()
    return cut(question, context)


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading takes far longer than answering; keep tokenizers and models between calls, "
        "for instance with `functools.cache`."
    ),
    caught_by="test_loaded_once",
)
class overlay:
    def answer_extractive(question, context):
        parts.cache_clear()
        return cut(question, context)

    def answer_generative(question, context):
        parts.cache_clear()
        return flan(f"question: {question} context: {context}")


@wrong(
    "echoes the prompt",
    advice=(
        "The caller knows question and context already; return what the model wrote, and "
        "nothing else."
    ),
    caught_by=("test_generative_is_short",),
)
def answer_generative(question, context):
    return f"{context} {question} {flan(f'question: {question} context: {context}')}"


@wrong(
    "gives T5 to the text-generation pipeline, which echoes",
    advice=(
        "That pipeline is for models that continue their prompt; T5 writes afresh, so load it "
        "as a Seq2Seq model and call `generate`."
    ),
    caught_by="test_generative_is_short",
)
def answer_generative(question, context):
    made = pipeline("text-generation", model="google/flan-t5-small")
    return made(f"question: {question} context: {context}")[0]["generated_text"]


@wrong(
    "lets GPT-2 go on",
    advice=(
        "GPT-2 has learnt to continue a text, not to answer; take a model that was tuned to "
        "follow instructions, as FLAN-T5 was."
    ),
    caught_by=("test_generative_answers",),
)
def answer_generative(question, context):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(f"{context} {question}", return_tensors="pt")["input_ids"][:, -900:]
    new = model.generate(ids, max_new_tokens=20, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True)


@wrong(
    "asks without the context",
    advice="The model cannot know what only the context says; put both texts into the prompt.",
    caught_by=("test_generative_answers",),
)
def answer_generative(question, context):
    return flan(f"question: {question}")


@wrong(
    "asks without the question",
    advice=(
        "One text answers many questions; tell the model in the prompt which of them is meant."
    ),
    caught_by=("test_question_decides[answer_generative]", "test_generative_answers"),
)
def answer_generative(question, context):
    return flan(f"question: context: {context}")


@wrong(
    "asks a translator",
    advice=(
        "A translator puts all that it reads into another language; take a model that has "
        "learnt to answer questions."
    ),
    caught_by=("test_generative_answers",),
)
def answer_generative(question, context):
    tokenizer, model = parts("Helsinki-NLP/opus-mt-en-es", AutoModelForSeq2SeqLM)
    inputs = tokenizer(f"{question} {context}", truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=30)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong(
    "leaves the special tokens in",
    advice=(
        "Marks such as `<pad>` and `</s>` are for the model, not for readers; see which "
        "argument of `decode` leaves them out."
    ),
    caught_by=("test_generative_answers", "test_script"),
)
def answer_generative(question, context):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(f"question: {question} context: {context}", truncation=True,
                       return_tensors="pt")  # fmt: skip
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=30)[0])


@wrong(
    "samples",
    advice=(
        "Sampling throws dice for every token; look at `do_sample`, without which the "
        "likeliest token wins each time."
    ),
    caught_by="test_same_again[answer_generative]",
)
def answer_generative(question, context):
    return flan(f"question: {question} context: {context}", do_sample=True)


@wrong(
    "calls the model for its loss, with gradients",
    advice=(
        "Answers need no loss and no labels; what you call besides `generate` belongs under "
        "`torch.no_grad`, if it is needed at all."
    ),
    caught_by="test_no_gradients[answer_generative]",
)
def answer_generative(question, context):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    prompt = f"question: {question} context: {context}"
    inputs = tokenizer(prompt, truncation=True, return_tensors="pt")
    model(**inputs, labels=inputs["input_ids"])
    return flan(prompt)


@wrong(
    "returns nothing",
    advice=(
        "What is printed cannot be used any further; hand each answer back with `return`, and "
        "let `main` print."
    ),
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
    "answers whatever has no question mark with advice",
    advice=(
        "Even then the answer is a span of the context; let the model point, without words of "
        "your own."
    ),
    caught_by=("test_odd_questions[empty]", "test_odd_questions[emoji]"),
)
def answer_extractive(question, context):
    return cut(question, context) if "?" in question else "Ask a question, please."


@wrong(
    "points in training mode",
    advice="Dropout makes the scores different at every call; see what `eval` does to a model.",
    caught_by="test_same_again[answer_extractive]",
)
def answer_extractive(question, context):
    parts(SQUAD, AutoModelForQuestionAnswering)[1].train()
    return cut(question, context)


@wrong(
    "writes in training mode",
    advice=(
        "With dropout at work, the same prompt can give another answer; put the model that "
        "writes into evaluation mode."
    ),
    caught_by="test_same_again[answer_generative]",
)
def answer_generative(question, context):
    parts("google/flan-t5-small", AutoModelForSeq2SeqLM)[1].train()
    return flan(f"question: {question} context: {context}")


@wrong(
    "writes after up to 2,048 tokens",
    advice="The model is to read 512 tokens at most; look at the tokenizer's `max_length`.",
    caught_by=("test_odd_contexts[2,000 words]", "test_long_context[answer_generative]"),
)
def answer_generative(question, context):
    return flan(f"question: {question} context: {context}", longest=2048)


@wrong(
    "puts the question behind the context, where it is cut off",
    advice=(
        "What is too long gets cut at its end; think about which of the two texts has to come "
        "first."
    ),
    caught_by="test_question_is_kept",
)
def answer_generative(question, context):
    return flan(f"context: {context} question: {question}")


@wrong(
    "cuts the context at 512 letters",
    advice=(
        "The limit counts tokens, and most tokens have several letters; leave the cutting to "
        "the tokenizer."
    ),
    caught_by="test_long_context[answer_extractive]",
)
def answer_extractive(question, context):
    return cut(question, context[:512])


@wrong(
    "strips the context, and cuts the answer out of the whole one",
    advice=(
        "Offsets count from the start of what the tokenizer was given; cut the answer out of that."
    ),
    caught_by="test_extractive_after_white_space",
)
def answer_extractive(question, context):
    _, places, start, end = pointed(question, context.strip())
    return context[places[start][0] : places[end][1]]


@wrong(
    "has no answer to an empty question",
    advice=(
        "The docstring has some answer to an empty question, too; let the model point somewhere."
    ),
    caught_by="test_odd_questions[empty]",
)
def answer_extractive(question, context):
    return cut(question, context) if question.strip() else ""


@wrong(
    "points at what the first 256 tokens say",
    advice=(
        "The model reads twice as many, and an answer may stand further down; "
        "look at the length that you ask the tokenizer for."
    ),
    caught_by="test_long_context[answer_extractive]",
)
def answer_extractive(question, context):
    return cut(question, context, longest=256)


@wrong(
    "writes after the first 256 tokens",
    advice=(
        "The model reads twice as many, and an answer may stand further down; "
        "see what `truncation` does without a length of yours."
    ),
    caught_by="test_long_context[answer_generative]",
)
def answer_generative(question, context):
    return flan(f"question: {question} context: {context}", longest=256)
