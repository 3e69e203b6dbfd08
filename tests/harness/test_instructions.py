"""The instructions of the dispatcher: invented ones, and real files."""

import json
import re
import statistics

import pytest

from kata.judging.lazy import lazy

corpora = lazy("fixtures.corpora")
instructions = lazy("fixtures.instructions")

COUNTS = {
    "q_and_a": 13_243,
    "classification": 3_918,
    "information_distillation": 4_681,
    "brainstorming": 3_113,
    "creative_writing": 1_283,
}


@pytest.fixture(scope="module")
def frame():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KATA_DATA", raising=False)
        return instructions.load_instructions()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where real files are looked for."""
    monkeypatch.setenv("KATA_DATA", str(tmp_path))
    folder = tmp_path / "databricks-dolly-15k-dataset"
    folder.mkdir()
    return folder


def test_counts(frame):
    assert len(frame) == 26_238
    assert frame["instruction"].is_unique
    assert frame["source_id"].nunique() == 15_011
    assert frame["category"].nunique() == 8
    classes = frame["category"].replace(instructions.CATEGORY_MAP)
    assert classes.value_counts().to_dict() == COUNTS


def test_texts_and_labels(monkeypatch):
    monkeypatch.delenv("KATA_DATA", raising=False)
    texts, labels, names = instructions.load_texts()
    assert names == list(COUNTS)
    assert [labels.count(i) for i in range(5)] == list(COUNTS.values())
    assert len(texts) == len(labels)


def test_lengths_are_like_the_real_ones(frame):
    """Real ones: median 10 words, 95% under 27, about 4 in 10,000 over 500."""
    lengths = sorted(len(text.split()) for text in frame["instruction"])
    assert 8 <= statistics.median(lengths) <= 13
    assert 18 <= lengths[len(lengths) * 95 // 100] <= 30
    assert 2 <= sum(length > 500 for length in lengths) <= 50


def test_paraphrases_belong_to_their_original(frame):
    """Rows of a source have one category, and most words in common with another one."""
    groups = frame.groupby("source_id")
    assert (groups["category"].nunique() == 1).all()
    shares = []
    for _, texts in list(groups["instruction"])[:2000]:
        first, *others = (set(re.findall(r"\w+", text.lower())) for text in texts)
        shares += [len(first & other) / len(first | other) for other in others if first | other]
    assert len(shares) > 500
    assert statistics.median(shares) > 0.5


def test_as_hard_as_the_real_ones_for_naive_bayes(frame):
    """On uni- and bigrams of originals; on real Dolly: accuracy 0.780, macro-F1 0.732."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.naive_bayes import MultinomialNB

    # One row of each source, so that nothing is on both sides.
    rows = frame.drop_duplicates("source_id").sample(frac=1, random_state=0)
    labels = rows["category"].replace(instructions.CATEGORY_MAP)
    count = len(rows) * 4 // 5
    vectorizer = CountVectorizer(ngram_range=(1, 2))
    model = MultinomialNB().fit(
        vectorizer.fit_transform(rows["instruction"][:count]), labels[:count]
    )
    found = model.predict(vectorizer.transform(rows["instruction"][count:]))
    assert 0.74 < accuracy_score(labels[count:], found) < 0.82
    assert 0.69 < f1_score(labels[count:], found, average="macro") < 0.78


def test_seed(frame):
    assert instructions.load_instructions(0).equals(frame)
    assert not instructions.load_instructions(1).equals(frame)


def test_no_exercise_is_invented(frame):
    text = "\n".join(frame["instruction"]).lower()
    assert not [known for known in corpora.EXERCISES if known.lower() in text]
    topics = ("magna carta", "water cycle", "sneakers", "team-building", "climate change")
    assert not [topic for topic in topics if topic in text]


def test_csv(folder, capsys):
    (folder / "half.csv").write_text(
        'instruction,category\n"Who, then?",open_qa\nSort these.,classification\n,open_qa\n'
        '"Who,  then?",closed_qa\n',
        encoding="utf-8",
    )
    frame = instructions.load_instructions()
    assert frame["instruction"].tolist() == ["Who, then?", "Sort these.", "Who,  then?"]
    assert frame["source_id"].tolist() == [0, 1, 0]
    assert instructions.load_texts()[1:] == ([0, 1, 0], ["q_and_a", "classification"])
    assert "half.csv has 1 rows without text or category" in capsys.readouterr().err


def test_json_lines(folder):
    row = {"instruction": "Sum up.", "context": "", "response": "", "category": "summarization"}
    (folder / "dolly.jsonl").write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    assert instructions.load_instructions()["category"].tolist() == ["summarization"]


def test_the_assignments_file_is_preferred(folder):
    for name, text in (("a.csv", "a"), ("databricks-dolly_augmented.csv", "b")):
        (folder / name).write_text(f"category,instruction\nopen_qa,{text}\n", encoding="utf-8")
    assert instructions.load_instructions()["instruction"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "text,category\nx,open_qa\n", "line 1: no column instruction"),
        ("a.csv", "instruction,category\nx,poetry\n", "line 2: category is 'poetry'"),
        ("a.csv", "instruction,category\n", "holds no instructions"),
        ("a.csv", "", "no column instruction"),
        ("a.jsonl", '{"instruction": "x"}\n', "line 1: no 'category'"),
        ("a.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("a.jsonl", "{\n", "line 1: not a JSON object"),
        ("a.txt", "", "found none"),
    ],
)
def test_bad_files(folder, name, text, message):
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        instructions.load_instructions()


def test_two_files(folder):
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("instruction,category\nx,open_qa\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"found 2 of them \(a.csv, b.csv\)"):
        instructions.load_instructions()


def test_paraphrase_of_anything():
    from random import Random

    from fixtures.corpora.instructions import paraphrase

    rng = Random(0)
    assert paraphrase(rng, "") == ""
    for text in ("?", "a", "Please ", "Give me 'the summary'", "x\ny", "In it, do."):
        for _ in range(50):
            assert isinstance(paraphrase(rng, text), str)
    quoted = "Is this polite? 'give me the list'"
    assert all(paraphrase(rng, quoted).endswith("'give me the list'") for _ in range(50))
