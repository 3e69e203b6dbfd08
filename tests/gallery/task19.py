"""Answers to task 19, wrong and right: the tests of its tests."""

import copy
from itertools import islice

import torch
from sklearn.metrics import f1_score
from torch import nn

from fixtures import helper_utils
from kata.testing import right, wrong


def freeze(model, layers):
    """Freeze everything but these layers and the head."""
    model.requires_grad_(False)
    for part in (*layers, model.pre_classifier, model.classifier):
        part.requires_grad_(True)
    return model


def layers_of(model):
    return model.distilbert.transformer.layer


def loop(model, *loaders, weight, rate=5e-5, epochs=5, device="cpu"):
    return helper_utils.training_loop(
        model, *loaders, nn.CrossEntropyLoss(weight=weight), rate, epochs, device
    )


@right("trains five layers for four epochs, and freezes by name")
class overlay:
    layers_to_train = 5
    learning_rate = 7e-5
    num_epochs = 4

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        first = len(model.distilbert.transformer.layer) - layers_to_train
        before = tuple(f"distilbert.transformer.layer.{i}." for i in range(first))
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not name.startswith(("distilbert.embeddings.", *before))
        return helper_utils.training_loop(
            model=model,
            train_loader=train_loader,
            val_loader=val_loader,
            loss_function=nn.CrossEntropyLoss(weight=class_weights.to(device)),
            learning_rate=learning_rate,
            num_epochs=num_epochs,
            device=device,
        )


@wrong("trains the head alone", caught_by="test_loss")
class overlay:
    layers_to_train = 0


@wrong("learns far too slowly", caught_by=("test_loss", "test_f1"))
class overlay:
    learning_rate = 1e-7
    num_epochs = 1


@wrong("learns far too fast", caught_by=("test_loss", "test_f1"))
class overlay:
    learning_rate = 0.1
    num_epochs = 1


@wrong("one layer for one epoch", caught_by=("test_loss", "test_f1"))
class overlay:
    layers_to_train = 1
    num_epochs = 1


@wrong("more layers than there are", caught_by="test_layers_to_train")
class overlay:
    layers_to_train = 7


@wrong("a negative number of layers", caught_by="test_layers_to_train")
class overlay:
    layers_to_train = -1


@wrong("half a layer", caught_by="test_layers_to_train")
class overlay:
    layers_to_train = 3.5

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        freeze(model, layers_of(model)[-3:])
        return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("a negative learning rate", caught_by="test_learning_rate")
class overlay:
    learning_rate = -5e-5


@wrong("the learning rate as text", caught_by="test_learning_rate")
class overlay:
    learning_rate = "5e-5"

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        freeze(model, layers_of(model)[-4:])
        return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("a hundred epochs", caught_by="test_num_epochs")
class overlay:
    num_epochs = 100


@wrong("no epoch at all", caught_by="test_num_epochs")
class overlay:
    num_epochs = 0


@wrong("another learning rate than the file's", caught_by="test_learning_rate")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, rate=1e-4)


@wrong("another number of epochs than the file's", caught_by="test_num_epochs")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, epochs=2)


@wrong("trains on the validation part", caught_by="test_results_are_those_of_the_run")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, val_loader, train_loader, weight=class_weights)


@wrong("validates on what it was trained on", caught_by="test_results_are_those_of_the_run")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, train_loader, weight=class_weights)


@wrong("forgets the weights of the classes", caught_by=("test_loss_weighs_classes",))
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=None)


@wrong("weighs with the inverse", caught_by="test_loss_weighs_classes")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=1 / class_weights)


@wrong("freezes nothing", caught_by="test_what_is_frozen")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    model.requires_grad_(True)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("leaves the embeddings trainable", caught_by="test_what_is_frozen")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model.distilbert.embeddings.requires_grad_(True)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("counts layers from the front", caught_by=("test_what_is_frozen", "test_what_is_trained"))
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[:4])
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("freezes the head, too", caught_by="test_what_is_trained")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model.classifier.requires_grad_(False)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("does not unfreeze what was frozen before", caught_by="test_what_is_trained")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    for part in (model.distilbert.embeddings, *layers_of(model)[:-4]):
        part.requires_grad_(False)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("trains a copy, and returns that", caught_by="test_same_model")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    copied = copy.deepcopy(model)
    freeze(copied, layers_of(copied)[-4:])
    return loop(copied, train_loader, val_loader, weight=class_weights)


@wrong(
    "trains a copy, and returns the model untrained",
    caught_by=("test_what_is_trained", "test_results_are_true"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    copied = copy.deepcopy(model)
    freeze(copied, layers_of(copied)[-4:])
    _, results = loop(copied, train_loader, val_loader, weight=class_weights, epochs=1)
    return model, results


@wrong("returns the results alone", caught_by="test_same_model")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, epochs=1)[1]


@wrong(
    "writes the results by hand",
    caught_by=("test_results_of_a_run", "test_results_are_true", "test_what_is_trained"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    return model, {"val_loss": 0.39, "val_accuracy": 0.88, "val_f1": 0.86}


@wrong(
    "rounds the results up",
    caught_by=("test_results_are_those_of_the_run", "test_script"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model, results = loop(model, train_loader, val_loader, weight=class_weights, epochs=1)
    return model, results | {"val_loss": 0.5, "val_f1": 0.85}


@wrong("beautifies the F1", caught_by="test_results_are_those_of_the_run")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model, results = loop(model, train_loader, val_loader, weight=class_weights)
    results["val_f1"] += 0.01
    return model, results


@wrong("a loop of its own, with micro-F1", caught_by="test_results_are_those_of_the_run")
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-5)
    for batch in train_loader:
        inputs = dict(batch)
        labels = inputs.pop("labels")
        loss = nn.functional.cross_entropy(model(**inputs).logits, labels, class_weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found, true = [], []
    with torch.no_grad():
        for batch in val_loader:
            inputs = dict(batch)
            true += inputs.pop("labels").tolist()
            found += model.eval()(**inputs).logits.argmax(-1).tolist()
    score = float(f1_score(true, found, average="micro"))
    return model, {"val_loss": float(loss), "val_f1": score, "val_accuracy": score}


@wrong(
    "reads three batches, as when it was tried out",
    caught_by=("test_all_instructions", "test_gpu_all_instructions"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    few = list(islice(train_loader, 3))
    return loop(model, few, val_loader, weight=class_weights, epochs=1, device=device)


@wrong(
    "stays on the CPU",
    caught_by=("test_gpu_all_instructions", "test_gpu_real_size"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong("returns nothing", caught_by=("test_same_model", "test_script"))
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    loop(model, train_loader, val_loader, weight=class_weights, epochs=1)
