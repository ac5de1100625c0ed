"""Distributions a parameter can start from, with their moments as numbers or symbols."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from initlint.symbolic import Number, Sym, sqrt

Kind = Literal["normal", "uniform", "trunc_normal", "orthogonal", "constant", "dirac", "eye", "sparse", "custom"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The law of every entry of a tensor.

    ``std`` is that of the values as drawn (after any truncation). ``low`` and ``high`` bound the support
    where it is bounded. A moment that is not known is ``None``; one that depends on symbolic sizes is a ``Sym``.
    """

    kind: Kind
    mean: Number | None = None
    std: Number | None = None
    low: Number | None = None
    high: Number | None = None
    law: str = ""
    """The variance as a formula a reader knows: ``Var = 2 / fan_in``."""
    fan: Literal["fan_in", "fan_out", "fan_avg"] | None = None
    gain: Number | None = None
    zeros: Number | None = None
    """The share of entries that are exactly 0, where the law fixes it (``sparse``)."""

    def scaled(self, factor: Number) -> Distribution:
        """The law of ``factor * w``."""
        if self.kind == "constant" and self.mean is not None:
            return constant(self.mean * factor)
        low, high = _times(self.low, factor), _times(self.high, factor)
        if low is not None and high is not None and not isinstance(factor, Sym) and factor < 0:
            low, high = high, low
        std = _times(self.std, factor)
        if std is not None and not isinstance(std, Sym):
            std = abs(std)
        kind: Kind = "custom" if self.kind in ("dirac", "eye") else self.kind
        return replace(self, kind=kind, mean=_times(self.mean, factor), std=std, low=low, high=high, law=variance_law(std), gain=_times(self.gain, factor))

    def shifted(self, offset: Number) -> Distribution:
        """The law of ``w + offset``."""
        if self.kind == "constant" and self.mean is not None:
            return constant(self.mean + offset)
        kind: Kind = self.kind if self.kind in ("normal", "uniform", "trunc_normal") else "custom"
        return replace(self, kind=kind, mean=_plus(self.mean, offset), low=_plus(self.low, offset), high=_plus(self.high, offset))


def constant(value: Number) -> Distribution:
    """A point mass at ``value``."""
    return Distribution(kind="constant", mean=value, std=0.0, low=value, high=value, law=f"= {spell(value)}")


def normal(mean: Number, std: Number, law: str = "") -> Distribution:
    """N(mean, std²)."""
    return Distribution(kind="normal", mean=mean, std=std, law=law or variance_law(std))


def uniform(low: Number, high: Number, law: str = "") -> Distribution:
    """U(low, high): variance (high − low)² / 12."""
    std = (high - low) / math.sqrt(12)
    if not isinstance(std, Sym):
        std = abs(std)
    return Distribution(kind="uniform", mean=(low + high) / 2, std=std, low=low, high=high, law=law or variance_law(std))


def custom(reason: str = "") -> Distribution:
    """Values computed by code whose law is not followed further."""
    return Distribution(kind="custom", law=reason)


def variance_law(std: Number | None) -> str:
    """``Var = std²`` spelled out, or nothing where the spread is unknown."""
    if std is None:
        return ""
    if isinstance(std, Sym):
        return f"Var = {std * std}"
    return f"Var = {spell(std)}²" if std else "Var = 0"


def spell(value: Number) -> str:
    """A number as a person would write it."""
    return str(value) if isinstance(value, (Sym, int)) else f"{value:.4g}"


def root_mean_square(distribution: Distribution) -> Number | None:
    """sqrt(E w²), known where mean and std are."""
    mean, std = distribution.mean, distribution.std
    if mean is None or std is None:
        return None
    return sqrt(mean * mean + std * std)


def _times(value: Number | None, factor: Number) -> Number | None:
    return None if value is None else value * factor


def _plus(value: Number | None, offset: Number) -> Number | None:
    return None if value is None else value + offset
