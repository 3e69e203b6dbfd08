"""Answers to task 10, wrong and right: the tests of its tests."""

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


@wrong("shows two positive examples", caught_by="test_one_example_of_each")
def build_prompt(text):
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\nText: "I loved the room."\nSentiment: POSITIVE\n\n'
        f'Text: "{text}"\nSentiment:'
    )


@wrong("shows three examples", caught_by=("test_one_example_of_each", "test_query_comes_last"))
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "I loved the room."\nSentiment: POSITIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong("shows one example", caught_by=("test_one_example_of_each", "test_query_comes_last"))
def build_prompt(text):
    return f'{GOOD}\nSentiment: POSITIVE\n\nText: "{text}"\nSentiment:'


@wrong("shows none, as the sheet's prompt", caught_by=("test_one_example_of_each",))
def build_prompt(text):
    return f'Text: "{text}"\n{ASK}\n'


@wrong("shows the same example twice", caught_by="test_one_example_of_each")
def build_prompt(text):
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\n{GOOD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong("uses the text itself as an example", caught_by="test_query_comes_last")
def build_prompt(text):
    return (
        f'Text: "{text}"\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n'
        f'Text: "{text}"\nSentiment:'
    )


@wrong("puts the text first", caught_by="test_query_comes_last")
def build_prompt(text):
    return (
        f'Text: "{text}"\nSentiment:\n\n{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE'
    )


@wrong("gives the answer away", caught_by="test_query_has_no_label")
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text}"\nSentiment: {label(completed(text))}'
    )


@wrong("asks in another form than it shows", caught_by="test_same_form")
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text}"\n{ASK}\nSentiment:'
    )


@wrong("changes the examples with the text", caught_by="test_same_examples")
def build_prompt(text):
    return (
        f'Text: "Text number {len(text)} was great."\nSentiment: POSITIVE\n\n'
        f'{BAD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong("strips the quotation marks of the text", caught_by="test_query_comes_last")
def build_prompt(text):
    text = text.replace('"', "").replace("'", "")
    return (
        f'{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\nText: "{text}"\nSentiment:'
    )


@wrong("says POSITIVE always", caught_by=("test_labels_fit", "test_long_text"))
def classify(text):
    return "POSITIVE"


@wrong(
    "looks for the word in the prompt it echoes", caught_by=("test_labels_fit", "test_long_text")
)
def classify(text):
    prompt = build_prompt(shortened(text))
    return label(prompt + completed(prompt))


@wrong("gives the whole prompt to a sentiment classifier", caught_by="test_labels_fit")
def classify(text):
    name = "distilbert-base-uncased-finetuned-sst-2-english"
    prompt = build_prompt(shortened(text))
    return classifier(name)(prompt, truncation=True)[0]["label"]


@cache
def classifier(name):
    return pipeline("text-classification", model=name)


@wrong("classifies the bare text", caught_by="test_model_reads_the_prompt")
def classify(text):
    name = "distilbert-base-uncased-finetuned-sst-2-english"
    return classifier(name)(text, truncation=True)[0]["label"]


@wrong("shows the model no examples", caught_by="test_model_reads_the_prompt")
def classify(text):
    return label(completed(f'Text: "{shortened(text)}"\n{ASK}\nSentiment:'))


@wrong("takes a base without a trained head", caught_by=("test_labels_fit", "test_script"))
def classify(text):
    tokenizer, model = parts("distilbert-base-uncased", AutoModelForSequenceClassification)
    inputs = tokenizer(build_prompt(text), truncation=True, return_tensors="pt")
    return ["NEGATIVE", "POSITIVE"][int(model(**inputs).logits.argmax()) * 0]


@wrong("asks a summariser", caught_by=("test_labels_fit", "test_script"))
def classify(text):
    tokenizer, model = parts("cnicu/t5-small-booksum", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(text), truncation=True, return_tensors="pt")
    return label(tokenizer.decode(model.generate(**inputs, max_new_tokens=5)[0]))


@wrong("counts good words", caught_by="test_labels_fit")
def classify(text):
    words = text.lower().split()
    return "POSITIVE" if any(word in words for word in ("great", "good", "love")) else "NEGATIVE"


@wrong("exchanges the labels", caught_by=("test_labels_fit", "test_script"))
def classify(text):
    return (
        "NEGATIVE" if label(completed(build_prompt(shortened(text)))) == "POSITIVE" else "POSITIVE"
    )


@wrong("returns what the model wrote", caught_by=("test_odd_texts[2,000 words]", "test_long_text"))
def classify(text):
    return completed(build_prompt(text)).strip()


@wrong("answers in small letters", caught_by=("test_labels_fit", "test_script"))
def classify(text):
    return label(completed(build_prompt(shortened(text)))).lower()


@wrong("returns a number", caught_by=("test_labels_fit", "test_odd_texts"))
def classify(text):
    return int(label(completed(build_prompt(shortened(text)))) == "POSITIVE")


@wrong("cuts the prompt, and loses the question", caught_by="test_long_text")
def classify(text):
    return label(completed(build_prompt(text)))


@wrong("refuses odd texts", caught_by=("test_odd_texts[empty]", "test_odd_texts[emoji]"))
def classify(text):
    if not any(letter.isalpha() for letter in text):
        return "NEUTRAL"
    return label(completed(build_prompt(shortened(text))))


@wrong("refuses short texts", caught_by="test_odd_texts[one letter]")
def classify(text):
    return label(completed(build_prompt(shortened(text)))) if len(text) != 1 else ""


@wrong("samples", caught_by="test_same_again")
def classify(text):
    return label(completed(build_prompt(shortened(text)), do_sample=True))


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def classify(text):
    parts.cache_clear()
    return label(completed(build_prompt(shortened(text))))


@wrong(
    "returns nothing",
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


@wrong("leaves the model in training mode", caught_by="test_same_again")
def classify(text):
    parts("gpt2", AutoModelForCausalLM)[1].train()
    return label(completed(build_prompt(shortened(text))))


@wrong("cuts long texts in the prompt itself", caught_by="test_query_comes_last")
def build_prompt(text):
    return (
        f"{GOOD}\nSentiment: POSITIVE\n\n{BAD}\nSentiment: NEGATIVE\n\n"
        f'Text: "{text[:4000]}"\nSentiment:'
    )


@wrong(
    "returns whatever word the model wrote",
    caught_by="test_one_word_again_and_again",
)
def classify(text):
    words = completed(build_prompt(shortened(text))).split()
    return words[0].strip('."!,') if words else ""
