"""What is known of a signal: its mean, its variance, and how much of that variance all positions and inputs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from initlint.graph import Parameter


@dataclass(frozen=True, slots=True)
class Spread:
    """Moments over the units, positions and inputs of a signal, or over the entries of a parameter."""

    mean: float
    variance: float
    common: float = 0.0
    """The part of ``variance`` that stays when each unit is averaged over its positions and inputs: what pooling leaves."""
    positive: bool = False
    """Whether a rectifier made it, so that another one changes nothing."""

    @property
    def second(self) -> float:
        """E x²."""
        return self.mean * self.mean + self.variance

    @property
    def shared(self) -> float:
        """E x·x', for one unit at two positions."""
        return self.mean * self.mean + self.common


class Mapped(NamedTuple):
    """What leaves an operation, the factor on the gradient, and what had to be assumed for it."""

    signal: Spread
    gradient: float | None
    note: str = ""
    sparsity: float = 1.0
    """Positions that share the gradient of one: its second moment falls by this without anything being lost."""
    coherence: float | None = 1.0
    """What of a gradient that all positions have alike is still alike in front; None where all of it is, whatever came."""
    together: float | None = None
    """The factor on that part of a gradient, where it is another."""


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


def bias(parameter: Parameter) -> Spread:
    """A vector that every position gets alike. Raises ``Lost``."""
    made = spread(parameter, parameter.name)
    return Spread(made.mean, made.variance, made.variance)


def plus(left: Spread, right: Spread) -> Spread:
    """The sum of independent signals."""
    return Spread(left.mean + right.mean, left.variance + right.variance, left.common + right.common, _is_positive(left) and _is_positive(right))


def times(left: Spread, right: Spread) -> Spread:
    """The product of independent signals."""
    square = (left.mean * right.mean) ** 2
    return Spread(left.mean * right.mean, max(0.0, left.second * right.second - square), max(0.0, left.shared * right.shared - square))


def scaled(signal: Spread, factor: float) -> Spread:
    """``factor`` times the signal."""
    square = factor * factor
    return Spread(signal.mean * factor, signal.variance * square, signal.common * square, signal.positive and factor >= 0)


def averaged(signal: Spread, terms: float) -> Spread:
    """The mean of ``terms`` positions, which are independent but for what all share."""
    return Spread(signal.mean, signal.common + (signal.variance - signal.common) / terms, signal.common, signal.positive)


def _is_positive(signal: Spread) -> bool:
    return signal.positive or (signal.variance == 0 and signal.mean >= 0)
