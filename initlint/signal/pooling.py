"""Pooling: neighbouring positions count as independent but for what all positions share."""

from __future__ import annotations

import math
from functools import lru_cache

from initlint.graph import Op
from initlint.signal.extents import DIMENSIONS, Extents, along
from initlint.signal.spread import Mapped, Spread, averaged
from initlint.theory.activations import gauss_legendre

ALL = "averaged over many positions: what they share is left; the gradient is shown without the division by their number, which --input would tell"
ROUGH = "pooling shown as if it kept the moments: its window is not known"
_ONE = (1, (1,), (1, 1), (1, 1, 1))
_HALF = 0.05
"""Up to this lift, a positive signal is taken for the rectified half of one around 0."""
_EDGES = tuple(float(step) for step in range(-8, 9))


def pooled(op: Op, signal: Spread, before: Extents | None = None, after: Extents | None = None) -> Mapped:
    """A pooling layer or function, from so many positions to so many, where that is known."""
    arguments = {**op.detail, **(op.layer.arguments if op.layer else {})}
    kind = (op.layer.kind if op.layer else op.name).lower().replace("_", "")
    if op.name == "mean" or "adaptiveavg" in kind:
        return _over_all(signal, op.name == "mean" or arguments.get("output_size") in _ONE, before, after)
    dimensions = int(found[1]) if (found := DIMENSIONS.search(kind)) else 1
    window, step = _size(arguments.get("kernel_size"), dimensions), _size(arguments.get("stride"), dimensions)
    if "adaptive" in kind or window is None:
        return Mapped(signal, 1.0, ROUGH)
    step = step or window
    if "avg" in kind:
        return Mapped(averaged(signal, window), 1 / (window * step), sparsity=step)
    if "max" in kind:
        made, share = _largest(signal, window)
        return Mapped(made, share / step, sparsity=step)
    return Mapped(signal, 1.0, ROUGH)


def _over_all(signal: Spread, wholly: bool, before: Extents | None, after: Extents | None) -> Mapped:
    """An average over as many positions as there are."""
    if before is None or (after is None and not wholly):
        return Mapped(averaged(signal, math.inf), 1.0, ALL, coherence=None) if wholly else Mapped(signal, 1.0, ROUGH)
    count = math.prod(before) / (1 if wholly or after is None else math.prod(after))
    if count < 1:  # positions are copied, and their gradients come together again
        return Mapped(signal, 1 / count)
    return Mapped(averaged(signal, count), 1 / count**2, sparsity=count**2, coherence=None)


def _size(value: object, dimensions: int) -> float | None:
    """Positions in a window, or between windows."""
    sizes = along(value, dimensions)
    return float(math.prod(sizes)) if sizes and min(sizes) > 0 else None


def _largest(signal: Spread, window: float) -> tuple[Spread, float]:
    """The maximum over a window, and how much oftener than any position the one it came from lets a rectifier's gradient pass."""
    if not signal.positive:
        share = signal.common / signal.variance if signal.variance > 0 else 0.0
        mean, square, *_ = _maximum(window, round(share, 6), 0.0)
        made = Spread(signal.mean + math.sqrt(signal.variance) * mean, signal.variance * max(0.0, square - mean * mean), signal.common)
        return made, 1.0
    if signal.mean <= 0 or signal.variance <= 0:
        return signal, 1.0
    lift = max(0.0, _lift(round(signal.second / signal.mean**2, 6)))  # below 0, units differ from one another
    share = signal.common / signal.variance if lift > _HALF else _before_rectifier(round(signal.shared / signal.second, 6))
    std = signal.mean / _rectified(lift)[0]
    _, _, above, above_square, open_ = _maximum(window, round(share, 6), lift)
    variance = std * std * max(0.0, above_square - above * above)
    return Spread(std * above, variance, min(variance, signal.common), positive=True), open_ / _cdf(lift)


def _rectified(lift: float) -> tuple[float, float]:
    """Mean and second moment of (z + lift)⁺, z standard normal."""
    return lift * _cdf(lift) + _density(lift), (1 + lift * lift) * _cdf(lift) + lift * _density(lift)


@lru_cache(maxsize=256)
def _lift(ratio: float) -> float:
    """The lift that gives a rectified normal this ratio of second moment to squared mean: 0 where it is π."""
    low, high = -3.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        mean, second = _rectified(middle)
        low, high = (middle, high) if second / mean**2 > ratio else (low, middle)
    return low


@lru_cache(maxsize=256)
def _before_rectifier(ratio: float) -> float:
    """The correlation of two normals whose rectified second moment is shared to ``ratio`` (Cho & Saul 2009), which is 1/π at 0."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        kernel = (math.sqrt(1 - middle * middle) + (math.pi - math.acos(middle)) * middle) / math.pi
        low, high = (middle, high) if kernel < ratio else (low, middle)
    return low


@lru_cache(maxsize=256)
def _maximum(window: float, share: float, lift: float) -> tuple[float, float, float, float, float]:
    """E m, E m², and E, E ² and P > 0 of (m + lift)⁺, for the maximum m of standard normals that share that much variance."""
    total = [0.0] * 5
    wide, narrow = math.sqrt(share), math.sqrt(1 - share)
    outer = [(s, panel * _density(s)) for s, panel in gauss_legendre(_EDGES)] if share else [(0.0, 1.0)]
    inner = [(t, panel * window * _density(t) * _cdf(t) ** (window - 1)) for t, panel in gauss_legendre(_EDGES)]
    for s, outer_weight in outer:
        for t, inner_weight in inner:
            m, weight = wide * s + narrow * t, outer_weight * inner_weight
            above = max(m + lift, 0.0)
            for place, value in enumerate((m, m * m, above, above * above, float(m + lift > 0))):
                total[place] += weight * value
    return total[0], total[1], total[2], total[3], total[4]


def _cdf(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
