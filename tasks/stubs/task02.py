"""Task 02: an LSTM that forecasts consumption (week 09, task 02).

A recurrent network reads a window one reading at a time and keeps what it has seen in its memory.
Here it maps a sequence to one number, the next reading: sequence to vector.

    pytest tests/test_task02.py            judges this file
    pytest tests/test_task02.py --slow     ... and trains on all three years, a few minutes
    python tasks/task02.py                 trains and evaluates as the sheet does; 2 to 5 minutes

Data sets here are `TensorDataset`s of (window, target) pairs as in task 01: windows of shape
`(sequence_length,)`, targets of shape `()`. The model reads windows with a feature axis,
`(batch, sequence_length, 1)`; adding that axis is up to `train` and `evaluate`. Both compute the
mean squared error with `torchmetrics`.

On the sheet a bar ends at 3284, without the last, smaller batch; here no batch is dropped.

Out of scope: a good forecast. This model hardly beats repeating the last reading, or not at all;
task 03 mends that.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchmetrics import MeanSquaredError
from tqdm import tqdm

from fixtures.electricity import load_windows


class ConsumptionForecaster(nn.Module):
    """Two stacked LSTM layers with a memory (hidden) size of 32, then a linear layer.

    PyTorch's layers, with their biases and without dropout: one `nn.LSTM` of two layers, or two of
    one. Both kinds of memory, hidden and cell, are all zeros at the start of every window, which is
    also what `nn.LSTM` does when it is given none. The linear layer reads the second LSTM layer's
    output at the last time step. There are no other parameters.
    """

    def __init__(self) -> None:
        super().__init__()
        ### START CODE HERE ###
        # 1. Create the LSTM layers and the linear layer.
        raise NotImplementedError("Write `ConsumptionForecaster.__init__` here.")
        ### END CODE HERE ###

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Forecast the reading after each window: `(batch, sequence_length, 1)` to `(batch,)`."""
        ### START CODE HERE ###
        # 1. Let both memories start at zero.
        # 2. Run the windows through the LSTM layers.
        # 3. Give the last output to the linear layer.
        raise NotImplementedError("Write `ConsumptionForecaster.forward` here.")
        ### END CODE HERE ###


def train(
    model: nn.Module,
    dataset: Dataset,
    *,
    epochs: int = 3,
    batch_size: int = 32,
    learning_rate: float = 1e-4,
    device: str = "cpu",
) -> list[float]:
    """Train `model` on the pairs of `dataset`, with AdamW on the mean squared error.

    In every epoch each pair is seen once, in a new random order, in batches of `batch_size` (the
    last may be smaller); the model is in training mode and on `device`. AdamW has PyTorch's
    defaults but for the learning rate. Each epoch shows a tqdm bar that counts its batches, and
    then prints its loss, to four decimals or more: `Epoch 1, Average MSE loss: 0.1824`.

    Returns:
        Per epoch, the mean squared error over its pairs. The error of a pair is that of the
        forecast made for its batch, before that batch's step.
    """
    ### START CODE HERE ###
    # 1. Prepare the model, the loader, the optimizer and the metric.
    # 2. In every epoch, take a step per batch, and keep the mean over the epoch's samples.
    raise NotImplementedError("Write `train` here.")
    ### END CODE HERE ###


def evaluate(
    model: nn.Module, dataset: Dataset, *, batch_size: int = 32, device: str = "cpu"
) -> float:
    """The mean squared error of `model` over all pairs of `dataset`, whatever the batches.

    Forecasts are made on `device`, in evaluation mode and without gradients; afterwards the model
    is in the mode that it was in before.
    """
    ### START CODE HERE ###
    # 1. Remember the mode, and switch to evaluation.
    # 2. Add up the error over all batches, without gradients.
    # 3. Restore the mode.
    raise NotImplementedError("Write `evaluate` here.")
    ### END CODE HERE ###


def main() -> None:
    """Print what the sheet prints: the loss of every epoch, and the error on the test year."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # on small batches several threads get in each other's way
    torch.manual_seed(9)
    windows = load_windows(96)
    model = ConsumptionForecaster()
    train(model, windows.train, device=device)
    print(f"Test MSE: {evaluate(model, windows.test, device=device)}")


if __name__ == "__main__":
    main()
# stub ccc0553799dba9e5
