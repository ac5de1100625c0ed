"""The verdict on a curve: the worst that a stretch without normalisation does to signal and gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from initlint.flow import Weight, descendants, gates, in_residual, is_parametric, is_transparent, normalised_after
from initlint.graph import Op
from initlint.signal.spread import Spread
from initlint.theory.propagate import Verdict, judge, worst

_SINCE = {"signal": "what it was where its scale was last set", "gradient": "that at the last hidden layer"}


class Place(Protocol):
    """What the verdict looks at of each place of a curve."""

    op: Op
    name: str
    signal: Spread | None
    certain: bool
    returns: bool
    forward: float | None
    backward: float | None


def judged(points: Sequence[Place]) -> tuple[Verdict | None, str]:
    """The worst factor up to the last hidden layer of each stretch, and in words where it is.

    Layers whose scale a normalisation removes, and those of residual branches, whose smallness is no loss, are left out;
    so is what rests on operations that are not followed.
    """
    if not any(point.signal is not None and point.certain and is_parametric(point.op) for point in points):
        return None, ""
    hidden = [point for point in points if is_parametric(point.op) and not _is_last(point.op) and not shielded(point.op)]
    ends = [point.backward for point in hidden if point.backward and point.returns]
    found: list[tuple[float, str, str]] = []
    for point in hidden:
        if point.forward is not None and point.certain:
            found.append((point.forward, "signal", point.name))
        if point.backward is not None and point.returns and ends:
            found.append((point.backward / ends[-1], "gradient", point.name))
    if not found:
        return "ok", "every hidden layer feeds a normalisation or a residual sum, which hold the scale"
    factor, quantity, name = max(found, key=lambda one: _distance(one[0]))
    verdict = worst(*(judge(one[0]) for one in found))
    if _distance(factor) < math.log(1.1):
        return verdict, "signal and gradient keep their scale"
    told = f"at {name} the second moment of the {quantity} is {factor:.3g} times {_SINCE[quantity]}"
    return verdict, f"signal and gradient keep their scale; furthest, {told}" if verdict == "ok" else told


def shielded(op: Op) -> bool:
    """Whether nothing behind ``op`` notices its scale, a residual sum holds it up, or it only opens and closes a gate."""
    if op.kind in ("attention", "embedding") or (op.kind == "layer" and op.layer is not None and op.layer.kind.startswith("Embedding")):
        return True
    target = op.layer or (Weight(op.parameter, None, (op,)) if op.parameter else None)
    return target is not None and (normalised_after(target) or in_residual(target) or gates(target) or _feeds_stream(op))


def _feeds_stream(op: Op) -> bool:
    """Whether every reader of ``op``, through sums, is a normalisation: it starts a residual stream that only norms look at."""
    seen, waiting, ends = set[int](), list(op.outputs), []
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if is_transparent(one) or one.kind in ("add", "concat", "choice"):
            waiting += one.outputs
        else:
            ends.append(one)
    return bool(ends) and all(one.kind == "norm" for one in ends)


def _distance(factor: float) -> float:
    return abs(math.log(factor)) if factor > 0 else math.inf


def _is_last(op: Op) -> bool:
    """Whether no layer with weights comes behind ``op``."""
    return not any(map(is_parametric, descendants(op)))
