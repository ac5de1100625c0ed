"""Plain SVG line charts on a logarithmic axis: no script, readable in light and dark, on paper and by a screen reader."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from html import escape

from initlint.report.paint import safe

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 18, 14, 40
_TICKS = 8
"""Most labels on the axis of values."""
_ROOM = 104
"""Pixels that a label of the other axis needs."""
FONT = "system-ui, DejaVu Sans, sans-serif"
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 5")
_SHAPES = 4
_APART = 14
"""Pixels between two question marks."""
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

COLOURS = ("#0b5fa5", "#b3400b", "#1d7a3c", "#7a3fa0", "#6b5a00")
DARK = ("#6cb6ff", "#ff9a5c", "#6bd08a", "#d2a8ff", "#e3c94f")
STYLE = f""".il-chart{{{"".join(f"--c{number}:{colour};" for number, colour in enumerate(COLOURS))}color:#1c2128;max-width:100%;height:auto}}
.il-chart text{{fill:currentColor}}.il-chart .axis{{stroke:currentColor;stroke-opacity:.5}}.il-chart .grid{{stroke:currentColor;stroke-opacity:.13}}
.il-chart .line{{fill:none;stroke-width:2;stroke-linejoin:round}}.il-chart .dot{{stroke-width:1.6;fill:none}}.il-chart .band{{stroke-width:1.6}}
.il-chart .area{{opacity:.16}}.il-chart .faint{{opacity:.4}}.il-chart .lost{{stroke:currentColor;stroke-opacity:.55}}.il-chart .hit{{fill:transparent}}
.il-chart .hit:hover{{fill:currentColor;fill-opacity:.25}}
@media (max-width:640px){{.il-chart text{{font-size:19px}}.il-chart .alt{{display:none}}}}
@media (prefers-color-scheme:dark){{.il-chart{{{"".join(f"--c{number}:{colour};" for number, colour in enumerate(DARK))}color:#e6e6e6}}}}
"""
"""Goes into the page once, or into the file of a single chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity along the axis; what is None or not above zero leaves a gap."""

    name: str
    values: Sequence[float | None]
    family: int = 0
    """Series of one family share a colour and a dash pattern or shape."""
    dots: bool = False
    """Measured: marks instead of a line."""
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    """The spread around ``values``, where there is one."""
    faint: frozenset[int] = frozenset()
    """Places where the value rests on what is not known for certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart: a place on the axis per label; ``gaps`` are places behind which the prediction is not certain."""

    title: str
    series: Sequence[Series]
    labels: Sequence[str]
    gaps: Sequence[int] = ()
    axis: str = ""
    """What the values are: ``E x²``."""
    ticks: Sequence[int] = field(default=())
    """Places whose labels say most; all, where there are none."""


def draw(panel: Panel, *, standalone: bool = False) -> str:
    """The chart as SVG; one that stands alone carries its legend and style."""
    frame = _Frame(*_range(panel.series), len(panel.labels))
    height = HEIGHT + (18 * -(-len(panel.series) // 2) if standalone else 0)
    words = _text(f"{panel.title}. {describe(panel)}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="il-chart" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' font-family="{FONT}" font-size="12" aria-label="{words}">',
        f"<title>{_text(panel.title)}</title><desc>{words}</desc>",
        *([f"<style>{STYLE}</style>"] if standalone else []),
        *_axes(frame, panel),
        *(piece for one in sorted(panel.series, key=lambda one: (one.dots, one.family % 2 == 0)) for piece in _drawn(one, frame)),
        *(piece for one in panel.series for piece in _hits(one, panel, frame)),
        *(_legend(panel.series) if standalone else ()),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(panel: Panel) -> str:
    """What the lines and marks of a chart in a page mean, as a list that wraps."""
    rows = []
    for one in panel.series:
        colour = f"var(--c{one.family % len(_DASHES)})"
        sample = _mark(one.family % _SHAPES, 14, 7, colour) if one.dots else f'<path class="line" stroke="{colour}" d="M1 7h26"{_dash(one)}/>'
        rows.append(f'<li><svg class="il-chart" width="28" height="14" viewBox="0 0 28 14" aria-hidden="true">{sample}</svg> {_text(one.name)}</li>')
    return f'<ul class="legend">{"".join(rows)}</ul>'


def stacked(panels: Sequence[Panel]) -> str:
    """One file of several charts, each under its title."""
    pieces, y = [], 0
    for panel in panels:
        pieces.append(
            f'<text x="8" y="{y + 18}" font-family="system-ui, DejaVu Sans, sans-serif" font-size="14" font-weight="bold">{_text(panel.title)}</text>'
        )
        svg = draw(panel, standalone=True)
        pieces.append(svg.replace("<svg ", f'<svg y="{y + 26}" ', 1))
        y += 40 + int(svg.partition(f'viewBox="0 0 {WIDTH} ')[2].partition('"')[0])
    style = "<style>text{fill:#1c2128}.page{fill:#fff}@media (prefers-color-scheme:dark){text{fill:#e6e6e6}.page{fill:#161b22}}</style>"
    page = f'<rect class="page" width="{WIDTH}" height="{y}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">\n{style}{page}\n{"".join(pieces)}</svg>\n'


def describe(panel: Panel) -> str:
    """The chart in words: where each series starts and ends."""
    return " ".join(_sentence(one, panel.labels) for one in panel.series)


def figure(value: float | None) -> str:
    """A number in three digits, as tables and charts show it."""
    return "?" if value is None else f"{value:.3g}"


def visible(value: float | None) -> bool:
    """Whether a logarithmic axis has a place for ``value``."""
    return value is not None and 0 < value < math.inf


def short(text: str, most: int = 14) -> str:
    """The end of a long name, which says more than its beginning."""
    return text if len(text) <= most else f"…{text[-most + 1 :]}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """From data to pixels."""

    low: int
    high: int
    places: int

    def x(self, place: int) -> float:
        room = WIDTH - _LEFT - _RIGHT
        return _LEFT + room * ((place + 0.5) / self.places if self.places < 2 else 0.03 + 0.94 * place / (self.places - 1))

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share


def _range(series: Sequence[Series]) -> tuple[int, int]:
    """Whole decades around everything that can be drawn."""
    logs = [math.log10(value) for one in series for value in (*one.values, *one.low, *one.high) if value is not None and visible(value)]
    low, high = math.floor(min(logs, default=0.0)), math.ceil(max(logs, default=1.0))
    return (low, high) if high > low else (low - 1, high + 1)


def _axes(frame: _Frame, panel: Panel) -> Iterator[str]:
    left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
    decades = max(1, math.ceil((frame.high - frame.low) / _TICKS))
    for power in range(frame.low, frame.high + 1, decades):
        y = frame.y(10.0**power) if -300 < power < 300 else bottom
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{_power(power)}</text>'
    yield f'<path class="axis" fill="none" d="M{left} {_TOP}V{bottom}H{right}"/>'
    for count, place in enumerate(_labelled(panel, frame)):
        x = min(max(frame.x(place), left + 20), right - 34)
        alternate = ' class="alt"' if count % 2 else ""
        yield f'<text{alternate} x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_text(short(panel.labels[place]))}</text>'
    said = -math.inf
    for place in panel.gaps:
        x = frame.x(place)
        mark = f'<text x="{x:.1f}" y="{_TOP + 18}" text-anchor="middle" stroke="none">?</text>' if x - said >= _APART else ""
        said = x if mark else said
        yield f'<g class="lost"><title>{_text(panel.labels[place])}: not known, see the notes</title>'
        yield f'<path d="M{x:.1f} {_TOP}v7M{x:.1f} {bottom}v-7"/>{mark}</g>'


def _labelled(panel: Panel, frame: _Frame) -> list[int]:
    """Places to label, far enough apart to be read."""
    chosen: list[int] = []
    for place in panel.ticks or range(len(panel.labels)):
        if not chosen or frame.x(place) - frame.x(chosen[-1]) >= _ROOM:
            chosen.append(place)
    return chosen


def _power(power: int) -> str:
    return {0: "1", 1: "10", 2: "100", -1: "0.1", -2: "0.01"}.get(power, f"10{str(power).translate(_RAISED)}")


def _drawn(series: Series, frame: _Frame) -> Iterator[str]:
    colour = f"var(--c{series.family % len(_DASHES)})"
    points = [(frame.x(place), frame.y(value)) if value is not None and visible(value) else None for place, value in enumerate(series.values)]
    spread = [(frame.x(place), frame.y(low), frame.y(high)) for place, (low, high) in enumerate(zip(series.low, series.high)) if low and high and visible(high)]
    if series.dots:
        for x, low, high in spread:
            yield f'<path class="band" stroke="{colour}" d="M{x - 3:.1f} {low:.1f}h6m-3 0V{high:.1f}m-3 0h6"/>'
        yield from (_mark(series.family % _SHAPES, x, y, colour) for x, y in filter(None, points))
        return
    if spread:
        edge = [f"{x:.1f} {high:.1f}" for x, _, high in spread] + [f"{x:.1f} {low:.1f}" for x, low, _ in reversed(spread)]
        yield f'<path class="area" fill="{colour}" d="M{"L".join(edge)}Z"/>'
    for kind, doubted in (("line", False), ("line faint", True)):
        path = "".join(_segments(points, series.faint, doubted))
        if path:
            yield f'<path class="{kind}" stroke="{colour}" d="{path}"{_dash(series)}/>'


def _segments(points: Sequence[tuple[float, float] | None], faint: AbstractSet[int], doubted: bool) -> Iterator[str]:
    """The parts of a line whose ends are both known, those with an end in ``faint`` or the others."""
    at = -1
    for place in range(1, len(points)):
        start, end = points[place - 1], points[place]
        if start is not None and end is not None and (place in faint or place - 1 in faint) == doubted:
            yield f"L{end[0]:.1f} {end[1]:.1f}" if at == place - 1 else f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
            at = place


def _hits(series: Series, panel: Panel, frame: _Frame) -> Iterator[str]:
    """What a pointer finds: each value with its name."""
    radius = min(9.0, max(3.0, 200 / max(1, frame.places)))
    for place, value in enumerate(series.values):
        if value is not None and visible(value):
            told = f"{panel.labels[place]}: {figure(value)} ({series.name})"
            yield f'<circle class="hit" cx="{frame.x(place):.1f}" cy="{frame.y(value):.1f}" r="{radius:.1f}"><title>{_text(told)}</title></circle>'


def _dash(series: Series) -> str:
    dash = _DASHES[series.family % len(_DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""


def _mark(shape: int, x: float, y: float, colour: str) -> str:
    path = (
        f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
        f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        f"M{x:.1f} {y - 5:.1f}l5 9h-10z",
        f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8",
    )[shape]
    return f'<path class="dot" stroke="{colour}" d="{path}"/>'


def _legend(series: Sequence[Series]) -> Iterator[str]:
    for number, one in enumerate(series):
        x, y = _LEFT + (number % 2) * (WIDTH - _LEFT) // 2, HEIGHT + 18 * (number // 2) - 6
        colour = f"var(--c{one.family % len(_DASHES)})"
        yield _mark(one.family % _SHAPES, x + 13, y, colour) if one.dots else f'<path class="line" stroke="{colour}" d="M{x} {y}h26"{_dash(one)}/>'
        yield f'<text x="{x + 32}" y="{y + 4}">{_text(short(one.name, 46))}</text>'


def _sentence(series: Series, labels: Sequence[str]) -> str:
    known = [(label, value) for label, value in zip(labels, series.values) if value is not None]
    if not known:
        return f"{series.name}: not known."
    (first, start), (last, end) = known[0], known[-1]
    return f"{series.name}: {figure(start)} at {first}, {figure(end)} at {last}."


def _text(text: str) -> str:
    return escape(safe(text))
