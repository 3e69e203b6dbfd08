"""Task 03: what a better forecaster must reach, and how it must not get there."""

from contextlib import contextmanager
from datetime import date

import pytest

from kata.testing import expect, lazy

np = lazy("numpy")
torch = lazy("torch")
forecasting = lazy("forecasting")
electricity = lazy("fixtures.electricity")


@pytest.fixture(scope="module")
def windows():
    """The windows of a seed, loaded when asked for and kept."""
    kept = {}

    def load(seed=9):
        if seed not in kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("KATA_DATA", raising=False)
                kept[seed] = electricity.load_windows(96, seed)
        return kept[seed]

    return load


@pytest.fixture(autouse=True)
def _no_loading(monkeypatch, tmp_path):
    """Only `main` loads data: elsewhere, `load_windows` finds a folder without files."""
    monkeypatch.setenv("KATA_DATA", str(tmp_path / "only-main-loads-data"))


@contextmanager
def nothing_loaded(name):
    """Say so where `name` loads data of its own, which is the error that `load_windows` raises."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "DataError":
            raise
        wanted = f"{name} uses what it is given"
        wrong = expect.Wrong(wanted, "it loads data of its own", "data")
        raise wrong.with_traceback(error.__traceback__) from None


def build(task):
    with nothing_loaded("build_model"):
        model = task.build_model()
    expect.instance(model, torch.nn.Module, "build_model()")
    return model


def forecast(task, model, windows):
    """The model's forecasts of windows `(n, 96)` in evaluation mode, checked to be `(n,)`."""
    model.eval()
    device = windows.device.type
    with torch.no_grad():
        parts = [task.apply(model, part.unsqueeze(-1)) for part in windows.split(4096)]
    for part, given in zip(parts, windows.split(4096), strict=True):
        expect.tensor(part, "forecast", shape=(len(given),), device=device)
    return torch.cat(parts)


def train(task, model, dataset, **options):
    with nothing_loaded("train"):
        losses = task.train(model, dataset, **options)
    is_list = isinstance(losses, list)
    expect.that(is_list, "train returns a list, with a loss for each epoch", losses, "type")
    expect.that(losses, "a loss for each epoch", "an empty list", "type")
    for i, loss in enumerate(losses):
        expect.number(loss, f"losses[{i}]")
    return losses


def trained(task, windows):
    """The student's model, trained once for all tests of this file, and its losses."""

    def make():
        model = build(task)
        return model, train(task, model, windows().train)

    return task.once("the trained model", make)


def scores(task, model, dataset):
    """Mean squared error and R-squared of a model, and the error of persistence, in float64."""
    inputs, targets = (tensor.double().numpy() for tensor in dataset.tensors)
    error = forecast(task, model, dataset.tensors[0]).double().numpy() - targets
    mse = float(np.mean(error**2))
    return mse, 1 - mse / float(np.var(targets)), float(np.mean((inputs[:, -1] - targets) ** 2))


def test_shape(task):
    """build_model() gives a network from (batch, 96, 1) to (batch,).

    > A network that maps windows `(batch, 96, 1)` to the readings after them, `(batch,)`.
    """
    model = build(task)
    for batch in (1, 2, 5):
        forecast(task, model, torch.randn(batch, 96))


def few_pairs(windows):
    """The first 512 pairs, in tensors of their own: the windows are views of one series."""
    return torch.utils.data.TensorDataset(*(part.clone() for part in windows().train[:512]))


def test_epochs(task, windows):
    """train returns a list, with the error of each epoch.

    > The mean squared error of each epoch (of the one, if there is one)
    """
    train(task, build(task), few_pairs(windows))


@pytest.mark.builds_on("test_epochs")
def test_given_pairs_only(task, windows):
    """train learns from the pairs it is given, and loads nothing itself.

    > Training uses the pairs that it is given, and neither other data nor weights fitted
    > beforehand: only `main` loads anything.
    """
    model = build(task)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    part = few_pairs(windows)
    copies = [tensor.clone() for tensor in part.tensors]
    train(task, model, part)
    after = model.state_dict()
    changed = [name for name in before if not torch.equal(before[name], after[name].cpu())]
    expect.that(
        changed,
        "the model that is passed in has other weights afterwards",
        "all are as before; was nothing trained, or a copy?",
    )
    for name, copy, tensor in zip(("windows", "targets"), copies, part.tensors, strict=True):
        expect.equal(tensor, copy, f"the data set's {name} afterwards")


@pytest.mark.builds_on("test_epochs")
def test_window_only(task, windows):
    """A forecast uses its own window alone, and is the same every time.

    > a forecast uses its own window and nothing else, and in evaluation mode it is the same
    > every time
    """
    model, inputs = build(task), windows().train.tensors[0][1000:1007]
    train(task, model, few_pairs(windows))
    together = forecast(task, model, inputs)
    check_same(
        forecast(task, model, inputs), together, "the same forecasts when asked again", "again"
    )
    alone = torch.cat([forecast(task, model, inputs[i : i + 1]) for i in range(7)])
    check_same(alone, together, "each window's forecast the same alone as in a batch of 7", "alone")


def check_same(found, first, expected, how):
    """Two forecasts of the same windows."""
    differ = ~torch.isclose(found, first, rtol=1e-4, atol=1e-4)
    if differ.any():
        i = int(differ.nonzero()[0])
        got = f"{int(differ.sum())} of {len(first)} differ: {float(first[i]):.4f} for window {i} "
        raise expect.Wrong(expected, got + f"in the batch, and {float(found[i]):.4f} {how}")


def check_error(task, windows, model, mse, bar, expected):
    """An error of at most `bar`; one that is too great stands beside that of what was learnt."""
    got = f"{mse:.4f}"
    if mse > bar:
        learnt, _, persistence = scores(task, model, windows().train)
        got += (
            f"; {learnt:.4f} on the pairs it learnt from, where persistence has {persistence:.4f}"
        )
    expect.measured("error", mse, got, most=bar, expected=expected)


def check_beats_persistence(task, windows, model, seed=9):
    mse, _, persistence = scores(task, model, windows(seed).test)
    bar = 0.95 * persistence
    expected = f"a mean squared error of {bar:.4f} or less, 95% of persistence's {persistence:.4f}"
    check_error(task, windows, model, mse, bar, expected)


@pytest.mark.builds_on("test_epochs")
def test_losses(task, windows):
    """The last loss is near the trained model's error on its pairs: a third to 3 times.

    > The mean squared error of each epoch (of the one, if there is one), in the units of
    > the targets.

    > `train` may take two minutes on one CPU core.
    """
    model, losses = trained(task, windows)
    mse, _, _ = scores(task, model, windows().train)
    expect.that(
        mse / 3 <= losses[-1] <= mse * 3,
        f"train's last loss is between {mse / 3:.4f} and {mse * 3:.4f}, as the error on these "
        f"pairs is {mse:.4f} then",
        f"a last loss of {losses[-1]:.4f}",
    )


@pytest.mark.builds_on("test_given_pairs_only")
def test_beats_persistence(task, windows):
    """On the test year, its error is 5% or more below the last reading's.

    > persistence, which repeats the last reading of the window, by 5% or more
    """
    check_beats_persistence(task, windows, trained(task, windows)[0])


@pytest.mark.builds_on("test_beats_persistence", "test_given_pairs_only")
def test_beats_task_02(task, windows):
    """On the test year, its error is below that of task 02's LSTM.

    > the LSTM of task 02 (0.0342)
    """
    model, _ = trained(task, windows)
    mse, _, _ = scores(task, model, windows().test)
    bar = electricity.TASK_02_TEST_MSE
    check_error(task, windows, model, mse, bar, f"a mean squared error below {bar}")


@pytest.mark.builds_on("test_beats_persistence", "test_given_pairs_only")
def test_r_squared(task, windows):
    """On the test year, its R-squared is at least 0.9.

    > an R-squared of 0.9
    """
    _, r2, _ = scores(task, trained(task, windows)[0], windows().test)
    expected = "an R-squared of at least 0.9"
    expect.measured("R-squared", r2, f"{r2:.3f}", least=0.9, expected=expected)


@pytest.mark.builds_on("test_beats_persistence")
@pytest.mark.parametrize("seed", [1009, 1010])
def test_unseen_year(task, windows, seed):
    """On the test year of another customer, its error is 5% or more below the last reading's, too.

    > on the test years of two other invented customers, it has to beat persistence by as much
    """
    check_beats_persistence(task, windows, trained(task, windows)[0], seed)


def test_evaluation(task):
    """evaluate gives the mean squared error over all pairs, whatever the batches.

    > the mean squared error and the coefficient of determination

    > Score `model` on all pairs of `dataset`.
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5)
    result = evaluate(task, probe, dataset, batch_size=7)
    wanted = forecasting.squared_error(probe, dataset)
    note = ", the root of it" if abs(result["mse"] - wanted**0.5) < 1e-4 else ""
    near = abs(result["mse"] - wanted) <= 1e-4 * wanted
    expect.that(near, f'["mse"] is {wanted:.6g}', f"{result['mse']:.6g}{note}")


@pytest.mark.builds_on("test_evaluation")
def test_evaluation_r_squared(task):
    """r2 is 1 minus the error over that of the mean; it can be negative.

    > `1 - mse / variance of the targets`

    > It is 1 for a perfect forecast, 0 for one that always says the targets' mean, and
    > negative for a worse one.
    """
    for seed in (7, 8):
        dataset, probe = forecasting.pairs(23, 5, seed), forecasting.Probe(5)
        result = evaluate(task, probe, dataset, batch_size=7)
        variance = float(dataset.tensors[1].double().var(correction=0))
        wanted = 1 - forecasting.squared_error(probe, dataset) / variance
        got = f"{result['r2']:.6g}"
        swapped = swapped_r2(probe, dataset)
        if abs(result["r2"] - swapped) < 1e-3 * abs(swapped):
            got += ", which divides by the variance of the forecasts"
        near = abs(result["r2"] - wanted) <= 1e-3 * abs(wanted)
        expect.that(near, f'["r2"] is {wanted:.6g}', got)


def swapped_r2(probe, dataset):
    """R-squared as it comes out where forecasts and targets are swapped."""
    with torch.no_grad():
        forecasts = probe(dataset.tensors[0].unsqueeze(-1)).double()
    variance = float(forecasts.var(correction=0))
    return 1 - forecasting.squared_error(probe, dataset) / variance


def test_evaluation_mode(task):
    """evaluate forecasts in evaluation mode.

    > Forecasts are made on `device`, in evaluation mode
    """
    probe = forecasting.Probe(5).train()
    evaluate(task, probe, forecasting.pairs(11, 5), batch_size=4)
    expect.that(
        not any(seen.training for seen in probe.seen), "evaluation mode", "it is in training mode"
    )


@pytest.mark.edge
@pytest.mark.parametrize("was_training", [True, False])
def test_evaluation_leaves_no_trace(task, was_training):
    """evaluate computes no gradients, and restores the mode that the model was in.

    > without gradients; afterwards the model is in the mode that it was in before
    """
    probe = forecasting.Probe(5).train(was_training)
    evaluate(task, probe, forecasting.pairs(11, 5), batch_size=4)
    expect.that(not any(seen.gradients for seen in probe.seen), "no gradients", "they are on")
    expect.equal(probe.training, was_training, "model.training afterwards")


def evaluate(task, probe, dataset, **options):
    with nothing_loaded("evaluate"):
        result = task.evaluate(probe, dataset, **options)
    expect.instance(result, dict, "what evaluate returns")
    expect.equal(sorted(result), ["mse", "r2"], "its keys")
    for key, value in result.items():
        expect.number(value, f"[{key!r}]")
    return result


@pytest.mark.builds_on
def test_script(task, small_electricity, tmp_path):
    """The script prints the scores, and draws a week in task03.png.

    > Train, print the scores on the test year beside persistence, and draw a week of it.
    """
    small_electricity(train_days=9, test_days=16)
    task.main()
    for label in ("Test MSE:", "Test R-squared:", "Test MSE of persistence:"):
        expect.that(label in task.printed.out, f"a line {label} ...", task.printed.out)
    picture = tmp_path / "task03.png"
    expect.that(picture.is_file(), "a file task03.png", "there is none")
    pixels = lazy("matplotlib.image").imread(picture)
    colours = len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0))
    expect.that(
        min(pixels.shape[:2]) >= 300 and colours > 50,
        "a plot of 300 pixels or more each way, with lines in it",
        f"{pixels.shape[1]} x {pixels.shape[0]} pixels in {colours} colours"
        if colours > 1
        else "one colour only",
    )


@pytest.mark.builds_on
def test_years_script(task, small_electricity):
    """With --years, the script holds out each training year in turn, and prints its error.

    > holds out each training year in turn, and prints the errors
    """
    small_electricity(train_days=24, test_days=2, first=date(2012, 12, 20))
    task.main(years=True)
    for year, pairs in electricity.load_years(96).items():
        windows, targets = (tensor.double() for tensor in pairs.tensors)
        persistence = float(((windows[:, -1] - targets) ** 2).mean())
        lines = [line for line in task.printed.out.splitlines() if line.startswith(f"{year}: ")]
        wanted = f"a line {year}: ..., with persistence's error of {persistence:.4f} in it"
        expect.that(any(f"{persistence:.4f}" in line for line in lines), wanted, task.printed.out)


@pytest.mark.gpu
def test_gpu_forecast(task, windows, gpu):
    """On CUDA, the trained model forecasts what it forecasts on the CPU, to 0.01.

    > A network that maps windows `(batch, 96, 1)` to the readings after them
    """
    model, inputs = trained(task, windows)[0], windows().test.tensors[0][:1000]
    on_cpu = forecast(task, model.to("cpu"), inputs)
    on_gpu = forecast(task, model.to(gpu), inputs.to(gpu))
    model.to("cpu")
    expect.close(on_gpu, on_cpu, "the forecast", atol=1e-2)


@pytest.mark.gpu
def test_gpu_train(task, windows, gpu):
    """With device="cuda", training happens there, and beats the last reading.

    > Train `model` on the (window, target) pairs of `dataset`, on `device`, as you see fit.
    """
    model = build(task)
    train(task, model, windows().train, device=gpu)
    devices = {parameter.device.type for parameter in model.parameters()}
    expect.equal(devices, {gpu}, "the devices of the parameters")
    check_beats_persistence(task, windows, model.to("cpu"))


@pytest.mark.builds_on("test_evaluation")
@pytest.mark.gpu
def test_gpu_evaluate(task, gpu):
    """With device="cuda", evaluation happens there, and as on the CPU.

    > Forecasts are made on `device`
    """
    dataset, probe = forecasting.pairs(23, 5), forecasting.Probe(5, device=gpu)
    wanted = forecasting.squared_error(probe, dataset)
    result = evaluate(task, probe, dataset, batch_size=7, device=gpu)
    expect.close(result["mse"], wanted, '["mse"]', rtol=1e-2)
