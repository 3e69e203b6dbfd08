"""Makes an object of the judge's look as a cell says that its own copy does by now.

That copy was made of the judge's; what a call has changed of it is told by `Writer.insides`. The
object stays the same, and so do those that it holds.
"""

from __future__ import annotations

import contextlib
import json
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from kata.grading.stand_in import FarObject
from kata.grading.wire import Malformed, Tree
from kata.grading.writer import BACKEND, SETTINGS, is_module, is_tokenizer

if TYPE_CHECKING:
    from kata.grading.reader import Reader

DEPTH = 8
MOST_WORDS = 1_000  # that a call may add to a tokenizer
LONGEST = 100_000  # tokens to which a tokenizer may be set to cut or pad
LARGEST = 300_000  # of any number in a model's configuration, such as its words
LAYERS = 100
PLAIN = bool | int | float | str
# What all of the process shares, or has no contents of its own: no call changes that of ours.
SHARED = (type, ModuleType, FunctionType, MethodType)


def restore(own: Any, tree: Tree, reader: Reader, depth: int = DEPTH) -> Any:
    """Change `own` as a tree says; what stands in its place where it cannot be changed.

    Raises:
        Malformed: the tree is of another kind of thing.
    """
    if not isinstance(tree, list) or len(tree) < 2 or depth == 0:
        raise Malformed("a change of nothing")
    kind, *rest = tree
    if kind == "module" and is_module(own):
        settings, *state = rest
        restore_module(own, reader.state(state))
        _restore_config(getattr(own, "config", None), settings)
        return own
    if kind == "tokenizer" and is_tokenizer(own):
        _restore_tokenizer(own, rest[0])
        return own
    if kind == "object" and (is_module(own) or is_tokenizer(own)):
        raise Malformed("a network or tokenizer that says to be neither")
    if kind == "object" and isinstance(own, SHARED):
        return own
    if kind == "object" and hasattr(own, "__dict__"):
        attributes = vars(own)
        # Special names would say how the judge pickles or copies it.
        told = {str(name): part for name, part in rest[0] if not str(name).startswith("__")}
        for name, part in told.items():
            new = restore(attributes.get(name), part, reader, depth - 1)
            # What stays in the cell must not take a method's place in what the judge goes by.
            if not (isinstance(new, FarObject) and hasattr(type(own), name)):
                attributes[name] = new
        for name in attributes.keys() - told.keys():
            if not name.startswith("__"):
                del attributes[name]
        return own
    if kind != "value":
        raise Malformed("a change of another kind of thing")
    new = reader.value(rest[0])
    if type(new) is not type(own) or not refill(own, new):
        return new
    return own


def refill(own: Any, new: Any) -> bool:
    """Give an object the contents of another; False where it cannot have any."""
    if isinstance(own, list):
        pairs = list(zip(own, new, strict=False)) if len(own) == len(new) else []
        if pairs and all(isinstance(a, list | dict) and type(a) is type(b) for a, b in pairs):
            return all(refill(a, b) for a, b in pairs)
        own[:] = new
    elif isinstance(own, dict | set):
        own.clear()
        own.update(new)
    elif hasattr(own, "_update_inplace"):  # a frame or a series
        own._update_inplace(new)
    elif hasattr(own, "copy_"):
        _refill_tensor(own, new)
    elif hasattr(own, "resize") and hasattr(own, "dtype"):
        if own.shape != new.shape:
            own.resize(new.shape, refcheck=False)
        own[...] = new
    else:
        return False
    return True


def _refill_tensor(own: Any, new: Any) -> None:
    import torch

    with torch.no_grad():
        if fits(own, new):
            own.copy_(new)
        else:
            own.data = new.detach()
    if own.is_leaf:
        own.requires_grad_(new.requires_grad)


def is_harmless(key: str) -> bool:
    """Whether a setting of a model is data, and leads to no code from elsewhere."""
    leading = ("implementation", "auto_map", "quantization", "dtype", "kernel")
    return key[:1] != "_" and not any(word in key for word in leading)


def check_size(settings: dict[str, Any]) -> None:
    """Refuse a configuration by which building a model would take for ever."""
    for key, value in settings.items():
        most = LAYERS if "layer" in key or "expert" in key else LARGEST
        large = isinstance(value, int) and "token_id" not in key and value > most
        if large:
            raise Malformed(f"a model with {key} of {value}, which no answer has")


def _restore_config(config: Any, settings: object) -> None:
    if config is None or not isinstance(settings, str) or not settings:
        return
    try:
        told, own = json.loads(settings), json.loads(config.to_json_string())
    except (ValueError, RecursionError):
        raise Malformed("a configuration") from None
    if not isinstance(told, dict):
        raise Malformed("a configuration")
    check_size(told)
    for key, value in told.items():
        method = callable(getattr(type(config), key, None))
        if own.get(key) != value and key.isidentifier() and is_harmless(key) and not method:
            setattr(config, key, value)
    for key in filter(is_harmless, own.keys() - told.keys()):
        with contextlib.suppress(AttributeError):
            delattr(config, key)


def _restore_tokenizer(tokenizer: Any, told: object) -> None:
    if not isinstance(told, dict):
        raise Malformed("a tokenizer")
    for name in SETTINGS:
        value = told["settings"][name]
        if value != getattr(tokenizer, name, None) and isinstance(value, str | int | bool):
            setattr(tokenizer, name, value)
    own = {name: str(token) for name, token in tokenizer.special_tokens_map.items()}
    for name, token in told["special"].items():
        if own.get(name) != token and str(name).endswith("_token"):
            setattr(tokenizer, str(name), str(token))
    for name in own.keys() - told["special"].keys():
        setattr(tokenizer, name, None)
    more = told["words"] - len(tokenizer) if type(told["words"]) is int else 0
    if 0 < more < MOST_WORDS:  # which ones, no test has asked so far
        tokenizer.add_tokens([f"<added {number}>" for number in range(more)])
    backend = getattr(tokenizer, "_tokenizer", None)
    for name in BACKEND:
        value = told["backend"][name]
        if value == getattr(backend, name, None) or backend is None:
            continue
        if value is None:
            getattr(backend, f"no_{name}")()
        elif isinstance(value, dict):
            if any(isinstance(size, int) and size > LONGEST for size in value.values()):
                raise Malformed("a tokenizer that pads without end")
            getattr(backend, f"enable_{name}")(**{str(k): v for k, v in value.items()})


def restore_module(module: Any, state: dict[str, Any]) -> None:
    """Make a network look as a cell says that its own copy does."""
    import torch

    own = dict(module.named_modules())
    for name, (kind, training) in state["modules"].items():
        part = own.get(name)
        if part is None or type(part).__name__ != kind:
            part = type(kind if kind.isidentifier() else "Module", (torch.nn.Module,), {})()
            _attach(module, name, part)
        part.training = training
    for name in own.keys() - state["modules"].keys():
        _detach(module, name)
    own = dict(module.named_modules())
    with torch.no_grad():
        for name, (value, grad) in state["parameters"].items():
            parameter = _own_tensor(module, name)
            if (
                parameter is None
                or parameter.shape != value.shape
                or parameter.dtype != value.dtype
            ):
                _attach(module, name, torch.nn.Parameter(value.detach(), requires_grad=grad))
                continue
            if value.device.type != "meta" and not torch.equal(parameter, value):
                parameter.copy_(value)
            parameter.requires_grad_(grad)
        for name, value in state["buffers"].items():
            buffer = _own_tensor(module, name)
            if buffer is not None and buffer.shape == value.shape:
                buffer.copy_(value)
    for (name, key), value in state["plain"].items():
        part = own.get(name)
        if part is not None and key[:1] != "_" and isinstance(vars(part).get(key), PLAIN):
            part.__dict__[key] = value


def fits(own: Any, other: Any) -> bool:
    return bool(own.shape == other.shape and own.dtype == other.dtype)


def _own_tensor(module: Any, name: str) -> Any:
    path, _, last = name.rpartition(".")
    try:
        return getattr(module.get_submodule(path), last, None)
    except AttributeError:
        return None


def _attach(module: Any, name: str, part: Any) -> None:
    path, _, last = name.rpartition(".")
    try:
        parent = module.get_submodule(path)
    except AttributeError:
        return
    if last.isdigit() or (last.isidentifier() and not last.startswith("__")):
        setattr(parent, last, part)


def _detach(module: Any, name: str) -> None:
    path, _, last = name.rpartition(".")
    try:
        delattr(module.get_submodule(path), last)
    except AttributeError:
        return
