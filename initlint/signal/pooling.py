"""Pooling: neighbouring positions count as independent but for what all positions share."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from initlint.graph import Op
from initlint.signal.spread import Mapped, Spread, averaged
from initlint.theory.activations import gauss_legendre

ALL = "averaged over many positions: what they share is left; the gradient is shown without the division by their number"
ROUGH = "pooling shown as if it kept the moments: its window is not known"
_ONE = (1, (1,), (1, 1), (1, 1, 1))
_EDGES = tuple(float(step) for step in range(-8, 9))


def pooled(op: Op, signal: Spread) -> Mapped:
    """A pooling layer or function."""
    arguments = {**op.detail, **(op.layer.arguments if op.layer else {})}
    kind = (op.layer.kind if op.layer else op.name).lower().replace("_", "")
    if op.name == "mean" or ("adaptiveavg" in kind and arguments.get("output_size") in _ONE):
        return Mapped(averaged(signal, math.inf), 1.0, ALL)
    dimensions = int(found[1]) if (found := re.search(r"(\d)d", kind)) else 1
    window = _size(arguments.get("kernel_size"), dimensions)
    if "adaptive" in kind or window is None:
        return Mapped(signal, 1.0, ROUGH)
    step = _size(arguments.get("stride"), dimensions) or window
    if "avg" in kind:
        return Mapped(averaged(signal, window), 1 / (window * step), sparsity=step)
    if "max" in kind:
        made, share = _largest(signal, window)
        return Mapped(made, share / step, sparsity=step)
    return Mapped(signal, 1.0, ROUGH)


def _size(value: object, dimensions: int) -> float | None:
    """Positions in a window, or between windows."""
    sizes = value if isinstance(value, (tuple, list)) else [value] * dimensions
    numbers = [float(size) for size in sizes if isinstance(size, int) and size > 0]
    return math.prod(numbers) if numbers and len(numbers) == len(sizes) else None


def _largest(signal: Spread, window: float) -> tuple[Spread, float]:
    """The maximum over a window, and how much oftener than any position the one it came from lets a rectifier's gradient pass."""
    if signal.positive:
        share = _before_rectifier(round(signal.shared / signal.second, 6)) if signal.second > 0 else 0.0
    else:
        share = signal.common / signal.variance if signal.variance > 0 else 0.0
    variance = 2 * signal.second if signal.positive else signal.variance
    mean, square, above, above_square, open_ = _maximum(window, round(share, 6))
    std = math.sqrt(variance)
    if not signal.positive:
        made = Spread(signal.mean + std * mean, variance * max(0.0, square - mean * mean), signal.common)
        return made, 1.0
    spread = variance * max(0.0, above_square - above * above)
    return Spread(std * above, spread, min(spread, signal.common), positive=True), 2 * open_


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
def _maximum(window: float, share: float) -> tuple[float, float, float, float, float]:
    """E m, E m², E m⁺, E (m⁺)² and P(m > 0) of the maximum m of standard normals that share that much variance."""
    total = [0.0] * 5
    wide, narrow = math.sqrt(share), math.sqrt(1 - share)
    outer = [(s, panel * _density(s)) for s, panel in gauss_legendre(_EDGES)] if share else [(0.0, 1.0)]
    inner = [(t, panel * window * _density(t) * (math.erfc(-t / math.sqrt(2)) / 2) ** (window - 1)) for t, panel in gauss_legendre(_EDGES)]
    for s, outer_weight in outer:
        for t, inner_weight in inner:
            m, weight = wide * s + narrow * t, outer_weight * inner_weight
            above = max(m, 0.0)
            for place, value in enumerate((m, m * m, above, above * above, float(m > 0))):
                total[place] += weight * value
    return total[0], total[1], total[2], total[3], total[4]


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
