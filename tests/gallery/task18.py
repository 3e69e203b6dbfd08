"""Answers to task 18, wrong and right: the tests of its tests."""

import copy

from kata.testing import right, wrong


def layers_of(model):
    return model.distilbert.transformer.layer


def unfreeze(model, layers, head=True):
    """Freeze everything but these layers and the head."""
    model.requires_grad_(False)
    for layer in layers:
        layer.requires_grad_(True)
    if head:
        model.pre_classifier.requires_grad_(True)
        model.classifier.requires_grad_(True)
    return model


@right("slices the ModuleList instead of counting from the end")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@right("freezes what is before, by name")
def partially_freeze_bert_layers(model, layers_to_train=3):
    first = model.config.n_layers - layers_to_train
    before = tuple(f"distilbert.transformer.layer.{i}." for i in range(first))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(("distilbert.embeddings.", *before)))
    return model


@wrong(
    "leaves the embeddings trainable",
    advice=(
        "Embeddings come before all layers and know the language; "
        "`model.parameters()` goes through them, too."
    ),
    caught_by=("test_embeddings_are_frozen", "test_script"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    model.distilbert.embeddings.requires_grad_(True)
    return model


@wrong(
    "counts from the front",
    advice="The layers to train are those next to the head; negative positions count from the end.",
    caught_by=("test_layers", "test_script", "test_three_by_default"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, layers_of(model)[:layers_to_train])


@wrong(
    "freezes the first layers_to_train layers",
    advice=(
        "The number says how many layers to train, not how many to freeze; "
        "freeze everything first, then unfreeze."
    ),
    caught_by=("test_layers", "test_again"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    for layer in layers_of(model)[:layers_to_train]:
        layer.requires_grad_(False)
    model.distilbert.embeddings.requires_grad_(False)
    model.pre_classifier.requires_grad_(True)
    model.classifier.requires_grad_(True)
    return model


@wrong(
    "trains one layer too many",
    advice=(
        "Go through it on paper for 0, where no layer may be trainable, and see where your count "
        "begins."
    ),
    caught_by=("test_layers", "test_none_and_all[0]"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[max(len(layers) - layers_to_train - 1, 0) :])


@wrong(
    "trains one layer too few",
    advice=(
        "Go through it on paper for 1, where the very last layer has to be trainable, and see "
        "where your count ends."
    ),
    caught_by=("test_layers", "test_none_and_all[6]"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train + 1 :])


@wrong(
    "slices from -0",
    advice="Minus zero is zero, so that slice starts at the first layer; think of zero apart.",
    caught_by="test_none_and_all[0]",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, layers_of(model)[-layers_to_train:])


@wrong(
    "knows models of six layers",
    advice=(
        "A model may be deeper or shallower; "
        "ask `transformer_layers` for its length, or count from its end."
    ),
    caught_by="test_layers",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, [layers[i] for i in range(6 - layers_to_train, 6) if i < len(layers)])


@wrong(
    "always trains three",
    advice=(
        "Three is merely the default; let the argument `layers_to_train` decide, from none to all."
    ),
    caught_by=("test_layers", "test_none_and_all", "test_again"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, list(layers_of(model))[-3:])


@wrong(
    "trains four by default",
    advice="The default is part of the task; leave the function's signature as the stub has it.",
    caught_by=("test_three_by_default", "test_script"),
)
def partially_freeze_bert_layers(model, layers_to_train=4):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong(
    "freezes the head",
    advice=(
        "The head is new and has everything still to learn; "
        "keep the stub's last lines, which see to it."
    ),
    caught_by=("test_head_is_trainable", "test_script"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :], head=False)


@wrong(
    "forgets half of the head",
    advice=(
        "There are two layers in the head, and both are new; "
        "look at the stub's last lines, which name them."
    ),
    caught_by="test_head_is_trainable",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :], head=False)
    model.classifier.requires_grad_(True)
    return model


@wrong(
    "trusts that everything is trainable",
    advice=(
        "What was frozen before the call stays frozen like that; "
        "unfreeze the last layers yourself, whatever they were."
    ),
    caught_by=("test_again", "test_layers"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.embeddings.requires_grad_(False)
    for layer in layers[: len(layers) - layers_to_train]:
        layer.requires_grad_(False)
    model.pre_classifier.requires_grad_(True)
    model.classifier.requires_grad_(True)
    return model


@wrong(
    "freezes weights and forgets biases",
    advice=(
        "Biases and the shifts of the norms learn as well; "
        "`parameters()` gives everything, so there is no need to choose."
    ),
    caught_by=("test_layers", "test_embeddings_are_frozen"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            parameter.requires_grad_(True)
    return model


@wrong(
    "sets requires_grad of modules, where nobody reads it",
    advice=(
        "Only parameters have a `requires_grad` that counts, not a model or a layer; "
        "go through `parameters()`."
    ),
    caught_by=("test_layers", "test_none_and_all"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    model.requires_grad = False
    for layer in layers_of(model)[-layers_to_train:]:
        layer.requires_grad = True
    return model


@wrong(
    "returns a copy",
    advice=(
        "The model that was passed in is still as it was; change that very one, and hand it back."
    ),
    caught_by=("test_same_model", "test_layers", "test_training_moves_what_is_trainable"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    model = copy.deepcopy(model)
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong(
    "puts the frozen layers into evaluation mode",
    advice=(
        "Frozen means not updated, and no more than that; "
        "the mode is for the training loop to choose."
    ),
    caught_by="test_nothing_else_changes",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    for layer in layers[: len(layers) - layers_to_train]:
        layer.eval()
    return model


@wrong(
    "throws the first layers away",
    advice=(
        "Frozen layers still compute, and the last ones build on what they know; "
        "leave every layer in its place."
    ),
    caught_by=("test_nothing_else_changes", "test_layers"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.transformer.layer = layers[len(layers) - layers_to_train :]
    return unfreeze(model, model.distilbert.transformer.layer)


@wrong(
    "initialises the layers that are to be trained",
    advice=(
        "Training goes on from what those layers know, and new random numbers erase it; "
        "change `requires_grad` only."
    ),
    caught_by="test_nothing_else_changes",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    last = layers[len(layers) - layers_to_train :]
    for layer in last:
        layer.ffn.lin1.reset_parameters()
    return unfreeze(model, last)


@wrong(
    "trains everything",
    advice=(
        "That takes the most time and memory, and may spoil what the first layers know; "
        "freeze all parameters first."
    ),
    caught_by="test_parameters_of_the_real_model",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    return model.requires_grad_(True)


@wrong(
    "returns nothing",
    advice=(
        "Without a `return`, the caller gets None; "
        "keep the stub's last line, which hands the model back."
    ),
    caught_by=(
        "test_same_model",
        "test_embeddings_are_frozen",
        "test_layers",
        "test_head_is_trainable",
        "test_none_and_all",
        "test_three_by_default",
        "test_again",
        "test_nothing_else_changes",
        "test_training_moves_what_is_trainable",
        "test_parameters_of_the_real_model",
    ),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong(
    "notes in the configuration what it froze",
    advice=(
        "The configuration describes the model and is saved with it; "
        "`requires_grad` tells already what is frozen."
    ),
    caught_by="test_nothing_else_changes",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.config.frozen_layers = len(layers) - layers_to_train
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong(
    "turns the dropout of the embeddings off",
    advice=(
        "Dropout has no parameters, so there is nothing to freeze in it; leave its rate as it was."
    ),
    caught_by="test_nothing_else_changes",
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.embeddings.dropout.p = 0.0
    return unfreeze(model, layers[len(layers) - layers_to_train :])
