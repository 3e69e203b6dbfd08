"""Answers to task 03, wrong and right: the tests of its tests."""

import copy
from datetime import date

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchmetrics.functional import mean_squared_error

from fixtures.electricity import load_windows
from fixtures.electricity_generator import generate_electricity
from kata.testing import right, wrong


def fit(model, dataset, *, epochs=1, batch_size=512, learning_rate=1e-3, device="cpu"):
    """A plain training loop for the models below."""
    model.to(device).train()
    windows, targets = (tensor.to(device) for tensor in dataset.tensors)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(targets), device=device).split(batch_size):
            loss = mean_squared_error(model(windows[batch].unsqueeze(-1)), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(targets))
    return losses


class Persistence(nn.Module):
    """Repeats the last reading, with a weight that training may try to improve."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, windows):
        return self.weight * windows[:, -1, 0]


class Network(nn.Module):
    """A small residual network over the window, as seen from its last reading."""

    def __init__(self, hidden=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(96, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, windows):
        readings = windows[:, :, 0]
        last = readings[:, -1:]
        return (last + self.body(torch.cat([readings[:, :-1] - last, last], 1)))[:, 0]


@right("a small residual network, and Adam on large batches")
class overlay:
    def build_model():
        return Network()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset, epochs=6, batch_size=256, learning_rate=2e-3, device=device)


@right("convolutions over the window")
class overlay:
    class Convolutions(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv1d(1, 16, 8, stride=4),
                nn.ReLU(),
                nn.Conv1d(16, 32, 3, stride=2),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(352, 64),
                nn.ReLU(),
                nn.Linear(64, 1),
            )

        def forward(self, windows):
            last = windows[:, -1:, 0]
            return (last + self.body((windows - last.unsqueeze(1)).transpose(1, 2))).squeeze(1)

    def build_model():
        return Convolutions()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset, epochs=4, batch_size=256, learning_rate=2e-3, device=device)


# --- Models ----------------------------------------------------------------------------------


@wrong("is persistence", caught_by="test_beats_persistence")
class overlay:
    def build_model():
        return Persistence()

    def train(model, dataset, *, device="cpu"):
        model.weight.data -= 1e-6
        return [0.04]


@wrong("is a linear regression on the last four readings", caught_by="test_beats_task_02")
class overlay:
    class Regression(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 1)

        def forward(self, windows):
            return self.linear(windows[:, -4:, 0])[:, 0]

    def build_model():
        return Regression()

    def train(model, dataset, *, device="cpu"):
        windows, targets = dataset.tensors
        inputs = torch.cat([windows[:, -4:], torch.ones(len(windows), 1)], 1).double()
        weights = torch.linalg.lstsq(inputs, targets.double()[:, None]).solution[:, 0].float()
        model.linear.weight.data, model.linear.bias.data = weights[None, :-1], weights[-1:]
        return [0.06]


@wrong("repeats the reading of a day ago", caught_by=("test_beats_persistence", "test_r_squared"))
class overlay:
    class DayAgo(Persistence):
        def forward(self, windows):
            return self.weight * windows[:, 0, 0]

    def build_model():
        return DayAgo()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset)


@wrong(
    "is the LSTM of task 02, trained a little", caught_by=("test_beats_task_02", "test_r_squared")
)
class overlay:
    class LSTM(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(1, 32, 2, batch_first=True)
            self.linear = nn.Linear(32, 1)

        def forward(self, windows):
            return self.linear(self.lstm(windows)[0][:, -1])[:, 0]

    def build_model():
        return LSTM()

    def train(model, dataset, *, device="cpu"):
        part = torch.utils.data.TensorDataset(*dataset[:5_000])
        return fit(model, part, learning_rate=1e-4, batch_size=1024)


@wrong(
    "builds nothing",
    caught_by=("test_shape", "test_window_only", "test_given_pairs_only", "test_losses",
               "test_beats_persistence", "test_beats_task_02", "test_r_squared",
               "test_unseen_year", "test_script"),
)  # fmt: skip
def build_model():
    Network()


@wrong(
    "returns no losses",
    caught_by=("test_window_only", "test_given_pairs_only", "test_losses", "test_script",
               "test_beats_persistence", "test_beats_task_02", "test_r_squared"),
)  # fmt: skip
def train(model, dataset, *, device="cpu"):
    fit(model, dataset, device=device)


@wrong(
    "returns no scores",
    caught_by=("test_evaluation", "test_evaluation_r_squared", "test_evaluation_mode",
               "test_script"),
)  # fmt: skip
def evaluate(model, dataset, **options):
    forecasts_of(model, dataset, **options)


@wrong("is never trained", caught_by=("test_given_pairs_only", "test_beats_task_02"))
class overlay:
    def build_model():
        return Network()

    def train(model, dataset, *, device="cpu"):
        return [0.1, 0.05, 0.02]


@wrong("trains a copy", caught_by=("test_given_pairs_only", "test_beats_task_02"))
def train(model, dataset, *, device="cpu"):
    return fit(copy.deepcopy(model), dataset)


@wrong("learns with a rate that destroys the network", caught_by="test_beats_task_02")
def train(model, dataset, *, device="cpu"):
    return fit(model, dataset, learning_rate=1.0)


@wrong("returns losses in units of its own, of targets scaled up", caught_by="test_losses")
class overlay:
    def build_model():
        return Network()

    def train(model, dataset, *, device="cpu"):
        return [16 * loss for loss in fit(model, dataset, device=device)]


@wrong("keeps the feature axis", caught_by="test_shape")
def build_model():
    class Columns(Network):
        def forward(self, windows):
            return super().forward(windows).unsqueeze(-1)

    return Columns()


@wrong("returns a function instead of a network", caught_by="test_shape")
def build_model():
    return lambda windows: windows[:, -1, 0]


@wrong("returns the class instead of a network", caught_by="test_shape")
def build_model():
    return Network


@wrong(
    "peeks at the next window of the batch, whose last reading is the answer",
    caught_by="test_window_only",
)
def build_model():
    class Peeking(Network):
        def forward(self, windows):
            return super().forward(windows) * 0 + torch.roll(windows[:, -1, 0], -1)

    return Peeking()


@wrong("normalises with the statistics of the batch", caught_by="test_window_only")
def build_model():
    class Normalising(Network):
        def forward(self, windows):
            mean, deviation = windows.mean(), windows.std()
            return super().forward((windows - mean) / deviation) * deviation + mean

    return Normalising()


@wrong("leaves dropout on when it forecasts", caught_by="test_window_only")
def build_model():
    class Dropping(Network):
        def forward(self, windows):
            return super().forward(nn.functional.dropout(windows, 0.1))

    return Dropping()


@wrong("trains on the test year as well", caught_by="test_given_pairs_only")
def train(model, dataset, *, device="cpu"):
    return fit(model, torch.utils.data.TensorDataset(*load_windows().test.tensors))


@wrong("scales the data set that it is given", caught_by="test_given_pairs_only")
def train(model, dataset, *, device="cpu"):
    dataset.tensors[1].div_(2)
    return fit(model, dataset)


@wrong("knows the readings of the test year by heart", caught_by="test_unseen_year")
class overlay:
    class ByHeart(Persistence):
        def __init__(self):
            super().__init__()
            year = generate_electricity(date(2011, 1, 1), date(2014, 12, 31))
            series = torch.tensor(year["consumption"].to_numpy(), dtype=torch.float32)[-35_040:]
            self.next = {
                tuple(window.tolist()): float(following)
                for window, following in zip(series[:-1].unfold(0, 20, 1), series[20:], strict=True)
            }

        def forward(self, windows):
            last = windows[:, -1, 0]
            known = [self.next.get(tuple(w[-20:, 0].tolist())) for w in windows]
            return torch.stack([
                last[i] * 0.999 if k is None else torch.tensor(k) for i, k in enumerate(known)
            ]) * self.weight  # fmt: skip

    def build_model():
        return ByHeart()

    def train(model, dataset, *, device="cpu"):
        return [0.0]


# --- Evaluation ------------------------------------------------------------------------------


def forecasts_of(model, dataset, batch_size=1024, device="cpu"):
    """Forecasts and targets, made with care for mode and gradients."""
    mode = model.training
    model.to(device).eval()
    with torch.no_grad():
        pairs = [
            (model(x.unsqueeze(-1).to(device)).cpu(), y) for x, y in DataLoader(dataset, batch_size)
        ]
    model.train(mode)
    return torch.cat([p for p, _ in pairs]), torch.cat([y for _, y in pairs])


def scores_of(forecasts, targets):
    mse = ((forecasts - targets) ** 2).mean()
    return {"mse": mse.item(), "r2": 1 - (mse / targets.var(correction=0)).item()}


@wrong("gives the squared correlation as R-squared", caught_by="test_evaluation_r_squared")
def evaluate(model, dataset, **options):
    forecasts, targets = forecasts_of(model, dataset, **options)
    correlation = torch.corrcoef(torch.stack([forecasts, targets]))[0, 1]
    return {**scores_of(forecasts, targets), "r2": correlation.item() ** 2}


@wrong("swaps forecasts and targets in R-squared", caught_by="test_evaluation_r_squared")
def evaluate(model, dataset, **options):
    forecasts, targets = forecasts_of(model, dataset, **options)
    return scores_of(targets, forecasts)


@wrong("cuts R-squared off at 0", caught_by="test_evaluation_r_squared")
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    return {**scores, "r2": max(scores["r2"], 0.0)}


@wrong(
    "averages the scores of the batches", caught_by=("test_evaluation", "test_evaluation_r_squared")
)
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    forecasts, targets = forecasts_of(model, dataset, batch_size, device)
    parts = [
        scores_of(p, y)
        for p, y in zip(forecasts.split(batch_size), targets.split(batch_size), strict=True)
    ]
    return {key: sum(part[key] for part in parts) / len(parts) for key in ("mse", "r2")}


@wrong("scores the training year, whatever it is asked", caught_by="test_evaluation")
def evaluate(model, dataset, **options):
    return scores_of(*forecasts_of(model, load_windows().train, **options))


@wrong("returns a pair", caught_by="test_evaluation")
def evaluate(model, dataset, **options):
    return tuple(scores_of(*forecasts_of(model, dataset, **options)).values())


@wrong("returns perfect scores", caught_by=("test_evaluation", "test_evaluation_r_squared"))
def evaluate(model, dataset, **options):
    return {"mse": 0.0, "r2": 1.0}


@wrong("returns the root of the mean squared error", caught_by="test_evaluation")
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    return {**scores, "mse": scores["mse"] ** 0.5}


@wrong("evaluates in training mode", caught_by="test_evaluation_mode")
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    pairs = [(model(x.unsqueeze(-1)), y) for x, y in DataLoader(dataset, batch_size)]
    return scores_of(torch.cat([p for p, _ in pairs]), torch.cat([y for _, y in pairs]))


@wrong(
    "evaluates with gradients",
    caught_by=("test_evaluation_leaves_no_trace[True]", "test_evaluation_leaves_no_trace[False]"),
)
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    mode = model.training
    model.eval()
    pairs = [(model(x.unsqueeze(-1)), y) for x, y in DataLoader(dataset, batch_size)]
    model.train(mode)
    return scores_of(torch.cat([p for p, _ in pairs]), torch.cat([y for _, y in pairs]))


@wrong("leaves the model in training mode", caught_by="test_evaluation_leaves_no_trace[False]")
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    model.train()
    return scores


# --- The script and the GPU --------------------------------------------------------------------


@wrong("draws an empty picture", caught_by="test_script")
def plot_week(readings, forecasts, persistence, path):
    figure = plt.figure()
    figure.savefig(path)
    plt.close(figure)


@wrong("shows the plot instead of saving it", caught_by="test_script")
def plot_week(readings, forecasts, persistence, path):
    plt.plot(readings)
    plt.show()
    plt.close()


@wrong("puts a constant of the CPU into the forecast", caught_by="test_gpu_forecast")
class overlay:
    class Shifted(Network):
        def forward(self, windows):
            return super().forward(windows) + torch.zeros(len(windows))

    def build_model():
        return Shifted()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset)


@wrong("trains on the CPU whatever the device", caught_by="test_gpu_train")
def train(model, dataset, *, device="cpu"):
    return fit(model, dataset)


@wrong("evaluates on the CPU whatever the device", caught_by="test_gpu_evaluate")
def evaluate(model, dataset, *, device="cpu", **options):
    return scores_of(*forecasts_of(model, dataset, **options))
