"""Task 09: what `fine_tune` and `predict` must do."""

import contextlib
import copy
import hashlib
import tempfile
from pathlib import Path

import pytest

from kata.testing import describe, expect, lazy
from tests.language import ODD_TEXTS, check_cut, check_no_gradients, tokenizer_base

tickets = lazy("fixtures.tickets")
torch = lazy("torch")
transformers = lazy("transformers")

FOLDER = "finetuned-customer-support-model"
UNCASED = "distilbert/distilbert-base-uncased"
# The sheet's training data, the least that a model is fine-tuned on here, and its samples.
SHEET = {
    "text": [
        "I'm really upset with the delays on delivering this item. Where is it?",
        "The support I've had on this issue has been terrible and really unhelpful. Why will no "
        "one help me?",
        "I have a question about how to use this product. Can you help me?",
        "This product is listed as out of stock. When will it be available again?",
    ],
    "label": [1, 1, 0, 0],
}
SAMPLES = [
    "I'd just like to say, I love the product! Thank you!",
    "Worst product I've used in my entire life!",
    "Disgusting...",
]
GOOD = 0.9  # of unseen messages
BETTER = 0.25  # than the same model with a new head, which guesses
MESSAGES = 400


def sheet():
    """The sheet's training data, for one answer to do with what it likes."""
    return copy.deepcopy(SHEET)


@pytest.fixture
def tuned(task, tmp_path_factory):
    """Model and tokenizer, fine-tuned on 400 messages and saved, once for all tests."""
    return task.once("fine_tune", lambda: Tuned(task, tmp_path_factory.mktemp("tuned")))


class Tuned:
    """What `fine_tune` returns for a part of the messages, and where it saved it."""

    def __init__(self, task, place, seed=0, data=None):
        self.folder = place / FOLDER
        self.data = tickets.load_tickets(MESSAGES, 200, seed=seed)
        with trainings() as self.runs:
            found = task.fine_tune(data or self.data.train, output_dir=str(self.folder))
        self.model, self.tokenizer = pair(found)

    def fresh(self):
        """A copy of the model, in whatever mode a test wants."""
        return copy.deepcopy(self.model)

    def training(self):
        """How it was trained, in words."""
        if not self.runs:
            return ""
        run, weights = self.runs[-1], list(self.model.parameters())
        share = sum(w.numel() for w in weights if w.requires_grad) / sum(w.numel() for w in weights)
        return (
            f"; Trainer took {run.state.global_step} steps on {len(run.train_dataset)} rows, at "
            f"learning rate {run.args.learning_rate:g}, with {share:.0%} of the weights trainable"
        )


def pair(found):
    is_pair = isinstance(found, tuple) and len(found) == 2
    expected = "fine_tune returns a pair, the model and its tokenizer"
    expect.that(is_pair, expected, found, "pair")
    model, tokenizer = found
    expect.instance(model, transformers.PreTrainedModel, "the model")
    expect.instance(tokenizer, tokenizer_base(), "the tokenizer")
    return model, tokenizer


def predictions(task, texts, model, tokenizer):
    """A list of zeros and ones, one for each text."""
    found = task.predict(texts, model, tokenizer)
    expect.instance(found, list, "what predict returns")
    expect.that(
        len(found) == len(texts), f"{len(texts)} predictions", f"{len(found)}", "predictions"
    )
    for i, label in enumerate(found):
        expect.instance(label, int, f"prediction {i}")
        expect.that(label in (0, 1), f"prediction {i} is 0 or 1", f"{label}", "label")
    return found


def judged(model, tokenizer, texts):
    """What the model says, text by text: the label with the greater logit."""
    model = copy.deepcopy(model).cpu().eval()
    labels = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=512, return_tensors="pt")
        with torch.no_grad():
            low, high = model(**inputs).logits[0].tolist()
        labels.append(int(high > low))
    return labels


def accuracy(found, labels):
    return sum(map(int.__eq__, found, labels)) / len(labels)


def untrained(seed=0):
    """The base with a new head, which has not learnt anything."""
    torch.manual_seed(seed)
    kind = transformers.AutoModelForSequenceClassification
    model = kind.from_pretrained(UNCASED, num_labels=2)
    return model, transformers.AutoTokenizer.from_pretrained(UNCASED)


def undecided():
    """An untrained model that says 1 of some of the unseen messages, and 0 of others."""
    texts = tickets.load_tickets(1, 9, seed=3).test["text"]
    model, tokenizer = untrained()
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**inputs).logits  # (texts, 2)
        # Moved so that half of the texts lie on either side.
        model.classifier.bias[1] -= (logits[:, 1] - logits[:, 0]).median() + 1e-4
    return model, tokenizer, texts


def test_pair(task):
    """fine_tune returns the model and its tokenizer.

    > The fine-tuned model, a classifier with two labels, and its tokenizer.
    """
    pair(task.fine_tune(sheet()))


@pytest.mark.builds_on("test_head_for_two", "test_pair", "test_trainer")
def test_learns(task, tuned):
    """After 400 messages, 90% of unseen ones are classified rightly, far more than before.

    > After 400 messages, the model classifies 90% of unseen ones rightly

    > Fine-tune a pre-trained model on labelled messages, and save it.
    """
    texts, labels = tuned.data.test["text"], tuned.data.test["label"]
    found = predictions(task, texts, tuned.model, tuned.tokenizer)
    reached = accuracy(found, labels)
    before = accuracy(predictions(task, texts, *untrained()), labels)
    check_accuracy(reached, f", and {before:.2f} before{tuned.training()}")
    expect.that(
        reached - before > BETTER,
        f"{BETTER} above the accuracy of the untrained model",
        f"{reached:.2f} after and {before:.2f} before",
    )


def check_accuracy(reached, note=""):
    low = "; are the labels the wrong way round?" if reached < 0.3 else note
    expected = f"an accuracy of {GOOD} or more"
    expect.measured("accuracy", reached, f"{reached:.2f}{low}", least=GOOD, expected=expected)


@pytest.mark.builds_on("test_learns", "test_greater_logit")
def test_sheet(task, tuned):
    """The sheet's three samples are low, high and high risk.

    > the samples above as low, high and high risk
    """
    found = predictions(task, SAMPLES, tuned.model, tuned.tokenizer)
    expect.equal(found, [0, 1, 1], "the predictions")


def test_head_for_two(task, tuned):
    """The model is a classifier with a logit for each of two labels.

    > a classifier with two labels
    """
    inputs = tuned.tokenizer(SAMPLES, padding=True, return_tensors="pt").to(tuned.model.device)
    with torch.no_grad():
        logits = tuned.model(**inputs).logits
    expect.that(
        tuple(logits.shape) == (3, 2),
        "logits of shape (3, 2) for three texts",
        f"shape {tuple(logits.shape)}",
        "shape",
    )


def test_saved(task, tuned):
    """The saved folder loads as model and tokenizer, and predicts what fine_tune's model does.

    > It then holds the model and the tokenizer, as `save_pretrained` writes them
    """
    texts = tuned.data.test["text"][:60]
    model, tokenizer = loaded(tuned.folder)
    wanted = judged(tuned.model, tuned.tokenizer, texts)
    found = predictions(task, texts, model, tokenizer)
    different = sum(map(int.__ne__, found, wanted))
    expect.that(
        not different,
        "the predictions of the model that fine_tune returned",
        f"{different} of {len(texts)} are different",
    )


@pytest.mark.edge
def test_folder_holds_a_model(task, tuned):
    """The folder holds model and tokenizer alone: no checkpoints, logs or states of training.

    > and no more than that (`training_args.bin`, which `Trainer.save_model` adds, does no
    > harm)
    """
    names = sorted(path.name for path in tuned.folder.iterdir())
    words = ("checkpoint", "events.out", "optimizer", "scheduler", "rng_state", "state", "runs")
    strange = [
        name
        for name in names
        if (tuned.folder / name).is_dir() or any(word in name for word in words)
    ]
    expect.that(not strange, "the files of save_pretrained alone", f"also {', '.join(strange)}")


@pytest.mark.edge
@pytest.mark.parametrize("output_dir", [None, f"of/mine/{FOLDER}"], ids=["default", "another"])
def test_nothing_else_is_left(task, output_dir):
    """Nothing else is left on the disk, whatever the folder to save to is called.

    > Apart from `output_dir`, nothing is left on the disk, such as checkpoints or logs
    """
    task.fine_tune(sheet(), **({} if output_dir is None else {"output_dir": output_dir}))
    wanted = Path(output_dir or FOLDER)
    loaded(wanted)
    strange = [
        path.as_posix()
        for path in Path().rglob("*")
        if path.is_file() and wanted not in path.parents
    ]
    empty = [path.name for path in Path().iterdir() if path.name != wanted.parts[0]]
    left = strange or empty
    expect.that(not left, f"{wanted} and nothing else", f"also {describe(left)}")


@pytest.mark.edge
def test_nothing_is_left_in_temporary_folders(task):
    """Nothing is left among the temporary files, either.

    > Apart from `output_dir`, nothing is left on the disk, such as checkpoints or logs
    """
    place = Path("temporary").resolve()
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(place))
        for variable in ("TMPDIR", "TEMP", "TMP"):
            patch.setenv(variable, str(place))
        task.fine_tune(sheet())
        before = set(place.iterdir())  # what a library makes once, for as long as it is there
        task.fine_tune(sheet())
        left = sorted(path.name for path in set(place.iterdir()) - before)
    expect.that(not left, "no more temporary files than before", f"also {describe(left)}")


@pytest.mark.edge
def test_interrupted_save(task):
    """A save that is interrupted leaves the model that was there before.

    > only once everything is written: an interrupted save leaves it as it was
    """
    task.fine_tune(sheet())
    before = fingerprint(Path(FOLDER))
    with failing_save() as saves:
        expect.raises(OSError, lambda: task.fine_tune(sheet()))
    expect.that(saves, "the tokenizer is saved, too", "it is not")
    now = fingerprint(Path(FOLDER))
    expect.that(now == before, f"{FOLDER} as it was", changes(before, now))


@pytest.mark.edge
def test_interrupted_first_save(task):
    """A first save that is interrupted leaves no half-written model.

    > only once everything is written: an interrupted save leaves it as it was
    """
    with failing_save():
        expect.raises(OSError, lambda: task.fine_tune(sheet()))
    left = list(fingerprint(Path(FOLDER))) if Path(FOLDER).exists() else []
    expect.that(not left, f"no {FOLDER}, or an empty one", f"{describe(sorted(left))} in it")


@pytest.mark.builds_on("test_saved")
@pytest.mark.edge
def test_saved_again(task):
    """A second run replaces the first one's folder, whole, and begins with the base.

    > What was there before is replaced

    > Fine-tune a pre-trained model on labelled messages, and save it.
    """
    first, _ = pair(task.fine_tune(sheet()))
    learnt = copy.deepcopy(first.state_dict())
    loaded(Path(FOLDER))
    stray = Path(FOLDER, "of-another-model.safetensors")
    stray.write_bytes(b"old")
    model, tokenizer = pair(task.fine_tune(sheet()))
    expect.that(not stray.exists(), "the files of the new model alone", f"also {stray.name}")
    same = all(torch.equal(value, learnt[name]) for name, value in first.state_dict().items())
    expect.that(
        model is not first and same,
        "another model from the second call, and the first one's weights as they were",
        "the second call trains the first one's model further",
        "model",
    )
    texts = SHEET["text"]
    found = judged(*loaded(Path(FOLDER)), texts)
    expect.equal(found, judged(model, tokenizer, texts), "predictions of the saved model")


def test_trainer(task):
    """Training is Trainer's, on as many messages as there are.

    > Training is `Trainer`'s, with `TrainingArguments`.
    """
    with trainings() as runs:
        task.fine_tune(sheet())
    expect.that(runs, "a call of Trainer.train", "none", "trainer")
    sizes = [len(run.train_dataset) for run in runs]
    expect.that(4 in sizes, "a training set of 4 rows", f"sizes {sizes}", "rows")


@pytest.mark.edge
def test_long_message(task):
    """A message that is longer than the model reads can be learnt from, too.

    > four messages or more, of which a longer one than the model reads (512 tokens) is cut
    """
    data = sheet()
    data["text"][3] = ODD_TEXTS["2,000 words"]
    with trainings() as runs:
        pair(task.fine_tune(data))
    expect.that(runs, "a call of Trainer.train", "none", "trainer")
    lengths = [len(row["input_ids"]) for row in runs[-1].train_dataset]
    expect.that(
        len(lengths) == 4 and max(lengths) <= 512,
        "a training set of 4 rows of at most 512 tokens",
        f"rows of {lengths} tokens",
    )


@pytest.mark.edge
def test_nothing_is_reported(task):
    """Training is reported to no service, whichever are installed.

    > nothing is reported to services such as Weights & Biases
    """
    with reporting() as reports:
        task.fine_tune(sheet())
    expect.that(not reports, "nothing is reported", "Trainer reports to every service it finds")


@pytest.mark.edge
def test_data_is_kept(task):
    """The data is left as it was.

    > It is left as it was.
    """
    data = sheet()
    task.fine_tune(data)
    expect.that(data == SHEET, "the four texts and labels as they were", describe(data))


def test_greater_logit(task):
    """A prediction is the label with the greater logit, text by text.

    > A 1 (high risk) or 0 (low risk) for each message, in their order, in a list of ints.
    """
    model, tokenizer, texts = undecided()
    wanted = judged(model, tokenizer, texts)
    for text, label in zip(texts, wanted, strict=True):
        (alone,) = predictions(task, [text], model, tokenizer)
        expected = f"{label} for {text!r}, as this label's logit is the greater one"
        expect.that(alone == label, expected, f"{alone}")
    found = predictions(task, texts, model, tokenizer)
    different = sum(map(int.__ne__, found, wanted))
    expect.that(
        not different,
        "the same predictions for texts together as one by one, whatever their padding",
        f"{different} of {len(texts)} are different",
    )


@pytest.mark.builds_on("test_greater_logit")
def test_no_dropout(task):
    """Dropout is off at prediction, even if the model comes from training.

    > dropout is off even if the model comes from training
    """
    model, tokenizer, texts = undecided()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.9
    wanted = judged(model, tokenizer, texts)
    for seed in (1, 2, 3):
        torch.manual_seed(seed)
        found = predictions(task, texts, model.train(), tokenizer)
        different = sum(map(int.__ne__, found, wanted))
        expect.that(
            not different,
            "the predictions that a model in training mode makes without dropout",
            f"{different} of {len(texts)} are different",
        )


@pytest.mark.edge
def test_model_is_kept(task):
    """Predicting changes nothing that the model has learnt.

    > The same call gives the same predictions
    """
    model, tokenizer, texts = undecided()
    before = copy.deepcopy(model.state_dict())
    predictions(task, texts, model, tokenizer)
    same = all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    expect.that(same, "the model's weights as they were", "other weights")


@pytest.mark.edge
def test_texts_are_kept(task):
    """The list of texts is left as it was.

    > `texts` is left as it was.
    """
    model, tokenizer, texts = undecided()
    before = list(texts)
    predictions(task, texts, model, tokenizer)
    expect.equal(texts, before, "the list of texts")


@pytest.mark.edge
def test_no_texts(task):
    """An empty list gives an empty list.

    > An empty list gives an empty list.
    """
    predictions(task, [], *untrained())


@pytest.mark.builds_on("test_greater_logit")
@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any text will do: nothing, a letter, emoji, 2,000 words.

    > A longer one than the model reads (512 tokens) is cut.

    > messages, any number of them
    """
    model, tokenizer, texts = undecided()
    texts = [ODD_TEXTS[name], *texts[:3]]
    wanted = judged(model, tokenizer, texts)
    found = check_cut(lambda: predictions(task, texts, model, tokenizer), texts[0])
    expect.equal(found, wanted, "the predictions")


@pytest.mark.edge
def test_no_gradients(task):
    """`predict` runs the model without gradients.

    > Ask the model, without dropout and gradients
    """
    model, tokenizer, texts = undecided()
    check_no_gradients(lambda: predictions(task, texts, model, tokenizer))


@pytest.mark.builds_on
@pytest.mark.slow
def test_script(task):
    """The script saves the model, and says of the sheet's samples: low, high, high.

    > Fine-tune on invented tickets, and apply the model to new ones and to the sheet's.
    """
    task.main()
    lines = task.printed.out.strip().splitlines()
    wanted = [
        f"{risk} risk: {text}" for risk, text in zip(("low", "high", "high"), SAMPLES, strict=True)
    ]
    for line in wanted:
        expect.that(line in lines, f"the line {line!r}", task.printed.out)
    loaded(Path(FOLDER))


@pytest.mark.builds_on("test_learns")
@pytest.mark.slow
def test_learns_what_it_is_given(task, tmp_path):
    """The model learns from the messages and labels that it is given, and from nothing else.

    > Fine-tune a pre-trained model on labelled messages, and save it.
    """
    data = tickets.load_tickets(MESSAGES, 200, seed=5).train
    inverted = {"text": data["text"], "label": [1 - label for label in data["label"]]}
    tuned = Tuned(task, tmp_path, seed=5, data=inverted)
    found = predictions(task, tuned.data.test["text"], tuned.model, tuned.tokenizer)
    share = accuracy(found, [1 - label for label in tuned.data.test["label"]])
    expect.that(
        share >= GOOD, f"{GOOD} of the predictions as in training, where 0 is high", f"{share:.2f}"
    )


@pytest.mark.builds_on("test_learns")
@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_learns_again(task, tmp_path, seed):
    """Other messages of the same kind are learnt as well.

    > After 400 messages, the model classifies 90% of unseen ones rightly
    """
    tuned = Tuned(task, tmp_path, seed=seed)
    found = predictions(task, tuned.data.test["text"], tuned.model, tuned.tokenizer)
    reached = accuracy(found, tuned.data.test["label"])
    check_accuracy(reached)


@pytest.mark.builds_on("test_learns")
@pytest.mark.gpu
def test_gpu_learns(task, gpu, tuned):
    """On CUDA, training happens there, and reaches what it reaches on the CPU.

    > With a GPU, `Trainer` uses it by itself.
    """
    devices = {parameter.device.type for parameter in tuned.model.parameters()}
    expect.equal(devices, {gpu}, "the devices of the parameters")
    found = predictions(task, tuned.data.test["text"], tuned.model, tuned.tokenizer)
    reached = accuracy(found, tuned.data.test["label"])
    check_accuracy(reached)


@pytest.mark.builds_on("test_greater_logit")
@pytest.mark.gpu
def test_gpu_predicts(task, gpu):
    """On CUDA, the predictions are those of the CPU.

    > a classifier with two labels, on whatever device and in whatever mode
    """
    model, tokenizer, texts = undecided()
    wanted = judged(model, tokenizer, texts)
    found = predictions(task, texts, model.to(gpu), tokenizer)
    expect.equal(found, wanted, "the predictions")


@pytest.mark.builds_on("test_saved")
@pytest.mark.gpu
def test_gpu_model_loads_on_cpu(task, gpu, tuned):
    """A model that was trained on CUDA loads and predicts on the CPU.

    > It then holds the model and the tokenizer, as `save_pretrained` writes them
    """
    model, tokenizer = loaded(tuned.folder)
    expect.equal(model.device.type, "cpu", "the device of the loaded model")
    texts = tuned.data.test["text"][:60]
    found = predictions(task, texts, model, tokenizer)
    expect.equal(found, judged(tuned.model, tuned.tokenizer, texts), "the predictions")


def loaded(folder):
    """Model and tokenizer of a folder."""
    expected = f"the folder that `output_dir` names, {folder.name}"
    expect.that(folder.is_dir(), expected, "there is nothing of that name", "folder")
    names = sorted(path.name for path in folder.iterdir())
    # Without these, AutoTokenizer makes one that knows no words.
    has_tokenizer = "tokenizer_config.json" in names
    expect.that(has_tokenizer, "the tokenizer in the folder", describe(names), "folder")
    try:
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise expect.Wrong(
            "a folder from which model and tokenizer load",
            f"{describe(names)}: {str(error).splitlines()[0]}",
            "folder",
        ) from None
    return model, tokenizer


def fingerprint(folder):
    """Each file of a folder, and a digest of what is in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def changes(before, now):
    missing, new = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    changed = sorted(name for name in before.keys() & now.keys() if before[name] != now[name])
    parts = {"missing": missing, "new": new, "changed": changed}
    return ", ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)


@contextlib.contextmanager
def failing_save():
    """Tokenizers cannot be saved in the meantime: the disk is full when half is written."""
    saves = []
    kind = tokenizer_base()
    original = kind.save_pretrained

    def save_pretrained(self, save_directory, *args, **kwargs):
        saves.append(save_directory)
        Path(save_directory).mkdir(parents=True, exist_ok=True)
        Path(save_directory, "tokenizer_config.json").write_text('{"half":', encoding="utf-8")
        raise OSError(28, "No space left on device")

    kind.save_pretrained = save_pretrained
    try:
        yield saves
    finally:
        kind.save_pretrained = original


@contextlib.contextmanager
def trainings():
    """Lists the Trainers that train in the meantime."""
    runs = []
    original = transformers.Trainer.train

    def train(self, *args, **kwargs):
        runs.append(self)
        return original(self, *args, **kwargs)

    transformers.Trainer.train = train
    try:
        yield runs
    finally:
        transformers.Trainer.train = original


@contextlib.contextmanager
def reporting():
    """Lists the trainings that are reported to a service, which is there in the meantime."""
    from transformers.integrations import integration_utils

    reports = []

    class Service(transformers.TrainerCallback):
        def on_train_begin(self, args, state, control, **kwargs):
            reports.append("a training")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "service", Service)
        patch.setattr(
            integration_utils, "get_available_reporting_integrations", lambda: ["service"]
        )
        yield reports
