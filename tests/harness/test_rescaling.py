"""Rescaled encoders compute what they computed, and learn more from the same step."""

import copy

import pytest

from kata.judging.lazy import lazy

bases = lazy("fixtures.stand_ins.bases")
rescaling = lazy("fixtures.stand_ins.rescaling")
torch = lazy("torch")


def model_and_ids(kind):
    torch.manual_seed(0)
    model = kind.make(500).eval()
    for parameter in model.parameters():  # biases and norms, too, as training leaves them
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model, torch.randint(0, 500, (3, 17))


def drift(model, ids):
    """How far logits move when every weight of the encoder moves by 1e-5."""
    before = model(ids).logits
    loss = torch.nn.functional.cross_entropy(before.flatten(0, 1), ids.flatten())
    loss.backward()
    with torch.no_grad():
        for parameter in model.base_model.parameters():
            parameter -= 1e-5 * parameter.grad.sign()
        return (model(ids).logits - before).abs().mean().item()


@pytest.mark.parametrize("name", ["DISTILBERT", "BERT"])
def test_same_logits(name):
    kind = getattr(bases, name)
    model, ids = model_and_ids(kind)
    before = model(ids).logits
    rescaling.rescale(model, kind.loudness)
    difference = (model(ids).logits - before).abs().max()
    assert difference < 1e-4 * before.std()


@pytest.mark.parametrize("name", ["DISTILBERT", "BERT"])
def test_a_step_does_more(name):
    kind = getattr(bases, name)
    model, ids = model_and_ids(kind)
    rescaled = copy.deepcopy(model)
    rescaling.rescale(rescaled, kind.loudness)
    assert drift(rescaled, ids) > 3 * drift(model, ids)


def test_other_models_are_refused():
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(n_layer=1, n_embd=8, n_head=1, vocab_size=20))
    with pytest.raises(ValueError, match="'gpt2' cannot be rescaled"):
        rescaling.rescale(model, 2.0)
