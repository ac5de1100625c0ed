"""What a test of a tensor comes to, and the risks that are taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from initlint.symbolic import Number, Sym

Outcome = Literal["ok", "fails", "untested"]

FAMILY_ALPHA = 1e-6
"""Probability of any false alarm in a whole model."""
ALPHA = 1e-10
"""The share of one tensor when there are ten thousand."""
MISSED = 1e-3
"""Detectable is what is overlooked no more often than this: 99.9 % power."""
VISIBLE = math.sqrt(2)
"""A test that could not have seen the std off by this factor (Xavier for Kaiming) leaves its question open."""

EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TINY = {"float16": 2.0**-24}
RESOLUTION = 2.0**-22
"""Random numbers come with 24 bits: nothing is concluded from parts of a law less probable than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the tests of one tensor came to."""

    outcome: Outcome
    test: str = ""
    """The test that decided: ``nonfinite``, ``support``, ``location``, ``scale``, ``extreme``, ``outlier``, ``shape``, or an exact constraint."""
    statistic: float | None = None
    """What that test looked at, in units of the law's std; for ``scale`` the ratio of measured to expected std."""
    p_bound: float = 1.0
    """No tensor drawn from the law looks this bad with a greater probability; the outcome fails where it is below alpha."""
    detectable: float | None = None
    """The smallest ratio of standard deviations (> 1) that would have been seen in 99.9 % of cases."""
    reason: str = ""


def number(value: Number | None) -> float:
    """A moment that is known to be a number by now."""
    assert value is not None and not isinstance(value, Sym)
    return float(value)
