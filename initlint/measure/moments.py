"""Everything the tests need to know about a tensor, in one pass over its memory.

Tensors are read on the device they live on, and sums end in float64 there, so that half precision costs no accuracy. What
comes back is a handful of numbers per tensor, in one copy for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from initlint.measure.reduction import Reduced


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What was measured on one tensor, or on several that share a law.

    The sums are raw (about 0), in float64, and leave out values that are not finite.
    """

    count: int
    total: float
    squares: float
    cubes: float
    fourths: float
    minimum: float
    maximum: float
    zeros: int
    nonfinite: int = 0
    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    digest: str = ""
    """Equal for equal tensors; different ones differ almost surely, so compare the values before saying that they are equal."""

    @property
    def finite(self) -> int:
        """How many values the sums are over."""
        return self.count - self.nonfinite

    @property
    def mean(self) -> float:
        """The sample mean."""
        return self.total / self.finite if self.finite else math.nan

    @property
    def std(self) -> float:
        """The root mean square deviation from the sample mean."""
        return math.sqrt(max(self.about(self.mean)[0], 0.0)) if self.finite else math.nan

    @property
    def kurtosis(self) -> float:
        """The fourth central moment over the squared variance: 3 for a normal law; not a number for a constant."""
        second, fourth = self.about(self.mean)
        return fourth / second**2 if second > 0 else math.nan

    def about(self, centre: float) -> tuple[float, float]:
        """The mean second and fourth powers of the deviation from ``centre``."""
        n, c = self.finite, centre
        if not n:
            return math.nan, math.nan
        second = (self.squares - 2 * c * self.total) / n + c**2
        fourth = (self.fourths - 4 * c * self.cubes + 6 * c**2 * self.squares - 4 * c**3 * self.total) / n + c**4
        return second, fourth

    def without_zeros(self, pinned: int) -> Moments:
        """The same without ``pinned`` entries that are zero by construction, such as the padding row of an embedding."""
        pinned = min(pinned, self.zeros)
        return replace(self, count=self.count - pinned, zeros=self.zeros - pinned)

    def standardised(self, mean: float, std: float) -> Moments:
        """The moments of ``(values − mean) / std``: units in which tensors of one family but several scales can be pooled."""
        n, c = self.finite, mean
        second, fourth = self.about(c)
        third = self.cubes - 3 * c * self.squares + 3 * c**2 * self.total - n * c**3
        return replace(
            self,
            total=(self.total - n * c) / std,
            squares=n * second / std**2 if n else 0.0,
            cubes=third / std**3,
            fourths=n * fourth / std**4 if n else 0.0,
            minimum=(self.minimum - c) / std,
            maximum=(self.maximum - c) / std,
            zeros=0 if c else self.zeros,
        )


def measure(tensors: Mapping[str, torch.Tensor], *, slices: Mapping[str, int] | None = None) -> dict[str, Moments]:
    """The moments of every tensor, by name.

    ``slices`` names tensors that stack several maps of equal size along dimension 0 (the 4 gates of an LSTM, the 3 maps of
    a packed QKV projection); each map is measured on its own, under ``name[0]``, ``name[1]`` … Raises ``ValueError`` for
    a tensor without values (on ``meta``, or lazy) and for one that cannot be cut that way.
    """
    import torch

    from initlint.measure.passes import reduced

    found: dict[str, Moments] = {}
    with torch.no_grad():
        named = {name: _real(name, tensor) for name, tensor in _cut(tensors, slices or {})}
        by_device: dict[torch.device, list[str]] = {}
        for name, tensor in named.items():
            by_device.setdefault(tensor.device, []).append(name)
        for names in by_device.values():
            found |= {name: _moments(named[name], one) for name, one in zip(names, reduced([named[name] for name in names]), strict=True)}
    return {name: found[name] for name in named}


def pool(measured: Iterable[Moments]) -> Moments:
    """One set of moments for independent tensors of one law, the same parameter under several seeds above all.

    A tensor that repeats another (a clone, a tied weight, a parameter no seed reaches) enters once: it brings no evidence.
    Raises ``ValueError`` where there is nothing to pool.
    """
    distinct = list({m.digest or index: m for index, m in enumerate(measured)}.values())
    if not distinct:
        raise ValueError("nothing to pool")
    first = distinct[0]
    if len(distinct) == 1:
        return first
    return Moments(
        count=sum(m.count for m in distinct),
        total=math.fsum(m.total for m in distinct),
        squares=math.fsum(m.squares for m in distinct),
        cubes=math.fsum(m.cubes for m in distinct),
        fourths=math.fsum(m.fourths for m in distinct),
        minimum=min(m.minimum for m in distinct),
        maximum=max(m.maximum for m in distinct),
        zeros=sum(m.zeros for m in distinct),
        nonfinite=sum(m.nonfinite for m in distinct),
        shape=first.shape,
        dtype=next((m.dtype for m in distinct if m.dtype in ("bfloat16", "float16")), first.dtype),
    )


def _real(name: str, tensor: torch.Tensor) -> torch.Tensor:
    import torch

    if torch.nn.parameter.is_lazy(tensor):
        raise ValueError(f"{name}: a lazy parameter has no values before the first forward pass")
    if tensor.is_meta:
        raise ValueError(f"{name}: a tensor on the meta device has no values to measure")
    tensor = tensor.detach()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def _cut(tensors: Mapping[str, torch.Tensor], slices: Mapping[str, int]) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in tensors.items():
        parts = slices.get(name, 1)
        if parts == 1:
            yield name, tensor
        elif tensor.dim() == 0 or tensor.shape[0] % parts:
            raise ValueError(f"{name}: shape {tuple(tensor.shape)} is not {parts} maps of equal size along dimension 0")
        else:
            yield from ((f"{name}[{index}]", part) for index, part in enumerate(tensor.chunk(parts)))


def _moments(tensor: torch.Tensor, reduced: Reduced) -> Moments:
    total, squares, cubes, fourths, nonzero, low, high = reduced.row
    shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
    return Moments(
        count=tensor.numel(),
        total=total,
        squares=squares,
        cubes=cubes,
        fourths=fourths,
        minimum=low,
        maximum=high,
        zeros=tensor.numel() - reduced.lost - int(nonzero),
        nonfinite=reduced.lost,
        shape=shape,
        dtype=dtype,
        digest=f"{dtype}:{'×'.join(map(str, shape))}:{reduced.digest & (1 << 64) - 1:016x}",
    )
