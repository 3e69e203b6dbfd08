"""What the tests of the forecasting tasks share: data, a model that takes notes, an oracle."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import TensorDataset

from kata import expect


def pairs(rows, length, seed=7):
    """Random windows `(rows, length)` and targets `(rows,)`; first readings tell windows apart."""
    random = np.random.default_rng(seed)
    windows = random.normal(size=(rows, length))
    windows[:, 0] = random.permutation(rows) / rows
    targets = random.normal(size=rows) + windows[:, -1]
    return TensorDataset(
        torch.tensor(windows, dtype=torch.float32), torch.tensor(targets, dtype=torch.float32)
    )


@dataclass
class Seen:
    """A batch as the model saw it."""

    windows: torch.Tensor  # (batch, length)
    training: bool
    gradients: bool


class Probe(torch.nn.Module):
    """A linear forecaster that takes notes of how it is used."""

    def __init__(self, length, device="cpu"):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.linspace(0.5, 1.5, length))
        self.bias = torch.nn.Parameter(torch.tensor(0.25))
        self.seen = []
        self.device = device

    def forward(self, windows):
        length = len(self.weight)
        batch = len(windows) if isinstance(windows, torch.Tensor) and windows.ndim else 1
        expect.tensor(windows, "the model's input", shape=(batch, length, 1), device=self.device)
        self.seen.append(Seen(windows[:, :, 0].cpu(), self.training, torch.is_grad_enabled()))
        return windows[:, :, 0] @ self.weight + self.bias

    def orders(self, dataset, epochs=1):
        """Per epoch of training, the batches seen, as lists of positions in `dataset`."""
        position = {float(window[0]): i for i, window in enumerate(dataset.tensors[0])}
        batches = [
            [position[float(window[0])] for window in seen.windows]
            for seen in self.seen
            if seen.training
        ]
        expect.that(
            batches,
            "the model that is passed in forecasts, in training mode",
            "it is never called in training mode",
            "training",
        )
        expect.that(
            len(batches) % epochs == 0,
            f"{epochs} epochs of equally many batches",
            f"{len(batches)} batches in all",
        )
        each = len(batches) // epochs
        return [batches[each * epoch : each * (epoch + 1)] for epoch in range(epochs)]


def forecasts(probe, dataset):
    """What a fresh `Probe` forecasts, in float64."""
    weight = probe.weight.detach().double().cpu().numpy()
    return dataset.tensors[0].double().numpy() @ weight + float(probe.bias.detach())


def squared_error(probe, dataset):
    """The mean squared error of a probe over a data set, in float64."""
    return float(np.mean((forecasts(probe, dataset) - dataset.tensors[1].double().numpy()) ** 2))


def replay(probe, dataset, orders, learning_rate):
    """Train a linear forecaster from `probe`'s weights on those batches, in float64.

    AdamW as in Loshchilov and Hutter (2019), with PyTorch's defaults: betas 0.9 and 0.999,
    epsilon 1e-8, weight decay 0.01. Returns the final weights, the bias last, and the mean squared
    error over the samples of each epoch.
    """
    windows = dataset.tensors[0].double().numpy()
    windows = np.concatenate([windows, np.ones((len(windows), 1))], axis=1)
    targets = dataset.tensors[1].double().numpy()
    weights = np.append(probe.weight.detach().double().numpy(), float(probe.bias.detach()))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    losses, step = [], 0
    for batches in orders:
        squares = 0.0
        for batch in batches:
            step += 1
            error = windows[batch] @ weights - targets[batch]
            squares += float(error @ error)
            gradient = 2 * windows[batch].T @ error / len(batch)
            weights = weights * (1 - learning_rate * 0.01)
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            weights = weights - learning_rate * first / (1 - 0.9**step) / scale
        losses.append(squares / sum(map(len, batches)))
    return weights, losses


def weights_of(probe):
    """A probe's weights, the bias last."""
    return np.append(probe.weight.detach().cpu().numpy(), float(probe.bias.detach()))


def lstm_layers(model):
    """The LSTM layers of a model, the one that reads the input first, as float64 arrays.

    PyTorch names the parameters of `nn.LSTM` and `nn.LSTMCell`, not the student.
    """
    parameters = {
        name: value.detach().cpu().double().numpy() for name, value in model.named_parameters()
    }
    layers = []
    for name in parameters:
        prefix, mark, suffix = name.partition("weight_ih")
        if mark:
            kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            layers.append([parameters.get(f"{prefix}{kind}{suffix}") for kind in kinds])
    return sorted(layers, key=lambda layer: layer[0].shape[1])


def linear_layer(model):
    """Weight and bias of the linear layer, as float64 arrays."""
    inside = {id(p) for n, p in model.named_parameters() if "_ih" in n or "_hh" in n}
    left = [p.detach().cpu().double().numpy() for p in model.parameters() if id(p) not in inside]
    return sorted(left, key=lambda array: -array.ndim)


def forecast_by_hand(model, windows):
    """The forecasts of stacked LSTM layers and a linear layer, in NumPy and float64.

    `windows` is `(batch, length)`. The gates are PyTorch's, in its order: input, forget, cell,
    output (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
    """

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    sequence = windows.double().numpy()[:, :, None]  # (batch, length, features)
    for weight_ih, weight_hh, bias_ih, bias_hh in lstm_layers(model):
        size = weight_hh.shape[1]
        hidden = np.zeros((len(sequence), size))
        cell = np.zeros((len(sequence), size))
        outputs = []
        for t in range(sequence.shape[1]):
            gates = sequence[:, t] @ weight_ih.T + bias_ih + hidden @ weight_hh.T + bias_hh
            enter, forget, new, out = np.split(gates, 4, axis=1)
            cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
            hidden = sigmoid(out) * np.tanh(cell)
            outputs.append(hidden)
        sequence = np.stack(outputs, axis=1)
    weight, bias = linear_layer(model)
    return sequence[:, -1] @ weight[0] + bias[0]


class PlainLSTM(torch.nn.Module):
    """A small recurrent forecaster, the same for everybody, to time training loops on."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 16, batch_first=True)
        self.linear = torch.nn.Linear(16, 1)

    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1])[:, 0]
