"""The metrics that `evaluate.load` finds without a network, beside independent computations.

`evaluate` reads its environment when it is imported, so it runs in processes of its own here, each
in an empty folder and with every warning an error.
"""

import functools
import logging
import math
import multiprocessing
import os
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from kata.judging.lazy import lazy

metrics = lazy("fixtures.metrics")
sacrebleu = lazy("sacrebleu")
nltk_bleu = lazy("nltk.translate.bleu_score")
np = lazy("numpy")

ROOT = Path(__file__).parents[2]
NAMES = ["bleu", "exact_match", "meteor", "perplexity", "rouge", "sacrebleu"]

# The sheet's task 12, with the translations that it prints.
TRANSLATED = ["Hey, how are you?", "I'm great, thanks."]
WANTED = [
    ["Hello, how are you?", "Hi, how are you?"],
    ["I'm great, thanks.", "I'm great, thank you."],
]

# The sheet's task 13.
SUMMARY = [
    "Pluto is a dwarf planet in our solar system, located in the Kuiper Belt beyond Neptune, and "
    "was formerly considered the ninth planet until its reclassification in 2006."
]
SUMMARISED = [
    "Pluto is a dwarf planet in the solar system, located in the Kuiper Belt beyond Neptune, and "
    "was previously deemed as a planet until it was reclassified in 2006."
]
BURROW = [
    "The burrow stretched forward like a narrow corridor for a while, then plunged abruptly "
    "downward, so quickly that Alice had no chance to stop herself before she was tumbling into an "
    "extremely deep shaft."
]
RABBIT_HOLE = [
    "The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down, "
    "so suddenly that Alice had not a moment to think about stopping herself before she found "
    "herself falling down a very deep well."
]

# Three texts of distinct lengths, with distinct numbers of references.
TEXTS = [
    "the old cat sat on the mat",
    "a dog barked loudly at night",
    "rain fell all day long, yes",
]
SEVERAL = [
    ["the cat sat on the old mat", "an old cat was sitting on the mat today"],
    ["a big dog barked loudly at night"],
    ["rain fell all day", "it rained all day long, yes it did", "all day long, yes"],
]
FIRST = [references[0] for references in SEVERAL]


# --- In the other process ---------------------------------------------------------------------


def enter(environment, folder, meeting):
    """Become a process that has the offline environment and runs in this folder."""
    global meet
    meet = meeting
    warnings.simplefilter("error")
    os.environ.update(environment)
    # Where evaluate was used before, its modules are on the path that this process inherits.
    sys.path[:] = [path for path in sys.path if not (Path(path) / "evaluate_modules").is_dir()]
    os.chdir(folder)
    logging.getLogger("evaluate.loading").setLevel(logging.ERROR)


def load(name):
    import evaluate

    return evaluate.load(name)


def compute(name, **inputs):
    return load(name).compute(**inputs)


def logged(name, times, **inputs):
    """Load and compute so many times; what was logged meanwhile, as (logger, message)."""
    import evaluate

    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append((record.name, record.getMessage()))
    logging.getLogger().addHandler(handler)
    try:
        for _ in range(times):
            evaluate.load(name).compute(**inputs)
    finally:
        logging.getLogger().removeHandler(handler)
    return records


def many(name, times, **inputs):
    """Compute this again and again while another process does; the results and the time span."""
    load(name)
    meet.wait()
    start = time.time()
    results = [compute(name, **inputs) for _ in range(times)]
    return results, start, time.time()


def whereabouts():
    return os.getcwd(), sys.modules[type(load("bleu")).__module__].__file__


def build_model(folder):
    """Save a random GPT-2 of 12 positions, with a tokenizer that has a start and no pad token."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    words = ["<s>", "<unk>", *sorted({word for text in TEXTS for word in text.split()})]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", unk_token="<unk>"
    ).save_pretrained(folder)
    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=len(words),
        bos_token_id=0,
        eos_token_id=0,
        n_positions=12,
        n_embd=8,
        n_layer=2,
        n_head=2,
        initializer_range=0.2,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)


def loss_of_the_model(folder, text, start, length=None):
    """exp(loss), one text at a time and by the model's own labels."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = [tokenizer.bos_token_id] * start + [tokenizer.get_vocab()[w] for w in text.split()]
    ids = torch.tensor([ids[:length]])
    with torch.no_grad():
        return math.exp(model(ids, labels=ids).loss.item())


# --- Fixtures ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "modules"
    metrics.install_metrics(folder)
    return folder


@pytest.fixture(scope="session")
def processes(modules, tmp_path_factory):
    """Two processes that share their caches; they start when they are first asked."""
    context = multiprocessing.get_context("spawn")
    meeting = context.Barrier(2, timeout=60)
    environment = {
        "HF_HOME": str(modules.parent),
        "HF_MODULES_CACHE": str(modules),
        "HF_METRICS_CACHE": str(modules.parent / "metrics"),
        "HF_HUB_OFFLINE": "1",
        "HF_EVALUATE_OFFLINE": "1",
        "NLTK_DATA": str(modules.parent / "nltk_data"),
    }
    folders = [tmp_path_factory.mktemp("elsewhere") for _ in range(2)]
    pools = [
        ProcessPoolExecutor(1, context, enter, (environment, folder, meeting)) for folder in folders
    ]
    yield pools
    for pool in pools:
        pool.shutdown()


@pytest.fixture(scope="session")
def away(processes):
    """`away(function, ...)` is `function(...)` in a process that has the offline environment."""
    return lambda function, *args, **inputs: processes[0].submit(function, *args, **inputs).result()


@pytest.fixture(scope="session")
def measure(away):
    """`measure(name, **inputs)` is `evaluate.load(name).compute(**inputs)`."""
    return functools.partial(away, compute)


@pytest.fixture(scope="session")
def model(away, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt2")
    away(build_model, folder)
    return str(folder)


def close(values):
    return pytest.approx(values, abs=1e-6)


# --- bleu -------------------------------------------------------------------------------------


def test_bleu_of_the_sheet(measure):
    one = measure("bleu", predictions=TRANSLATED[:1], references=WANTED[:1])
    assert one["bleu"] == close(0.759836)
    both = measure("bleu", predictions=TRANSLATED, references=WANTED)
    assert both.pop("precisions") == close([10 / 11, 8 / 9, 6 / 7, 4 / 5])
    assert both == close(
        {
            "bleu": 0.862779,
            "brevity_penalty": 1.0,
            "length_ratio": 1.0,
            "translation_length": 11,
            "reference_length": 11,
        }
    )
    long = measure("bleu", predictions=BURROW, references=RABBIT_HOLE)
    assert long["bleu"] == 0
    assert long["precisions"] == close([18 / 37, 6 / 36, 2 / 35, 0])


def test_bleu_agrees_with_sacrebleu(measure):
    wanted = sacrebleu.corpus_bleu(TEXTS, [FIRST], smooth_method="none")
    for references in (FIRST, [[text] for text in FIRST]):
        found = measure("bleu", predictions=TEXTS, references=references)
        assert found["bleu"] == close(wanted.score / 100)
        assert found["precisions"] == close([value / 100 for value in wanted.precisions])
        assert found["brevity_penalty"] == close(wanted.bp)
        assert found["translation_length"] == wanted.sys_len
        assert found["reference_length"] == wanted.ref_len


@pytest.mark.parametrize("order", [1, 2, 3])
def test_bleu_options_agree_with_nltk(measure, order):
    tokens = [[text.split() for text in texts] for texts in SEVERAL]
    wanted = nltk_bleu.corpus_bleu(
        tokens, [text.split() for text in TEXTS], weights=[1 / order] * order
    )
    found = measure(
        "bleu", predictions=TEXTS, references=SEVERAL, tokenizer=str.split, max_order=order
    )
    # nltk takes the closest references' length and has no penalty for longer texts than those.
    assert (found["translation_length"], found["reference_length"]) == (19, 18)
    assert found["bleu"] == close(wanted)
    assert len(found["precisions"]) == order


def test_bleu_takes_the_shortest_reference(measure):
    found = measure("bleu", predictions=["a b c d"], references=[["a b", "a b c d e"]], max_order=1)
    assert (found["reference_length"], found["brevity_penalty"]) == (2, 1.0)
    assert found["length_ratio"] == 2.0


def test_bleu_smooth(measure):
    found = measure("bleu", predictions=["a b c"], references=["a b x y"], smooth=True)
    precisions = [3 / 4, 2 / 3, 1 / 2, 1 / 1]
    assert found["precisions"] == close(precisions)
    assert found["bleu"] == close(math.exp(1 - 4 / 3) * math.prod(precisions) ** (1 / 4))


def split_at_commas(text):
    return text.split(",")


def test_bleu_keeps_tokens_with_spaces(measure):
    options = {"tokenizer": split_at_commas, "max_order": 1}
    found = measure("bleu", predictions=["a b,c,d"], references=["a,b,c,d"], **options)
    assert found["precisions"] == close([2 / 3])
    assert (found["translation_length"], found["reference_length"]) == (3, 4)


def test_bleu_of_an_empty_text(measure):
    found = measure("bleu", predictions=[""], references=[["a b"]])
    assert (found["bleu"], found["length_ratio"], found["translation_length"]) == (0, 0, 0)


# --- sacrebleu --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lowercase": True, "tokenize": "char"},
        {"smooth_method": "floor", "smooth_value": 0.3},
        {"smooth_method": "add-k", "tokenize": "intl"},
        {"use_effective_order": True, "smooth_method": "none", "force": True},
    ],
    ids=repr,
)
def test_sacrebleu(measure, options):
    predictions = [*TRANSLATED, "Rain FELL"]
    references = [*WANTED, ["rain fell", "It rained"]]
    wanted = sacrebleu.corpus_bleu(
        predictions, [list(column) for column in zip(*references, strict=True)], **options
    )
    found = measure("sacrebleu", predictions=predictions, references=references, **options)
    assert found.pop("score") == close(wanted.score)
    assert list(found) == ["counts", "totals", "precisions", "bp", "sys_len", "ref_len"]
    assert found == {name: getattr(wanted, name) for name in found}


def test_sacrebleu_of_the_sheet(measure):
    found = measure("sacrebleu", predictions=TRANSLATED, references=WANTED)
    assert found["score"] == close(86.277886)
    found = measure("sacrebleu", predictions=BURROW, references=RABBIT_HOLE)
    assert found["score"] == pytest.approx(7.937, abs=1e-3)


# --- rouge ------------------------------------------------------------------------------------


def f1(shared, predicted, wanted):
    return 2 * shared / (predicted + wanted) if shared else 0.0


def ngrams(tokens, n):
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def common_subsequence(left, right):
    @functools.cache
    def longest(i, j):
        if i == len(left) or j == len(right):
            return 0
        if left[i] == right[j]:
            return 1 + longest(i + 1, j + 1)
        return max(longest(i + 1, j), longest(i, j + 1))

    return longest(0, 0)


def rouge_by_hand(kind, prediction, reference):
    left, right = (re.findall(r"[a-z0-9]+", text.lower()) for text in (prediction, reference))
    if kind == "L":
        return f1(common_subsequence(left, right), len(left), len(right))
    left, right = ngrams(left, int(kind)), ngrams(right, int(kind))
    return f1((left & right).total(), left.total(), right.total())


def test_rouge_of_the_sheet(measure):
    assert measure("rouge", predictions=SUMMARY, references=SUMMARISED) == close(
        {"rouge1": 0.771930, "rouge2": 0.618182, "rougeL": 0.736842, "rougeLsum": 0.736842}
    )


def test_rouge_by_hand(measure):
    predictions, references = TEXTS + SUMMARY, FIRST + SUMMARISED
    wanted = {
        f"rouge{kind}": [
            rouge_by_hand(kind, *pair) for pair in zip(predictions, references, strict=True)
        ]
        for kind in "123L"
    }
    inputs = {"predictions": predictions, "references": references, "rouge_types": list(wanted)}
    each = measure("rouge", **inputs, use_aggregator=False)
    mean = measure("rouge", **inputs)
    assert list(each) == list(mean) == list(wanted)
    for name, values in wanted.items():
        assert each[name] == close(values)
        assert mean[name] == close(sum(values) / len(values))


def test_rouge_takes_the_best_reference(measure):
    found = measure(
        "rouge",
        predictions=TEXTS,
        references=SEVERAL,
        rouge_types=["rouge2", "rougeL"],
        use_aggregator=False,
    )
    for kind in "2L":
        best = [
            max(rouge_by_hand(kind, text, each) for each in references)
            for text, references in zip(TEXTS, SEVERAL, strict=True)
        ]
        assert found[f"rouge{kind}"] == close(best)


def test_rouge_options(measure):
    inputs = {"predictions": ["Cats were running"], "references": ["a cat run"]}
    plain = measure("rouge", **inputs, rouge_types=["rouge1"])
    # rouge_score stems words of four letters or more.
    stemmed = measure("rouge", **inputs, rouge_types=["rouge1"], use_stemmer=True)
    letters = measure("rouge", **inputs, rouge_types=["rouge1"], tokenizer=list)
    assert (plain, stemmed) == (close({"rouge1": 0.0}), close({"rouge1": 2 / 3}))
    shared = (Counter("Cats were running") & Counter("a cat run")).total()
    assert letters == close({"rouge1": f1(shared, 17, 9)})
    lines = {"predictions": ["a b\nc d"], "references": ["c d\na b"]}
    found = measure("rouge", **lines)
    assert (found["rougeL"], found["rougeLsum"]) == (0.5, 1.0)


# --- meteor -----------------------------------------------------------------------------------


def meteor_by_hand(matches, predicted, wanted, chunks, alpha=0.9, beta=3.0, gamma=0.5):
    precision, recall = matches / predicted, matches / wanted
    mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
    return mean * (1 - gamma * (chunks / matches) ** beta)


def test_meteor_of_the_sheet(measure):
    assert measure("meteor", predictions=BURROW, references=RABBIT_HOLE) == close(
        {"meteor": 0.345192}
    )


# Four matches: the, cats (by its stem) and sat in one piece, and the full stop.
CATS = {"predictions": ["the cats sat here."], "references": ["The cat sat down today."]}


@pytest.mark.parametrize("options", [{}, {"alpha": 0.5, "beta": 2.0, "gamma": 0.3}], ids=repr)
def test_meteor_by_hand(measure, options):
    cats = meteor_by_hand(4, 5, 6, 2, **options)
    assert measure("meteor", **CATS, **options) == close({"meteor": cats})
    # Two texts, and the better one of two references.
    found = measure(
        "meteor",
        predictions=[*CATS["predictions"], "b a"],
        references=[["no words", *CATS["references"]], ["a b c", "x b"]],
        **options,
    )
    swapped = max(meteor_by_hand(2, 2, 3, 2, **options), meteor_by_hand(1, 2, 2, 1, **options))
    assert found == close({"meteor": (cats + swapped) / 2})


def test_meteor_without_a_match(measure):
    assert measure("meteor", predictions=["x"], references=["y"]) == {"meteor": 0.0}


def write_wordnet(folder):
    """Write a WordNet with one entry: the nouns "car" and "motor"."""
    folder.mkdir(parents=True)
    for kind in ("noun", "verb", "adj", "adv"):
        for name in (f"data.{kind}", f"index.{kind}", f"{kind}.exc"):
            (folder / name).write_text("", encoding="utf-8")
    names = ["noun.Tops" if number == 3 else f"x{number}" for number in range(45)]
    (folder / "lexnames").write_text(
        "".join(f"{number:02}\t{name}\t1\n" for number, name in enumerate(names)), encoding="utf-8"
    )
    (folder / "index.sense").write_text("", encoding="utf-8")
    (folder / "data.noun").write_text(
        "00000000 03 n 02 car 0 motor 0 000 | a thing that drives  \n", encoding="utf-8"
    )
    (folder / "index.noun").write_text(
        "car n 1 0 1 0 00000000  \nmotor n 1 0 1 0 00000000  \n", encoding="utf-8"
    )


def with_wordnet(folder, **inputs):
    import nltk

    nltk.data.path.insert(0, folder)
    return compute("meteor", **inputs)


def test_meteor_uses_wordnet_where_it_is(processes, tmp_path):
    """The first process never sees it; the second one does from here on."""
    inputs = {"predictions": ["my car stops"], "references": ["my motor stops"]}
    without = processes[0].submit(compute, "meteor", **inputs).result()
    assert without == close({"meteor": meteor_by_hand(2, 3, 3, 2)})
    said = processes[1].submit(logged, "meteor", 3, **inputs).result()
    write_wordnet(tmp_path / "corpora" / "wordnet")
    found = processes[1].submit(with_wordnet, str(tmp_path), **inputs).result()
    assert found == close({"meteor": meteor_by_hand(3, 3, 3, 1)})
    assert [name for name, _ in said] == ["meteor"]
    assert "nltk finds no WordNet" in said[0][1]


# --- exact_match ------------------------------------------------------------------------------


def test_exact_match(measure):
    """The first case is the sheet's, the others are documented for the Hub's module."""
    predictions = ["It's a wonderful day", "I love dogs", "DataCamp has great AI courses", "Sun"]
    references = ["What a wonderful day", "I love cats", "DataCamp has great AI courses", "Moon"]
    assert measure("exact_match", predictions=predictions, references=references) == {
        "exact_match": 0.25
    }
    inputs = {
        "predictions": ["cat?", "theater", "yelling", "agent"],
        "references": ["the cat", "theater", "YELLING", "agent007"],
    }
    for options, wanted in (
        ({}, 0.25),
        ({"ignore_case": True}, 0.5),
        ({"ignore_numbers": True}, 0.5),
        ({"regexes_to_ignore": ["the "], "ignore_punctuation": True}, 0.5),
        # The expressions see the texts as they are, before anything else is ignored.
        ({"regexes_to_ignore": ["yell"], "ignore_case": True}, 0.25),
        ({"regexes_to_ignore": ["yell", "YELL"], "ignore_case": True}, 0.5),
    ):
        assert measure("exact_match", **inputs, **options) == {"exact_match": wanted}, options


# --- perplexity -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 1},
        {"batch_size": 2, "device": "cpu"},
        {"add_start_token": False},
        {"max_length": 5},
        {"max_length": 4, "add_start_token": False, "batch_size": 2},
    ],
    ids=repr,
)
def test_perplexity(measure, away, model, options):
    texts = [*TEXTS, "the cat", "a dog barked"]
    start = options.get("add_start_token", True)
    wanted = [
        away(loss_of_the_model, model, text, start, options.get("max_length")) for text in texts
    ]
    found = measure("perplexity", predictions=texts, model_id=model, **options)
    assert list(found) == ["perplexities", "mean_perplexity"]
    assert found["perplexities"] == pytest.approx(wanted, rel=1e-6)
    assert found["mean_perplexity"] == pytest.approx(sum(wanted) / len(wanted), rel=1e-6)
    assert max(wanted) > 1.1 * min(wanted)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("cat", {"add_start_token": False}, r"'cat' has too few tokens: 1.*another token"),
        ("", {}, r"'' has too few tokens: 0.*the start token"),
        (
            "dog " * 12,
            {},
            r"starts with 'dog .*13 tokens; .* reads 12 at most\. Pass max_length=12",
        ),
        ("the cat", {"device": "tpu"}, r"device is 'tpu'; expected 'cpu', 'cuda' or 'gpu'"),
    ],
)
def test_perplexity_refuses(measure, model, text, options, message):
    with pytest.raises(ValueError, match=message):
        measure("perplexity", predictions=["the cat", text], model_id=model, **options)


# --- What all have in common ------------------------------------------------------------------


def test_loads_from_anywhere_and_says_nothing(away, modules, measure):
    measure("bleu", predictions=["a"], references=["a"])
    folder, file = away(whereabouts)
    assert not Path(folder).is_relative_to(ROOT)
    assert Path(file).is_relative_to(modules)
    assert away(logged, "exact_match", 2, predictions=["a"], references=["a"]) == []


def test_two_processes_compute_at_once(processes):
    inputs = [(TEXTS, SEVERAL), (TEXTS[:2], FIRST[:2])]
    alone = [
        processes[0].submit(compute, "bleu", predictions=p, references=r).result()
        for p, r in inputs
    ]
    runs = [
        pool.submit(many, "bleu", 20, predictions=predictions, references=references)
        for pool, (predictions, references) in zip(processes, inputs, strict=True)
    ]
    (ours, our_start, our_end), (theirs, their_start, their_end) = (run.result() for run in runs)
    assert max(our_start, their_start) < min(our_end, their_end)
    assert ours == [alone[0]] * 20
    assert theirs == [alone[1]] * 20
    assert alone[0] != alone[1]


@pytest.mark.parametrize(
    ("name", "predictions", "references", "options", "message"),
    [
        ("bleu", ["a", "b"], ["a"], {}, r"number of predictions \(2\) and references \(1\)"),
        ("rouge", ["a", "b"], [["a"], []], {}, r"references\[1\] is empty"),
        ("meteor", ["a"], [[]], {}, r"references\[0\] is empty"),
        ("bleu", ["a", "b"], [["a"], []], {}, r"references\[1\] is empty"),
        ("exact_match", ["a"], [["a"]], {}, "don't match the expected format"),
        ("sacrebleu", ["a", "b"], [["a"], ["a", "b"]], {}, r"\[0\] has 1, references\[1\] has 2"),
        ("sacrebleu", ["a"], ["a"], {"tokenize": "x"}, "tokenize is 'x'; expected one of: .*13a"),
        ("sacrebleu", ["a"], ["a"], {"smooth_method": "x"}, "smooth_method is 'x'; .*add-k"),
        ("rouge", ["a"], ["a"], {"rouge_types": ["rougeX"]}, "rougeX"),
    ],
)
def test_refuses(measure, name, predictions, references, options, message):
    with pytest.raises(ValueError, match=message):
        measure(name, predictions=predictions, references=references, **options)


# --- install_metrics --------------------------------------------------------------------------


def listing(folder):
    """Every file below a folder, with its content and the time that it was written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def versions(modules, name="rouge"):
    """The cached versions of a metric, the one that `evaluate` picks last."""
    folder = modules / "evaluate_modules" / "metrics" / f"evaluate-metric--{name}"
    return sorted(folder.glob(f"*/{name}.py"), key=lambda path: path.stat().st_mtime)


def test_install(tmp_path):
    modules = tmp_path / "modules"
    metrics.install_metrics(modules)
    first = listing(modules)
    metrics.install_metrics(modules)
    assert listing(modules) == first
    assert sorted(Path(path).name for path in first if "__init__" not in path) == [
        f"{name}.py" for name in NAMES
    ]
    for name in NAMES:
        (copy,) = versions(modules, name)
        assert re.fullmatch("[0-9a-f]{64}", copy.parent.name)
        assert copy.read_bytes() == (ROOT / "fixtures" / "metrics" / f"{name}.py").read_bytes()
        for package in [copy.parent, *copy.parents[1:4]]:
            assert (package / "__init__.py").is_file()


def test_install_is_quick(tmp_path, benchmark):
    metrics.install_metrics(tmp_path)
    benchmark.pedantic(metrics.install_metrics, (tmp_path,), rounds=20)
    assert benchmark.stats is None or benchmark.stats.stats.median < 0.02


@pytest.mark.parametrize("age", [-100, 0, 3600])
def test_install_beats_a_stale_version(tmp_path, age):
    """Also one that claims to be from the future."""
    metrics.install_metrics(tmp_path)
    (copy,) = versions(tmp_path)
    stale = copy.parent.with_name("f" * 64) / "rouge.py"
    stale.parent.mkdir()
    stale.write_text("raise AssertionError('stale')", encoding="utf-8")
    when = copy.stat().st_mtime_ns + age * 10**9
    os.utime(stale, ns=(when, when))
    metrics.install_metrics(tmp_path)
    assert versions(tmp_path) == [stale, copy]
    assert copy.stat().st_mtime > stale.stat().st_mtime


def test_install_repairs_a_damaged_file(tmp_path):
    metrics.install_metrics(tmp_path)
    (copy,) = versions(tmp_path)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:50])
    metrics.install_metrics(tmp_path)
    assert copy.read_bytes() == whole
    assert {path.name for path in copy.parents[1].iterdir()} == {"__init__.py", copy.parent.name}


def test_install_from_several_processes(tmp_path):
    code = (
        "import sys; from pathlib import Path; from fixtures.metrics import install_metrics\n"
        "for number in range(40): install_metrics(Path(sys.argv[1]) / str(number))\n"
        "print([name for name in ('numpy', 'datasets', 'evaluate') if name in sys.modules])"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0] for process in running] == ["[]\n"] * 4
    metrics.install_metrics(tmp_path / "alone")
    wanted = {path: text for path, (text, _) in listing(tmp_path / "alone").items()}
    for number in range(40):
        found = {path: text for path, (text, _) in listing(tmp_path / str(number)).items()}
        assert found == wanted
