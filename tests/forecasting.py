"""What the tests of the forecasting tasks share: data, a model that takes notes, an oracle."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch.utils.data import TensorDataset

from kata.testing import expect


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
    forecasts: torch.Tensor  # (batch,)
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
        forecasts = windows[:, :, 0] @ self.weight + self.bias
        gradients = torch.is_grad_enabled()
        notes = windows[:, :, 0].cpu(), forecasts.detach().cpu(), self.training, gradients
        self.seen.append(Seen(*notes))
        return forecasts

    def orders(self, dataset, epochs=1):
        """Per epoch of training, the batches seen, as lists of positions in `dataset`."""
        position = {float(window[0]): i for i, window in enumerate(dataset.tensors[0])}
        for seen in chain(*self._training_batches(epochs)):
            for window in seen.windows:
                known = float(window[0]) in position
                expect.that(known, "windows of the data set, as they are", window, "windows")
        return [
            [[position[float(window[0])] for window in seen.windows] for seen in batches]
            for batches in self._training_batches(epochs)
        ]

    def errors(self, dataset, epochs=1):
        """Per epoch of training, the squared errors of each batch's forecasts, in float64."""
        targets = dataset.tensors[1].double().numpy()
        return [
            [
                (seen.forecasts.double().numpy() - targets[batch]) ** 2
                for seen, batch in zip(batches, order, strict=True)
            ]
            for batches, order in zip(
                self._training_batches(epochs), self.orders(dataset, epochs), strict=True
            )
        ]

    def _training_batches(self, epochs):
        batches = [seen for seen in self.seen if seen.training]
        expect.that(
            batches,
            "the model that is passed in forecasts, in training mode",
            "it is never called in training mode" if self.seen else "it is never called at all",
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


def recognise_error(error, probe, dataset, batch_size):
    """What a known mistake in evaluation is called, if it leads to that error."""
    squares = (forecasts(probe, dataset) - dataset.tensors[1].double().numpy()) ** 2
    batches = [squares[i : i + batch_size] for i in range(0, len(squares), batch_size)]
    values = {
        "": squares.mean(),  # none
        "the mean of the batches' means, which counts a small last batch too much": np.mean(
            [batch.mean() for batch in batches]
        ),
        "the error of the first batch alone": batches[0].mean(),
        "the error of the last batch alone": batches[-1].mean(),
        "the root of it": squares.mean() ** 0.5,
        "the sum, and not the mean": squares.sum(),
    }
    return next((name for name, value in values.items() if np.isclose(error, value, 1e-4)), "")


def replay(probe, dataset, orders, learning_rate, rule="AdamW", add_up=False, anew=False):
    """Train a linear forecaster from `probe`'s weights on those batches, in float64.

    AdamW as in Loshchilov and Hutter (2019), with PyTorch's defaults: betas 0.9 and 0.999,
    epsilon 1e-8, weight decay 0.01. Mistakes to recognise: other rules, gradients that add up,
    an optimizer that starts anew in every epoch. Returns the final weights, the bias last.
    """
    windows = dataset.tensors[0].double().numpy()
    windows = np.concatenate([windows, np.ones((len(windows), 1))], axis=1)
    targets = dataset.tensors[1].double().numpy()
    weights = weights_of(probe).astype("float64")
    first, second, gradient = np.zeros_like(weights), np.zeros_like(weights), 0.0
    step = 0
    for batches in orders:
        if anew:
            first, second, step = np.zeros_like(weights), np.zeros_like(weights), 0
        for batch in batches:
            step += 1
            error = windows[batch] @ weights - targets[batch]
            gradient = 2 * windows[batch].T @ error / len(batch) + add_up * gradient
            if rule == "SGD":
                weights = weights - learning_rate * gradient
                continue
            if rule == "AdamW":
                weights = weights * (1 - learning_rate * 0.01)
            if rule == "Adam, decaying in the gradient":
                gradient = gradient + 0.01 * weights
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            scale = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            weights = weights - learning_rate * first / (1 - 0.9**step) / scale
    return weights


def mean_errors(epochs):
    """The mean squared error over the pairs of each epoch."""
    return [float(np.mean(np.concatenate(batches))) for batches in epochs]


def recognise_weights(trained, probe, dataset, orders, learning_rate):
    """What a known mistake in training is called, if it leads to those weights."""
    mistakes = {
        "": {},  # none: at a small learning rate, several rules give nearly the same weights
        "plain Adam, which does not decay the weights": {"rule": "Adam"},
        "plain SGD": {"rule": "SGD"},
        "Adam with the decay as a part of the gradient": {"rule": "Adam, decaying in the gradient"},
        "gradients that add up over the batches, as without zero_grad": {"add_up": True},
        "an optimizer that is made anew in every epoch, and forgets its moments": {"anew": True},
        "a learning rate of 0.001, whatever was asked for": {"learning_rate": 0.001},
        "a learning rate of 0.0001, whatever was asked for": {"learning_rate": 0.0001},
        "a tenth of the learning rate": {"learning_rate": learning_rate / 10},
    }
    for name, mistake in mistakes.items():
        weights = replay(probe, dataset, orders, **{"learning_rate": learning_rate, **mistake})
        if np.allclose(trained, weights, rtol=2e-4, atol=2e-4):
            return name and f"the weights of {name}"
    unmoved = np.allclose(trained, weights_of(probe), rtol=0, atol=1e-7)
    return "the weights from before: no step was taken, or one without gradients" if unmoved else ""


def recognise_losses(losses, epochs):
    """What a known mistake in averaging is called, if it leads to those losses."""
    means = [[float(np.mean(batch)) for batch in batches] for batches in epochs]
    sizes = [[len(batch) for batch in batches] for batches in epochs]
    so_far = [np.concatenate([*chain(*epochs[: i + 1])]) for i in range(len(epochs))]
    mistakes = {
        "": mean_errors(epochs),  # none
        "the mean of the batches' means, which counts a small last batch too much": [
            np.mean(m) for m in means
        ],
        "the mean over all epochs so far, as of a metric that is never reset": [
            np.mean(errors) for errors in so_far
        ],
        "the loss of the last batch alone": [m[-1] for m in means],
        "the sum of the batches' losses": [np.sum(m) for m in means],
        "the sum over the pairs, not their mean": [
            np.dot(m, n) for m, n in zip(means, sizes, strict=True)
        ],
    }
    for name, values in mistakes.items():
        if np.allclose(losses, values, rtol=1e-3):
            return name
    return ""


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

    Returns:
        The forecasts `(batch,)`, and those that known mistakes lead to, by what they are called.
    """

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    sequence = windows.double().numpy()[:, :, None]  # (batch, length, features)
    lasts = []  # of each layer
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
        lasts.append(sequence[:, -1])
    weight, bias = linear_layer(model)
    read = {
        "": sequence[:, -1],
        "the output at the first time step": sequence[:, 0],
        "the first layer's output": lasts[0],
        "the cell's memory": cell,
        "the mean over all time steps": sequence.mean(axis=1),
    }
    forecasts = {name: values @ weight[0] + bias[0] for name, values in read.items()}
    return forecasts.pop(""), forecasts


class PlainLSTM(torch.nn.Module):
    """A small recurrent forecaster, the same for everybody, to time training loops on."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(1, 16, batch_first=True)
        self.linear = torch.nn.Linear(16, 1)

    def forward(self, windows):
        return self.linear(self.lstm(windows)[0][:, -1])[:, 0]
