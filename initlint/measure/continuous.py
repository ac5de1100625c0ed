"""The tests of a continuous law: scale, location, extremes and shape, for any number of values.

Every test has an exact null distribution, or a bound that holds for every sample size, and the risk is divided among
the tests of one tensor (Bonferroni): ``p_bound`` is never below the probability that a tensor drawn from the law looks
this bad.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from initlint.measure import tails
from initlint.measure.families import Family
from initlint.measure.moments import Moments
from initlint.measure.verdict import EPSILON, MISSED, RESOLUTION, TINY, VISIBLE, Verdict, number
from initlint.theory.laws import Distribution


@dataclass(frozen=True, slots=True)
class _Test:
    name: str
    log_p: float
    statistic: float


def against(family: Family, moments: Moments, law: Distribution, alpha: float) -> Verdict:
    """The tests of a continuous family."""
    mean, std = number(law.mean), number(law.std)
    blur = 2 * EPSILON.get(moments.dtype, EPSILON["float32"]) * (1 + abs(mean) / std) + TINY.get(moments.dtype, 0.0) / std
    moments = _without_clamped(moments, law, family)
    standard = moments.standardised(mean, std)
    share = alpha / (4 if family.bounded else 5)
    tests = list(_tests(family, standard, blur, share))
    seen = detectable(family, moments.finite, share) + blur
    worst = min(tests, key=lambda test: test.log_p)
    bound = min(1.0, math.exp(max(worst.log_p, -700.0)) * alpha / share) if worst.log_p > -math.inf else 0.0
    failed = [test for test in tests if test.log_p < math.log(share)]
    if failed:
        told = _told(failed, standard.mean, standard.about(0.0)[0], standard.finite)
        reason = _explain(told, moments, law)
        return Verdict(outcome="fails", test=told.name, statistic=told.statistic, p_bound=bound, detectable=seen, reason=reason)
    if seen > VISIBLE:
        reason = f"{moments.finite:,} values could not have shown a std less than {seen:.2f} times the expected one; more seeds can"
        return Verdict(outcome="untested", test=worst.name, statistic=worst.statistic, p_bound=bound, detectable=seen, reason=reason)
    return Verdict(outcome="ok", test=worst.name, statistic=worst.statistic, p_bound=bound, detectable=seen)


@lru_cache(maxsize=4096)
def detectable(family: Family, count: int, share: float) -> float:
    """The smallest std ratio above 1 that one of the tests sees in 99.9 % of samples of ``count``; infinite for none."""
    wide = tails.widest(family, count, share, MISSED)
    if not family.bounded:
        return wide
    escape = -math.expm1(math.log(MISSED) / count)
    small, large = 1.0, 1.0
    while family.outside(family.support[0] / large, family.support[1] / large) < escape and large < 1e9:
        large *= 2
    for _ in range(60):
        middle = (small + large) / 2
        if family.outside(family.support[0] / middle, family.support[1] / middle) < escape:
            small = middle
        else:
            large = middle
    return min(wide, large)


def _tests(family: Family, standard: Moments, blur: float, share: float) -> Iterator[_Test]:
    """Every test of one tensor in units of the law's std; ``blur`` is what rounding may have moved."""
    n, low, high = standard.finite, standard.minimum, standard.maximum
    second, fourth = standard.about(0.0)
    if family.bounded:
        edges = [(1 + 2 * blur) * edge for edge in family.support]
        past = low < edges[0] or high > edges[1]
        yield _Test("support", -math.inf if past else 0.0, max(low / edges[0], high / edges[1]))
    root = math.sqrt(max(second, 0.0))
    yield _Test("scale", tails.log_scale(family, n, _towards(1.0, root, blur) ** 2), root)
    yield _Test("location", tails.log_location(family, n, _towards(0.0, standard.mean, blur)), standard.mean)
    beyond = 2 * min(family.below(low), family.above(high))
    yield _Test("extreme", tails.log_within(n, beyond - max(RESOLUTION, 4 * blur)), max(-low, high))
    reach = family.support[1]
    if not family.bounded:
        furthest = max(-low, high) * (1 - blur)
        reach = tails.reach(n, share)
        yield _Test("outlier", tails.log_beyond(n, 2 * family.above(furthest)), furthest)
        if furthest > reach:
            return
    expected = tails.expected_fourth(family, reach)
    yield _Test("shape", tails.log_shape(family, n, _towards(expected, fourth, 4 * blur * expected), reach), standard.kurtosis)


def _towards(expected: float, found: float, slack: float) -> float:
    """``found``, moved towards what is expected by as much as rounding may have moved it away."""
    return max(expected, found - slack) if found > expected else min(expected, found + slack)


def _told(failed: list[_Test], mean: float, second: float, count: int) -> _Test:
    """The failed test that names the cause: one wild value or a shift also widens, a wrong scale also shifts whatever mean there is."""
    by_name = {test.name: test for test in failed}
    if "outlier" in by_name and abs(second - by_name["outlier"].statistic ** 2 / count - 1) < abs(second - 1) / 2:
        return by_name["outlier"]
    if {"scale", "location"} <= by_name.keys():
        return by_name["location" if mean**2 >= abs(second - 1) / 2 else "scale"]
    return failed[0]


def _explain(test: _Test, moments: Moments, law: Distribution) -> str:
    mean, std = number(law.mean), number(law.std)
    spread = f"std {moments.std:.4g} where {std:.4g} is expected ({moments.std / std:.3g}×)"
    if test.name == "support":
        value = moments.minimum if moments.minimum < number(law.low) else moments.maximum
        return f"value {value:.4g} outside [{number(law.low):.4g}, {number(law.high):.4g}]; {spread}"
    if test.name == "location":
        return f"mean {moments.mean:.4g} where {mean:.4g} is expected ({(moments.mean - mean) / std:+.3g} std)"
    if test.name == "extreme":
        return f"all {moments.finite:,} values lie within [{moments.minimum:.4g}, {moments.maximum:.4g}], too narrow for {_article(law)} law; {spread}"
    if test.name == "outlier":
        return f"a value {test.statistic:.1f} std from the mean among {moments.finite:,}"
    if test.name == "shape":
        return f"kurtosis {moments.kurtosis:.3g}, not that of {_article(law)} law; {spread}"
    return spread


def _article(law: Distribution) -> str:
    return {"normal": "a normal", "uniform": "a uniform"}.get(law.kind, "a truncated normal")


def _without_clamped(moments: Moments, law: Distribution, family: Family) -> Moments:
    """Without values clamped to bounds that a truncated normal never reaches.

    Drawn as erfinv of a uniform number, one value in 2**24 is infinite before it is clamped to the bound: -2 for a std of 0.02.
    """
    if law.kind != "trunc_normal" or family.bounded:
        return moments
    low, high, std = number(law.low), number(law.high), number(law.std)
    if not (math.isclose(moments.minimum, low, rel_tol=1e-3) or math.isclose(moments.maximum, high, rel_tol=1e-3)):
        return moments
    n, bound = moments.count, max(-low, high)
    clamped = round((moments.fourths - 3 * n * std**4) / bound**4)
    if low != -high or clamped > 20 + 4 * n * RESOLUTION:
        return moments
    value = low if math.isclose(moments.minimum, low, rel_tol=1e-3) else high
    reach = min(tails.reach(n, MISSED), 5.0) * std
    return replace(
        moments,
        count=n - clamped,
        total=moments.total - clamped * value,
        squares=moments.squares - clamped * value**2,
        cubes=moments.cubes - clamped * value**3,
        fourths=moments.fourths - clamped * value**4,
        minimum=-reach,
        maximum=reach,
    )
