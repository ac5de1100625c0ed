"""What becomes of the scale of a weight: the true number of terms in its sums, and where the forward pass takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from initlint.flow import RESHAPING, Weight, is_parametric, is_transparent, signals, weights
from initlint.graph import ModelGraph, Op, Parameter
from initlint.layout import layer_fans
from initlint.rules._sites import constant_value
from initlint.symbolic import Number
from initlint.theory.activations import canonical
from initlint.theory.fans import Fans

RECURRENT = ("RNN", "LSTM", "GRU", "SimpleRNN")
KERNELS = ("kernel", "recurrent_kernel", "w_i", "w_h")
"""Matrices of recurrent layers that hold their inputs first, as those of Keras and Haiku do."""
BOUNDED = {"tanh": 2.65, "sigmoid": 5.29, "hardtanh": 1.0, "hardsigmoid": 3.0, "softsign": 6.07, "glu": 5.29}
"""Activations that saturate, with the input beyond which the slope is less than 2 % of the steepest."""
LOGITS = ("softmax", "log_softmax")
GROWING = frozenset(("relu", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "gelu", "gelu_tanh", "silu", "mish", "hardswish", "softplus", "identity"))
"""Activations that hand a large signal on."""
SCALED_ALONG = frozenset(("add", "sub", "concat", "choice", "reduce"))
"""Operations whose output grows with their input."""
SIGNED = ("abs", "neg", "masked_fill", "masked_fill_", "where", "abs_")
"""Elementwise functions that keep the size of what they are given."""
SHARE = ("softmax", "gumbel_softmax", "normalize", "one_hot")
"""What makes a vector whose squares add up to 1 or less: a sum over it does not grow with its length."""


@dataclass(slots=True)
class Fate:
    """Where the output of a weight arrives."""

    ends: list[Op] = field(default_factory=list)
    """Layers, outputs, saturating activations, exponentials: what notices the scale."""
    names: list[str] = field(default_factory=list)
    """Activations, in the order they are met."""
    shielded: int = 0
    """Paths that end in a norm."""
    lost: bool = False
    """Whether some path rescales, or does what is not known."""


def recurrent_weights(graph: ModelGraph) -> Iterator[Weight]:
    """The matrices of recurrent layers; the sums over them are the pre-activations of gates."""
    for layer in graph.layers:
        if layer.kind.removesuffix("Cell") in RECURRENT:
            yield from (Weight(p, layer, tuple(layer.calls)) for role, p in layer.parameters.items() if role.startswith("weight_") or role in KERNELS)


def matrices(graph: ModelGraph) -> list[Weight]:
    """Every weight that sums over its input: of layers, of products in the forward pass, of recurrent layers."""
    return [*weights(graph), *recurrent_weights(graph)]


def is_recurrent(weight: Weight) -> bool:
    """Whether it is a matrix of a recurrent layer."""
    return weight.layer is not None and weight.layer.kind.removesuffix("Cell") in RECURRENT


def fans_of(weight: Weight) -> Fans | None:
    """The true fans of a weight in the layer or the products it serves, where they tell both and agree."""
    if weight.layer is not None:
        return layer_fans(weight.layer, weight.parameter)
    fan_in, fan_out = _of_products(weight)
    return None if fan_in is None or fan_out is None else Fans(fan_in, fan_out)


def _of_products(weight: Weight) -> tuple[Number | None, Number | None]:
    found = {use.detail.get("fans") for use in weight.uses}
    return (found.pop() if len(found) == 1 else None) or (None, None)


def terms_of(weight: Weight) -> Number | None:
    """The number of products in each sum over ``weight``, where every use agrees on it."""
    if is_recurrent(weight):
        shape = weight.parameter.shape
        return shape[0 if weight.parameter.role in KERNELS else 1] if shape is not None and len(shape) == 2 else None
    if weight.layer is None:
        return _of_products(weight)[0]
    fans = fans_of(weight)
    return fans.fan_in if fans is not None else None


def is_table(graph: ModelGraph, parameter: Parameter) -> bool:
    """Whether the forward pass also looks a parameter up, adds it, or multiplies from both sides by it: prototypes, codebooks, tied embeddings."""
    touching = [op for op in graph.ops if op.parameter is parameter or (op.layer is not None and parameter in op.layer.parameters.values())]
    sides = {op.detail.get("transposed") for op in touching if op.kind == "matmul"}
    return len(sides) > 1 or any(op.kind in ("const", "embedding") for op in touching)


def follow(uses: Iterable[Op]) -> Fate:
    """Where the sums over a weight go."""
    fate = Fate()
    frontier = list(uses)
    seen: set[int] = set()
    for op in frontier:
        for target in op.outputs:
            if id(target) not in seen:
                seen.add(id(target))
                if _step(target, fate):
                    frontier.append(target)
    return fate


def _step(op: Op, fate: Fate) -> bool:
    """Enter what ``op`` does to the scale; whether it hands it on."""
    if op.kind == "norm":
        fate.shielded += 1
        return False
    if op.kind == "activation":
        name = canonical(op.name)
        fate.names.append(name)
        if name in GROWING:
            return True
        fate.lost |= name not in BOUNDED and name not in LOGITS
        fate.ends.append(op)
        return False
    if is_parametric(op) or op.kind == "output" or (op.kind == "elementwise" and op.name.rstrip("_") == "exp"):
        fate.ends.append(op)
        return False
    fate.lost |= rescales(op) or not _hands_on(op)
    return not fate.lost


def rescales(op: Op) -> bool:
    """Whether ``op`` multiplies or divides by something else than signals, or divides at all."""
    if op.kind == "mul":
        factor = op.detail.get("factor")
        return len(signals(op)) < 2 and not (isinstance(factor, (int, float)) and abs(factor) == 1)
    return op.kind == "div"


def _hands_on(op: Op) -> bool:
    if is_transparent(op) or op.kind in RESHAPING or op.kind in SCALED_ALONG:
        return True
    return op.kind in ("mul", "matmul") or (op.kind == "elementwise" and op.name in SIGNED)


def feeds(uses: Iterable[Op]) -> list[Op]:
    """What a weight reads, looking through whatever hands the moments on; rescaling operations are met, not passed."""
    frontier = list(uses)
    seen: set[int] = set()
    found: list[Op] = []
    for op in frontier:
        for source in signals(op):
            if id(source) in seen:
                continue
            seen.add(id(source))
            if is_transparent(source) or source.kind in RESHAPING or source.kind in ("concat", "choice") or _is_affine(source):
                frontier.append(source)
            else:
                found.append(source)
    return found


def _is_affine(op: Op) -> bool:
    """Whether ``op`` is the gain that a norm written out by hand ends in."""
    return op.kind == "mul" and "factor" not in op.detail and [source.kind for source in signals(op)] == ["norm"]


def leads_to_zero(fate: Fate) -> bool:
    """Whether what follows a weight starts at zero, as behind LoRA's A."""
    behind = [end.parameter or (end.layer.parameters.get("weight") if end.layer is not None else None) for end in fate.ends]
    return any(parameter is not None and constant_value(parameter) == 0 for parameter in behind)
