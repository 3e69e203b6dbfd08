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


@wrong("tokenizes in __init__", caught_by=("test_on_the_fly", "test_construction_is_cheap"))
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        super().__init__(texts, labels, tokenizer)
        self.encodings = [tokenizer(text, truncation=True, max_length=512) for text in texts]

    def __getitem__(self, idx):
        item = dict(self.encodings[idx])
        return item | {"labels": torch.tensor(self.labels[idx])}


@wrong("tokenizes twice", caught_by="test_on_the_fly")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        self.tokenizer(self.texts[idx])
        return super().__getitem__(idx)


@wrong("does not truncate", caught_by=("test_512_tokens[511]", "test_512_tokens[700]"))
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx])


@wrong("cuts at 128 tokens", caught_by="test_512_tokens")
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx], truncation=True, max_length=128)


@wrong("cuts at 510 and two special ones come on top", caught_by="test_512_tokens[511]")
class InstructionDataset(Base):
    def encode(self, idx):
        return self.tokenizer(self.texts[idx], truncation=True, max_length=511)


@wrong(
    "pads the item", caught_by=("test_ids", "test_mask", "test_each_item", "test_512_tokens[509]")
)
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, padding="max_length")


@wrong(
    "nests the item in a batch of one",
    caught_by=("test_ids", "test_mask", "test_batches", "test_512_tokens"),
)
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, return_tensors="pt")


@wrong("leaves the special tokens out", caught_by=("test_ids", "test_512_tokens[509]"))
class InstructionDataset(Base):
    def encode(self, idx):
        return super().encode(idx, add_special_tokens=False)


@wrong("gives the label as an int", caught_by="test_label_is_a_tensor")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": self.labels[idx]}


@wrong("gives the label as a float", caught_by="test_label_is_a_tensor")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {
            "labels": torch.tensor(self.labels[idx], dtype=torch.float)
        }


@wrong("gives the label a dimension", caught_by="test_label_is_a_tensor")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": torch.tensor([self.labels[idx]])}


@wrong("calls the label `label`", caught_by=("test_keys", "test_batches"))
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"label": torch.tensor(self.labels[idx])}


@wrong("forgets the label", caught_by=("test_keys", "test_each_item", "test_script"))
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return self.encode(idx)


@wrong("returns a pair", caught_by=("test_keys", "test_batches"))
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return self.encode(idx), torch.tensor(self.labels[idx])


@wrong("ignores the index", caught_by=("test_each_item", "test_mask", "test_batches"))
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return super().__getitem__(0)


@wrong("takes the label of the next text", caught_by=("test_each_item", "test_batches"))
class InstructionDataset(Base):
    def __getitem__(self, idx):
        return dict(self.encode(idx)) | {"labels": torch.tensor(self.labels[idx - 1])}


@wrong("sorts the texts by length", caught_by=("test_each_item", "test_input_is_kept"))
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        texts.sort(key=len)
        super().__init__(texts, labels, tokenizer)


@wrong("has the length of the first text", caught_by="test_length")
class InstructionDataset(Base):
    def __len__(self):
        return len(self.texts[0])


@wrong("keeps other names", caught_by=("test_attributes", "test_script"))
class InstructionDataset(Base):
    def __init__(self, texts, labels, tokenizer):
        self.x, self.y, self.t = texts, labels, tokenizer

    def __len__(self):
        return len(self.x)

    def __getitem__(self, idx):
        item = self.t(self.x[idx], truncation=True, max_length=512)
        return dict(item) | {"labels": torch.tensor(self.y[idx])}


@wrong("is no Dataset", caught_by=("test_length", "test_keys"))
class InstructionDataset(dict):
    def __init__(self, texts, labels, tokenizer):
        self.texts, self.labels, self.tokenizer = texts, labels, tokenizer


@wrong("cuts the texts in place", caught_by="test_input_is_kept")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        found = super().__getitem__(idx)
        self.texts[idx] = ""
        return found


@wrong(
    "returns nothing",
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


@wrong("cuts where the tokenizer does", caught_by=("test_512_tokens[511]", "test_512_tokens[700]"))
class InstructionDataset(Base):
    def encode(self, idx, **settings):
        return self.tokenizer(self.texts[idx], truncation=True, **settings)


@wrong("cuts the special token off at the end", caught_by="test_512_tokens[700]")
class InstructionDataset(Base):
    def encode(self, idx, **settings):
        encoding = self.tokenizer(self.texts[idx], **settings)
        return {key: value[:512] for key, value in encoding.items()}


@wrong("squeezes a single token to a number", caught_by="test_one_token")
class InstructionDataset(Base):
    def __getitem__(self, idx):
        encoding = self.encode(idx, return_tensors="pt")
        item = {key: value.squeeze() for key, value in encoding.items()}
        return item | {"labels": torch.tensor(self.labels[idx])}
