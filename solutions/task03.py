"""Task 03: a better forecaster (week 09, task 03).

Find a network, and a way to train it, that forecast the next reading well. On the test year it has
to beat three marks:

- persistence, which repeats the last reading of the window, by 5% or more (its mean squared error
  is 0.0388);
- the LSTM of task 02 (0.0354, so this is the mark that counts);
- an R-squared of 0.9.

The figures are those of the course's own, invented customer, on which the tests judge; on another
invented year, it has to beat persistence by as much.

    pytest tests/test_task03.py     judges this file; it trains once, on three years
    python tasks/task03.py          trains, prints the scores and draws task03.png

The rules: a forecast uses its own window and nothing else, and in evaluation mode it is the same
every time. Training uses the pairs that it is given, and neither other data nor weights fitted
beforehand: only `main` loads anything. `train` may take two minutes on one CPU core.

Data sets are as in task 02: windows `(96,)` and targets `()`, in float32; `train` and `evaluate`
add the feature axis. Things to try: what the network is asked to forecast (the reading, or the
change since the last one?), the kind of network, its size, the learning rate and its schedule, the
size of the batches.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler
from torchmetrics import MeanSquaredError, R2Score
from tqdm import tqdm

from fixtures.electricity import load_windows

WEEK = 7 * 96  # readings


### START CODE HERE ###
# 1. Define your network here.
class ChangeForecaster(nn.Module):
    """Forecasts the change since the last reading, from the window as seen from that reading.

    An untrained one forecasts no change: it starts as persistence, and can only learn to do
    better. Patterns are seen wherever the series stands, and its level is an input of its own.
    Its units saturate, which keeps forecasts sober in a year that is unlike those it learnt from.
    """

    def __init__(self, sequence_length: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Linear(sequence_length, 256),
            nn.Tanh(),
            nn.Dropout(0.1),
            nn.Linear(256, 128),
            nn.Tanh(),
            nn.Dropout(0.1),
            nn.Linear(128, 1),
        )
        nn.init.zeros_(self.change[-1].weight)
        nn.init.zeros_(self.change[-1].bias)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        readings = windows.squeeze(-1)  # (batch, sequence_length)
        last = readings[:, -1:]
        seen_from_last = torch.cat([readings[:, :-1] - last, last], dim=1)
        return (last + self.change(seen_from_last)).squeeze(-1)


### END CODE HERE ###


def build_model() -> nn.Module:
    """A network that maps windows `(batch, 96, 1)` to the readings after them, `(batch,)`."""
    ### START CODE HERE ###
    # 1. Build the network that you defined above.
    return ChangeForecaster(96)
    ### END CODE HERE ###


def train(model: nn.Module, dataset: Dataset, *, device: str = "cpu") -> list[float]:
    """Train `model` on the (window, target) pairs of `dataset`, on `device`, as you see fit.

    Returns:
        The mean squared error of each epoch (of the one, if there is one), in the units of the
        targets.
    """
    ### START CODE HERE ###
    # 1. Choose a loader, an optimizer and the number of epochs.
    epochs = 6
    model.to(device).train()
    # A batch's positions are drawn first, so that the tensors are indexed once for all of them.
    batches = BatchSampler(RandomSampler(dataset), batch_size=256, drop_last=False)
    loader = DataLoader(dataset, sampler=batches, batch_size=None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    # Large steps find the region, small ones the place: the rate rises and falls once.
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=2e-3, total_steps=epochs * len(loader), pct_start=0.2
    )
    # 2. Train, and keep the error of every epoch.
    mse = MeanSquaredError().to(device)
    losses = []
    for epoch in range(1, epochs + 1):
        for windows, targets in tqdm(loader, desc=f"epoch {epoch} of {epochs}"):
            loss = mse(model(windows.unsqueeze(-1).to(device)), targets.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        losses.append(mse.compute().item())
        mse.reset()
    return losses
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
    was_training = model.training
    model.to(device).eval()
    mse, r2 = MeanSquaredError().to(device), R2Score().to(device)
    with torch.no_grad():
        for windows, targets in DataLoader(dataset, batch_size=batch_size):
            forecasts = model(windows.unsqueeze(-1).to(device))
            mse.update(forecasts, targets.to(device))
            r2.update(forecasts, targets.to(device))
    model.train(was_training)
    # 2. Compare them with the targets.
    return {"mse": mse.compute().item(), "r2": r2.compute().item()}
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


def main() -> None:
    """Train, print the scores on the test year beside persistence, and draw a week of it."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # on small batches several threads get in each other's way
    torch.manual_seed(9)
    data = load_windows(96)
    model = build_model()
    for epoch, loss in enumerate(train(model, data.train, device=device), 1):
        print(f"Epoch {epoch}, Average MSE loss: {loss}")
    scores = evaluate(model, data.test, device=device)
    windows, targets = data.test.tensors
    persistence = ((windows[:, -1] - targets) ** 2).mean().item()
    print(f"Test MSE: {scores['mse']}")
    print(f"Test R-squared: {scores['r2']}")
    print(f"Test MSE of persistence: {persistence}")

    week = slice(max(len(targets) // 2 - WEEK, 0), max(len(targets) // 2, WEEK))
    with torch.no_grad():
        forecasts = model.to("cpu").eval()(windows[week].unsqueeze(-1))
    plot_week(targets[week].numpy(), forecasts.numpy(), windows[week, -1].numpy(), "task03.png")
    print("A week of readings and forecasts: task03.png")


if __name__ == "__main__":
    main()
