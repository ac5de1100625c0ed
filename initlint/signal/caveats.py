"""Where mean-field theory is known to part from a real network, told about the network at hand."""

from __future__ import annotations

from initlint.flow import is_parametric
from initlint.signal.curve import Curve, Point
from initlint.signal.maps import weight
from initlint.theory.activations import ACTIVATIONS, canonical, slope

NARROW = 16
"""Units below which a second moment over them scatters by a third and more from build to build."""
STRETCH = 4
"""Unstable activations without a norm between them that are worth a word."""
UNSTABLE = 1.02


def caveats(curve: Curve) -> list[tuple[str, list[str]]]:
    """What may go otherwise than the curve, and the operations concerned."""
    narrow = [point.name for point in curve.points if is_parametric(point.op) and point.op.kind == "layer" and _is_narrow(point)]
    found = []
    if narrow:
        found.append((f"fewer than {NARROW} units: a single build scatters widely around the curve", narrow))
    unstable = _unstable(curve)
    if unstable:
        steepest = max(rise for _, rise in unstable)
        text = f"an unstable map without a norm over {len(unstable)} layers (d ln V / d ln q up to {steepest:.3g}): what finite width adds grows with depth"
        found.append((text, [name for name, _ in unstable]))
    return found


def _is_narrow(point: Point) -> bool:
    parameter = weight(point.op)
    if parameter is None or not parameter.shape or any(one.kind == "output" for one in point.op.outputs):
        return False
    units = parameter.shape[0]
    return isinstance(units, int) and units < NARROW


def _unstable(curve: Curve) -> list[tuple[str, float]]:
    """The longest run of activations that blow deviations up, with their slopes."""
    best: list[tuple[str, float]] = []
    run: list[tuple[str, float]] = []
    seconds = {id(point.op): point.second for point in curve.points}
    for point in curve.points:
        name = canonical(point.op.name)
        if point.op.kind == "norm":
            run = []
        elif point.op.kind == "activation" and name in ACTIVATIONS and point.op.inputs:
            q = seconds.get(id(point.op.inputs[0]))
            rise = slope(name, q) if q else 0.0
            run = [*run, (point.name, rise)] if rise > UNSTABLE else run
            best = max(best, run, key=len)
    return best if len(best) >= STRETCH else []
