"""Answers to task 17, wrong and right: the tests of its tests."""

from collections import Counter

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight

from kata.testing import right, wrong


def inside(train_dataset):
    """The labels of the training part, all classes among them."""
    labels = [train_dataset.dataset.labels[i] for i in train_dataset.indices]
    if set(train_dataset.dataset.labels) - set(labels):
        raise ValueError("a class is absent")
    return labels


def balanced(labels):
    classes = np.unique(labels)
    return compute_class_weight(class_weight="balanced", classes=classes, y=labels)


@right("counts with NumPy")
def calculate_class_weights(train_dataset, device):
    counts = np.bincount(inside(train_dataset))
    weights = counts.sum() / (len(counts) * counts)
    return torch.from_numpy(weights).float().to(device)


@right("counts with torch")
def calculate_class_weights(train_dataset, device):
    counts = torch.tensor([int(label) for label in inside(train_dataset)]).bincount()
    return (counts.sum() / (len(counts) * counts.float())).to(device)


@wrong(
    "counts the whole data set",
    advice=(
        "Items outside the training part must not have a say; "
        "look at `train_labels_list`, which is made for you."
    ),
    caught_by=("test_training_part_alone", "test_balanced"),
)
def calculate_class_weights(train_dataset, device):
    inside(train_dataset)
    weights = balanced(train_dataset.dataset.labels)
    return torch.tensor(weights, dtype=torch.float, device=device)


@wrong(
    "takes the first items for the training part",
    advice=(
        "The training part is scattered over the data set; "
        "its `indices` say where, and `train_labels_list` follows them."
    ),
    caught_by="test_balanced",
)
def calculate_class_weights(train_dataset, device):
    inside(train_dataset)
    labels = train_dataset.dataset.labels[: len(train_dataset.indices)]
    return torch.tensor(balanced(labels), dtype=torch.float, device=device)


@wrong(
    "has the classes in the order of their appearance",
    advice=(
        "The loss takes the first weight for class 0, the next for class 1; "
        "look at the order that `np.unique` gives."
    ),
    caught_by="test_order_of_the_labels",
)
def calculate_class_weights(train_dataset, device):
    labels = inside(train_dataset)
    classes = np.array(list(dict.fromkeys(labels)))
    weights = compute_class_weight("balanced", classes=classes, y=labels)
    return torch.tensor(weights, dtype=torch.float, device=device)


@wrong(
    "weighs all classes alike",
    advice=(
        "Like that, the rare classes are still forgotten; "
        "look at the `class_weight` argument of `compute_class_weight`."
    ),
    caught_by=("test_balanced", "test_same_weight_in_all"),
)
def calculate_class_weights(train_dataset, device):
    labels = inside(train_dataset)
    weights = compute_class_weight(class_weight=None, classes=np.unique(labels), y=labels)
    return torch.tensor(weights, dtype=torch.float, device=device)


@wrong(
    "normalises",
    advice=(
        "The weights need not add up to 1; "
        "the formula in the docstring is complete, so leave its result as it is."
    ),
    caught_by=("test_balanced", "test_same_weight_in_all"),
)
def calculate_class_weights(train_dataset, device):
    weights = torch.tensor(balanced(inside(train_dataset)), dtype=torch.float, device=device)
    return weights / weights.sum()


@wrong(
    "gives the shares of the classes",
    advice=(
        "A share is largest for the most frequent class; "
        "here, the rarer a class is, the larger its weight must be."
    ),
    caught_by=("test_balanced", "test_script"),
)
def calculate_class_weights(train_dataset, device):
    counts = np.bincount(inside(train_dataset))
    return torch.tensor(counts / counts.sum(), dtype=torch.float, device=device)


@wrong(
    "does not divide by the number of classes",
    advice=(
        "Add up the weights of all items: it should give the number of items. See what else stands "
        "below the line."
    ),
    caught_by="test_same_weight_in_all",
)
def calculate_class_weights(train_dataset, device):
    counts = np.bincount(inside(train_dataset))
    return torch.tensor(counts.sum() / counts, dtype=torch.float, device=device)


@wrong(
    "keeps NumPy's float64",
    advice=(
        "The loss computes in float32, as the model does; "
        "look at the `dtype` argument of `torch.tensor`."
    ),
    caught_by=("test_tensor", "test_gpu"),
)
def calculate_class_weights(train_dataset, device):
    return torch.tensor(balanced(inside(train_dataset)), device=device)


@wrong(
    "returns the array",
    advice=(
        "The loss takes a tensor and not a NumPy array; "
        "`torch.tensor` makes one, and takes a dtype and a device."
    ),
    caught_by=("test_tensor", "test_device"),
)
def calculate_class_weights(train_dataset, device):
    return balanced(inside(train_dataset))


@wrong(
    "leaves the weights on the CPU",
    advice=(
        "A loss on the GPU cannot use weights from elsewhere; "
        "see where the argument `device` has to go."
    ),
    caught_by=("test_device", "test_gpu"),
)
def calculate_class_weights(train_dataset, device):
    return torch.tensor(balanced(inside(train_dataset)), dtype=torch.float)


@wrong(
    "weighs each item",
    advice=(
        "The loss looks weights up by class; "
        "the result needs just as many numbers as there are classes."
    ),
    caught_by=("test_tensor", "test_balanced"),
)
def calculate_class_weights(train_dataset, device):
    labels = inside(train_dataset)
    weights = balanced(labels)
    return torch.tensor([weights[label] for label in labels], dtype=torch.float, device=device)


@wrong(
    "leaves an absent class out",
    advice=(
        "With a gap closed, the weights after it belong to the wrong classes; "
        "keep the stub's check, which raises `ValueError`."
    ),
    caught_by="test_absent_class",
)
def calculate_class_weights(train_dataset, device):
    labels = [train_dataset.dataset.labels[i] for i in train_dataset.indices]
    return torch.tensor(balanced(labels), dtype=torch.float, device=device)


@wrong(
    "has five classes, whatever the data",
    advice="Other data have more or fewer classes; find out from the labels how many there are.",
    caught_by=("test_tensor", "test_balanced"),
)
def calculate_class_weights(train_dataset, device):
    counts = Counter(inside(train_dataset))
    weights = [counts.total() / (5 * max(counts[label], 1)) for label in range(5)]
    return torch.tensor(weights, dtype=torch.float, device=device)


@wrong(
    "asks the labels for a list's method",
    advice=(
        "Labels may be an array, which lacks some methods of a list; "
        "`train_labels_list` is a list in any case."
    ),
    caught_by="test_kinds_of_labels[array]",
    raises="AttributeError",
)
def calculate_class_weights(train_dataset, device):
    train_dataset.dataset.labels.count(0)
    return torch.tensor(balanced(inside(train_dataset)), dtype=torch.float, device=device)


@wrong(
    "sorts the places",
    advice=(
        "The places are the caller's, and so is their order; "
        "counting works in any order, so leave them alone."
    ),
    caught_by="test_input_is_kept",
)
def calculate_class_weights(train_dataset, device):
    train_dataset.indices.sort()
    return torch.tensor(balanced(inside(train_dataset)), dtype=torch.float, device=device)


@wrong(
    "returns nothing",
    advice="Without a `return`, the caller gets None; the loss is waiting for a tensor of weights.",
    caught_by=(
        "test_tensor",
        "test_balanced",
        "test_training_part_alone",
        "test_order_of_the_labels",
        "test_same_weight_in_all",
        "test_kinds_of_labels",
        "test_device",
        "test_script",
    ),
)
def calculate_class_weights(train_dataset, device):
    print(balanced(inside(train_dataset)))


@wrong(
    "counts all labels where they are an array",
    advice=(
        "The training part matters for an array just as for a list; "
        "`train_labels_list` is right for both."
    ),
    caught_by="test_kinds_of_labels[array]",
)
def calculate_class_weights(train_dataset, device):
    labels = train_dataset.dataset.labels
    labels = inside(train_dataset) if isinstance(labels, list) else labels
    return torch.tensor(balanced(labels), dtype=torch.float, device=device)


@wrong(
    "makes an array of the data set's labels",
    advice=(
        "Converting is fine, replacing the data set's own labels is not; "
        "keep your array in a variable of your own."
    ),
    caught_by="test_input_is_kept",
)
def calculate_class_weights(train_dataset, device):
    train_dataset.dataset.labels = np.asarray(train_dataset.dataset.labels)
    return torch.tensor(balanced(inside(train_dataset)), dtype=torch.float, device=device)


@wrong(
    "makes all labels the same, and returns the weight that they have then",
    advice="The labels are the caller's, and so is what they say; count them as they are.",
    caught_by=("test_balanced", "test_training_part_alone", "test_input_is_kept"),
)
def calculate_class_weights(train_dataset, device):
    inside(train_dataset)
    labels = train_dataset.dataset.labels
    for place in range(len(labels)):
        labels[place] = 0
    return torch.ones(1, device=device)


@right("counts on the device, by bincount")
def calculate_class_weights(train_dataset, device):
    labels = torch.as_tensor(inside(train_dataset), device=device)
    counts = torch.bincount(labels).to(torch.float)
    return len(labels) / (len(counts) * counts)


@wrong(
    "sorts the classes as text",
    advice="As text, 10 comes before 2; keep the labels numbers, and sort those.",
    caught_by="test_order_of_the_labels",
)
def calculate_class_weights(train_dataset, device):
    labels = inside(train_dataset)
    counts = Counter(labels)
    weights = [len(labels) / (len(counts) * counts[label]) for label in sorted(counts, key=str)]
    return torch.tensor(weights, dtype=torch.float, device=device)


@wrong(
    "rounds the weights",
    advice="A loss takes weights to all their places; round what you print, if anything.",
    caught_by="test_same_weight_in_all",
)
def calculate_class_weights(train_dataset, device):
    weights = balanced(inside(train_dataset)).round(4)
    return torch.tensor(weights, dtype=torch.float, device=device)
