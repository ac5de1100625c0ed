"""What depth does to the signal, measured: moments of every layer's output and of the gradient that comes back to it.

The gradient is that of a random direction at the output, so that it starts with unit second moment whatever the loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from initlint import flow
from initlint.graph import Layer, ModelGraph, Op
from initlint.live import layers, tracing
from initlint.live.forward import Passed
from initlint.live.guard import untouched
from initlint.symbolic import Sym
from initlint.theory.activations import RELU_FAMILY, canonical
from initlint.theory.propagate import forward

FOLLOWED = ("linear", "conv", "conv_transpose", "norm")
SATURATED = {"tanh": 2.65, "sigmoid": 4.6, "softsign": 99.0, "hardtanh": 1.0, "hardsigmoid": 3.0}
"""Inputs beyond which an activation is within 1 % of its limit."""
LAST = ("Linear", "LayerNorm", "RMSNorm")
"""Layers whose units lie along the last dimension; the others' lie along dimension 1."""
CHANGES = (1e-30, 1e30)


@dataclass(slots=True)
class Sample:
    """The output of one layer in one pass."""

    mean: float
    second: float
    gradient: float | None
    dead: float
    """Share of units that are never positive."""
    magnitudes: tuple[float, ...]
    """Quantiles would cost a sort: the shares of entries beyond each limit of ``SATURATED``, in its order."""


def take(model: Any, passed: Passed) -> dict[str, Sample]:
    """One pass forward and back through ``model``, by the paths of its layers; nothing where the forward pass is not known."""
    if passed.reason:
        return {}
    found: dict[str, Sample] = {}
    handles = [module.register_forward_hook(_recorder(found, path)) for path, module in model.named_modules() if _is_followed(module)]
    try:
        with untouched(model), torch.enable_grad():
            model.train(passed.training)
            _back(model(*passed.args, **passed.kwargs), [p for p in model.parameters() if p.requires_grad])
    finally:
        for handle in handles:
            handle.remove()
    return found


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
        pairing = flow.nonlinearity_after(layer)
        name = canonical(pairing.name) if pairing is not None and "norm" not in pairing.through else ""
        limit = list(SATURATED).index(name) if name in SATURATED else None
        made.append(
            {
                "layer": layer.path,
                "kind": layer.kind,
                "mean": _mean(one.mean for one in taken),
                "second_moment": now,
                "factor": now / earlier if now is not None and earlier else None,
                "predicted": predicted.get(layer.path),
                "gradient": _mean(one.gradient for one in taken if one.gradient is not None),
                "dead": _mean(one.dead for one in taken) if name in RELU_FAMILY else None,
                "saturated": _mean(one.magnitudes[limit] for one in taken) if limit is not None else None,
            }
        )
    return made


def _recorder(found: dict[str, Sample], path: str) -> Any:
    def record(module: Any, args: Any, result: Any) -> None:
        if isinstance(result, torch.Tensor) and result.dtype.is_floating_point and path not in found:
            values = result.detach().double()
            units = values.movedim(-1 if type(module).__name__ in LAST else min(1, values.dim() - 1), 0).flatten(1)
            dead = float((units.amax(1) <= 0).double().mean()) if units.numel() else 0.0
            beyond = tuple(float((values.abs() > limit).double().mean()) for limit in SATURATED.values())
            sample = found[path] = Sample(float(values.mean()), float(values.square().mean()), None, dead, beyond)
            if result.requires_grad:
                result.register_hook(lambda gradient: _keep(sample, gradient))

    return record


def _keep(sample: Sample, gradient: Any) -> None:
    sample.gradient = float(gradient.detach().double().square().mean())


def _back(result: Any, parameters: list[Any]) -> None:
    """Send a random direction of unit second moment backwards; no ``grad`` is written."""
    ends = [tensor for tensor in tracing.tensors(result) if tensor.requires_grad and tensor.dtype.is_floating_point]
    if ends and parameters:
        torch.autograd.grad(ends, parameters, [torch.randn_like(end) for end in ends], allow_unused=True)


def _is_followed(module: Any) -> bool:
    spec = layers.spec_of(type(module))
    return spec is not None and spec.role in FOLLOWED


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
