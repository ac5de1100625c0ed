"""Plain SVG line charts on a logarithmic axis: no script, readable in light and dark, on paper and by a screen reader."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from initlint.report.paint import safe

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 14, 42
_TICKS = 8
"""Most labels on either axis."""
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 5")
_SHAPES = 4

STYLE = """.il-chart{--c0:#0b5fa5;--c1:#b3400b;--c2:#1d7a3c;--c3:#7a3fa0;--c4:#6b5a00;color:#1c2128;background:#fff;max-width:100%;height:auto}
.il-chart text{fill:currentColor}.il-chart .axis{stroke:currentColor;stroke-opacity:.55}.il-chart .grid{stroke:currentColor;stroke-opacity:.14}
.il-chart .line{fill:none;stroke-width:2}.il-chart .dot{stroke-width:1.6;fill:none}.il-chart .lost{stroke:currentColor;stroke-opacity:.6}
@media (prefers-color-scheme:dark){.il-chart{--c0:#6cb6ff;--c1:#ff9a5c;--c2:#6bd08a;--c3:#d2a8ff;--c4:#e3c94f;color:#e6e6e6;background:#161b22}}
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


def chart(title: str, series: Sequence[Series], labels: Sequence[str], *, gaps: Sequence[int] = (), standalone: bool = False) -> str:
    """A chart with one place on the axis per label; ``gaps`` are places behind which the prediction is not certain."""
    low, high = _range(series)
    frame = _Frame(low, high, len(labels))
    legend = -(-len(series) // 2)
    height = HEIGHT + 18 * legend
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="il-chart" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    head += ' font-family="system-ui, DejaVu Sans, sans-serif" font-size="12"'
    parts = [f'{head} aria-label="{_text(f"{title}. {describe(series, labels)}")}">', f"<title>{_text(title)}</title>"]
    parts += [f"<desc>{_text(describe(series, labels))}</desc>"]
    parts += [f"<style>{STYLE}</style>"] if standalone else []
    parts += [*_axes(frame, labels, gaps)]
    for one in series:
        parts += _drawn(one, frame)
    parts += _legend(series)
    return "\n".join([*parts, "</svg>"]) + "\n"


def stacked(charts: Sequence[tuple[str, str]]) -> str:
    """One file of several charts made to stand alone, each under its caption."""
    pieces, y = [], 0
    for caption, svg in charts:
        pieces.append(f'<text x="8" y="{y + 18}" font-family="system-ui, DejaVu Sans, sans-serif" font-size="14" font-weight="bold">{_text(caption)}</text>')
        pieces.append(svg.replace("<svg ", f'<svg y="{y + 26}" ', 1))
        y += 40 + int(svg.partition(f'viewBox="0 0 {WIDTH} ')[2].partition('"')[0])
    style = "<style>text{fill:#1c2128}.page{fill:#fff}@media (prefers-color-scheme:dark){text{fill:#e6e6e6}.page{fill:#161b22}}</style>"
    page = f'<rect class="page" width="{WIDTH}" height="{y}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">\n{style}{page}\n{"".join(pieces)}</svg>\n'


def describe(series: Sequence[Series], labels: Sequence[str]) -> str:
    """The chart in words: where each series starts and ends."""
    return " ".join(_sentence(one, labels) for one in series)


def figure(value: float | None) -> str:
    """A number in three digits, as tables and charts show it."""
    return "?" if value is None else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """From data to pixels."""

    low: int
    high: int
    places: int

    def x(self, place: int) -> float:
        room = WIDTH - _LEFT - _RIGHT
        return _LEFT + room * ((place + 0.5) / self.places if self.places < 2 else 0.02 + 0.96 * place / (self.places - 1))

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share


def _range(series: Sequence[Series]) -> tuple[int, int]:
    """Whole decades around everything that can be drawn."""
    logs = [math.log10(value) for one in series for value in one.values if value is not None and _visible(value)]
    low, high = math.floor(min(logs, default=0.0)), math.ceil(max(logs, default=1.0))
    return (low, high) if high > low else (low - 1, high + 1)


def _visible(value: float) -> bool:
    return 0 < value < math.inf


def _axes(frame: _Frame, labels: Sequence[str], gaps: Sequence[int]) -> Iterator[str]:
    left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
    decades = max(1, math.ceil((frame.high - frame.low) / _TICKS))
    for power in range(frame.low, frame.high + 1, decades):
        y = frame.y(10.0**power) if -300 < power < 300 else bottom
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{_power(power)}</text>'
    yield f'<path class="axis" fill="none" d="M{left} {_TOP}V{bottom}H{right}"/>'
    step = max(1, math.ceil(len(labels) / _TICKS))
    for place in range(0, len(labels), step):
        yield f'<text x="{frame.x(place):.1f}" y="{bottom + 16}" text-anchor="middle">{_text(_short(labels[place]))}</text>'
    for place in gaps:
        x = frame.x(place)
        yield f'<g class="lost"><title>{_text(labels[place])}: not known, see the notes</title>'
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}" stroke-dasharray="2 4"/><text x="{x:.1f}" y="{_TOP + 10}" stroke="none">?</text></g>'


def _power(power: int) -> str:
    return {0: "1", 1: "10", -1: "0.1"}.get(power, f"1e{power}")


def _drawn(series: Series, frame: _Frame) -> Iterator[str]:
    colour = f"var(--c{series.family % len(_DASHES)})"
    points = [(frame.x(place), frame.y(value)) if value is not None and _visible(value) else None for place, value in enumerate(series.values)]
    if series.dots:
        yield from (_mark(series.family % _SHAPES, x, y, colour) for x, y in filter(None, points))
        return
    path, broken = [], True
    for point in points:
        if point is not None:
            path.append(f"{'M' if broken else 'L'}{point[0]:.1f} {point[1]:.1f}")
        broken = point is None
    dash = _DASHES[series.family % len(_DASHES)]
    if path:
        yield f'<path class="line" stroke="{colour}" d="{"".join(path)}"{f" stroke-dasharray={chr(34)}{dash}{chr(34)}" if dash else ""}/>'


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
        colour, dash = f"var(--c{one.family % len(_DASHES)})", _DASHES[one.family % len(_DASHES)]
        if one.dots:
            yield _mark(one.family % _SHAPES, x + 13, y, colour)
        else:
            yield f'<path class="line" stroke="{colour}" d="M{x} {y}h26"{f" stroke-dasharray={chr(34)}{dash}{chr(34)}" if dash else ""}/>'
        yield f'<text x="{x + 32}" y="{y + 4}">{_text(_short(one.name, 40))}</text>'


def _sentence(series: Series, labels: Sequence[str]) -> str:
    known = [(label, value) for label, value in zip(labels, series.values) if value is not None]
    if not known:
        return f"{series.name}: not known."
    (first, start), (last, end) = known[0], known[-1]
    return f"{series.name}: {figure(start)} at {first}, {figure(end)} at {last}."


def _short(text: str, most: int = 14) -> str:
    return text if len(text) <= most else f"…{text[-most + 1 :]}"


def _text(text: str) -> str:
    return escape(safe(text))
