"""The curve of a model: second moments of signal and gradient at every operation of its forward pass.

Inputs have mean 0 and variance 1, the gradient at the outputs has second moment 1. What is not known breaks the
curve and says why; a normalisation starts it anew, for what leaves it does not depend on what enters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from initlint.flow import Weight, in_residual, is_parametric, normalised_after, signals
from initlint.graph import ModelGraph, Op
from initlint.signal import maps
from initlint.signal.maps import Lost, Mapped, Spread
from initlint.theory.propagate import Verdict, judge, worst

SILENT = frozenset({"input", "const", "view", "output", "choice", "identity", "pad", "container"})
"""Operations that get no place of their own on the curve."""
_LARGEST = 1e300
_SINCE = {"signal": "what it was where its scale was last set", "gradient": "that at the last hidden layer"}


@dataclass(slots=True, kw_only=True, eq=False)
class Point:
    """One operation."""

    op: Op
    name: str
    signal: Spread | None = None
    gradient: float | None = None
    """The second moment of the gradient behind the operation."""
    note: str = ""
    """What was assumed here, or why nothing is known."""
    forward: float | None = None
    """Second moment relative to where the scale was last set: at an input, a table, a normalisation."""
    backward: float | None = None
    """That of the gradient, relative to the next such place."""

    @property
    def lost(self) -> bool:
        """Whether the curve breaks here."""
        return self.signal is None

    @property
    def second(self) -> float | None:
        """E x²."""
        return None if self.signal is None else self.signal.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """All operations in the order of execution."""

    points: tuple[Point, ...]
    verdict: Verdict | None
    """Of what stretches between normalisations do to signal and gradient; None where nothing is known."""
    reason: str
    """The verdict in words."""

    @property
    def lost(self) -> list[Point]:
        """Where nothing is known for a reason of the place's own."""
        return [point for point in self.points if point.lost and point.note]


def predict(graph: ModelGraph) -> Curve:
    """The curve of ``graph``."""
    points = {id(op): Point(op=op, name=_name(op)) for op in graph.ops}
    factors: dict[int, float | None] = {}
    for op in graph.ops:
        _forward(op, points, factors)
    for op in reversed(graph.ops):
        _backward(op, points, factors)
    shown = tuple(points[id(op)] for op in graph.ops if op.kind not in SILENT)
    verdict, reason = _judged(graph, shown)
    return Curve(points=shown, verdict=verdict, reason=reason)


def _forward(op: Op, points: dict[int, Point], factors: dict[int, float | None]) -> None:
    point = points[id(op)]
    given = [points[id(source)] for source in op.inputs if id(source) in points]
    try:
        mapped = _mapped(op, [one.signal for one in given])
    except Lost as error:
        point.note, factors[id(op)] = str(error), None
        return
    made = mapped.signal
    point.note, factors[id(op)] = mapped.note, mapped.gradient
    if made is None or not math.isfinite(made.second) or made.second > _LARGEST:
        point.note = mapped.note or ("" if made is None else "beyond every number")
        return
    point.signal = made
    known = [one for one in given if one.signal is not None and one.forward is not None]
    if op.kind in ("norm", "input", "embedding") or _looks_up(op) or not known:
        point.forward = 1.0
    else:
        main = max(known, key=lambda one: one.second or 0.0)
        point.forward = (main.forward or 0.0) * (made.second / main.second if main.second else 0.0)


def _mapped(op: Op, given: list[Spread | None]) -> Mapped:
    if op.kind == "input":
        return Mapped(Spread(0.0, 1.0), 1.0)
    if op.kind == "const":
        return Mapped(
            maps.spread(op.parameter, op.parameter.name) if op.parameter else Spread(0.0, 0.0), None, "" if op.parameter else "a constant, taken for 0"
        )
    if op.kind == "embedding" or _looks_up(op):
        return maps.embedded(op)
    if op.kind == "norm":
        return maps.normalised(op, given[0] if given else None)
    known = [one for one in given if one is not None]
    if len(known) < len(given) or not known:
        return Mapped(None, None)
    handler = _HANDLERS.get(op.kind)
    if handler is None:
        raise Lost(f"{op.name or op.kind} is not followed")
    return handler(op, known)


def _product(op: Op, given: list[Spread]) -> Mapped:
    factor = op.detail.get("factor")
    if isinstance(factor, (int, float)):
        if op.kind == "div":
            if factor == 0:
                raise Lost("a division by 0")
            factor = 1 / factor
        return Mapped(Spread(given[0].mean * factor, given[0].variance * factor * factor), factor * factor)
    if op.kind == "div" or len(given) != 2:
        raise Lost("its factor is not known")
    return Mapped(maps.times(*given), None, "factors taken for independent")


def _sum(op: Op, given: list[Spread]) -> Mapped:
    total = given[0]
    for one in given[1:]:
        total = maps.plus(total, Spread(-one.mean, one.variance) if op.kind == "sub" else one)
    return Mapped(total, 1.0)


def _concat(op: Op, given: list[Spread]) -> Mapped:
    mean = sum(one.mean for one in given) / len(given)
    second = sum(one.second for one in given) / len(given)
    alike = max(one.second for one in given) <= 1.01 * min(one.second for one in given)
    return Mapped(Spread(mean, max(0.0, second - mean * mean)), 1.0, "" if alike else "parts weighted alike")


def _matmul(op: Op, given: list[Spread]) -> Mapped:
    if op.parameter is None:
        raise Lost("a product of two signals")
    return maps.weighted(op, given[0])


def _kept(op: Op, given: list[Spread]) -> Mapped:
    return Mapped(given[0], 1.0)


def _pooled(op: Op, given: list[Spread]) -> Mapped:
    size = op.layer.arguments.get("output_size") if op.layer and op.layer.kind.startswith("AdaptiveAvg") else None
    if op.name == "mean" or size in (1, (1,), (1, 1), (1, 1, 1)):
        return Mapped(
            Spread(given[0].mean, 0.0, given[0].positive),
            1.0,
            "averaged over many positions: the mean is left; the gradient is shown without the division by their number",
        )
    return Mapped(given[0], 1.0, "pooling shown as if it kept the moments")


def _reduced(op: Op, given: list[Spread]) -> Mapped:
    if op.name != "mean":
        raise Lost(f"{op.name or 'a reduction'} is not followed")
    return _pooled(op, given)


_HANDLERS: dict[str, Callable[[Op, list[Spread]], Mapped]] = {
    "layer": lambda op, given: maps.weighted(op, given[0]),
    "matmul": _matmul,
    "activation": lambda op, given: maps.activated(op, given[0]),
    "dropout": lambda op, given: maps.dropped(op.layer, given[0]),
    "attention": maps.attended,
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "div": _product,
    "concat": _concat,
    "pool": _pooled,
    "reduce": _reduced,
    "interpolate": _pooled,
    **dict.fromkeys(("view", "output", "identity", "pad", "choice"), _kept),
}


def _looks_up(op: Op) -> bool:
    return op.kind == "layer" and op.layer is not None and op.layer.kind.startswith("Embedding")


def _backward(op: Op, points: dict[int, Point], factors: dict[int, float | None]) -> None:
    point = points[id(op)]
    if not op.outputs:
        point.gradient = point.backward = 1.0
        return
    total, relative, parts = 0.0, 0.0, [one for one in op.outputs if one.name == "part"]
    for consumer in dict.fromkeys(op.outputs):
        after, factor = points.get(id(consumer)), _factor(op, consumer, points, factors)
        if after is None or after.gradient is None or factor is None:
            return
        total += after.gradient * factor / (len(parts) if consumer in parts else 1)
        relative = max(relative, 1.0 if consumer.kind == "norm" else (after.backward or 0.0) * factor)
    point.gradient, point.backward = min(total, _LARGEST), min(relative, _LARGEST)


def _factor(op: Op, consumer: Op, points: dict[int, Point], factors: dict[int, float | None]) -> float | None:
    """On the way back from ``consumer`` to ``op``; softmax is flat enough that only the values of attention get a gradient."""
    if consumer.kind == "attention" and consumer.inputs[-1] is not op:
        return 0.0
    others = [points[id(one)].second for one in consumer.inputs if one is not op and id(one) in points]
    if consumer.kind == "mul" and len(consumer.inputs) == 2 and others:
        return others[0]
    return factors.get(id(consumer))


def _judged(graph: ModelGraph, points: tuple[Point, ...]) -> tuple[Verdict | None, str]:
    """The worst that a stretch without normalisation does up to its last hidden layer.

    Layers whose scale a normalisation removes, and those of residual branches, whose smallness is no loss, are left out.
    """
    if not any(point.signal is not None and is_parametric(point.op) for point in points):
        return None, graph.forward_reason or "the forward pass shows no layer whose signal is known"
    hidden = [point for point in points if is_parametric(point.op) and not _is_last(point.op) and not _shielded(point.op)]
    verdict: Verdict = "ok"
    told = "every hidden layer feeds a normalisation or a residual sum"
    worst_yet = 0.0
    if hidden:
        told = "signal and gradient keep their scale"
    ends = [point.backward for point in hidden if point.backward]
    for point in hidden:
        for quantity, factor in (("signal", point.forward), ("gradient", point.backward / ends[-1] if point.backward is not None and ends else None)):
            if factor is not None and _distance(factor) > worst_yet:
                worst_yet, verdict = _distance(factor), worst(verdict, judge(factor))
                told = f"at {point.name} the second moment of the {quantity} is {factor:.3g} times {_SINCE[quantity]}"
    return verdict, told


def _shielded(op: Op) -> bool:
    if op.kind == "attention" or _looks_up(op) or op.kind == "embedding":
        return True
    target = op.layer or (Weight(op.parameter, None, (op,)) if op.parameter else None)
    return target is not None and (normalised_after(target) or in_residual(target))


def _distance(factor: float) -> float:
    return abs(math.log(factor)) if factor > 0 else math.inf


def _is_last(op: Op) -> bool:
    """Whether no layer with weights comes behind ``op``."""
    seen, waiting = set[int](), list(op.outputs)
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            if is_parametric(one):
                return False
            seen.add(id(one))
            waiting += one.outputs
    return True


def _name(op: Op) -> str:
    if op.layer is not None and op.layer.path:
        return op.layer.path
    if op.parameter is not None:
        return op.parameter.name
    kind = "sum" if op.kind == "add" and len(signals(op)) > 1 else op.name if op.kind in ("activation", "opaque", "attention") else op.kind
    return f"{kind or op.kind} (line {op.site.row})" if op.site else kind or op.kind
