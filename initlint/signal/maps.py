"""Moments through one operation, and the factor that it puts on the second moment of a gradient.

Signals of different branches are taken for independent, pre-activations for Gaussian.
"""

from __future__ import annotations

import math

from initlint.graph import Layer, Op, Parameter
from initlint.signal.spread import Lost, Mapped, Spread, bias, plus, spread, times
from initlint.symbolic import Number
from initlint.theory.fans import FanRole, Fans, true_fans
from initlint.theory.propagate import dropout_factor

BY_CHANNEL = ("batchnorm", "batch_norm", "instancenorm", "instance_norm")
"""Normalisations that take each unit's own mean away, over all positions."""


def weighted(op: Op, signal: Spread, inside: tuple[float, float] = (1.0, 1.0)) -> Mapped:
    """A linear or convolution layer, or a product with a matrix of the model's own.

    ``inside``: the share of its products that are not with padding, and of those that two positions have alike.
    """
    layer, parameter = op.layer, weight(op)
    if parameter is None or parameter.shape is None:
        raise Lost("its weight is not known")
    law = spread(parameter, parameter.name)
    fans = fans_of(op, parameter)
    fan_in, fan_out = inside[0] * sized(fans.fan_in), inside[0] * sized(fans.fan_out)
    square = law.mean * law.mean
    variance = fan_in * (law.variance * signal.second + square * signal.variance)
    made = Spread(fan_in * law.mean * signal.mean, variance, inside[1] / inside[0] * fan_in * (law.variance * signal.shared + square * signal.common))
    shift = layer.parameters.get("bias") if layer else None
    if shift is not None:
        made = plus(made, bias(shift))
    return Mapped(made, fan_out * law.second)


def weight(op: Op) -> Parameter | None:
    """The parameter that an operation multiplies by."""
    return op.parameter or (op.layer.parameters.get("weight") if op.layer else None)


def fans_of(op: Op, parameter: Parameter) -> Fans:
    """The true fans of ``parameter`` where ``op`` uses it. Raises ``Lost``."""
    shape, layer = parameter.shape or (), op.layer
    role = _role(op.name if layer is None else layer.kind, op)
    arguments = layer.arguments if layer else {}
    groups, stride = arguments.get("groups", 1), arguments.get("stride", 1)
    try:
        return true_fans(role, shape, groups=groups if isinstance(groups, int) else 1, stride=stride if isinstance(stride, (int, tuple)) else 1)
    except (ValueError, TypeError, KeyError):
        raise Lost(f"{parameter.name} does not have the shape that its layer asks for") from None


def sized(value: Number) -> float:
    """A fan as a number. Raises ``Lost``."""
    if not isinstance(value, (int, float)):
        raise Lost(f"a size is not known: {value}")
    return float(value)


def embedded(op: Op) -> Mapped:
    """Rows looked up."""
    parameter = weight(op)
    return Mapped(spread(parameter, parameter.name if parameter else "the table"), None)


def given(parameter: Parameter | None) -> Mapped:
    """A parameter that enters as it is: one row that every position gets, or one for each."""
    if parameter is None:
        return Mapped(Spread(0.0, 0.0), None, "a constant, taken for 0")
    alike = sum(size != 1 for size in parameter.shape or ()) < 2
    return Mapped(bias(parameter) if alike else spread(parameter, parameter.name), None)


def normalised(op: Op, signal: Spread | None) -> Mapped:
    """A normalisation with its scale and shift; what leaves it is known whatever enters."""
    layer = op.layer
    scale, shift = (bias(layer.parameters[role]) if layer and role in layer.parameters else None for role in ("weight", "bias"))
    scale, shift = scale or Spread(1.0, 0.0), shift or Spread(0.0, 0.0)
    kind = (layer.kind if layer else op.name).lower()
    by_channel, centred = is_by_channel(op), "rms" not in kind and "normalize" not in kind
    eps = layer.arguments.get("eps", 1e-5) if layer else 1e-5
    eps = eps if isinstance(eps, (int, float)) else 1e-5
    if signal is None:
        return Mapped(plus(times(Spread(0.0, 1.0), scale), shift), None)
    common = 0.0 if by_channel else signal.common
    variance = signal.variance - signal.common if by_channel else signal.variance
    size = (variance if centred else signal.second) + eps
    inner = Spread(0.0 if centred else signal.mean / math.sqrt(size), variance / size, common / size)
    return Mapped(plus(times(inner, scale), shift), scale.second / size)


def is_by_channel(op: Op) -> bool:
    """Whether an operation normalises each unit by its own moments."""
    kind = (op.layer.kind if op.layer else op.name).lower()
    return op.kind == "norm" and any(name in kind for name in BY_CHANNEL)


def dropped(layer: Layer | None, signal: Spread) -> Mapped:
    """Dropout in training."""
    p = layer.arguments.get("p", 0.5) if layer else 0.0
    if not isinstance(p, (int, float)) or not 0 <= p < 1:
        raise Lost("its probability is not known") if p != 1 else Lost("it drops everything")
    factor = dropout_factor(p)
    made = Spread(signal.mean, signal.second * factor - signal.mean**2, signal.common, signal.positive)
    return Mapped(made, factor, "" if layer else "taken for off: its probability is not known")


def joined(signals: list[Spread]) -> Mapped:
    """Parts side by side."""
    count = len(signals)
    mean, second, shared = (sum(getattr(one, name) for one in signals) / count for name in ("mean", "second", "shared"))
    alike = max(one.second for one in signals) <= 1.01 * min(one.second for one in signals)
    square = mean * mean
    made = Spread(mean, max(0.0, second - square), max(0.0, shared - square), all(one.positive for one in signals))
    return Mapped(made, 1.0, "" if alike else "parts weighted alike")


def _role(kind: str, op: Op) -> FanRole:
    lower = kind.lower()
    if "conv" in lower:
        return "conv_transpose" if "transpose" in lower else "conv"
    if "bilinear" in lower:
        raise Lost("a bilinear map of two signals")
    return "matmul" if op.kind == "matmul" and not op.detail.get("transposed") else "linear"
