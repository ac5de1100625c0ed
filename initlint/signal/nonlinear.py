"""Nonlinearities of Gaussian input of any mean: what they make of its moments and of what its positions share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from initlint.graph import Op
from initlint.signal.spread import Lost, Mapped, Spread
from initlint.theory.activations import ACTIVATIONS, RELU_FAMILY, canonical, gauss_legendre

_EDGES = tuple(step / 2 for step in range(-16, 17))
_COARSE = (-7.0, -3.0, -1.0, 1.0, 3.0, 7.0)
"""Panels where smooth functions are averaged twice over."""
_ALIKE = 1e-6
"""What positions share of a variance is none of it, or all, within this."""


def activated(op: Op, signal: Spread) -> Mapped:
    """An activation by name. Raises ``Lost``."""
    parameter, name = op.detail.get("parameter"), canonical(op.name)
    if name not in ACTIVATIONS:
        raise Lost(f"{op.name or 'an activation'} is not in the tables")
    if signal.positive and name in RELU_FAMILY - {"relu6"}:
        return Mapped(signal, 1.0)
    value = float(parameter) if isinstance(parameter, (int, float)) else ACTIVATIONS[name].parameter
    mean, second, slope, tilt = _moments(name, _round(signal.mean), _round(signal.variance), value)
    shared = shared_moment(name, signal, value)
    square = mean * mean
    variance = max(0.0, second - square)
    return Mapped(
        Spread(mean, variance, min(variance, max(0.0, shared - square)), positive=name == "relu"), slope, coherence=tilt * tilt / slope if slope else 1.0
    )


def shared_moment(name: str, signal: Spread, parameter: float) -> float:
    """E f(u)·f(v) of one unit at two positions."""
    share = signal.common / signal.variance if signal.variance > 0 else 0.0
    mean, second, *_ = _moments(name, _round(signal.mean), _round(signal.variance), parameter)
    if share <= _ALIKE:
        return mean * mean
    return second if share >= 1 - _ALIKE else _shared(name, _round(signal.mean), _round(signal.variance), _round(share), parameter)


@lru_cache(maxsize=4096)
def _moments(name: str, mean: float, variance: float, parameter: float) -> tuple[float, float, float, float]:
    """E f, E f², E f'² and E f'."""
    curve, std = ACTIVATIONS[name], math.sqrt(variance)
    first = second = slope = tilt = 0.0
    for z, share in _nodes(_kinked(_EDGES, (0.0, *curve.kinks(parameter)), mean, std)):
        y, rise = curve.f(mean + std * z, parameter), curve.derivative(mean + std * z, parameter)
        first, second, slope, tilt = first + share * y, second + share * y * y, slope + share * rise * rise, tilt + share * rise
    return first, second, slope, tilt


@lru_cache(maxsize=1024)
def _shared(name: str, mean: float, variance: float, share: float, parameter: float) -> float:
    """E over what is common of (E over the rest of f)²."""
    common, rest = math.sqrt(variance * share), math.sqrt(variance * (1 - share))
    inner = _inner(name, rest, parameter)
    return sum(weight * inner(mean + common * s) ** 2 for s, weight in _nodes(_COARSE))


def _inner(name: str, std: float, parameter: float) -> Callable[[float], float]:
    """E f(m + std·z) as a function of m."""
    curve = ACTIVATIONS[name]
    if name in RELU_FAMILY - {"relu6"}:
        below = curve.f(-1.0, parameter) * -1.0
        return lambda m: below * m + (1 - below) * (m * math.erfc(-m / std / math.sqrt(2)) / 2 + std * math.exp(-((m / std) ** 2) / 2) / math.sqrt(2 * math.pi))
    kinks = curve.kinks(parameter)
    return lambda m: sum(weight * curve.f(m + std * z, parameter) for z, weight in _nodes(_kinked(_COARSE, kinks, m, std)))


def _kinked(edges: Sequence[float], kinks: Sequence[float], mean: float, std: float) -> tuple[float, ...]:
    """Borders of panels, those where the curve has a kink among them."""
    places = {(kink - mean) / std for kink in kinks} if std > 0 else set()
    return tuple(sorted({*edges, *(place for place in places if abs(place) < edges[-1])}))


@lru_cache(maxsize=4096)
def _nodes(edges: tuple[float, ...]) -> list[tuple[float, float]]:
    """Points and probabilities of a standard normal."""
    return [(z, panel * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)) for z, panel in gauss_legendre(edges)]


def _round(value: float) -> float:
    """Ten digits, so that equal places are computed once."""
    return float(f"{value:.10g}")
