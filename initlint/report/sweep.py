"""A sweep over sizes as a table of slopes, charts and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from initlint.report.chart import Panel, Series, figure
from initlint.report.json import dumps
from initlint.report.paint import Paint, plain, safe
from initlint.report.propagation import aligned, piped
from initlint.report.text import count
from initlint.signal.scaling import Law, Row

MOST = 10
"""Layers that a chart has lines for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One model at several sizes."""

    target: str
    argument: str
    sizes: Sequence[int]
    law: Law | None
    rows: Sequence[Row]
    measured: bool

    @property
    def sentence(self) -> str:
        """What came of it."""
        how = "measured" if self.measured else "predicted"
        if self.law is None:
            return f"{count(len(self.rows), 'layer')}, {how}; --law standard or mup holds the slopes against a law"
        failed = [row.name for row in self.rows if row.outcome == "fails"]
        tallies = {outcome: sum(row.outcome == outcome for row in self.rows) for outcome in ("follows", "exempt")}
        tail = f"; {tallies['follows']} more are off because of these" if tallies["follows"] else ""
        tail += f"; {count(tallies['exempt'], 'layer')} exempt" if tallies["exempt"] else ""
        if failed:
            return f"fails ({how}): {len(failed)} of {count(len(self.rows), 'layer')} break the {self.law} law{tail}"
        return f"passes ({how}): {count(len(self.rows), 'layer')} scale as the {self.law} law asks{tail}"


def to_text(sweep: Sweep, paint: Paint = plain) -> str:
    """The sentence and one row per layer."""
    table = [list(map(safe, row)) for row in _table(sweep)]
    lines = aligned(table, paint, text_columns=(0, *((-2, -1) if sweep.law else ())))
    header = f"{safe(sweep.target)}, {sweep.argument} = {', '.join(map(str, sweep.sizes))}"
    return "\n".join([paint(header, "bold"), safe(sweep.sentence), "", *lines]) + "\n"


def to_markdown(sweep: Sweep) -> str:
    """The same in Markdown."""
    header, *rows = _table(sweep)
    lines = [f"# Scaling of `{safe(sweep.target)}` with {sweep.argument}", "", sweep.sentence, "", piped(header), piped(["---"] * len(header))]
    return "\n".join([*lines, *(piped([safe(cell).replace("|", "\\|") for cell in row]) for row in rows)]) + "\n"


def to_json(sweep: Sweep) -> str:
    """``propagate --sweep --format json``: slopes of root mean squares, and these by size."""
    return dumps({
        "schema_version": 1,
        "target": sweep.target,
        "argument": sweep.argument,
        "sizes": list(sweep.sizes),
        "law": sweep.law,
        "measured": sweep.measured,
        "passed": None if sweep.law is None else all(row.outcome != "fails" for row in sweep.rows),
        "layers": [
            {
                "name": row.name,
                "signal_slope": row.signal,
                "gradient_slope": row.gradient,
                "asked_signal_slope": row.asked_signal,
                "asked_gradient_slope": row.asked_gradient,
                "outcome": row.outcome if sweep.law else None,
                "reason": row.reason or None,
                "signal": [row.readings[size].signal if size in row.readings else None for size in sweep.sizes],
                "gradient": [row.readings[size].gradient if size in row.readings else None for size in sweep.sizes],
            }
            for row in sweep.rows
        ],
    })  # fmt: skip


def panels(sweep: Sweep) -> list[Panel]:
    """Root mean squares by size, a line per layer; of many layers, some from all depths."""
    step = max(1, -(-len(sweep.rows) // MOST))
    rows = list(sweep.rows)[::-1][::step][::-1]
    labels = [f"{sweep.argument}={size}" for size in sweep.sizes]
    signal = [[row.readings[size].signal if size in row.readings else None for size in sweep.sizes] for row in rows]
    gradient = [[row.readings[size].gradient if size in row.readings else None for size in sweep.sizes] for row in rows]
    kinds = (("Root mean square of the signal by size", "rms x", signal), ("Root mean square of the gradient by size", "rms δ", gradient))
    return [
        Panel(
            title=title,
            axis=axis,
            labels=labels,
            series=[Series(name=row.name, values=values, family=number) for number, (row, values) in enumerate(zip(rows, lines))],
        )
        for title, axis, lines in kinds
    ]


def _table(sweep: Sweep) -> list[list[str]]:
    first, last = sweep.sizes[0], sweep.sizes[-1]
    header = ["layer", f"rms x at {first}", f"at {last}", "slope", f"rms δ at {first}", f"at {last}", "slope"]
    if sweep.law:
        header = [*header[:4], "asked", *header[4:], "asked", "outcome", "why"]
    rows = [header]
    for row in sweep.rows:
        ends = [row.readings.get(size) for size in (first, last)]
        signal = [*(figure(one.signal) if one else "" for one in ends), _slope(row.signal)]
        gradient = [*(figure(one.gradient) if one else "" for one in ends), _slope(row.gradient)]
        if sweep.law:
            cells = [row.name, *signal, _slope(row.asked_signal), *gradient, _slope(row.asked_gradient), row.outcome, row.reason]
        else:
            cells = [row.name, *signal, *gradient]
        rows.append(cells)
    return rows


def _slope(value: float | None) -> str:
    return "?" if value is None else f"{value + 0.0 if abs(value) >= 0.005 else 0.0:+.2f}"
