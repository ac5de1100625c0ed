"""Questions asked of a model's dataflow: what consumes a weight, what feeds it, what bypasses or rescales it.

Walks follow object references, remember what they have seen, and answer ``None`` or ``False`` where the
forward pass does not say. A *target* is a layer or a weight; it stands for all the places it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from initlint.graph import Layer, ModelGraph, Op, Parameter
from initlint.theory.laws import spell

TRANSPARENT = frozenset({"view", "dropout", "identity"})
"""Operations that hand the moments of their input on."""
RESHAPING = frozenset({"pool", "pad", "interpolate"})
"""Operations that hand them on roughly, with their sign and scale."""
PASSING = frozenset({"add", "norm", "activation", "concat", "choice"})
"""Operations that a skip connection may hold."""
WEIGHTED = ("Linear", "Conv", "LazyLinear", "LazyConv", "Dense", "DepthwiseConv")
WEIGHT_ROLES = ("weight", "kernel", "w")
BIAS_ROLES = ("bias", "b")
HOMOGENEOUS = frozenset({"relu", "leaky_relu", "prelu", "rrelu", "identity", "linear"})
"""Activations for which f(c x) = c f(x), c > 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """A matrix or filter bank, and every operation of the forward pass that multiplies by it."""

    parameter: Parameter
    layer: Layer | None
    uses: tuple[Op, ...]


Target = Layer | Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The nonlinearity a target is paired with; ``path`` holds the operations in between that are more than a view."""

    name: str
    parameter: float | None
    op: Op
    path: tuple[Op, ...] = ()

    @property
    def through(self) -> tuple[str, ...]:
        """Kinds of the operations in between, nearest to the target first."""
        return tuple(op.kind for op in self.path)

    @property
    def text(self) -> str:
        """``leaky_relu(0.2)``."""
        return _activation_text(self.name, self.parameter)


def weights(graph: ModelGraph) -> list[Weight]:
    """The weights of linear and convolution layers, and matrices that the forward pass multiplies by directly; tied ones once."""
    found: dict[int, Weight] = {}
    for layer in graph.layers:
        parameter = main_weight(layer)
        if parameter is not None:
            known = found.get(id(parameter))
            uses = (*known.uses, *layer.calls) if known else tuple(layer.calls)
            found[id(parameter)] = Weight(parameter, known.layer if known else layer, uses)
    for op in graph.ops:
        if op.parameter is not None and op.kind in ("matmul", "layer"):
            known = found.get(id(op.parameter)) or Weight(op.parameter, None, ())
            if op not in known.uses:
                found[id(op.parameter)] = Weight(op.parameter, known.layer, (*known.uses, op))
    return list(found.values())


def main_weight(layer: Layer) -> Parameter | None:
    """The matrix or filter bank of a linear or convolution layer, whatever its framework calls it."""
    if not layer.kind.startswith(WEIGHTED):
        return None
    return next((layer.parameters[role] for role in WEIGHT_ROLES if role in layer.parameters), None)


def uses(target: Target) -> tuple[Op, ...]:
    """The operations that apply ``target``."""
    return target.uses if isinstance(target, Weight) else tuple(target.calls)


def signals(op: Op) -> list[Op]:
    """Inputs of ``op`` that carry data, not a parameter or constant."""
    return [source for source in op.inputs if source.kind != "const"]


def is_transparent(op: Op) -> bool:
    """Whether moments pass ``op`` unchanged: views, dropout, identities, and the addition of a bias."""
    return op.kind in TRANSPARENT or (op.kind == "activation" and op.name in ("identity", "linear")) or (op.kind == "add" and len(signals(op)) < 2)


def is_parametric(op: Op) -> bool:
    """Whether ``op`` maps its input by weights of its own."""
    return op.kind in ("layer", "rnn", "attention", "embedding") or (op.kind == "matmul" and op.parameter is not None)


def consumers(op: Op) -> list[Op]:
    """What reads the value of ``op``, looking through transparent operations."""
    return [end for end, _ in _walk((op,), is_transparent)]


def nonlinearity_after(target: Target) -> Pairing | None:
    """The activation that every use of ``target`` ends in, possibly after normalisation or pooling; a rectifier also where others join the signal first.

    One that stands for any number of layers may be the last of them too, which no activation follows.
    """
    pairings: list[Pairing] = []
    many = _stands_for_many(target)
    for end, path in _walk(uses(target), lambda op: _between(op) or op.kind == "concat" or (many and op.kind == "choice")):
        if many and end.kind == "output":
            continue
        if end.kind != "activation" or (end.name not in HOMOGENEOUS and any(op.kind == "concat" for op in path)):
            return None
        pairings.append(Pairing(name=end.name, parameter=_parameter(end), op=end, path=path))
    return _agreed(pairings)


def _stands_for_many(target: Target) -> bool:
    """Whether ``target`` is what a loop of unknown length made."""
    name = target.parameter.name if isinstance(target, Weight) else target.path
    return "*" in name.split(".")


def nonlinearity_before(target: Target) -> Pairing | None:
    """What shapes the input of ``target``: an activation, or ``identity`` where it is linear, normalised, or the model's own."""
    pairings: list[Pairing] = []
    for end, path in _walk(uses(target), lambda op: is_transparent(op) or op.kind in RESHAPING or op.kind == "concat", backward=True):
        if end.kind == "activation":
            pairings.append(Pairing(name=end.name, parameter=_parameter(end), op=end, path=path))
        elif end.kind in ("input", "norm") or is_parametric(end):
            pairings.append(Pairing(name="identity", parameter=None, op=end, path=path))
        else:
            return None
    return _agreed(pairings)


def normalised_after(target: Target) -> bool:
    """Whether every path from ``target`` meets a normalisation before anything that would notice its scale."""
    ends = list(_walk(uses(target), lambda op: op.kind != "norm" and _is_homogeneous(op)))
    return bool(ends) and all(end.kind == "norm" for end, _ in ends)


def in_residual(target: Target) -> bool:
    """Whether a later sum adds a signal that does not come through ``target``."""
    return any(True for use in uses(target) for _ in _bypasses(use))


def in_block(target: Target) -> bool:
    """Whether such a sum belongs to a block: it adds the very signal that ``target`` reads, or layers or a norm read it, as is not so of two towers."""
    totals = [total for use in uses(target) for total, _ in _bypasses(use)]
    return any(is_parametric(op) or op.kind == "norm" for total in totals for op in descendants(total)) or is_skipped(target)


def is_skipped(target: Target) -> bool:
    """Whether a later sum adds the very signal that ``target`` reads, with no weight and no gate on the way: a residual branch in the strict sense."""
    return any(_skips(use) for use in uses(target))


def is_head(target: Target) -> bool:
    """Whether the output of ``target`` leaves the model without passing another layer with weights."""
    reached = [op for use in uses(target) for op in descendants(use)]
    return any(op.kind == "output" for op in reached) and not any(is_parametric(op) for op in reached)


def gates(target: Target) -> bool:
    """Whether the output of ``target`` multiplies another signal next, or in the end the very signal it was computed from."""
    return any(_is_product(end) for end, _ in _walk(uses(target), _scalar_step)) or any(_modulates(use) for use in uses(target))


def rescaled(target: Target) -> bool:
    """Whether the forward pass multiplies by a constant, or does other elementwise arithmetic, next to ``target``.

    Scaling the model's own input (``x / 255``) does not count.
    """
    before = [op for op in _touched(uses(target), backward=True) if any(map(is_parametric, descendants(op, backward=True)))]
    near = [*_touched(uses(target), backward=False), *before]
    return any(op.kind in ("elementwise", "div") or (op.kind == "mul" and len(signals(op)) < 2) for op in near)


def descendants(op: Op, *, backward: bool = False) -> Iterator[Op]:
    """Everything that depends on ``op``, nearest first; with ``backward``, everything that it depends on."""
    seen: set[int] = set()
    frontier = [op]
    for current in frontier:
        for target in signals(current) if backward else current.outputs:
            if id(target) not in seen:
                seen.add(id(target))
                frontier.append(target)
                yield target


def successors(use: Op) -> list[Op]:
    """The next weighted operations in a plain stack: nothing but activations and views in between."""
    step = _walk((use,), lambda op: is_transparent(op) or op.kind in RESHAPING or op.kind == "activation")
    return [end for end, _ in step if is_parametric(end)]


def longest_chain(graph: ModelGraph, members: Iterable[Op]) -> list[Op]:
    """The longest run of ``members`` that follow one another in a plain stack, in order of execution."""
    chosen = {id(op) for op in members}
    best: dict[int, list[Op]] = {}
    for op in reversed(graph.ops):
        if id(op) in chosen:
            following = [best[id(end)] for end in successors(op) if id(end) in best]
            best[id(op)] = [op, *max(following, key=len, default=[])]
    return max(best.values(), key=len, default=[])


def chain_depth(graph: ModelGraph, target: Target) -> int:
    """How many layers the longest plain stack through ``target`` has, itself included."""
    stack = {id(op): op for op in uses(target)}
    frontier = list(stack.values())
    for op in frontier:
        for neighbour in (*successors(op), *_predecessors(op)):
            if id(neighbour) not in stack:
                stack[id(neighbour)] = neighbour
                frontier.append(neighbour)
    return len(longest_chain(graph, stack.values()))


def describe(target: Target) -> str:
    """What becomes of the output of ``target``: ``batch_norm → relu``; empty where the uses differ or are not known."""
    texts = {_describe(use, 0) for use in uses(target)}
    return texts.pop() if len(texts) == 1 else ""


def _describe(op: Op, depth: int) -> str:
    texts = {_describe_end(end, depth) for end in consumers(op)} if depth < 8 else set()
    return texts.pop() if len(texts) == 1 else ""


def _describe_end(end: Op, depth: int) -> str:
    if end.kind == "activation":
        return _activation_text(end.name, _parameter(end))
    if end.kind == "output":
        return "output"
    if is_parametric(end):
        return "identity"
    if end.kind in ("norm", "add", "mul", "pool", "concat"):
        name = _snake(end.name) if end.kind == "norm" else end.kind
        rest = _describe(end, depth + 1)
        return name if rest in ("", "identity", "output") else f"{name} → {rest}"
    return ""


def _walk(starts: tuple[Op, ...], skip: Callable[[Op], bool], *, backward: bool = False) -> Iterator[tuple[Op, tuple[Op, ...]]]:
    """The first operations on each path that are not skipped, with those skipped on the way that are more than views."""
    frontier: list[tuple[Op, tuple[Op, ...]]] = [(op, ()) for op in starts]
    seen: set[int] = set()
    for op, path in frontier:
        for target in signals(op) if backward else op.outputs:
            if id(target) in seen:
                continue
            seen.add(id(target))
            if skip(target):
                frontier.append((target, path if is_transparent(target) else (*path, target)))
            else:
                yield target, path


def _between(op: Op) -> bool:
    return is_transparent(op) or op.kind in RESHAPING or op.kind == "norm"


def _is_homogeneous(op: Op) -> bool:
    if is_transparent(op) or op.kind in RESHAPING or op.kind in ("concat", "choice"):
        return True
    if op.kind == "activation":
        return op.name in HOMOGENEOUS
    return op.kind == "layer" or (op.kind == "matmul" and op.parameter is not None)


def _scalar_step(op: Op) -> bool:
    """Elementwise operations and views, up to the next layer, sum or product."""
    if _between(op) or op.kind in ("activation", "elementwise"):
        return True
    return op.kind in ("mul", "div") and len(signals(op)) < 2


def _is_product(op: Op) -> bool:
    return (op.kind in ("mul", "div") and len(signals(op)) > 1) or (op.kind == "matmul" and op.parameter is None)


def _touched(starts: tuple[Op, ...], *, backward: bool) -> Iterator[Op]:
    """Operations met from ``starts`` through views and activations, the first that is neither included."""
    for end, path in _walk(starts, lambda op: is_transparent(op) or op.kind in RESHAPING or op.kind == "activation", backward=backward):
        yield end
        yield from path


def _bypasses(use: Op) -> Iterator[tuple[Op, Op]]:
    """Later sums, each with a signal it adds that does not come through ``use``."""
    after = list(descendants(use))
    inside = {id(use), *(id(op) for op in after)}
    for op in after:
        if op.kind == "add" and len(signals(op)) > 1:
            yield from ((op, source) for source in signals(op) if id(source) not in inside)


def _skips(use: Op) -> bool:
    aside = [source for _, source in _bypasses(use)]
    before = {id(op) for op in descendants(use, backward=True)} if aside else set()
    seen: set[int] = set()
    for op in aside:
        if id(op) in before:
            return True
        if id(op) not in seen and (is_transparent(op) or op.kind in RESHAPING | PASSING or (op.kind == "mul" and len(signals(op)) < 2)):
            seen.add(id(op))
            aside += signals(op)
    return False


def _modulates(use: Op) -> bool:
    """Whether a later product multiplies what comes through ``use`` by a signal that ``use`` was computed from."""
    products = [op for op in descendants(use) if op.kind == "mul" and len(signals(op)) > 1]
    if not products:
        return False
    before = {id(op) for op in descendants(use, backward=True)}
    return any(id(source) in before for op in products for source in signals(op))


def _predecessors(use: Op) -> list[Op]:
    step = _walk((use,), lambda op: is_transparent(op) or op.kind in RESHAPING or op.kind == "activation", backward=True)
    return [end for end, _ in step if is_parametric(end)]


def _agreed(pairings: list[Pairing]) -> Pairing | None:
    kinds = {(p.name, p.parameter, "norm" in p.through) for p in pairings}
    return pairings[0] if len(kinds) == 1 else None


def _parameter(op: Op) -> float | None:
    value = op.detail.get("parameter")
    return float(value) if isinstance(value, (int, float)) else None


def _activation_text(name: str, parameter: float | None) -> str:
    return name if parameter is None or name == "relu" else f"{name}({spell(parameter)})"


def _snake(name: str) -> str:
    """``BatchNorm2d`` as ``batch_norm``."""
    bare = re.sub(r"\d+[dD]$", "", name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", bare).lower()
