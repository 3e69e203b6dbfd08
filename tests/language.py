"""What the tests of the language-model tasks share: texts that no model has seen, and checks."""

import contextlib
import re

from kata import expect
from kata.describe import describe
from kata.lazy import lazy

corpora = lazy("fixtures.corpora")
torch = lazy("torch")
transformers = lazy("transformers")

SPECIAL = ("</s>", "<s>", "<pad>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "<|endoftext|>")
WORDS = "el libro que compré ayer es muy interesante y the hotel was good "
# Texts that a program meets sooner or later, by name.
ODD_TEXTS = {"empty": "", "emoji": "🙂👍🎉", "2,000 words": WORDS * 154, "one letter": "a"}


def unseen(make, count, seed=7):
    """`count` items of a corpus that no stand-in was trained on."""
    return corpora.draw(make, count, seed=seed, held_out=True)


def check_text(text, name, *, empty=False):
    """A string without special tokens; `empty` ones have to be allowed."""
    expect.instance(text, str, name)
    special = [token for token in SPECIAL if token in text]
    expect.that(not special, f"{name} without special tokens", f"{describe(text)}", "special")
    expect.that(empty or text.strip(), f"{name} says something", "an empty string", "empty")
    return text


def check_texts(texts, count, name, *, empty=False):
    """A list of `count` such strings."""
    expect.instance(texts, list, f"the {name}")
    expect.that(len(texts) == count, f"{count} {name}", f"{len(texts)}: {describe(texts)}", "shape")
    return [check_text(text, f"{name}[{i}]", empty=empty) for i, text in enumerate(texts)]


def sentences_of(text):
    """The sentences of a student's prose."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def check_again(call):
    """The same call gives the same, however the random numbers fall."""
    torch.manual_seed(98)
    first = call()
    torch.manual_seed(99)
    second = call()
    expect.that(
        first == second,
        "the same for the same call",
        f"first {describe(first)}, then {describe(second)}",
    )


def check_own_place(found, references, similarity):
    """Each answer is nearer to its own reference than to any other's."""
    for i, text in enumerate(found):
        scores = [similarity(text, reference) for reference in references]
        nearest = max(range(len(scores)), key=scores.__getitem__)
        expect.that(
            scores[i] == scores[nearest],
            f"answer {i} belongs to text {i}, something like {references[i]!r}",
            f"{text!r}, which is nearer to the answer for text {nearest}",
        )


def check_loaded_once(task, race, function, *arguments):
    """A second call of `function` loads no model; its time goes on the board."""
    getattr(task, function)(*arguments)
    with loads() as loaded:
        getattr(task, function)(*arguments)
    expect.that(
        not loaded,
        "the second call uses what the first one loaded",
        f"it loads {' and '.join(loaded)} again; keep them between calls",
    )
    work = {"a call": lambda: lambda: getattr(task, function)(*arguments)}
    if task.reference:
        getattr(task.reference, function)(*arguments)
        work["the reference's"] = lambda: lambda: getattr(task.reference, function)(*arguments)
    race.show(race(rounds=3, **work))


@contextlib.contextmanager
def loads():
    """Lists the kinds of things that transformers loads in the meantime."""
    loaded = []
    kinds = {"a model": transformers.PreTrainedModel, "a tokenizer": tokenizer_base()}
    with contextlib.ExitStack() as stack:
        for what, kind in kinds.items():
            stack.enter_context(_watched(kind, what, loaded))
        yield loaded


def tokenizer_base():
    """The class that all tokenizers have in common."""
    from transformers.tokenization_utils_base import PreTrainedTokenizerBase

    return PreTrainedTokenizerBase


@contextlib.contextmanager
def _watched(kind, what, loaded):
    original = kind.__dict__["from_pretrained"]

    def from_pretrained(cls, *args, **kwargs):
        loaded.append(what)
        return original.__get__(None, cls)(*args, **kwargs)

    kind.from_pretrained = classmethod(from_pretrained)
    try:
        yield
    finally:
        kind.from_pretrained = original


@contextlib.contextmanager
def texts_of_calls():
    """Lists, for each call of a tokenizer in the meantime, how many texts it is given."""
    counts = []
    kind = tokenizer_base()
    original = kind.__call__

    def call(self, text=None, *args, **kwargs):
        counts.append(1 if isinstance(text, str) or text is None else len(text))
        return original(self, text, *args, **kwargs)

    kind.__call__ = call
    try:
        yield counts
    finally:
        kind.__call__ = original


@contextlib.contextmanager
def lengths_read():
    """Lists, for each batch of token ids that a model reads in the meantime, how long it is."""
    lengths = []

    def note(module, inputs, output):
        if isinstance(module, torch.nn.Embedding) and inputs and inputs[0].ndim == 2:
            lengths.append(inputs[0].shape[1])

    handle = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        yield lengths
    finally:
        handle.remove()


@contextlib.contextmanager
def forward_passes():
    """Lists, for each call of a module in the meantime, whether it keeps gradients."""
    passes = []

    def note(module, inputs, output):
        passes.append(torch.is_grad_enabled() and any(p.requires_grad for p in module.parameters()))

    handle = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        yield passes
    finally:
        handle.remove()


def check_no_gradients(call):
    """Models run without gradients in `call`."""
    with forward_passes() as passes:
        call()
    expect.that(
        not any(passes),
        "the model runs under torch.no_grad() or inference_mode()",
        "it keeps gradients, which nobody needs here and which cost memory",
    )


def chrf(text, reference):
    """chrF of one text, 0 to 100."""
    import sacrebleu

    return sacrebleu.sentence_chrf(text, [reference]).score


def mean_chrf(texts, references):
    """chrF of a corpus, 0 to 100."""
    import sacrebleu

    return sacrebleu.corpus_chrf(texts, [references]).score
