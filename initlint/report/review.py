"""The report on one model: its content, and its forms for documents and programs. The page is made in ``page``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from initlint.findings import Finding, Severity
from initlint.graph import ModelGraph
from initlint.report import table
from initlint.report.chart import Series, chart, figure, stacked
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
    measured: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the path of a layer: what the verifier saw there, averaged over its builds."""
    builds: int = 0
    """How many builds that were; 0 where nothing was run."""
    trouble: str = ""
    """Why nothing, or only a part, was measured."""
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

    def seen(self, point: Point, quantity: str) -> float | None:
        """``second_moment`` or ``gradient``, measured behind the operation of a layer."""
        layer = point.op.layer
        row = self.measured.get(layer.path) if layer is not None and layer.calls[:1] == [point.op] else None
        value = row.get(quantity) if row else None
        return value if isinstance(value, (int, float)) else None

    @property
    def agreement(self) -> str:
        """Measured against predicted second moments, in one sentence; empty where there is nothing to compare."""
        pairs = [(self.seen(point, "second_moment"), point.second) for point in self.curve.points]
        ratios = sorted(seen / told for seen, told in pairs if seen and told)
        if not ratios:
            return ""
        worst = max(ratios, key=lambda ratio: max(ratio, 1 / ratio))
        middle = ratios[len(ratios) // 2]
        return f"Measured over predicted E x² at {count(len(ratios), 'layer')}, {count(self.builds, 'build')}: median {middle:.3g}, worst {worst:.3g}."

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
    kinds = ("Second moment of the signal by depth", _second, "second_moment"), ("Second moment of the gradient by depth", _gradient, "gradient")
    for title, value, quantity in kinds:
        series = [Series(name="predicted", values=[value(point) for point in review.curve.points])]
        if value is _second:
            variances = [point.signal.variance if point.signal else None for point in review.curve.points]
            series.append(Series(name="variance, predicted", values=variances, family=1))
        if review.fixed is not None and len(review.fixed.points) == len(labels):
            series.append(Series(name="predicted after the fixes", values=[value(point) for point in review.fixed.points], family=2))
        if review.measured:
            dots = [review.seen(point, quantity) for point in review.curve.points]
            series.append(Series(name=f"measured, mean of {count(review.builds, 'build')}", values=dots, family=3, dots=True))
        made.append((title, chart(title, series, labels, gaps=gaps, standalone=standalone) if labels else ""))
    return made


def to_svg(review: Review) -> str:
    """Both charts, one above the other."""
    return stacked([(title, svg) for title, svg in charts(review, standalone=True) if svg])


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
        "curve": [
            {**_point(point), "measured_second_moment": review.seen(point, "second_moment"), "measured_gradient": review.seen(point, "gradient")}
            for point in review.curve.points
        ],
        "builds": review.builds,
        "reason": review.trouble or None,
        "curve_after_fixes": [_point(point) for point in review.fixed.points] if review.fixed else None,
        "parameters": rows,
        "findings": [finding_row(finding) for finding in review.findings],
        "diff": review.diff or None,
    }
    return dumps(content)


def to_markdown(review: Review) -> str:
    """``report --format md``."""
    lines = [f"# Initialization of `{_cell(review.target)}`", "", _cell(review.summary), "", _cell(measurement(review)), "", "## Signal by depth", ""]
    lines += _rows(curve_header(review), [curve_cells(review, point) for point in review.curve.points])
    lines += ["", "## Parameters", "", *_rows(PARAMETER_HEADER, parameter_cells(review)), "", "## Findings", ""]
    lines += [f"- `{one.code}` {_cell(str(one.site))}: {_cell(one.message)}" for one in review.findings] or ["None."]
    if review.diff:
        fence = "`" * 4
        lines += ["", "## Fixes", "", f"{fence}diff", review.diff.rstrip("\n"), fence]
    return "\n".join(lines) + "\n"


def measurement(review: Review) -> str:
    """What was run, and how well it agrees."""
    if not review.builds and not review.trouble:
        return "Predicted from the source alone; nothing was run."
    return f"{review.agreement} {review.trouble}".strip()


def curve_header(review: Review) -> tuple[str, ...]:
    """Of the table that says what the charts show."""
    measured = ("E x² measured", "E δ² measured", "dead or saturated") if review.measured else ()
    return ("operation", "E x²", "Var x", "E δ²", *measured, "note")


def curve_cells(review: Review, point: Point) -> tuple[str, ...]:
    """One row of it."""
    measured: tuple[str, ...] = ()
    if review.measured:
        seen = [review.seen(point, quantity) for quantity in ("second_moment", "gradient", "dead", "saturated")]
        ended = next((f"{share:.1%}" for share in seen[2:] if share is not None), "")
        measured = (*("" if value is None else figure(value) for value in seen[:2]), ended)
    return (point.name, figure(point.second), figure(point.signal.variance if point.signal else None), figure(point.gradient), *measured, point.note)


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
