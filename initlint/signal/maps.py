"""Mean and variance through one operation, and the factor that it puts on the second moment of a gradient.

Signals of different branches are taken for independent, pre-activations for Gaussian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from initlint.graph import Layer, Op, Parameter
from initlint.symbolic import Number
from initlint.theory.activations import ACTIVATIONS, RELU_FAMILY, canonical, gauss_legendre
from initlint.theory.fans import FanRole, Fans, true_fans
from initlint.theory.propagate import dropout_factor

_EDGES = tuple(step / 2 for step in range(-16, 17))


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and variance over the units of a signal, or over the entries of a parameter."""

    mean: float
    variance: float
    positive: bool = False
    """Whether a rectifier made it, so that another one changes nothing."""

    @property
    def second(self) -> float:
        """E x²."""
        return self.mean * self.mean + self.variance


class Mapped(NamedTuple):
    """What leaves an operation, the factor on the gradient, and what had to be assumed for it."""

    signal: Spread | None
    gradient: float | None
    note: str = ""


class Lost(Exception):
    """Nothing can be said about an operation; the message says why."""


def spread(parameter: Parameter | None, what: str) -> Spread:
    """The law of a parameter in numbers. Raises ``Lost``."""
    law = parameter.distribution if parameter else None
    if law is None:
        raise Lost(f"the law of {what} is not known")
    if not isinstance(law.mean, (int, float)) or not isinstance(law.std, (int, float)):
        raise Lost(f"the law of {what} has no moments in numbers")
    return Spread(float(law.mean), float(law.std) ** 2)


def weighted(op: Op, signal: Spread) -> Mapped:
    """A linear or convolution layer, or a product with a matrix of the model's own."""
    layer, parameter = op.layer, weight(op)
    if parameter is None or parameter.shape is None:
        raise Lost("its weight is not known")
    law = spread(parameter, parameter.name)
    fans = fans_of(op, parameter)
    fan_in, fan_out = sized(fans.fan_in), sized(fans.fan_out)
    variance = fan_in * (law.variance * signal.second + law.mean * law.mean * signal.variance)
    made = Spread(fan_in * law.mean * signal.mean, variance)
    bias = layer.parameters.get("bias") if layer else None
    if bias is not None:
        made = plus(made, spread(bias, bias.name))
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


def activated(op: Op, signal: Spread) -> Mapped:
    """A nonlinearity of Gaussian input of any mean."""
    parameter = op.detail.get("parameter")
    name = canonical(op.name)
    if name not in ACTIVATIONS:
        raise Lost(f"{op.name or 'an activation'} is not in the tables")
    if signal.positive and name in RELU_FAMILY - {"relu6"}:
        return Mapped(signal, 1.0)
    made, gradient = _activation(name, _round(signal.mean), _round(signal.variance), float(parameter) if isinstance(parameter, (int, float)) else None)
    return Mapped(made, gradient)


@lru_cache(maxsize=4096)
def _activation(name: str, mean: float, variance: float, parameter: float | None) -> tuple[Spread, float]:
    curve, std = ACTIVATIONS[name], math.sqrt(variance)
    value = curve.parameter if parameter is None else parameter
    kinks = {(kink - mean) / std for kink in (0.0, *curve.kinks(value))} if std > 0 else set()
    edges = sorted({*_EDGES, *(kink for kink in kinks if abs(kink) < _EDGES[-1])})
    first = second = slope = 0.0
    for z, panel in gauss_legendre(edges):
        share, x = panel * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), mean + std * z
        y = curve.f(x, value)
        first, second, slope = first + share * y, second + share * y * y, slope + share * curve.derivative(x, value) ** 2
    return Spread(first, max(0.0, second - first * first), positive=name == "relu"), slope


def normalised(op: Op, signal: Spread | None) -> Mapped:
    """A normalisation with its scale and shift; what leaves it is known whatever enters."""
    layer = op.layer
    scale, shift = Spread(1.0, 0.0), Spread(0.0, 0.0)
    if layer is not None and "weight" in layer.parameters:
        scale = spread(layer.parameters["weight"], layer.parameters["weight"].name)
    if layer is not None and "bias" in layer.parameters:
        shift = spread(layer.parameters["bias"], layer.parameters["bias"].name)
    kind = (layer.kind if layer else op.name).lower()
    centred = "rms" not in kind and "normalize" not in kind
    eps = layer.arguments.get("eps", 1e-5) if layer else 1e-5
    eps = eps if isinstance(eps, (int, float)) else 1e-5
    if signal is None:
        return Mapped(plus(Spread(0.0, scale.second), shift), None)
    size = (signal.variance if centred else signal.second) + eps
    inner = Spread(0.0 if centred else signal.mean / math.sqrt(size), signal.variance / size)
    return Mapped(plus(times(inner, scale), shift), scale.second / size)


def dropped(layer: Layer | None, signal: Spread) -> Mapped:
    """Dropout in training."""
    p = layer.arguments.get("p", 0.5) if layer else 0.0
    if not isinstance(p, (int, float)) or not 0 <= p < 1:
        raise Lost("its probability is not known") if p != 1 else Lost("it drops everything")
    factor = dropout_factor(p)
    return Mapped(
        Spread(signal.mean, signal.second * factor - signal.mean**2, signal.positive), factor, "" if layer else "taken for off: its probability is not known"
    )


def attended(op: Op, signals: list[Spread]) -> Mapped:
    """Attention, as if each token saw itself alone: an upper bound on the average over tokens."""
    value, layer, gradient = signals[-1], op.layer, 1.0
    if layer is not None and "in_proj_weight" in layer.parameters:
        for name in ("in_proj_weight", "out_proj.weight"):
            value, factor = _projected(layer, name, value)
            gradient *= factor
    return Mapped(
        Spread(0.0 if layer else value.mean, value.second if layer else value.variance),
        gradient,
        "attention averages over tokens: shown as if it did not, an upper bound",
    )


def _projected(layer: Layer, name: str, value: Spread) -> tuple[Spread, float]:
    parameter = layer.parameters.get(name)
    size = layer.arguments.get("embed_dim")
    if not isinstance(size, int):
        raise Lost("the size of its tokens is not known")
    law = spread(parameter, name) if parameter is not None else Spread(0.0, 1 / (3 * size))
    return Spread(0.0, size * law.second * value.second), size * law.second


def plus(left: Spread, right: Spread) -> Spread:
    """The sum of independent signals."""
    return Spread(left.mean + right.mean, left.variance + right.variance, _is_positive(left) and _is_positive(right))


def times(left: Spread, right: Spread) -> Spread:
    """The product of independent signals."""
    mean = left.mean * right.mean
    return Spread(mean, max(0.0, left.second * right.second - mean * mean))


def _is_positive(signal: Spread) -> bool:
    return signal.positive or (signal.variance == 0 and signal.mean >= 0)


def _role(kind: str, op: Op) -> FanRole:
    lower = kind.lower()
    if "conv" in lower:
        return "conv_transpose" if "transpose" in lower else "conv"
    if "bilinear" in lower:
        raise Lost("a bilinear map of two signals")
    return "matmul" if op.kind == "matmul" and not op.detail.get("transposed") else "linear"


def _round(value: float) -> float:
    """Ten digits, so that equal places are computed once."""
    return float(f"{value:.10g}")
