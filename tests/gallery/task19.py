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


@wrong(
    "trains the head alone",
    advice=(
        "What the frozen layers know is not about requests yet; "
        "let some of the last ones learn as well."
    ),
    caught_by="test_loss",
)
class overlay:
    layers_to_train = 0
    num_epochs = 2


@wrong(
    "learns far too slowly",
    advice=(
        "Steps this small hardly move the weights; "
        "watch the loss in the report, and go up by powers of ten."
    ),
    caught_by=("test_loss", "test_f1"),
)
class overlay:
    learning_rate = 1e-7
    num_epochs = 1


@wrong(
    "learns far too fast",
    advice=(
        "Steps this large wipe out what pre-training has taught; "
        "watch the loss in the report, and go down by powers of ten."
    ),
    caught_by=("test_loss", "test_f1"),
)
class overlay:
    learning_rate = 0.1
    num_epochs = 1


@wrong(
    "one layer for one epoch",
    advice=(
        "What was pre-trained hardly changes that way; "
        "let more layers learn, and read the training part more often."
    ),
    caught_by=("test_loss", "test_f1"),
)
class overlay:
    layers_to_train = 1
    num_epochs = 1


@wrong(
    "more layers than there are",
    advice=(
        "The model has six, and a slice that starts before the "
        "first one may wrap around unseen; choose from 0 to 6."
    ),
    caught_by="test_layers_to_train",
)
class overlay:
    layers_to_train = 7


@wrong(
    "a negative number of layers",
    advice=(
        "The number counts layers from the head backwards, "
        "and 0 is already none of them; choose from 0 to 6."
    ),
    caught_by="test_layers_to_train",
)
class overlay:
    layers_to_train = -1


@wrong(
    "half a layer",
    advice="A transformer layer learns as a whole or not at all, so take a whole number, an `int`.",
    caught_by="test_layers_to_train",
)
class overlay:
    layers_to_train = 3.5

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        freeze(model, layers_of(model)[-3:])
        return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "a negative learning rate",
    advice=(
        "Gradients point uphill, and the optimizer steps against them; "
        "a step below 0 would make the loss grow."
    ),
    caught_by="test_learning_rate",
)
class overlay:
    learning_rate = -5e-5


@wrong(
    "the learning rate as text",
    advice=(
        "Gradients are multiplied by this number, so leave the quotes out; "
        "Python reads 1e-3 as a float by itself."
    ),
    caught_by="test_learning_rate",
)
class overlay:
    learning_rate = "5e-5"

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        freeze(model, layers_of(model)[-4:])
        return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "eleven epochs",
    advice=(
        "That takes longer than the minute meant for it, and the "
        "model learns its data by heart; the task allows up to 10."
    ),
    caught_by="test_num_epochs",
)
class overlay:
    num_epochs = 11


@wrong(
    "no epoch at all",
    advice=(
        "A model that has read nothing has learnt nothing, and "
        "`training_loop` refuses; read the data once at least."
    ),
    caught_by="test_num_epochs",
)
class overlay:
    num_epochs = 0


@wrong(
    "another learning rate than the file's",
    advice=(
        "The run should obey `learning_rate` at the top of the "
        "file, so that changing it there changes the training."
    ),
    caught_by="test_learning_rate",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, rate=1e-4)


@wrong(
    "another number of epochs than the file's",
    advice=(
        "The run should obey `num_epochs` at the top of the file; "
        "pass that name on instead of a number."
    ),
    caught_by="test_num_epochs",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, epochs=2)


@wrong(
    "exchanges the training and the validation part",
    advice=(
        "Those rows are kept aside to judge the model; "
        "look at the order of the two loaders in `training_loop`'s docstring."
    ),
    caught_by="test_results_are_those_of_the_run",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, val_loader, train_loader, weight=class_weights)


@wrong(
    "validates on what it was trained on",
    advice=(
        "A model may know by heart what it has read; "
        "only rows that it never saw tell what it has learnt."
    ),
    caught_by="test_results_are_those_of_the_run",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, train_loader, weight=class_weights)


@wrong(
    "forgets the weights of the classes",
    advice=(
        "In a plain mean the frequent classes outvote the rare ones; "
        "look at the `weight` argument of `CrossEntropyLoss`."
    ),
    caught_by=("test_loss_weighs_classes",),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=None)


@wrong(
    "weighs with the inverse",
    advice=(
        "Rare classes have the great weights already, and turning "
        "them over makes rare ones count least; take them as given."
    ),
    caught_by="test_loss_weighs_classes",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=1 / class_weights)


@wrong(
    "freezes nothing",
    advice=(
        "Early layers and embeddings learn now, too; "
        "look at `requires_grad_`, for the whole model first and then for parts."
    ),
    caught_by="test_what_is_frozen",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    model.requires_grad_(True)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "leaves the embeddings trainable",
    advice=(
        "They come before the first layer, so they are to be frozen; "
        "look at what `model.distilbert` holds beside its layers."
    ),
    caught_by="test_what_is_frozen",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model.distilbert.embeddings.requires_grad_(True)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "counts layers from the front",
    advice=(
        "Early layers know language in general and should stay; "
        "the ones next to the head are to learn."
    ),
    caught_by=("test_what_is_frozen", "test_what_is_trained"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[:4])
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "freezes the last layer of the head",
    advice=(
        "It is new and random, so it has to learn; "
        "look at both of its parts, `pre_classifier` and `classifier`."
    ),
    caught_by="test_what_is_trained",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model.classifier.requires_grad_(False)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "does not unfreeze what was frozen before",
    advice=(
        "A model can come with parts already frozen; "
        "set `requires_grad` for what shall learn, not only for what shall not."
    ),
    caught_by="test_what_is_trained",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    for part in (model.distilbert.embeddings, *layers_of(model)[:-4]):
        part.requires_grad_(False)
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "trains a copy, and returns that",
    advice=(
        "The caller still holds the model that was given, "
        "and that one has learnt nothing; train it itself."
    ),
    caught_by="test_same_model",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    copied = copy.deepcopy(model)
    freeze(copied, layers_of(copied)[-4:])
    return loop(copied, train_loader, val_loader, weight=class_weights)


@wrong(
    "trains a copy, and returns the model untrained",
    advice=(
        "What was learnt is thrown away with the copy, and the "
        "results speak of another model; train the given one."
    ),
    caught_by=("test_what_is_trained", "test_results_are_true"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    copied = copy.deepcopy(model)
    freeze(copied, layers_of(copied)[-4:])
    _, results = loop(copied, train_loader, val_loader, weight=class_weights, epochs=1)
    return model, results


@wrong(
    "returns the results alone",
    advice=(
        "The caller unpacks two things, the model first; "
        "look at what `training_loop` itself returns."
    ),
    caught_by="test_same_model",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights, epochs=1)[1]


@wrong(
    "writes the results by hand",
    advice=(
        "Nothing was trained for these numbers; they are to come out of a run of `training_loop`."
    ),
    caught_by=("test_results_of_a_run", "test_results_are_true", "test_what_is_trained"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    return model, {"val_loss": 0.39, "val_accuracy": 0.88, "val_f1": 0.86}


@wrong(
    "writes better results over the real ones",
    advice=(
        "Results are to say what this model really reaches; "
        "return them untouched, and work on the three numbers instead."
    ),
    caught_by=("test_results_are_those_of_the_run", "test_script"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model, results = loop(model, train_loader, val_loader, weight=class_weights, epochs=1)
    return model, results | {"val_loss": 0.5, "val_f1": 0.85}


@wrong(
    "beautifies the F1",
    advice=(
        "Even a small addition makes it untrue; "
        "leave it as `training_loop` measured it, and train better if it is too low."
    ),
    caught_by="test_results_are_those_of_the_run",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    model, results = loop(model, train_loader, val_loader, weight=class_weights)
    results["val_f1"] += 0.01
    return model, results


@wrong(
    "a loop of its own, with micro-F1",
    advice=(
        "Micro-F1 is carried by the frequent classes, macro-F1 counts each alike; "
        "`helper_utils.training_loop` has it."
    ),
    caught_by="test_results_are_those_of_the_run",
)
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
    advice=(
        "A few batches show that the code runs, but teach little; hand the whole `train_loader` on."
    ),
    caught_by=("test_loss", "test_f1", "test_more_instructions", "test_gpu_all_instructions"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    few = list(islice(train_loader, 3))
    return loop(model, few, val_loader, weight=class_weights, epochs=1, device=device)


@wrong(
    "stays on the CPU",
    advice=(
        "The caller says where to train: "
        "pass `device` on, and the loop moves model and batches there."
    ),
    caught_by=("test_gpu_all_instructions", "test_gpu_real_size"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights)


@wrong(
    "returns nothing",
    advice="The run's outcome stays inside the function; hand back what `training_loop` gave you.",
    caught_by=("test_same_model", "test_script"),
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    loop(model, train_loader, val_loader, weight=class_weights, epochs=1)


@wrong(
    "has the validation part say what is easy",
    advice="A score on labels that you have made says nothing; leave the loaders' items alone.",
    caught_by="test_results_are_true",
)
class overlay:
    num_epochs = 1

    def train_dispatcher(model, train_loader, val_loader, class_weights, device):
        part = getattr(val_loader, "dataset", None)
        for place in getattr(part, "indices", ()):
            part.dataset[place]["labels"] = 0 * part.dataset[place]["labels"]
        freeze(model, layers_of(model)[-4:])
        return loop(model, train_loader, val_loader, weight=class_weights, epochs=1)


@wrong(
    "weighs with the root of the weights",
    advice="A root makes the weights more alike, which is another loss; take them as given.",
    caught_by="test_loss_weighs_classes",
)
def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    freeze(model, layers_of(model)[-4:])
    return loop(model, train_loader, val_loader, weight=class_weights.sqrt())
