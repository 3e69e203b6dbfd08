"""Task 20: what `per_class_accuracy`, `plot_confusion` and `predict_category` must do."""

import copy
import io
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests.language import ODD_TEXTS, check_no_gradients
from tests.tokens import UNCASED, tokenizer_of

figures = lazy("matplotlib.figure")
np = lazy("numpy")
torch = lazy("torch")
transformers = lazy("transformers")

# As a dispatcher might give it; no two rows or columns have the same sum.
CONFUSION = [
    [61, 3, 0, 7, 1],
    [5, 22, 2, 0, 4],
    [9, 1, 30, 6, 0],
    [0, 8, 2, 17, 12],
    [1, 0, 4, 2, 11],
]
NAMES = ["question", "sorting", "digest", "ideas", "poem"]
# No two names begin alike, and their order is not that of the alphabet.
ID2CAT = {0: "weather", 1: "music", 2: "lights", 3: "alarm", 4: "door"}
TEXTS = [
    "Explain the tides.", "Is a bean a fruit or a seed?", "Summarize this passage on volcanoes.",
    "Give me five names for a bakery.", "Write a poem about a sleepless owl.", "who was Hypatia",
    "Sort these: dog, oak, cat, elm", "List the dates in the report below.", "What is jazz?",
    "Suggest a present for my aunt", "Tell me a story about a lighthouse", "How do I bake bread?",
]  # fmt: skip
RIGHT = 8  # of ten unseen instructions
KINDS = {
    "lists": lambda rows: [list(row) for row in rows],
    "array": lambda rows: np.array(rows),
    "tensor": lambda rows: torch.tensor(rows),
}


@st.composite
def tables(draw):
    """A confusion matrix, some of its rows empty, as lists, an array or a tensor."""
    size = draw(st.integers(1, 6))
    row = st.lists(st.integers(0, 40), min_size=size, max_size=size)
    rows = draw(st.lists(row | st.just([0] * size), min_size=size, max_size=size))
    return rows, draw(st.sampled_from(sorted(KINDS)))


def shares(task, rows, kind="lists"):
    """A list of floats, one for each class."""
    found = task.per_class_accuracy(KINDS[kind](rows))
    expect.instance(found, list, "what per_class_accuracy returns")
    expect.that(len(found) == len(rows), f"{len(rows)} shares", f"{len(found)}", "length")
    for i, share in enumerate(found):
        expect.instance(share, float, f"share {i}")
    return found


def check_shares(found, rows):
    for i, (share, row) in enumerate(zip(found, rows, strict=True)):
        if sum(row):
            good = math.isclose(share, row[i] / sum(row), abs_tol=1e-6)
            reason = "" if good else mistaken(share, rows, i)
            expect.that(
                good, f"the share of class {i} == {row[i] / sum(row):.6f}, {row[i]} of its "
                f"{sum(row)} items", f"{share:.6f}{reason and ', which is '}{reason}",
            )  # fmt: skip
        else:
            expect.that(math.isnan(share), f"nan for class {i}, of which there is none", share)


def mistaken(share, rows, i):
    """What a known mistake is called that leads to this share of class i."""
    items, right = sum(map(sum, rows)), sum(row[j] for j, row in enumerate(rows))
    column = sum(row[i] for row in rows)
    others = items - sum(rows[i]) - column + rows[i][i]  # neither of this class nor taken for it
    values = {
        "the share of its column": rows[i][i] / (column or 1),
        "the share over all classes": right / (items or 1),
        "a share that counts the other classes' items as well": (rows[i][i] + others)
        / (items or 1),
        "its share of all items": rows[i][i] / (items or 1),
        "a percentage": 100 * rows[i][i] / (sum(rows[i]) or 1),
        "1 minus it": 1 - rows[i][i] / (sum(rows[i]) or 1),
    }
    return next((n for n, value in values.items() if math.isclose(share, value, abs_tol=1e-6)), "")


def drawn(task, rows=CONFUSION, names=NAMES, kind="lists"):
    """The first axes of the figure, drawn, so that everything is in its place."""
    figure = task.plot_confusion(KINDS[kind](rows), list(names))
    expect.instance(figure, figures.Figure, "what plot_confusion returns")
    expect.that(figure.axes, "a figure with axes", "none", "axes")
    figure.savefig(io.BytesIO(), format="png")
    return figure.axes[0]


def grid(axes):
    """The texts written into the cells, as rows from the top, whatever the axes' units."""
    written = [text for text in axes.texts if any(letter.isdigit() for letter in text.get_text())]
    places = [axes.transData.transform(text.get_position()).round() for text in written]
    columns = sorted({x for x, _ in places})
    rows = sorted({y for _, y in places}, reverse=True)
    table = [[""] * len(columns) for _ in rows]
    for text, (x, y) in zip(written, places, strict=True):
        table[rows.index(y)][columns.index(x)] = text.get_text()
    return table


def labels_of(axis, reverse):
    """The names at the ticks, from left to right or from the top."""
    ticks = [
        (axis.axes.transData.transform((place, place))[int(reverse)], label.get_text())
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
    ]
    return [text for _, text in sorted(ticks, reverse=reverse) if text]


def dispatcher(seed=0):
    """A model that says one thing of some texts, and another of others; and its tokenizer."""
    torch.manual_seed(seed)
    kind = transformers.AutoModelForSequenceClassification
    model, tokenizer = kind.from_pretrained(UNCASED, num_labels=5).eval(), tokenizer_of()
    with torch.no_grad():
        model.classifier.weight.normal_()
        logits = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).logits
        model.classifier.bias -= logits.mean(0)
    return model, tokenizer


def categories(model, tokenizer, texts):
    """What the model says of each text, without dropout."""
    model = copy.deepcopy(model).cpu().eval()
    return [ID2CAT[each.index(max(each))] for each in logits_of(model, tokenizer, texts)]


def logits_of(model, tokenizer, texts):
    """Those of each text alone."""
    found = []
    for text in texts:
        inputs = tokenizer(text, truncation=True, max_length=512, return_tensors="pt")
        with torch.no_grad():
            found.append(model(**inputs).logits[0].tolist())
    return found


def check_categories(task, model, tokenizer, texts, wanted, note=""):
    """The category of each text; the first one that is wrong is shown with its logits."""
    found = [predicted(task, model, tokenizer, text) for text in texts]
    wrong = [i for i in range(len(texts)) if found[i] != wanted[i]]
    if not wrong:
        return
    i = wrong[0]
    predicted(task, model, tokenizer, texts[i])  # so that the report shows this call
    if len(set(found)) == 1:
        got = f"{found[0]!r} for each of {len(texts)} texts{note}"
    else:
        got = f"{found[i]!r}, one of {len(wrong)} wrong ones of {len(texts)}"
    plain = copy.deepcopy(model).eval()
    (logits,) = logits_of(plain, tokenizer, [texts[i]])
    place = logits.index(max(logits))
    values = ", ".join(f"{value:.3g}" for value in logits)
    raise expect.Wrong(f"{wanted[i]!r}, id2cat[{place}], as the logits are {values}", got)


def predicted(task, model, tokenizer, text, device="cpu"):
    names = dict(reversed(ID2CAT.items()))  # a dictionary has keys, whatever their order
    found = task.predict_category(model, tokenizer, text, device, names)
    expect.instance(found, str, "what predict_category returns")
    return found


@pytest.mark.builds_on("test_shares_of_rows")
@given(tables().filter(lambda table: all(map(sum, table[0]))))
@settings(max_examples=40)
def test_shares(task, table):
    """Of the items of each class, the share that was predicted rightly.

    > The share of each class's items that were predicted rightly, which is its recall.
    """
    rows, _ = table
    check_shares(shares(task, rows), rows)


@pytest.mark.builds_on("test_shares", "test_shares_of_rows", "test_absent_class")
@pytest.mark.edge
@given(tables())
@settings(max_examples=60)
def test_any_table(task, table):
    """Lists, arrays and tensors have shares, and nan for each class without items.

    > a square table of counts, as lists, an array or a tensor

    > nan for a class without items
    """
    rows, kind = table
    check_shares(shares(task, rows, kind), rows)


@pytest.mark.parametrize(
    "kind", ["lists", *(pytest.param(kind, marks=pytest.mark.edge) for kind in ("array", "tensor"))]
)
def test_shares_of_rows(task, kind):
    """The share of a class is that of its own row; lists, arrays and tensors will do.

    > A float between 0 and 1 for each class, in their order

    > `confusion[i][j]` items of class i were predicted to be of class j
    """
    check_shares(shares(task, CONFUSION, kind), CONFUSION)


@pytest.mark.builds_on("test_shares_of_rows")
@pytest.mark.edge
@pytest.mark.parametrize("place", [0, 2, 4])
def test_absent_class(task, place):
    """A class without items has nan, and no class but that one.

    > nan for a class without items
    """
    rows = [list(row) for row in CONFUSION]
    rows[place] = [0] * 5
    check_shares(shares(task, rows), rows)


@pytest.mark.builds_on("test_shares_of_rows", "test_drawn_kinds")
@pytest.mark.edge
def test_table_is_kept(task):
    """The table is left as it was.

    > It is left as it was.
    """
    for rows in (np.array(CONFUSION), np.array(CONFUSION, float)):
        task.per_class_accuracy(rows)
        expect.equal(rows, np.array(CONFUSION), "confusion after per_class_accuracy")
        task.plot_confusion(rows, list(NAMES))
        expect.equal(rows, np.array(CONFUSION), "confusion after plot_confusion")


def test_counts(task):
    """Each cell has its count in it: true classes from the top, predicted ones from the left.

    > with a row for each true class, the first one on top, and a column for each predicted
    > one; each cell has its count written in it

    > Draw a confusion matrix as a picture of cells.
    """
    table = grid(drawn(task))
    size = len(CONFUSION)
    expect.that(
        len(table) == size and all(len(row) == size for row in table),
        f"a count in each of {size} x {size} cells",
        f"{len(table)} rows of {len(table[0]) if table else 0} counts",
        "cells",
    )
    for i, row in enumerate(CONFUSION):
        for j, count in enumerate(row):
            numbers = "".join(c if c.isdigit() else " " for c in table[i][j]).split()
            expect.that(
                str(count) in numbers,
                f"{count} in row {i} and column {j}, for {count} {NAMES[i]!r} that were "
                f"predicted as {NAMES[j]!r}",
                f"{table[i][j]!r} there; the row is {' '.join(table[i])}",
                "cell",
            )


def test_names(task):
    """The names of the classes are at the rows, from the top, and at the columns.

    > Rows and columns are labelled by the names

    > names (list[str]): the classes' names, in their order.
    """
    axes = drawn(task)
    expect.equal(labels_of(axes.yaxis, reverse=True), NAMES, "the names at the rows")
    expect.equal(labels_of(axes.xaxis, reverse=False), NAMES, "the names at the columns")


def test_axes_are_labelled(task):
    """The y-axis is labelled "true ...", and the x-axis "predicted ...".

    > the y-axis as "true ..." and the x-axis as "predicted ..."
    """
    axes = drawn(task)
    for which, word in (("y", "true"), ("x", "predicted")):
        label = getattr(axes, f"get_{which}label")()
        expect.that(word in label.lower(), f"a label of the {which}-axis with {word!r}", label)


def test_colours(task):
    """In a row, the cell with more items has the stronger colour.

    > colours tell shares of the true class, so that rare classes are seen too
    """
    axes = drawn(task)
    pictures = [part for part in (*axes.images, *axes.collections) if part.get_array() is not None]
    expect.that(pictures, "coloured cells", "none", "colours")
    values = np.asarray(pictures[0].get_array()).reshape(len(CONFUSION), -1)
    for i, row in enumerate(CONFUSION):
        order = sorted(range(len(row)), key=row.__getitem__)
        found = [float(values[i][j]) for j in order]
        for (a, b), (weak, strong) in zip(pairwise(order), pairwise(found), strict=True):
            good = weak < strong if row[a] < row[b] else weak == strong
            expect.that(good, f"colours of row {i} that rank as {row}", describe(values[i]))


@pytest.mark.edge
def test_no_window(task, monkeypatch):
    """No window is opened.

    > No window is opened.
    """
    shown = []
    monkeypatch.setattr("matplotlib.pyplot.show", lambda *args, **kwargs: shown.append(1))
    drawn(task)
    expect.that(not shown, "a figure that is returned", "a window that is shown")


@pytest.mark.builds_on("test_counts")
@pytest.mark.edge
def test_other_sizes(task):
    """Any number of classes can be drawn, also one without items.

    > with a row for each true class, the first one on top, and a column for each predicted
    > one; each cell has its count written in it
    """
    table = grid(drawn(task, [[3, 1], [0, 0]], ["day", "night"]))
    expect.that(
        [len(row) for row in table] == [2, 2], "a count in each of 2 x 2 cells", describe(table)
    )


@pytest.mark.builds_on("test_counts")
@pytest.mark.edge
def test_large_counts(task):
    """Large counts, too, are written in full.

    > each cell has its count written in it
    """
    rows = [[13_243, 1_107], [20_516, 4_729]]
    for row, texts in zip(rows, grid(drawn(task, rows, ["day", "night"])), strict=True):
        for count, text in zip(row, texts, strict=True):
            found = "".join(letter for letter in text if letter not in ", '\u202f_")
            expect.that(str(count) in found, f"{count} in its cell", repr(text))


@pytest.mark.builds_on("test_counts")
@pytest.mark.edge
@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_drawn_kinds(task, kind):
    """An array or a tensor can be drawn as lists can.

    > confusion: as in `per_class_accuracy`.

    > a square table of counts, as lists, an array or a tensor
    """
    size = len(CONFUSION)
    table = grid(drawn(task, kind=kind))
    expect.that(
        [len(row) for row in table] == [size] * size,
        f"a count in each of {size} x {size} cells",
        describe(table),
    )
    for row, counts in zip(table, CONFUSION, strict=True):
        for text, count in zip(row, counts, strict=True):
            expect.that(str(count) in text.replace(",", ""), f"{count} in its cell", repr(text))


@pytest.mark.parametrize("seed", [0, 1])
def test_greatest_logit(task, seed):
    """The category is the name of the class with the greatest logit.

    > The name of the class with the greatest logit

    > Name the category of one instruction.

    > id2cat (dict[int, str]): the name of each class.
    """
    model, tokenizer = dispatcher(seed)
    wanted = categories(model, tokenizer, TEXTS)
    assert len(set(wanted)) > 2
    check_categories(task, model, tokenizer, TEXTS, wanted)


@pytest.mark.builds_on("test_greatest_logit")
def test_close_logits(task):
    """The greatest logit decides, however little greater it is.

    > The name of the class with the greatest logit
    """
    model, tokenizer = dispatcher()
    with torch.no_grad():
        model.classifier.weight /= 1_000
        model.classifier.bias /= 1_000
    wanted = categories(model, tokenizer, TEXTS)
    assert len(set(wanted)) > 2
    check_categories(task, model, tokenizer, TEXTS, wanted)


@pytest.mark.builds_on("test_greatest_logit")
def test_no_dropout(task):
    """Dropout is off, even if the model comes from training.

    > The name of the class with the greatest logit, without dropout.
    """
    model, tokenizer = dispatcher()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.9
    wanted = categories(model, tokenizer, TEXTS)
    found = [predicted(task, model.train(), tokenizer, text) for text in TEXTS]
    expect.equal(found, wanted, "the categories by a model in training mode")


@pytest.mark.edge
@pytest.mark.parametrize("training", [True, False])
def test_mode_is_kept(task, training):
    """The model is in the same mode afterwards, with the same weights.

    > a classifier, on whatever device and in whatever mode; it is in the same mode
    > afterwards
    """
    model, tokenizer = dispatcher()
    model.train(training)
    before = copy.deepcopy(model.state_dict())
    predicted(task, model, tokenizer, TEXTS[0])
    mode, other = ("training", "evaluation")[:: 1 if training else -1]
    expect.that(model.training is training, f"a model in {mode} mode, as before", f"{other} mode")
    same = all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    expect.that(same, "the model's weights as they were", "other weights")


@pytest.mark.builds_on("test_greatest_logit")
@pytest.mark.edge
@pytest.mark.parametrize("name", ODD_TEXTS)
def test_odd_texts(task, name):
    """Any text will do: nothing, a letter, emoji, 2,000 words.

    > any text will do, even an empty one

    > What goes beyond 512 tokens is cut.
    """
    model, tokenizer = dispatcher()
    tokenizer.model_max_length = 1_000  # the limit is the task's, whatever a tokenizer allows
    wanted = categories(model, tokenizer, [ODD_TEXTS[name]])
    expect.equal([predicted(task, model, tokenizer, ODD_TEXTS[name])], wanted, "the category")


@pytest.mark.builds_on("test_greatest_logit")
def test_long_texts(task):
    """Of a long text, too, all is read, as far as 512 tokens go.

    > What goes beyond 512 tokens is cut.
    """
    model, tokenizer = dispatcher()
    texts = [f"{ODD_TEXTS['2,000 words'][:800]} {text}" for text in TEXTS]
    with torch.no_grad():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
        model.classifier.bias -= logits.mean(0)
    wanted = categories(model, tokenizer, texts)
    assert len(set(wanted)) > 2
    note = ", which differ in their last words: is all of a text read?"
    check_categories(task, model, tokenizer, texts, wanted, note)


@pytest.mark.edge
def test_no_gradients(task):
    """The model runs without gradients.

    > Ask the model, without gradients.
    """
    model, tokenizer = dispatcher()
    check_no_gradients(lambda: predicted(task, model, tokenizer, TEXTS[0]))


@pytest.mark.builds_on
@pytest.mark.slow
def test_script(task):
    """The script draws confusions, and of the ten unseen instructions eight or more are right.

    > of the ten unseen instructions, eight or more must be right

    > Train a dispatcher, then look at its classes, confusions, and unseen instructions.
    """
    shares(task, CONFUSION)  # nobody waits for a training run to hear that nothing is written
    task.main()
    lines = task.printed.out.splitlines()
    right = sum(line.startswith("right: ") for line in lines)
    expect.that(right >= RIGHT, f"{RIGHT} of 10 right, or more", task.printed.out, "right")
    expect.that(Path("confusion.png").read_bytes()[:4] == b"\x89PNG", "a PNG file", "another")


@pytest.mark.builds_on("test_greatest_logit")
@pytest.mark.gpu
def test_gpu(task, gpu):
    """On CUDA, the categories are those of the CPU, wherever the model was before.

    > device (torch.device | str): where to predict.
    """
    model, tokenizer = dispatcher()
    wanted = categories(model, tokenizer, TEXTS)
    found = [predicted(task, model.cpu(), tokenizer, text, gpu) for text in TEXTS]
    expect.equal(found, wanted, "the categories")
