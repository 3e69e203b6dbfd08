"""Task 19: what the three numbers and `train_dispatcher` must do."""

import copy
import json
import math
from collections import Counter
from pathlib import Path

import pytest

from kata.testing import describe, expect, lazy

helper_utils = lazy("fixtures.helper_utils")
preparation = lazy("fixtures.dispatcher.preparation")
torch = lazy("torch")
transformers = lazy("transformers")

LAYERS, CLASSES = 6, 5
LOSS, F1 = 0.7, 0.8  # the assignment's targets
MOST_EPOCHS = 10
LAYER = "distilbert.transformer.layer."
HEAD = ("pre_classifier.", "classifier.")


@pytest.fixture
def run(task):
    """The training run on 4,000 instructions, once for all tests."""
    return task.once("train_dispatcher", lambda: Run(task))


class Run:
    """What `train_dispatcher` makes of a part of the instructions."""

    def __init__(self, task, device="cpu", **part):
        self.data = preparation.prepare(**part)
        # Beyond the reach of the answer, which may change what it is given.
        self.judged_on = copy.deepcopy((self.data.val_loader, self.data.class_weights))
        self.model, self.results = trained(task, self.data.model, self.data, device)


class Small:
    """Two loaders of random tokens, and uneven weights of the classes."""

    def __init__(self, train=22, validation=13):
        draw = torch.Generator().manual_seed(3)
        self.train, self.val = (self._items(count, draw) for count in (train, validation))
        self.train_loader = Counting(self.train, batch_size=4, shuffle=True)
        self.val_loader = Counting(self.val, batch_size=5)
        self.class_weights = torch.tensor([0.2, 0.7, 1.1, 2.3, 4.1])
        # Beyond the reach of the answer, which may change what it is given.
        self.own_items = copy.deepcopy(self.val)
        self.own_weights = self.class_weights.clone()

    @property
    def own_loader(self):
        return torch.utils.data.DataLoader(self.own_items, batch_size=5)

    def _items(self, count, draw):
        ids = torch.randint(5, 23, (count, 7), generator=draw)
        labels = torch.randint(0, CLASSES, (count,), generator=draw)
        return [
            {"input_ids": row, "attention_mask": torch.ones_like(row), "labels": label}
            for row, label in zip(ids, labels, strict=True)
        ]


class Counting:
    """A loader that counts how often it was gone through."""

    def __init__(self, items, **options):
        self.loader = torch.utils.data.DataLoader(items, **options)
        self.rounds = 0

    def __len__(self):
        return len(self.loader)

    def __iter__(self):
        self.rounds += 1
        return iter(self.loader)


def small_model():
    """A DistilBERT with six narrow layers, some of them frozen by whoever had it before."""
    torch.manual_seed(1)
    model = transformers.DistilBertForSequenceClassification(
        transformers.DistilBertConfig(
            vocab_size=23, max_position_embeddings=11, dim=6, hidden_dim=10, n_heads=2,
            n_layers=LAYERS, num_labels=CLASSES,
        )
    )  # fmt: skip
    with torch.no_grad():
        model.classifier.weight *= 100  # so that the loss differs from item to item
    for parameter in list(model.parameters())[::3]:
        parameter.requires_grad = False
    return model


def trained(task, model, data, device="cpu"):
    """Model and results of a run."""
    found = task.train_dispatcher(
        model, data.train_loader, data.val_loader, data.class_weights, device
    )
    is_pair = isinstance(found, tuple) and len(found) == 2
    got = "the results alone" if isinstance(found, dict) else describe(found)
    expect.that(is_pair, "train_dispatcher returns a pair, the model and the results", got, "pair")
    expect.instance(found[1], dict, "the results")
    for name in ("val_loss", "val_f1"):
        expect.that(name in found[1], f"results with {name}", describe(sorted(found[1])), name)
        expect.number(found[1][name], name)
    return found


def judged(model, loader, weights):
    """Loss and macro-F1 of a model, counted by hand, and its predictions."""
    model = copy.deepcopy(model).cpu().eval()
    loss = total = 0.0
    hits, found, true = Counter(), [], []
    for batch in loader:
        labels = batch["labels"]
        with torch.no_grad():
            logits = model(batch["input_ids"], batch["attention_mask"]).logits
        own = logits.log_softmax(-1)[range(len(labels)), labels]  # log-probabilities
        loss -= float((own * weights[labels]).sum())
        total += float(weights[labels].sum())
        found += logits.argmax(-1).tolist()
        true += labels.tolist()
    hits.update(label for label, guess in zip(true, found, strict=True) if label == guess)
    of, guessed = Counter(true), Counter(found)
    scores = [2 * hits[i] / max(of[i] + guessed[i], 1) for i in range(CLASSES)]
    return loss / total, sum(scores) / CLASSES, found


def is_trainable(name, count):
    if name.startswith(LAYER):
        return int(name.removeprefix(LAYER).partition(".")[0]) >= LAYERS - count
    return name.startswith(HEAD)


def number_of_layers(task):
    """The student's number, if it is one of layers."""
    count = task.value("layers_to_train")
    good = isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= LAYERS
    expect.that(good, "layers_to_train is a whole number from 0 to 6", describe(count))
    return count


def test_layers_to_train(task):
    """`layers_to_train` is a number of layers, from 0 to all six.

    > Choose `layers_to_train`, the number of last transformer layers that learn, from 0 to
    > 6.
    """
    number_of_layers(task)


def test_learning_rate(task):
    """`learning_rate` is a number between 0 and 1, and the run is one at that rate.

    > Choose `learning_rate`, the size of the optimizer's steps, between 0 and 1.
    """
    _, results = trained(task, small_model(), Small())
    rate = task.value("learning_rate")
    expect.number(rate, "learning_rate")
    expect.that(0 < rate < 1, "learning_rate is more than 0 and less than 1", f"{rate}")
    used = results.get("learning_rate")
    expected = f"a run at {rate}, the file's `learning_rate`"
    expect.that(used == rate, expected, f"a run at {describe(used)}")


def test_num_epochs(task):
    """`num_epochs` is a whole number from 1 to 10, and so often the training part is read.

    > Choose `num_epochs`, how often the training part is read, from 1 to 10.
    """
    data = Small()
    trained(task, small_model(), data)
    epochs = task.value("num_epochs")
    good = isinstance(epochs, int) and not isinstance(epochs, bool) and 1 <= epochs <= MOST_EPOCHS
    expect.that(good, f"num_epochs is a whole number from 1 to {MOST_EPOCHS}", describe(epochs))
    rounds = data.train_loader.rounds
    expect.that(rounds == epochs, f"the training part read {epochs} times", f"{rounds} times")


def test_same_model(task):
    """The model that was given is the one that is trained and returned.

    > The same model, trained, and the results, both as `helper_utils.training_loop` returns
    > them.
    """
    model = small_model()
    found, _ = trained(task, model, Small())
    expect.instance(found, torch.nn.Module, "the model that train_dispatcher returns")
    expected = "the model that was given"
    expect.that(found is model, expected, "another model, such as a copy of it", "same")


@pytest.mark.builds_on("test_same_model", "test_layers_to_train")
def test_what_is_frozen(task):
    """The embeddings and all but the last `layers_to_train` layers are frozen, and as they were.

    > all but the last `layers_to_train` layers and the head are frozen, and as they were
    """
    model = small_model()
    before = copy.deepcopy(model.state_dict())
    count = number_of_layers(task)
    model, _ = trained(task, model, Small())
    for name, parameter in model.named_parameters():
        if not is_trainable(name, count):
            expect.that(
                not parameter.requires_grad,
                f"{name} frozen, at layers_to_train={count}",
                "trainable",
            )
            same = torch.equal(parameter, before[name])
            expect.that(same, f"{name} as it was", "other weights")


@pytest.mark.builds_on("test_same_model", "test_layers_to_train")
def test_what_is_trained(task):
    """The head and the last `layers_to_train` layers have learnt, whatever was frozen before.

    > Fine-tune the last layers and the head, with the three numbers from above.
    """
    model = small_model()
    before = copy.deepcopy(model.state_dict())
    count = number_of_layers(task)
    model, _ = trained(task, model, Small())
    expect.that(
        any(not torch.equal(value, before[name]) for name, value in model.state_dict().items()),
        "the returned model has other weights than before",
        "all are as before; was a copy trained?",
    )
    for name, parameter in model.named_parameters():
        # A bias of keys moves all scores of a row alike, which changes nothing.
        if is_trainable(name, count) and "k_lin.bias" not in name:
            expect.that(
                parameter.requires_grad, f"{name} trainable, at layers_to_train={count}", "frozen"
            )
            moved = not torch.equal(parameter, before[name])
            expect.that(moved, f"{name} has other weights than before", "the same")


@pytest.mark.builds_on("test_same_model")
def test_loss_weighs_classes(task):
    """The loss is the cross-entropy that weighs each class.

    > The loss weighs each class
    """
    data = Small()
    model, results = trained(task, small_model(), data)
    weighted, _, _ = judged(model, data.own_loader, data.own_weights)
    got, note = results["val_loss"], ""
    slips = {
        "without weights": torch.ones(CLASSES),
        "with the weights inverted": 1 / data.own_weights,
        "with the root of the weights": data.own_weights.sqrt(),
    }
    for slip, weights in slips.items():
        if math.isclose(got, judged(model, data.own_loader, weights)[0], rel_tol=1e-4):
            note = f", the loss {slip}"
    expect.that(
        math.isclose(got, weighted, rel_tol=1e-4),
        f"a val_loss of {weighted:.6f}, of the validation part, weighed by class_weights",
        f"{got:.6f}{note}",
        "loss",
    )


def test_results_are_those_of_the_run(task):
    """The results are what `training_loop` returned, for just this run.

    > The same model, trained, and the results, both as `helper_utils.training_loop` returns
    > them.
    """
    data = Small()
    _, results = trained(task, small_model(), data)
    check_origin(results)
    labels, found = [int(item["labels"]) for item in data.own_items], results["val_labels"]
    expect.that(
        len(found) == len(labels),
        f"val_labels of the {len(labels)} items of val_loader",
        f"{len(found)} labels; train_loader has {len(data.train)} items",
    )
    expect.equal(found, labels, "val_labels")


@pytest.mark.builds_on(
    "test_results_are_those_of_the_run", "test_same_model", "test_loss_weighs_classes"
)
def test_results_are_true(task, run):
    """The returned model has the loss and the F1 that the results say.

    > The same model, trained, and the results, both as `helper_utils.training_loop` returns
    > them.
    """
    loss, f1, _ = judged(run.model, *run.judged_on)
    for name, wanted in (("val_loss", loss), ("val_f1", f1)):
        got = run.results[name]
        expect.that(
            math.isclose(got, wanted, rel_tol=1e-3, abs_tol=1e-3),
            f"a {name} of {wanted:.4f}, which is what the returned model has",
            f"{got:.4f} in the results",
            name,
        )


@pytest.mark.builds_on("test_results_are_those_of_the_run")
def test_results_of_a_run(task, run):
    """The results come from `training_loop`, and nobody has changed them.

    > The same model, trained, and the results, both as `helper_utils.training_loop` returns
    > them.
    """
    check_origin(run.results)


@pytest.mark.builds_on(
    "test_results_of_a_run",
    "test_results_are_those_of_the_run",
    "test_what_is_trained",
    "test_what_is_frozen",
    "test_loss_weighs_classes",
    "test_layers_to_train",
    "test_learning_rate",
    "test_num_epochs",
)
def test_loss(task, run):
    """The validation loss is below 0.7.

    > a validation loss below 0.7
    """
    check_loss(run)


@pytest.mark.builds_on("test_loss")
def test_f1(task, run):
    """The macro-F1 on the validation part is 0.8 or more.

    > a macro-F1 of at least 0.8
    """
    check_f1(run)


@pytest.mark.builds_on
def test_script(task):
    """The script trains, prints how well, and writes the logs and the picture.

    > Train on so many instructions (None: on all), and save logs and a picture.
    """
    task.main(300)
    for part in (" parameters (", "Loss: ", "Accuracy: ", "F1: "):
        expect.that(part in task.printed.out, f"a line with {part!r}", task.printed.out)
    results = json.loads(Path("training_logs.json").read_text(encoding="utf-8"))
    check_origin(results)
    expect.that(Path("dispatcher.png").read_bytes()[:4] == b"\x89PNG", "a PNG file", "another")


@pytest.mark.builds_on("test_loss", "test_f1")
@pytest.mark.slow
def test_more_instructions(task):
    """Of all 26,238 instructions, 8,000 are learnt as well.

    > python tasks/task19.py --all    does so on all 26,238 instructions
    """
    run = Run(task, rows=8_000)
    check_loss(run)
    check_f1(run)


@pytest.mark.builds_on("test_loss", "test_f1")
@pytest.mark.gpu
def test_gpu_all_instructions(task, gpu):
    """On CUDA, training happens there, and all instructions are learnt.

    > device (torch.device | str): where to train.
    """
    run = Run(task, device=gpu, rows=None)
    devices = {parameter.device.type for parameter in run.model.parameters()}
    expect.equal(devices, {gpu}, "the devices of the parameters")
    check_loss(run)
    check_f1(run)


@pytest.mark.gpu
@pytest.mark.benchmark
def test_gpu_real_size(task, gpu, race):
    """A DistilBERT of the real size trains on CUDA.

    > device (torch.device | str): where to train.
    """
    data = Small(train=16)

    def prepare(device):
        torch.manual_seed(0)
        config = transformers.DistilBertConfig(num_labels=CLASSES)
        model = transformers.DistilBertForSequenceClassification(config)
        return lambda: trained(task, model, data, device)

    model, _ = prepare(gpu)()
    devices = {parameter.device.type for parameter in model.parameters()}
    expect.equal(devices, {gpu}, "the devices of the parameters")
    race.show(race(rounds=2, cuda=lambda: prepare(gpu), cpu=lambda: prepare("cpu")))


def check_origin(results):
    expect.that(
        helper_utils.is_from_a_run(results),
        "the results that helper_utils.training_loop returned, unchanged",
        ", ".join(f"{name} {results[name]:.4g}" for name in ("val_loss", "val_f1")),
        "results",
    )


def check_loss(run):
    expected, loss = f"a val_loss below {LOSS}", run.results["val_loss"]
    note = f"; guessing has {math.log(CLASSES):.2f}" if loss > 1.5 else ""
    expect.that(loss != LOSS, expected, found(run), "loss")
    expect.measured("loss", loss, found(run) + note, most=LOSS, expected=expected, aspect="loss")


def check_f1(run):
    expected, f1 = f"a val_f1 of {F1} or more", run.results["val_f1"]
    expect.measured("F1", f1, found(run), least=F1, expected=expected, aspect="f1")


def found(run):
    """What came out, and how it got there."""
    results = run.results
    steps = [
        f"{entry['train_loss']:.2f}/{entry['val_loss']:.2f}" for entry in results.get("history", [])
    ]
    share = results.get("trainable_parameters", 0) / max(results.get("parameters", 1), 1)
    return (
        f"val_loss {results['val_loss']:.3f}, val_f1 {results['val_f1']:.3f}, at learning rate "
        f"{describe(results.get('learning_rate'))} with {share:.0%} of the weights trainable "
        f"(loss in training/validation after each epoch: {', '.join(steps)})"
    )
