"""What a plain stack of layers does to its signal and its gradient, averaged over inputs and over draws of its weights.

Layer l computes h_l = f(W_l h_{l−1}) from h_{−1} = x ~ N(0, 1) of the first size, without biases. The loss is
|y − h|²/2 with y one-hot, every class as likely, so δ at the last layer is f'(z)·(y − h). Wide layers are Gaussian
given the length of the input, r = |x|², whose law is χ² (Poole et al. 2016): all expectations are taken at given r
and averaged over it. The backward pass takes weights for independent of those of the forward pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from initlint.theory.activations import ACTIVATIONS, canonical, gauss_legendre, quadrature
from initlint.theory.propagate import Verdict, judge, worst

_PANEL, _REACH = 2.0, 8.0
"""Panels over |x|, in units of its standard deviation (at most 1), and how far they reach from its mean."""
_ROUNDING = 1e-13
_NEAR_ZERO = (0.02, 0.1, 0.4, 1.0)
"""More edges where |x| can be small: saturation sets in over the logarithm of its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Sizes from input to output, at least two; one nonlinearity behind every layer."""

    sizes: tuple[int, ...]
    activation: str
    parameter: float | None = None
    derivative_at_output: bool = False
    """f' is evaluated at f(z) instead of z: a mistake that code written by hand makes."""

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Outputs and inputs of each weight."""
        return [(outputs, inputs) for inputs, outputs in pairwise(self.sizes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of every layer, from the first: means over units, inputs and draws."""

    second: tuple[float, ...]
    """E h²."""
    variance: tuple[float, ...]
    """E h² − (E h)²."""
    gradient: tuple[float, ...]
    """E δ²."""
    weight_gradient: tuple[float, ...]
    """E (∂W)² for one input."""


class _Layer(NamedTuple):
    """Means over z ~ N(0, q)."""

    mean: float
    second: float
    slope: float
    """E f'²."""
    error: float
    """E f'²·(y − f)², y as above."""


def predict(stack: Stack, stds: Sequence[float]) -> Moments:
    """The moments at infinite width, the weights of layer l of mean 0 and standard deviation ``stds[l]``."""
    layers = len(stds)
    mean, second, gradient, weight_gradient = ([0.0] * layers for _ in range(4))
    for square, probability in _squared_lengths(stack.sizes[0]):
        signal = square / stack.sizes[0]
        inputs, passed = [], []
        for std, fan in zip(stds, stack.sizes):
            inputs.append(signal)
            passed.append(_layer(stack, std * std * fan * signal))
            signal = passed[-1].second
        delta = passed[-1].error
        for index in reversed(range(layers)):
            if index < layers - 1:
                delta *= stds[index + 1] ** 2 * stack.sizes[index + 2] * passed[index].slope
            mean[index] += probability * passed[index].mean
            second[index] += probability * passed[index].second
            gradient[index] += probability * delta
            weight_gradient[index] += probability * delta * inputs[index]
    variance = [square - first * first if square - first * first > _ROUNDING * square else 0.0 for square, first in zip(second, mean)]
    return Moments(second=tuple(second), variance=tuple(variance), gradient=tuple(gradient), weight_gradient=tuple(weight_gradient))


def verdict(moments: Moments) -> Verdict:
    """The worse of signal and gradient between the first and the last hidden layer; the ends obey the data, not the depth."""
    last = max(1, len(moments.second) - 2)
    if len(moments.second) == 1:
        last = 0
    return worst(_judged(moments.second[last], moments.second[0]), _judged(moments.gradient[0], moments.gradient[last]))


def _judged(after: float, before: float) -> Verdict:
    return judge(after / before) if before > 0 else "harmful"


def _layer(stack: Stack, q: float) -> _Layer:
    activation = ACTIVATIONS[canonical(stack.activation)]
    parameter = activation.parameter if stack.parameter is None else stack.parameter
    share = 1 / stack.sizes[-1]
    mean = second = slope = error = 0.0
    for x, weight in quadrature(stack.activation, q, stack.parameter):
        h = activation.f(x, parameter)
        square = activation.derivative(h if stack.derivative_at_output else x, parameter) ** 2
        mean += weight * h
        second += weight * h * h
        slope += weight * square
        error += weight * square * (h * h - 2 * share * h + share)
    return _Layer(mean, second, slope, error)


def _squared_lengths(size: int) -> Iterator[tuple[float, float]]:
    """Values of |x|², x ~ N(0, 1)^size, with their probabilities."""
    middle = math.sqrt(size)
    low = max(0.0, middle - _REACH)
    panels = math.ceil((middle + _REACH - low) / _PANEL)
    edges = [low + _PANEL * number for number in range(panels + 1)]
    edges = sorted({*edges, *_NEAR_ZERO}) if low == 0 else edges
    log_scale = (size / 2 - 1) * math.log(2) + math.lgamma(size / 2)
    points = [(s, weight * math.exp((size - 1) * math.log(s) - s * s / 2 - log_scale)) for s, weight in gauss_legendre(edges)]
    total = sum(weight for _, weight in points)
    return ((s * s, weight / total) for s, weight in points if weight > 1e-14 * total)
