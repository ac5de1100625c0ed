"""One pass forward and back through a built model, with the moments and histograms of what each layer hands on.

Everything is reckoned on the device where the tensors are, from one tensor at a time; none is kept. What is kept of a layer
is a handful of numbers and two histograms, whatever its size, and they leave the device once, at the end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch

from initlint import flow
from initlint.graph import ModelGraph
from initlint.live import layers, tracing
from initlint.live.forward import Passed
from initlint.live.guard import untouched
from initlint.theory.activations import RELU_FAMILY, canonical

FOLLOWED = ("linear", "conv", "conv_transpose", "norm", "embedding", "attention", "rnn")
SATURATED = {"tanh": 2.65, "sigmoid": 4.6, "softsign": 99.0, "hardtanh": 1.0, "hardsigmoid": 3.0}
"""Inputs beyond which an activation is within 1 % of its limit."""
LAST = ("Linear", "LayerNorm", "RMSNorm")
"""Layers whose units lie along the last dimension; the others' lie along dimension 1."""
REACH, BINS = 4.0, 33
"""Histograms reach from −4 to 4 root mean squares."""
ENOUGH = 32
"""Positions and inputs at which a unit that never opens is no chance any more."""
WIDE, VALUES = 64, 1 << 16
"""Inputs to measure with, and the numbers that they may have in all."""
MOST = 1 << 15
"""Values of one tensor that its histogram and its share of saturated values are taken from, evenly spaced."""


class Watch(NamedTuple):
    """What follows a layer: the input beyond which its activation is flat, and whether it is a rectifier."""

    limit: float | None = None
    rectified: bool = False


@dataclass(slots=True)
class Sample:
    """The output of one layer in one pass."""

    mean: float = 0.0
    second: float = 0.0
    gradient: float | None = None
    dead: float | None = None
    """Share of units that are never positive, before a rectifier."""
    saturated: float | None = None
    histogram: list[int] = field(default_factory=list)
    """Counts of its values in ``BINS`` equal bins, in units of their root mean square."""
    gradient_histogram: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Held:
    """The same, on the device."""

    numbers: Any
    histogram: Any
    gradient: Any = None
    gradient_histogram: Any = None


def watches(graph: ModelGraph) -> dict[str, Watch]:
    """By layer path: what its output runs into, no norm in between."""
    found = {}
    for layer in graph.layers:
        pairing = flow.nonlinearity_after(layer)
        name = canonical(pairing.name) if pairing is not None and "norm" not in pairing.through else ""
        found[layer.path] = Watch(SATURATED.get(name), name in RELU_FAMILY)
    return found


def take(model: Any, passed: Passed, watched: Mapping[str, Watch], *, wide: bool = False) -> dict[str, Sample]:
    """Samples by the paths of layers; nothing where the forward pass is not known.

    With ``wide``, inputs that were inferred are drawn anew, in a batch that says more.
    """
    if passed.reason:
        return {}
    if wide:
        try:
            return _taken(model, widened(model, passed), watched)
        except Exception:  # whatever a model raises on other inputs than those it was tried on
            pass
    return _taken(model, passed, watched)


def widened(model: Any, passed: Passed) -> Passed:
    """The same kind of inputs, as many as make units that never open tell themselves from chance."""
    sizes = [module.num_embeddings for module in model.modules() if isinstance(module, torch.nn.Embedding)]
    return replace(passed, args=tuple(_wide(one, min(sizes, default=2)) for one in passed.args))


def _wide(given: Any, most: int) -> Any:
    if not given.dim():
        return given
    count = min(WIDE, max(2, VALUES * given.shape[0] // max(1, given.numel())))
    shape = (count, *given.shape[1:])
    if given.dtype.is_floating_point:
        return torch.randn(shape, device=given.device).to(given.dtype)
    return torch.randint(0, most, shape, device=given.device).to(given.dtype)


def _taken(model: Any, passed: Passed, watched: Mapping[str, Watch]) -> dict[str, Sample]:
    held: dict[str, _Held] = {}
    handles = [
        module.register_forward_hook(_recorder(held, path, watched.get(path, Watch()))) for path, module in model.named_modules() if _is_followed(module)
    ]
    try:
        with untouched(model), torch.enable_grad():
            model.train(passed.training)
            _back(model(*passed.args, **passed.kwargs), [p for p in model.parameters() if p.requires_grad])
    finally:
        for handle in handles:
            handle.remove()
    return {path: _sample(one, watched.get(path, Watch())) for path, one in held.items()}


def _recorder(held: dict[str, _Held], path: str, watch: Watch) -> Any:
    def record(module: Any, args: Any, result: Any) -> None:
        result = result[0] if isinstance(result, tuple) and result else result  # recurrent layers and attention say more than they hand on
        if not isinstance(result, torch.Tensor) or not result.dtype.is_floating_point or path in held or not result.numel():
            return
        with torch.no_grad():
            values = _plain(result)
            second, some = _second(values), _some(values)
            numbers = [values.mean(), second]
            if watch.rectified:
                numbers.append(_never(values, values.dim() - 1 if type(module).__name__ in LAST else min(1, values.dim() - 1)))
            if watch.limit is not None:
                numbers.append((some.abs() > watch.limit).float().mean())
            one = held[path] = _Held(torch.stack(numbers), _histogram(some, second))
        if result.requires_grad:
            result.register_hook(lambda gradient: _keep(one, gradient))

    return record


def _never(values: Any, axis: int) -> Any:
    """The share of units along ``axis`` that are nowhere positive; not a number where there are too few places to tell."""
    others = [place for place in range(values.dim()) if place != axis]
    if not others or values.numel() < ENOUGH * values.shape[axis]:
        return values.new_full((), math.nan)
    return (values.amax(others) <= 0).to(values.dtype).mean()


def _keep(one: _Held, gradient: Any) -> None:
    values = _plain(gradient)
    one.gradient = _second(values)
    one.gradient_histogram = _histogram(_some(values), one.gradient)


def _plain(tensor: Any) -> Any:
    values = tensor.detach()
    return values if values.dtype in (torch.float32, torch.float64) else values.float()


def _second(values: Any) -> Any:
    """E x², without a tensor of squares."""
    return torch.linalg.vector_norm(values).square() / values.numel()


def _some(values: Any) -> Any:
    flat = values.flatten()
    return flat[:: max(1, flat.numel() // MOST)]


def _histogram(some: Any, second: Any) -> Any:
    """Counts on the device; its scale never leaves it, so nothing waits."""
    scaled = some / second.sqrt().clamp_min(1e-38)
    return torch.histc(scaled, BINS, -REACH, REACH)


def _sample(one: _Held, watch: Watch) -> Sample:
    numbers = one.numbers.tolist()
    rest = numbers[2:]
    made = Sample(mean=numbers[0], second=numbers[1], histogram=[int(count) for count in one.histogram.tolist()])
    dead = rest.pop(0) if watch.rectified else math.nan
    made.dead = None if math.isnan(dead) else dead
    made.saturated = rest.pop(0) if watch.limit is not None else None
    if one.gradient is not None:
        made.gradient = float(one.gradient)
        made.gradient_histogram = [int(count) for count in one.gradient_histogram.tolist()]
    return made


def _back(result: Any, parameters: list[Any]) -> None:
    """Send a random direction of unit second moment backwards; no ``grad`` is written."""
    ends = [tensor for tensor in tracing.tensors(result) if tensor.requires_grad and tensor.dtype.is_floating_point]
    if ends and parameters:
        torch.autograd.grad(ends, parameters, [torch.randn_like(end) for end in ends], allow_unused=True)


def _is_followed(module: Any) -> bool:
    spec = layers.spec_of(type(module))
    return spec is not None and spec.role in FOLLOWED
