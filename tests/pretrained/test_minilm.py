"""What real weights and the real vocabulary give; `tox run -e pretrained` has them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kata.testing import lazy

pretrained = lazy("fixtures.pretrained")
torch = lazy("torch")
transformers = lazy("transformers")

ROOT = Path(__file__).parents[2]
TEXTS = [
    "Compose a haiku about a rainy day.",
    "Is a tomato a fruit or a vegetable?",
    "Naïve café owners in Zürich asked: what is 3.14 * 2?",
    "word " * 600,
]
# What the notebook prints, with DistilBERT's tokenizer.
PRINTED = """\
Sample 1 'input_ids': [101, 2023, 2003, 1037, 2460, 6251, 1012, 102]
Sample 2 'input_ids': [101, 2023, 3327, 6251, 2003, 3243, 1037, 2978, 2936, 1012, 102]

--- After Collation (Padded and batched) ---
tensor([[ 101, 2023, 2003, 1037, 2460, 6251, 1012,  102,    0,    0,    0],
        [ 101, 2023, 3327, 6251, 2003, 3243, 1037, 2978, 2936, 1012,  102]])
"""


@pytest.fixture(scope="module", autouse=True)
def hub():
    assert os.environ.get("KATA_HUB") == "pretrained", "set it, or run `tox -e pretrained`"


def test_same_hidden_states():
    bert = transformers.AutoModel.from_pretrained(pretrained.weights()).eval()
    assert type(bert).__name__ == "BertModel"
    model = transformers.AutoModel.from_pretrained("distilbert-base-uncased").eval()
    assert type(model).__name__ == "DistilBertModel"
    assert model.config.n_layers == 6
    tokenizer = transformers.AutoTokenizer.from_pretrained("distilbert-base-uncased")
    inputs = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    shown = inputs["attention_mask"].bool()
    with torch.no_grad():
        wanted = bert(**inputs, output_hidden_states=True).hidden_states
        found = model(**inputs, output_hidden_states=True).hidden_states
    assert len(found) == len(wanted) == 7
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one[shown], other[shown], rtol=0, atol=1e-5)


def test_notebook_prints_the_same():
    done = subprocess.run(
        [sys.executable, "solutions/task15.py"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert PRINTED in done.stdout
