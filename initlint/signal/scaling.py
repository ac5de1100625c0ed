"""How signal and gradient scale with a size: slopes on log-log axes, held against a parametrization.

Under *standard* parametrization (variances ∝ 1/fan_in) a layer's output has a root mean square that no width changes, and
so has the model's output; the gradient of unit scale that enters there is spread over n units, so its root mean square
falls as n^−½. Under *maximal update* parametrization (Yang & Hu 2021) the readout's variance is ∝ 1/fan_in² instead, so
the output and every gradient fall by another n^−½. A branch or readout that starts at zero has no slope, and needs none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from initlint.flow import descendants, is_parametric, normalised_after
from initlint.graph import Op
from initlint.signal.curve import Curve
from initlint.signal.maps import fans_of, sized, weight
from initlint.signal.spread import Lost

Law = Literal["standard", "mup"]
Outcome = Literal["ok", "fails", "follows", "exempt", "unknown"]
"""``follows``: off, though its own weights are right: it gets what others made wrong."""
TOLERANCE = 0.1
"""How far a slope may be from the law's. At four sizes, finite width and default biases stay well below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One layer at one size, as root mean squares."""

    signal: float | None
    gradient: float | None
    fan_in: float | None
    units: float | None
    """Outputs."""
    gain: float | None
    """What its own weights do to the root mean square of the signal, as foretold."""
    readout: bool
    normalised: bool
    """Whether a normalisation takes its scale away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One layer over all sizes where it exists."""

    name: str
    readings: Mapping[int, Reading]
    signal: float | None
    """Slope of ln rms x over ln size."""
    gradient: float | None
    asked_signal: float | None = None
    asked_gradient: float | None = None
    outcome: Outcome = "unknown"
    reason: str = ""


def read(curve: Curve, seen: Mapping[str, tuple[float | None, float | None]] | None = None) -> dict[str, Reading]:
    """The layers of a curve by name; with ``seen``, measured second moments take the place of those foretold."""
    found = {}
    seconds = {id(point.op): point.second for point in curve.points}
    for point in curve.points:
        if is_parametric(point.op) and point.name not in found:
            second, gradient = (point.second, point.gradient) if seen is None else seen.get(point.name, (None, None))
            fan_in, units = _sizes(point.op)
            found[point.name] = Reading(
                signal=_root(second),
                gradient=_root(gradient),
                fan_in=fan_in,
                units=units,
                gain=_gain(point.second, point.op, seconds),
                readout=not any(map(is_parametric, descendants(point.op))),
                normalised=point.op.layer is not None and normalised_after(point.op.layer),
            )
    return found


def fit(sizes: Mapping[int, dict[str, Reading]], law: Law | None) -> list[Row]:
    """One row per layer, in the order of the largest model."""
    names = list(sizes[max(sizes)])
    readings = {name: {size: made[name] for size, made in sorted(sizes.items()) if name in made} for name in names}
    shift = _readout_slope(readings) / 2 if law == "mup" else 0.0
    rows = [_row(name, readings[name], law, shift) for name in names]
    if any(row.outcome == "follows" for row in rows) and not any(row.outcome == "fails" for row in rows):
        rows = [replace(row, outcome="fails") if row.outcome == "follows" else row for row in rows]
    return rows


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Of the least-squares line through ln y over ln x; None where fewer than two points can be drawn."""
    logs = [(math.log(x), math.log(y)) for x, y in points if x > 0 and y > 0 and math.isfinite(y)]
    if len({x for x, _ in logs}) < 2:
        return None
    middle_x, middle_y = (math.fsum(values) / len(logs) for values in zip(*logs))
    return math.fsum((x - middle_x) * (y - middle_y) for x, y in logs) / math.fsum((x - middle_x) ** 2 for x, _ in logs)


def _row(name: str, readings: Mapping[int, Reading], law: Law | None, shift: float) -> Row:
    signal = slope([(size, one.signal) for size, one in readings.items() if one.signal is not None])
    gradient = slope([(size, one.gradient) for size, one in readings.items() if one.gradient is not None])
    if law is None:
        return Row(name=name, readings=readings, signal=signal, gradient=gradient)
    readout = any(one.readout for one in readings.values())
    widening = slope([(size, one.units) for size, one in readings.items() if one.units is not None]) or 0.0
    asked_signal, asked_gradient = (-shift if readout else 0.0), -widening / 2 - (0.0 if readout else shift)
    outcome, reason = _judged(readings, (signal, asked_signal), (gradient, asked_gradient), readout)
    return Row(
        name=name,
        readings=readings,
        signal=signal,
        gradient=gradient,
        asked_signal=asked_signal,
        asked_gradient=asked_gradient,
        outcome=outcome,
        reason=reason,
    )


def _judged(readings: Mapping[int, Reading], signal: tuple[float | None, float], gradient: tuple[float | None, float], readout: bool) -> tuple[Outcome, str]:
    if len(readings) < 2:
        return "unknown", "is there at one size only"
    if all(one.signal == 0 for one in readings.values()):
        return "exempt", "a readout that starts at zero" if readout else "starts at zero, as branches and gates may"
    if all(one.gradient == 0 for one in readings.values()) and signal[0] is not None and abs(signal[0] - signal[1]) <= TOLERANCE:
        return "exempt", "gets no gradient yet: what comes behind starts at zero"
    if all(one.normalised for one in readings.values()):
        return "exempt", "a normalisation takes its scale away"
    wrong = [
        f"{name} goes as n^{round(found, 2) + 0.0:.2g}, not n^{round(asked, 2) + 0.0:.2g}"
        for name, (found, asked) in (("the signal", signal), ("the gradient", gradient))
        if found is not None and abs(found - asked) > TOLERANCE
    ]
    if wrong:
        own = slope([(size, one.gain) for size, one in readings.items() if one.gain is not None])
        innocent = own is not None and abs(own - (signal[1] if readout else 0.0)) <= TOLERANCE
        return "follows" if innocent else "fails", "; ".join(wrong)
    return ("ok", "") if signal[0] is not None else ("unknown", "its signal is not known")


def _readout_slope(readings: Mapping[str, Mapping[int, Reading]]) -> float:
    """How the inputs of the readout grow with the size; 1 for a width."""
    for rows in reversed(list(readings.values())):
        if any(one.readout for one in rows.values()):
            return slope([(size, one.fan_in) for size, one in rows.items() if one.fan_in is not None]) or 0.0
    return 0.0


def _sizes(op: Op) -> tuple[float | None, float | None]:
    parameter, layer = weight(op), op.layer
    if layer is not None and op.kind in ("attention", "rnn"):
        units = layer.arguments.get("embed_dim" if op.kind == "attention" else "hidden_size")
        return None, float(units) if isinstance(units, int) else None
    try:
        if parameter is None or not parameter.shape:
            return None, None
        if op.kind == "embedding" or (layer is not None and layer.kind.startswith("Embedding")):
            return None, sized(parameter.shape[-1])
        return sized(fans_of(op, parameter).fan_in), sized(parameter.shape[-1 if op.kind == "matmul" else 0])
    except (Lost, ValueError):
        return None, None


def _gain(second: float | None, op: Op, seconds: Mapping[int, float | None]) -> float | None:
    """The factor from the signal that enters, through whatever is no place of the curve; a table makes its own."""
    source = op.inputs[0] if op.inputs else None
    while source is not None and id(source) not in seconds:
        source = source.inputs[0] if source.inputs else None
    before = 1.0 if source is None else seconds[id(source)]
    return math.sqrt(second / before) if second is not None and before else None


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)
