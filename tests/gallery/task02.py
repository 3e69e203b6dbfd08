"""Answers to task 02, wrong and right: the tests of its tests."""

import copy
from contextlib import contextmanager

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
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


@wrong(
    "has one LSTM layer",
    advice=(
        "Two stacked layers are asked for: the second reads what the first puts out. "
        "Look at the arguments of `nn.LSTM`."
    ),
    caught_by=("test_layers", "test_forward"),
)
class ConsumptionForecaster(Forecaster):
    layers = 1


@wrong(
    "has three LSTM layers",
    advice=(
        "The task stops at the second layer. Count them all: a single `nn.LSTM` can hold several."
    ),
    caught_by="test_layers",
)
class ConsumptionForecaster(Forecaster):
    layers = 3


@wrong(
    "has a memory of 64",
    advice=(
        "The docstring of the class gives the memory size; "
        "the linear layer then reads that many numbers."
    ),
    caught_by="test_layers",
)
class ConsumptionForecaster(Forecaster):
    size = 64


@wrong(
    "is a GRU",
    advice=(
        "A GRU keeps one memory, an LSTM two: hidden and cell. "
        "PyTorch has a module for each of these networks."
    ),
    caught_by="test_layers",
)
class ConsumptionForecaster(Forecaster):
    kind = nn.GRU


@wrong(
    "is a plain recurrent network",
    advice=(
        "Without gates a network soon forgets; an LSTM's gates decide what it keeps. "
        "PyTorch has its own module for it."
    ),
    caught_by="test_layers",
)
class ConsumptionForecaster(Forecaster):
    kind = nn.RNN


@wrong(
    "adds a hidden linear layer",
    advice="The last output goes straight into a single linear layer that makes one number of it.",
    caught_by="test_layers",
)
class ConsumptionForecaster(Forecaster):
    def __init__(self):
        super().__init__()
        self.linear = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))


@wrong(
    "reads the first output instead of the last",
    advice=(
        "That output has seen a single reading; look for the one that has seen the whole window."
    ),
    caught_by="test_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, 0]).squeeze(-1)


@wrong(
    "reads the memory of the first layer",
    advice=(
        "The final memories come one per layer, from the bottom up; "
        "the forecast is to come from the top layer."
    ),
    caught_by="test_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[1][0][0]).squeeze(-1)


@wrong(
    "reads the cell memory instead of the output",
    advice=(
        "The cell is the LSTM's inner memory, the hidden state is what it puts out. "
        "Look up in which order `nn.LSTM` returns them."
    ),
    caught_by="test_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[1][1][-1]).squeeze(-1)


@wrong(
    "averages the outputs over time",
    advice=(
        "The last output has seen the whole window; a mean mixes in outputs that have seen only a "
        "part of it."
    ),
    caught_by="test_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0].mean(dim=1)).squeeze(-1)


@wrong(
    "lets no forecast be negative",
    advice=(
        "The readings are standardised, so many lie below zero; "
        "the linear layer's number is the forecast as it is."
    ),
    caught_by="test_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return torch.relu(super().forward(windows))


@wrong(
    "swaps the batch and time axes",
    advice=(
        "The memory runs from window to window here, not along the readings. "
        "Look up which axis `nn.LSTM` takes for time."
    ),
    caught_by=("test_windows_are_independent", "test_forward"),
)
class ConsumptionForecaster(Forecaster):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 32, 2)


@wrong(
    "reads the last window of the batch instead of the last time step",
    advice=(
        "That gives one number per reading of one window. "
        "Write down the shape of the outputs, and what each axis stands for."
    ),
    caught_by="test_shape",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][-1]).squeeze(-1)


@wrong(
    "starts with random memory",
    advice=(
        "The same window would get another forecast each time; "
        "both memories are to be zero at the start."
    ),
    caught_by=("test_memory_is_not_carried_over", "test_forward"),
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        memory = [torch.randn(2, len(windows), 32) for _ in range(2)]
        return self.linear(self.lstm(windows, memory)[0][:, -1]).squeeze(-1)


@wrong(
    "carries the memory over from batch to batch",
    advice=(
        "Windows come in random order, so the last batch says nothing about the next; "
        "every window starts with a fresh memory."
    ),
    caught_by="test_memory_is_not_carried_over",
)
class ConsumptionForecaster(Forecaster):
    memory = None

    def forward(self, windows):
        if self.memory is not None and self.memory[0].shape[1] != len(windows):
            self.memory = None
        outputs, memory = self.lstm(windows, self.memory)
        self.memory = [part.detach() for part in memory]
        return self.linear(outputs[:, -1]).squeeze(-1)


@wrong(
    "normalises each batch by itself",
    advice=(
        "A forecast then depends on which other windows share the batch; "
        "feed the readings as they are."
    ),
    caught_by="test_windows_are_independent",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return super().forward(windows - windows.mean())


@wrong(
    "keeps the feature axis in the forecast",
    advice=(
        "The linear layer leaves an axis of length 1, but a forecast is one number per window. "
        "Look at what `squeeze` can do."
    ),
    caught_by="test_shape",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1])


@wrong(
    "squeezes a batch of one away",
    advice="With one window the batch axis has length 1, too; name the one axis that is to go.",
    caught_by="test_shape",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1]).squeeze()


@wrong(
    "takes windows of 96 readings only",
    advice=(
        "An LSTM reads as many time steps as there are; "
        "let the windows keep the shape in which they come."
    ),
    caught_by="test_shape",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return super().forward(windows.view(-1, 96, 1))


@wrong(
    "forecasts the last reading, whatever the network says",
    advice=(
        "That is a fair guess, but nothing can be learnt from it; "
        "the forecast is to come from the linear layer."
    ),
    caught_by=("test_forward", "test_gradients"),
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return windows[:, -1, 0] + 0 * super().forward(windows)


@wrong(
    "cuts the gradient before the linear layer",
    advice=(
        "The LSTM layers have to learn, too. Look for what cuts them off from the loss, "
        "such as `detach` or `no_grad`."
    ),
    caught_by="test_gradients",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1].detach()).squeeze(-1)


@wrong(
    "forecasts one constant, whatever the window",
    advice=(
        "A forecast has to depend on its window: let the readings pass through two LSTM layers and "
        "a linear one."
    ),
    caught_by=("test_layers", "test_learning"),
)
class ConsumptionForecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def forward(self, windows):
        return self.value.expand(len(windows))


@wrong(
    "forgets to return the forecast",
    advice=(
        "Whoever calls the model gets None; `forward` has to hand back what the linear layer says."
    ),
    caught_by=("test_shape", "test_forward", "test_windows_are_independent",
               "test_memory_is_not_carried_over", "test_gradients", "test_learning", "test_script"),
)  # fmt: skip
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        self.linear(self.lstm(windows)[0][:, -1]).squeeze(-1)


@wrong(
    "creates the memory on the CPU",
    advice=(
        "The memory has to be where the windows are. Look at `new_zeros`, "
        "or recall how `nn.LSTM` starts when it is given none."
    ),
    caught_by="test_gpu_forward",
)
class ConsumptionForecaster(Forecaster):
    def forward(self, windows):
        memory = torch.zeros(2, len(windows), 32)
        return self.linear(self.lstm(windows, (memory, memory))[0][:, -1]).squeeze(-1)


# --- Training --------------------------------------------------------------------------------


def weighed(losses, sizes):
    return sum(a * b for a, b in zip(losses, sizes, strict=True)) / sum(sizes)


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
    average=weighed,
    bar=tqdm,
    over=range,
    first=1,
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
        print(line.format(epoch=epoch + first, loss=epochs_losses[-1]))
    return epochs_losses


@wrong(
    "forgets to return the losses",
    advice=(
        "The caller gets None; gather one mean per epoch in a list, "
        "and hand it back after the last epoch."
    ),
    caught_by=("test_batches", "test_order", "test_steps", "test_losses", "test_defaults",
               "test_training_mode", "test_progress", "test_loss_per_epoch_is_printed",
               "test_learning", "test_calls"),
)  # fmt: skip
def train(model, dataset, **options):
    fit(model, dataset, **options)


@wrong(
    "does nothing at all",
    advice=(
        "The losses are to come from the model: let it forecast every batch, "
        "compare with the targets, and take a step."
    ),
    caught_by=("test_batches", "test_steps", "test_torchmetrics"),
)
def train(model, dataset, *, epochs=3, **options):
    return [0.1] * epochs


@wrong(
    "scales the windows on their way into the model",
    advice=(
        "The model is to see the readings of the data set as they are; "
        "only the feature axis is missing."
    ),
    caught_by=("test_batches", "test_steps"),
)
def train(model, dataset, **options):
    windows, targets = dataset.tensors
    return fit(model, torch.utils.data.TensorDataset(windows / windows.std(), targets), **options)


@wrong(
    "adds the gradients of all batches up",
    advice=(
        "`backward` adds to the gradients that are already there; clear them once in every batch."
    ),
    caught_by="test_steps",
)
def train(model, dataset, **options):
    return fit(model, dataset, step=lambda optimizer: optimizer.step(), **options)


@wrong(
    "clears the gradients between backward and step",
    advice=(
        "The step then finds nothing to follow. A batch's gradients have to last until its step is "
        "taken."
    ),
    caught_by=("test_steps", "test_learning"),
)
def train(model, dataset, **options):
    return fit(
        model, dataset, step=lambda optimizer: (optimizer.zero_grad(), optimizer.step()), **options
    )


@wrong(
    "never takes a step",
    advice=(
        "Gradients alone change no weight; the optimizer has to act on them once in every batch."
    ),
    caught_by=("test_steps", "test_learning"),
)
def train(model, dataset, **options):
    return fit(model, dataset, step=lambda optimizer: optimizer.zero_grad(), **options)


@wrong(
    "trains a copy of the model",
    advice=(
        "The caller goes on with the model that was passed in, and that one learns nothing here; "
        "train it itself."
    ),
    caught_by=("test_steps", "test_learning"),
)
def train(model, dataset, **options):
    return fit(copy.deepcopy(model), dataset, **options)


@wrong(
    "uses SGD",
    advice=(
        "AdamW fits each weight's step to the gradients so far, and decays the weights. "
        "You find it in `torch.optim`."
    ),
    caught_by=("test_steps", "test_defaults"),
)
def train(model, dataset, **options):
    return fit(model, dataset, optimizer=torch.optim.SGD, **options)


@wrong(
    "uses Adam, which does not decay the weights",
    advice=(
        "At each step AdamW also shrinks the weights a little; "
        "it is an optimizer of its own in `torch.optim`."
    ),
    caught_by="test_steps",
)
def train(model, dataset, **options):
    return fit(model, dataset, optimizer=torch.optim.Adam, **options)


@wrong(
    "uses Adam with the decay in the gradient",
    advice=(
        "Adam rescales the gradient, and the decay with it; "
        "AdamW decays the weights apart from that. Look in `torch.optim`."
    ),
    caught_by="test_steps",
)
def train(model, dataset, **options):
    def adam(parameters, lr):
        return torch.optim.Adam(parameters, lr=lr, weight_decay=0.01)

    return fit(model, dataset, optimizer=adam, **options)


@wrong(
    "ignores the learning rate",
    advice=(
        "The caller chooses it; see what number the optimizer is given, "
        "and where that number comes from."
    ),
    caught_by="test_steps",
)
def train(model, dataset, *, learning_rate=1e-4, **options):
    return fit(model, dataset, learning_rate=1e-4, **options)


@wrong(
    "has AdamW's own default, a learning rate of 0.001",
    advice=(
        "Where the caller names no rate, the default in the stub's signature counts, "
        "ten times smaller."
    ),
    caught_by="test_defaults",
)
def train(model, dataset, *, learning_rate=1e-3, **options):
    return fit(model, dataset, learning_rate=learning_rate, **options)


@wrong(
    "trains for one epoch by default",
    advice=(
        "Compare your defaults with the stub's signature: "
        "it says how many epochs there are when the caller names no number."
    ),
    caught_by=("test_defaults", "test_script"),
)
def train(model, dataset, *, epochs=1, **options):
    return fit(model, dataset, epochs=epochs, **options)


@wrong(
    "has batches of 64 by default",
    advice=(
        "Larger batches mean fewer steps per epoch; compare the default of `batch_size` with the "
        "stub's signature."
    ),
    caught_by="test_defaults",
)
def train(model, dataset, *, batch_size=64, **options):
    return fit(model, dataset, batch_size=batch_size, **options)


@wrong(
    "ignores the batch size",
    advice=(
        "The caller chooses how many windows make a batch; "
        "see that this number reaches the `DataLoader`."
    ),
    caught_by="test_batches",
)
def train(model, dataset, *, batch_size=32, **options):
    return fit(model, dataset, **options)


@wrong(
    "does not shuffle",
    advice=(
        "Neighbouring windows are almost the same, which makes for one-sided batches. "
        "Look at the arguments of `DataLoader`."
    ),
    caught_by="test_order",
)
def train(model, dataset, **options):
    return fit(model, dataset, shuffle=False, **options)


@wrong(
    "shuffles once, for all epochs",
    advice=(
        "Each epoch is to have an order of its own; a `DataLoader` can draw a new one each time "
        "you loop over it."
    ),
    caught_by="test_order",
)
def train(model, dataset, *, batch_size=32, **options):
    order = torch.randperm(len(dataset)).tolist()
    shuffled = torch.utils.data.Subset(dataset, order)
    return fit(model, shuffled, shuffle=False, batch_size=batch_size, **options)


@wrong(
    "draws pairs with replacement",
    advice=(
        "Some pairs then come twice and others never; shuffle them like a deck of cards, "
        "so that each comes once."
    ),
    caught_by="test_batches",
)
def train(model, dataset, **options):
    drawn = torch.utils.data.Subset(dataset, torch.randint(len(dataset), (len(dataset),)).tolist())
    return fit(model, drawn, **options)


@wrong(
    "drops the last, smaller batch",
    advice=(
        "Its pairs are part of the epoch, too. Look at `drop_last`, "
        "and at how you count the batches."
    ),
    caught_by="test_batches",
)
def train(model, dataset, **options):
    return fit(model, dataset, drop_last=True, **options)


@wrong(
    "compares forecasts (batch,) with targets (batch, 1)",
    advice=(
        "Their difference is a whole matrix: every forecast meets every target. "
        "Print both shapes, and make them alike."
    ),
    caught_by=("test_losses", "test_steps"),
)
def train(model, dataset, **options):
    return fit(
        model,
        dataset,
        squeeze=lambda targets: targets.unsqueeze(1),
        loss_of=lambda forecasts, targets: ((forecasts - targets) ** 2).mean(),
        **options,
    )


@wrong(
    "averages the batches' means",
    advice=(
        "The pairs of a smaller last batch then weigh too much; "
        "let a metric add up over all pairs, or weigh by batch size."
    ),
    caught_by="test_losses",
)
def train(model, dataset, **options):
    return fit(model, dataset, average=lambda losses, sizes: sum(losses) / len(losses), **options)


@wrong(
    "returns the loss of the last batch",
    advice=(
        "One batch says little about its epoch; gather the errors of all pairs, "
        "and take the mean at the end."
    ),
    caught_by="test_losses",
)
def train(model, dataset, **options):
    return fit(model, dataset, average=lambda losses, sizes: losses[-1], **options)


@wrong(
    "returns the sum of the squared errors",
    advice="A sum grows with the data set; divide by the number of pairs to get a mean.",
    caught_by="test_losses",
)
def train(model, dataset, **options):
    return fit(
        model,
        dataset,
        average=lambda losses, sizes: sum(a * b for a, b in zip(losses, sizes, strict=True)),
        **options,
    )


@wrong(
    "returns the root of the error",
    advice="The mean squared error is asked for, over all pairs of each epoch; leave it squared.",
    caught_by="test_losses",
)
def train(model, dataset, **options):
    return fit(
        model, dataset, average=lambda losses, sizes: weighed(losses, sizes) ** 0.5, **options
    )


@wrong(
    "trains on the absolute error",
    advice=(
        "The squared error is asked for, which makes big misses count more. "
        "Look at `MeanSquaredError`."
    ),
    caught_by=("test_losses", "test_steps"),
)
def train(model, dataset, **options):
    return fit(model, dataset, loss_of=lambda a, b: (a - b).abs().mean(), **options)


@wrong(
    "returns one number for all epochs",
    advice=(
        "One loss per epoch lets the caller see them fall; "
        "gather them in a list as the epochs go by."
    ),
    caught_by="test_losses",
)
def train(model, dataset, **options):
    return fit(model, dataset, **options)[-1]


@wrong(
    "does not switch to training mode",
    advice=(
        "The model may arrive in evaluation mode, where layers such as dropout rest; "
        "set the mode before the first batch."
    ),
    caught_by="test_training_mode",
)
def train(model, dataset, **options):
    mode = model.train
    model.train = lambda on=True: model
    losses = fit(model, dataset, **options)
    model.train = mode
    return losses


@wrong(
    "shows no bar",
    advice="An epoch can take minutes; see what `tqdm` does with something that you loop over.",
    caught_by="test_progress",
)
def train(model, dataset, **options):
    return fit(model, dataset, bar=lambda loader: loader, **options)


@wrong(
    "shows a bar over epochs only",
    advice=(
        "The bar is to count the batches within an epoch, and each epoch has its own; "
        "look at the inner loop."
    ),
    caught_by="test_progress",
)
def train(model, dataset, **options):
    return fit(model, dataset, over=trange, bar=lambda loader: loader, **options)


@wrong(
    "prints all epochs as the first",
    advice=(
        "The number in the line is to count up; take it from the loop, "
        "and mind at which number that starts."
    ),
    caught_by="test_loss_per_epoch_is_printed",
)
def train(model, dataset, **options):
    return fit(model, dataset, line="Epoch 1, Average MSE loss: {loss}", **options)


@wrong(
    "makes an optimizer for every epoch",
    advice=(
        "AdamW remembers the gradients so far, and a new one starts with nothing; "
        "let one live through all epochs."
    ),
    caught_by="test_steps",
)
def train(model, dataset, *, epochs=3, **options):
    return [fit(model, dataset, epochs=1, first=i + 1, **options)[0] for i in range(epochs)]


@wrong(
    "computes the error without torchmetrics",
    advice=(
        "The task asks for torchmetrics: see what calling a `MeanSquaredError` gives, "
        "and what its `compute` does."
    ),
    caught_by="test_torchmetrics",
)
def train(model, dataset, **options):
    return fit(model, dataset, loss_of=nn.functional.mse_loss, **options)


@wrong(
    "runs the model on one window at a time",
    advice=(
        "An LSTM reads many windows side by side, which is much faster; "
        "hand it the batch in one call."
    ),
    caught_by=("test_batches", "test_calls"),
)
def train(model, dataset, *, batch_size=32, **options):
    def one_by_one(windows):
        return torch.cat([model(window.unsqueeze(0)) for window in windows])

    one_by_one.to = lambda device: model.to(device)
    one_by_one.parameters = model.parameters
    return fit(one_by_one, dataset, batch_size=batch_size, **options)


@wrong(
    "prints the loss in a format of its own",
    advice=(
        "The docstring of `train` shows the line to print; compare yours with it letter by letter."
    ),
    caught_by=("test_loss_per_epoch_is_printed", "test_script"),
)
def train(model, dataset, **options):
    return fit(model, dataset, line="epoch {epoch}: loss {loss}", **options)


@wrong(
    "trains with a tenth of the learning rate",
    advice=(
        "The rate is to be used as the caller gives it; "
        "look for what shrinks it on its way to the optimizer."
    ),
    caught_by="test_steps",
)
def train(model, dataset, *, learning_rate=1e-4, **options):
    return fit(model, dataset, learning_rate=learning_rate / 10, **options)


@wrong(
    "trains on the first month alone, to save time",
    advice=(
        "Every epoch is to see each pair of the data set, however long that takes; "
        "only shorten the data for your own trials."
    ),
    caught_by="test_full_script",
)
def train(model, dataset, **options):
    month = torch.utils.data.Subset(dataset, range(min(len(dataset), 30 * 96)))
    return fit(model, month, **options)


@wrong(
    "leaves the model on the CPU",
    advice=(
        "Training is to happen on the device that the caller names; "
        "the model and each batch have to move there."
    ),
    caught_by="test_gpu_train",
)
def train(model, dataset, *, device="cpu", **options):
    return fit(model, dataset, device="cpu", **options)


@wrong(
    "feeds the GPU one window at a time",
    advice=(
        "A GPU is fast because it works on many windows at once; "
        "keep the batch size on every device."
    ),
    caught_by="test_gpu_calls",
)
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


@contextmanager
def evaluating(model):
    mode = model.training
    yield model.eval()
    model.train(mode)


def batches(dataset, batch_size):
    for windows, targets in DataLoader(dataset, batch_size):
        yield TensorDataset(windows, targets)


@wrong(
    "forgets to return the error",
    advice="The caller gets None; hand back the mean over all batches, as a plain number.",
    caught_by=("test_evaluation", "test_learning", "test_script"),
)
@torch.no_grad()
def evaluate(model, dataset, **options):
    with evaluating(model):
        error_of(model, dataset, **options)


@wrong(
    "evaluates in training mode",
    advice=(
        "Layers such as dropout disturb the forecasts while training; "
        "switch the mode before the first forecast."
    ),
    caught_by="test_evaluation_mode",
)
def evaluate(model, dataset, **options):
    with torch.no_grad():
        return error_of(model, dataset, **options)


@wrong(
    "leaves the model in evaluation mode after evaluating",
    advice=(
        "A model that came in training mode is to go on training; "
        "note the mode before you switch, and return to it."
    ),
    caught_by="test_mode_is_restored[True]",
)
def evaluate(model, dataset, **options):
    model.eval()
    with torch.no_grad():
        return error_of(model, dataset, **options)


@wrong(
    "puts the model into training mode after evaluating",
    advice=(
        "The model may have come in evaluation mode; look at `model.training` before you switch, "
        "and go back to what it said."
    ),
    caught_by="test_mode_is_restored[False]",
)
def evaluate(model, dataset, **options):
    model.eval()
    with torch.no_grad():
        error = error_of(model, dataset, **options)
    model.train()
    return error


@wrong(
    "evaluates with gradients",
    advice=(
        "Evaluation mode does not turn gradients off, and recording them costs time and memory. "
        "Look at `torch.no_grad`."
    ),
    caught_by="test_evaluation_without_gradients",
)
def evaluate(model, dataset, **options):
    mode = model.training
    model.eval()
    error = error_of(model, dataset, **options)
    model.train(mode)
    return error


@wrong(
    "averages the errors of the batches",
    advice=(
        "The error must not depend on the batch size, but a small last batch weighs too much here; "
        "count by pairs."
    ),
    caught_by="test_evaluation",
)
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=32, device="cpu"):
    with evaluating(model):
        errors = [
            error_of(model, batch, batch_size=batch_size, device=device)
            for batch in batches(dataset, batch_size)
        ]
    return sum(errors) / len(errors)


@wrong(
    "evaluates the first batch only",
    advice=(
        "The error is to cover every pair of the data set; "
        "go through the loader to its end, and add up on the way."
    ),
    caught_by="test_evaluation",
)
@torch.no_grad()
def evaluate(model, dataset, *, batch_size=32, device="cpu"):
    with evaluating(model):
        first = next(batches(dataset, batch_size))
        return error_of(model, first, batch_size=batch_size, device=device)


@wrong(
    "returns a tensor",
    advice=(
        "A plain Python number is promised; see what `item` does to a tensor that holds a single "
        "value."
    ),
    caught_by="test_evaluation",
)
@torch.no_grad()
def evaluate(model, dataset, **options):
    with evaluating(model):
        return torch.tensor(error_of(model, dataset, **options))


@wrong(
    "returns the root of the mean squared error",
    advice=(
        "The plain mean of the squares is asked for, as `MeanSquaredError` computes it unless told "
        "otherwise."
    ),
    caught_by="test_evaluation",
)
@torch.no_grad()
def evaluate(model, dataset, **options):
    with evaluating(model):
        return error_of(model, dataset, **options) ** 0.5


@wrong(
    "always reports the sheet's error",
    advice=(
        "The error has to come from this model on this data set: "
        "forecast, compare with the targets, take the mean."
    ),
    caught_by="test_evaluation",
)
def evaluate(model, dataset, **options):
    return 0.09648480266332626


@wrong(
    "evaluates on the CPU whatever the device",
    advice="The caller names the device; the model, the metric and every batch have to be there.",
    caught_by="test_gpu_evaluate",
)
@torch.no_grad()
def evaluate(model, dataset, *, device="cpu", **options):
    mode = model.training
    error = error_of(model.eval(), dataset, **options)
    model.train(mode)
    return error
