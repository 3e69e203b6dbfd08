"""A notebook's cells are judged by the tests that judge a file."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.harness.dispatcher_notebook import CELLS, notebook_of

ROOT = Path(__file__).parents[2]

# Sessions of a person who runs cells, one after the other.
SESSIONS = {
    "freezing": """
    def partially_freeze_bert_layers(model, layers_to_train=3):
        model.requires_grad_(False)
        for layer in model.distilbert.transformer.layer[:layers_to_train]:
            layer.requires_grad_(True)
        model.pre_classifier.requires_grad_(True)
        model.classifier.requires_grad_(True)
        return model

    print("FIRST", unittests.exercise_5(partially_freeze_bert_layers))

    def partially_freeze_bert_layers(model, layers_to_train=3):
        model.requires_grad_(False)
        for layer in model.distilbert.transformer.layer[-layers_to_train:]:
            layer.requires_grad_(True)
        model.pre_classifier.requires_grad_(True)
        model.classifier.requires_grad_(True)
        return model

    print("SECOND", unittests.exercise_5(partially_freeze_bert_layers))
    """,
    "weights": """
    import numpy as np
    import torch
    from sklearn.utils.class_weight import compute_class_weight

    def calculate_class_weights(train_dataset, device):
        own = [train_dataset.dataset.labels[i] for i in train_dataset.indices]
        weights = compute_class_weight(class_weight="balanced", classes=np.unique(own), y=own)
        return torch.tensor(weights, dtype=torch.float).to(device)

    print("FIRST", unittests.exercise_4(calculate_class_weights))
    """,
    "data set": """
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
    "results": """
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
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Has a folder for each session, with the file `cells.py`."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture(scope="module")
def sessions(folder):
    """What each session prints; they share a process, since it imports for seconds."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom fixtures import unittests\n"
    for name, text in SESSIONS.items():
        (folder / name).mkdir()
        file = folder / name / "cells.py"
        file.write_text(start + textwrap.dedent(text), encoding="utf-8")
    run_all = (
        "import os, runpy, sys\n"
        "for name in sys.argv[1:]:\n"
        "    os.chdir(name)\n"
        "    runpy.run_path(os.path.abspath('cells.py'))\n"
        "    os.chdir('..')\n"
        "    print('END OF SESSION')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", run_all, *SESSIONS],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = done.stdout.split("END OF SESSION\n")
    assert printed.pop() == ""
    return dict(zip(SESSIONS, printed, strict=True))


def test_wrong_then_right(sessions, folder):
    printed = sessions["freezing"]
    first, second = printed.split("FIRST False")
    assert "test_layers" in first
    assert "partially_freeze_bert_layers(model, layers_to_train=" in first
    assert f"at          {folder / 'freezing' / 'cells.py'}:4" in first
    assert "SECOND True" in second
    assert "the exercise 10 of 10" in second
    assert "edge" not in second
    assert [path.name for path in (folder / "freezing").iterdir()] == ["cells.py"]


def test_the_assignments_own_answer(sessions):
    """It has no check for an absent class, since the assignment asks for none."""
    printed = sessions["weights"]
    assert "FIRST True" in printed


def test_classes(sessions):
    printed = sessions["data set"]
    assert "FIRST False" in printed
    words = " ".join(printed.split())
    assert "tokens of an item whose text has 702 with the special ones" in words
    assert "got tokens of an item" in words
    assert "the exercise 14 of 18" in printed
    assert "likewise    test_512_tokens[511], test_512_tokens[510], test_512_tokens[509]" in printed
    assert "then run unittests.exercise_1(InstructionDataset)" in " ".join(printed.split())


def test_results(sessions):
    printed = sessions["results"]
    first, rest = printed.split("FIRST False")
    second, rest = rest.split("SECOND True")
    third, rest = rest.split("THIRD False")
    fourth, _ = rest.split("FOURTH False")
    assert "a val_loss below 0.7" in first
    assert "the exercise 3 of 3" in second
    unchanged = "the results that helper_utils.training_loop returned, unchanged"
    assert unchanged in " ".join(third.split())
    assert unchanged in " ".join(fourth.split())


def kata_notebook(path):
    return subprocess.run(
        [sys.executable, "-m", "kata.cli", "notebook", str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_whole_notebook(tmp_path):
    """It runs from top to bottom as it is, and what is right is green."""
    path = tmp_path / "assignment.ipynb"
    path.write_text(notebook_of(), encoding="utf-8")
    before = path.read_bytes()
    done = kata_notebook(path)
    assert path.read_bytes() == before
    assert done.stdout.strip().splitlines() == [
        "✓ cell 10  unittests.exercise_1(InstructionDataset)",
        "✓ cell 13  unittests.exercise_2(create_data_collator)",
        "✓ cell 15  unittests.exercise_3(create_dataloaders)",
        "✓ cell 18  unittests.exercise_4(calculate_class_weights)",
        "✓ cell 21  unittests.exercise_5(partially_freeze_bert_layers)",
        "✓ cell 24  unittests.exercise_6(partial_results)",
        "",
        "next: nothing, all is green.",
    ]
    assert done.returncode == 0


def test_results_that_are_not_good_enough(tmp_path):
    """The block names the cell that asks, and no call that nobody wrote."""
    only = {
        "imports": CELLS["imports"],
        "helpers": CELLS["helpers"],
        "numbers": """
            item = {"input_ids": torch.tensor(1), "labels": torch.tensor(1)}
            loader = DataLoader([item] * 8, batch_size=4)
            class Model(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.words = nn.Embedding(5, 5)
                    nn.init.zeros_(self.words.weight)  # a loss of log 5, and not by chance less

                def forward(self, input_ids):
                    from types import SimpleNamespace
                    return SimpleNamespace(logits=self.words(input_ids))
        """,
        "training": """
            _, partial_results = helper_utils.training_loop(
                Model(), loader, loader, nn.CrossEntropyLoss(), 1e-4, 1, "cpu"
            )
        """,
        "check 6": CELLS["check 6"],
    }
    cells = {name: textwrap.dedent(source) for name, source in only.items()}
    path = tmp_path / "assignment.ipynb"
    path.write_text(notebook_of(**{**dict.fromkeys(CELLS), **cells}), encoding="utf-8")
    done = kata_notebook(path)
    assert "expected    a val_loss below 0.7" in done.stdout
    assert "    at          cell 5\n" in done.stdout
    assert "called" not in done.stdout
    assert (
        "starting at cell 5, then run\n      unittests.exercise_6(partial_results)" in done.stdout
    )
    assert "next: see cell 5, above; then run" in done.stdout
    assert done.returncode == 1


def test_notebook_with_mistakes(tmp_path):
    """Every check is judged, whatever became of the cells before; each mistake names its cell."""
    training = ("numbers", "training", "check 6", "logs", "plots", "unseen")
    path = tmp_path / "assignment.ipynb"
    changed = {
        "exercise 1": CELLS["exercise 1"].replace("512", "128"),
        "exercise 3": CELLS["exercise 3"].replace("return (DataLoader", "return (DataLoder"),
        "exercise 5": "def partially_freeze_bert_layers(model, layers_to_train=3):\n"
        "    raise NotImplementedError",
        **dict.fromkeys(training),
    }
    path.write_text(notebook_of(**changed), encoding="utf-8")
    done = kata_notebook(path)
    assert done.returncode == 1
    assert "cell 10: unittests.exercise_1(InstructionDataset)" in done.stdout
    assert "    at          cell 9, line " in done.stdout
    assert "next: make test_512_tokens[700] green, starting at cell 9, line " in done.stdout
    assert "`create_dataloaders` stopped with NameError: name 'DataLoder'" in done.stdout
    assert "next: write `partially_freeze_bert_layers` at cell 20, line 2, then run" in done.stdout
    board = done.stdout[done.stdout.rindex("✗ cell 10") :].splitlines()
    assert board == [
        "✗ cell 10  unittests.exercise_1(InstructionDataset)",
        "✓ cell 13  unittests.exercise_2(create_data_collator)",
        "✗ cell 15  unittests.exercise_3(create_dataloaders)",
        "✗ cell 16  stopped with NameError: name 'DataLoder' is not defined",
        "✓ cell 18  unittests.exercise_4(calculate_class_weights)",
        "✗ cell 21  unittests.exercise_5(partially_freeze_bert_layers)",
        "",
        "next: see cell 10, above; then run",
        f"      kata notebook {path}",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no such notebook"),
        ("print(1)", "is not a notebook that Jupyter can read"),
        ('{"cells": 3}', "is not a notebook that Jupyter can read"),
    ],
)
def test_what_is_no_notebook(tmp_path, text, message):
    path = tmp_path / "assignment.ipynb"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    done = kata_notebook(path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_jupyter_is_an_extra(monkeypatch):
    """Where it is not installed, one sentence says how to get it."""
    from kata.authoring import jupyter
    from kata.course import Course, CourseError

    monkeypatch.setattr(jupyter, "find_spec", lambda name: None)
    for work in (jupyter.open_jupyter, lambda course: jupyter.run_notebook(course, Path("a"))):
        with pytest.raises(CourseError, match=r"is not installed here: pip install .*\[notebook\]"):
            work(Course.find(ROOT))
