"""The continuous laws that can be tested, in units of their own standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from initlint.symbolic import Sym
from initlint.theory.activations import truncated_moments
from initlint.theory.laws import Distribution

FAR_OUT = 9.0
"""A cut this many std from the mean (probability 1e-19 beyond) leaves a normal law as it is."""


@dataclass(frozen=True, slots=True)
class Family:
    """A law of mean 0 and std 1: uniform, normal, or normal cut to an interval."""

    kind: str
    support: tuple[float, float]
    """In units of the std about the mean."""
    centre: float = 0.0
    scale: float = 1.0
    """Mean and std of the normal before it is cut."""

    @property
    def bounded(self) -> bool:
        """Whether the law is cut anywhere that a sample reaches."""
        return min(-self.support[0], self.support[1]) < FAR_OUT

    def density(self, x: Any) -> Any:
        """The probability density at an array of points inside the support."""
        import numpy as np

        if self.kind == "uniform":
            return np.full_like(x, 1 / (self.support[1] - self.support[0]))
        z = (x - self.centre) / self.scale
        return np.exp(-z * z / 2) / (math.sqrt(2 * math.pi) * self.scale * self._mass())

    def below(self, x: float) -> float:
        """P(value ≤ x)."""
        low, high = self.support
        if x <= low or x >= high:
            return 0.0 if x <= low else 1.0
        if self.kind == "uniform":
            return (x - low) / (high - low)
        return (self._phi(x) - self._phi(low)) / self._mass()

    def above(self, x: float) -> float:
        """P(value > x), accurate where it is small."""
        low, high = self.support
        if x <= low or x >= high:
            return 1.0 if x <= low else 0.0
        if self.kind == "uniform":
            return (high - x) / (high - low)
        return (self._phi(2 * self.centre - x) - self._phi(2 * self.centre - high)) / self._mass()

    def outside(self, low: float, high: float) -> float:
        """P(value < low or value > high)."""
        return self.below(low) + self.above(high)

    def _mass(self) -> float:
        return self._phi(self.support[1]) - self._phi(self.support[0])

    def _phi(self, x: float) -> float:
        return math.erfc(-(x - self.centre) / (self.scale * math.sqrt(2))) / 2


NORMAL = Family("normal", (-math.inf, math.inf))
UNIFORM = Family("uniform", (-math.sqrt(3), math.sqrt(3)))


def family_of(law: Distribution) -> Family | None:
    """The family of ``law``, or None where its numbers are not all known or it is none of these."""
    mean, std, low, high = law.mean, law.std, law.low, law.high
    if any(isinstance(value, Sym) for value in (mean, std, low, high)) or mean is None or not std:
        return None
    if law.kind == "normal":
        return NORMAL
    if law.kind == "uniform":
        return UNIFORM
    if law.kind != "trunc_normal" or low is None or high is None:
        return None
    assert not isinstance(mean, Sym) and not isinstance(std, Sym) and not isinstance(low, Sym) and not isinstance(high, Sym)
    return _truncated(round((low - mean) / std, 9), round((high - mean) / std, 9))


@lru_cache(maxsize=256)
def _truncated(low: float, high: float) -> Family | None:
    """The normal law that has mean 0 and std 1 once it is cut to [low, high]."""
    support = (low, high)
    if min(-low, high) >= FAR_OUT:
        return Family("trunc_normal", support)
    if math.isclose(-low, high, rel_tol=1e-6):
        return Family("trunc_normal", support, 0.0, _symmetric_scale(high))
    return _skewed(low, high)


def _symmetric_scale(bound: float) -> float:
    """The std σ that leaves std 1 after cutting to ±bound: std grows with σ, up to bound/√3."""
    small, large = 0.5, 1e4
    for _ in range(200):
        middle = math.sqrt(small * large)
        if middle * truncated_moments(-bound / middle, bound / middle)[1] < 1:
            small = middle
        else:
            large = middle
    return small


def _skewed(low: float, high: float) -> Family | None:
    from scipy.optimize import root

    def misfit(guess: Any) -> list[float]:
        centre, scale = float(guess[0]), math.exp(float(guess[1]))
        mean, std = truncated_moments((low - centre) / scale, (high - centre) / scale)
        return [centre + scale * mean, scale * std - 1]

    found = root(misfit, [0.0, 0.0], tol=1e-12)
    if not found.success:
        return None
    return Family("trunc_normal", (low, high), float(found.x[0]), math.exp(float(found.x[1])))
