"""Answers to task 11, wrong and right: the tests of its tests."""

import math
from functools import cache

import evaluate
import torch
from torchmetrics.text import Perplexity
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    GPT2LMHeadModel,
    GPT2Tokenizer,
    pipeline,
)

from kata.testing import right, wrong


@cache
def parts(name="gpt2"):
    return AutoTokenizer.from_pretrained(name), AutoModelForCausalLM.from_pretrained(name).eval()


def check_prompt(prompt, max_new_tokens):
    if not prompt or max_new_tokens < 1:
        raise ValueError("nothing to do")


def ids_of(text):
    return parts()[0](text, return_tensors="pt")["input_ids"]


def check_texts(texts):
    if not texts or any(ids_of(text).shape[1] < 2 for text in texts):
        raise ValueError("nothing to measure")


@torch.no_grad()
def losses(text):
    """Of each token after the first."""
    ids = ids_of(text)
    logits = parts()[1](ids).logits[0, :-1]
    return torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")


@right("uses GPT-2's own classes, and a pipeline")
class overlay:
    def generate(prompt, max_new_tokens):
        check_prompt(prompt, max_new_tokens)
        found = writer()(prompt, max_new_tokens=max_new_tokens, do_sample=False)
        return found[0]["generated_text"]

    @cache
    def writer():
        return pipeline("text-generation", model="openai-community/gpt2")

    def mean_perplexity(texts):
        check_texts(texts)
        tokenizer, model = gpt2()
        values = []
        for text in texts:
            ids = tokenizer(text, return_tensors="pt").input_ids
            with torch.inference_mode():
                values.append(model(input_ids=ids, labels=ids).loss.exp().item())
        return sum(values) / len(values)

    @cache
    def gpt2():
        return GPT2Tokenizer.from_pretrained("gpt2"), GPT2LMHeadModel.from_pretrained("gpt2")


@right("measures a padded batch, with the padding masked")
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    tokenizer, model = parts("distilgpt2")
    tokenizer.pad_token = tokenizer.eos_token
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    logits = model(**inputs).logits[:, :-1]
    targets, mask = inputs["input_ids"][:, 1:], inputs["attention_mask"][:, 1:]
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return ((each * mask).sum(1) / mask.sum(1)).exp().mean().item()


@right("asks evaluate, without a start token")
def mean_perplexity(texts):
    check_texts(texts)
    global metric
    if "metric" not in globals():
        metric = evaluate.load("perplexity", module_type="metric")
    found = [
        metric.compute(predictions=[text], model_id="gpt2", add_start_token=False) for text in texts
    ]
    return float(sum(f["mean_perplexity"] for f in found) / len(found))


@right("asks torchmetrics, on shifted logits")
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    values = []
    for text in texts:
        ids = ids_of(text)
        values.append(Perplexity()(parts()[1](ids).logits[:, :-1], ids[:, 1:]).item())
    return sum(values) / len(values)


@right("goes on token by token")
@torch.no_grad()
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, model = parts()
    ids = ids_of(prompt)
    start = ids.shape[1]
    for _ in range(max_new_tokens):
        following = model(ids).logits[0, -1].argmax()
        if following == tokenizer.eos_token_id:
            break
        ids = torch.cat([ids, following.view(1, 1)], dim=1)
    return prompt + tokenizer.decode(ids[0, start:])


@wrong(
    "puts a start token first, as evaluate does unasked",
    advice=(
        "Then the first token is predicted and counted as well; "
        "the model is to read the text's own tokens and nothing before them."
    ),
    caught_by=("test_one_text",),
)
def mean_perplexity(texts):
    check_texts(texts)
    found = evaluate.load("perplexity", module_type="metric").compute(
        predictions=texts, model_id="gpt2"
    )
    return float(found["mean_perplexity"])


@wrong(
    "counts padding",
    advice=(
        "What fills up a short text is no part of it; "
        "let the attention mask say which tokens count, or go text by text."
    ),
    caught_by=("test_several_texts", "test_lengths"),
)
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    tokenizer, model = parts()
    tokenizer.pad_token = tokenizer.eos_token
    ids = tokenizer(texts, padding=True, return_tensors="pt")["input_ids"]
    each = torch.nn.functional.cross_entropy(
        model(ids).logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none"
    )
    return each.mean(1).exp().mean().item()


@wrong(
    "takes the exponential of the mean loss",
    advice=(
        "Averaging logarithms and averaging perplexities give different results; "
        "each text needs a perplexity of its own first."
    ),
    caught_by="test_several_texts",
)
def mean_perplexity(texts):
    check_texts(texts)
    return torch.stack([losses(text).mean() for text in texts]).mean().exp().item()


@wrong(
    "takes all tokens of all texts together",
    advice=(
        "A long text then weighs more than a short one; "
        "average within each text before you average over the texts."
    ),
    caught_by=("test_several_texts", "test_lengths"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return torch.cat([losses(text) for text in texts]).mean().exp().item()


@wrong(
    "returns the loss",
    advice=(
        "A loss is a logarithm, and a perplexity is not; "
        "one step is missing that undoes the logarithm."
    ),
    caught_by=("test_one_text", "test_script", "test_two_tokens"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return torch.stack([losses(text).mean() for text in texts]).mean().item()


@wrong(
    "raises 2 to the loss",
    advice=(
        "PyTorch's cross-entropy uses the natural logarithm; "
        "the base of the power has to fit that logarithm."
    ),
    caught_by=("test_one_text", "test_script"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return sum(2 ** losses(text).mean().item() for text in texts) / len(texts)


@wrong(
    "sums the losses",
    advice=(
        "A sum grows with the length of the text; "
        "perplexity is about the average token, so divide by how many were predicted."
    ),
    caught_by=("test_one_text", "test_lengths"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return sum(math.exp(min(losses(text).sum().item(), 100)) for text in texts) / len(texts)


@wrong(
    "compares each token with its own logits",
    advice=(
        "The logits at a place predict the token after it; "
        "shift one side by a place, or let the model do that with `labels`."
    ),
    caught_by=("test_one_text", "test_two_tokens"),
)
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    values = []
    for text in texts:
        ids = ids_of(text)
        values.append(Perplexity()(parts()[1](ids).logits, ids).item())
    return sum(values) / len(values)


@wrong(
    "measures the first text only",
    advice="Every text in the list counts; measure each of them, then take the mean.",
    caught_by=("test_several_texts", "test_lengths"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return losses(texts[0]).mean().exp().item()


@wrong(
    "joins the texts",
    advice=(
        "Joined, a text is predicted from the one before it, and long ones weigh more; "
        "measure each text on its own."
    ),
    caught_by=("test_several_texts", "test_lengths"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return losses(" ".join(texts)).mean().exp().item()


@wrong(
    "leaves out the last token as well",
    advice=(
        "Only the first token lacks something before it; "
        "the last one has a prediction and counts. Look at where your slices end."
    ),
    caught_by=("test_one_text", "test_script"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return sum(losses(t)[: max(len(losses(t)) - 1, 1)].mean().exp().item() for t in texts) / len(
        texts
    )


@wrong(
    "measures with an encoder",
    advice=(
        "An encoder sees the tokens on both sides; "
        "choose a causal model, which predicts each token from those before it."
    ),
    caught_by=("test_one_text", "test_script"),
)
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    tokenizer = AutoTokenizer.from_pretrained("distilbert-base-uncased")
    model = AutoModelForMaskedLM.from_pretrained("distilbert-base-uncased")
    values = []
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        values.append(model(ids, labels=ids).loss.exp().item())
    return sum(values) / len(values)


@wrong(
    "returns a tensor",
    advice="The caller was promised a plain Python float; look at what a tensor's `item` does.",
    caught_by=("test_one_text", "test_several_texts"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return torch.stack([losses(text).mean().exp() for text in texts]).mean()


@wrong(
    "remembers the sheet's value",
    advice=(
        "Another text has another perplexity; "
        "let the model compute the value from the texts that it is given."
    ),
    caught_by=("test_one_text", "test_surprise"),
)
def mean_perplexity(texts):
    check_texts(texts)
    return 9.096508979797363


@wrong(
    "leaves dropout on",
    advice=(
        "In training mode dropout changes the value at every call; "
        "look at what `train` and `eval` do to a model."
    ),
    caught_by=("test_same_again", "test_one_text"),
)
@torch.no_grad()
def mean_perplexity(texts):
    check_texts(texts)
    model = parts()[1].train()
    rows = [ids_of(text) for text in texts]
    return torch.stack([model(ids, labels=ids).loss for ids in rows]).exp().mean().item()


@wrong(
    "keeps gradients",
    advice=(
        "Nothing is trained here, and keeping what gradients need costs memory; "
        "look at what `torch.no_grad` does."
    ),
    caught_by="test_no_gradients",
)
def mean_perplexity(texts):
    check_texts(texts)
    model = parts()[1]
    rows = [ids_of(text) for text in texts]
    return torch.stack([model(ids, labels=ids).loss for ids in rows]).exp().mean().item()


@wrong(
    "gives nan for nothing",
    advice=(
        "A mean over no predictions has no value; "
        "check how many texts and tokens there are, and raise the error that the task names."
    ),
    caught_by="test_nothing_to_predict",
)
def mean_perplexity(texts):
    return float(torch.stack([losses(text).mean() for text in texts or [""]]).exp().mean())


@wrong(
    "loads everything anew at every call",
    advice=(
        "Loading takes far longer than writing a few tokens; "
        "load outside the function, or in one that remembers its result."
    ),
    caught_by="test_loaded_once",
)
def generate(prompt, max_new_tokens):
    parts.cache_clear()
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "reads emoji away",
    advice=(
        "Emoji have tokens that the model predicts like all others; "
        "hand the text to the tokenizer as it is."
    ),
    caught_by="test_emoji",
)
def mean_perplexity(texts):
    texts = [text.encode("ascii", "ignore").decode() for text in texts]
    check_texts(texts)
    return torch.stack([losses(text).mean() for text in texts]).exp().mean().item()


def going_on(prompt, **settings):
    """The prompt's ids, and those that GPT-2 puts after them."""
    tokenizer, model = parts()
    inputs = tokenizer(prompt, return_tensors="pt")
    ids = model.generate(**inputs, pad_token_id=tokenizer.eos_token_id, **settings)[0]
    return tokenizer, inputs["input_ids"].shape[1], ids


@wrong(
    "takes max_length for the new tokens",
    advice=(
        "That limit counts the prompt as well, so a long prompt leaves no room; "
        "look for the one that counts new tokens only."
    ),
    caught_by=("test_limit", "test_goes_on"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_length=max_new_tokens, do_sample=False)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "counts words",
    advice=(
        "A word may be several tokens, and a full stop is one too; "
        "let the model's `generate` do the counting."
    ),
    caught_by="test_limit",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=60, do_sample=False)
    words = tokenizer.decode(ids[start:], skip_special_tokens=True).split(" ")
    return prompt + " ".join(words[: max_new_tokens + 1])


@wrong(
    "samples",
    advice=(
        "Then the same prompt can go on in another way each time; look at what `do_sample` decides."
    ),
    caught_by=("test_goes_on", "test_same_again"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=True)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "returns what is new only",
    advice=(
        "The text is to begin with the prompt as it was given; put it before what the model writes."
    ),
    caught_by=("test_goes_on", "test_script"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "strips the prompt",
    advice=(
        "A space at the prompt's end is a part of it, and changes what the model writes next; "
        "use the prompt as it was given."
    ),
    caught_by="test_limit",
)
def generate(prompt, max_new_tokens):
    prompt = prompt.strip()
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "gives the prompt back",
    advice=(
        "Not one token is new; let the model go on from the prompt's ids, and decode what it adds."
    ),
    caught_by=("test_goes_on", "test_limit", "test_emoji"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    return prompt


@wrong(
    "remembers the sheet's text",
    advice=(
        "Each prompt goes on in its own way; "
        "let the model write what comes next, and mind the limit."
    ),
    caught_by=("test_goes_on", "test_limit"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    return prompt + ", the number of people living in poverty will be at its lowest level"


@wrong(
    "returns token ids",
    advice=(
        "Ids are for the model, and the caller wants to read a text; "
        "look at what the tokenizer's `decode` does."
    ),
    caught_by=("test_goes_on", "test_script"),
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    return going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)[2]


@wrong(
    "leaves the end-of-text token in",
    advice="Special tokens are no text: look at what `decode` can skip.",
    caught_by="test_goes_on",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, _, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return tokenizer.decode(ids)


@wrong(
    "accepts any arguments",
    advice=(
        "An empty prompt or a limit below 1 is the caller's mistake; "
        "check for both first, and raise the error that the task names."
    ),
    caught_by="test_generate_refuses",
)
def generate(prompt, max_new_tokens):
    tokenizer, start, ids = going_on(
        prompt or "The", max_new_tokens=max(max_new_tokens, 1), do_sample=False
    )
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "answers in three words",
    advice=(
        "Lower than what, and better at what? "
        "Explain in two sentences or more what a value such as 9 says about the model."
    ),
    caught_by="test_answer",
)
class overlay:
    ANSWER = "Lower is better."


@wrong(
    "leaves the answer open",
    advice=(
        "The question still waits for you; "
        "imagine a model that wavers between 9 equally likely tokens, and say what its value means."
    ),
    caught_by="test_answer",
)
class overlay:
    ANSWER = None


@wrong(
    "returns nothing",
    advice=(
        "A function without `return` gives its caller None, even if it prints; "
        "hand back the text, and the number."
    ),
    caught_by=(
        "test_one_text",
        "test_several_texts",
        "test_lengths",
        "test_two_tokens",
        "test_surprise",
        "test_goes_on",
        "test_limit",
        "test_emoji",
        "test_same_again",
        "test_no_gradients",
        "test_script",
    ),
)
class overlay:
    def generate(prompt, max_new_tokens):
        check_prompt(prompt, max_new_tokens)

    def mean_perplexity(texts):
        check_texts(texts)
        print(losses(texts[0]).mean().exp())


@wrong(
    "strips the whole text, the prompt included",
    advice=(
        "A space or a new line before the prompt belongs to it; "
        "the text is to begin with the prompt just as it was given."
    ),
    caught_by="test_white_space_first",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return (prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)).strip()


@wrong(
    "counts letters and not tokens",
    advice=(
        "A word of several letters may be a single token; "
        "ask the tokenizer how many tokens a text has."
    ),
    caught_by="test_nothing_to_predict[one token of several letters]",
)
def mean_perplexity(texts):
    if not texts or min(map(len, texts)) < 2:
        raise ValueError("nothing to predict")
    return torch.stack([losses(text).mean() for text in texts]).exp().mean().item()


@wrong(
    "writes two tokens at least",
    advice="A limit of one allows one new token and no more; pass the caller's limit on as it is.",
    caught_by="test_least_limit",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    count = max(max_new_tokens, 2)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=count, do_sample=False)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "refuses a limit of one",
    advice=(
        "One new token is little, but allowed; look at which side of your comparison 1 falls on."
    ),
    caught_by="test_least_limit",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens - 1)
    tokenizer, start, ids = going_on(prompt, max_new_tokens=max_new_tokens, do_sample=False)
    return prompt + tokenizer.decode(ids[start:], skip_special_tokens=True)


@wrong(
    "takes special tokens out of the prompt",
    advice="The prompt comes back unchanged; decode the new tokens alone, and put it before them.",
    caught_by="test_prompt_as_it_is[a special token]",
)
@torch.no_grad()
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    tokenizer, model = parts()
    inputs = tokenizer(prompt, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


@wrong(
    "refuses white space",
    advice="A space is a text, which the tokenizer has a token for; refuse an empty prompt alone.",
    caught_by="test_prompt_as_it_is[white space alone]",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt.strip(), max_new_tokens)
    return written(prompt, max_new_tokens)


@wrong(
    "forbids that three words come again",
    advice="The most probable token may repeat what was there; let nothing forbid it.",
    caught_by="test_repetition",
)
def generate(prompt, max_new_tokens):
    check_prompt(prompt, max_new_tokens)
    return written(prompt, max_new_tokens, no_repeat_ngram_size=3)


@torch.no_grad()
def written(prompt, max_new_tokens, **settings):
    tokenizer, model = parts()
    inputs = tokenizer(prompt, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False, **settings)
    new = ids[0, inputs["input_ids"].shape[1] :]
    return prompt + tokenizer.decode(new, skip_special_tokens=True)


@wrong(
    "measures the first 512 tokens",
    advice="The model reads 1,024 tokens; what you cut off is not measured, so cut nothing before.",
    caught_by="test_long_text",
)
def mean_perplexity(texts):
    check_texts(texts)
    tokenizer, model = parts()
    values = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=512, return_tensors="pt").input_ids
        with torch.no_grad():
            values.append(model(ids, labels=ids).loss.exp().item())
    return sum(values) / len(values)


@wrong(
    "counts a text once that is there twice",
    advice="A dictionary has one place for equal texts; keep the values in a list.",
    caught_by="test_lengths",
)
def mean_perplexity(texts):
    check_texts(texts)
    values = {text: losses(text).mean().exp().item() for text in texts}
    return sum(values.values()) / len(values)
