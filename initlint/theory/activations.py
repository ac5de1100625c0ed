"""Activations under Gaussian input: moments of f and f', and the gains that follow from them.

With z ~ N(0, 1) and pre-activations of second moment q, a layer passes on V(q) = E f(√q z)² and its gradient is
multiplied by E f'(√q z)². Integrals are taken panel by panel with Gauss–Legendre nodes; panels end at every kink
and are as narrow as the narrower of f and the Gaussian: V and E f'² hold to 1e-8 from q = 1e-6 to q = 1e6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

Curve = Callable[[float, float], float]
"""Of the input and the parameter."""

_NODES = (
    (0.1252334085114689, 0.2491470458134027),
    (0.3678314989981802, 0.2334925365383546),
    (0.5873179542866175, 0.20316742672306573),
    (0.7699026741943047, 0.16007832854334642),
    (0.9041172563704748, 0.10693932599531907),
    (0.9815606342467192, 0.04717533638651141),
)
_GAUSSIAN_EDGES = (0.0, 0.75, 1.5, 2.5, 3.5, 5.0, 7.0, 9.0)
_CURVE_EDGES = (0.5, 1.0, 2.0, 3.5, 5.5, 8.0, 12.0, 18.0, 26.0, 40.0, 80.0, 200.0, 600.0, 2000.0)
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848
_RRELU_SQUARE = (1 / 8**2 + 1 / (8 * 3) + 1 / 3**2) / 3
"""E a² of a slope drawn uniformly from [1/8, 1/3], rrelu's default."""


class Moments(NamedTuple):
    """Moments of f(z) and f'(z), z ~ N(0, 1)."""

    second: float
    """E f²."""
    derivative: float
    """E f'²."""
    mean: float
    """E f."""


class Closed(NamedTuple):
    """Closed forms at second moment q: E f², E f'², d ln V / d ln q."""

    second: float
    derivative: float
    slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One nonlinearity, as a function of the input and one parameter."""

    f: Curve
    derivative: Curve
    parameter: float = 0.0
    """The framework default: a slope, alpha, beta or threshold."""
    kinks: Callable[[float], tuple[float, ...]] = lambda parameter: ()
    """Inputs where f or f' jumps."""
    scale_free: bool = False
    """f(c·x) = c·f(x) for c > 0: the same factor at every scale."""
    width: Callable[[float], float] = lambda parameter: 1.0
    """Size of the finest feature of f, in input units."""
    exact: Callable[[float, float], Closed] | None = None
    """Closed forms of q and the parameter, for a curve that no fixed set of panels resolves."""


@dataclass(frozen=True, slots=True)
class Gain:
    """The standard deviation to give a weight before a nonlinearity, in units of 1/√fan."""

    value: float
    source: str
    stable: bool = True
    """Whether the second moment returns after a small deviation (d ln V / d ln q ≤ 1)."""


def moments(name: str, parameter: float | None = None) -> Moments:
    """E f², E f'² and E f at unit input variance. Raises ``KeyError`` for a nonlinearity not in the table."""
    mean = _mean(name, parameter)
    return Moments(second_moment(name, 1.0, parameter), derivative_second_moment(name, 1.0, parameter), mean)


def second_moment(name: str, q: float, parameter: float | None = None) -> float:
    """V(q) = E f(√q z)²: the second moment behind ``name`` when q is the variance before it."""
    activation, value = _lookup(name, parameter)
    if activation.scale_free:
        return q * (activation.f(1.0, value) ** 2 + activation.f(-1.0, value) ** 2) / 2
    return activation.exact(q, value).second if activation.exact else _integral(activation, "second", float(q), value)


def derivative_second_moment(name: str, q: float, parameter: float | None = None) -> float:
    """E f'(√q z)²: the factor on the variance of a gradient that passes ``name`` backwards."""
    activation, value = _lookup(name, parameter)
    if activation.scale_free:
        return (activation.derivative(1.0, value) ** 2 + activation.derivative(-1.0, value) ** 2) / 2
    return activation.exact(q, value).derivative if activation.exact else _integral(activation, "derivative", float(q), value)


def slope(name: str, q: float = 1.0, parameter: float | None = None) -> float:
    """d ln V / d ln q: below 1 deviations in scale die out over depth, at 1 they stay, above 1 they grow."""
    activation, value = _lookup(name, parameter)
    if activation.scale_free:
        return 1.0
    if activation.exact:
        return activation.exact(q, value).slope
    second = _integral(activation, "second", float(q), value)
    return _integral(activation, "growth", float(q), value) / (2 * second) if second else math.inf


def gated_second_moment(name: str, q: float = 1.0) -> float:
    """E (a·g(b))² for the gated units (``glu``, ``reglu``, ``geglu``, ``swiglu``), both halves of variance q."""
    return q * second_moment(GATES[name], q)


def recommended_gain(name: str, parameter: float | None = None) -> Gain | None:
    """The field's gain where it has one, else 1/√(E f²), which holds the second moment at 1. None: not in the table."""
    activation = ACTIVATIONS.get(canonical(name))
    if activation is None:
        return None
    name, value = canonical(name), activation.parameter if parameter is None else parameter
    if name in RELU_FAMILY:
        return Gain(math.sqrt(1 / moments(name if name != "relu6" else "relu", value).second), HE if name in ("relu", "relu6") else HE_LEAKY)
    if name in _FIELD_GAINS and value == activation.parameter:
        return _FIELD_GAINS[name]
    return Gain(1 / math.sqrt(moments(name, value).second), "1/√(E f²) at unit variance", stable=slope(name, 1.0, value) <= 1 + 1e-6)


def quadrature(name: str, q: float, parameter: float | None = None) -> list[tuple[float, float]]:
    """Points x and weights w with Σ w·g(x) = E g(√q z) for any g made of the nonlinearity ``name`` and its derivative."""
    activation, value = _lookup(name, parameter)
    scale = math.sqrt(q)
    return [(scale * z, weight * _density(z)) for z, weight in gauss_legendre(_panel_edges(activation, scale, value))]


def gauss_legendre(edges: Sequence[float]) -> list[tuple[float, float]]:
    """Points and weights of the rule over the panels between ``edges``: twelve each."""
    panels = [((low + high) / 2, (high - low) / 2) for low, high in pairwise(edges)]
    return [(middle + sign * half * node, half * weight) for middle, half in panels for node, weight in _NODES for sign in (-1, 1)]


def canonical(name: str) -> str:
    """The table's key for a nonlinearity known under several names."""
    return _ALIASES.get(name, name)


def truncated_moments(low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation of a standard normal within [low, high]."""
    if low + high > 0:
        mean, std = truncated_moments(-high, -low)
        return -mean, std
    if high - low < 1e-4:
        return (low + high) / 2, (high - low) / math.sqrt(12)
    mass = (math.erfc(-high / math.sqrt(2)) - math.erfc(-low / math.sqrt(2))) / 2
    if mass == 0:  # so far out that what is left is an exponential tail
        return high + 1 / high, -1 / high
    at_low, at_high = _density(low), _density(high)
    mean = (at_low - at_high) / mass
    curvature = ((low * at_low if at_low else 0.0) - (high * at_high if at_high else 0.0)) / mass
    return mean, math.sqrt(1 + curvature - mean * mean)


# --- integration


def _lookup(name: str, parameter: float | None) -> tuple[Activation, float]:
    activation = ACTIVATIONS[canonical(name)]
    return activation, activation.parameter if parameter is None else float(parameter)


def _mean(name: str, parameter: float | None) -> float:
    activation, value = _lookup(name, parameter)
    if canonical(name) == "rrelu" and parameter is None:
        value = (1 / 8 + 1 / 3) / 2
    if activation.scale_free:
        return (activation.f(1.0, value) + activation.f(-1.0, value)) / math.sqrt(2 * math.pi)
    return _integral(activation, "mean", 1.0, value)


_INTEGRANDS: dict[str, Callable[[Activation, float, float, float], float]] = {
    "mean": lambda act, x, z, p: act.f(x, p),
    "second": lambda act, x, z, p: act.f(x, p) * act.f(x, p),
    "derivative": lambda act, x, z, p: act.derivative(x, p) * act.derivative(x, p),
    "growth": lambda act, x, z, p: (z * z - 1) * act.f(x, p) * act.f(x, p),
}


@lru_cache(maxsize=4096)
def _integral(activation: Activation, quantity: str, q: float, parameter: float) -> float:
    integrand, scale = _INTEGRANDS[quantity], math.sqrt(q)
    edges = _panel_edges(activation, scale, parameter)
    total = 0.0
    for low, high in pairwise(edges):
        middle, half = (low + high) / 2, (high - low) / 2
        for node, weight in _NODES:
            for z in (middle - half * node, middle + half * node):
                total += half * weight * _density(z) * integrand(activation, scale * z, z, parameter)
    return total


def _panel_edges(activation: Activation, scale: float, parameter: float) -> list[float]:
    """Borders of the panels in units of z: the Gaussian's, the curve's own features, its kinks."""
    edges = {sign * edge for edge in _GAUSSIAN_EDGES for sign in (-1, 1)}
    inputs = [sign * edge * activation.width(parameter) for edge in _CURVE_EDGES for sign in (-1, 1)]
    inputs += activation.kinks(parameter)
    if scale > 0:
        edges |= {x / scale for x in inputs if abs(x) < _GAUSSIAN_EDGES[-1] * scale}
    return sorted(edges)


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


# --- curves that need more than one expression


def _cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    return math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _mish_derivative(x: float) -> float:
    through = math.tanh(_softplus(x))
    return through + x * (1 - through * through) * _sigmoid(x)


def _gelu_tanh_derivative(x: float) -> float:
    through = math.tanh(_gelu_argument(x))
    return (1 + through) / 2 + x / 2 * (1 - through * through) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


def _gelu_argument(x: float) -> float:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)


def _sech_squared(x: float) -> float:
    through = math.tanh(x)
    return 1 - through * through


def _clip(x: float, low: float, high: float) -> float:
    return max(low, min(high, x))


def _at_zero(parameter: float) -> tuple[float, ...]:
    return (0.0,)


def _at_both(parameter: float) -> tuple[float, ...]:
    return (-parameter, parameter)


def _at_three(parameter: float) -> tuple[float, ...]:
    return (-3.0, 3.0)


def _sine(q: float, frequency: float) -> Closed:
    power = 2 * frequency * frequency * q
    wave = math.exp(-power)
    return Closed(-math.expm1(-power) / 2, frequency * frequency * (1 + wave) / 2, power * wave / -math.expm1(-power) if power else 1.0)


def _rectifier(slope_below: float) -> Activation:
    return Activation(f=lambda x, a: x if x > 0 else a * x, derivative=lambda x, a: 1.0 if x > 0 else a, parameter=slope_below, scale_free=True)


# --- the tables

ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(f=lambda x, _: x, derivative=lambda x, _: 1.0, scale_free=True),
    "relu": Activation(f=lambda x, _: max(x, 0.0), derivative=lambda x, _: float(x > 0), scale_free=True),
    "leaky_relu": _rectifier(0.01),
    "prelu": _rectifier(0.25),
    "rrelu": _rectifier(math.sqrt(_RRELU_SQUARE)),
    "abs": Activation(f=lambda x, _: abs(x), derivative=lambda x, _: math.copysign(1.0, x), scale_free=True),
    "relu6": Activation(f=lambda x, _: _clip(x, 0.0, 6.0), derivative=lambda x, _: float(0 < x < 6), kinks=lambda _: (0.0, 6.0)),
    "relu_squared": Activation(f=lambda x, _: max(x, 0.0) * x, derivative=lambda x, _: 2 * max(x, 0.0), kinks=_at_zero),
    "threshold": Activation(f=lambda x, t: x if x > t else 0.0, derivative=lambda x, t: float(x > t), kinks=lambda t: (t,)),
    "elu": Activation(
        f=lambda x, a: x if x > 0 else a * math.expm1(x),
        derivative=lambda x, a: 1.0 if x > 0 else a * math.exp(x),
        parameter=1.0,
        kinks=_at_zero,
    ),
    "celu": Activation(
        f=lambda x, a: x if x > 0 else a * math.expm1(x / a),
        derivative=lambda x, a: 1.0 if x > 0 else math.exp(x / a),
        parameter=1.0,
        kinks=_at_zero,
        width=abs,
    ),
    "selu": Activation(
        f=lambda x, _: _SELU_SCALE * (x if x > 0 else _SELU_ALPHA * math.expm1(x)),
        derivative=lambda x, _: _SELU_SCALE * (1.0 if x > 0 else _SELU_ALPHA * math.exp(x)),
        kinks=_at_zero,
    ),
    "gelu": Activation(f=lambda x, _: x * _cdf(x), derivative=lambda x, _: _cdf(x) + x * _density(x)),
    "gelu_tanh": Activation(f=lambda x, _: x * (1 + math.tanh(_gelu_argument(x))) / 2, derivative=lambda x, _: _gelu_tanh_derivative(x)),
    "silu": Activation(f=lambda x, _: x * _sigmoid(x), derivative=lambda x, _: _sigmoid(x) * (1 + x * _sigmoid(-x))),
    "mish": Activation(f=lambda x, _: x * math.tanh(_softplus(x)), derivative=lambda x, _: _mish_derivative(x)),
    "hardswish": Activation(
        f=lambda x, _: x * _clip(x + 3, 0.0, 6.0) / 6, derivative=lambda x, _: float(x > 3) if abs(x) >= 3 else x / 3 + 0.5, kinks=_at_three
    ),
    "softplus": Activation(f=lambda x, b: _softplus(b * x) / b, derivative=lambda x, b: _sigmoid(b * x), parameter=1.0, width=lambda b: 1 / abs(b)),
    "logsigmoid": Activation(f=lambda x, _: -_softplus(-x), derivative=lambda x, _: _sigmoid(-x)),
    "softsign": Activation(f=lambda x, _: x / (1 + abs(x)), derivative=lambda x, _: 1 / (1 + abs(x)) ** 2, kinks=_at_zero),
    "tanh": Activation(f=lambda x, _: math.tanh(x), derivative=lambda x, _: _sech_squared(x)),
    "sigmoid": Activation(f=lambda x, _: _sigmoid(x), derivative=lambda x, _: _sigmoid(x) * _sigmoid(-x)),
    "hardtanh": Activation(f=lambda x, b: _clip(x, -b, b), derivative=lambda x, b: float(abs(x) < b), parameter=1.0, kinks=_at_both),
    "hardsigmoid": Activation(f=lambda x, _: _clip(x + 3, 0.0, 6.0) / 6, derivative=lambda x, _: float(abs(x) < 3) / 6, kinks=_at_three),
    "tanhshrink": Activation(f=lambda x, _: x - math.tanh(x), derivative=lambda x, _: math.tanh(x) ** 2),
    "softshrink": Activation(f=lambda x, t: x - _clip(x, -t, t), derivative=lambda x, t: float(abs(x) > t), parameter=0.5, kinks=_at_both),
    "hardshrink": Activation(f=lambda x, t: x if abs(x) > t else 0.0, derivative=lambda x, t: float(abs(x) > t), parameter=0.5, kinks=_at_both),
    "sin": Activation(f=lambda x, w: math.sin(w * x), derivative=lambda x, w: w * math.cos(w * x), parameter=1.0, exact=_sine),
}

_ALIASES = {"linear": "identity", "swish": "silu", "squared_relu": "relu_squared", "hard_swish": "hardswish", "hard_sigmoid": "hardsigmoid"}
GATES = {"glu": "sigmoid", "reglu": "relu", "geglu": "gelu", "swiglu": "silu"}

SCALE_FREE = frozenset(name for name, activation in ACTIVATIONS.items() if activation.scale_free)
"""Nonlinearities that commute with a positive factor: scale passes through them, depth follows r**depth exactly."""

RELU_FAMILY = frozenset({"relu", "leaky_relu", "prelu", "rrelu", "relu6"})
"""Rectifiers, for which He et al. 2015 derived the gain."""

HE = "He et al. 2015, eq. 10"
HE_LEAKY = "He et al. 2015, eq. 15"

_FIELD_GAINS = {
    "identity": Gain(1.0, "LeCun et al. 1998, sec. 4.6; Glorot & Bengio 2010, eq. 12"),
    "selu": Gain(1.0, "Klambauer et al. 2017"),
    "sigmoid": Gain(4.0, "Glorot & Bengio 2010, as applied to the logistic function"),
    "sin": Gain(math.sqrt(2), "Sitzmann et al. 2020, sec. 3.2"),
}
