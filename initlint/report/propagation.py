"""What-if runs of a plain stack as tables, charts and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from initlint.report.chart import Panel, Series, figure
from initlint.report.json import dumps
from initlint.report.paint import Paint, plain, safe, width
from initlint.theory.propagate import Verdict
from initlint.theory.stack import Moments, Stack

STYLES: dict[Verdict, str] = {"ok": "green", "suboptimal": "yellow", "harmful": "bold red"}
MEANS: dict[Verdict, str] = {
    "ok": "signal and gradient stay within a factor of 10",
    "suboptimal": "signal or gradient changes more than 10-fold, less than 1000-fold",
    "harmful": "signal or gradient changes more than 1000-fold",
}
_QUANTITIES = (("E h²", "second"), ("Var h", "variance"), ("E δ²", "gradient"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One initializer on one stack."""

    init: str
    stds: tuple[float, ...]
    predicted: Moments | None
    """None where theory does not reach; ``reason`` says why."""
    measured: Moments | None = None
    errors: Moments | None = None
    """Standard errors of ``measured``, relative to it."""
    verdict: Verdict
    reason: str = ""


def to_json(stack: Stack, outcomes: Sequence[Outcome], draws: int | None) -> str:
    """``propagate --format json``: entries of every list are layers, from the first."""
    return dumps(
        {
            "schema_version": 1,
            "layers": stack.sizes,
            "activation": stack.activation,
            "parameter": stack.parameter,
            "draws": draws,
            "inits": [*map(_row, outcomes)],
        }
    )


def to_text(stack: Stack, outcomes: Sequence[Outcome], paint: Paint = plain) -> str:
    """One table and one sentence for each initializer."""
    return "\n".join(_block(stack, one, paint) for one in outcomes)


def to_markdown(stack: Stack, outcomes: Sequence[Outcome]) -> str:
    """The same in Markdown."""
    blocks = []
    for one in outcomes:
        header, *rows = _table(stack, one)
        lines = [f"### `{safe(one.init)}`", "", _sentence(one), "", piped(header), piped(["---:"] * len(header)), *map(piped, rows)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def aligned(table: Sequence[Sequence[str]], paint: Paint, text_columns: Sequence[int] = ()) -> list[str]:
    """A table for a terminal, its header dim; numbers to the right, ``text_columns`` to the left."""
    widths = [max(map(width, column)) for column in zip(*table)]
    left = {column % len(widths) for column in text_columns}
    lines = []
    for row in table:
        cells = [
            cell + " " * (size - width(cell)) if place in left else " " * (size - width(cell)) + cell for place, (cell, size) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return [paint(lines[0], "dim"), *lines[1:]]


def piped(cells: Sequence[str]) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def panels(stack: Stack, outcomes: Sequence[Outcome]) -> list[Panel]:
    """Forward above backward: lines are predicted, marks measured."""
    labels = [f"layer {number}" for number in range(len(stack.sizes) - 1)]
    quantities = (("Forward: E h² by layer", "second", "E h²"), ("Backward: E δ² by layer", "gradient", "E δ²"))
    return [Panel(title=title, series=_series(outcomes, quantity), labels=labels, axis=axis) for title, quantity, axis in quantities]


def _series(outcomes: Sequence[Outcome], quantity: str) -> list[Series]:
    series = []
    for family, one in enumerate(outcomes):
        for moments, dots in ((one.predicted, False), (one.measured, True)):
            if moments is not None:
                kind = "measured" if dots else "predicted"
                series.append(Series(name=f"{one.init}, {kind}", values=getattr(moments, quantity), family=family, dots=dots))
    return series


def _block(stack: Stack, outcome: Outcome, paint: Paint) -> str:
    verdict = paint(outcome.verdict, STYLES[outcome.verdict])
    return "\n".join([f"{paint(safe(outcome.init), 'bold')}: {verdict}: {safe(_reason(outcome))}", *aligned(_table(stack, outcome), paint)]) + "\n"


def _sentence(outcome: Outcome) -> str:
    return f"**{outcome.verdict}**: {_reason(outcome)}."


def _reason(outcome: Outcome) -> str:
    source = "" if outcome.predicted is not None else f" (measured; not predicted: {outcome.reason})"
    return MEANS[outcome.verdict] + " between the first and the last hidden layer" + source


def _table(stack: Stack, outcome: Outcome) -> list[list[str]]:
    header = ["layer", "weight", "std"]
    for name, _ in _QUANTITIES:
        header += [name] + ([f"{name} measured", "±%"] if outcome.measured else [])
    rows = []
    for index, (outputs, inputs) in enumerate(stack.shapes):
        cells = [str(index), f"{inputs}→{outputs}", figure(outcome.stds[index])]
        for _, quantity in _QUANTITIES:
            cells.append(_at(outcome.predicted, quantity, index))
            if outcome.measured and outcome.errors:
                cells += [_at(outcome.measured, quantity, index), f"{100 * getattr(outcome.errors, quantity)[index]:.1f}"]
        rows.append(cells)
    return [header, *rows]


def _at(moments: Moments | None, quantity: str, index: int) -> str:
    return figure(getattr(moments, quantity)[index] if moments else None)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {"init": outcome.init, **{key: value for key, value in asdict(outcome).items() if key != "init"}}
