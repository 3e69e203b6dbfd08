"""Answers to task 03, wrong and right: the tests of its tests."""

import copy
from datetime import date

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchmetrics.functional import mean_squared_error

from fixtures.electricity import load_windows, load_years
from fixtures.electricity_generator import generate_electricity
from kata.testing import right, wrong


def fit(model, dataset, *, epochs=1, batch_size=512, learning_rate=1e-3, device="cpu"):
    """A plain training loop for the models below."""
    model.to(device).train()
    windows, targets = (tensor.to(device) for tensor in dataset.tensors)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    steps = epochs * -(-len(targets) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(targets), device=device).split(batch_size):
            loss = mean_squared_error(model(windows[batch].unsqueeze(-1)), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
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


class Deep(nn.Module):
    """Two layers over the window, as seen from its last reading, and nothing to hold them back."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(96, 256), nn.GELU(), nn.Linear(256, 128), nn.GELU(), nn.Linear(128, 1)
        )

    def forward(self, windows):
        readings = windows[:, :, 0]
        last = readings[:, -1:]
        return (last + self.body(torch.cat([readings[:, :-1] - last, last], 1)))[:, 0]


class Network(nn.Module):
    """A small residual network over the window, as seen from its last reading."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, windows):
        readings = windows[:, :, 0]
        last = readings[:, -1:]
        return (last + self.body(torch.cat([readings[:, :-1] - last, last], 1)))[:, 0]


@right("two layers that miss a quarter of the readings in training")
class overlay:
    class TwoLayers(Network):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                nn.Dropout(0.25), nn.Linear(96, 160), nn.ReLU(), nn.Linear(160, 40), nn.ReLU(),
                nn.Linear(40, 1),
            )  # fmt: skip

    def build_model():
        return TwoLayers()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset, epochs=8, batch_size=256, learning_rate=2e-3, device=device)


@right("a bounded correction, and a loss that large jumps do not rule")
class overlay:
    class Bounded(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Sequential(
                nn.Dropout(0.15), nn.Linear(96, 256), nn.Tanh(), nn.Dropout(0.2),
                nn.Linear(256, 128), nn.Tanh(), nn.Dropout(0.2),
            )  # fmt: skip
            self.change = nn.Linear(128, 1)

        def forward(self, windows):
            last = windows[:, -1]  # (batch, 1)
            seen = windows.squeeze(-1) - last
            return (last + self.change(self.hidden(seen))).squeeze(-1)

    def build_model():
        return Bounded()

    def train(model, dataset, *, device="cpu"):
        model.to(device).train()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.6)
        losses = []
        for _ in range(6):
            errors = []
            for windows, targets in DataLoader(dataset, batch_size=256, shuffle=True):
                forecasts = model(windows.unsqueeze(-1).to(device))
                off = forecasts - targets.to(device)
                optimizer.zero_grad()
                nn.functional.smooth_l1_loss(off, torch.zeros_like(off)).backward()
                optimizer.step()
                errors.append(off.detach() ** 2)
            losses.append(torch.cat(errors).mean().item())
            schedule.step()
        return losses


# --- Models ----------------------------------------------------------------------------------


@wrong(
    "is persistence",
    advice=(
        "Take it as a start: "
        "let a network learn from the whole window what to add to the last reading."
    ),
    caught_by="test_beats_persistence",
)
class overlay:
    def build_model():
        return Persistence()

    def train(model, dataset, *, device="cpu"):
        model.weight.data -= 1e-6
        return [0.04]


@wrong(
    "is a linear regression on the last four readings",
    advice=(
        "A line through so few readings cannot foresee a jump; "
        "give a network with hidden layers the whole window, which starts a day back."
    ),
    caught_by="test_beats_persistence",
)
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


@wrong(
    "repeats the reading of a day ago",
    advice=(
        "Yesterday helps to foresee a jump, "
        "but the last reading is mostly far closer to the next; let a network use both."
    ),
    caught_by=("test_beats_persistence", "test_r_squared"),
)
class overlay:
    class DayAgo(Persistence):
        def forward(self, windows):
            return self.weight * windows[:, 0, 0]

    def build_model():
        return DayAgo()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset)


@wrong(
    "is the LSTM of task 02, trained a little",
    advice=(
        "It still has to learn to rebuild the last reading; "
        "let it forecast the change since then, and train it on more pairs for longer."
    ),
    caught_by=("test_beats_task_02", "test_r_squared"),
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
    "trains until it fits",
    advice=(
        "The error on its pairs falls to the end, and says nothing of another year; "
        "hold a year out (`--years`), and keep the network from learning by heart."
    ),
    caught_by=("test_beats_persistence", "test_unseen_year"),
)
class overlay:
    def build_model():
        return Deep()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset, epochs=12, batch_size=256, learning_rate=2e-3, device=device)


@wrong(
    "chooses how long to train by a random part of the pairs",
    advice=(
        "Windows of that part overlap others that were learnt from; "
        "only a year that is held out shows what comes of another one."
    ),
    caught_by=("test_beats_persistence", "test_unseen_year"),
)
class overlay:
    def build_model():
        return Deep()

    def train(model, dataset, *, device="cpu"):
        order = torch.randperm(len(dataset))
        chosen, rest = order[: len(order) // 10], order[len(order) // 10 :]
        part = torch.utils.data.TensorDataset(*dataset[rest])
        windows, targets = dataset[chosen]
        start, best = copy.deepcopy(model.state_dict()), float("inf")
        for epochs in (3, 12):
            model.load_state_dict(start)
            losses = fit(
                model, part, epochs=epochs, batch_size=256, learning_rate=2e-3, device=device
            )
            model.eval()
            with torch.no_grad():
                error = mean_squared_error(model(windows.unsqueeze(-1)), targets).item()
            if error < best:
                best, chosen_losses, kept = error, losses, copy.deepcopy(model.state_dict())
        model.load_state_dict(kept)
        return chosen_losses


@wrong(
    "does not return the network",
    advice=(
        "A function without `return` gives None, "
        "which nobody can train; hand the network to the caller."
    ),
    caught_by=("test_shape", "test_window_only", "test_given_pairs_only", "test_losses",
               "test_beats_persistence", "test_beats_task_02", "test_r_squared",
               "test_unseen_year", "test_script"),
)  # fmt: skip
def build_model():
    Network()


@wrong(
    "returns no losses",
    advice=(
        "The caller wants to see how training went: "
        "note the error of each epoch in a list, and hand that back."
    ),
    caught_by=("test_epochs", "test_window_only", "test_given_pairs_only", "test_losses",
               "test_script", "test_beats_persistence", "test_beats_task_02", "test_r_squared"),
)  # fmt: skip
def train(model, dataset, *, device="cpu"):
    fit(model, dataset, device=device)


@wrong(
    "returns the last loss alone",
    advice=(
        "How training went shows in all of its epochs: "
        "append the error of each to a list, and hand that back."
    ),
    caught_by="test_epochs",
)
def train(model, dataset, *, device="cpu"):
    return fit(model, dataset, device=device)[-1]


@wrong(
    "returns no scores",
    advice=(
        "Forecasts alone judge nothing: compare them with the targets, "
        "and hand back the dictionary that the docstring describes."
    ),
    caught_by=("test_evaluation", "test_evaluation_r_squared", "test_evaluation_mode",
               "test_script"),
)  # fmt: skip
def evaluate(model, dataset, **options):
    forecasts_of(model, dataset, **options)


@wrong(
    "is never trained",
    advice=(
        "Losses are to be measured, not made up: "
        "let an optimizer go through the pairs, and note the error of each epoch."
    ),
    caught_by=("test_given_pairs_only", "test_beats_task_02"),
)
class overlay:
    def build_model():
        return Network()

    def train(model, dataset, *, device="cpu"):
        return [0.1, 0.05, 0.02]


@wrong(
    "trains a copy",
    advice=(
        "The caller goes on with the model that was passed in, "
        "which has learnt nothing; let the optimizer have the parameters of that one."
    ),
    caught_by=("test_given_pairs_only", "test_beats_task_02"),
)
def train(model, dataset, *, device="cpu"):
    return fit(copy.deepcopy(model), dataset)


@wrong(
    "learns with a rate that destroys the network",
    advice=(
        "Steps this large keep throwing the weights about; "
        "try rates near 0.001, falling towards the end."
    ),
    caught_by="test_beats_task_02",
)
def train(model, dataset, *, device="cpu"):
    return fit(model, dataset, learning_rate=1.0)


@wrong(
    "returns losses in units of its own, of targets scaled up",
    advice=(
        "Scaling inside is fine, but a squared error grows with the square of the scale; "
        "undo that before you report it."
    ),
    caught_by="test_losses",
)
class overlay:
    def build_model():
        return Network()

    def train(model, dataset, *, device="cpu"):
        return [16 * loss for loss in fit(model, dataset, device=device)]


@wrong(
    "keeps the feature axis",
    advice=(
        "The targets have one axis and these forecasts two, "
        "so that a difference of both can become a whole table; look at `squeeze`."
    ),
    caught_by="test_shape",
)
def build_model():
    class Columns(Network):
        def forward(self, windows):
            return super().forward(windows).unsqueeze(-1)

    return Columns()


@wrong(
    "returns a function instead of a network",
    advice=(
        "Training needs parameters, a mode and a device, "
        "which an `nn.Module` has; put the computation into its `forward`."
    ),
    caught_by="test_shape",
)
def build_model():
    return lambda windows: windows[:, -1, 0]


@wrong(
    "returns the class instead of a network",
    advice="A class is the plan of a network and has no weights yet; make an instance of it.",
    caught_by="test_shape",
)
def build_model():
    return Network


@wrong(
    "peeks at the next window of the batch, whose last reading is the answer",
    advice=(
        "In real use the next window is not there yet; "
        "let each forecast depend on its own row alone, and try a batch of one."
    ),
    caught_by="test_window_only",
)
def build_model():
    class Peeking(Network):
        def forward(self, windows):
            return super().forward(windows) * 0 + torch.roll(windows[:, -1, 0], -1)

    return Peeking()


@wrong(
    "normalises with the statistics of the batch",
    advice=(
        "The same window gets another forecast in other company; "
        "take mean and deviation of each window by itself (see `dim`)."
    ),
    caught_by="test_window_only",
)
def build_model():
    class Normalising(Network):
        def forward(self, windows):
            mean, deviation = windows.mean(), windows.std()
            return super().forward((windows - mean) / deviation) * deviation + mean

    return Normalising()


@wrong(
    "leaves dropout on when it forecasts",
    advice=(
        "Evaluation has to give the same forecast each time; "
        "`nn.Dropout` follows the network's mode, the functional form must be told."
    ),
    caught_by="test_window_only",
)
def build_model():
    class Dropping(Network):
        def forward(self, windows):
            return super().forward(nn.functional.dropout(windows, 0.1))

    return Dropping()


@wrong(
    "trains on the test year, whatever it is given",
    advice=(
        "A year that was trained on can no longer test anything; "
        "learn from the `dataset` that is passed in, and load nothing."
    ),
    caught_by="test_given_pairs_only",
)
def train(model, dataset, *, device="cpu"):
    return fit(model, torch.utils.data.TensorDataset(*load_windows().test.tensors))


@wrong(
    "scales the data set that it is given",
    advice=(
        "The caller will use these tensors again; "
        "avoid operations in place, and scale new tensors or each batch."
    ),
    caught_by="test_given_pairs_only",
)
def train(model, dataset, *, device="cpu"):
    dataset.tensors[1].div_(2)
    return fit(model, dataset)


@wrong(
    "knows the readings of the test year by heart",
    advice=(
        "A memory is of no use in another year, and the rules forbid it; "
        "let the network learn what repeats in the pairs given."
    ),
    caught_by="test_unseen_year",
)
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


@wrong(
    "gives the squared correlation as R-squared",
    advice=(
        "A correlation does not notice forecasts that are shifted or stretched; "
        "set the squared error against the targets' spread."
    ),
    caught_by="test_evaluation_r_squared",
)
def evaluate(model, dataset, **options):
    forecasts, targets = forecasts_of(model, dataset, **options)
    correlation = torch.corrcoef(torch.stack([forecasts, targets]))[0, 1]
    return {**scores_of(forecasts, targets), "r2": correlation.item() ** 2}


@wrong(
    "swaps forecasts and targets in R-squared",
    advice=(
        "The two have different variances, and the docstring asks for the targets'; "
        "check the order in which you pass them."
    ),
    caught_by="test_evaluation_r_squared",
)
def evaluate(model, dataset, **options):
    forecasts, targets = forecasts_of(model, dataset, **options)
    return scores_of(targets, forecasts)


@wrong(
    "cuts R-squared off at 0",
    advice=(
        "A forecast can be worse than always saying the mean, "
        "and a score below zero tells so; let it through."
    ),
    caught_by="test_evaluation_r_squared",
)
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    return {**scores, "r2": max(scores["r2"], 0.0)}


@wrong(
    "averages the scores of the batches",
    advice=(
        "Batches differ in size and in variance; gather all forecasts, "
        "or running sums, and compute each score once at the end."
    ),
    caught_by=("test_evaluation", "test_evaluation_r_squared"),
)
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    forecasts, targets = forecasts_of(model, dataset, batch_size, device)
    parts = [
        scores_of(p, y)
        for p, y in zip(forecasts.split(batch_size), targets.split(batch_size), strict=True)
    ]
    return {key: sum(part[key] for part in parts) / len(parts) for key in ("mse", "r2")}


@wrong(
    "scores the training year, whatever it is asked",
    advice="The pairs to score are an argument, and only `main` loads data; go through `dataset`.",
    caught_by="test_evaluation",
)
def evaluate(model, dataset, **options):
    return scores_of(*forecasts_of(model, load_windows().train, **options))


@wrong(
    "returns a pair",
    advice=(
        "A pair leaves open which number is which; "
        "the docstring asks for a dictionary with a name for each."
    ),
    caught_by="test_evaluation",
)
def evaluate(model, dataset, **options):
    return tuple(scores_of(*forecasts_of(model, dataset, **options)).values())


@wrong(
    "returns perfect scores",
    advice=(
        "Scores have to be measured: ask the model for a forecast of each window, "
        "and compare it with the target."
    ),
    caught_by=("test_evaluation", "test_evaluation_r_squared"),
)
def evaluate(model, dataset, **options):
    return {"mse": 0.0, "r2": 1.0}


@wrong(
    "returns the root of the mean squared error",
    advice=(
        "The root is another measure, the RMSE, "
        "and the marks of this task are squared errors; look at the last step."
    ),
    caught_by="test_evaluation",
)
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    return {**scores, "mse": scores["mse"] ** 0.5}


@wrong(
    "evaluates in training mode",
    advice=(
        "Dropout and its like spoil the forecasts that are scored; "
        "look at `eval`, and restore the mode afterwards."
    ),
    caught_by="test_evaluation_mode",
)
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    pairs = [(model(x.unsqueeze(-1)), y) for x, y in DataLoader(dataset, batch_size)]
    return scores_of(torch.cat([p for p, _ in pairs]), torch.cat([y for _, y in pairs]))


@wrong(
    "evaluates with gradients",
    advice=(
        "Nothing is learnt here, so tracking gradients only costs memory and time; "
        "look at `torch.no_grad`."
    ),
    caught_by=("test_evaluation_leaves_no_trace[True]", "test_evaluation_leaves_no_trace[False]"),
)
def evaluate(model, dataset, *, batch_size=1024, device="cpu"):
    mode = model.training
    model.eval()
    pairs = [(model(x.unsqueeze(-1)), y) for x, y in DataLoader(dataset, batch_size)]
    model.train(mode)
    return scores_of(torch.cat([p for p, _ in pairs]), torch.cat([y for _, y in pairs]))


@wrong(
    "leaves the model in training mode",
    advice=(
        "The caller may have had it in evaluation mode; "
        "remember the mode before you change it, and restore that."
    ),
    caught_by="test_evaluation_leaves_no_trace[False]",
)
def evaluate(model, dataset, **options):
    scores = scores_of(*forecasts_of(model, dataset, **options))
    model.train()
    return scores


# --- The script and the GPU --------------------------------------------------------------------


@wrong(
    "holds out the last year alone",
    advice=(
        "One year that is held out may be like those that were learnt from; "
        "the stub's `hold_out_years` takes each in turn, put it back as it was."
    ),
    caught_by="test_years_script",
)
def hold_out_years(device):
    *_, (year, pairs) = load_years(96).items()
    windows, targets = pairs.tensors
    persistence = mean_squared_error(windows[:, -1].contiguous(), targets)
    print(f"{year}: {persistence:.4f}, 1.000 of persistence's {persistence:.4f}")


@wrong(
    "draws an empty picture",
    advice=(
        "The picture should show the readings and both forecasts; "
        "the stub's `plot_week` does so, put it back as it was."
    ),
    caught_by="test_script",
)
def plot_week(readings, forecasts, persistence, path):
    figure = plt.figure()
    figure.savefig(path)
    plt.close(figure)


@wrong(
    "shows the plot instead of saving it",
    advice=(
        "A window on the screen is gone when the script ends; "
        "the picture belongs in the file that `path` names."
    ),
    caught_by="test_script",
)
def plot_week(readings, forecasts, persistence, path):
    plt.plot(readings)
    plt.show()
    plt.close()


@wrong(
    "puts a constant of the CPU into the forecast",
    advice=(
        "A new tensor is on the CPU unless you say otherwise; "
        "make it on the windows' device, or look at `register_buffer`."
    ),
    caught_by="test_gpu_forecast",
)
class overlay:
    class Shifted(Network):
        def forward(self, windows):
            return super().forward(windows) + torch.zeros(len(windows))

    def build_model():
        return Shifted()

    def train(model, dataset, *, device="cpu"):
        return fit(model, dataset)


@wrong(
    "trains on the CPU whatever the device",
    advice=(
        "Training is to happen where the caller says; "
        "`device` is for the model, and for each batch."
    ),
    caught_by="test_gpu_train",
)
def train(model, dataset, *, device="cpu"):
    return fit(model, dataset)


@wrong(
    "evaluates on the CPU whatever the device",
    advice=(
        "Forecasts are to be made where the caller says; "
        "move both the model and the windows to `device`."
    ),
    caught_by="test_gpu_evaluate",
)
def evaluate(model, dataset, *, device="cpu", **options):
    return scores_of(*forecasts_of(model, dataset, **options))
