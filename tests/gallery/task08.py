"""Answers to task 08, wrong and right: the tests of its tests."""

import torch
from datasets import Dataset

from kata.testing import right, wrong


def tensors(data, tokenizer, max_length=64, **settings):
    settings = {
        "padding": True,
        "truncation": True,
        "max_length": max_length,
        "return_tensors": "pt",
        "return_token_type_ids": False,
    } | settings
    return tokenizer(data["text"], **settings)


def mapped(data, tokenizer, max_length=64, **settings):
    settings = {
        "truncation": True,
        "max_length": max_length,
        "return_token_type_ids": False,
    } | settings
    return Dataset.from_dict(data).map(lambda row: tokenizer(row["text"], **settings))


@right("pads with the tokenizer's own method, and takes the two tensors by name")
def tokenize_train(data, tokenizer, max_length=64):
    rows = tokenizer(data["text"], truncation=True, max_length=max_length)
    batch = tokenizer.pad({"input_ids": rows["input_ids"]}, padding="longest", return_tensors="pt")
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


@right("drops what is too much afterwards")
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        batch = tokenizer(
            list(data["text"]), None, padding="longest", truncation="longest_first",
            max_length=max_length, return_tensors="pt",
        )  # fmt: skip
        batch.pop("token_type_ids", None)
        return dict(batch)

    def tokenize_test(data, tokenizer, max_length=64):
        dataset = Dataset.from_dict(data).map(
            lambda row: dict(tokenizer(row["text"], truncation=True, max_length=max_length))
        )
        return dataset.select_columns(["text", "label", "input_ids", "attention_mask"])


@right("adds columns to the Dataset, from a loop")
def tokenize_test(data, tokenizer, max_length=64):
    rows = [tokenizer.encode(text, truncation=True, max_length=max_length) for text in data["text"]]
    dataset = Dataset.from_dict(data).add_column("input_ids", rows)
    return dataset.add_column("attention_mask", [[1] * len(row) for row in rows])


@wrong(
    "pads to max_length",
    advice=(
        "Padding beyond the longest text is work for nothing; "
        "look at which other values `padding` takes."
    ),
    caught_by=("test_longest_row", "test_train_ids"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, padding="max_length")


@wrong(
    "pads to what the model reads, 512",
    advice=(
        "The texts of the call decide how wide the rows are, "
        "and `max_length` where they are cut; the model's limit decides neither."
    ),
    caught_by=("test_longest_row", "test_train_mask"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, 512, padding="max_length")


@wrong(
    "pads the test rows to max_length",
    advice=(
        "A test row keeps its own length: padding comes later, "
        "when a batch is made of several rows."
    ),
    caught_by=("test_test_ids", "test_test_mask"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, padding="max_length")


@wrong(
    "leaves truncation out",
    advice=(
        "A text that is too long stays whole here; "
        "look at `truncation`, and at the limit that goes with it."
    ),
    caught_by=("test_train_ids", "test_test_ids", "test_sixty_four", "test_script"),
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        return tensors(data, tokenizer, truncation=False, max_length=None)

    def tokenize_test(data, tokenizer, max_length=64):
        return mapped(data, tokenizer, truncation=False, max_length=None)


@wrong(
    "cuts at 20 tokens by default, as in the sheet's sample",
    advice="The script passes its 20 itself; leave the default of `max_length` as the stub has it.",
    caught_by="test_sixty_four",
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=20):
        return tensors(data, tokenizer, max_length)

    def tokenize_test(data, tokenizer, max_length=20):
        return mapped(data, tokenizer, max_length)


@wrong(
    "counts max_length without the special tokens",
    advice=(
        "The limit is for the whole row; "
        "the tokenizer leaves room for its special tokens by itself."
    ),
    caught_by=("test_train_ids", "test_script"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length + 2)


@wrong(
    "returns lists",
    advice=(
        "Padded rows are of one length, "
        "so the same call can make tensors of them; look at `return_tensors`."
    ),
    caught_by=("test_two_tensors", "test_script"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_tensors=None)


@wrong(
    "returns NumPy arrays",
    advice="A PyTorch model wants PyTorch tensors; look at which values `return_tensors` can have.",
    caught_by="test_two_tensors",
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_tensors="np")


@wrong(
    "returns input_ids alone",
    advice=(
        "From the ids alone a model cannot tell padding from text; "
        "return a dictionary of both tensors."
    ),
    caught_by=("test_two_tensors", "test_train_mask"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length)["input_ids"]


@wrong(
    "takes the padding token for padding, wherever it stands",
    advice=(
        "A text may hold the padding token, and some tokenizers pad with one that ends texts; "
        "the tokenizer knows where it has padded, and says so in its own mask."
    ),
    caught_by="test_padding_in_a_text",
)
def tokenize_train(data, tokenizer, max_length=64):
    batch = tensors(data, tokenizer, max_length)
    batch["attention_mask"] = (batch["input_ids"] != tokenizer.pad_token_id).long()
    return batch


@wrong(
    "leaves the mask out",
    advice=(
        "Without a mask a model reads padding as if it were text; "
        "the tokenizer makes one in the same call, so keep it."
    ),
    caught_by=("test_two_tensors", "test_train_mask"),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_attention_mask=False)


@wrong(
    "keeps token_type_ids in training",
    advice=(
        "Two tensors are asked for, and BERT's tokenizer makes a third; "
        "look for the argument that leaves it out."
    ),
    caught_by="test_token_types",
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, return_token_type_ids=None)


@wrong(
    "adds the labels to the training tensors",
    advice=(
        "The caller has the labels already; "
        "return what the tokenizer makes of the texts, and no more."
    ),
    caught_by="test_two_tensors",
)
def tokenize_train(data, tokenizer, max_length=64):
    batch = tensors(data, tokenizer, max_length)
    return dict(batch) | {"labels": torch.tensor(data["label"])}


@wrong(
    "takes every token as one to attend to",
    advice=(
        "A mask of ones everywhere hides nothing; "
        "the tokenizer knows what it has padded, so take its own mask."
    ),
    caught_by="test_train_mask",
)
def tokenize_train(data, tokenizer, max_length=64):
    batch = tensors(data, tokenizer, max_length)
    batch["attention_mask"] = torch.ones_like(batch["attention_mask"])
    return batch


@wrong(
    "pads on the right, and takes every 0 for padding",
    advice=(
        "In other vocabularies 0 is another token, the start of a text for one; "
        "let the tokenizer pad, on its own side too."
    ),
    caught_by=("test_padding_side",),
)
def tokenize_train(data, tokenizer, max_length=64):
    rows = tokenizer(data["text"], truncation=True, max_length=max_length)["input_ids"]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


@wrong(
    "pads on the right, whatever the tokenizer",
    advice=(
        "Some tokenizers pad on the left, "
        "as models that write need it; leave the side to the tokenizer."
    ),
    caught_by=("test_padding_side",),
)
def tokenize_train(data, tokenizer, max_length=64):
    return tensors(data, tokenizer, max_length, padding_side="right")


@wrong(
    "changes the tokenizer's side of padding",
    advice="The tokenizer is the caller's, who goes on using it; leave `padding_side` as it came.",
    caught_by="test_tokenizer_is_kept",
)
def tokenize_train(data, tokenizer, max_length=64):
    tokenizer.padding_side = "right"
    return tensors(data, tokenizer, max_length)


@wrong(
    "sets the tokenizer's own limit",
    advice=(
        "That limit still holds after your function is done; "
        "give the length to the one call that needs it."
    ),
    caught_by="test_tokenizer_is_kept",
)
def tokenize_test(data, tokenizer, max_length=64):
    tokenizer.model_max_length = max_length
    return mapped(data, tokenizer, max_length)


@wrong(
    "leaves the special tokens out",
    advice=(
        "Models learnt to read texts between special tokens; "
        "calling the tokenizer adds them, unless it is told not to."
    ),
    caught_by=("test_train_ids", "test_test_ids"),
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        return tensors(data, tokenizer, max_length, add_special_tokens=False)

    def tokenize_test(data, tokenizer, max_length=64):
        return mapped(data, tokenizer, max_length, add_special_tokens=False)


@wrong(
    "sorts the texts by length",
    advice=(
        "Row 0 must be text 0, or the labels no longer fit; "
        "padding works in any order, and the data stays as it was."
    ),
    caught_by=("test_train_ids", "test_data_is_kept"),
)
def tokenize_train(data, tokenizer, max_length=64):
    data["text"].sort(key=len)
    return tensors(data, tokenizer, max_length)


@wrong(
    "goes in batches",
    advice=(
        "The tokenizer is to get one text at each call; "
        "look at how `batched` changes what `map` hands over."
    ),
    caught_by="test_row_by_row",
)
def tokenize_test(data, tokenizer, max_length=64):
    return Dataset.from_dict(data).map(
        lambda rows: tokenizer(
            list(rows["text"]), truncation=True, max_length=max_length, return_token_type_ids=False
        ),
        batched=True,
    )


@wrong(
    "nests each row in a batch of one",
    advice=(
        "A row is a flat list; `return_tensors`, or a list around the text, "
        "adds an axis for a batch that comes later."
    ),
    caught_by=("test_test_ids", "test_test_mask", "test_rows_make_a_batch", "test_sixty_four"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, return_tensors="pt")


@wrong(
    "keeps token_type_ids in the Dataset",
    advice=(
        "BERT's tokenizer returns more than the two columns that a row is to gain; keep only these."
    ),
    caught_by="test_token_types",
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length, return_token_type_ids=None)


@wrong(
    "drops the labels",
    advice="Training needs each row's label; let the Dataset gain two columns and lose none.",
    caught_by=("test_four_columns", "test_rows_make_a_batch"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).remove_columns("label")


@wrong(
    "renames the labels",
    advice=(
        "The column keeps the name `label`; "
        "what makes batches of the rows renames it when the model needs it."
    ),
    caught_by=("test_four_columns", "test_text_and_label"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).rename_column("label", "labels")


@wrong(
    "makes words of the labels",
    advice="A loss is computed from numbers, not from words; keep the labels as they came in.",
    caught_by=("test_text_and_label", "test_rows_make_a_batch"),
)
def tokenize_test(data, tokenizer, max_length=64):
    words = ["high" if label else "low" for label in data["label"]]
    return mapped({"text": data["text"], "label": words}, tokenizer, max_length)


@wrong(
    "removes the texts",
    advice=(
        "The text stays beside its ids, "
        "so that a row can still be read; only `Trainer` drops it later."
    ),
    caught_by="test_four_columns",
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).remove_columns("text")


@wrong(
    "keeps the last row only, as the sheet's sample seems to",
    advice="That sample is a slip, as the top of the file says; every text gets its row.",
    caught_by="test_script",
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).select([len(data["text"]) - 1])


@wrong(
    "shuffles",
    advice="Row 0 is for text 0; mixing the rows is left to whoever trains with them.",
    caught_by=("test_text_and_label", "test_test_ids"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return mapped(data, tokenizer, max_length).shuffle(seed=1)


@wrong(
    "returns a list of dictionaries",
    advice="A list knows no columns; return a `datasets.Dataset`, such as `map` gives back.",
    caught_by=("test_four_columns", "test_script"),
)
def tokenize_test(data, tokenizer, max_length=64):
    return list(mapped(data, tokenizer, max_length))


@wrong(
    "adds the columns to the data",
    advice=(
        "The caller's dictionary has changed after the call; "
        "let the Dataset gain the columns instead."
    ),
    caught_by="test_data_is_kept",
)
def tokenize_test(data, tokenizer, max_length=64):
    batch = [tokenizer(text, truncation=True, max_length=max_length) for text in data["text"]]
    for name in ("input_ids", "attention_mask"):
        data[name] = [row[name] for row in batch]
    return Dataset.from_dict(data)


@wrong(
    "returns nothing",
    advice=(
        "Without `return` the caller gets None, "
        "whatever was computed or printed; hand the result back in both functions."
    ),
    caught_by=(
        "test_two_tensors",
        "test_longest_row",
        "test_train_ids",
        "test_train_mask",
        "test_padding_side",
        "test_sixty_four",
        "test_four_columns",
        "test_test_ids",
        "test_test_mask",
        "test_text_and_label",
        "test_row_by_row",
        "test_rows_make_a_batch",
    ),
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        print(tensors(data, tokenizer, max_length))

    def tokenize_test(data, tokenizer, max_length=64):
        print(mapped(data, tokenizer, max_length))


@wrong(
    "strips the texts",
    advice="To some tokenizers white space is a token; hand the texts over as they are.",
    caught_by="test_text_as_it_is",
)
class overlay:
    def tokenize_train(data, tokenizer, max_length=64):
        stripped = [text.strip() for text in data["text"]]
        return tensors({"text": stripped}, tokenizer, max_length)

    def tokenize_test(data, tokenizer, max_length=64):
        stripped = {"text": [text.strip() for text in data["text"]], "label": data["label"]}
        found = mapped(stripped, tokenizer, max_length)
        return found.remove_columns("text").add_column("text", list(data["text"]))
