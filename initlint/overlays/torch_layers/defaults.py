"""The laws torch's own layers draw from."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from initlint.overlays.spec import Shape
from initlint.symbolic import Number, Sym, sqrt
from initlint.theory.fans import torch_fans
from initlint.theory.laws import Distribution, constant, normal, uniform

ZEROS = constant(0.0)
ONES = constant(1.0)

MOST_FANS = 1024
"""Laws kept: models repeat a few fans over and over."""
FAN_IN_GAIN = 1 / math.sqrt(3)
FAN_IN_LAW = "Var = 1 / (3·fan_in)"
XAVIER_LAW = "Var = 2 / (fan_in + fan_out)"


@lru_cache(maxsize=MOST_FANS)
def fan_in_weight(fan: Number | None) -> Distribution:
    """``kaiming_uniform_(w, a=sqrt(5))``, which is U(±1/sqrt(fan_in)); the law alone where the fan is not known yet."""
    return replace(fan_in_bias(fan), fan="fan_in", gain=FAN_IN_GAIN)


@lru_cache(maxsize=MOST_FANS)
def fan_in_bias(fan: Number | None) -> Distribution:
    """U(±1/sqrt(fan_in)) with the fan of the weight next to it."""
    if fan is None:
        return Distribution(kind="uniform", mean=0.0, law=FAN_IN_LAW)
    return symmetric(fan, FAN_IN_LAW)


def symmetric(fan: Number, law: str) -> Distribution:
    """U(±1/sqrt(fan)), and zero where there is nothing to sum over."""
    if not isinstance(fan, Sym) and fan <= 0:
        return uniform(0.0, 0.0, law=law)
    bound = sqrt(1 / fan)
    return uniform(-bound, bound, law=law)


def xavier_uniform(shape: Shape) -> Distribution:
    """``xavier_uniform_`` with gain 1: U(±sqrt(6 / (fan_in + fan_out)))."""
    bound = sqrt(6 / _both_fans(shape))
    return replace(uniform(-bound, bound, law=XAVIER_LAW), fan="fan_avg", gain=1.0)


def xavier_normal(shape: Shape) -> Distribution:
    """``xavier_normal_`` with gain 1: N(0, 2 / (fan_in + fan_out))."""
    return replace(normal(0.0, sqrt(2 / _both_fans(shape)), law=XAVIER_LAW), fan="fan_avg", gain=1.0)


def _both_fans(shape: Shape) -> Number:
    fans = torch_fans(shape)
    return fans.fan_in + fans.fan_out
