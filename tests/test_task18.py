"""Task 18: what `partially_freeze_bert_layers` must do."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy

torch = lazy("torch")
transformers = lazy("transformers")

EMBEDDINGS = "distilbert.embeddings."
LAYER = "distilbert.transformer.layer."
HEAD = ("pre_classifier.", "classifier.")


@st.composite
def depths(draw):
    """Layers of a model, how many of them to train, and which parameters are frozen before.

    What comes first is what a counter-example shrinks to: a model that shows which layers.
    """
    layers = draw(st.sampled_from([6, 5, 4, *range(1, 13)]))
    count = draw(st.sampled_from([min(2, layers), *range(1, layers + 1)]))
    return layers, count, draw(st.integers(0, 2**10 - 1))


def model_of(layers, frozen=0):
    """A tiny DistilBERT; every bit of `frozen` freezes some of its parameters."""
    model = transformers.DistilBertForSequenceClassification(
        transformers.DistilBertConfig(
            vocab_size=23, max_position_embeddings=11, dim=6, hidden_dim=10, n_heads=2,
            n_layers=layers, num_labels=5,
        )
    )  # fmt: skip
    for i, parameter in enumerate(model.parameters()):
        parameter.requires_grad = not frozen >> (i % 10) & 1
    return model


def frozen(task, model, *layers):
    """The model that the function returns, which is the one that it was given."""
    found = task.partially_freeze_bert_layers(model, *layers)
    expect.that(found is model, "the same model", describe(found), "same")
    return model


def should_be_trainable(name, layers, count):
    if name.startswith(LAYER):
        return int(name.removeprefix(LAYER).partition(".")[0]) >= layers - count
    return name.startswith(HEAD)


def trainable_layers(model, layers):
    """The layers of which anything is trainable."""
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    return [i for i in range(layers) if any(name.startswith(f"{LAYER}{i}.") for name in names)]


def check(model, layers, count, prefix, before=None):
    """The parameters whose names begin with a prefix; `before` says which were trainable."""
    if LAYER.startswith(prefix):
        wanted, found = list(range(layers - count, layers)), trainable_layers(model, layers)
        expect.that(
            found == wanted,
            f"of layers 0 to {layers - 1}, {wanted or 'none'} trainable (layers_to_train={count})",
            f"{found or 'none'} trainable",
        )
    for name, parameter in model.named_parameters():
        if name.startswith(prefix):
            wanted = should_be_trainable(name, layers, count)
            expect.that(
                parameter.requires_grad is wanted,
                f"{name} {'trainable' if wanted else 'frozen'}, in a model of {layers} layers of "
                f"which {count} are to be trained",
                ("trainable" if parameter.requires_grad else "frozen")
                + (", as before the call" if before else ""),
            )


def test_same_model(task):
    """The model that comes back is the one that was given.

    > The same model.
    """
    frozen(task, model_of(6), 2)


@pytest.mark.builds_on("test_same_model")
@settings(max_examples=20)
@given(depths())
def test_embeddings_are_frozen(task, drawn):
    """The embeddings are frozen.

    > The embeddings and all layers before the last `layers_to_train` are frozen
    > (`requires_grad` is False)
    """
    layers, count, bits = drawn
    check(frozen(task, model_of(layers, bits), count), layers, count, EMBEDDINGS, bits)


@pytest.mark.builds_on("test_same_model")
@settings(max_examples=40)
@given(depths())
def test_layers(task, drawn):
    """The last layers_to_train layers are trainable, and those before them frozen.

    > all layers before the last `layers_to_train` are frozen (`requires_grad` is False), those
    > last ones and the head (`pre_classifier` and `classifier`) are trainable

    > with any number of layers
    """
    layers, count, bits = drawn
    check(frozen(task, model_of(layers, bits), count), layers, count, LAYER, bits)


@pytest.mark.builds_on("test_same_model")
@settings(max_examples=20)
@given(depths())
def test_head_is_trainable(task, drawn):
    """The head is trainable, both of its layers.

    > the head (`pre_classifier` and `classifier`) are trainable
    """
    layers, count, bits = drawn
    check(frozen(task, model_of(layers, bits), count), layers, count, HEAD, bits)


@pytest.mark.builds_on("test_layers", "test_embeddings_are_frozen", "test_head_is_trainable")
@pytest.mark.parametrize("count", [pytest.param(0, marks=pytest.mark.edge), 6])
def test_none_and_all(task, count):
    """layers_to_train may be 0, which trains the head alone, and 6, which trains all layers.

    > how many of the last transformer layers stay trainable, from 0 to as many as there are
    """
    check(frozen(task, model_of(6), count), 6, count, "")


@pytest.mark.builds_on("test_layers", "test_embeddings_are_frozen", "test_head_is_trainable")
def test_three_by_default(task):
    """Unless told otherwise, the last three layers are trainable.

    > def partially_freeze_bert_layers(model, layers_to_train=3):
    """
    check(frozen(task, model_of(6)), 6, 3, "")


@pytest.mark.builds_on("test_layers", "test_embeddings_are_frozen", "test_head_is_trainable")
def test_again(task):
    """A second call decides anew, whatever the first one froze.

    > which of its parameters are trainable so far does not matter
    """
    model = frozen(task, model_of(6), 1)
    check(frozen(task, model, 4), 6, 4, "")
    check(frozen(task, model, 2), 6, 2, "")


def parts_of(model):
    """What a model is made of, beside its parameters."""
    return {
        "config": model.config.to_dict(),
        "modules": [(name, type(module).__name__) for name, module in model.named_modules()],
        "dropout": {n: m.p for n, m in model.named_modules() if isinstance(m, torch.nn.Dropout)},
        "hooks": [
            (n, "a hook")
            for n, m in model.named_modules()
            if m._forward_hooks or m._forward_pre_hooks
        ],
    }


@pytest.mark.edge
def test_nothing_else_changes(task):
    """Weights, buffers, settings and the mode of the model are left as they were.

    > Nothing else about it has changed.
    """
    for training in (True, False):
        model = model_of(4).train(training)
        before, parts = copy.deepcopy(model.state_dict()), parts_of(model)
        frozen(task, model, 2)
        now = parts_of(model)
        changed = [
            f"{name}: {dict(now[part]).get(name)}, and not {dict(parts[part]).get(name)}"
            for part in parts
            for name in dict(now[part]) | dict(parts[part])
            if dict(now[part]).get(name) != dict(parts[part]).get(name)
        ]
        expect.that(not changed, "settings and modules as they were", f"{'; '.join(changed)}")
        now = model.state_dict()
        keys = sorted(now.keys() ^ before.keys())
        expect.that(not keys, "the keys of the state_dict as they were", f"{keys} new or gone")
        changed = [name for name, value in before.items() if not torch.equal(now[name], value)]
        expect.that(not changed, "the weights as they were", f"others in {describe(changed)}")
        other = [name for name, part in model.named_modules() if part.training != training]
        modes = ("evaluation", "training")
        expect.that(
            not other,
            f"every module in {modes[training]} mode, as it was",
            f"{describe([name or 'the model' for name in other])} in {modes[not training]} mode",
        )


@pytest.mark.builds_on("test_layers", "test_embeddings_are_frozen", "test_head_is_trainable")
def test_training_moves_what_is_trainable(task):
    """A step of training moves the trainable parameters, and no others.

    > Freeze all but the last layers and the head, in place.
    """
    model = frozen(task, model_of(4), 2)
    check(model, 4, 2, "")
    before = copy.deepcopy(model.state_dict())
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    ids = torch.randint(0, 23, (3, 7))
    model(ids, labels=torch.tensor([0, 3, 1])).loss.backward()
    optimizer.step()
    moved = {n for n, value in model.state_dict().items() if not torch.equal(value, before[n])}
    strange = [name for name in moved if not should_be_trainable(name, 4, 2)]
    expect.that(not strange, "frozen parameters as they were", f"{strange} moved")
    parts = {f"{LAYER}2.", f"{LAYER}3.", *HEAD}
    still = [part for part in sorted(parts) if not any(name.startswith(part) for name in moved)]
    expect.that(not still, "new values in the last two layers and the head", f"{still} is still")


@pytest.mark.builds_on("test_layers", "test_embeddings_are_frozen", "test_head_is_trainable")
def test_parameters_of_the_real_model(task):
    """Of the real model's 66,957,317 parameters, 28,945,925 are trainable with four layers.

    > The embeddings and all layers before the last `layers_to_train` are frozen
    > (`requires_grad` is False)
    """
    with torch.device("meta"):  # without memory for its numbers
        model = transformers.DistilBertForSequenceClassification(
            transformers.DistilBertConfig(num_labels=5)
        )
    frozen(task, model, 4)
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    expect.equal(trainable, 28_945_925, "the number of trainable parameters")


@pytest.mark.builds_on
def test_script(task):
    """The script shows the last three layers and the head as trainable, the rest as frozen.

    > Show which parameters are trainable.
    """
    task.main()
    printed = task.printed.out
    for name, state in {
        "distilbert.embeddings.word_embeddings.weight": "frozen",
        "distilbert.transformer.layer.2.attention.q_lin.weight": "frozen",
        "distilbert.transformer.layer.3.attention.q_lin.weight": "trainable",
        "pre_classifier.weight": "trainable",
        "\nclassifier.weight": "trainable",
    }.items():
        line = f"{name}: {state}"
        expect.that(line in printed, f"the line {line.strip()!r}", printed)
