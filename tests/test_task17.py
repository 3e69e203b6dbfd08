"""Task 17: what `calculate_class_weights` must return."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy

np = lazy("numpy")
torch = lazy("torch")


class Labelled:
    """A data set that has labels, and nothing else."""

    def __init__(self, labels):
        self.labels = labels

    def __len__(self):
        return len(self.labels)


@st.composite
def parts(draw):
    """Labels of three to six classes, and the places of a training part with all of them."""
    classes = draw(st.integers(3, 6))
    inside = [label for label in range(classes) for _ in range(draw(st.integers(1, 9)))]
    outside = draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=20))
    places = draw(st.permutations(range(len(inside) + len(outside))))
    labels = [0] * len(places)
    for place, label in zip(places, inside + outside, strict=True):
        labels[place] = label
    return labels, list(places[: len(inside)])


def balanced(labels):
    """items / (classes * items of the class), in the order of the labels."""
    counts = Counter(labels)
    return [len(labels) / (len(counts) * counts[label]) for label in sorted(counts)]


def digits(weights):
    """Weights as they are compared."""
    return f"[{', '.join(f'{weight:.6g}' for weight in weights)}]"


def check(task, labels, indices, device="cpu"):
    # Before the call, which may change what it is given.
    inside = [labels[i] for i in indices]
    wanted = balanced(inside)
    counts = Counter(inside)
    mistakes = {
        "the weights of the whole data set": balanced(labels),
        "the weights in the order in which the classes appear": [
            len(inside) / (len(counts) * counts[label]) for label in dict.fromkeys(inside)
        ],
        "normalised weights": [weight / sum(wanted) for weight in wanted],
        "weights that are not divided by the number of classes": [w * len(wanted) for w in wanted],
        "the counts": [float(counts[label]) for label in sorted(counts)],
        "the shares of the classes": [counts[label] / len(inside) for label in sorted(counts)],
        "1 over the counts": [1 / counts[label] for label in sorted(counts)],
    }
    part = torch.utils.data.Subset(Labelled(labels), indices)
    found = task.calculate_class_weights(part, torch.device(device))
    name = f"the weights of {len(wanted)} classes, which {len(inside)} items have,"
    expect.tensor(found, name, shape=(len(wanted),), dtype=torch.float32)
    found = found.detach()
    if np.allclose(found, wanted, rtol=1e-5):
        return
    known = [name for name, other in mistakes.items() if np.allclose(found, other, rtol=1e-5)]
    raise expect.Wrong(
        f"{digits(wanted)} for the counts {sorted(counts.items())}",
        digits(found.tolist()) + (f", which are {known[0]}" if known else ""),
    )


def test_tensor(task):
    """The weights are a tensor of torch.float with one weight for each class.

    > A tensor of torch.float on `device`, of shape (classes,)
    """
    labels = [2, 0, 1, 1, 2, 2, 2]
    part = torch.utils.data.Subset(Labelled(labels), list(range(7)))
    found = task.calculate_class_weights(part, torch.device("cpu"))
    expect.tensor(found, "the weights", shape=(3,), dtype=torch.float32)


@pytest.mark.builds_on(
    "test_tensor", "test_same_weight_in_all", "test_training_part_alone", "test_order_of_the_labels"
)
@settings(max_examples=40)
@given(parts())
def test_balanced(task, part):
    """The weight of a class is items / (classes * items of the class), of the training part.

    > items / (classes * items of the class), counted in the training part alone
    """
    check(task, *part)


@pytest.mark.builds_on("test_tensor", "test_same_weight_in_all")
def test_training_part_alone(task):
    """Only the items of the training part are counted.

    > counted in the training part alone
    """
    check(task, [0, 0, 0, 0, 1, 1, 2, 2, 2, 1, 1, 1], [0, 4, 5, 6, 7, 8])


@pytest.mark.builds_on("test_tensor", "test_same_weight_in_all")
def test_order_of_the_labels(task):
    """The weights are in the order of the labels, whatever class comes first.

    > in the order of the labels
    """
    check(task, [3, 3, 3, 3, 1, 0, 0, 2, 2, 2], list(range(10)))
    many = [label for label in range(12) for _ in range(label + 1)]
    check(task, many, list(range(len(many))))


@pytest.mark.builds_on("test_tensor")
def test_same_weight_in_all(task):
    """Every class has the same weight in all: items / (classes * items of the class), each.

    > items / (classes * items of the class)

    > every class has the same weight in all
    """
    labels = [0] * 13 + [1] * 4 + [2] * 1
    check(task, labels, list(range(18)))


@pytest.mark.builds_on(
    "test_tensor", "test_same_weight_in_all", "test_training_part_alone", "test_order_of_the_labels"
)
@pytest.mark.parametrize("kind", ["list", pytest.param("array", marks=pytest.mark.edge)])
def test_kinds_of_labels(task, kind):
    """Labels may be a list or a NumPy array.

    > `train_dataset.dataset.labels` (a list or an array) are the labels of the whole data
    > set
    """
    labels = [1, 0, 0, 2, 2, 2, 0]
    check(task, labels if kind == "list" else np.array(labels), [0, 1, 2, 3, 4])


@pytest.mark.builds_on("test_tensor", "test_same_weight_in_all")
@pytest.mark.edge
def test_absent_class(task):
    """A class that is absent from the training part raises ValueError.

    > ValueError: a class of the data set is absent from the training part
    """
    check(task, [0, 1, 2, 1, 0, 2], [0, 1, 2, 3])  # which the stub is red on
    part = torch.utils.data.Subset(Labelled([0, 1, 2, 1, 0, 2]), [0, 1, 3, 4])
    expect.raises(ValueError, lambda: task.calculate_class_weights(part, torch.device("cpu")))


@pytest.mark.builds_on("test_tensor")
def test_device(task):
    """The weights are on the device that was asked for.

    > device (torch.device | str): where the result shall be.
    """
    part = torch.utils.data.Subset(Labelled([0, 1, 2, 1, 0]), list(range(5)))
    # The meta device is there on every machine, and holds no numbers.
    try:
        found = task.calculate_class_weights(part, torch.device("meta"))
    except RuntimeError as error:
        if "meta" not in str(error).lower():
            raise
        return  # it counts there, by what this device cannot do
    expect.instance(found, torch.Tensor, "the weights")
    expect.that(found.device.type == "meta", "weights on the device 'meta'", f"{found.device}")


@pytest.mark.edge
def test_input_is_kept(task):
    """Labels and places are left as they were.

    > both are left as they were
    """
    labels, places = [2, 0, 1, 1, 2], [4, 0, 1, 2, 3]
    part = torch.utils.data.Subset(Labelled(labels), places)
    task.calculate_class_weights(part, torch.device("cpu"))
    for name, now, was in (
        ("train_dataset.dataset.labels", labels, [2, 0, 1, 1, 2]),
        ("train_dataset.indices", places, [4, 0, 1, 2, 3]),
    ):
        expect.equal(now, was, f"{name} afterwards")
    for name, kept, was in (
        ("dataset.labels", part.dataset.labels, labels),
        ("indices", part.indices, places),
    ):
        expect.that(kept is was, f"train_dataset.{name} still the same list", describe(kept))


@pytest.mark.builds_on("test_device", "test_tensor")
@pytest.mark.gpu
def test_gpu(task, gpu):
    """On CUDA, the weights are those of the CPU, ready for a loss there.

    > A tensor of torch.float on `device`
    """
    part = torch.utils.data.Subset(Labelled([0, 1, 2, 1, 0]), list(range(5)))
    found = task.calculate_class_weights(part, torch.device(gpu))
    expect.tensor(found, "the weights", shape=(3,), dtype=torch.float32, device=gpu)
    expect.close(found, balanced([0, 1, 2, 1, 0]), "the weights", rtol=1e-5)


@pytest.mark.builds_on
def test_script(task):
    """The script prints a weight for each category.

    > Print the weights for a random training part of four fifths.
    """
    task.main()
    lines = task.printed.out.strip().splitlines()
    expect.that(lines[0] == "Breakdown of weights per category:", "the heading", lines[0])
    names = ["q_and_a", "classification", "information_distillation", "brainstorming"]
    names.append("creative_writing")
    found = [line.removeprefix("  - ").partition(":") for line in lines[1:]]
    expect.that(
        [name.strip() for name, _, _ in found] == names, f"a line for each of {names}", lines
    )
    try:
        weights = [float(weight) for _, _, weight in found]
    except ValueError:
        raise expect.Wrong("a number after each name", task.printed.out) from None
    good = weights[0] < 1 < weights[-1] and max(weights) == weights[-1]
    expect.that(good, "a small weight for q_and_a, and the largest for creative_writing", weights)
