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


@wrong("leaves the embeddings trainable", caught_by=("test_embeddings_are_frozen", "test_script"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    model.distilbert.embeddings.requires_grad_(True)
    return model


@wrong("counts from the front", caught_by=("test_layers", "test_script", "test_three_by_default"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, layers_of(model)[:layers_to_train])


@wrong("leaves the first layers trainable, too", caught_by=("test_layers", "test_again"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    for layer in layers_of(model)[:layers_to_train]:
        layer.requires_grad_(False)
    model.distilbert.embeddings.requires_grad_(False)
    model.pre_classifier.requires_grad_(True)
    model.classifier.requires_grad_(True)
    return model


@wrong("trains one layer too many", caught_by=("test_layers", "test_none_and_all[0]"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[max(len(layers) - layers_to_train - 1, 0) :])


@wrong("trains one layer too few", caught_by=("test_layers", "test_none_and_all[6]"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train + 1 :])


@wrong("slices from -0", caught_by="test_none_and_all[0]")
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, layers_of(model)[-layers_to_train:])


@wrong("knows models of six layers", caught_by="test_layers")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, [layers[i] for i in range(6 - layers_to_train, 6) if i < len(layers)])


@wrong("always trains three", caught_by=("test_layers", "test_none_and_all", "test_again"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    return unfreeze(model, list(layers_of(model))[-3:])


@wrong("trains four by default", caught_by=("test_three_by_default", "test_script"))
def partially_freeze_bert_layers(model, layers_to_train=4):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong("freezes the head", caught_by=("test_head_is_trainable", "test_script"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :], head=False)


@wrong("forgets half of the head", caught_by="test_head_is_trainable")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :], head=False)
    model.classifier.requires_grad_(True)
    return model


@wrong("trusts that everything is trainable", caught_by=("test_again", "test_layers"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.embeddings.requires_grad_(False)
    for layer in layers[: len(layers) - layers_to_train]:
        layer.requires_grad_(False)
    model.pre_classifier.requires_grad_(True)
    model.classifier.requires_grad_(True)
    return model


@wrong(
    "freezes weights and forgets biases", caught_by=("test_layers", "test_embeddings_are_frozen")
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            parameter.requires_grad_(True)
    return model


@wrong("sets an attribute that nobody reads", caught_by=("test_layers", "test_none_and_all"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    model.requires_grad = False
    for layer in layers_of(model)[-layers_to_train:]:
        layer.requires_grad = True
    return model


@wrong(
    "returns a copy",
    caught_by=("test_same_model", "test_layers", "test_training_moves_what_is_trainable"),
)
def partially_freeze_bert_layers(model, layers_to_train=3):
    model = copy.deepcopy(model)
    layers = layers_of(model)
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong("puts the frozen layers into evaluation mode", caught_by="test_nothing_else_changes")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    unfreeze(model, layers[len(layers) - layers_to_train :])
    for layer in layers[: len(layers) - layers_to_train]:
        layer.eval()
    return model


@wrong("throws the first layers away", caught_by=("test_nothing_else_changes", "test_layers"))
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.transformer.layer = layers[len(layers) - layers_to_train :]
    return unfreeze(model, model.distilbert.transformer.layer)


@wrong("initialises the layers that are to be trained", caught_by="test_nothing_else_changes")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    last = layers[len(layers) - layers_to_train :]
    for layer in last:
        layer.ffn.lin1.reset_parameters()
    return unfreeze(model, last)


@wrong("trains everything", caught_by="test_parameters_of_the_real_model")
def partially_freeze_bert_layers(model, layers_to_train=3):
    return model.requires_grad_(True)


@wrong(
    "returns nothing",
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


@wrong("notes in the configuration what it froze", caught_by="test_nothing_else_changes")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.config.frozen_layers = len(layers) - layers_to_train
    return unfreeze(model, layers[len(layers) - layers_to_train :])


@wrong("turns dropout off where it freezes", caught_by="test_nothing_else_changes")
def partially_freeze_bert_layers(model, layers_to_train=3):
    layers = layers_of(model)
    model.distilbert.embeddings.dropout.p = 0.0
    return unfreeze(model, layers[len(layers) - layers_to_train :])
