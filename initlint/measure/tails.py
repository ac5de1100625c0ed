"""Bounds on tail probabilities that hold for every sample size.

Nothing here rests on a sample being large: a normal law has its exact chi-squared and normal tails, a bounded law the
Chernoff bound of its own moment generating function. A bound may exceed the true probability, never fall below it.
Whatever lies within three standard errors gets the bound 1 at once.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from initlint.measure.families import Family

NODES = 256
RESOLVED = 200.0
"""How many powers of e an integrand may vary by for the nodes to integrate it exactly."""
WIDEST = 12.0
"""Standard deviations beyond which nothing is integrated: a normal variable gets there with probability 1e-33."""
FAR = 3.0
"""Standard errors within which a tail is not worth computing."""


def log_scale(family: Family, count: int, second: float) -> float:
    """ln P of a mean square about the law's centre at least as far from its expectation, on either side.

    ``second`` is in units of the law's variance; about the known mean, ``count · second`` is chi-squared for a normal law.
    """
    if not family.bounded:
        return min(0.0, math.log(2) + _log_chi_squared(count, count * second))
    return _chernoff(family, count, 2, second)


def log_location(family: Family, count: int, mean: float) -> float:
    """ln P of a sample mean at least as far from the law's, which is 0, on either side; ``mean`` in units of its std."""
    if not family.bounded:
        return log_two_sided(math.sqrt(count) * mean)
    return _chernoff(family, count, 1, mean)


def log_shape(family: Family, count: int, fourth: float, within: float) -> float:
    """ln P of a mean fourth power at least as far from its expectation while every value is ``within`` std.

    In units of the law's std. The fourth power of a normal variable has no
    moment generating function; within ``reach`` it has, and beyond it the test of outliers decides.
    """
    return _chernoff(family, count, 4, fourth, within)


def log_within(count: int, beyond: float) -> float:
    """ln P that none of ``count`` values lies in a part of the support of probability ``beyond``."""
    return -math.inf if beyond >= 1 else count * math.log1p(-max(beyond, 0.0))


def log_beyond(count: int, beyond: float) -> float:
    """ln of a bound on P that any of ``count`` values lies in a part of the support of probability ``beyond``."""
    return min(0.0, math.log(count * beyond)) if beyond > 0 else -math.inf


def log_two_sided(z: float) -> float:
    """ln 2Φ(−|z|)."""
    from scipy.special import log_ndtr

    return min(0.0, math.log(2) + float(log_ndtr(-abs(z))))


def reach(count: int, share: float) -> float:
    """Where the largest of ``count`` normal values is an outlier at risk ``share``, in std."""
    from scipy.special import ndtri

    return -float(ndtri(share / (2 * count)))


def widest(family: Family, count: int, share: float, missed: float) -> float:
    """The std ratio above 1 that the test of scale at risk ``share`` overlooks with probability ``missed``."""
    if not family.bounded:
        from scipy.special import chdtri

        return math.sqrt(float(chdtri(count, share / 2)) / float(chdtri(count, 1 - missed)))
    _, spread = _mean_and_std(family, 2, None)
    accepted = 1.0
    step = FAR * spread / math.sqrt(count)
    while log_scale(family, count, accepted + step) > math.log(share) and step < 1e12:
        accepted += step
        step *= 1.2
    usual_low = max(1 - 3.1 * spread / math.sqrt(count), 1e-6)
    return math.sqrt((accepted + step) / usual_low)


def expected_fourth(family: Family, within: float) -> float:
    """The mean fourth power of a value within ``within`` std of the mean."""
    return _mean_and_std(family, 4, within)[0]


def _log_chi_squared(count: int, value: float) -> float:
    """ln of the smaller tail of chi-squared with ``count`` degrees of freedom; the Chernoff bound where it underflows."""
    from scipy.special import chdtr, chdtrc

    tail = float(chdtr(count, value) if value < count else chdtrc(count, value))
    if tail > 1e-290:
        return math.log(tail)
    ratio = value / count
    return -count / 2 * (ratio - 1 - math.log(ratio)) if ratio > 0 else -math.inf


def _chernoff(family: Family, count: int, power: int, observed: float, within: float | None = None) -> float:
    """ln of 2·exp(−count·I(observed)), with I the rate function of ``x ** power``, x ``within`` so many std of the centre."""
    import numpy as np

    expected, spread = _mean_and_std(family, power, within)
    values, weights = _quadrature(family, power, within)
    if abs(observed - expected) <= FAR * spread / math.sqrt(count):
        return 0.0
    side = 1.0 if observed > expected else -1.0
    steepest = RESOLVED / float(values.max() - values.min())

    def tilt(s: float) -> tuple[float, float]:
        """ln E e^{s·(v − observed)} and its derivative; the first bounds the tail for every s on the right side."""
        exponent = s * (values - observed)
        top = float(exponent.max())
        density = weights * np.exp(exponent - top)
        total = float(density.sum())
        return top + math.log(total), float(density @ (values - observed)) / total

    near, far = 0.0, side * steepest
    for _ in range(50):
        middle = (near + far) / 2
        if side * tilt(middle)[1] < 0:
            near = middle
        else:
            far = middle
    return min(0.0, math.log(2) + count * tilt(far)[0])


@lru_cache(maxsize=512)
def _mean_and_std(family: Family, power: int, within: float | None) -> tuple[float, float]:
    """Of ``x ** power``."""
    values, weights = _quadrature(family, power, within)
    expected = float(weights @ values)
    return expected, math.sqrt(max(float(weights @ (values - expected) ** 2), 0.0))


@lru_cache(maxsize=512)
def _quadrature(family: Family, power: int, within: float | None) -> tuple[Any, Any]:
    """Values of ``x ** power`` and their probabilities, by Gauss–Legendre on the support in units of the law's std."""
    import numpy as np

    edge = WIDEST if within is None else within
    low, high = max(-edge, family.support[0]), min(edge, family.support[1])
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x = (high - low) / 2 * nodes + (high + low) / 2
    density = np.asarray(family.density(x)) * weights * (high - low) / 2
    return x**power, density
