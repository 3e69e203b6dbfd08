"""Task 17: weights for rare classes. (Request Dispatcher, exercise 4)

Half of all instructions are questions, one in twenty asks for a poem or a story. A loss that weighs
each class by how rare it is keeps a model from forgetting the rare ones.

    pytest tests/test_task17.py     judges this file
    python tasks/task17.py          runs it on as many labels as the assignment's data has

Out of scope: the loss (task 19), other ways to deal with imbalance.
"""

import fixtures.offline  # as in the other tasks of the dispatcher

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight

# Instructions of each class in the assignment's data.
COUNTS = {
    "q_and_a": 13_243,
    "classification": 3_918,
    "information_distillation": 4_681,
    "brainstorming": 3_113,
    "creative_writing": 1_283,
}


def calculate_class_weights(train_dataset, device):
    """Weigh each class by how rare it is in the training part.

    Args:
        train_dataset (torch.utils.data.Subset): the training part: `train_dataset.dataset.labels`
            (a list or an array) are the labels of the whole data set, numbers from 0 on without a
            gap, and `train_dataset.indices` the places of the part, each of them once; both are
            left as they were.
        device (torch.device | str): where the result shall be.

    Returns:
        A tensor of torch.float on `device`, of shape (classes,), in the order of the labels:
        items / (classes * items of the class), counted in the training part alone. Like that,
        every class has the same weight in all.

    Raises:
        ValueError: a class of the data set is absent from the training part, so that it has no
            weight. (The check is there already.)
    """
    train_labels_list = [train_dataset.dataset.labels[i] for i in train_dataset.indices]
    absent = sorted(set(train_dataset.dataset.labels) - set(train_labels_list))
    if absent:
        raise ValueError(
            f"The training part has no item of class {absent[0]}, so there is no weight for it; "
            "split so that each class is on both sides."
        )
    ### START CODE HERE ###
    # 1. Compute the balanced weights of the classes, by NumPy or scikit-learn.
    # 2. Make a tensor of them, of torch.float, on the device.
    raise NotImplementedError("Write `calculate_class_weights` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print the weights for a random training part of four fifths."""
    from types import SimpleNamespace

    from torch.utils.data import Subset

    labels = [label for label, count in enumerate(COUNTS.values()) for _ in range(count)]
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0)).tolist()
    training_part = Subset(SimpleNamespace(labels=labels), order[: len(order) * 4 // 5])
    weights = calculate_class_weights(training_part, "cpu")
    print("Breakdown of weights per category:")
    for name, weight in zip(COUNTS, weights.tolist(), strict=True):
        print(f"  - {name:<25}: {weight:.4f}")


if __name__ == "__main__":
    main()
# stub 4acac00ffd9d1fc6
