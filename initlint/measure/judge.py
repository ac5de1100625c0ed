"""Whether measured values agree with a law, at a stated risk of a false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initlint.measure.constraints import constrained
from initlint.measure.continuous import against
from initlint.measure.families import family_of
from initlint.measure.moments import Moments, measure
from initlint.measure.verdict import ALPHA, FAMILY_ALPHA, Verdict
from initlint.theory.laws import Distribution

if TYPE_CHECKING:
    import torch

__all__ = ["ALPHA", "FAMILY_ALPHA", "Verdict", "judge"]


def judge(measured: Moments | torch.Tensor, law: Distribution | None, alpha: float = ALPHA, *, tensor: torch.Tensor | None = None) -> Verdict:
    """Test ``measured`` against ``law`` with at most ``alpha`` risk of a false alarm.

    Give the tensor itself where the law is an exact constraint (orthogonal, dirac, eye, sparse): moments alone settle
    only a part of those. ``tensor`` may be given beside its moments. Otherwise moments pooled over independent tensors are welcome.
    """
    tensor = tensor if isinstance(measured, Moments) else measured
    moments = measured if isinstance(measured, Moments) else measure({"": measured})[""]
    if law is None or not moments.count:
        return Verdict(outcome="untested", reason="no law to test" if law is None else "no values")
    if moments.nonfinite:
        reason = f"{moments.nonfinite:,} of {moments.count:,} values are not finite"
        return Verdict(outcome="fails", test="nonfinite", statistic=float(moments.nonfinite), p_bound=0.0, reason=reason)
    if law.kind in ("constant", "orthogonal", "dirac", "eye", "sparse"):
        return constrained(moments, tensor, law, alpha)
    family = family_of(law)
    if family is None:
        return Verdict(outcome="untested", reason=f"{law.law or law.kind}: not a law with numbers that can be tested")
    return against(family, moments, law, alpha)
