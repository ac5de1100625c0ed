"""The curve of a model: second moments of signal and gradient at every operation of its forward pass.

Inputs have mean 0 and variance 1, the gradient at the outputs has second moment 1. Where an operation is not followed,
the curve says so and goes on as if it handed on what it was given; it is certain again behind the next normalisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from initlint.flow import descendants, is_parametric, signals
from initlint.graph import ModelGraph, Op
from initlint.signal import attention, maps, nonlinear, pooling, recurrent
from initlint.signal.extents import Extents, extents, taps
from initlint.signal.spread import Lost, Mapped, Spread, plus, scaled, times
from initlint.signal.verdict import judged
from initlint.theory.propagate import Verdict

SILENT = frozenset({"input", "const", "view", "output", "choice", "identity", "pad", "container"})
"""Operations that get no place of their own on the curve."""
RESETS = ("norm", "input", "embedding")
"""Operations behind which the scale is known whatever came before."""
_LARGEST = 1e300
_Factors = dict[int, Mapped]
"""What each operation does."""


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
    lost: bool = False
    """Whether the operation is not followed, so that the curve goes on as if it were not there."""
    certain: bool = True
    """Whether nothing of the signal rests on an operation that is not followed."""
    returns: bool = True
    """The same of the gradient."""
    forward: float | None = None
    """Second moment relative to where the scale was last set: at an input, a table, a normalisation."""
    backward: float | None = None
    """That of the gradient, relative to the next such place."""
    alike: float = 0.0
    """The share of the gradient's second moment that all positions have alike."""

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
        """What is not followed."""
        return [point for point in self.points if point.lost]


def predict(graph: ModelGraph, shape: Sequence[int] | None = None) -> Curve:
    """The curve of ``graph``; where the ``shape`` of its input is known, with the number of positions everywhere."""
    points = {id(op): Point(op=op, name=_name(op)) for op in graph.ops}
    factors: _Factors = {}
    places = _Places(extents(graph, shape), attention.tokens_of(graph))
    for op in graph.ops:
        _forward(op, points, factors, places)
    ends = {id(op) for op in graph.ops if op.kind == "output"} or {id(op) for op in graph.ops if not op.outputs}
    for op in reversed(graph.ops):
        if op.outputs:
            _backward(op, points, factors, places)
        else:
            points[id(op)].gradient = points[id(op)].backward = float(id(op) in ends)  # what nothing uses gets none
    reached = _reached(graph)
    shown = tuple(points[id(op)] for op in graph.ops if op.kind not in SILENT and (id(op) in reached or is_parametric(op)))
    verdict, reason = judged(shown)
    nothing = "every layer rests on operations that are not followed" if shown else "the forward pass shows no operation"
    reason = reason or graph.forward_reason or nothing
    return Curve(points=shown, verdict=verdict, reason=reason)


def _reached(graph: ModelGraph) -> set[int]:
    """Operations that the input reaches; what a mask or an index is made of is none of the signal."""
    starts = [op for op in graph.ops if op.kind == "input"] or graph.ops
    return {id(op) for start in starts for op in (start, *descendants(start))}


class _Places(NamedTuple):
    """What is known of the positions of a signal."""

    extents: dict[int, Extents]
    tokens: int | None

    def before(self, op: Op) -> Extents | None:
        return max((self.extents[id(one)] for one in op.inputs if id(one) in self.extents), key=math.prod, default=None)

    def inside(self, op: Op) -> tuple[float, float]:
        """Shares of the products of a convolution that are not with padding."""
        before, after = self.before(op), self.extents.get(id(op))
        conv = op.layer is not None and "conv" in op.layer.kind.lower() and "transpose" not in op.layer.kind.lower()
        return taps(op, before, after) if conv and before is not None and after is not None else (1.0, 1.0)

    def spread(self, op: Op, consumer: Op) -> float:
        """Over how many positions of ``consumer`` one of ``op`` is spread."""
        before, after = self.extents.get(id(op)), self.extents.get(id(consumer))
        return math.prod(after) / math.prod(before) if before and after else 1.0

    def pool(self, op: Op, signal: Spread) -> Mapped:
        return pooling.pooled(op, signal, self.before(op), self.extents.get(id(op)))


def _forward(op: Op, points: dict[int, Point], factors: _Factors, places: _Places) -> None:
    point = points[id(op)]
    values = attention.averages(op) if op.kind == "matmul" else None
    given = [points[id(source)] for source in ([values] if values is not None else op.inputs) if id(source) in points]
    known = [one for one in given if one.signal is not None]
    try:
        _need(given)
        mapped = _mapped(op, [one.signal for one in known if one.signal is not None], places)
    except Lost as error:
        point.lost = True
        mapped = Mapped(known[0].signal or Spread(0.0, 1.0) if known else Spread(0.0, 1.0), 1.0, str(error))
    point.note, factors[id(op)] = mapped.note, mapped
    resets = op.kind in RESETS or _looks_up(op)
    point.certain = resets or not (point.lost or any(not one.certain for one in given))
    if not math.isfinite(mapped.signal.second) or mapped.signal.second > _LARGEST:
        point.note = mapped.note or "beyond every number"
        return
    point.signal = mapped.signal
    scaled_before = [one for one in known if one.forward is not None]
    if resets or point.lost or not scaled_before:
        point.forward = 1.0
    else:
        main = max(scaled_before, key=lambda one: one.second or 0.0)
        point.forward = (main.forward or 0.0) * (mapped.signal.second / main.second if main.second else 0.0)


def _need(given: list[Point]) -> None:
    """Parameters that enter as they are get no place of their own; where their law is not known, the operation says so."""
    for one in given:
        if one.op.kind == "const" and one.lost:
            raise Lost(one.note)


def _mapped(op: Op, known: list[Spread], places: _Places) -> Mapped:
    if op.kind == "input":
        return Mapped(Spread(0.0, 1.0), 1.0)
    if op.kind == "const":
        return maps.given(op.parameter)
    if op.kind == "embedding" or _looks_up(op):
        return maps.embedded(op)
    if op.kind == "norm":
        return maps.normalised(op, known[0] if known else None)
    if not known:
        raise Lost("nothing that enters is known")
    if op.kind == "attention":
        return attention.attended(op, known, places.tokens)
    if op.kind == "matmul" and attention.averages(op) is not None:
        return attention.mixed(known[0], places.tokens)
    if op.kind == "activation" and op.name == "softmax":
        return attention.softmax(places.tokens)
    handler = _HANDLERS.get(op.kind)
    if handler is None:
        raise Lost(f"{op.name or op.kind} is not followed")
    return handler(op, known, places)


def _product(op: Op, given: list[Spread], places: _Places) -> Mapped:
    factor = op.detail.get("factor")
    if isinstance(factor, (int, float)):
        if op.kind == "div":
            if factor == 0:
                raise Lost("a division by 0")
            factor = 1 / factor
        return Mapped(scaled(given[0], factor), factor * factor)
    if op.kind == "div" or len(given) != 2 or any(one.kind == "const" and one.parameter is None for one in op.inputs):
        raise Lost("its factor is not known")
    return Mapped(times(*given), None, "factors taken for independent")


def _sum(op: Op, given: list[Spread], places: _Places) -> Mapped:
    total = given[0]
    for one in given[1:]:
        total = plus(total, replace(one, mean=-one.mean, positive=False) if op.kind == "sub" else one)
    return Mapped(total, 1.0)


def _matmul(op: Op, given: list[Spread], places: _Places) -> Mapped:
    if op.parameter is None:
        raise Lost("a product of two signals")
    return maps.weighted(op, given[0])


def _kept(op: Op, given: list[Spread], places: _Places) -> Mapped:
    return Mapped(given[0], 1.0)


def _reduced(op: Op, given: list[Spread], places: _Places) -> Mapped:
    if op.name != "mean":
        raise Lost(f"{op.name or 'a reduction'} is not followed")
    return places.pool(op, given[0])


_HANDLERS: dict[str, Callable[[Op, list[Spread], _Places], Mapped]] = {
    "layer": lambda op, given, places: maps.weighted(op, given[0], places.inside(op)),
    "rnn": lambda op, given, places: recurrent.recurrent(op.layer, given[0]),
    "matmul": _matmul,
    "activation": lambda op, given, places: nonlinear.activated(op, given[0]),
    "dropout": lambda op, given, places: maps.dropped(op.layer, given[0]),
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "div": _product,
    "concat": lambda op, given, places: maps.joined(given),
    "pool": lambda op, given, places: places.pool(op, given[0]),
    "reduce": _reduced,
    "interpolate": lambda op, given, places: places.pool(op, given[0]),
    **dict.fromkeys(("view", "output", "identity", "pad", "choice"), _kept),
}


def _looks_up(op: Op) -> bool:
    return op.kind == "layer" and op.layer is not None and op.layer.kind.startswith("Embedding")


def _backward(op: Op, points: dict[int, Point], factors: _Factors, places: _Places) -> None:
    point = points[id(op)]
    total, relative, alike, parts = 0.0, 0.0, 0.0, [one for one in op.outputs if one.name == "part"]
    for consumer in dict.fromkeys(op.outputs):
        after, factor = points.get(id(consumer)), _factor(op, consumer, points, factors, places)
        if after is None or after.gradient is None or factor is None:
            return
        point.returns = point.returns and (consumer.kind == "norm" or (after.returns and not after.lost))
        through = after.gradient * factor / (len(parts) if consumer in parts else 1)
        total += through
        alike += through * _alike(factors[id(consumer)], after.alike)
        relative = max(relative, 1.0 if consumer.kind == "norm" else (after.backward or 0.0) * factor * factors[id(consumer)].sparsity)
    point.gradient, point.backward = min(total, _LARGEST), min(relative, _LARGEST)
    point.alike = alike / total if 0 < total < math.inf else 0.0


def _factor(op: Op, consumer: Op, points: dict[int, Point], factors: _Factors, places: _Places) -> float | None:
    """On the way back from ``consumer`` to ``op``; softmax is flat enough that only the values of attention get a gradient."""
    values = consumer.inputs[-1] if consumer.kind == "attention" else attention.averages(consumer) if consumer.kind == "matmul" else None
    if values is not None and values is not op:
        return 0.0
    others = [points[id(one)].second for one in consumer.inputs if one is not op and id(one) in points]
    if consumer.kind == "mul" and len(consumer.inputs) == 2 and others and not points[id(consumer)].lost:
        return None if others[0] is None else others[0] * places.spread(op, consumer)
    mapped, alike = factors[id(consumer)], points[id(consumer)].alike
    if consumer.kind == "concat" and mapped.gradient is not None and consumer.outputs and all(map(maps.is_by_channel, consumer.outputs)):
        return mapped.gradient * _unevenness(points[id(op)].signal, points[id(consumer)].signal)
    if mapped.gradient is None or mapped.together is None:
        return mapped.gradient
    return (1 - alike) * mapped.gradient + alike * mapped.together


def _unevenness(part: Spread | None, whole: Spread | None) -> float:
    """How much more of a gradient a part gets than the average of all, where each unit is divided by its own spread."""
    own, average = (one.variance - one.common if one is not None else 0.0 for one in (part, whole))
    return average / own if own > 0 and average > 0 else 1.0


def _alike(mapped: Mapped, share: float) -> float:
    """The share of a gradient that all positions have alike in front of an operation, from that behind it."""
    if mapped.coherence is None:
        return 1.0
    if mapped.together is not None and mapped.gradient is not None:
        together, apart = share * mapped.together, (1 - share) * mapped.gradient
        return together / (together + apart) if together > 0 else 0.0
    return share * mapped.coherence


def _name(op: Op) -> str:
    if op.layer is not None and op.layer.path:
        return op.layer.path
    if op.parameter is not None:
        return op.parameter.name
    kind = "sum" if op.kind == "add" and len(signals(op)) > 1 else op.name if op.kind in ("activation", "opaque", "attention") else op.kind
    return f"{kind or op.kind} (line {op.site.row})" if op.site else kind or op.kind
