"""What passes between a cell and its judge: values come back as they were, and nothing else."""

import contextlib
import json
import socket
import time
from collections import Counter, OrderedDict, namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.grading import line, wire
from kata.grading.reader import Reader
from kata.grading.restore import restore
from kata.grading.stand_in import FarObject, stand_in
from kata.grading.wire import Malformed
from kata.grading.writer import Writer
from kata.judging.behaviour import summary
from kata.judging.lazy import lazy

np, pd, torch, transformers = map(lazy, ("numpy", "pandas", "torch", "transformers"))

MODULE = "torch.nn.modules.module:Module"


class Own:
    """A class of a student's."""


def written(value):
    """A value as a tree and buffers, by way of the text that is sent."""
    writer = Writer(lambda value: (7, [MODULE], "Own"), lambda value: None)
    return json.loads(json.dumps(writer.tree(value))), writer.buffers


def reader(buffers=()):
    def same(token):
        raise Malformed("no such argument")

    return Reader(list(buffers), lambda number, kinds, name: (number, tuple(kinds), name), same)


def back(value):
    tree, buffers = written(value)
    return reader(buffers).value(tree)


def frame():
    return pd.DataFrame({"a": [1, 2], "b": [0.5, None], "c": ["x", "y"]}, index=[7, 9])


def values():
    return [
        None, True, 3, -(10**30), 0.1, float("inf"), "text\ud800", b"\0\1", [1, [2, (3,)]],
        {"a": {1: (2, None)}}, {1, 2}, frozenset("ab"), range(3, 9, 2), slice(None, 4),
        np.arange(6, dtype="int16").reshape(2, 3)[:, ::2], np.float32(0.5), np.array(["ab", "c"]),
        np.array([1, "x", None], dtype=object), np.array([], "float64"), np.dtype("int8"),
        np.array(["2011-01-01"], "datetime64[ns]"), torch.arange(6.0).reshape(2, 3).T,
        torch.tensor(3, dtype=torch.int8), torch.zeros(0, 4), torch.ones(2, requires_grad=True),
        torch.ones(3, dtype=torch.bfloat16), torch.nn.Parameter(torch.ones(2)), torch.float16,
        torch.device("cpu"), frame(), frame()["c"], pd.Timestamp("2014-01-01"), frame().index,
        OrderedDict(b=1, a=2), Counter("aab"), Path("a/b"),
        transformers.BatchEncoding({"ids": [1, 2]}),
    ]  # fmt: skip


COUNT = 37


@pytest.mark.parametrize("number", range(COUNT))
def test_values_come_back(number):
    value = values()[number]
    found = back(value)
    assert type(found) is type(value)
    assert summary(found) == summary(value)


def test_data_sets_and_models_come_back():
    pairs = torch.utils.data.TensorDataset(torch.rand(5, 2), torch.arange(5))
    found = back(pairs)
    assert type(found) is torch.utils.data.TensorDataset
    assert all(map(torch.equal, found.tensors, pairs.tensors))
    config = transformers.DistilBertConfig(
        vocab_size=11, dim=6, hidden_dim=8, n_heads=2, n_layers=2
    )
    model = transformers.DistilBertForSequenceClassification(config).eval()
    model.classifier.requires_grad_(False)
    model.dropout.p = 0.75
    found = back(model)
    assert type(found) is type(model)
    assert found.dropout.p == 0.75
    assert not found.training
    theirs = dict(found.named_parameters())
    for name, value in model.named_parameters():
        assert torch.equal(theirs[name], value)
        assert theirs[name].requires_grad == value.requires_grad


@pytest.mark.parametrize(
    "make", [Own, lambda: len, lambda: iter([1]), lambda: torch.nn.Linear(2, 3), lambda: [Own()]]
)
def test_what_is_a_students_stays_there(make):
    found = back(make())
    found = found[0] if isinstance(found, list) else found
    assert found == (7, (MODULE,), "Own")


def test_a_named_tuple_is_a_tuple_to_the_judge():
    assert back(namedtuple("Pair", "first second")(1, [2])) == (1, [2])


# Unpickling, opening of files, and a look at a tensor's memory are what these do.
HARMFUL = (
    "torch.utils.data.datapipes.datapipe:_DataPipeSerializationWrapper",
    "torch.utils.data.datapipes.iter.fileopener:FileOpenerIterDataPipe",
    "torch:Tensor",
    "builtins:dict",
)


def test_a_stand_in_passes_for_little_and_inherits_nothing():
    network, tensor = torch.nn.Module, torch.Tensor
    found = stand_in(None, 7, (*HARMFUL, MODULE, "+__len__", "+__reduce_ex__"), "Own")
    assert isinstance(found, network)
    assert not isinstance(found, tensor | dict)
    assert type(found).__mro__ == (type(found), FarObject, object)
    assert type(found).__reduce_ex__ is object.__reduce_ex__
    assert not hasattr(found, "__setstate__")
    assert not isinstance(stand_in(None, 8, HARMFUL, "Own"), network)


def test_no_change_reaches_what_all_share():
    """Modules, classes and functions that an object holds, and how the object is copied."""
    own = Own()
    own.library, own.kind, own.function, own.number = json, Own, written, 1
    value = ["value", 5]
    change = ["object", [["loads", value], ["__name__", value], ["number", value]]]
    names = ("library", "kind", "function")
    tree = [*([name, change] for name in names), ["number", value], ["__reduce_ex__", value]]
    restore(own, ["object", tree], reader())
    assert (own.library, own.kind, own.function, own.number) == (json, Own, written, 5)
    assert callable(json.loads)
    assert not hasattr(Own, "number")
    assert "__reduce_ex__" not in vars(own)


@pytest.mark.parametrize(
    "settings", [{"num_labels": 10**12}, {"vocab_size": 10**9}, {"n_layers": 10**4}]
)
def test_a_configuration_that_takes_for_ever_is_refused(settings):
    config = transformers.DistilBertConfig(vocab_size=11, dim=6, n_heads=2, n_layers=1)
    model = transformers.DistilBertModel(config)
    tree, buffers = written(model)
    _, name, told, state = tree
    told = json.dumps(json.loads(told) | settings)
    with pytest.raises(Malformed):
        restore(model, ["module", told, *state], reader(buffers))
    if settings.keys() <= config.to_dict().keys():
        with pytest.raises(Malformed):
            reader(buffers).value(["model", name, told, state])


def test_other_families_of_models_are_refused():
    """`VisionEncoderDecoderModel`, say, loads what its configuration names."""
    for name in ("RagModel", "VisionEncoderDecoderModel", "BertTokenizer", "T5GemmaModel"):
        with pytest.raises(Malformed, match="a model's name"):
            reader().value(["model", name, "{}", [[], [], [], []]])


@pytest.mark.parametrize(
    "tree", [["list", [["bytes", 0]] * 600], ["set", list(range(5_000))]], ids=["bytes", "set"]
)
def test_what_costs_more_than_it_sends_is_refused(tree):
    """One place of bytes that is named again and again; a set whose values may have one hash."""
    with pytest.raises(Malformed):
        reader([bytes(1 << 20)]).value(tree)


def test_files_from_a_cell(tmp_path, monkeypatch):
    """They bear no name of what a library looks for here first, and are not without end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(line, "MOST_WRITTEN", 10)
    ours, theirs = pair()
    with ours, theirs:
        wired = line.Line(
            SimpleNamespace(connection=ours), tmp_path / "tests", ["org/model", "bleu"]
        )
        for name in ("org/model/config.json", "Org/x", "bleu/bleu.py"):
            with pytest.raises(Malformed, match="model or metric"):
                wired._take_files([[name, 0]], reader([b"{}"]))
        wired._take_files([["mine/model.json", 0]], reader([bytes(8)]))
        with pytest.raises(Malformed, match="bytes of files"):
            wired._take_files([["more", 0]], reader([bytes(8)]))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)
kinds = st.sampled_from(
    "int,list,tuple,set,frozenset,dict,bytes,range,slice,array,scalar,objects,dtype,frame,series,"
    "index,time,tensor,parameter,dataset,device,path,model,handle,same,nonsense,torch dtype,"
    "shape of a tensor".split(",")
)
trees = st.recursive(
    json_values, lambda inner: st.tuples(kinds, inner, inner, inner).map(list), max_leaves=6
) | st.tuples(kinds, st.lists(json_values, max_size=4)).map(lambda pair: [pair[0], *pair[1]])


@settings(max_examples=500, deadline=None)
@given(trees, st.lists(st.binary(max_size=16), max_size=3))
def test_any_tree_is_a_value_or_refused(tree, buffers):
    with contextlib.suppress(Malformed):
        reader(buffers).value(tree)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_any_change_is_made_or_refused(tree):
    model = torch.nn.Linear(2, 3)
    own = [[1, 2], {"a": 3}, np.arange(3), torch.ones(2), frame(), model, Own()]
    for value in own:
        try:
            restore(value, tree, reader())
        except (Malformed, TypeError, ValueError):
            continue
    assert type(model) is torch.nn.Linear


def test_changes_are_made_in_place():
    rows, numbers = [["a"], ["b"]], np.arange(4)
    first = rows[0]
    for own, new in ((rows, [["a", "c"], ["b"]]), (numbers, np.arange(4) * 2)):
        writer = Writer(lambda value: (0, [], ""), lambda value: None)
        restore(own, json.loads(json.dumps(writer.insides(new))), reader(writer.buffers))
    assert rows == [["a", "c"], ["b"]]
    assert rows[0] is first
    assert numbers.tolist() == [0, 2, 4, 6]


def pair():
    ours, theirs = socket.socketpair()
    return ours, theirs


@pytest.mark.parametrize(
    "data",
    [
        wire.START.pack(2**32 - 1, 0),
        wire.START.pack(2, 2**32 - 1),
        wire.START.pack(2, 1) + (1 << 60).to_bytes(8, "big") + b"{}",
        wire.START.pack(3, 0) + b"{,}",
        wire.START.pack(200_000, 0) + b"[" * 200_000,
    ],
)
def test_what_is_no_message_is_refused(data):
    ours, theirs = pair()
    with ours, theirs:
        theirs.sendall(data)
        with pytest.raises(Malformed):
            wire.receive(ours, time.monotonic() + 5)


def test_nobody_waits_for_ever():
    ours, theirs = pair()
    with ours, theirs:
        theirs.sendall(wire.START.pack(100, 0) + b"[")
        with pytest.raises(wire.Late):
            wire.receive(ours, time.monotonic() + 0.2)
        theirs.close()
        with pytest.raises(wire.Gone):
            wire.receive(ours, time.monotonic() + 5)
