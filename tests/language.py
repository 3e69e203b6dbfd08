"""What the tests of the language-model tasks share: texts that no model has seen, and checks."""

import contextlib
import re
import sys

from kata.testing import describe, expect, lazy

corpora = lazy("fixtures.corpora")
torch = lazy("torch")
transformers = lazy("transformers")

SPECIAL = ("</s>", "<s>", "<pad>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "<|endoftext|>")
WORDS = "el libro que compré ayer es muy interesante y the hotel was good "
# Texts that a program meets sooner or later, by name.
ODD_TEXTS = {"empty": "", "emoji": "🙂👍🎉", "2,000 words": WORDS * 154, "one letter": "a"}


# What no stand-in knows, so that none is sure of it.
STRANGE_SPANISH = [
    "El gobierno anunció ayer nuevas medidas para las regiones del norte.",
    "Zapatos rojos, nubes y un violín sin cuerdas.",
]
STRANGE_TEXT = (
    "The harbour of Varna was closed for two years. In 1906 ships came back, and in May the mayor, "
    "a Mr Dobrev, opened a second quay."
)


def unseen(make, count, seed=7):
    """`count` items of a corpus that no stand-in was trained on."""
    return corpora.draw(make, count, seed=seed, held_out=True)


def check_text(text, name, *, empty=False):
    """A string without special tokens; `empty` ones have to be allowed."""
    expect.instance(text, str, name)
    special = [token for token in SPECIAL if token in text]
    expect.that(not special, f"{name} without special tokens", f"{describe(text)}", "special")
    expect.that(empty or text.strip(), f"{name} is not empty", "an empty string", "empty")
    return text


def check_texts(texts, count, name, *, empty=False):
    """A list of `count` such strings."""
    expect.instance(texts, list, f"the value for the {name}")
    one = re.sub(r"s\b", "", name, count=1)
    wanted = f"{count} {one if count == 1 else name}"
    expect.that(len(texts) == count, wanted, f"{len(texts)}: {describe(texts)}", "shape")
    return [check_text(text, f"{name}[{i}]", empty=empty) for i, text in enumerate(texts)]


def sentences_of(text):
    """The sentences of a student's prose."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def check_again(call):
    """The same call gives the same, however the random numbers fall.

    Let it be about a text that no model is sure of: where one is, sampling hardly shows.
    """
    torch.manual_seed(98)
    first = call()
    for seed in range(99, 104):
        torch.manual_seed(seed)
        second = call()
        expect.that(
            first == second,
            "the same for the same call",
            f"first {describe(first)}, then {describe(second)}; is the model in evaluation mode, "
            "and does nothing sample?",
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
    check_loads_nothing(lambda: getattr(task, function)(*arguments))
    work = {"a call": lambda: lambda: getattr(task, function)(*arguments)}
    if task.reference:
        getattr(task.reference, function)(*arguments)
        work["the reference's"] = lambda: lambda: getattr(task.reference, function)(*arguments)
    race.show(race(rounds=3, **work))


def check_loads_nothing(call):
    """A second call uses what the first one loaded."""
    call()
    with loads() as loaded:
        call()
    expect.that(
        not loaded,
        "the second call uses what the first one loaded",
        f"it loads {' and '.join(dict.fromkeys(loaded))} again; keep them between calls",
    )


@contextlib.contextmanager
def loads():
    """Lists the kinds of things that transformers and evaluate load in the meantime."""
    loaded = []
    kinds = {"a model": transformers.PreTrainedModel, "a tokenizer": tokenizer_base()}
    with contextlib.ExitStack() as stack:
        for what, kind in kinds.items():
            stack.enter_context(_watched(kind, what, loaded))
        if "evaluate" in sys.modules:  # where the student's code has imported it
            stack.enter_context(_metrics_watched(loaded))
        yield loaded


@contextlib.contextmanager
def _metrics_watched(loaded):
    kind = sys.modules["evaluate"].EvaluationModule
    original = kind.__init__

    def initialise(self, *args, **kwargs):
        loaded.append("a metric")
        original(self, *args, **kwargs)

    kind.__init__ = initialise
    try:
        yield
    finally:
        kind.__init__ = original


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
        ids = inputs[0] if inputs else None
        if isinstance(module, torch.nn.Embedding) and isinstance(ids, torch.Tensor):
            lengths.extend(ids.shape[1:2])

    handle = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        yield lengths
    finally:
        handle.remove()


def check_cut(call, text, longest=512, *, spare=0.3):
    """In `call` on `text`, a model reads what it can, and no more.

    A share may be spared: for a question or a prompt, or by those who read in windows that overlap.
    """
    with lengths_read() as lengths:
        result = call()
    read = max(lengths, default=0)
    expect.that(
        read <= longest,
        f"a text that is cut, so that the model reads {longest} tokens at most",
        f"{read:,} tokens were read",
        "tokens read",
    )
    least = (1 - spare) * longest if len(text) > 10 * longest else 0
    expect.that(
        read >= least,
        f"a text that is cut at {longest} tokens, and not before",
        f"of {len(text):,} characters, {read} tokens were read at most",
        "tokens read",
    )
    return result


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
