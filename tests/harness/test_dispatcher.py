"""The helpers of the Request Dispatcher's notebook."""

import json
from types import SimpleNamespace

import pytest

from kata.judging.lazy import lazy

helper_utils = lazy("fixtures.helper_utils")
pd = lazy("pandas")
torch = lazy("torch")

IDS = {0: "question", 1: "poem", 2: "summary"}


@pytest.fixture(scope="module", autouse=True)
def offline():
    import fixtures.offline  # noqa: F401


class Words:
    """Items of which the label is the first token; the second one is noise."""

    def __init__(self, count, seed=0):
        draw = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 3, (count,), generator=draw).tolist()
        self.noise = torch.randint(3, 9, (count,), generator=draw).tolist()
        self.texts = [f"text {i}" for i in range(count)]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return {
            "input_ids": torch.tensor([self.labels[i], self.noise[i]]),
            "labels": self.labels[i],
        }


def tiny():
    """A model of an embedding and a head, which reads two tokens."""

    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.words = torch.nn.Embedding(9, 8)
            self.head = torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(16, 3))

        def forward(self, input_ids):
            return SimpleNamespace(logits=self.head(self.words(input_ids).flatten(1)))

    torch.manual_seed(0)
    return Tiny()


def loaders(train=60, validation=25):
    return (
        torch.utils.data.DataLoader(Words(train), batch_size=8, shuffle=True),
        torch.utils.data.DataLoader(Words(validation, seed=1), batch_size=8),
    )


def run(model=None, *, rate=0.05, epochs=3, weight=None, **sizes):
    loss = torch.nn.CrossEntropyLoss(weight=weight)
    return helper_utils.training_loop(model or tiny(), *loaders(**sizes), loss, rate, epochs, "cpu")


def test_training_learns_and_reports():
    _, results = run()
    assert results["val_accuracy"] > 0.9
    assert len(results["history"]) == results["num_epochs"] == 3
    assert results["history"][-1]["val_f1"] == results["val_f1"]
    assert results["history"][-1]["train_loss"] < results["history"][0]["train_loss"]
    assert results["parameters"] == results["trainable_parameters"] == 9 * 8 + 16 * 3 + 3
    json.dumps(results)


def test_validation_is_of_the_last_epoch_and_by_hand():
    weight = torch.tensor([0.5, 1.0, 3.0])
    model, results = run(rate=1e-3, epochs=2, weight=weight)
    items = Words(25, seed=1)
    with torch.no_grad():
        logits = model.eval()(torch.stack([items[i]["input_ids"] for i in range(25)])).logits
    found = logits.argmax(-1).tolist()
    confusion = [[0] * 3 for _ in range(3)]
    for label, prediction in zip(items.labels, found, strict=True):
        confusion[label][prediction] += 1
    assert results["confusion_matrix"] == confusion
    assert sum(map(sum, confusion)) == 25
    rights = sum(confusion[i][i] for i in range(3))
    assert results["val_accuracy"] == rights / 25
    scores = []
    for i in range(3):
        either = sum(confusion[i]) + sum(row[i] for row in confusion)
        scores.append(2 * confusion[i][i] / either if either else 0.0)
    assert results["val_f1"] == pytest.approx(sum(scores) / 3)
    labels = torch.tensor(items.labels)
    wanted = torch.nn.functional.cross_entropy(logits, labels, weight=weight)
    assert results["val_loss"] == pytest.approx(float(wanted), rel=1e-5)


def test_what_is_frozen_stays():
    model = tiny()
    model.words.requires_grad_(False)
    before = model.words.weight.clone()
    _, results = run(model)
    assert torch.equal(model.words.weight, before)
    assert results["trainable_parameters"] == 16 * 3 + 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0.0}, "learning_rate is 0.0"),
        ({"rate": float("nan")}, "learning_rate is nan"),
        ({"epochs": 0}, "num_epochs is 0"),
        ({"validation": 0}, "val_loader has no batches"),
    ],
)
def test_training_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        run(**options)


def test_training_refuses_a_frozen_model():
    with pytest.raises(ValueError, match="Nothing of the model is trainable"):
        run(tiny().requires_grad_(False))


def test_split_keeps_groups_together():
    data = Words(1000)
    groups = [i // 3 for i in range(1000)]
    train, validation = helper_utils.create_dataset_splits(data, 0.8, groups=groups)
    assert sorted([*train.indices, *validation.indices]) == list(range(1000))
    assert 797 <= len(train) <= 800
    assert not {groups[i] for i in train.indices} & {groups[i] for i in validation.indices}
    again = helper_utils.create_dataset_splits(data, 0.8, groups=groups)
    assert again[0].indices == train.indices
    other = helper_utils.create_dataset_splits(data, 0.8, groups=groups, seed=1)
    assert other[0].indices != train.indices


def test_split_keeps_equal_texts_together():
    data = Words(200)
    data.texts = [f"text {i % 40}" for i in range(200)]
    train, validation = helper_utils.create_dataset_splits(data, train_split_percentage=0.75)
    assert not {data.texts[i] for i in train.indices} & {data.texts[i] for i in validation.indices}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train_split_percentage": 80}, "it is a share between 0 and 1"),
        ({"groups": [1, 2]}, "There are 2 groups for 10 items"),
        ({"groups": [1] * 10}, "The training part would be empty"),
        ({"train_split_percentage": 0.99}, "The validation part would be empty"),
    ],
)
def test_split_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        helper_utils.create_dataset_splits(Words(10), **options)


def test_logs_are_whole_or_not_there(tmp_path):
    path = tmp_path / "logs.json"
    _, results = run(epochs=1)
    helper_utils.save_training_logs(results, path)
    assert json.loads(path.read_text(encoding="utf-8")) == results
    before = path.read_bytes()
    with pytest.raises(TypeError):
        helper_utils.save_training_logs(results | {"model": tiny()}, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["logs.json"]


def test_plot(tmp_path, capsys):
    _, results = run()
    figure = helper_utils.analyze_and_plot_results(results, IDS, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert [axes.get_title() for axes in figure.axes[:2]] == ["Loss", "Confusion (last epoch)"]
    assert "  - poem" in capsys.readouterr().out
    with pytest.raises(ValueError, match="id2cat has no name for class 2"):
        helper_utils.analyze_and_plot_results(results, {0: "a", 1: "b"}, tmp_path / "x.png")
    with pytest.raises(ValueError, match="no 'confusion_matrix'"):
        helper_utils.analyze_and_plot_results({"val_f1": 0.8}, IDS, tmp_path / "x.png")


def test_model_is_fetched_loaded_and_asked(tmp_path):
    folder = tmp_path / "models" / "base"
    helper_utils.download_bert("distilbert-base-uncased", folder)
    files = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= files
    assert [path.name for path in folder.parent.iterdir()] == ["base"]
    model, tokenizer = helper_utils.load_bert(folder, num_classes=3)
    assert model.config.num_labels == 3
    model.train()
    with torch.no_grad():
        model.classifier.bias[1] += 100.0
    found = helper_utils.predict_category(model, tokenizer, "Write a poem.", "cpu", IDS)
    assert found == "poem"
    assert model.training
    with pytest.raises(ValueError, match="num_classes is 1"):
        helper_utils.load_bert(folder, num_classes=1)


def frame():
    texts = ["The water is cold.", "The bread is warm.", "The water is cold."]
    return pd.DataFrame({"instruction": texts, "category": ["a", "b", "a"]})


def swap(texts):
    return [text.replace("The", "This").replace("is cold", "is chilly") for text in texts]


def test_back_translation_adds_new_wordings():
    languages = {"xx": (lambda texts: texts, swap), "yy": (lambda texts: texts, list)}
    found = helper_utils.augment_dataset_with_back_translation(frame(), languages)
    assert found["instruction"].tolist()[3:] == ["This water is chilly.", "This bread is warm."]
    assert found["category"].tolist()[3:] == ["a", "b"]
    assert found["source_id"].tolist() == [0, 1, 2, 0, 1]


def test_interrupted_back_translation_goes_on(tmp_path):
    path = tmp_path / "kept.csv"
    seen = []

    def failing(texts):
        seen.extend(texts)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return swap(texts)

    languages = {"xx": (lambda texts: texts, failing)}
    options = {"keep": path, "batch_size": 1}
    with pytest.raises(KeyboardInterrupt):
        helper_utils.augment_dataset_with_back_translation(frame(), languages, **options)
    found = helper_utils.augment_dataset_with_back_translation(frame(), languages, **options)
    assert seen == ["The water is cold.", "The bread is warm.", "The bread is warm."]
    assert len(found) == 5
    assert [file.name for file in tmp_path.iterdir()] == ["kept.csv"]


def test_back_translation_refuses(tmp_path):
    augment = helper_utils.augment_dataset_with_back_translation
    with pytest.raises(ValueError, match="no column 'category'"):
        augment(frame()[["instruction"]], {})
    with pytest.raises(ValueError, match="made 1 texts of 2"):
        augment(frame(), {"xx": (lambda texts: texts[:1], swap)})
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no column 'language'"):
        augment(frame(), {"xx": (swap, swap)}, keep=tmp_path / "other.csv")


def test_back_translation_by_the_hub():
    """The pair of directions between English and Spanish, on sentences of their domain."""
    from fixtures.corpora import draw, translation

    items = draw(translation.sentence, 12, seed=4, held_out=True)
    data = pd.DataFrame({"instruction": [item.english for item in items], "category": "talk"})
    pair = ("Helsinki-NLP/opus-mt-en-es", "Helsinki-NLP/opus-mt-es-en")
    languages = {"es": tuple(map(helper_utils.translator, pair))}
    found = helper_utils.augment_dataset_with_back_translation(data, languages)
    assert found["instruction"].tolist()[:12] == data["instruction"].tolist()
    assert found["instruction"].is_unique
    assert set(found["source_id"]) == set(range(12))
