"""Answers to task 14, wrong and right: the tests of its tests."""

import torch
from torch.utils.data import Dataset

from kata.testing import right, wrong


class Base(Dataset):
    """What most answers have in common."""

    def __init__(self, texts, labels, tokenizer):
        self.texts, self.labels, self.tokenizer = texts, labels, tokenizer

    def __len__(self):
        return len(self.texts)

    def encode(self, idx, **settings):
        settings = {"truncation": True, "max_length": 512} | settings
        return self.tokenizer(self.texts[idx], **settings)

    def __getitem__(self, idx):
        encoding = self.encode(idx)
        encoding["labels"] = torch.tensor(self.labels[idx])
        return encoding


@right("returns tensors of one dimension")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.encode(idx, return_tensors="pt")
        item = {key: value.squeeze(0) for key, value in encoding.items()}
        return item | {"labels": torch.LongTensor([self.labels[idx]])[0]}


@right("returns a plain dictionary")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.encode(idx)
        return {
            "input_ids": encoding.input_ids,
            "attention_mask": encoding.attention_mask,
            "labels": torch.as_tensor(self.labels[idx], dtype=torch.int64),
        }


@wrong(
    "tokenizes in __init__",
    advice=(
        "With a million texts that takes minutes; "
        "keep them as they are, and tokenize the one that is asked for."
    ),
    caught_by=("test_on_the_fly", "test_construction_is_cheap"),
)
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        super().__init__(texts, labels, tokenizer)
        self.encodings = [tokenizer(text, truncation=True, max_length=512) for text in texts]

    def __getitem__(self, idx):
        item = dict(self.encodings[idx])
        return item | {"labels": torch.tensor(self.labels[idx])}


@wrong(
    "tokenizes twice",
    advice="One call returns ids and mask together; keep what it returned, and use that.",
    caught_by="test_on_the_fly",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        self.tokenizer(self.texts[idx])
        return super().__getitem__(idx)


@wrong(
    "does not truncate",
    advice=(
        "The model cannot read more than 512 tokens; "
        "the tokenizer has to be told that it may cut, and where."
    ),
    caught_by=("test_512_tokens[511]", "test_512_tokens[700]"),
)
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx])


@wrong(
    "cuts at 128 tokens",
    advice=(
        "Three quarters of what the model could read is thrown away; "
        "look at the limit in the docstring."
    ),
    caught_by="test_512_tokens",
)
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx], truncation=True, max_length=128)


@wrong(
    "cuts at 511 tokens, special ones included",
    advice=(
        "A long text gives a token too few here; "
        "the tokenizer's limit counts the special ones already."
    ),
    caught_by="test_512_tokens[511]",
)
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx], truncation=True, max_length=511)


@wrong(
    "pads the item",
    advice=(
        "How long a row has to be is known only in its batch; leave padding to whoever makes one."
    ),
    caught_by=("test_ids", "test_mask", "test_each_item", "test_512_tokens[509]"),
)
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, padding="max_length")


@wrong(
    "nests the item in a batch of one",
    advice=(
        "An item is flat; `return_tensors`, "
        "or a list around the text, adds an axis that only a batch has."
    ),
    caught_by=("test_ids", "test_mask", "test_batches", "test_512_tokens"),
)
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, return_tensors="pt")


@wrong(
    "leaves the special tokens out",
    advice=(
        "The model learnt with a special token before the text and one after it; "
        "the tokenizer adds them if you let it."
    ),
    caught_by=("test_ids", "test_512_tokens[509]"),
)
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, add_special_tokens=False)


@wrong(
    "gives the label as an int",
    advice="An int has no shape and no dtype; look at what `torch.tensor` makes of it.",
    caught_by="test_label_is_a_tensor",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": self.labels[idx]}


@wrong(
    "gives the label as a float",
    advice="The label says which class it is, not how much of something; look at `dtype`.",
    caught_by="test_label_is_a_tensor",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {
            "labels": torch.tensor(self.labels[idx], dtype=torch.float)
        }


@wrong(
    "gives the label a dimension",
    advice=(
        "One number needs no axis: a tensor of shape (1,) comes from a list, "
        "one of shape () from the number."
    ),
    caught_by="test_label_is_a_tensor",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": torch.tensor([self.labels[idx]])}


@wrong(
    "calls the label `label`",
    advice=(
        "Models of the hub look for their targets under the name in the docstring, "
        "which is a plural."
    ),
    caught_by=("test_keys", "test_batches"),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"label": torch.tensor(self.labels[idx])}


@wrong(
    "forgets the label",
    advice="Nothing can be learnt from a text alone; the dictionary needs a third key.",
    caught_by=("test_keys", "test_each_item", "test_script"),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return self.encode(idx)


@wrong(
    "returns a pair",
    advice=(
        "A collator takes its parts by name; "
        "put the label into the dictionary, beside the ids and the mask."
    ),
    caught_by=("test_keys", "test_batches"),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return self.encode(idx), torch.tensor(self.labels[idx])


@wrong(
    "ignores the index",
    advice=(
        "Every place gives the same item; "
        "look up both the text and the label where you are asked to."
    ),
    caught_by=("test_each_item", "test_mask", "test_batches"),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return super().__getitem__(0)


@wrong(
    "takes the label of the text before",
    advice=(
        "A text and its label stand at the same place in the two lists; "
        "look both up with one index."
    ),
    caught_by=("test_each_item", "test_batches"),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": torch.tensor(self.labels[idx - 1])}


@wrong(
    "sorts the texts by length",
    advice=(
        "The texts move and their labels stay behind; "
        "keep the lists in the order in which they came."
    ),
    caught_by=("test_each_item", "test_input_is_kept"),
)
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        texts.sort(key=len)
        super().__init__(texts, labels, tokenizer)


@wrong(
    "has the length of the first text",
    advice=(
        "A string's length is its number of characters; "
        "the stub's own `__len__` counts the texts, so leave it as it was."
    ),
    caught_by="test_length",
)
class InstructionDataset(Base):
    def __len__(self):
        return len(self.texts[0])


@wrong(
    "keeps other names",
    advice=(
        "The script looks the three up by the names in the docstring, "
        "and so may anybody; use these."
    ),
    caught_by=("test_attributes", "test_script"),
)
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        self.x, self.y, self.t = texts, labels, tokenizer

    def __len__(self):
        return len(self.x)

    def __getitem__(self, idx):
        item = self.t(self.x[idx], truncation=True, max_length=512)
        return dict(item) | {"labels": torch.tensor(self.y[idx])}


@wrong(
    "is no Dataset",
    advice=(
        "The stub names the base class already, "
        "so that PyTorch knows what yours is; leave that line as it was."
    ),
    caught_by=("test_length", "test_keys"),
)
class InstructionDataset(dict):
    def __init__(self, texts, labels, tokenizer):
        self.texts, self.labels, self.tokenizer = texts, labels, tokenizer


@wrong(
    "empties the texts in the data set",
    advice=(
        "Training asks for the same item again in the next epoch; "
        "read the text, and leave the list alone."
    ),
    caught_by="test_input_is_kept",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        found = super().__getitem__(idx)
        self.texts[idx] = ""
        return found


@wrong(
    "returns nothing",
    advice=(
        "Asking for `dataset[0]` gives what `__getitem__` returns; without `return`, that is None."
    ),
    caught_by=(
        "test_keys",
        "test_ids",
        "test_mask",
        "test_each_item",
        "test_label_is_a_tensor",
        "test_512_tokens",
        "test_batches",
        "test_input_is_kept",
        "test_script",
    ),
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        print(self.encode(idx))


@wrong(
    "cuts where the tokenizer does",
    advice="Another tokenizer may allow more than the task does; name the limit in the call.",
    caught_by=("test_512_tokens[511]", "test_512_tokens[700]"),
)
class InstructionDataset(Base):
    def encode(self, idx, **settings):
        return self.tokenizer(self.texts[idx], truncation=True, **settings)


@wrong(
    "cuts the special token off at the end",
    advice=(
        "A cut after tokenizing takes the last special token away; "
        "let the tokenizer cut, which keeps room for it."
    ),
    caught_by="test_512_tokens[700]",
)
class InstructionDataset(Base):
    def encode(self, idx, **settings):
        encoding = self.tokenizer(self.texts[idx], **settings)
        return {key: value[:512] for key, value in encoding.items()}


@wrong(
    "squeezes a single token to a number",
    advice=(
        "Squeezing removes every axis of length 1, "
        "the tokens' own too; say which one, or do without it."
    ),
    caught_by="test_one_token",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.encode(idx, return_tensors="pt")
        item = {key: value.squeeze() for key, value in encoding.items()}
        return item | {"labels": torch.tensor(self.labels[idx])}


@wrong(
    "tokenizes all texts when the first item is asked for",
    advice=(
        "The first item then costs as much as all of them; tokenize the one text that is asked for."
    ),
    caught_by="test_on_the_fly",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        if not hasattr(self, "encodings"):
            self.encodings = self.tokenizer(self.texts, truncation=True, max_length=512)
        item = {key: value[idx] for key, value in self.encodings.items()}
        return item | {"labels": torch.tensor(self.labels[idx])}


@wrong(
    "writes the limit into the tokenizer",
    advice=(
        "Whoever uses the tokenizer next gets that limit too; "
        "pass it with the call, and leave the tokenizer as it was."
    ),
    caught_by="test_input_is_kept",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        self.tokenizer.model_max_length = 512
        encoding = self.tokenizer(self.texts[idx], truncation=True)
        return {**encoding, "labels": torch.tensor(self.labels[idx])}


@wrong(
    "cuts the text at some thousand letters first",
    advice="Spaces are no tokens, and a word may be long; leave the cutting to the tokenizer.",
    caught_by="test_text_as_it_is[many spaces]",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.tokenizer(self.texts[idx][:4_096], truncation=True, max_length=512)
        return {**encoding, "labels": torch.tensor(self.labels[idx])}


@wrong(
    "writes small letters",
    advice="Some tokenizers tell capitals from small letters; hand the text over as it is.",
    caught_by="test_text_as_it_is[capitals]",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.tokenizer(self.texts[idx].lower(), truncation=True, max_length=512)
        return {**encoding, "labels": torch.tensor(self.labels[idx])}


@wrong(
    "tidies white space up",
    advice="To some tokenizers a line break is a token; hand the text over as it is.",
    caught_by="test_text_as_it_is[white space]",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        text = " ".join(self.texts[idx].split())
        encoding = self.tokenizer(text, truncation=True, max_length=512)
        return {**encoding, "labels": torch.tensor(self.labels[idx])}


@wrong(
    "keeps finished items by their text",
    advice="Two items may have the same text, and labels that differ; the place tells them apart.",
    caught_by="test_each_item",
)
class InstructionDataset(Base):
    def __getitem__(self, idx):
        kept = vars(self).setdefault("kept", {})
        if self.texts[idx] not in kept:
            kept[self.texts[idx]] = super().__getitem__(idx)
        return kept[self.texts[idx]]
