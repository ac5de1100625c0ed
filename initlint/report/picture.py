"""Charts as a PNG, drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from initlint.report.chart import COLOURS, Panel, Series, short, visible
from initlint.report.paint import safe

_INCHES = (9.0, 3.6)
_TICKS = 8
_STYLES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (6, 3)))
_MARKS = ("o", "s", "^", "x")


def png(panels: Sequence[Panel]) -> bytes:
    """One picture of all panels, one above the other. Raises ``ImportError`` where matplotlib is not installed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES[0], _INCHES[1] * max(1, len(panels))), dpi=120, layout="constrained")
    for axes, panel in zip(figure.subplots(max(1, len(panels)), squeeze=False)[:, 0], panels):
        axes.set_yscale("log")
        axes.set_title(safe(panel.title), loc="left", fontsize=11)
        axes.set_ylabel(panel.axis)
        axes.grid(visible=True, axis="y", alpha=0.2)
        for series in panel.series:
            _plot(axes, series)
        for place in panel.gaps:
            axes.axvline(place, color="0.5", linestyle=":", linewidth=1)
        places = list(panel.ticks or range(len(panel.labels)))
        places = places[:: max(1, -(-len(places) // _TICKS))]
        axes.set_xticks(places, [safe(short(panel.labels[place], 18)) for place in places], fontsize=8)
        axes.legend(fontsize=8, frameon=False)
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _plot(axes: Any, series: Series) -> None:
    colour, family = COLOURS[series.family % len(COLOURS)], series.family
    known = [(place, value) for place, value in enumerate(series.values) if visible(value)]
    places, values = [place for place, _ in known], [value for _, value in known]
    if not series.dots:
        whole = [value if visible(value) else float("nan") for value in series.values]
        axes.plot(range(len(whole)), whole, _STYLES[family % len(_STYLES)], color=colour, label=safe(series.name), linewidth=1.6)
        return
    axes.plot(places, values, linestyle="", marker=_MARKS[family % len(_MARKS)], fillstyle="none", color=colour, label=safe(series.name))
    if series.low:
        axes.vlines(places, [series.low[place] for place in places], [series.high[place] for place in places], color=colour, linewidth=1.4)
