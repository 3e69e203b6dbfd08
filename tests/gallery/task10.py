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

from kata.gallery import right, wrong

GOOD = 'Text: "The film was wonderful and I enjoyed it."'
BAD = 'Text: "The delivery was slow and the support was rude."'
ASK = "Classify the sentiment of this sentence as either positive or negative."


@cache
def parts(name, kind):
    return AutoTokenizer.from_pretrained(name), kind.from_pretrained(name).eval()


def shortened(text):
    """The beginning of a text, so that it fits beside its prompt."""
    return " ".join(text.split()[:100])[:600]


def flan(prompt, **settings):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(prompt, truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, **{"max_new_tokens": 8, **settings})
    return tokenizer.decode(ids[0], skip_special_tokens=True).upper()


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
        tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
        prompt = build_prompt(shortened(text))
        inputs = tokenizer(prompt, return_tensors="pt", truncation=True)
        scores = {}
        for word in ("POSITIVE", "NEGATIVE"):
            labels = tokenizer(word, return_tensors="pt").input_ids
            scores[word] = -model(**inputs, labels=labels).loss.item() * labels.shape[1]
        return max(scores, key=scores.get)


@right("lets GPT-2 write the label")
def classify(text):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(build_prompt(shortened(text)), return_tensors="pt").input_ids
    new = model.generate(ids, max_new_tokens=5, pad_token_id=0, do_sample=False)
    return label(tokenizer.decode(new[0, ids.shape[1] :]))


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
        f'Text: "{text}"\nSentiment: {label(flan(text))}'
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
    return label(prompt + flan(prompt))


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
    return label(flan(f'Text: "{shortened(text)}"\n{ASK}\nSentiment:'))


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
    return "NEGATIVE" if label(flan(build_prompt(shortened(text)))) == "POSITIVE" else "POSITIVE"


@wrong("returns what the model wrote", caught_by=("test_odd_texts[2,000 words]", "test_long_text"))
def classify(text):
    return flan(build_prompt(text)).strip()


@wrong("answers in small letters", caught_by=("test_labels_fit", "test_script"))
def classify(text):
    return label(flan(build_prompt(shortened(text)))).lower()


@wrong("returns a number", caught_by=("test_labels_fit", "test_odd_texts"))
def classify(text):
    return int(label(flan(build_prompt(shortened(text)))) == "POSITIVE")


@wrong("cuts the prompt, and loses the question", caught_by="test_long_text")
def classify(text):
    return label(flan(build_prompt(text)))


@wrong("refuses odd texts", caught_by=("test_odd_texts[empty]", "test_odd_texts[emoji]"))
def classify(text):
    if not any(letter.isalpha() for letter in text):
        return "NEUTRAL"
    return label(flan(build_prompt(shortened(text))))


@wrong("refuses short texts", caught_by="test_odd_texts[one letter]")
def classify(text):
    return label(flan(build_prompt(shortened(text)))) if len(text) != 1 else ""


@wrong("samples", caught_by="test_same_again")
def classify(text):
    return label(flan(build_prompt(shortened(text)), do_sample=True, temperature=50.0, top_k=0))


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def classify(text):
    parts.cache_clear()
    return label(flan(build_prompt(shortened(text))))


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
        print(flan(text))
