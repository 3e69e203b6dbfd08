"""Task 19: train the dispatcher. (Request Dispatcher, exercise 6)

Three numbers decide what becomes of the pre-trained model: how many of its layers learn, how fast,
and for how long. Find ones with which it knows what people ask for: a validation loss below 0.7
and a macro-F1 of at least 0.8.

    pytest tests/test_task19.py     judges this file, by a training run of about a minute
    python tasks/task19.py          trains, and draws losses and confusions (dispatcher.png)
    python tasks/task19.py --all    does so on all 26,238 instructions

`helper_utils.training_loop` is the loop, ready to run; its docstring says what it takes.

Without a network, a small stand-in takes the place of DistilBERT, and learns at about its pace; the
run takes 4,000 instructions. `KATA_DATA` names the folder of the real ones, if you have them. They
are harder: people ask for one thing in many ways, and some rows could bear two labels. On half of
them, none asked twice, the stand-in gets to a macro-F1 of 0.67, a MiniLM with real weights to 0.72,
and naive Bayes to 0.65. The 0.83 to 0.86 that others report of DistilBERT are from splits with
paraphrases of one instruction on both sides.

Out of scope: search for the best numbers, other losses or optimizers.
"""

import fixtures.offline  # the hub without a network; before transformers
from fixtures import helper_utils

import torch

### START CODE HERE ###
# 1. Choose `layers_to_train`, the number of last transformer layers that learn, from 0 to 6.
# 2. Choose `learning_rate`, the size of the optimizer's steps, between 0 and 1.
# 3. Choose `num_epochs`, how often the training part is read, from 1 to 10.
### END CODE HERE ###


def train_dispatcher(model, train_loader, val_loader, class_weights, device):
    """Fine-tune the last layers and the head, with the three numbers from above.

    Args:
        model (transformers.DistilBertForSequenceClassification): with a new head.
        train_loader (torch.utils.data.DataLoader): batches to learn from.
        val_loader (torch.utils.data.DataLoader): batches to be judged by.
        class_weights (torch.Tensor): of shape (classes,), as task 17 computes them.
        device (torch.device | str): where to train.

    Returns:
        The same model, trained, and the results, both as `helper_utils.training_loop` returns
        them. The loss weighs each class; all but the last `layers_to_train` layers and the head
        are frozen, and as they were.
    """
    ### START CODE HERE ###
    # 1. Freeze all but the last `layers_to_train` layers and the head, as in task 18.
    # 2. Make the loss: cross-entropy that weighs the classes.
    # 3. Run `helper_utils.training_loop`, and return what it returns.
    raise NotImplementedError("Write `train_dispatcher` here.")
    ### END CODE HERE ###


def main(rows: int | None = helper_utils.PART) -> None:
    """Train on so many instructions (None: on all), and save logs and a picture."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = helper_utils.prepare(rows)
    _, results = train_dispatcher(
        data.model, data.train_loader, data.val_loader, data.class_weights, device
    )
    trainable, parameters = results["trainable_parameters"], results["parameters"]
    print(f"{layers_to_train=}, {learning_rate=}, {num_epochs=}, on {device}:")
    print(f"trained {trainable:,} of {parameters:,} parameters ({trainable / parameters:.0%}).")
    print("Final Validation Metrics\n")
    print(f"Loss:       {results['val_loss']:.4f}   (wanted: below 0.7)")
    print(f"Accuracy:   {results['val_accuracy']:.4f}")
    print(f"F1:         {results['val_f1']:.4f}   (wanted: 0.8 or more)\n")
    helper_utils.save_training_logs(results)
    helper_utils.analyze_and_plot_results(results, data.id2cat)


if __name__ == "__main__":
    import sys

    main(None if "--all" in sys.argv[1:] else helper_utils.PART)
# stub 07788a938ced77a0
