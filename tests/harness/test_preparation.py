"""What the dispatcher's run is prepared with."""

import pytest

from kata.judging.lazy import lazy

instructions = lazy("fixtures.instructions")
pd = lazy("pandas")
preparation = lazy("fixtures.dispatcher.preparation")
torch = lazy("torch")


@pytest.fixture(scope="module", autouse=True)
def offline():
    import fixtures.offline  # noqa: F401


@pytest.fixture(scope="module")
def prepared():
    return preparation.prepare(900, seed=4)


def texts_of(prepared, loader):
    """Decoded texts, and their labels."""
    texts, labels = [], []
    for batch in loader:
        texts += prepared.tokenizer.batch_decode(batch["input_ids"], skip_special_tokens=True)
        labels += batch["labels"].tolist()
    return texts, labels


def items_of(loader):
    """Tokens without those that pad, and their labels."""
    found = []
    for batch in loader:
        masks, labels = batch["attention_mask"].bool(), batch["labels"].tolist()
        for row, mask, label in zip(batch["input_ids"], masks, labels, strict=True):
            found.append((tuple(row[mask].tolist()), label))
    return found


def test_rows_are_there_with_their_labels(prepared):
    frame = instructions.load_instructions()
    rows = prepared.tokenizer(frame["instruction"].tolist(), truncation=True)["input_ids"]
    classes = frame["category"].map(instructions.class_of)
    known = {}
    for ids, name in zip(rows, classes, strict=True):
        known.setdefault(tuple(ids), set()).add(name)
    train, val = items_of(prepared.train_loader), items_of(prepared.val_loader)
    assert len(train) + len(val) == 900
    assert abs(len(train) / 900 - 0.6) < 0.01
    for ids, label in train + val:
        assert prepared.id2cat[label] in known[ids]


def test_sides_share_no_source(prepared):
    train, validation = prepared.train_loader.dataset, prepared.val_loader.dataset
    assert not set(train.indices) & set(validation.indices)
    frame = instructions.load_instructions()
    assert frame["source_id"].nunique() < len(frame)
    one, _ = texts_of(prepared, prepared.train_loader)
    other, _ = texts_of(prepared, prepared.val_loader)
    assert not set(one) & set(other)


def test_weights_are_those_of_the_training_part(prepared):
    _, labels = texts_of(prepared, prepared.train_loader)
    wanted = [len(labels) / (5 * labels.count(label)) for label in range(5)]
    assert prepared.class_weights.tolist() == pytest.approx(wanted)
    assert prepared.class_weights.dtype == torch.float32


def test_seed_picks_rows_and_head():
    one, same, other = (preparation.prepare(60 * 5, seed=seed) for seed in (1, 1, 2))
    sorted_texts = [sorted(texts_of(p, p.val_loader)[0]) for p in (one, same, other)]
    assert sorted_texts[0] == sorted_texts[1] != sorted_texts[2]
    heads = [p.model.classifier.weight for p in (one, same, other)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_too_few_rows():
    with pytest.raises(ValueError, match=r"training rows there is no .*; take more rows"):
        preparation.prepare(8)


LENGTHS = [5, 300, 9, 7, 131, 6, 8, 5, 12, 400, 11, 10, 9, 129, 6]


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches(shuffle):
    batches = preparation.SimilarLengths(LENGTHS, 4, shuffle=shuffle)
    found = list(batches)
    assert len(found) == len(batches)
    assert sorted(place for batch in found for place in batch) == list(range(len(LENGTHS)))
    for batch in found:
        long = [LENGTHS[place] > preparation.LONG for place in batch]
        assert len(batch) <= 4
        assert long == [True] or not any(long)


def test_batches_hold_similar_lengths():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(3, 90, (4000,), generator=draw).tolist()
    batches = preparation.SimilarLengths(lengths, 32, shuffle=True)
    first, second = list(batches), list(batches)
    assert first != second
    widths = sum(len(batch) * max(lengths[place] for place in batch) for batch in first)
    assert widths < 1.05 * sum(lengths)
    starts = [min(lengths[place] for place in batch) for batch in first]
    assert starts != sorted(starts)
