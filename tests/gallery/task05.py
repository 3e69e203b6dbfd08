"""Answers to task 05, wrong and right: the tests of its tests."""

from functools import cache

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    pipeline,
)

from kata.testing import right, wrong


@cache
def parts(name, kind):
    return AutoTokenizer.from_pretrained(name), kind.from_pretrained(name).eval()


def answered(prompt, name="gpt2", **settings):
    """What a causal model writes after a prompt, which is cut to leave it room."""
    tokenizer, model = parts(name, AutoModelForCausalLM)
    ids = tokenizer(prompt, return_tensors="pt")["input_ids"][:, :900]
    mask = torch.ones_like(ids)
    new = model.generate(
        ids, attention_mask=mask, pad_token_id=tokenizer.eos_token_id,
        **{"max_new_tokens": 100, "do_sample": False, **settings},
    )  # fmt: skip
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True).strip()


@right("lets GPT-2 go on after a salutation")
class overlay:
    def build_prompt(review):
        return (
            "Below is a review from a customer and a professional response from the hotel.\n\n"
            f"Customer review:\n{review}\n\nHotel response:\nDear valued customer,"
        )

    def respond(review):
        return f"Dear valued customer, {answered(build_prompt(review)) or 'thank you.'}"


@right("asks the text-generation pipeline for the new text only")
class overlay:
    def build_prompt(review):
        return f"Write a response to the following hotel review.\nReview: {review}\nResponse:"

    def respond(review):
        prompt = build_prompt(" ".join(review.split()[:250]))
        found = writer()(prompt, max_new_tokens=90, do_sample=False, return_full_text=False)
        return found[0]["generated_text"].strip()

    @cache
    def writer():
        return pipeline("text-generation", model="openai-community/gpt2")


@wrong("echoes the prompt", caught_by="test_reply_alone")
def respond(review):
    prompt = build_prompt(review)
    return prompt + " " + answered(prompt)


@wrong("repeats the review before the reply", caught_by="test_reply_alone")
def respond(review):
    return f"{review} {answered(build_prompt(review))}"


@wrong("gives a T5 to the text-generation pipeline, which echoes", caught_by="test_reply_alone")
def respond(review):
    made = pipeline("text-generation", model="google/flan-t5-small")
    return made(build_prompt(review), max_new_tokens=60)[0]["generated_text"]


@wrong("leaves the review out of the prompt", caught_by=("test_prompt_quotes_the_review",))
def build_prompt(review):
    return "Write a polite reply to the customer review below.\n\nHotel response:"


@wrong("puts the review in twice", caught_by="test_prompt_quotes_the_review")
def build_prompt(review):
    return f"Customer review: {review}\nReply politely to this: {review}\nHotel response:"


@wrong("cuts the review", caught_by="test_prompt_quotes_the_review")
def build_prompt(review):
    return f"Write a polite reply to this review: {review[:40]}\nHotel response:"


@wrong("writes the review in small letters", caught_by="test_prompt_quotes_the_review")
def build_prompt(review):
    return f"Write a polite reply to this review.\n{review.lower()}\nHotel response:"


@wrong("formats the review as if it were a template", caught_by="test_prompt_quotes_the_review")
def build_prompt(review):
    return f"Write a polite reply to this review: {review}\nHotel response:".format()


@wrong("has no instruction", caught_by="test_prompt_instructs")
def build_prompt(review):
    return review


@wrong("words the prompt anew each time", caught_by="test_prompt_is_a_template")
def build_prompt(review):
    return f"Write a reply in {len(review)} letters to this review: {review}\nHotel response:"


@wrong("answers with a translator", caught_by=("test_about_this_review", "test_script"))
def respond(review):
    tokenizer, model = parts("Helsinki-NLP/opus-mt-en-es", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=60)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong("answers with a summariser", caught_by=("test_about_this_review", "test_script"))
def respond(review):
    tokenizer, model = parts("cnicu/t5-small-booksum", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=60)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong("generates with an encoder", caught_by=("test_about_this_review", "test_coherent"))
def respond(review):
    return answered(build_prompt(" ".join(review.split()[:60])), "distilbert-base-uncased")


@wrong("asks for a model that has no stand-in", caught_by="test_text")
def respond(review):
    return answered(build_prompt(review), "Qwen/Qwen2.5-0.5B-Instruct")


@wrong(
    "gives everybody the same reply", caught_by=("test_each_has_its_own", "test_about_this_review")
)
def respond(review):
    return "Dear guest, thank you for your kind words. We look forward to your next visit."


@wrong("answers the sheet's review, whoever writes", caught_by="test_each_has_its_own")
def respond(review):
    return answered(build_prompt(REVIEW))


@wrong("goes round in circles", caught_by=("test_coherent", "test_text"))
def respond(review):
    return " ".join([answered(build_prompt(review))] * 5)


@wrong("breaks off after four words", caught_by="test_text")
def respond(review):
    return answered(build_prompt(review), max_new_tokens=4)


@wrong("leaves the special tokens in", caught_by=("test_text", "test_reply_alone"))
def respond(review):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=100)[0])


@wrong("returns the pipeline's dictionary", caught_by="test_text")
def respond(review):
    return {"generated_text": answered(build_prompt(review))}


@wrong("samples", caught_by="test_same_again")
def respond(review):
    return answered(build_prompt(review), do_sample=True) or "thank you"


@wrong("does not cut long reviews", caught_by="test_odd_reviews[2,000 words]")
def respond(review):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(build_prompt(review), return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=100, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True)


@wrong(
    "refuses a review without words",
    caught_by=("test_odd_reviews[empty]", "test_odd_reviews[emoji]"),
)
def respond(review):
    if not any(letter.isalpha() for letter in review):
        raise ValueError("no review")
    return answered(build_prompt(review))


@wrong("refuses short reviews", caught_by="test_odd_reviews[one letter]")
def respond(review):
    assert len(review) != 1
    return answered(build_prompt(review))


@wrong("loads everything anew at every call", caught_by="test_loaded_once")
def respond(review):
    parts.cache_clear()
    return answered(build_prompt(review))


@wrong(
    "returns nothing",
    caught_by=(
        "test_prompt_quotes_the_review",
        "test_prompt_instructs",
        "test_prompt_is_a_template",
        "test_text",
        "test_reply_alone",
        "test_about_this_review",
        "test_each_has_its_own",
        "test_coherent",
        "test_odd_reviews",
        "test_script",
    ),
)
class overlay:
    def build_prompt(review):
        print(f"Answer this: {review}")

    def respond(review):
        print(answered(review))


@wrong("answers an overlong review with an error code", caught_by="test_odd_reviews[2,000 words]")
def respond(review):
    return -1 if len(review) > 4_000 else answered(build_prompt(review))


@wrong("cuts the reply off behind the whole prompt's letters", caught_by="test_long_review")
def respond(review):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    prompt = build_prompt(review)
    ids = tokenizer(prompt, return_tensors="pt", truncation=True, max_length=900)["input_ids"]
    new = model.generate(ids, max_new_tokens=100, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0], skip_special_tokens=True)[len(prompt) :].strip()
