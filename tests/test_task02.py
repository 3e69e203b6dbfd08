"""Task 02: what the LSTM forecaster, its training and its evaluation must do."""

import copy
import re
import sys
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import expect, lazy

np = lazy("numpy")
torch = lazy("torch")
forecasting = lazy("forecasting")
electricity = lazy("fixtures.electricity")

SHAPES = {(128, 1): 1, (128, 32): 3, (128,): 4, (1, 32): 1, (1,): 1}


def build(task):
    model = task.ConsumptionForecaster()
    expect.instance(model, torch.nn.Module, "ConsumptionForecaster()")
    return model


def forecast(task, model, windows):
    """The model's forecasts in evaluation mode, checked to be one number per window."""
    model.eval()
    with torch.no_grad():
        result = task.apply(model, windows)
    device = windows.device.type
    expect.tensor(result, "the forecast", shape=(len(windows),), dtype=torch.float32, device=device)
    return result


def check_layers(model):
    shapes = {}
    for parameter in model.parameters():
        shapes[tuple(parameter.shape)] = shapes.get(tuple(parameter.shape), 0) + 1
    expect.that(
        shapes == SHAPES and len(forecasting.lstm_layers(model)) == 2,
        "the parameters of two LSTM layers (4 gates of 32 each) and a linear layer from 32 to 1: "
        "one of shape (128, 1), three (128, 32), four (128,), one (1, 32), one (1,)",
        ", ".join(f"{name} {tuple(p.shape)}" for name, p in model.named_parameters()) or "none",
        "layers",
    )


def train(task, probe, dataset, **options):
    """`train`, with what it returns checked to be one finite loss per epoch."""
    losses = task.train(probe, dataset, **options)
    check_losses(losses, options.get("epochs", 3))
    return losses


def check_losses(losses, epochs):
    expect.instance(losses, list, "what train returns")
    expect.that(len(losses) == epochs, f"{epochs} losses", f"{len(losses)}", "number of losses")
    for i, loss in enumerate(losses):
        expect.number(loss, f"losses[{i}]")


def test_layers(task):
    """Two stacked LSTM layers of memory size 32 feed one linear layer.

    > Two stacked LSTM layers with a memory (hidden) size of 32, then a linear layer.

    > PyTorch's layers, with their biases and without dropout: one `nn.LSTM` of two layers,
    > or two of one.

    > There are no other parameters.
    """
    check_layers(build(task))


@settings(max_examples=10)
@given(st.integers(1, 4), st.sampled_from([1, 2, 3, 5, 11]))
def test_shape(task, batch, length):
    """The forecast for (batch, sequence_length, 1) has the shape (batch,).

    > Forecast the reading after each window: `(batch, sequence_length, 1)` to `(batch,)`.
    """
    forecast(task, build(task), torch.randn(batch, length, 1))


@pytest.mark.builds_on("test_layers", "test_shape")
@settings(max_examples=10)
@given(st.integers(2, 4), st.sampled_from([2, 3, 5, 11]))
def test_forward(task, batch, length):
    """The linear layer reads the second layer's last output; memories start at 0.

    > The linear layer reads the second LSTM layer's output at the last time step.

    > Both kinds of memory, hidden and cell, are all zeros at the start of every window
    """
    torch.manual_seed(length)  # the same example is the same forecast, when it is tried again
    model = build(task)
    check_layers(model)
    windows = torch.randn(batch, length, 1)
    wanted, mistakes = forecasting.forecast_by_hand(model, windows[:, :, 0])
    found = forecast(task, model, windows)
    known = [name for name, other in mistakes.items() if np.allclose(found, other, rtol=1e-4)]
    right = np.allclose(found, wanted, rtol=1e-4, atol=1e-5)
    expect.that(
        right or not known,
        "a forecast from the second layer's output at the last time step",
        f"one from {known[0]}" if known else "",
    )
    expect.close(found, wanted, "the forecast", rtol=1e-4, atol=1e-5)


@pytest.mark.builds_on("test_shape", "test_forward")
def test_windows_are_independent(task):
    """The forecast for a window does not depend on the others in its batch.

    > Both kinds of memory, hidden and cell, are all zeros at the start of every window
    """
    model = build(task)
    windows = torch.randn(5, 7, 1)
    together = forecast(task, model, windows)
    alone = [forecast(task, model, windows[i : i + 1])[0] for i in range(5)]
    expect.close(together, torch.stack(alone), "the forecast", rtol=1e-4, atol=1e-5)


@pytest.mark.builds_on("test_shape")
def test_memory_is_not_carried_over(task):
    """The memory of one batch is forgotten before the next.

    > Both kinds of memory, hidden and cell, are all zeros at the start of every window
    """
    model = build(task)
    windows = torch.randn(3, 7, 1)
    before = forecast(task, model, windows)
    forecast(task, model, 5 * torch.randn(3, 7, 1))
    again = forecast(task, model, windows)
    expect.close(again, before, "the forecast for the same batch again", rtol=1e-5, atol=1e-6)


@pytest.mark.builds_on("test_shape")
def test_gradients(task):
    """A loss on the forecast gives every parameter a gradient.

    > Two stacked LSTM layers with a memory (hidden) size of 32, then a linear layer.
    """
    model = build(task)
    result = task.apply(model, torch.randn(4, 6, 1))
    expect.tensor(result, "the forecast", shape=(4,))
    expect.that(result.requires_grad, "a forecast with gradients", "one without", "gradients")
    result.square().sum().backward()
    for name, parameter in model.named_parameters():
        reached = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
        expect.that(reached, f"a gradient other than 0 for {name}", "none")


def test_batches(task):
    """Every epoch sees each pair once, in batches of batch_size, the rest last.

    > In every epoch each pair is seen once

    > in batches of `batch_size` (the last may be smaller)
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5)
    train(task, probe, dataset, epochs=2, batch_size=7)
    for batches in probe.orders(dataset, epochs=2):
        expect.equal([len(batch) for batch in batches], [7, 7, 7, 2], "the sizes of the batches")
        expect.equal(sorted(chain(*batches)), list(range(23)), "the pairs seen in an epoch")


@pytest.mark.builds_on("test_batches")
def test_order(task):
    """Every epoch sees the pairs in a new random order.

    > In every epoch each pair is seen once, in a new random order
    """
    dataset, probe = forecasting.pairs(41, 5), forecasting.Probe(5)
    train(task, probe, dataset, epochs=2, batch_size=8)
    first, second = (list(chain(*batches)) for batches in probe.orders(dataset, epochs=2))
    expect.that(first != sorted(first), "a shuffled first epoch", "the order of the data set")
    expect.that(first != second, "another order in the second epoch", "the first one's again")


@pytest.mark.builds_on("test_batches")
@settings(max_examples=8)
@given(
    rows=st.integers(11, 23),
    batch_size=st.sampled_from([3, 4, 7]),
    learning_rate=st.sampled_from([0.003, 0.02, 0.1]),
)
def test_steps(task, rows, batch_size, learning_rate):
    """Each batch makes one AdamW step on its own gradient, at the learning rate.

    > Train `model` on the pairs of `dataset`, with AdamW on the mean squared error.

    > AdamW has PyTorch's defaults but for the learning rate.
    """
    dataset, probe = forecasting.pairs(rows, 5), forecasting.Probe(5)
    start = copy.deepcopy(probe)
    options = {"epochs": 2, "batch_size": batch_size, "learning_rate": learning_rate}
    train(task, probe, dataset, **options)
    orders = probe.orders(dataset, epochs=2)
    trained = forecasting.weights_of(probe)
    mistake = forecasting.recognise_weights(trained, start, dataset, orders, learning_rate)
    expect.that(not mistake, "the weights of one AdamW step per batch", mistake)
    weights = forecasting.replay(start, dataset, orders, learning_rate)
    expect.close(trained, weights, "the trained weights", rtol=2e-4, atol=2e-4)


@pytest.mark.builds_on("test_batches")
def test_losses(task):
    """train returns, per epoch, the mean squared error over its pairs.

    > Per epoch, the mean squared error over its pairs.

    > The error of a pair is that of the forecast made for its batch, before that batch's
    > step.
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5)
    losses = train(task, probe, dataset, epochs=2, batch_size=7, learning_rate=0.05)
    epochs = probe.errors(dataset, epochs=2)
    mistake = forecasting.recognise_losses(losses, epochs)
    expect.that(not mistake, "the mean over the pairs of each epoch", mistake)
    expect.close(losses, forecasting.mean_errors(epochs), "the losses", rtol=1e-3)


@pytest.mark.builds_on("test_batches", "test_steps")
def test_defaults(task):
    """By default: 3 epochs, batches of 32, a learning rate of 0.0001.

    > epochs: int = 3, batch_size: int = 32, learning_rate: float = 1e-4
    """
    dataset, probe = forecasting.pairs(70, 5), forecasting.Probe(5)
    start = copy.deepcopy(probe)
    train(task, probe, dataset)
    orders = probe.orders(dataset, epochs=3)
    expect.equal([len(batch) for batch in orders[0]], [32, 32, 6], "the sizes of the batches")
    weights = forecasting.replay(start, dataset, orders, 1e-4)
    expect.close(forecasting.weights_of(probe), weights, "the trained weights", atol=1e-5)


@pytest.mark.edge
def test_training_mode(task):
    """While it trains, the model is in training mode, with gradients.

    > the model is in training mode
    """
    dataset, probe = forecasting.pairs(11, 5), forecasting.Probe(5)
    probe.eval()
    train(task, probe, dataset, epochs=2, batch_size=4)
    expect.equal([seen.training for seen in probe.seen], [True] * 6, "training, batch by batch")


@pytest.mark.builds_on("test_batches")
def test_progress(task):
    """A tqdm bar counts the batches of each epoch.

    > Each epoch shows a tqdm bar that counts its batches

    > here no batch is dropped
    """
    train(task, forecasting.Probe(5), forecasting.pairs(23, 5), epochs=2, batch_size=4)
    finished = re.findall(r"\b6/6\b", task.printed.err)
    last = task.printed.err.rpartition("\r")[2].partition("[")[0]  # what follows is the pace
    shown = last.strip() or "nothing"
    expect.that(
        len(finished) >= 2, "two bars on stderr that end at 6/6", f"{len(finished)}; last: {shown}"
    )


def test_loss_per_epoch_is_printed(task):
    """train prints `Epoch 1, Average MSE loss: ...` after each epoch.

    > then prints its loss, to four decimals or more: `Epoch 1, Average MSE loss: 0.1824`.
    """
    dataset = forecasting.pairs(11, 5)
    losses = train(task, forecasting.Probe(5), dataset, epochs=2, batch_size=4)
    printed = re.findall(r"^Epoch (\d+), Average MSE loss: (\S+)$", task.printed.out, re.MULTILINE)
    expect.that(
        [epoch for epoch, _ in printed] == ["1", "2"],
        "a line `Epoch 1, Average MSE loss: ...`, and later one for epoch 2",
        f"{len(printed)} such lines",
    )
    expect.close([float(loss) for _, loss in printed], losses, "the printed losses", atol=1e-4)


def test_torchmetrics(task):
    """train and evaluate compute the error with torchmetrics.

    > Both compute the mean squared error with `torchmetrics`.
    """
    for work in (task.train, task.evaluate):
        used = set()

        def note(frame, event, argument, used=used):
            used.add(str(frame.f_globals.get("__name__")).partition(".")[0])

        sys.setprofile(note)
        try:
            work(forecasting.Probe(5), forecasting.pairs(11, 5))
        finally:
            sys.setprofile(None)
        expect.that(
            "torchmetrics" in used,
            "the error comes from torchmetrics",
            "nothing of torchmetrics is called",
        )


def test_evaluation(task):
    """evaluate returns the mean squared error over all pairs, as a float.

    > The mean squared error of `model` over all pairs of `dataset`, whatever the batches.
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5)
    result = task.evaluate(probe, dataset, batch_size=7)
    expect.number(result, "what evaluate returns")
    wanted = forecasting.squared_error(probe, dataset)
    mistake = forecasting.recognise_error(result, probe, dataset, 7)
    expect.that(not mistake, f"the mean over all pairs, {wanted:.6g}", f"{result:.6g}, {mistake}")
    expect.close(result, wanted, "the error", rtol=1e-4)


def test_evaluation_mode(task):
    """evaluate forecasts in evaluation mode.

    > Forecasts are made on `device`, in evaluation mode
    """
    probe = forecasting.Probe(5).train()
    task.evaluate(probe, forecasting.pairs(11, 5), batch_size=4)
    modes = {seen.training for seen in probe.seen}
    expect.that(modes == {False}, "training == False in every forecast", f"training in {modes}")


@pytest.mark.edge
@pytest.mark.parametrize("was_training", [True, False])
def test_mode_is_restored(task, was_training):
    """evaluate restores the mode that the model was in.

    > afterwards the model is in the mode that it was in before
    """
    probe = forecasting.Probe(5).train(was_training)
    task.evaluate(probe, forecasting.pairs(11, 5), batch_size=4)
    expect.equal(probe.training, was_training, "model.training afterwards")


@pytest.mark.edge
def test_evaluation_without_gradients(task):
    """evaluate computes no gradients and changes no weights.

    > in evaluation mode and without gradients
    """
    probe = forecasting.Probe(5)
    before = forecasting.weights_of(probe)
    task.evaluate(probe, forecasting.pairs(11, 5), batch_size=4)
    gradients = {seen.gradients for seen in probe.seen}
    expect.that(gradients == {False}, "gradients are off while forecasting", "they are on")
    expect.equal(forecasting.weights_of(probe), before, "the weights")


@pytest.mark.builds_on
def test_learning(task):
    """Model, train and evaluate together learn a wave far better than its mean.

    > Forecast the reading after each window

    > Train `model` on the pairs of `dataset`, with AdamW on the mean squared error.
    """
    wave = torch.sin(torch.arange(400) * 0.37) + 0.3 * torch.sin(torch.arange(400) * 0.11)
    dataset = torch.utils.data.TensorDataset(wave[:-1].unfold(0, 12, 1), wave[12:])
    model = build(task)
    train(task, model, dataset, epochs=8, batch_size=16, learning_rate=0.01)
    error = task.evaluate(model, dataset)
    expect.number(error, "what evaluate returns")
    variance = float(wave.var())
    bar = 0.2 * variance
    expected = f"an error of at most a fifth of the wave's variance ({bar:.3f})"
    expect.measured("error", error, f"{error:.3f}", most=bar, expected=expected)


def calls_in(answer, model, dataset, **options):
    """Trains a model for an epoch, and gives how many windows were in each of its calls."""
    sizes = []
    model.lstm.register_forward_pre_hook(lambda layer, inputs: sizes.append(len(inputs[0])))
    check_losses(answer.train(model, dataset, epochs=1, **options), 1)
    return sizes


@pytest.mark.builds_on("test_batches")
@pytest.mark.benchmark
def test_calls(task, race):
    """The model reads each batch in one call.

    > in batches of `batch_size` (the last may be smaller)
    """
    dataset = forecasting.pairs(640, 24)
    sizes = calls_in(task, forecasting.PlainLSTM(), dataset)
    expect.that(
        sizes == [32] * 20,
        "20 calls on batches of 32, for 640 windows",
        f"{len(sizes)} calls on up to {max(sizes, default=0)} windows",
    )

    def barest(model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
        for windows, targets in torch.utils.data.DataLoader(dataset, 32, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(windows.unsqueeze(-1)), targets).backward()
            optimizer.step()

    def prepare(train):
        model = forecasting.PlainLSTM()
        return lambda: train(model)

    def train_with(answer):
        return lambda: prepare(lambda model: answer.train(model, dataset, epochs=1))

    work = {"yours": train_with(task), "the barest loop": lambda: prepare(barest)}
    if task.reference:
        work["the reference"] = train_with(task.reference)
    race.show(race(rounds=3, **work))


@pytest.mark.builds_on
def test_script(task, small_electricity):
    """The script prints three epochs and the error on the test year.

    > Print what the sheet prints: the loss of every epoch, and the error on the test year.
    """
    small_electricity(train_days=3, test_days=2)
    task.main()
    epochs = [f"Epoch {i}, Average MSE loss: ..." for i in (1, 2, 3)]
    without_numbers = re.sub(r"\d+\.\d+(e-\d+)?", "...", task.printed.out)
    expect.lines(without_numbers, [*epochs, "Test MSE: ..."])


@pytest.mark.builds_on
@pytest.mark.slow
def test_full_script(task, small_electricity):
    """On a year of readings, the losses fall, and the test error is the usual one.

    > Print what the sheet prints: the loss of every epoch, and the error on the test year.
    """
    small_electricity(train_days=365, test_days=365)
    task.main()
    losses = [float(x) for x in re.findall(r"MSE loss: (\S+)", task.printed.out)]
    error = float((re.findall(r"Test MSE: (\S+)", task.printed.out) or ["nan"])[-1])
    expect.that(
        len(losses) == 3 and losses == sorted(losses, reverse=True), "three falling losses", losses
    )
    # After three epochs, about as good as repeating the last reading: 0.96 to 1.06 of its error
    # in four seeds.
    windows, targets = electricity.load_windows(96).test.tensors
    usual = float(((windows[:, -1] - targets) ** 2).mean())
    expect.measured(
        "distance from the usual error",
        abs(error / usual - 1),
        f"{error:.4f}",
        most=0.25,
        expected=f"an error on the test year of {usual:.4f}, give or take a quarter",
    )


@pytest.mark.builds_on("test_forward")
@pytest.mark.gpu
def test_gpu_forward(task, gpu):
    """On CUDA, the model forecasts what it forecasts on the CPU, to 0.002.

    > Forecast the reading after each window: `(batch, sequence_length, 1)` to `(batch,)`.
    """
    model = build(task)
    windows = torch.randn(33, 96, 1)
    on_cpu = forecast(task, model, windows)
    on_gpu = forecast(task, model.to(gpu), windows.to(gpu))
    # cuDNN may multiply in TF32, with a mantissa of 10 bits.
    expect.close(on_gpu, on_cpu, "the forecast", atol=2e-3)


@pytest.mark.builds_on("test_steps", "test_losses")
@pytest.mark.gpu
def test_gpu_train(task, gpu):
    """With device="cuda", training happens there, and as on the CPU.

    > the model is in training mode and on `device`
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5, device=gpu)
    start = copy.deepcopy(probe)
    losses = train(task, probe, dataset, epochs=2, batch_size=7, learning_rate=0.05, device=gpu)
    devices = {parameter.device.type for parameter in probe.parameters()}
    expect.equal(devices, {gpu}, "the devices of the parameters")
    weights = forecasting.replay(start, dataset, probe.orders(dataset, epochs=2), 0.05)
    epochs = probe.errors(dataset, epochs=2)
    expect.close(forecasting.weights_of(probe), weights, "the weights", rtol=2e-3, atol=2e-3)
    expect.close(losses, forecasting.mean_errors(epochs), "the losses", rtol=1e-2)


@pytest.mark.builds_on("test_evaluation")
@pytest.mark.gpu
def test_gpu_evaluate(task, gpu):
    """With device="cuda", evaluation happens there, and as on the CPU.

    > Forecasts are made on `device`
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5, device=gpu)
    wanted = forecasting.squared_error(probe, dataset)
    error = task.evaluate(probe, dataset, batch_size=7, device=gpu)
    expect.number(error, "what evaluate returns")
    expect.close(error, wanted, "the error", rtol=1e-2)


@pytest.mark.builds_on("test_calls")
@pytest.mark.gpu
@pytest.mark.benchmark
def test_gpu_calls(task, gpu, race):
    """On CUDA, the model reads each batch in one call.

    > in batches of `batch_size` (the last may be smaller)
    """
    dataset = forecasting.pairs(4096, 96)
    options = {"batch_size": 1024, "device": gpu}
    sizes = calls_in(task, forecasting.PlainLSTM(), dataset, **options)
    expect.equal(sizes, [1024] * 4, "the windows in each call")

    def prepare(device):
        model = build(task)
        return lambda: task.train(model, dataset, epochs=1, batch_size=1024, device=device)

    race.show(race(rounds=3, cuda=lambda: prepare(gpu), cpu=lambda: prepare("cpu")))
