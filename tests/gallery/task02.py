"""Answers to task 02, wrong and right: the tests of its tests."""

import copy

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchmetrics import MeanSquaredError
from torchmetrics.functional import mean_squared_error
from tqdm import tqdm, trange

from kata.testing import right, wrong


@right("stacks two LSTM modules and starts the memory by default")
class ConsumptionForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(32, 1)
        self.second = nn.LSTM(32, 32, batch_first=True)
        self.first = nn.LSTM(1, 32, batch_first=True)

    def forward(self, windows):
        outputs, _ = self.first(windows)
        _, (hidden, _) = self.second(outputs)
        return self.head(hidden[-1])[:, 0]


@right("steps LSTM cells by hand")
class ConsumptionForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.ModuleList([nn.LSTMCell(1, 32), nn.LSTMCell(32, 32)])
        self.out = nn.Linear(32, 1)

    def forward(self, windows):
        states = [None, None]
        for t in range(windows.shape[1]):
            x = windows[:, t]
            for i, cell in enumerate(self.cells):
                states[i] = cell(x, states[i])
                x = states[i][0]
        return self.out(x).flatten()


@right("puts time first for the LSTM")
class ConsumptionForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 32, 2)
        self.fc = nn.Linear(32, 1)

    def forward(self, windows):
        outputs, _ = self.lstm(windows.transpose(0, 1))
        return self.fc(outputs[-1]).squeeze(1)


@right("loads many batches in two processes")
def train(model, dataset, *, batch_size=32, **options):
    workers = 2 if len(dataset) > 600 else 0
    return fit(model, dataset, batch_size=batch_size, num_workers=workers, **options)


@right("uses the functional metric, its own sums and a bar that is updated by hand")
class overlay:
    def train(model, dataset, *, epochs=3, batch_size=32, learning_rate=1e-4, device="cpu"):
        model = model.to(device)
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
        losses = []
        for epoch in range(epochs):
            loader = DataLoader(dataset, batch_size, shuffle=True)
            total = 0.0
            with tqdm(total=len(loader), desc=f"epoch {epoch + 1}") as bar:
                for x, y in loader:
                    x, y = x.to(device), y.to(device)
                    loss = mean_squared_error(model(x[:, :, None]), y)
                    model.zero_grad()
                    loss.backward()
                    optimizer.step()
                    total += float(loss) * len(y)
                    bar.update()
            losses.append(total / len(dataset))
            print(f"Epoch {epoch + 1}, Average MSE loss: {losses[-1]}")
        return losses

    @torch.inference_mode()
    def evaluate(model, dataset, *, batch_size=32, device="cpu"):
        mode = model.training
        model.to(device).eval()
        metric = MeanSquaredError().to(device)
        for x, y in DataLoader(dataset, batch_size):
            metric(model(x[:, :, None].to(device)), y.to(device))
        model.train(mode)
        return float(metric.compute())


# --- The model -------------------------------------------------------------------------------


class Forecaster(nn.Module):
    """What the wrong models below change one thing about."""

    kind = nn.LSTM
    layers = 2
    size = 32
    bias = True

    def __init__(self):
        super().__init__()
        self.lstm = self.kind(1, self.size, self.layers, batch_first=True)
        self.linear = nn.Linear(self.size, 1)

    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1]).squeeze(-1)


@wrong("has one LSTM layer", caught_by=("test_layers", "test_forward"))
class ConsumptionForecaster(Forecaster):
    layers = 1


@wrong("has three LSTM layers", caught_by="test_layers")
class ConsumptionForecaster(Forecaster):
    layers = 3


@wrong("has a memory of 64", caught_by="test_layers")
class ConsumptionForecaster(Forecaster):
    size = 64


@wrong("is a GRU", caught_by="test_layers")
class ConsumptionForecaster(Forecaster):
    kind = nn.GRU


@wrong("is a plain recurrent network", caught_by="test_layers")
class ConsumptionForecaster(Forecaster):
    kind = nn.RNN


@wrong("adds a hidden linear layer", caught_by="test_layers")
class ConsumptionForecaster(Forecaster):
    def __init__(self):
        super().__init__()
        self.linear = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))


@wrong("reads the first output instead of the last", caught_by="test_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, 0]).squeeze(-1)


@wrong("reads the memory of the first layer", caught_by="test_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[1][0][0]).squeeze(-1)


@wrong("reads the cell memory instead of the output", caught_by="test_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[1][1][-1]).squeeze(-1)


@wrong("averages the outputs over time", caught_by="test_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0].mean(dim=1)).squeeze(-1)


@wrong("lets no forecast be negative", caught_by="test_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return torch.relu(super().forward(windows))


@wrong("swaps the batch and time axes", caught_by=("test_windows_are_independent", "test_forward"))
class ConsumptionForecaster(Forecaster):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 32, 2)


@wrong("reads the last window of the batch instead of the last time step", caught_by="test_shape")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][-1]).squeeze(-1)


@wrong("starts with random memory", caught_by=("test_memory_is_not_carried_over", "test_forward"))
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        memory = [torch.randn(2, len(windows), 32) for _ in range(2)]
        return self.linear(self.lstm(windows, memory)[0][:, -1]).squeeze(-1)


@wrong("carries the memory over from batch to batch", caught_by="test_memory_is_not_carried_over")
class ConsumptionForecaster(Forecaster):
    memory = None

    def forward(self, windows):
        if self.memory is not None and self.memory[0].shape[1] != len(windows):
            self.memory = None
        outputs, memory = self.lstm(windows, self.memory)
        self.memory = [part.detach() for part in memory]
        return self.linear(outputs[:, -1]).squeeze(-1)


@wrong("normalises each batch by itself", caught_by="test_windows_are_independent")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return super().forward(windows - windows.mean())


@wrong("keeps the feature axis in the forecast", caught_by="test_shape")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1])


@wrong("squeezes a batch of one away", caught_by="test_shape")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1]).squeeze()


@wrong("takes windows of 96 readings only", caught_by="test_shape")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return super().forward(windows.view(-1, 96, 1))


@wrong(
    "forecasts the last reading, whatever the network says",
    caught_by=("test_forward", "test_gradients"),
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return windows[:, -1, 0] + 0 * super().forward(windows)


@wrong("cuts the gradient before the linear layer", caught_by="test_gradients")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1].detach()).squeeze(-1)


@wrong("never trains: the model is a constant", caught_by=("test_layers", "test_learning"))
class ConsumptionForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def forward(self, windows):
        return self.value.expand(len(windows))


@wrong(
    "forgets to return the forecast",
    caught_by=("test_shape", "test_forward", "test_windows_are_independent",
               "test_memory_is_not_carried_over", "test_gradients", "test_learning", "test_script"),
)  # fmt: skip
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        self.linear(self.lstm(windows)[0][:, -1]).squeeze(-1)


@wrong("creates the memory on the CPU", caught_by="test_gpu_forward")
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        memory = torch.zeros(2, len(windows), 32)
        return self.linear(self.lstm(windows, (memory, memory))[0][:, -1]).squeeze(-1)


# --- Training --------------------------------------------------------------------------------


def fit(
    model,
    dataset,
    *,
    epochs=3,
    batch_size=32,
    learning_rate=1e-4,
    device="cpu",
    optimizer=torch.optim.AdamW,
    shuffle=True,
    drop_last=False,
    squeeze=lambda targets: targets,
    step=lambda optimizer: (optimizer.step(), optimizer.zero_grad()),
    average=lambda losses, sizes: (
        sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes)
    ),
    bar=tqdm,
    over=range,
    line="Epoch {epoch}, Average MSE loss: {loss}",
    loss_of=mean_squared_error,
    num_workers=0,
):
    """What the wrong training loops below change one thing about."""
    model.to(device).train()
    chosen = optimizer(model.parameters(), lr=learning_rate)
    order = {"shuffle": shuffle, "drop_last": drop_last}
    loader = DataLoader(dataset, batch_size, **order, num_workers=num_workers)
    epochs_losses = []
    for epoch in over(epochs):
        losses, sizes = [], []
        for x, y in bar(loader):
            loss = loss_of(model(x.unsqueeze(-1).to(device)), squeeze(y).to(device))
            loss.backward()
            step(chosen)
            losses.append(loss.item())
            sizes.append(len(y))
        epochs_losses.append(average(losses, sizes))
        print(line.format(epoch=epoch + 1, loss=epochs_losses[-1]))
    return epochs_losses


@wrong(
    "forgets to return the losses",
    caught_by=("test_batches", "test_order", "test_steps", "test_losses", "test_defaults",
               "test_training_mode", "test_progress", "test_loss_per_epoch_is_printed",
               "test_learning", "test_calls"),
)  # fmt: skip
def train(model, dataset, **options):
    fit(model, dataset, **options)


@wrong("does nothing at all", caught_by=("test_batches", "test_steps", "test_torchmetrics"))
def train(model, dataset, *, epochs=3, **options):
    return [0.1] * epochs


@wrong("scales the windows on their way into the model", caught_by=("test_batches", "test_steps"))
def train(model, dataset, **options):
    windows, targets = dataset.tensors
    return fit(model, torch.utils.data.TensorDataset(windows / windows.std(), targets), **options)


@wrong("adds the gradients of all batches up", caught_by="test_steps")
def train(model, dataset, **options):
    return fit(model, dataset, step=lambda optimizer: optimizer.step(), **options)


@wrong("clears the gradients between backward and step", caught_by=("test_steps", "test_learning"))
def train(model, dataset, **options):
    return fit(
        model, dataset, step=lambda optimizer: (optimizer.zero_grad(), optimizer.step()), **options
    )


@wrong("never takes a step", caught_by=("test_steps", "test_learning"))
def train(model, dataset, **options):
    return fit(model, dataset, step=lambda optimizer: optimizer.zero_grad(), **options)


@wrong("trains a copy of the model", caught_by=("test_steps", "test_learning"))
def train(model, dataset, **options):
    return fit(copy.deepcopy(model), dataset, **options)


@wrong("uses SGD", caught_by=("test_steps", "test_defaults"))
def train(model, dataset, **options):
    return fit(model, dataset, optimizer=torch.optim.SGD, **options)


@wrong("uses Adam, which does not decay the weights", caught_by="test_steps")
def train(model, dataset, **options):
    return fit(model, dataset, optimizer=torch.optim.Adam, **options)


@wrong("uses Adam with the decay in the gradient", caught_by="test_steps")
def train(model, dataset, **options):
    def adam(parameters, lr):
        return torch.optim.Adam(parameters, lr=lr, weight_decay=0.01)

    return fit(model, dataset, optimizer=adam, **options)


@wrong("ignores the learning rate", caught_by="test_steps")
def train(model, dataset, *, learning_rate=1e-4, **options):
    return fit(model, dataset, learning_rate=1e-4, **options)


@wrong("has AdamW's own default, a learning rate of 0.001", caught_by="test_defaults")
def train(model, dataset, *, learning_rate=1e-3, **options):
    return fit(model, dataset, learning_rate=learning_rate, **options)


@wrong("trains for one epoch by default", caught_by=("test_defaults", "test_script"))
def train(model, dataset, *, epochs=1, **options):
    return fit(model, dataset, epochs=epochs, **options)


@wrong("has batches of 64 by default", caught_by="test_defaults")
def train(model, dataset, *, batch_size=64, **options):
    return fit(model, dataset, batch_size=batch_size, **options)


@wrong("ignores the batch size", caught_by="test_batches")
def train(model, dataset, *, batch_size=32, **options):
    return fit(model, dataset, **options)


@wrong("does not shuffle", caught_by="test_order")
def train(model, dataset, **options):
    return fit(model, dataset, shuffle=False, **options)


@wrong("shuffles once, for all epochs", caught_by="test_order")
def train(model, dataset, *, batch_size=32, **options):
    order = torch.randperm(len(dataset)).tolist()
    shuffled = torch.utils.data.Subset(dataset, order)
    return fit(model, shuffled, shuffle=False, batch_size=batch_size, **options)


@wrong("draws pairs with replacement", caught_by="test_batches")
def train(model, dataset, **options):
    drawn = torch.utils.data.Subset(dataset, torch.randint(len(dataset), (len(dataset),)).tolist())
    return fit(model, drawn, **options)


@wrong("drops the last, smaller batch", caught_by="test_batches")
def train(model, dataset, **options):
    return fit(model, dataset, drop_last=True, **options)


@wrong(
    "compares forecasts (batch,) with targets (batch, 1)", caught_by=("test_losses", "test_steps")
)
def train(model, dataset, **options):
    return fit(
        model,
        dataset,
        squeeze=lambda targets: targets.unsqueeze(1),
        loss_of=lambda forecasts, targets: ((forecasts - targets) ** 2).mean(),
        **options,
    )


@wrong("averages the batches' means", caught_by="test_losses")
def train(model, dataset, **options):
    return fit(model, dataset, average=lambda losses, sizes: sum(losses) / len(losses), **options)


@wrong("returns the loss of the last batch", caught_by="test_losses")
def train(model, dataset, **options):
    return fit(model, dataset, average=lambda losses, sizes: losses[-1], **options)


@wrong("returns the sum of the squared errors", caught_by="test_losses")
def train(model, dataset, **options):
    return fit(
        model,
        dataset,
        average=lambda losses, sizes: sum(a * b for a, b in zip(losses, sizes, strict=True)),
        **options,
    )


@wrong("returns the root of the error", caught_by="test_losses")
def train(model, dataset, **options):
    return fit(model, dataset, average=lambda losses, sizes: losses[0] ** 0.5, **options)


@wrong("trains on the absolute error", caught_by=("test_losses", "test_steps"))
def train(model, dataset, **options):
    return fit(model, dataset, loss_of=lambda a, b: (a - b).abs().mean(), **options)


@wrong("returns one number for all epochs", caught_by="test_losses")
def train(model, dataset, **options):
    return fit(model, dataset, **options)[-1]


@wrong("leaves the model in evaluation mode", caught_by="test_training_mode")
def train(model, dataset, **options):
    mode = model.train
    model.train = lambda on=True: model
    losses = fit(model, dataset, **options)
    model.train = mode
    return losses


@wrong("shows no bar", caught_by="test_progress")
def train(model, dataset, **options):
    return fit(model, dataset, bar=lambda loader: loader, **options)


@wrong("shows a bar over epochs only", caught_by="test_progress")
def train(model, dataset, **options):
    return fit(model, dataset, over=trange, bar=lambda loader: loader, **options)


@wrong("prints all epochs as the first", caught_by="test_loss_per_epoch_is_printed")
def train(model, dataset, **options):
    return fit(model, dataset, line="Epoch 1, Average MSE loss: {loss}", **options)


@wrong("makes an optimizer for every epoch", caught_by="test_steps")
def train(model, dataset, *, epochs=3, **options):
    return [fit(model, dataset, epochs=1, **options)[0] for _ in range(epochs)]


@wrong("computes the error without torchmetrics", caught_by="test_torchmetrics")
def train(model, dataset, **options):
    return fit(model, dataset, loss_of=nn.functional.mse_loss, **options)


@wrong("runs the model on one window at a time", caught_by=("test_batches", "test_calls"))
def train(model, dataset, *, batch_size=32, **options):
    def one_by_one(windows):
        return torch.cat([model(window.unsqueeze(0)) for window in windows])

    one_by_one.to = lambda device: model.to(device)
    one_by_one.parameters = model.parameters
    return fit(one_by_one, dataset, batch_size=batch_size, **options)


@wrong(
    "prints the loss in a format of its own",
    caught_by=("test_loss_per_epoch_is_printed", "test_script"),
)
def train(model, dataset, **options):
    return fit(model, dataset, line="epoch {epoch}: loss {loss}", **options)


@wrong("trains with a tenth of the learning rate", caught_by="test_steps")
def train(model, dataset, *, learning_rate=1e-4, **options):
    return fit(model, dataset, learning_rate=learning_rate / 10, **options)


@wrong("trains on the first month alone, to save time", caught_by="test_full_script")
def train(model, dataset, **options):
    month = torch.utils.data.Subset(dataset, range(min(len(dataset), 30 * 96)))
    return fit(model, month, **options)


@wrong("leaves the model on the CPU", caught_by="test_gpu_train")
def train(model, dataset, *, device="cpu", **options):
    return fit(model, dataset, device="cpu", **options)


@wrong("feeds the GPU one window at a time", caught_by="test_gpu_calls")
def train(model, dataset, *, device="cpu", batch_size=32, **options):
    if device != "cpu":
        batch_size = 1
    return fit(model, dataset, device=device, batch_size=batch_size, **options)


# --- Evaluation ------------------------------------------------------------------------------


def error_of(model, dataset, *, batch_size=32, device="cpu"):
    """What the wrong evaluations below wrap: no mode, no gradient setting of its own."""
    model.to(device)
    metric = MeanSquaredError().to(device)
    for x, y in DataLoader(dataset, batch_size):
        metric.update(model(x.unsqueeze(-1).to(device)), y.to(device))
    return metric.compute().item()


@wrong("forgets to return the error", caught_by=("test_evaluation", "test_learning", "test_script"))
@torch.no_grad()
def evaluate(model, dataset, **options):
    error_of(model.eval(), dataset, **options)


@wrong("evaluates in training mode", caught_by="test_evaluation_mode")
def evaluate(model, dataset, **options):
    with torch.no_grad():
        return error_of(model, dataset, **options)


@wrong(
    "leaves the model in evaluation mode after evaluating", caught_by="test_mode_is_restored[True]"
)
def evaluate(model, dataset, **options):
    model.eval()
    with torch.no_grad():
        return error_of(model, dataset, **options)


@wrong(
    "puts the model into training mode after evaluating", caught_by="test_mode_is_restored[False]"
)
def evaluate(model, dataset, **options):
    model.eval()
    with torch.no_grad():
        error = error_of(model, dataset, **options)
    model.train()
    return error


@wrong("evaluates with gradients", caught_by="test_evaluation_without_gradients")
def evaluate(model, dataset, **options):
    mode = model.training
    model.eval()
    error = error_of(model, dataset, **options)
    model.train(mode)
    return error


@wrong("averages the errors of the batches", caught_by="test_evaluation")
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=32, device="cpu"):
    loader = DataLoader(dataset, batch_size)
    return sum(float(mean_squared_error(model(x[..., None]), y)) for x, y in loader) / len(loader)


@wrong("evaluates the first batch only", caught_by="test_evaluation")
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=32, device="cpu"):
    x, y = next(iter(DataLoader(dataset, batch_size)))
    return float(mean_squared_error(model(x[..., None]), y))


@wrong("returns a tensor", caught_by="test_evaluation")
@torch.no_grad()
def evaluate(model, dataset, **options):
    return torch.tensor(error_of(model, dataset, **options))


@wrong("returns the root of the mean squared error", caught_by="test_evaluation")
@torch.no_grad()
def evaluate(model, dataset, **options):
    return error_of(model, dataset, **options) ** 0.5


@wrong("always reports the sheet's error", caught_by="test_evaluation")
def evaluate(model, dataset, **options):
    return 0.09648480266332626


@wrong("evaluates on the CPU whatever the device", caught_by="test_gpu_evaluate")
@torch.no_grad()
def evaluate(model, dataset, *, device="cpu", **options):
    mode = model.training
    error = error_of(model.eval(), dataset, **options)
    model.train(mode)
    return error
