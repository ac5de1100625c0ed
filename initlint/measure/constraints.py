"""Laws that are exact constraints: what must hold to the last digit, and the law of what is left to chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from initlint.measure.continuous import against
from initlint.measure.families import NORMAL
from initlint.measure.moments import Moments
from initlint.measure.verdict import EPSILON, RESOLUTION, TINY, Verdict, number
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution, normal

if TYPE_CHECKING:
    import torch

CONSTRAINTS = ("constant", "orthogonal", "dirac", "eye", "sparse")
PROBES = 32
"""Random vectors that stand for a Gram matrix too expensive to form."""
MOST_PRODUCTS = 1 << 34
"""Above this many multiplications a Gram matrix is too expensive."""
_SLAB = 1 << 20


def constrained(moments: Moments, tensor: torch.Tensor | None, law: Distribution, alpha: float) -> Verdict:
    """Test a law that is an exact constraint; ``tensor`` where it is at hand."""
    if any(isinstance(value, Sym) for value in (law.mean, law.std, law.gain, law.zeros)):
        return Verdict(outcome="untested", reason="the law's numbers are not known")
    if law.kind == "constant":
        return _constant(moments, number(law.mean))
    if not moments.shape or len(moments.shape) < 2:
        return Verdict(outcome="untested", reason=f"{law.kind} is a constraint on a matrix: give one tensor at a time")
    if law.kind == "orthogonal":
        return _orthogonal(moments, tensor, number(law.gain if law.gain is not None else law.high), alpha)
    if law.kind == "sparse":
        return _sparse(moments, tensor, law, alpha)
    return _ones(moments, tensor, law)


def _constant(moments: Moments, value: float) -> Verdict:
    slack = 2 * _epsilon(moments) * abs(value)
    if value - slack <= moments.minimum and moments.maximum <= value + slack:
        return Verdict(outcome="ok", test="constant", statistic=0.0)
    furthest = max(abs(moments.minimum - value), abs(moments.maximum - value))
    spread = f"{moments.minimum:.4g}" if moments.minimum == moments.maximum else f"values in [{moments.minimum:.4g}, {moments.maximum:.4g}]"
    return _fails("constant", furthest, f"{spread} where every value should be {value:.4g}")


def _orthogonal(moments: Moments, tensor: torch.Tensor | None, gain: float, alpha: float) -> Verdict:
    """max|G / gain² − I| for the smaller Gram matrix G, and the law of the sum of all entries.

    Rounding moves an entry of G by less than 10ε·sqrt(longer side) where the matrix was orthogonalised in its own
    precision, and by less than 2ε where it was rounded afterwards, as half precision always is.
    """
    rows = moments.shape[0]
    columns = moments.count // rows
    longer, shorter = max(rows, columns), min(rows, columns)
    epsilon = _epsilon(moments)
    allowed = 2 * epsilon if moments.dtype in TINY or moments.dtype == "bfloat16" else 10 * epsilon * math.sqrt(longer) + 1e-7
    if tensor is None:
        deviation = abs(moments.squares / (gain**2 * shorter) - 1)
        told = f"the sum of squares is {moments.squares / (gain**2 * shorter):.4g} times that of an orthogonal matrix with gain {abs(gain):.4g}"
    else:
        deviation, exact = _gram_deviation(tensor.detach().reshape(rows, -1), gain)
        allowed = allowed if exact else 8 * allowed * math.sqrt(shorter)
        told = f"the Gram matrix over gain² is off the identity by {deviation:.3g}"
    seen = math.sqrt(1 + allowed)
    if not deviation <= allowed:
        return _fails("gram", deviation, f"{told}, more than rounding explains ({allowed:.1g})", seen)
    total = moments.total / (gain * math.sqrt(moments.count))
    bound = _sum_tail(total, longer)
    if bound < alpha:
        return Verdict(
            outcome="fails",
            test="sum",
            statistic=total,
            p_bound=bound,
            detectable=seen,
            reason="orthogonal, but not drawn uniformly: its entries lean to one side",
        )
    reason = "" if tensor is not None else "only the sum of squares was compared"
    return Verdict(outcome="ok", test="gram", statistic=deviation, p_bound=bound, detectable=seen, reason=reason)


def _sum_tail(total: float, longer: int) -> float:
    """P of a sum at least as far from 0: (total + 1) / 2 ~ Beta((m − 1) / 2, (m − 1) / 2) under the Haar measure."""
    if longer < 2:
        return 1.0
    from scipy.special import betainc

    half = (longer - 1) / 2
    return min(1.0, 2 * float(betainc(half, half, max(0.0, (1 - abs(total)) / 2))))


def _gram_deviation(matrix: torch.Tensor, gain: float) -> tuple[float, bool]:
    """max|G / gain² − I|; for a large matrix max|(G / gain² − I)·v| over random v, and False."""
    import torch

    matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    shorter, longer = matrix.shape
    exact = shorter**2 * longer <= MOST_PRODUCTS
    if exact:
        vectors = torch.eye(shorter, dtype=torch.float64, device=matrix.device)
    else:
        source = torch.Generator().manual_seed(0)
        vectors = torch.randn(shorter, PROBES, dtype=torch.float64, generator=source).to(matrix.device)
    product = torch.zeros_like(vectors)
    for slab in matrix.split(max(1, _SLAB // shorter), dim=1):
        wide = slab.to(torch.float64)
        product += wide @ wide.T if exact else wide @ (wide.T @ vectors)
    return float((product / gain**2 - vectors).abs().amax()), exact


def _sparse(moments: Moments, tensor: torch.Tensor | None, law: Distribution, alpha: float) -> Verdict:
    """The number of zeros in every column, then the law of what is left."""
    rows = moments.shape[0]
    columns = moments.count // rows
    if law.zeros is None or law.std is None:
        return Verdict(outcome="untested", reason="how sparse the law is is not known")
    share = number(law.zeros)
    due = round(share * rows)
    per_column = [moments.zeros / columns] if tensor is None else (tensor == 0).sum(0).tolist()
    surplus = moments.zeros - due * columns
    if min(per_column) < due or _chance_zeros(surplus, moments) < math.log(alpha):
        most = max(per_column, key=lambda zeros: abs(zeros - due))
        return _fails("zeros", most, f"a column with {most:g} zeros of {rows} where {due} are expected")
    values = normal(0.0, number(law.std) / math.sqrt(1 - share))
    return against(NORMAL, moments.without_zeros(moments.zeros), values, alpha)


def _chance_zeros(surplus: int, moments: Moments) -> float:
    """ln of a bound on P that so many draws round to 0."""
    likely = moments.count * max(RESOLUTION, TINY.get(moments.dtype, 0.0) * 100)
    return 0.0 if surplus <= likely else surplus * (1 + math.log(likely / surplus)) - likely


def _ones(moments: Moments, tensor: torch.Tensor | None, law: Distribution) -> Verdict:
    """Ones at the places of ``eye_`` or ``dirac_``, zeros everywhere else."""
    shape = moments.shape
    if law.kind == "eye":
        groups = [1]
    else:
        groups = [g for g in range(1, shape[0] + 1) if shape[0] % g == 0]
        if law.mean is not None:
            claimed = round(number(law.mean) * moments.count)
            groups = [g for g in groups if g * min(shape[0] // g, shape[1]) == claimed]
    for count in groups:
        ones = count * min(shape[0] // count, shape[1])
        if moments.zeros != moments.count - ones or moments.total != ones or moments.squares != ones:
            continue
        if tensor is None:
            return Verdict(outcome="untested", test=law.kind, reason=f"{ones} ones among zeros, as expected; give the tensor to compare their places")
        if all(bool((block.diagonal() == 1).all()) for block in _middles(tensor.detach(), count)):
            return Verdict(outcome="ok", test=law.kind, statistic=0.0)
    what = "the identity" if law.kind == "eye" else "an identity convolution"
    return _fails(
        law.kind, float(moments.count - moments.zeros), f"not {what}: {moments.count - moments.zeros:,} values are not 0, their sum is {moments.total:.4g}"
    )


def _middles(tensor: torch.Tensor, groups: int) -> list[torch.Tensor]:
    """The (out, in) map at the middle of the kernel, group by group."""
    middle: torch.Tensor = tensor.narrow(0, 0, tensor.shape[0])
    for size in tensor.shape[2:]:
        middle = middle.select(2, size // 2)
    return list(middle.chunk(groups))


def _fails(test: str, statistic: float, reason: str, seen: float | None = None) -> Verdict:
    return Verdict(outcome="fails", test=test, statistic=float(statistic), p_bound=0.0, detectable=seen, reason=reason)


def _epsilon(moments: Moments) -> float:
    return EPSILON.get(moments.dtype, EPSILON["float32"])
