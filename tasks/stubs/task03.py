"""Task 03: a better forecaster (week 09, task 03).

Find a network, and a way to train it, that forecast the next reading well in a year that is unlike
those it has learnt from. On the test year it has to beat three marks:

- persistence, which repeats the last reading of the window, by 5% or more (its mean squared error
  is 0.0360);
- the LSTM of task 02 (0.0342);
- an R-squared of 0.9.

The figures are those of the course's own, invented customer, on which the tests judge; on the test
years of two other invented customers, it has to beat persistence by as much.

Years differ: the customer has other habits in the test year than in those before. An error on a
random part of the pairs hides that, as these windows overlap others that were learnt from. Hold out
a year instead, learn from the others, and choose what has the smallest share of persistence's error
in the worst year. Leave some room: the test year is harder still.

    pytest tests/test_task03.py     judges this file; it trains once, on three years
    python tasks/task03.py          trains, prints the scores and draws task03.png
    python tasks/task03.py --years  holds out each training year in turn, and prints the errors; it
                                    trains three times

The rules: a forecast uses its own window and nothing else, and in evaluation mode it is the same
every time. Training uses the pairs that it is given, and neither other data nor weights fitted
beforehand: only `main` loads anything. `train` may take two minutes on one CPU core.

Data sets are as in task 02: windows `(96,)` and targets `()`, in float32; `train` and `evaluate`
add the feature axis. Things to try: what the network is asked to forecast (the reading, or the
change since the last one?), the kind of network, its size, what keeps it from learning by heart,
the learning rate and its schedule, the size of the batches.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, TensorDataset
from torchmetrics import MeanSquaredError, R2Score
from tqdm import tqdm

from fixtures.electricity import load_windows, load_years

WEEK = 7 * 96  # readings


### START CODE HERE ###
# 1. Define your network here.
### END CODE HERE ###


def build_model() -> nn.Module:
    """A network that maps windows `(batch, 96, 1)` to the readings after them, `(batch,)`."""
    ### START CODE HERE ###
    # 1. Build the network that you defined above.
    raise NotImplementedError("Write `build_model` here.")
    ### END CODE HERE ###


def train(model: nn.Module, dataset: Dataset, *, device: str = "cpu") -> list[float]:
    """Train `model` on the (window, target) pairs of `dataset`, on `device`, as you see fit.

    Returns:
        The mean squared error of each epoch (of the one, if there is one), in the units of the
        targets.
    """
    ### START CODE HERE ###
    # 1. Choose a loader, an optimizer and the number of epochs.
    # 2. Train, and keep the error of every epoch.
    raise NotImplementedError("Write `train` here.")
    ### END CODE HERE ###


def evaluate(
    model: nn.Module, dataset: Dataset, *, batch_size: int = 1024, device: str = "cpu"
) -> dict[str, float]:
    """Score `model` on all pairs of `dataset`.

    Forecasts are made on `device`, in evaluation mode and without gradients; afterwards the model
    is in the mode that it was in before.

    Returns:
        `{"mse": ..., "r2": ...}`: the mean squared error and the coefficient of determination,
        `1 - mse / variance of the targets`. It is 1 for a perfect forecast, 0 for one that always
        says the targets' mean, and negative for a worse one.
    """
    ### START CODE HERE ###
    # 1. Forecast all targets in evaluation mode, without gradients, and restore the mode.
    # 2. Compare them with the targets.
    raise NotImplementedError("Write `evaluate` here.")
    ### END CODE HERE ###


def plot_week(
    readings: np.ndarray, forecasts: np.ndarray, persistence: np.ndarray, path: str
) -> None:
    """Draw a week of readings with two forecasts of them, and the forecasts' errors below."""
    days = np.arange(len(readings)) / 96
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(12, 7), sharex=True, height_ratios=[2, 1], layout="constrained"
    )
    top.plot(days, readings, color="black", linewidth=1.5, label="reading")
    top.plot(days, persistence, color="tab:orange", linewidth=0.8, label="persistence")
    top.plot(days, forecasts, color="tab:blue", linewidth=1.0, label="forecast")
    top.set(ylabel="consumption (standardised kW)", title="A week of the test year")
    top.legend(loc="upper right", ncols=3)
    bottom.plot(days, np.abs(persistence - readings), color="tab:orange", linewidth=0.8)
    bottom.plot(days, np.abs(forecasts - readings), color="tab:blue", linewidth=1.0)
    bottom.set(ylabel="absolute error", xlabel="days", xlim=(0, days[-1]))
    bottom.set_ylim(bottom=0)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def hold_out_years(device: str) -> None:
    """Train on all training years but one, for each in turn, and print the errors on that one."""
    years = load_years(96)
    if len(years) < 2:
        raise SystemExit(f"There is only {', '.join(map(str, years))}; two years are needed.")
    for year, held_out in years.items():
        others = [pairs.tensors for other, pairs in years.items() if other != year]
        model = build_model()
        train(model, TensorDataset(*map(torch.cat, zip(*others, strict=True))), device=device)
        error = evaluate(model, held_out, device=device)["mse"]
        persistence = persistence_error(held_out)
        print(f"{year}: {error:.4f}, {error / persistence:.3f} of persistence's {persistence:.4f}")


def persistence_error(dataset: TensorDataset) -> float:
    """The mean squared error of persistence, which repeats each window's last reading."""
    windows, targets = dataset.tensors
    return ((windows[:, -1] - targets) ** 2).mean().item()


def main(years: bool = False) -> None:
    """Train, print the scores on the test year beside persistence, and draw a week of it.

    With `years`, hold out each training year in turn instead.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # on small batches several threads get in each other's way
    torch.manual_seed(9)
    if years:
        hold_out_years(device)
        return
    data = load_windows(96)
    model = build_model()
    for epoch, loss in enumerate(train(model, data.train, device=device), 1):
        print(f"Epoch {epoch}, Average MSE loss: {loss}")
    scores = evaluate(model, data.test, device=device)
    print(f"Test MSE: {scores['mse']}")
    print(f"Test R-squared: {scores['r2']}")
    print(f"Test MSE of persistence: {persistence_error(data.test)}")

    windows, targets = data.test.tensors
    week = slice(max(len(targets) // 2 - WEEK, 0), max(len(targets) // 2, WEEK))
    with torch.no_grad():
        forecasts = model.to("cpu").eval()(windows[week].unsqueeze(-1))
    plot_week(targets[week].numpy(), forecasts.numpy(), windows[week, -1].numpy(), "task03.png")
    print("A week of readings and forecasts: task03.png")


if __name__ == "__main__":
    import sys

    main(years="--years" in sys.argv[1:])
# stub ebe6cf2c755039f8
