"""Monte Carlo over the weights of a plain stack: what ``theory.stack`` predicts, measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from initlint.theory.activations import canonical, truncated_moments
from initlint.theory.laws import Distribution
from initlint.theory.stack import Moments, Stack

Array = NDArray[np.floating[Any]]
Curve = Callable[[Array], Array]

INPUTS = 16
"""Fresh inputs for each draw of the weights, which vary far more."""


class CannotDraw(ValueError):
    """There is no sampler for a law or curve; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Means over draws, and the standard error that they leave each mean with, relative to it."""

    moments: Moments
    errors: Moments


def measure(stack: Stack, laws: Sequence[Distribution], draws: int, seed: int = 0) -> Measured:
    """The moments of ``stack`` over ``draws`` sets of weights. Raises ``CannotDraw``."""
    f, derivative = _curve(stack)
    random = np.random.default_rng(seed)
    samplers = [_sampler(law, shape) for law, shape in zip(laws, stack.shapes)]
    sums = np.zeros((draws, 5, len(laws)))
    for row in sums:
        weights = [sampler(random) for sampler in samplers]
        _one_draw(row, stack, weights, f, derivative, random)
    second, gradient, weight_gradient = (sums[:, place] for place in (1, 2, 3))
    variance = second - sums[:, 0].mean(axis=0) * (2 * sums[:, 0] - sums[:, 0].mean(axis=0))
    quantities = (second, variance, gradient, weight_gradient)
    means = [values.mean(axis=0) for values in quantities]
    errors = [_relative(values, mean) for values, mean in zip(quantities, means)]
    return Measured(moments=_moments(means), errors=_moments(errors))


def _one_draw(row: Array, stack: Stack, weights: list[Array], f: Curve, derivative: Curve, random: np.random.Generator) -> None:
    signal: Array = random.standard_normal((INPUTS, stack.sizes[0]))
    inputs, slopes = [], []
    for index, weight in enumerate(weights):
        inputs.append(signal)
        z = signal @ weight.T
        signal = f(z)
        slopes.append(derivative(signal if stack.derivative_at_output else z))
        row[0, index], row[1, index] = signal.mean(), np.square(signal).mean()
    target = np.eye(stack.sizes[-1])[random.integers(0, stack.sizes[-1], INPUTS)]
    delta = slopes[-1] * (target - signal)
    for index in reversed(range(len(weights))):
        if index < len(weights) - 1:
            delta = slopes[index] * (delta @ weights[index + 1])
        squared = np.square(delta)
        row[2, index] = squared.mean()
        row[3, index] = (squared.mean(axis=1) * np.square(inputs[index]).mean(axis=1)).mean()


def _relative(values: Array, mean: Array) -> Array:
    spread = values.std(axis=0, ddof=1) / math.sqrt(len(values)) if len(values) > 1 else np.full_like(mean, np.inf)
    return np.divide(spread, np.abs(mean), out=np.zeros_like(mean), where=mean != 0)


def _moments(rows: Sequence[Array]) -> Moments:
    second, variance, gradient, weight_gradient = (tuple(map(float, row)) for row in rows)
    return Moments(second=second, variance=variance, gradient=gradient, weight_gradient=weight_gradient)


def _sampler(law: Distribution, shape: tuple[int, int]) -> Callable[[np.random.Generator], Array]:
    mean, std = law.mean, law.std
    if not isinstance(mean, (int, float)) or not isinstance(std, (int, float)):
        raise CannotDraw(f"a {law.kind} law whose moments are not numbers cannot be drawn")
    if std == 0 and law.kind == "constant":
        return lambda random: np.full(shape, float(mean))
    if law.kind == "normal":
        return lambda random: mean + std * random.standard_normal(shape, dtype=np.float32).astype(np.float64)
    if law.kind == "uniform":
        half = math.sqrt(3) * std
        return lambda random: mean + half * (2 * random.random(shape, dtype=np.float32).astype(np.float64) - 1)
    if law.kind == "trunc_normal" and mean == 0 and isinstance(law.high, (int, float)):
        return _truncated(std, float(law.high), shape)
    if law.kind == "orthogonal":
        return lambda random: _orthogonal(random, shape) * std * math.sqrt(max(shape))
    raise CannotDraw(f"a {law.kind} law cannot be drawn here; leave out --draws")


def _truncated(std: float, bound: float, shape: tuple[int, int]) -> Callable[[np.random.Generator], Array]:
    """The normal whose spread is ``std`` once cut at ±``bound``."""
    low, high = std, 1e3 * bound
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if middle * truncated_moments(-bound / middle, bound / middle)[1] < std else (low, middle)
    scale = low

    def draw(random: np.random.Generator) -> Array:
        values = scale * random.standard_normal(shape)
        while (outside := np.abs(values) > bound).any():
            values[outside] = scale * random.standard_normal(int(outside.sum()))
        return values

    return draw


def _orthogonal(random: np.random.Generator, shape: tuple[int, int]) -> Array:
    q, r = np.linalg.qr(random.standard_normal((max(shape), min(shape))))
    q *= np.sign(np.diag(r))
    return q if q.shape == shape else q.T


def _curve(stack: Stack) -> tuple[Curve, Curve]:
    name, parameter = canonical(stack.activation), stack.parameter
    if name in ("leaky_relu", "prelu"):
        slope = {"leaky_relu": 0.01, "prelu": 0.25}[name] if parameter is None else parameter
        return (lambda z: np.where(z > 0, z, slope * z)), (lambda z: np.where(z > 0, 1.0, slope))
    if name in _CURVES and parameter is None:
        return _CURVES[name]
    raise CannotDraw(f"{name} cannot be measured here, only predicted; leave out --draws")


def _sigmoid(z: Array) -> Array:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


_SELU, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848
_CURVES: dict[str, tuple[Curve, Curve]] = {
    "identity": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z)),
    "silu": (lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) * (1 + z * _sigmoid(-z))),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "softplus": (lambda z: np.logaddexp(0, z), _sigmoid),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))),
    "selu": (
        lambda z: _SELU * np.where(z > 0, z, _SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z: _SELU * np.where(z > 0, 1.0, _SELU_ALPHA * np.exp(np.minimum(z, 0))),
    ),
    "sin": (np.sin, np.cos),
    "abs": (np.abs, np.sign),
}
