"""Small pictures for a page: histograms side by side, and a curve before and after in one line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from initlint.report.chart import figure, short, visible
from initlint.report.paint import safe

WIDTH, HEIGHT = 132, 44
SPARK = (420, 72)


def histograms(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One cell per layer: what it hands on and the gradient that comes back, each in units of its own root mean square."""
    yield '<ul class="hists">'
    for row in rows:
        kinds = (("x", "signal", "histogram", "second_moment_median"), ("g", "gradient", "gradient_histogram", "gradient_median"))
        drawn = "".join(_histogram(str(row["layer"]), kind, what, row[made], row[second]) for kind, what, made, second in kinds if row.get(made))
        if drawn:
            name = _text(str(row["layer"]))
            yield f'<li><b title="{name}">{_text(short(str(row["layer"]), 36))}</b><div class="pair">{drawn}</div>{_ended(row)}</li>'
    yield "</ul>"


def spark(before: Sequence[float | None], after: Sequence[float | None]) -> str:
    """Two curves of the same places on one logarithmic axis."""
    known = [math.log10(value) for value in (*before, *after) if value is not None and visible(value)]
    if not known:
        return ""
    low, span = min(known), max(max(known) - min(known), 0.5)
    words = f"The second moment of the signal ends at {figure(_last(before))} before and {figure(_last(after))} after the fix."
    paths = "".join(f'<path class="{kind}" d="{_path(values, low, span)}"/>' for kind, values in (("before", before), ("after", after)))
    width, height = SPARK
    return f'<svg class="il-chart spark" role="img" aria-label="{words}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{paths}</svg>'


def _histogram(layer: str, kind: str, what: str, made: Mapping[str, Any], second: float | None) -> str:
    counts, reach = made["counts"], float(made["reach"])
    most, step = max(max(counts), 1), WIDTH / len(counts)
    bars = "".join(f"M{step * place:.1f} {HEIGHT}v-{(HEIGHT - 2) * count / most:.1f}h{step - 0.6:.1f}V{HEIGHT}z" for place, count in enumerate(counts) if count)
    root = math.sqrt(second) if second is not None and second >= 0 else None
    words = f"{what} of {layer}: root mean square {figure(root)}, {counts[len(counts) // 2] / max(1, sum(counts)):.0%} near 0"
    base = f'<path class="base" d="M0 {HEIGHT}H{WIDTH}M{WIDTH / 2} {HEIGHT}v3"/>'
    picture = f'<svg class="il-chart" role="img" aria-label="{_text(words)}" viewBox="0 0 {WIDTH} {HEIGHT + 4}" preserveAspectRatio="none">'
    caption = f"<figcaption>{what} ±{figure(reach * root if root is not None else None)}</figcaption>"
    return f'<figure>{picture}<path class="{kind}" d="{bars}"/>{base}</svg>{caption}</figure>'


def _ended(row: Mapping[str, Any]) -> str:
    told = [
        f"{row[key]:.1%} {words}"
        for key, words in (("dead", "of its units never open"), ("saturated", "of its values are saturated"))
        if (row.get(key) or 0) >= 0.001
    ]
    return f'<div class="ended">{"; ".join(told)}</div>' if told else ""


def _path(values: Sequence[float | None], low: float, span: float) -> str:
    width, height = SPARK
    path, broken = [], True
    for place, value in enumerate(values):
        if value is None or not visible(value):
            broken = True
            continue
        x, y = 2 + (width - 4) * place / max(1, len(values) - 1), height - 3 - (height - 6) * (math.log10(value) - low) / span
        path.append(f"{'M' if broken else 'L'}{x:.1f} {y:.1f}")
        broken = False
    return "".join(path)


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _text(text: str) -> str:
    return escape(safe(text))
