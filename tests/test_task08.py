"""Task 08: what `tokenize_train` and `tokenize_test` must do."""

import copy
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import describe, expect, lazy
from tests import tokens
from tests.language import texts_of_calls
from tests.tokens import UNCASED, ids_of, padded

datasets = lazy("datasets")
tickets = lazy("fixtures.tickets")
torch = lazy("torch")
transformers = lazy("transformers")

# Tokenizers that differ in what a student may take for granted.
TOKENIZERS = {
    "as in the script": (UNCASED, "right"),
    "whose padding is not 0": ("deepset/roberta-base-squad2", "right"),
    "that pads on the left": (UNCASED, "left"),
}
WITH_TYPES = ("google-bert/bert-base-uncased", "right")
DEFAULT = 64
WORDS = (
    "I was charged twice for the one item and need refund , please help me with it now !".split()
)
COLUMNS = ["text", "label", "input_ids", "attention_mask"]

texts = st.lists(
    st.builds(
        lambda count, first: " ".join(WORDS[(first + 7 * i) % len(WORDS)] for i in range(count)),
        st.sampled_from([10, *range(41)]),  # what comes first is what an example shrinks to
        st.integers(0, 18),
    ),
    min_size=2,
    max_size=5,
)
lengths = st.sampled_from([6, *range(4, 51)])
kinds = st.sampled_from(sorted(TOKENIZERS))


def tokenizer_of(kind):
    return tokens.tokenizer_of(*TOKENIZERS[kind])


def data_of(strings, seed=0):
    """The sheet's form of data; neighbours have different labels."""
    return {"text": list(strings), "label": [(i + seed) % 2 for i in range(len(strings))]}


def messages(count=5, seed=11):
    """Unseen messages of different lengths, longest in the middle, none longer than a row."""
    return data_of(tickets.load_tickets(1, count, seed=seed).test["text"])


def train(task, data, tokenizer, **length):
    """What `tokenize_train` returns, which has two tensors of the same two-dimensional shape."""
    found = task.tokenize_train(copy.deepcopy(data), tokenizer, **length)
    expect.instance(found, Mapping, "the result")
    keys = sorted(found)
    names = sorted(COLUMNS[2:])
    expect.that(keys == names, f"the keys {' and '.join(names)}", f"the keys {keys}", "keys")
    count = len(data["text"])
    for name in keys:
        expect.instance(found[name], torch.Tensor, name)
        shape = tuple(found[name].shape)
        expect.that(
            len(shape) == 2 and shape[0] == count,
            f"{name} of shape ({count}, longest row)",
            f"{name} of shape {shape}",
            "shape",
        )
        expect.tensor(found[name], name, shape=shape, dtype=torch.int64)
    return found


def check_train(task, data, kind, max_length):
    tokenizer = tokenizer_of(kind)
    rows = [ids_of(tokenizer, text, max_length) for text in data["text"]]
    wanted = padded(rows, tokenizer.pad_token_id, tokenizer.padding_side)
    found = train(task, data, tokenizer, max_length=max_length)
    check_width(found, data, tokenizer, max_length)
    check_order(found, rows)
    expect.equal(found["input_ids"], torch.tensor(wanted), "input_ids")
    return found, rows


def check_width(found, data, tokenizer, max_length):
    width = found["input_ids"].shape[1]
    uncut = max(len(ids_of(tokenizer, text)) for text in data["text"])
    longest = min(uncut, max_length)
    bare = width == longest - 2
    expect.that(
        width == longest,
        f"{longest} columns, as the longest row has tokens, special ones included "
        f"(max_length={max_length}, uncut {uncut})",
        f"{width} columns" + ("; are the special tokens there?" if bare else ""),
        "width",
    )


def check_order(found, rows):
    """Rows that are all there, but elsewhere, are one mistake, and not one in their tokens."""
    masks = found["attention_mask"].bool()
    got = [ids[mask].tolist() for ids, mask in zip(found["input_ids"], masks, strict=True)]
    for i, row in enumerate(got):
        place = rows.index(row) if row in rows else i
        expect.that(
            row == rows[i] or sorted(got) != sorted(rows),
            "rows in the order of the texts",
            f"row {i} has the tokens of text {place}",
            "order",
        )


def dataset(task, data, tokenizer, **length):
    """What `tokenize_test` returns, which is a Dataset of four columns."""
    found = task.tokenize_test(copy.deepcopy(data), tokenizer, **length)
    expect.instance(found, datasets.Dataset, "the result")
    names = found.column_names
    expect.that(
        sorted(names) == sorted(COLUMNS),
        f"the columns {COLUMNS}",
        f"the columns {names}",
        "columns",
    )
    count = len(data["text"])
    expect.that(found.num_rows == count, f"{count} rows", f"{found.num_rows} rows", "rows")
    return found


def flat(found, name):
    """A column, whose rows are flat lists of ints."""
    rows = list(found[name])
    for i, row in enumerate(rows):
        good = isinstance(row, list) and all(type(value) is int for value in row)
        expect.that(good, f"{name} of row {i} is a flat list of ints", describe(row), "kind")
    return rows


def check_test(task, data, kind, max_length):
    tokenizer = tokenizer_of(kind)
    found = dataset(task, data, tokenizer, max_length=max_length)
    rows = flat(found, "input_ids")
    for i, text in enumerate(data["text"]):
        wanted = ids_of(tokenizer, text, max_length)
        expect.that(
            rows[i] == wanted,
            f"input_ids {wanted} of {text!r}, without padding (max_length={max_length})",
            f"{rows[i]}",
        )
    return found, rows


def test_two_tensors(task):
    """`tokenize_train` returns two int64 tensors, input_ids and attention_mask, and no more.

    > two int64 tensors of shape (texts, longest row) and nothing else: `input_ids`, padded
    > to the longest row and no further, and `attention_mask`
    """
    for kind in TOKENIZERS:
        train(task, messages(), tokenizer_of(kind))


def test_four_columns(task):
    """`tokenize_test` returns a Dataset with the columns text, label, input_ids, attention_mask.

    > exactly four columns: `text` and `label` as they were, `input_ids` and
    > `attention_mask`
    """
    for kind in TOKENIZERS:
        dataset(task, messages(), tokenizer_of(kind))


@pytest.mark.builds_on("test_two_tensors", "test_four_columns")
@pytest.mark.edge
def test_token_types(task):
    """Of a tokenizer that returns token types too, nothing of them is kept.

    > and nothing else

    > exactly four columns
    """
    tokenizer = tokens.tokenizer_of(*WITH_TYPES)
    train(task, messages(), tokenizer)
    dataset(task, messages(), tokenizer)


@pytest.mark.builds_on("test_train_ids", "test_test_ids")
@pytest.mark.edge
def test_text_as_it_is(task):
    """A text is tokenized as it is, with its white space.

    > Turn all texts into two tensors

    > tokenize it row by row: one text at each call
    """
    data = data_of(["  Why?\n\nBecause ", "Yes,  it is. "])
    check_train(task, data, "whose padding is not 0", DEFAULT)
    check_test(task, data, "whose padding is not 0", DEFAULT)


@pytest.mark.builds_on("test_train_mask")
@pytest.mark.edge
def test_padding_in_a_text(task):
    """A text that speaks of the padding token is a text, and no padding.

    > `attention_mask`, which is 1 for tokens and 0 for padding
    """
    data = data_of(["What does [PAD] mean?", "Why?"])
    tokenizer = tokenizer_of("as in the script")
    rows = [[1] * len(ids_of(tokenizer, text)) for text in data["text"]]
    found = train(task, data, tokenizer)
    expect.equal(found["attention_mask"], torch.tensor(padded(rows, 0)), "attention_mask")


@pytest.mark.builds_on("test_two_tensors")
def test_longest_row(task):
    """The training texts are padded to the longest of them, and no further.

    > padded to the longest row and no further
    """
    for kind in TOKENIZERS:
        tokenizer, data = tokenizer_of(kind), messages()
        check_width(train(task, data, tokenizer), data, tokenizer, DEFAULT)


@pytest.mark.builds_on("test_two_tensors", "test_longest_row", "test_padding_side")
@settings(max_examples=30)
@given(texts, lengths, kinds)
def test_train_ids(task, strings, max_length, kind):
    """Each row of input_ids has its text's tokens between the special ones, cut at max_length.

    > Longer texts are cut there, shorter ones never.
    """
    check_train(task, data_of(strings), kind, max_length)


@pytest.mark.builds_on(
    "test_two_tensors", "test_longest_row", "test_padding_side", "test_train_ids"
)
@settings(max_examples=30)
@given(texts, lengths, kinds)
def test_train_mask(task, strings, max_length, kind):
    """attention_mask is 1 for tokens and 0 for padding.

    > `attention_mask`, which is 1 for tokens and 0 for padding
    """
    found, rows = check_train(task, data_of(strings), kind, max_length)
    wanted = padded([[1] * len(row) for row in rows], 0, tokenizer_of(kind).padding_side)
    expect.equal(found["attention_mask"], torch.tensor(wanted), "attention_mask")


@pytest.mark.builds_on("test_two_tensors", "test_longest_row")
def test_padding_side(task):
    """Padding is the tokenizer's own token, on the side that the tokenizer says.

    > It knows what it pads with, and on which side
    """
    for kind in ("whose padding is not 0", "that pads on the left"):
        check_train(task, messages(), kind, 50)


@pytest.mark.builds_on("test_train_ids", "test_test_ids")
def test_sixty_four(task):
    """Unless told otherwise, texts are cut at 64 tokens, and not before.

    > max_length: int = 64

    > the most tokens that a row may have, its special ones included
    """
    tokenizer = tokenizer_of("as in the script")
    data = data_of([" ".join(["item"] * count) for count in (61, 62, 63, 300)])
    found = train(task, data, tokenizer)
    expect.equal(
        found["attention_mask"].sum(1), torch.tensor([63, 64, 64, 64]), "tokens of the rows"
    )
    rows = flat(dataset(task, data, tokenizer), "input_ids")
    expect.equal([len(row) for row in rows], [63, 64, 64, 64], "tokens of the rows")


@pytest.mark.builds_on("test_four_columns")
@settings(max_examples=20)
@given(texts, lengths, kinds)
def test_test_ids(task, strings, max_length, kind):
    """A test row has its own tokens in a flat list, cut at max_length, without padding.

    > `input_ids` and `attention_mask`, in each row a list of ints without padding, cut at
    > `max_length`
    """
    check_test(task, data_of(strings), kind, max_length)


@pytest.mark.builds_on("test_four_columns", "test_test_ids")
def test_test_mask(task):
    """In a test row, attention_mask has a 1 for each token.

    > `input_ids` and `attention_mask`, in each row a list of ints without padding
    """
    for kind in TOKENIZERS:
        found, rows = check_test(task, messages(), kind, 12)
        for i, mask in enumerate(flat(found, "attention_mask")):
            expect.equal(mask, [1] * len(rows[i]), f"attention_mask of row {i}")


@pytest.mark.builds_on("test_four_columns")
def test_text_and_label(task):
    """Texts and labels of the Dataset are those of the data, in their order.

    > with as many rows as there are texts, in their order, and exactly four columns: `text`
    > and `label` as they were
    """
    data = messages(7)
    found = dataset(task, data, tokenizer_of("as in the script"))
    for name in ("text", "label"):
        expect.that(
            list(found[name]) == data[name], f"{name} == {describe(data[name])}", list(found[name])
        )


def test_row_by_row(task):
    """`tokenize_test` gives the tokenizer one text at each call.

    > tokenize it row by row: one text at each call
    """
    tokenizer = tokenizer_of("as in the script")
    with texts_of_calls() as calls:
        dataset(task, messages(7), tokenizer)
    most = max(calls, default=0)
    expect.that(most <= 1, "one text at each call of the tokenizer", f"{most} texts in a call")


@pytest.mark.builds_on("test_four_columns", "test_test_ids", "test_text_and_label")
def test_rows_make_a_batch(task):
    """Rows without their text can be padded into a batch, as Trainer does it.

    > A row keeps its own length, since rows are padded when a batch is made of them;
    > `Trainer` does that, and it wants flat lists of ids.
    """
    for kind in TOKENIZERS:
        tokenizer, data = tokenizer_of(kind), messages()
        found, rows = check_test(task, data, kind, 30)
        labels = list(found["label"])
        expect.that(labels == data["label"], f"label == {data['label']}", f"{labels}", "labels")
        keys = ("input_ids", "attention_mask", "label")
        batch = transformers.DataCollatorWithPadding(tokenizer)(
            [{key: row[key] for key in keys} for row in found]
        )
        wanted = padded(rows, tokenizer_of(kind).pad_token_id, TOKENIZERS[kind][1])
        expect.equal(batch["input_ids"], torch.tensor(wanted), "the batch's input_ids")
        expect.equal(batch["labels"], torch.tensor(data["label"]), "the batch's labels")


@pytest.mark.edge
def test_data_is_kept(task):
    """The data is left as it was.

    > it is left as it was
    """
    for function in ("tokenize_train", "tokenize_test"):
        data = messages()
        before = copy.deepcopy(data)
        getattr(task, function)(data, tokenizer_of("as in the script"))
        expect.that(data == before, f"data as it was after {function}", describe(data))


@pytest.mark.edge
def test_tokenizer_is_kept(task):
    """The tokenizer's settings are left as they were.

    > leave its settings as they are
    """
    names = ("padding_side", "truncation_side", "model_max_length", "pad_token")
    for kind in ("as in the script", "that pads on the left"):
        tokenizer = tokenizer_of(kind)
        before = [getattr(tokenizer, name) for name in names]
        for function in ("tokenize_train", "tokenize_test"):
            getattr(task, function)(messages(), tokenizer, max_length=20)
            for name, value in zip(names, before, strict=True):
                now = getattr(tokenizer, name)
                expect.that(
                    now == value, f"{name} still {value!r} after {function}", f"{now!r}", "settings"
                )


@pytest.mark.builds_on
def test_script(task):
    """The script prints the training tensors of shape (4, 20), and the Dataset of two test rows.

    > Print what the sheet prints.
    """
    task.main()
    printed = task.printed.out
    places = [
        printed.find(part)
        for part in (
            "Tokenized training data:",
            "'input_ids': tensor(",
            "'attention_mask': tensor(",
            "Tokenized test data:",
            "Dataset({",
            "num_rows: 2",
        )
    ]
    good = -1 not in places and places == sorted(places)
    expect.that(good, "the sheet's two headings, two tensors and a Dataset of 2 rows", printed)
    masks = printed[places[2] : places[3]]
    ones = sum(masks.count(digit) for digit in "01")
    expect.that(ones == 80, "an attention_mask of 4 rows and 20 columns", masks.strip())
