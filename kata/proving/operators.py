"""What changes in a mutant: operators for cosmic-ray, by its own extension point.

cosmic-ray brings operators for numbers, comparisons, conditions, loops and decorators. These here
make the mistakes of code that trains and runs networks: a keyword that was dropped, a method left
out of a chain, a call that nobody made, gradients kept, two arguments swapped, a sum for a mean.
All of them edit the tree in place, as cosmic-ray wants it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator

OTHERS = {  # names that people take for each other
    "mean": "sum",
    "sum": "mean",
    "min": "max",
    "max": "min",
    "argmax": "argmin",
    "eval": "train",
    "no_grad": "enable_grad",
    "inference_mode": "enable_grad",
    "exp": "expm1",
    "log_softmax": "softmax",
    "squeeze": "flatten",
    "start_logits": "end_logits",
    "end_logits": "start_logits",
    "batch_decode": "convert_ids_to_tokens",
    "startswith": "endswith",
    "append": "extend",
    "ceil": "floor",
}
SPACES = ("self", "nn", "np", "pd", "torch")  # without a method, nothing is left
Position = tuple[tuple[int, int], tuple[int, int]]


class _Each(Operator):  # type: ignore[misc]  # cosmic-ray is not typed
    """An operator with one mutation at each place that it finds."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        for found in self.places(node):
            yield found.start_pos, found.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return self.change(node, list(self.places(node))[index])

    def places(self, node: Any) -> Iterable[Any]:
        raise NotImplementedError

    def change(self, node: Any, place: Any) -> Any:
        raise NotImplementedError


class DropKeyword(_Each):
    """`f(x, dim=1)` becomes `f(x)`."""

    def places(self, node: Any) -> Iterable[Any]:
        return [child for child in _arguments(node) if _is_keyword(child)]

    def change(self, node: Any, place: Any) -> Any:
        return _without(node, place)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("f(x, dim=1)", "f(x)"), Example("f(a=1, b=2)", "f(a=1)", occurrence=1))


class SwapArguments(_Each):
    """`f(x, y)` becomes `f(y, x)`."""

    def places(self, node: Any) -> Iterable[Any]:
        plain = [child for child in _arguments(node) if child.type != "argument"]
        return plain[:1] if len(plain) > 1 else []

    def change(self, node: Any, place: Any) -> Any:
        one, other = [c for c in _arguments(node) if c.type != "argument"][:2]
        return _replaced(node, {id(one): _text(other), id(other): _text(one)})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("f(x, y, a=2)", "f(y, x, a=2)"),)


class DropMethod(_Each):
    """`x.detach().cpu()` becomes `x.cpu()`; also with arguments, as in `model.to(device)`."""

    def places(self, node: Any) -> Iterable[Any]:
        if node.type != "atom_expr":
            return
        parts = node.children
        for i in range(1, len(parts) - 1):
            method = _text(parts[i])[0] == "." and _text(parts[i + 1])[0] == "("
            if method and not (i == 1 and _text(parts[0]) in SPACES):
                yield parts[i]

    def change(self, node: Any, place: Any) -> Any:
        at = node.children.index(place)
        return _replaced(node, {id(place): "", id(node.children[at + 1]): ""})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("y = x.detach().cpu()", "y = x.cpu()"), Example("x.to(d)", "x"))


class DropCall(_Each):
    """A call whose result nobody uses, `optimizer.zero_grad()` say, is not made."""

    def places(self, node: Any) -> Iterable[Any]:
        call = node.type == "atom_expr" and _text(node.children[-1])[0] == "("
        return [node] if call and node.parent and node.parent.type == "simple_stmt" else []

    def change(self, node: Any, place: Any) -> Any:
        return _parsed(node, "pass")

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("a = f()\no.zero_grad()\n", "a = f()\npass\n"),)


class DropGuard(_Each):
    """`if x < 1:` never holds."""

    def places(self, node: Any) -> Iterable[Any]:
        return [node.children[1]] if node.type == "if_stmt" else []

    def change(self, node: Any, place: Any) -> Any:
        return _replaced(node, {id(place): "False"})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("if x < 1:\n    raise V\n", "if False:\n    raise V\n"),)


class ReplaceName(_Each):
    """`.mean()` becomes `.sum()`, `no_grad` `enable_grad`, and so on."""

    def places(self, node: Any) -> Iterable[Any]:
        return [node] if node.type == "name" and node.value in OTHERS else []

    def change(self, node: Any, place: Any) -> Any:
        return _parsed(node, OTHERS[node.value])

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("y = x.mean()", "y = x.sum()"),)


class DropBound(_Each):
    """`x[1:]` and `x[:-1]` become `x[:]`."""

    def places(self, node: Any) -> Iterable[Any]:
        if node.type != "subscript":
            return []
        colon = next((i for i, child in enumerate(node.children) if _text(child) == ":"), 0)
        return [child for i, child in enumerate(node.children) if i in (colon - 1, colon + 1)]

    def change(self, node: Any, place: Any) -> Any:
        return _replaced(node, {id(place): ""})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("y = x[1:n]", "y = x[:n]"), Example("y = x[1:n]", "y = x[1:]", 1))


OWN: dict[str, type[_Each]] = {
    kind.__name__: kind
    for kind in (
        DropKeyword, SwapArguments, DropMethod, DropCall, DropGuard, ReplaceName, DropBound
    )
}  # fmt: skip


class Provider:
    """What cosmic-ray asks for operators; it finds this by an entry point."""

    def __iter__(self) -> Iterator[str]:
        return iter(OWN)

    def __getitem__(self, name: str) -> type[_Each]:
        return OWN[name]


def _arguments(node: Any) -> list[Any]:
    """The arguments of a call, whose trailer `node` is."""
    if node.type != "trailer" or node.children[0].value != "(" or len(node.children) < 3:
        return []
    inside = node.children[1]
    children = inside.children if inside.type == "arglist" else [inside]
    return [child for child in children if child.type != "operator"]


def _text(node: Any) -> str:
    return str(node.get_code(include_prefix=False))


def _is_keyword(node: Any) -> bool:
    return node.type == "argument" and getattr(node.children[1], "value", "") == "="


def _without(node: Any, place: Any) -> Any:
    """A call's trailer without one of its arguments."""
    kept = [_text(child) for child in _arguments(node) if child is not place]
    return _parsed(node, f"({', '.join(kept)})")


def _replaced(node: Any, texts: dict[int, str]) -> Any:
    """The node with some of its descendants written otherwise; these are named by `id`."""

    def code(part: Any, first: bool) -> str:
        prefix = "" if first else part.get_first_leaf().prefix
        if id(part) in texts:
            return prefix + texts[id(part)] if texts[id(part)] else ""
        if not hasattr(part, "children"):
            return prefix + str(part.value)
        children = part.children
        return prefix + "".join(code(c, i == 0) for i, c in enumerate(children))

    return _parsed(node, code(node, True))


def _parsed(node: Any, text: str) -> Any:
    """Code that stands where `node` stands; a leaf will do, since the tree is only written out."""
    return parso.python.tree.Name(text, node.start_pos, prefix=node.get_first_leaf().prefix)
