"""What depth does to the signal, measured: moments of every layer's output and of the gradient that comes back to it.

The gradient is that of a random direction at the output, so that it starts with unit second moment whatever the loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

from initlint import flow
from initlint.graph import Layer, ModelGraph, Op
from initlint.live.recording import REACH, Sample
from initlint.symbolic import Sym
from initlint.theory.propagate import forward

CHANGES = (1e-30, 1e30)


def rows(graph: ModelGraph, samples: list[dict[str, Sample]]) -> list[dict[str, Any]]:
    """One row per layer in the order of the forward pass, averaged over the builds; beside it what theory foretells."""
    made: list[dict[str, Any]] = []
    second = {layer.path: _mean(taken[layer.path].second for taken in samples if layer.path in taken) for layer in graph.layers}
    predicted = _predictions(graph, second)
    for layer in sorted((layer for layer in graph.layers if second.get(layer.path) is not None), key=_time):
        taken = [one[layer.path] for one in samples if layer.path in one]
        before = _before(graph, layer)
        earlier = second.get(before.path) if before is not None else None
        now = second[layer.path]
        made.append(
            {
                "layer": layer.path,
                "kind": layer.kind,
                "mean": _mean(one.mean for one in taken),
                "second_moment": now,
                **_spread("second_moment", [one.second for one in taken]),
                "factor": now / earlier if now is not None and earlier else None,
                "predicted": predicted.get(layer.path),
                "gradient": _mean(one.gradient for one in taken),
                **_spread("gradient", [one.gradient for one in taken if one.gradient is not None]),
                "dead": _mean(one.dead for one in taken),
                "saturated": _mean(one.saturated for one in taken),
                "histogram": _histogram(taken[0].histogram),
                "gradient_histogram": _histogram(taken[0].gradient_histogram),
            }
        )
    return made


def _spread(name: str, values: list[float]) -> dict[str, float | None]:
    """Least, middle and greatest over the builds."""
    return {f"{name}_{kind}": f(values) if values else None for kind, f in (("min", min), ("median", median), ("max", max))}


def _histogram(counts: list[int]) -> dict[str, Any] | None:
    return {"reach": REACH, "counts": counts} if counts else None


def _predictions(graph: ModelGraph, second: dict[str, float | None]) -> dict[str, float]:
    """The factor that each layer puts on the second moment by its law, the fan it sums, and the activation that feeds it."""
    found: dict[str, float] = {}
    for weight in flow.weights(graph):
        layer, law = weight.layer, weight.parameter.distribution
        before = _before(graph, layer) if layer is not None else None
        start = second.get(before.path) if before is not None else None
        pairing = flow.nonlinearity_before(weight)
        if layer is None or law is None or not start or pairing is None or pairing.through or law.mean != 0 or not isinstance(law.std, (int, float)):
            continue
        fan = _terms(weight)
        if fan:
            bias = layer.parameters.get("bias")
            noise = bias.distribution.std if bias is not None and bias.distribution is not None else 0.0
            variance = float(noise) ** 2 if isinstance(noise, (int, float)) else 0.0
            foretold = forward(start, law.std**2 * fan, pairing.name, pairing.parameter, variance) / start
            if CHANGES[0] < foretold < CHANGES[1] and math.isfinite(foretold):
                found[layer.path] = foretold
    return found


def _terms(weight: flow.Weight) -> int:
    """The terms that one output of a linear or convolution layer sums; 0 where that is not known."""
    sizes = [size for size in weight.parameter.shape or () if isinstance(size, int) and not isinstance(size, Sym)]
    return math.prod(sizes[1:]) if weight.layer is not None and "Transpose" not in weight.layer.kind and len(sizes) > 1 else 0


def _before(graph: ModelGraph, layer: Layer) -> Layer | None:
    """The one layer whose output reaches ``layer`` through activations and views alone."""
    found = [op.layer for op in graph.ops if op.layer is not None and op.layer is not layer and _leads(op, layer)]
    return found[0] if len({id(one) for one in found}) == 1 else None


def _leads(op: Op, layer: Layer) -> bool:
    return any(end.layer is layer for end in flow.successors(op)) if flow.is_parametric(op) else False


def _time(layer: Layer) -> int:
    return min((op.time for op in layer.calls), default=0)


def _mean(values: Iterator[float | None] | Any) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
