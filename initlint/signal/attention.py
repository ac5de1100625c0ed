"""Attention at the start: a weighted average of the values of nearly independent tokens."""

from __future__ import annotations

import math

from initlint.graph import Layer, ModelGraph, Op
from initlint.signal.spread import Lost, Mapped, Spread, averaged, bias, plus, spread

ALONE = "attention averages over tokens: shown as if it did not, an upper bound, for their number is not known"
POSITIONS = ("pos", "position")


def tokens_of(graph: ModelGraph) -> int | None:
    """How many tokens a model is made for: the rows of its table of positions."""
    for parameter in graph.parameters:
        sizes = [size for size in parameter.shape or () if isinstance(size, int) and size != 1]
        if any(name in parameter.name.lower() for name in POSITIONS) and "bias" not in parameter.name and len(sizes) == 2:
            return sizes[0]
    return None


def attended(op: Op, signals: list[Spread], tokens: int | None) -> Mapped:
    """Attention of the layer's own projections, or of queries, keys and values that are given."""
    value, layer = signals[-1], op.layer
    query, key = (signals[0], signals[1]) if len(signals) > 2 else (value, value)
    gradient = 1.0
    projected = layer is not None and "in_proj_weight" in layer.parameters
    if layer is not None and projected:
        (query, _), (key, _), (value, gradient) = (_projected(layer, "in_proj", one) for one in (query, key, value))
    made = Mapped(value, 1.0, ALONE) if tokens is None else _mixed(query, key, value, tokens, causal=op.detail.get("is_causal") is True)
    if layer is not None and projected:
        out, factor = _projected(layer, "out_proj.", made.signal)
        outer = factor * gradient
        made = Mapped(out, outer * (made.gradient or 0.0), made.note, together=outer * (made.together or 1.0))
    return made


def averages(op: Op) -> Op | None:
    """The values that a product of two signals averages, where its other factor comes from a softmax; None elsewhere."""
    if op.parameter is not None or len(op.inputs) != 2 or not _softmaxed(op.inputs[0]):
        return None
    return op.inputs[1]


def mixed(value: Spread, tokens: int | None) -> Mapped:
    """The product of attention's weights with ``value``, the logits small."""
    still = Spread(0.0, 0.0)
    return Mapped(value, 1.0, ALONE) if tokens is None else _mixed(still, still, value, tokens)


def softmax(tokens: int | None) -> Mapped:
    """Attention's weights while the logits are small. Raises ``Lost``."""
    if tokens is None:
        raise Lost("the number of terms that a softmax weighs is not known")
    return Mapped(Spread(1 / tokens, 0.0), 1 / tokens**2, f"a softmax over {tokens} tokens, its logits taken for small")


def _mixed(query: Spread, key: Spread, value: Spread, tokens: int, *, causal: bool = False) -> Mapped:
    """Logits of variance s² leave e^{s²}/T of what the tokens do not share; the gradient of a value comes from all queries,
    which add up where it is alike for all.

    Where each token sees only those before it, 1/T is the mean of 1/t.
    """
    power = query.second * max(0.0, key.variance - key.common)
    alone = math.fsum(1 / seen for seen in range(1, tokens + 1)) / tokens if causal else 1 / tokens
    left = min(1.0, math.exp(min(power, 50.0)) * alone)
    crowded = "; its logits are too large for that" if left == 1.0 and tokens > 1 else ""
    return Mapped(averaged(value, 1 / left), left, f"attention over {tokens} tokens, taken for independent{crowded}", together=1.0)


def _projected(layer: Layer, name: str, signal: Spread) -> tuple[Spread, float]:
    size = layer.arguments.get("embed_dim")
    if not isinstance(size, int):
        raise Lost("the size of its tokens is not known")
    role = f"{name}weight" if name.endswith(".") else f"{name}_weight"
    weight, shift = layer.parameters.get(role), layer.parameters.get(role.replace("weight", "bias"))
    law = spread(weight, role) if weight is not None else Spread(0.0, 1 / (3 * size))
    factor = size * law.second
    made = Spread(0.0, factor * signal.second, factor * signal.shared)
    return (plus(made, bias(shift)) if shift is not None else made), factor


def _softmaxed(op: Op) -> bool:
    while op.kind in ("dropout", "view", "identity", "choice") and op.inputs:
        op = op.inputs[0]
    return op.kind == "activation" and op.name == "softmax"
