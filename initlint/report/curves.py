"""One model's curve under several initializations: table, sentence, charts and JSON of what each does by depth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from initlint.flow import is_parametric
from initlint.report.chart import Panel, Series, figure
from initlint.report.json import dumps
from initlint.report.paint import Paint, plain, safe
from initlint.report.propagation import STYLES, aligned, piped
from initlint.report.text import count
from initlint.signal.caveats import caveats
from initlint.signal.curve import Curve, Point

BARS = "▁▂▃▄▅▆▇█"
MOST_BARS = 60


class Variant(NamedTuple):
    """One initialization and where it leads."""

    name: str
    curve: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The model as written beside the model as it might be."""

    target: str
    variants: Sequence[Variant]
    """The first is the model as written; all have the same places."""
    changes: Sequence[str] = ()
    """What was asked."""
    touched: Sequence[str] = ()
    """Parameters that it concerns."""
    parameters: int = 0
    """How many the model has."""

    @property
    def points(self) -> Sequence[Point]:
        """The places of the first variant, which stand for all."""
        return self.variants[0].curve.points


def to_text(comparison: Comparison, paint: Paint = plain) -> str:
    """What changes, a verdict and a bar of the curve for each variant, then the table."""
    lines = [paint(safe(comparison.target), "bold"), *map(safe, _change(comparison)), ""]
    every = {name: [value for one in comparison.variants for value in values(one.curve)] for name, values in _QUANTITIES}
    for variant in comparison.variants:
        verdict = variant.curve.verdict
        lines.append(f"{paint(variant.name, 'bold')}: {paint(verdict, STYLES[verdict]) if verdict else 'not known'}: {safe(variant.curve.reason)}")
        lines += [f"  {name} {bars(values(variant.curve), every[name])} {_range(values(variant.curve))}" for name, values in _QUANTITIES]
    for note, names in caveats(comparison.variants[-1].curve):
        lines.append(safe(f"mind: {note} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"))
    return "\n".join([*lines, "", *aligned(_table(comparison), paint, text_columns=(0, -1))]) + "\n"


def to_markdown(comparison: Comparison) -> str:
    """The same in Markdown."""
    header, *rows = _table(comparison)
    lines = [f"# Signal of `{_cell(comparison.target)}`", "", *(_cell(text) for text in _change(comparison)), ""]
    lines += [f"- {one.name}: **{one.curve.verdict or 'not known'}**: {_cell(one.curve.reason)}" for one in comparison.variants]
    cells = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join([*lines, "", piped(header), piped(["---"] * len(header)), *map(piped, cells)]) + "\n"


def to_json(comparison: Comparison) -> str:
    """``propagate TARGET --format json``."""
    return dumps({
        "schema_version": 1,
        "target": comparison.target,
        "what_if": list(comparison.changes),
        "changed": list(comparison.touched),
        "variants": [
            {"name": one.name, "verdict": one.curve.verdict, "reason": one.curve.reason, "curve": [*map(point_row, one.curve.points)]}
            for one in comparison.variants
        ],
    })  # fmt: skip


def panels(variants: Sequence[Variant], more: tuple[Sequence[Series], Sequence[Series]] = ((), ())) -> list[Panel]:
    """Forward above backward; ``more`` is what else belongs into each."""
    points = variants[0].curve.points
    labels = [point.name for point in points]
    gaps = [place for place, point in enumerate(points) if point.lost]
    ticks = [place for place, point in enumerate(points) if is_parametric(point.op)]
    made = []
    kinds = (("Second moment of the signal by depth", "E x²", _seconds, _doubted), ("Second moment of the gradient by depth", "E δ²", _gradients, _unreturned))
    for (title, axis, values, faint), others in zip(kinds, more):
        fitting = [(name, curve) for name, curve in variants if len(curve.points) == len(labels)]
        series = [Series(name=name, values=values(curve), family=2 * number, faint=faint(curve)) for number, (name, curve) in enumerate(fitting)]
        made.append(Panel(title=title, axis=axis, series=[*series, *others], labels=labels, gaps=gaps, ticks=ticks))
    return made


def point_row(point: Point) -> dict[str, Any]:
    """One place of a curve as a JSON object."""
    site, signal = point.op.site, point.signal
    return {
        "name": point.name,
        "kind": point.op.kind,
        "mean": signal.mean if signal else None,
        "variance": signal.variance if signal else None,
        "second_moment": point.second,
        "gradient": point.gradient,
        "followed": not point.lost,
        "certain": point.certain,
        "note": point.note or None,
        "line": site.row if site else None,
    }


def bars(values: Sequence[float | None], among: Sequence[float | None]) -> str:
    """The values as one line of blocks, on a logarithmic scale that holds all of ``among``; several in one block are shown by their largest."""
    width = min(len(values), MOST_BARS)
    parts = [values[len(values) * number // width : len(values) * (number + 1) // width] for number in range(width)]
    known = [math.log10(value) for value in among if value]
    low, span = min(known, default=0.0), max(max(known, default=1.0) - min(known, default=0.0), 1.0)
    heights = [max((int((math.log10(value) - low) / span * len(BARS)) for value in part if value), default=None) for part in parts]
    return "".join(" " if height is None else BARS[min(len(BARS) - 1, height)] for height in heights)


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{figure(known[0])} … {figure(known[-1])}, least {figure(min(known))}, most {figure(max(known))}" if known else "not known"


def _change(comparison: Comparison) -> list[str]:
    if not comparison.changes:
        return []
    names = ", ".join(comparison.touched[:3]) + (f" and {len(comparison.touched) - 3} more" if len(comparison.touched) > 3 else "")
    return [f"What if {'; '.join(comparison.changes)}: {len(comparison.touched)} of {count(comparison.parameters, 'parameter')} ({names})"]


def _table(comparison: Comparison) -> list[list[str]]:
    several = len(comparison.variants) > 1
    header = ["operation"]
    for quantity, _ in _QUANTITIES:
        header += [f"{quantity}, {one.name}" if several else quantity for one in comparison.variants]
    rows = [[*header, "note"]]
    for place, point in enumerate(comparison.points):
        seconds = [figure(one.curve.points[place].second) for one in comparison.variants]
        gradients = [figure(one.curve.points[place].gradient) for one in comparison.variants]
        rows.append([safe(point.name), *seconds, *gradients, safe(point.note)])
    return rows


def _seconds(curve: Curve) -> list[float | None]:
    return [point.second for point in curve.points]


def _gradients(curve: Curve) -> list[float | None]:
    return [point.gradient for point in curve.points]


def _doubted(curve: Curve) -> frozenset[int]:
    return frozenset(place for place, point in enumerate(curve.points) if not point.certain)


def _unreturned(curve: Curve) -> frozenset[int]:
    return frozenset(place for place, point in enumerate(curve.points) if not point.returns)


_QUANTITIES = (("E x²", _seconds), ("E δ²", _gradients))


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|").replace("<", "&lt;")
