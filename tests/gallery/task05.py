"""Answers to task 05, wrong and right: the tests of its tests."""

import textwrap
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
        prompt = build_prompt(" ".join(review.split()[:450]))
        found = writer()(prompt, max_new_tokens=90, do_sample=False, return_full_text=False)
        return found[0]["generated_text"].strip()

    @cache
    def writer():
        return pipeline("text-generation", model="openai-community/gpt2")


@wrong(
    "echoes the prompt",
    advice=(
        "A decoder's `generate` returns the prompt's ids before the new ones; "
        "count how many of them to leave out."
    ),
    caught_by="test_reply_alone",
)
def respond(review):
    prompt = build_prompt(review)
    return prompt + " " + answered(prompt)


@wrong(
    "repeats the review before the reply",
    advice="The guests know what they wrote; return only what the model adds behind the prompt.",
    caught_by="test_reply_alone",
)
def respond(review):
    return f"{review} {answered(build_prompt(review))}"


@wrong(
    "gives a T5 to the text-generation pipeline, which echoes",
    advice=(
        "That pipeline is made for decoders; "
        "choose one from `kata models` that can answer a review."
    ),
    caught_by="test_reply_alone",
)
def respond(review):
    made = pipeline("text-generation", model="google/flan-t5-small")
    return made(build_prompt(review), max_new_tokens=60)[0]["generated_text"]


@wrong(
    "leaves the review out of the prompt",
    advice=(
        "The model knows only what it reads; "
        "it cannot speak of a stay that the prompt does not quote."
    ),
    caught_by=("test_prompt_quotes_the_review",),
)
def build_prompt(review):
    return "Write a polite reply to the customer review below.\n\nHotel response:"


@wrong(
    "puts the review in twice",
    advice=(
        "The model reads all of the prompt, so one quotation will do; "
        'the instruction can point to it with a word like "below".'
    ),
    caught_by="test_prompt_quotes_the_review",
)
def build_prompt(review):
    return f"Customer review: {review}\nReply politely to this: {review}\nHotel response:"


@wrong(
    "cuts the review",
    advice=(
        "The prompt quotes all of the text it is given; "
        "what is too long for the model is for `respond` to shorten."
    ),
    caught_by="test_prompt_quotes_the_review",
)
def build_prompt(review):
    return f"Write a polite reply to this review: {review[:40]}\nHotel response:"


@wrong(
    "writes the review in small letters",
    advice="Word for word means capitals too; quote the text just as the guest wrote it.",
    caught_by="test_prompt_quotes_the_review",
)
def build_prompt(review):
    return f"Write a polite reply to this review.\n{review.lower()}\nHotel response:"


@wrong(
    "formats the review as if it were a template",
    advice=(
        "A guest may write braces, which `format` takes for fields; "
        "only your own words should be a template."
    ),
    caught_by="test_prompt_quotes_the_review",
)
def build_prompt(review):
    return f"Write a polite reply to this review: {review}\nHotel response:".format()


@wrong(
    "has no instruction",
    advice=(
        "A model that goes on with a bare review writes more of the review; "
        "say in a few words whose reply comes next."
    ),
    caught_by="test_prompt_instructs",
)
def build_prompt(review):
    return review


@wrong(
    "words the prompt anew each time",
    advice=(
        "Only the quoted text may differ from one prompt to the next; "
        "leave out what depends on it, such as its length."
    ),
    caught_by="test_prompt_is_a_template",
)
def build_prompt(review):
    return f"Write a reply in {len(review)} letters to this review: {review}\nHotel response:"


@wrong(
    "answers with a translator",
    advice=(
        "This model turns English into Spanish and answers nobody; "
        "look in `kata models` for one that goes on with a prompt."
    ),
    caught_by=("test_about_this_review", "test_script"),
)
def respond(review):
    tokenizer, model = parts("Helsinki-NLP/opus-mt-en-es", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=60)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong(
    "answers with a summariser",
    advice=(
        "This model was taught to shorten texts, not to reply to them; "
        "look for one that goes on with a prompt."
    ),
    caught_by=("test_about_this_review", "test_script"),
)
def respond(review):
    tokenizer, model = parts("cnicu/t5-small-booksum", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=60)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong(
    "generates with an encoder",
    advice=(
        "An encoder reads a text but was not trained to go on with it; "
        "look in `kata models` for a decoder."
    ),
    caught_by=("test_about_this_review", "test_coherent"),
)
def respond(review):
    return answered(build_prompt(" ".join(review.split()[:60])), "distilbert-base-uncased")


@wrong(
    "asks for a model that has no stand-in",
    advice=(
        "Without a network, only the ids that `kata models` lists lead to a model; "
        "choose a decoder among them."
    ),
    caught_by="test_text",
)
def respond(review):
    return answered(build_prompt(review), "Qwen/Qwen2.5-0.5B-Instruct")


@wrong(
    "gives everybody the same reply",
    advice=(
        "A reply has to speak of what this guest wrote; "
        "let the model write it, from a prompt with the review in it."
    ),
    caught_by=("test_each_has_its_own", "test_about_this_review"),
)
def respond(review):
    return "Dear guest, thank you for your kind words. We look forward to your next visit."


@wrong(
    "answers the sheet's review, whoever writes",
    advice=(
        "The sheet's text is an example, for `main` alone; "
        "build the prompt from the text that `respond` is given."
    ),
    caught_by="test_each_has_its_own",
)
def respond(review):
    return answered(build_prompt(REVIEW))


@wrong(
    "goes round in circles",
    advice=(
        "The guest reads the same sentences five times over; return what the model wrote just once."
    ),
    caught_by=("test_coherent", "test_text"),
)
def respond(review):
    return " ".join([answered(build_prompt(review))] * 5)


@wrong(
    "breaks off after four tokens",
    advice="That is hardly a greeting; look at how many new tokens `generate` may write.",
    caught_by="test_text",
)
def respond(review):
    return answered(build_prompt(review), max_new_tokens=4)


@wrong(
    "leaves the special tokens in",
    advice=(
        "Marks such as `<pad>` mean something to the model only, not to a guest; "
        "`decode` has an argument that leaves them out."
    ),
    caught_by=("test_text", "test_reply_alone"),
)
def respond(review):
    tokenizer, model = parts("google/flan-t5-small", AutoModelForSeq2SeqLM)
    inputs = tokenizer(build_prompt(review), truncation=True, return_tensors="pt")
    return tokenizer.decode(model.generate(**inputs, max_new_tokens=100)[0])


@wrong(
    "returns the pipeline's dictionary",
    advice="The guest wants to read a text; it lies in there under a key, so take it out.",
    caught_by="test_text",
)
def respond(review):
    return {"generated_text": answered(build_prompt(review))}


@wrong(
    "samples",
    advice=(
        "One review should get one reply, but chance draws other words each time; "
        "look at `do_sample`."
    ),
    caught_by="test_same_again",
)
def respond(review):
    return answered(build_prompt(review), do_sample=True) or "thank you"


@wrong(
    "does not cut long reviews",
    advice=(
        "The model has 1,024 positions for the prompt and the reply together; "
        "count the review's tokens, and leave room."
    ),
    caught_by="test_odd_reviews[2,000 words]",
)
def respond(review):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    ids = tokenizer(build_prompt(review), return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=100, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0, ids.shape[1] :], skip_special_tokens=True)


@wrong(
    "refuses a review without words",
    advice=(
        "Some guests send an emoji or nothing; "
        "the prompt around it still holds your instruction, so let the model go on."
    ),
    caught_by=("test_odd_reviews[empty]", "test_odd_reviews[emoji]"),
)
def respond(review):
    if not any(letter.isalpha() for letter in review):
        raise ValueError("no review")
    return answered(build_prompt(review))


@wrong(
    "refuses a review of one letter",
    advice=(
        "One letter is a review like any other; it needs no check before it goes into the prompt."
    ),
    caught_by="test_odd_reviews[one letter]",
)
def respond(review):
    assert len(review) != 1
    return answered(build_prompt(review))


@wrong(
    "loads everything anew at every call",
    advice=(
        "A model is slow to load and stays the same; "
        "let every call after the first one use what is there already."
    ),
    caught_by="test_loaded_once",
)
def respond(review):
    parts.cache_clear()
    return answered(build_prompt(review))


@wrong(
    "returns nothing",
    advice=(
        "Both functions give their caller None; "
        "let each `return` its text, and leave the printing to `main`."
    ),
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


@wrong(
    "answers an overlong review with an error code",
    advice=(
        "A number is no reply, and a guest who writes a lot deserves one; "
        "shorten the review until it fits, and answer that."
    ),
    caught_by="test_odd_reviews[2,000 words]",
)
def respond(review):
    return -1 if len(review) > 4_000 else answered(build_prompt(review))


@wrong(
    "cuts the reply off behind the whole prompt's letters",
    advice=(
        "The model read a shortened prompt, so the reply begins earlier; "
        "tell old from new by counting ids, not letters."
    ),
    caught_by="test_long_review",
)
def respond(review):
    tokenizer, model = parts("gpt2", AutoModelForCausalLM)
    prompt = build_prompt(review)
    ids = tokenizer(prompt, return_tensors="pt", truncation=True, max_length=900)["input_ids"]
    new = model.generate(ids, max_new_tokens=100, pad_token_id=0, do_sample=False)
    return tokenizer.decode(new[0], skip_special_tokens=True)[len(prompt) :].strip()


@wrong(
    "asks for an apology where something was wrong, and for thanks elsewhere",
    advice=(
        "A model reads for itself what the guest complains of; say the same around every review."
    ),
    caught_by="test_prompt_is_a_template",
)
def build_prompt(review):
    sorry = any(word in review.lower() for word in (" but ", "however", "only", "slow", "dirty"))
    return (
        f"{'Apologise to this guest' if sorry else 'Thank this guest'} in a short reply.\n\n"
        f"Customer review:\n{review}\n\nHotel response to the customer:"
    )


@wrong(
    "takes the indentation off when the review stands in the prompt already",
    advice=(
        "`dedent` looks at all lines, the guest's too, and each review gets other spaces; "
        "take them off your own words first, and then put the review in."
    ),
    caught_by=("test_prompt_quotes_the_review", "test_prompt_is_a_template"),
)
def build_prompt(review):
    return textwrap.dedent(f"""
        Write a polite reply to the customer review below.
        {review}
        Hotel response:""")


@wrong(
    "answers the first six hundred letters",
    advice=(
        "The model reads far more than that; "
        "count the review's tokens, and cut where there is no more room."
    ),
    caught_by="test_long_review",
)
def respond(review):
    return answered(build_prompt(review[:600]))
