"""A notebook's cells are judged by the tests that judge a file."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(text, cwd):
    """Run cells in a process and a folder of their own."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom fixtures import unittests\n"
    cells = cwd / "cells.py"
    cells.write_text(start + textwrap.dedent(text), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(cells)],
        cwd=cwd, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wrong_then_right(tmp_path):
    printed = run(
        """
        def partially_freeze_bert_layers(model, layers_to_train=3):
            model.requires_grad_(False)
            for layer in model.distilbert.transformer.layer[-layers_to_train:]:
                layer.requires_grad_(True)
            model.pre_classifier.requires_grad_(True)
            model.classifier.requires_grad_(True)
            return model

        print("FIRST", unittests.exercise_5(partially_freeze_bert_layers))

        def partially_freeze_bert_layers(model, layers_to_train=3):
            model.requires_grad_(False)
            layers = model.distilbert.transformer.layer
            for layer in layers[len(layers) - layers_to_train:]:
                layer.requires_grad_(True)
            model.pre_classifier.requires_grad_(True)
            model.classifier.requires_grad_(True)
            return model

        print("SECOND", unittests.exercise_5(partially_freeze_bert_layers))
        """,
        tmp_path,
    )
    first, second = printed.split("FIRST False")
    assert "test_none_and_all[0]" in first
    assert f"at        {tmp_path / 'cells.py'}:4" in first
    assert "SECOND True" in second
    assert "12 of 12 green" in second
    assert [path.name for path in tmp_path.iterdir()] == ["cells.py"]


def test_classes(tmp_path):
    printed = run(
        """
        import torch

        class InstructionDataset(torch.utils.data.Dataset):
            def __init__(self, texts, labels, tokenizer):
                self.texts, self.labels, self.tokenizer = texts, labels, tokenizer

            def __len__(self):
                return len(self.texts)

            def __getitem__(self, idx):
                encoding = self.tokenizer(self.texts[idx], truncation=True, max_length=128)
                encoding["labels"] = torch.tensor(self.labels[idx], dtype=torch.long)
                return encoding

        print("FIRST", unittests.exercise_1(InstructionDataset))
        """,
        tmp_path,
    )
    assert "FIRST False" in printed
    assert "expected  tokens of the item == 512" in printed
    assert "12 of 16 green" in printed


def test_results(tmp_path):
    printed = run(
        """
        import torch
        from types import SimpleNamespace
        from fixtures import helper_utils

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.words = torch.nn.Embedding(5, 5)

            def forward(self, input_ids):
                return SimpleNamespace(logits=self.words(input_ids))

        labels = torch.arange(60) % 5
        items = [{"input_ids": label, "labels": label} for label in labels]
        loader = torch.utils.data.DataLoader(items, batch_size=4)

        def train(rate):
            loss = torch.nn.CrossEntropyLoss()
            return helper_utils.training_loop(Model(), loader, loader, loss, rate, 5, "cpu")[1]

        print("FIRST", unittests.exercise_6(train(1e-4)))
        results = train(0.5)
        print("SECOND", unittests.exercise_6(results))
        print("THIRD", unittests.exercise_6(results | {"val_f1": 0.99}))
        print("FOURTH", unittests.exercise_6({"val_loss": 0.39, "val_f1": 0.86}))
        """,
        tmp_path,
    )
    first, rest = printed.split("FIRST False")
    second, rest = rest.split("SECOND True")
    third, rest = rest.split("THIRD False")
    fourth, _ = rest.split("FOURTH False")
    assert "a val_loss below 0.7" in first
    assert "3 of 3 green" in second
    unchanged = "the results that helper_utils.training_loop returned, unchanged"
    assert unchanged in " ".join(third.split())
    assert unchanged in " ".join(fourth.split())
