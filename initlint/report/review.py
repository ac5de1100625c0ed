"""The report on one model: its content, and its forms for documents and programs. The page is made in ``page``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from initlint.findings import Finding, Severity
from initlint.graph import ModelGraph
from initlint.report import table
from initlint.report.chart import Series, chart, figure
from initlint.report.json import dumps
from initlint.report.json import row as finding_row
from initlint.report.paint import safe
from initlint.report.text import count
from initlint.signal.asked import Asked, asked
from initlint.signal.curve import Curve, Point


@dataclass(slots=True, kw_only=True)
class Review:
    """Everything that a report shows."""

    target: str
    graph: ModelGraph
    curve: Curve
    nonlinearities: Mapping[str, tuple[str, float | None]]
    findings: Sequence[Finding] = ()
    path: str = ""
    """The file that the model is in, as it is shown and as its findings name it."""
    source: str = ""
    """Its text; empty where it cannot be shown."""
    diff: str = ""
    """What the fixes would change in that file, if anything."""
    fixed: Curve | None = None
    """The curve after these fixes; None where it is the same or could not be found."""
    asked: dict[str, Asked] = field(init=False)

    def __post_init__(self) -> None:
        self.asked = asked(self.graph, {name: gain for name, (_, gain) in self.nonlinearities.items()})

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        verdict = self.curve.verdict or "not known"
        tally = [count(sum(one.severity is kind for one in self.findings), kind.value) for kind in reversed(Severity)]
        found = ", ".join(text for text in tally if not text.startswith("0 ")) or "no findings"
        gaps = len(self.curve.lost)
        followed = f"; {count(gaps, 'operation')} could not be followed" if gaps else ""
        return f"{verdict[0].upper()}{verdict[1:]}: {self.curve.reason}; {found}{followed}."

    @property
    def notes(self) -> list[tuple[str, list[str]]]:
        """What was assumed or lost, with the operations that it concerns."""
        found: dict[str, list[str]] = {}
        for point in self.curve.points:
            if point.note:
                found.setdefault(point.note, []).append(point.name)
        return list(found.items())


def charts(review: Review, *, standalone: bool = False) -> list[tuple[str, str]]:
    """Title and SVG of the forward and the backward curve."""
    labels = [point.name for point in review.curve.points]
    gaps = [place for place, point in enumerate(review.curve.points) if point.lost and point.note]
    made = []
    for title, value in (("Second moment of the signal by depth", _second), ("Second moment of the gradient by depth", _gradient)):
        series = [Series(name="predicted", values=[value(point) for point in review.curve.points])]
        if value is _second:
            variances = [point.signal.variance if point.signal else None for point in review.curve.points]
            series.append(Series(name="variance, predicted", values=variances, family=1))
        if review.fixed is not None and len(review.fixed.points) == len(labels):
            series.append(Series(name="predicted after the fixes", values=[value(point) for point in review.fixed.points], family=2))
        made.append((title, chart(title, series, labels, gaps=gaps, standalone=standalone) if labels else ""))
    return made


def to_svg(review: Review) -> str:
    """Both charts, one above the other."""
    pictures = [svg for _, svg in charts(review, standalone=True) if svg]
    nested = "".join(svg.replace("<svg ", f'<svg y="{380 * number}" ', 1) for number, svg in enumerate(pictures))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {380 * max(1, len(pictures))}" width="640">\n{nested}</svg>\n'


def to_json(review: Review) -> str:
    """``report --format json``."""
    rows = table.rows(review.graph, review.nonlinearities)
    for row in rows:
        wanted = review.asked.get(row["name"])
        row |= {"asked_std": wanted.std if wanted else None, "ratio": wanted.ratio if wanted else None, "verdict": wanted.verdict if wanted else None}
    content = {
        "schema_version": 1,
        "target": review.target,
        "summary": review.summary,
        "verdict": review.curve.verdict,
        "curve": [_point(point) for point in review.curve.points],
        "curve_after_fixes": [_point(point) for point in review.fixed.points] if review.fixed else None,
        "parameters": rows,
        "findings": [finding_row(finding) for finding in review.findings],
        "diff": review.diff or None,
    }
    return dumps(content)


def to_markdown(review: Review) -> str:
    """``report --format md``."""
    lines = [f"# Initialization of `{_cell(review.target)}`", "", _cell(review.summary), "", "## Signal by depth", ""]
    lines += _rows(("operation", "E x²", "Var x", "E δ²", "note"), [curve_cells(point) for point in review.curve.points])
    lines += ["", "## Parameters", "", *_rows(PARAMETER_HEADER, parameter_cells(review)), "", "## Findings", ""]
    lines += [f"- `{one.code}` {_cell(str(one.site))}: {_cell(one.message)}" for one in review.findings] or ["None."]
    if review.diff:
        fence = "`" * 4
        lines += ["", "## Fixes", "", f"{fence}diff", review.diff.rstrip("\n"), fence]
    return "\n".join(lines) + "\n"


def curve_cells(point: Point) -> tuple[str, ...]:
    """One row of the table that says what the charts show."""
    return point.name, figure(point.second), figure(point.signal.variance if point.signal else None), figure(point.gradient), point.note


PARAMETER_HEADER = ("name", "shape", "starts from", "law", "std", "asked", "ratio", "verdict", "set by", "nonlinearity")


def parameter_cells(review: Review) -> list[tuple[str, ...]]:
    """The table of parameters."""
    result: list[tuple[str, ...]] = []
    for parameter in review.graph.parameters:
        wanted, law = review.asked.get(parameter.name), parameter.distribution
        std = law.std if law else None
        text = review.nonlinearities.get(parameter.name, ("", None))[0]
        name, shape, starts, formula, setter, _ = table.cells(parameter, text)
        result.append((
            name, shape, starts, formula, figure(std) if isinstance(std, (int, float)) else str(std or "?"), figure(wanted.std) if wanted else "",
            figure(wanted.ratio) if wanted else "", wanted.verdict if wanted else "", setter, safe(text),
        ))  # fmt: skip
    return result


def _second(point: Point) -> float | None:
    return point.second


def _gradient(point: Point) -> float | None:
    return point.gradient


def _point(point: Point) -> dict[str, Any]:
    site = point.op.site
    return {
        "name": point.name,
        "kind": point.op.kind,
        "mean": point.signal.mean if point.signal else None,
        "variance": point.signal.variance if point.signal else None,
        "second_moment": point.second,
        "gradient": point.gradient,
        "note": point.note or None,
        "line": site.row if site else None,
    }


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(map(_cell, row))} |" for row in (header, ["---"] * len(header), *rows)]


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|").replace("<", "&lt;")
