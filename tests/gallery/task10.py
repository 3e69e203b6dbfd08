"""Answers to task 10, wrong and right: the tests of its tests."""

import re
from functools import cache

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    pipeline,
)

from kata.testing import right, wrong

GOOD = 'Text: "The film was wonderful and I enjoyed it."'
BAD = 'Text: "The delivery was slow and the support was rude."'
FORM = f'{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\nText: "<TEXT>"\nSentiment:'
ASK = "Classify the sentiment of this sentence as either positive or negative."


@cache
def parts(name, kind):
    return AutoTokenizer.from_pretrained(name), kind.from_pretrained(name).eval()


def shortened(text):
    """The beginning of a text, so that it fits beside its prompt."""
    return " ".join(text.split()[:100])[:600]


def completed(prompt, **settings):
    """What GPT-2 writes after a prompt, which is cut at its end."""
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"][:, :900]
    new = model.generate(
        ids, pad_token_id=tokenizer.eos_token_id,
        **{"max_new_tokens": 6, "do_sample": False, **settings},
    )  # fmt: skip
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True).upper()


def label(written):
    return "POSITIVE" if "POS" in written.upper() else "NEGATIVE"


@right("repeats the instruction in each part, and compares the labels' probabilities")
class overlay:
    def build_prompt(text):
        return (
            f"{BAD}\n{ASK}\nSentiment: NEGATIVE\n\n{GOOD}\n{ASK}\nSentiment: POSITIVE\n\n"
            f'Text: "{text}"\n{ASK}\nSentiment:'
        )

    @torch.inference_mode()
    def classify(text):
        tokenizer, model = parts("gpt2", AutoModelForCausalLM)
        prompt = build_prompt(shortened(text))
        start = tokenizer(prompt, return_tensors="pt")["input_ids"].shape[1]
        scores = {}
        for word in ("POSITIVE", "NEGATIVE"):
            ids = tokenizer(f"{prompt} {word}", return_tensors="pt")["input_ids"]
            logs = model(ids).logits[0].log_softmax(-1)
            scores[word] = sum(logs[i - 1, ids[0, i]].item() for i in range(start, ids.shape[1]))
        return max(scores, key=scores.get)


@right("asks the text-generation pipeline, with the instruction in front")
class overlay:
    def build_prompt(text):
        return (
            f"Decide whether the sentiment is POSITIVE or NEGATIVE.\n{BAD}\nSentiment: NEGATIVE\n\n"
            f'{GOOD}\nSentiment: POSITIVE\n\nText: "{text}"\nSentiment:'
        )

    def classify(text):
        found = writer()(
            build_prompt(shortened(text)), max_new_tokens=4, do_sample=False,
            return_full_text=False,
        )  # fmt: skip
        return label(found[0]["generated_text"])

    @cache
    def writer():
        return pipeline("text-generation", model="distilgpt2")


@wrong(
    "shows two positive examples",
    advice=(
        "Someone who sees one label only learns to write that one; show an example of each kind."
    ),
    caught_by="test_one_example_of_each",
)
def build_prompt(text):
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\nText: "I loved the room."\nSentiment: POSITIVE\n\n'
        f'Text: "{text}"\nSentiment:'
    )


@wrong(
    "shows three examples",
    advice=(
        "Two examples are asked for, one for each label; a third tips the scales towards its own."
    ),
    caught_by=("test_one_example_of_each", "test_query_comes_last"),
)
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "I loved the room."\nSentiment: POSITIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong(
    "shows one example",
    advice=(
        "The model must see both labels before it can choose between them; "
        "add an example of the other kind."
    ),
    caught_by=("test_one_example_of_each", "test_query_comes_last"),
)
def build_prompt(text):
    return f'{GOOD}\nSentiment: POSITIVE\n\nText: "{text}"\nSentiment:'


@wrong(
    "shows none, as the sheet's prompt",
    advice=(
        "A bare instruction leaves the form of the answer open; let two labelled examples show it."
    ),
    caught_by=("test_one_example_of_each",),
)
def build_prompt(text):
    return f'Text: "{text}"\n{ASK}\n'


@wrong(
    "shows the same example twice",
    advice=(
        "One text with both labels says that the text does not matter; "
        "give each label a text of its own."
    ),
    caught_by="test_one_example_of_each",
)
def build_prompt(text):
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\n{GOOD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong(
    "uses the text itself as an example",
    advice=(
        "That tells the model a label for the very text that it should judge; invent both examples."
    ),
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return (
        f'Text: "{text}"\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n'
        f'Text: "{text}"\nSentiment:'
    )


@wrong(
    "puts the text first",
    advice=(
        "A model writes on from where the prompt ends; "
        "the part whose label is missing has to stand there."
    ),
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return (
        f'Text: "{text}"\nSentiment:\n\n{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE'
    )


@wrong(
    "gives the answer away",
    advice="The label is the model's to write; end the prompt at the place where it would stand.",
    caught_by="test_query_has_no_label",
)
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text}"\nSentiment: {label(completed(text))}'
    )


@wrong(
    "asks in another form than it shows",
    advice=(
        "The model goes by the pattern: a line that stands in one part has to stand in all three."
    ),
    caught_by="test_same_form",
)
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text}"\n{ASK}\nSentiment:'
    )


@wrong(
    "changes the examples with the text",
    advice=(
        "Labels should differ by the text alone; "
        "write the examples once, the same for every prompt."
    ),
    caught_by="test_same_examples",
)
def build_prompt(text):
    return (
        f'Text: "Text number {len(text)} was great."\nSentiment: POSITIVE\n\n'
        f'{BAD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong(
    "makes single quotes of the text's double ones",
    advice=(
        "What somebody wrote is not yours to mend: the model can read a quote in quotes; "
        "put the text in as it is."
    ),
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return FORM.replace("<TEXT>", text.replace('"', "'"))


@wrong(
    "strips the quotation marks of the text",
    advice=(
        "The text goes in word for word; "
        "quotes inside it do no harm between the two that you put around it."
    ),
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    text = text.replace('"', "").replace("'", "")
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong(
    "says POSITIVE always",
    advice=(
        "The label is the model's decision: let it read the prompt, "
        "and make the label of what it writes."
    ),
    caught_by=("test_labels_fit", "test_long_text"),
)
def classify(text):
    return "POSITIVE"


@wrong(
    "looks for the word in the prompt it echoes",
    advice=(
        "The prompt comes back with both examples' labels in it; "
        "judge only the tokens that come after it."
    ),
    caught_by=("test_labels_fit", "test_long_text"),
)
def classify(text):
    prompt = build_prompt(shortened(text))
    return label(prompt + completed(prompt))


@wrong(
    "gives the whole prompt to a sentiment classifier",
    advice=(
        "A classifier judges your examples along with the text; "
        "choose a model that writes on where the prompt ends."
    ),
    caught_by="test_labels_fit",
)
def classify(text):
    name = "distilbert-base-uncased-finetuned-sst-2-english"
    prompt = build_prompt(shortened(text))
    return classifier(name)(prompt, truncation=True)[0]["label"]


@cache
def classifier(name):
    return pipeline("text-classification", model=name)


@wrong(
    "classifies the bare text",
    advice=(
        "The examples go unread if the model gets the text alone; "
        "build the prompt, and take a model that continues it."
    ),
    caught_by="test_model_reads_the_prompt",
)
def classify(text):
    name = "distilbert-base-uncased-finetuned-sst-2-english"
    return classifier(name)(text, truncation=True)[0]["label"]


@wrong(
    "shows the model no examples",
    advice=(
        "There are two prompts here, and the model reads the poorer one; "
        "give it what `build_prompt` returns."
    ),
    caught_by="test_model_reads_the_prompt",
)
def classify(text):
    return label(completed(f'Text: "{shortened(text)}"\n{ASK}\nSentiment:'))


@wrong(
    "says NEGATIVE whatever the model found",
    advice=(
        "Every text gets the same label here; "
        "compare what your model gives for a good and a bad one, or choose a model that writes."
    ),
    caught_by=("test_labels_fit", "test_script"),
)
def classify(text):
    tokenizer, model = parts("distilbert-base-uncased", AutoModelForSequenceClassification)
    inputs = tokenizer(build_prompt(text), truncation=True, return_tensors="pt")
    return ["NEGATIVE", "POSITIVE"][int(model(**inputs).logits.argmax()) * 0]


@wrong(
    "asks a summariser",
    advice=(
        "A model trained for summaries does not continue a pattern; "
        "choose one that writes on where the prompt ends."
    ),
    caught_by=("test_labels_fit", "test_script"),
)
def classify(text):
    tokenizer, model = parts("cnicu/t5-small-booksum", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(text), truncation=True, return_tensors="pt")
    return label(tokenizer.decode(model.generate(**inputs, max_new_tokens=5)[0]))


@wrong(
    "counts good words",
    advice=(
        "No list holds all the ways to praise or to complain; "
        "let the model read the prompt and decide."
    ),
    caught_by="test_labels_fit",
)
def classify(text):
    words = text.lower().split()
    return "POSITIVE" if any(word in words for word in ("great", "good", "love")) else "NEGATIVE"


@wrong(
    "exchanges the labels",
    advice=(
        "Follow one clearly good text through your code: "
        "watch what the model writes, and what becomes of it."
    ),
    caught_by=("test_labels_fit", "test_script"),
)
def classify(text):
    return (
        "NEGATIVE" if label(completed(build_prompt(shortened(text)))) == "POSITIVE" else "POSITIVE"
    )


@wrong(
    "returns what the model wrote, about the whole text",
    advice=(
        "After a long text a model writes other things too; "
        "cut the text, and make one of two labels of whatever comes."
    ),
    caught_by=("test_odd_texts[2,000 words]", "test_long_text"),
)
def classify(text):
    return completed(build_prompt(text)).strip()


@wrong(
    "answers in small letters",
    advice="Whoever compares labels compares letters too; spell them as the docstring does.",
    caught_by=("test_labels_fit", "test_script"),
)
def classify(text):
    return label(completed(build_prompt(shortened(text)))).lower()


@wrong(
    "returns a number",
    advice=(
        "A caller cannot know what your numbers stand for; "
        "return the label as the string that the docstring names."
    ),
    caught_by=("test_labels_fit", "test_odd_texts"),
)
def classify(text):
    return int(label(completed(build_prompt(shortened(text)))) == "POSITIVE")


@wrong(
    "cuts the prompt, and loses the question",
    advice=(
        "The question stands at the end, where the cut falls; "
        "shorten the text before it goes into the prompt."
    ),
    caught_by="test_long_text",
)
def classify(text):
    return label(completed(build_prompt(text)))


@wrong(
    "refuses odd texts",
    advice=(
        "There is no third label; for a text without words either of the two will do, "
        "so let the model say one."
    ),
    caught_by=("test_odd_texts[empty]", "test_odd_texts[emoji]"),
)
def classify(text):
    if not any(letter.isalpha() for letter in text):
        return "NEUTRAL"
    return label(completed(build_prompt(shortened(text))))


@wrong(
    "refuses short texts",
    advice=(
        "One letter is a text as well; send it through the prompt like any other, "
        "and take what comes."
    ),
    caught_by="test_odd_texts[one letter]",
)
def classify(text):
    return label(completed(build_prompt(shortened(text)))) if len(text) != 1 else ""


@wrong(
    "samples",
    advice=(
        "Words drawn at random differ from call to call; "
        "look at what `do_sample` does in `generate`."
    ),
    caught_by="test_same_again",
)
def classify(text):
    return label(completed(build_prompt(shortened(text)), do_sample=True))


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading takes longer than answering; "
        "keep the tokenizer and the model from one call to the next."
    ),
    caught_by="test_loaded_once",
)
def classify(text):
    parts.cache_clear()
    return label(completed(build_prompt(shortened(text))))


@wrong(
    "returns nothing",
    advice=(
        "Without `return` the caller gets None; "
        "both functions are to hand back what they have made."
    ),
    caught_by=(
        "test_query_comes_last",
        "test_query_has_no_label",
        "test_one_example_of_each",
        "test_same_form",
        "test_same_examples",
        "test_model_reads_the_prompt",
        "test_labels_fit",
        "test_same_again",
        "test_odd_texts",
        "test_long_text",
    ),
)
class overlay:
    def build_prompt(text):
        print(text)

    def classify(text):
        print(completed(text))


@wrong(
    "leaves the model in training mode",
    advice=(
        "In training, dropout makes a model's output random; "
        "look at `train` and `eval`, and which of them holds here."
    ),
    caught_by="test_same_again",
)
def classify(text):
    parts("gpt2", AutoModelForCausalLM)[1].train()
    return label(completed(build_prompt(shortened(text))))


@wrong(
    "cuts long texts in the prompt itself",
    advice="The prompt holds the text uncut; how much a model can read is a matter for `classify`.",
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text[:4000]}"\nSentiment:'
    )


@wrong(
    "returns whatever word the model wrote",
    advice=(
        "The first word need not be a label; look for a label in it, "
        "and decide what to return where there is none."
    ),
    caught_by="test_one_word_again_and_again",
)
def classify(text):
    words = completed(build_prompt(shortened(text))).split()
    return words[0].strip('."!,') if words else ""


@wrong(
    "puts a sentence between the examples and the text",
    advice=(
        "An instruction may stand before the first part, or in every part; look where yours stands."
    ),
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Now it is your turn.\n\nText: "{text}"\nSentiment:'
    )


@wrong(
    "strips the text",
    advice="The text is to stand in the prompt word for word, spaces at its ends as well.",
    caught_by="test_query_comes_last",
)
def build_prompt(text):
    return FORM.replace("<TEXT>", text.strip())


@wrong(
    "puts the text in with re.sub",
    advice="To `re.sub` a backslash is a sign of its own; `str.replace` or an f-string takes it.",
    caught_by="test_query_comes_last",
    raises=("error",),
)
def build_prompt(text):
    return re.sub("<TEXT>", text, FORM)
