"""Answers to task 20, wrong and right: the tests of its tests."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from kata.testing import right, wrong


def draw(confusion, names, *, values=None, counts=None, labels=("predicted class", "true class")):
    """A figure as the reference draws it, but for what is given."""
    confusion = np.asarray(confusion)
    figure = Figure()
    axes = figure.subplots()
    axes.imshow(confusion if values is None else values)
    axes.set(xlabel=labels[0], ylabel=labels[1])
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    for (i, j), count in np.ndenumerate(confusion if counts is None else counts):
        axes.text(j, i, f"{count}")
    return figure


def ask(
    model,
    tokenizer,
    text,
    device,
    id2cat,
    *,
    choose=torch.argmax,
    gradients=False,
    dropout=False,
    **options,
):
    """What the reference does, but for what is given."""
    options = {"truncation": True, "max_length": 512} | options
    inputs = tokenizer(text, return_tensors="pt", **options).to(device)
    mode = model.training
    model.to(device).train(dropout and mode)
    with torch.set_grad_enabled(gradients):
        number = int(choose(model(**inputs).logits))
    model.train(mode)
    return id2cat[number]


@right("by torch, scikit-learn's display, and softmax")
class overlay:
    def per_class_accuracy(confusion):
        table = torch.as_tensor(np.array(confusion), dtype=torch.float64)
        return (table.diagonal() / table.sum(dim=1)).tolist()

    def plot_confusion(confusion, names):
        display = ConfusionMatrixDisplay(np.asarray(confusion), display_labels=names)
        figure, axes = plt.subplots()
        display.plot(ax=axes, xticks_rotation=45)
        axes.set(xlabel="Predicted class", ylabel="True class")
        plt.close(figure)
        return figure

    def predict_category(model, tokenizer, text, device, id2cat):
        was_training = model.training
        model.eval().to(device)
        inputs = tokenizer([text], truncation=True, max_length=512, return_tensors="pt")
        with torch.inference_mode():
            logits = model(**{name: value.to(device) for name, value in inputs.items()}).logits
        if was_training:
            model.train()
        return id2cat[logits.softmax(-1)[0].topk(1).indices.item()]


@right("draws a mesh, with shares of the row beside the counts")
class overlay:
    def per_class_accuracy(confusion):
        shares = []
        for i, row in enumerate(confusion):
            total = float(sum(row))
            shares.append(float(row[i]) / total if total > 0 else float("nan"))
        return shares

    def plot_confusion(confusion, names):
        confusion = np.asarray(confusion)
        shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
        figure = Figure(figsize=(9, 8))
        axes = figure.add_subplot()
        mesh = axes.pcolormesh(shares, cmap="viridis")
        axes.invert_yaxis()
        figure.colorbar(mesh)
        places = np.arange(len(names)) + 0.5
        axes.set_xticks(places, labels=names)
        axes.set_yticks(places, labels=names)
        axes.set_xlabel("PREDICTED category")
        axes.set_ylabel("True category")
        for i in range(len(names)):
            for j in range(len(names)):
                axes.text(j + 0.5, i + 0.5, f"{confusion[i, j]}\n({shares[i, j]:.0%})")
        return figure


@wrong(
    "swaps rows and columns",
    advice=(
        "The first index is the class that items have, the second "
        "the class they were taken for; read `confusion[i][j]` again."
    ),
    caught_by=("test_shares", "test_shares_of_rows", "test_absent_class", "test_counts"),
)
class overlay:
    def per_class_accuracy(confusion):
        table = np.asarray(confusion, dtype=float)
        items = table.sum(axis=0)
        pairs = zip(np.diag(table), items, strict=True)
        return [float(r / n) if n else float("nan") for r, n in pairs]

    def plot_confusion(confusion, names):
        return draw(np.asarray(confusion).T, names)


@wrong(
    "divides by zero",
    advice=(
        "A class may have no items at all; "
        "ask for that before you divide, and see which value the task names for it."
    ),
    caught_by=("test_absent_class", "test_any_table"),
)
def per_class_accuracy(confusion):
    return [float(row[i]) / float(sum(row)) for i, row in enumerate(confusion)]


@wrong(
    "calls an absent class wrong",
    advice=(
        "A share of 0 says that all items were mistaken, but there was none; "
        "nan says that nothing is known."
    ),
    caught_by=("test_absent_class", "test_any_table"),
)
def per_class_accuracy(confusion):
    return [float(row[i]) / max(float(sum(row)), 1.0) for i, row in enumerate(confusion)]


@wrong(
    "leaves an absent class out",
    advice=(
        "All later shares then move to another class's place; "
        "keep one value for each class, and nan for that one."
    ),
    caught_by="test_absent_class",
)
def per_class_accuracy(confusion):
    return [float(row[i]) / float(sum(row)) for i, row in enumerate(confusion) if sum(row)]


@wrong(
    "the accuracy of one class against the rest",
    advice=(
        "Items of other classes count as right here, so that "
        "even a weak class looks good; stay within its own row."
    ),
    caught_by=("test_shares_of_rows",),
)
def per_class_accuracy(confusion):
    table = np.asarray(confusion, dtype=float)
    total = table.sum()
    return [
        float((total - table[i].sum() - table[:, i].sum() + 2 * table[i, i]) / total)
        for i in range(len(table))
    ]


@wrong(
    "the accuracy of all classes, for each",
    advice="One number for all hides which class is weak; give each its own, out of its own row.",
    caught_by="test_shares_of_rows",
)
def per_class_accuracy(confusion):
    table = np.asarray(confusion, dtype=float)
    return [float(np.trace(table) / table.sum())] * len(table)


@wrong(
    "an array for a list",
    advice=(
        "The caller expects Python's own floats in a list; "
        "arrays and tensors have a method that gives just that."
    ),
    caught_by="test_shares_of_rows",
)
def per_class_accuracy(confusion):
    table = np.asarray(confusion, dtype=float)
    return np.diag(table) / table.sum(axis=1)


@wrong(
    "percent for shares",
    advice=(
        "A share lies between 0 and 1; "
        "turning it into percent is a matter of printing, which `main` does."
    ),
    caught_by="test_shares_of_rows",
)
def per_class_accuracy(confusion):
    return [
        100 * float(row[i]) / float(sum(row)) if sum(row) else float("nan")
        for i, row in enumerate(confusion)
    ]


@wrong(
    "sets the caller's table to zeros",
    advice=(
        "An array stays the caller's own, even after `np.asarray`; "
        "put what you compute into a new one."
    ),
    caught_by="test_table_is_kept",
)
def per_class_accuracy(confusion):
    table = np.asarray(confusion)
    shares = table.diagonal() / table.sum(axis=1)
    table[:] = 0
    return shares.tolist()


@wrong(
    "draws shares without the counts",
    advice=(
        "A share does not tell how many items there were; "
        "leave it to the colours, and write counts."
    ),
    caught_by=("test_counts",),
)
def plot_confusion(confusion, names):
    table = np.asarray(confusion)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    return draw(confusion, names, values=shares, counts=shares.round(2))


@wrong(
    "writes nothing into the cells",
    advice=(
        "Nobody can read a number off a colour; "
        "look at `axes.text`, and go through all rows and columns."
    ),
    caught_by=("test_counts", "test_other_sizes"),
)
def plot_confusion(confusion, names):
    return draw(confusion, names, counts=np.zeros((0, 0)))


@wrong(
    "draws from the bottom",
    advice=(
        "A table is read from the top, where the first class belongs; "
        "look at which way the y-axis runs."
    ),
    caught_by=("test_counts", "test_names"),
)
def plot_confusion(confusion, names):
    figure = draw(confusion, names)
    figure.axes[0].invert_yaxis()
    return figure


@wrong(
    "leaves the ticks as numbers",
    advice=(
        "Nobody remembers which class is number 3; "
        "look at what `set_xticks` and `set_yticks` take beside places."
    ),
    caught_by="test_names",
)
def plot_confusion(confusion, names):
    return draw(confusion, list(map(str, range(len(names)))))


@wrong(
    "sorts the names",
    advice=(
        "Name i belongs to row i and column i; "
        "in another order they stand beside the counts of other classes."
    ),
    caught_by="test_names",
)
def plot_confusion(confusion, names):
    return draw(confusion, sorted(names))


@wrong(
    "does not label the axes",
    advice="A reader cannot tell truth from prediction; look at `set_xlabel` and `set_ylabel`.",
    caught_by="test_axes_are_labelled",
)
def plot_confusion(confusion, names):
    return draw(confusion, names, labels=("", ""))


@wrong(
    "labels the axes the wrong way round",
    advice=(
        "Rows are stacked along the y-axis, and each is a true class; "
        "think of which way the columns run."
    ),
    caught_by="test_axes_are_labelled",
)
def plot_confusion(confusion, names):
    return draw(confusion, names, labels=("true class", "predicted class"))


@wrong(
    "colours the transposed table",
    advice=(
        "Colours and numbers contradict each other; "
        "a cell's colour has to come from the same row and column as its count."
    ),
    caught_by="test_colours",
)
def plot_confusion(confusion, names):
    return draw(confusion, names, values=np.asarray(confusion).T)


@wrong(
    "colours the diagonal, whatever the counts",
    advice=(
        "A glance should show where a class goes: "
        "let each cell's colour follow from its count as a share of its row."
    ),
    caught_by="test_colours",
)
def plot_confusion(confusion, names):
    return draw(confusion, names, values=np.zeros((len(names), len(names))) + np.eye(len(names)))


@wrong(
    "draws five classes, however many there are",
    advice=(
        "The table may just as well have two; "
        "take the number from the names or the rows that come in."
    ),
    caught_by="test_other_sizes",
)
def plot_confusion(confusion, names):
    table = np.zeros((5, 5), dtype=int)
    table[: len(names), : len(names)] = np.asarray(confusion)
    return draw(table, [*names, *"?????"][:5])


@wrong(
    "asks a table whether it is true",
    advice=(
        "An array or tensor of several values is neither true nor "
        "false, so that Python raises an error; ask for its length."
    ),
    caught_by="test_drawn_kinds",
)
def plot_confusion(confusion, names):
    return draw(confusion or [[0]], names)


@wrong(
    "shows the figure",
    advice=(
        "Where nobody sits at a screen, a window stops the script or fails; "
        "handing the figure back is enough."
    ),
    caught_by="test_no_window",
)
def plot_confusion(confusion, names):
    figure = draw(confusion, names)
    plt.show()
    return figure


@wrong(
    "returns the axes",
    advice=(
        "The caller wants to save the picture, and `savefig` "
        "belongs to the figure that they are part of."
    ),
    caught_by=("test_counts", "test_names", "test_colours"),
)
def plot_confusion(confusion, names):
    return draw(confusion, names).axes[0]


@wrong(
    "forgets evaluation mode",
    advice=(
        "Dropout still drops units at random, so that one "
        "text may get different answers; look at `model.eval`."
    ),
    caught_by="test_no_dropout",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, dropout=True)


@wrong(
    "divides by the sum of the column, which gives the precision",
    advice=(
        "Of a class's own items, which stand in its row, some share was found; "
        "see along which axis your sum runs."
    ),
    caught_by=("test_shares", "test_any_table"),
)
def per_class_accuracy(confusion):
    table = np.asarray(confusion)
    totals = table.sum(axis=0)
    return [
        float(right / total) if total else float("nan")
        for right, total in zip(table.diagonal(), totals, strict=True)
    ]


@wrong(
    "writes each count into the mirrored cell",
    advice="`text` takes x and y, which are the column and the row; see which you give first.",
    caught_by=("test_counts", "test_large_counts"),
)
def plot_confusion(confusion, names):
    return draw(confusion, names, counts=np.asarray(confusion).T)


@wrong(
    "leaves the model in evaluation mode",
    advice=(
        "Training would go on without dropout afterwards; "
        "note `model.training` first, and set it back at the end."
    ),
    caught_by="test_mode_is_kept[True]",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model.eval(), tokenizer, text, device, id2cat)


@wrong(
    "puts the model into training mode",
    advice=(
        "It may have come in evaluation mode; note which mode it had, and give it back that one."
    ),
    caught_by="test_mode_is_kept[False]",
)
def predict_category(model, tokenizer, text, device, id2cat):
    category = ask(model, tokenizer, text, device, id2cat)
    model.train()
    return category


@wrong(
    "returns the class's number",
    advice="People want to read a name; see what `id2cat` has for that number.",
    caught_by=("test_greatest_logit", "test_odd_texts"),
)
def predict_category(model, tokenizer, text, device, id2cat):
    numbers = {number: number for number in id2cat}
    return ask(model, tokenizer, text, device, numbers)


@wrong(
    "sorts the names before it looks one up",
    advice="The number is a key of `id2cat`, and says nothing about a place in the alphabet.",
    caught_by="test_greatest_logit",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, sorted(id2cat.values()))


@wrong(
    "takes the least logit",
    advice="A greater logit means a likelier class; check which end your function picks.",
    caught_by=("test_greatest_logit", "test_script"),
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, choose=torch.argmin)


@wrong(
    "cuts nothing",
    advice=(
        "The model has places for 512 tokens, and longer texts are too much for it; "
        "look at `truncation` and `max_length`."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, truncation=False, max_length=None)


@wrong(
    "refuses an empty text",
    advice=(
        "Even no words at all become a few special tokens, so "
        "the model can answer; no case of its own is needed."
    ),
    caught_by="test_odd_texts[empty]",
)
def predict_category(model, tokenizer, text, device, id2cat):
    if not text:
        raise ValueError("empty")
    return ask(model, tokenizer, text, device, id2cat)


@wrong(
    "cuts after 16 tokens",
    advice=(
        "What people want may stand at the end of a long text; the task lets 512 tokens be read."
    ),
    caught_by="test_long_texts",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, max_length=16)


@wrong(
    "keeps gradients",
    advice=(
        "Nobody calls `backward` here, so remembering each "
        "step only costs memory; look at `torch.no_grad`."
    ),
    caught_by="test_no_gradients",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, gradients=True)


@wrong(
    "moves the model and the texts to the CPU",
    advice=(
        "The caller says where to predict: "
        "model and tokens both have to go to `device` before they meet."
    ),
    caught_by="test_gpu",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, "cpu", id2cat)


@wrong(
    "returns nothing",
    advice="Each function's work is lost without a `return`: the caller gets None in its place.",
    caught_by=("test_odd_texts[one letter]", "test_no_dropout", "test_counts", "test_shares"),
)
class overlay:
    def per_class_accuracy(confusion):
        pass

    def plot_confusion(confusion, names):
        pass

    def predict_category(model, tokenizer, text, device, id2cat):
        pass


@wrong(
    "draws shares of what is not a list",
    advice=(
        "Lists, arrays and tensors hold the same counts; "
        "make one kind of them first, and then treat all alike."
    ),
    caught_by=("test_drawn_kinds",),
)
def plot_confusion(confusion, names):
    rows = [list(map(float, row)) for row in confusion]
    if isinstance(confusion, list):
        return draw(confusion, names)
    return draw(
        rows, names, counts=np.array([[f"{c / sum(row):.2f}" for c in row] for row in rows])
    )


@wrong(
    "turns the caller's counts into shares",
    advice=(
        "An array of floats can be changed in place, and "
        "it is the caller's; let the shares be a new one."
    ),
    caught_by="test_table_is_kept",
)
def plot_confusion(confusion, names):
    counts = np.array(confusion, int)
    table = np.asarray(confusion)
    if table.dtype.kind == "f":
        table /= np.maximum(table.sum(axis=1, keepdims=True), 1)
    return draw(counts, names, values=counts / np.maximum(counts.sum(1, keepdims=True), 1))


@wrong(
    "takes the name by its place",
    advice="A dictionary may list its keys in any order; ask it for the number itself.",
    caught_by="test_greatest_logit",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, list(id2cat.values()))


@wrong(
    "cuts at 512 letters",
    advice=(
        "The limit is one of tokens, and a token is often several letters; "
        "let the tokenizer do the cutting."
    ),
    caught_by="test_long_texts",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text[:512], device, id2cat)


@wrong(
    "cuts where the tokenizer does",
    advice=(
        "A tokenizer's own limit may be greater than the task's; "
        "look at `max_length`, which sets it for one call."
    ),
    caught_by="test_odd_texts[2,000 words]",
)
def predict_category(model, tokenizer, text, device, id2cat):
    return ask(model, tokenizer, text, device, id2cat, max_length=None)


@wrong(
    "writes counts with three digits",
    advice="1.32e+04 is no count; write whole numbers in full.",
    caught_by="test_large_counts",
)
def plot_confusion(confusion, names):
    rows = [[f"{int(count):.3g}" for count in row] for row in confusion]
    return draw(confusion, names, counts=np.array(rows))


@wrong(
    "rounds the probabilities before it chooses",
    advice="Rounded, two classes may be alike; take the greatest of the logits as they are.",
    caught_by="test_close_logits",
)
def predict_category(model, tokenizer, text, device, id2cat):
    def choose(logits):
        return logits.softmax(-1).mul(100).round().argmax()

    return ask(model, tokenizer, text, device, id2cat, choose=choose)
