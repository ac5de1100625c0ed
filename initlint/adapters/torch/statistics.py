"""Statistics of what was drawn (``weight.std()``): numbers near those that the law has, the nearer the more values there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.tensors import new_tensor
from initlint.adapters.torch.writes import current
from initlint.interpreter.values import Tensor
from initlint.theory.laws import Distribution

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

KURTOSIS = {"normal": 3.0, "uniform": 1.8, "trunc_normal": 3.0}
"""Fourth moments over squared variances; that of a truncated normal is 3 at most, and near it unless little is left."""
FEWEST = 4
"""Fewer values than this have a norm of which the first two terms of an expansion say too little."""
NEAR = 0.05
"""How far, relatively, a number may vary from draw to draw for arithmetic to take its mean for it."""
NAMES = ("mean", "std", "var", "norm")


def statistic(call: Call, name: str) -> Tensor:
    """``tensor.std(dim, keepdim=…)`` and its kin."""
    tensor, law = call.args[0], current(call.args[0])
    rest = call.args[2:] if name == "norm" else call.args[1:]
    power = call.get(1, "p", 2) if name == "norm" else 2
    dims = call.kwargs.get("dim", rest[0] if rest else None)
    keep = call.kwargs.get("keepdim", rest[1] if len(rest) > 1 else False)
    shape, count = _reduced(tensor.shape, dims, keep)
    known = count is not None and law is not None and power in (2, None) and not call.kwargs.keys() - {"p", "dim", "keepdim"}
    made = LAWS[name](law, count) if known else None
    return new_tensor(shape, made, reason="" if made else f"computed by {name}()")


def _reduced(shape: Any, dims: Any, keep: Any) -> tuple[Any, Optional[int]]:
    """The shape that is left, and how many values go into each of its entries; None where that is not known."""
    if shape is None or not all(isinstance(size, int) for size in shape):
        return None, None
    wanted = range(len(shape)) if dims is None or isinstance(dims, bool) else [dims] if isinstance(dims, int) else dims
    if not isinstance(wanted, Sequence) or not all(isinstance(d, int) and -len(shape) <= d < len(shape) for d in wanted):
        return None, None
    gone = {d % len(shape) for d in wanted}
    left = tuple(1 if i in gone else size for i, size in enumerate(shape) if keep is True or i not in gone)
    return left, math.prod(shape[i] for i in gone)


def norm_law(law: Optional[Distribution], count: int) -> Optional[Distribution]:
    """The law of the Euclidean norm of ``count`` independent values: sqrt(n)·σ, less what its own variance, (kurtosis − 1)/4·σ², takes from the mean."""
    if law is not None and law.kind == "constant" and isinstance(law.mean, (int, float)):
        return _near(abs(law.mean) * math.sqrt(count), 0.0, f"norm of {count} equal values")
    if law is None or law.mean != 0 or law.kind not in KURTOSIS or not isinstance(law.std, (int, float)) or count < FEWEST:
        return None
    spread = (KURTOSIS[law.kind] - 1) / 4
    return _near(law.std * math.sqrt(count) * (1 - spread / (2 * count)), law.std * math.sqrt(spread), f"norm of {count} values")


def _mean_law(law: Distribution, count: int) -> Optional[Distribution]:
    if law.kind not in KURTOSIS or not isinstance(law.std, (int, float)) or not isinstance(law.mean, (int, float)):
        return None
    return _near(law.mean, law.std / math.sqrt(count), f"mean of {count} values")


def _spread_law(power: int) -> Callable[[Distribution, int], Optional[Distribution]]:
    """The standard deviation (``power`` 1) or variance (2) of ``count`` values."""

    def made(law: Distribution, count: int) -> Optional[Distribution]:
        if law.kind not in (*KURTOSIS, "orthogonal") or not isinstance(law.std, (int, float)) or count < FEWEST:
            return None
        error = power / 2 * math.sqrt((KURTOSIS.get(law.kind, 3.0) - 1) / count)
        return _near(law.std**power, law.std**power * error, f"{'std' if power == 1 else 'variance'} of {count} values")

    return made


LAWS: dict[str, Callable[[Any, Any], Optional[Distribution]]] = {"mean": _mean_law, "std": _spread_law(1), "var": _spread_law(2), "norm": norm_law}


def _near(mean: float, std: float, law: str) -> Distribution:
    return Distribution(kind="custom", mean=mean, std=std, law=law)


def nearly(law: Distribution) -> bool:
    """Whether what ``law`` gives is nearly always its mean."""
    return (
        law.kind == "custom" and isinstance(law.mean, (int, float)) and isinstance(law.std, (int, float)) and law.mean != 0 and law.std <= NEAR * abs(law.mean)
    )


def mapped(law: Distribution, function: Callable[[float], float]) -> Optional[Distribution]:
    """The law of ``function`` of a number that is nearly always the mean of ``law``."""
    if not nearly(law):
        return None
    mean, std = float(law.mean), float(law.std)  # type: ignore[arg-type]
    return Distribution(kind="custom", mean=function(mean), std=abs(function(mean + std) - function(mean - std)) / 2)


def unbounded(law: Optional[Distribution]) -> Optional[Distribution]:
    """``law`` after arithmetic with a number that is only nearly known: bounds are not."""
    return None if law is None else replace(law, kind="custom", low=None, high=None)
