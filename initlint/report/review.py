"""The report on one model: its content, and its forms for documents and programs. The page is made in ``page``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from initlint.findings import Finding, Severity
from initlint.graph import ModelGraph, Parameter
from initlint.report import table
from initlint.report.chart import Panel, Series, figure
from initlint.report.curves import Variant, panels, point_row
from initlint.report.json import dumps
from initlint.report.json import row as finding_row
from initlint.report.paint import safe
from initlint.report.text import count
from initlint.signal.asked import Asked, asked
from initlint.signal.caveats import caveats
from initlint.signal.curve import Curve, Point


@dataclass(frozen=True, slots=True)
class Remedy:
    """What one finding's fix changes, and where that alone would lead."""

    finding: Finding
    diff: str
    curve: Curve | None
    """None where the curve is not known, or not asked for because there are so many fixes."""


@dataclass(slots=True, kw_only=True)
class Review:
    """Everything that a report shows."""

    target: str
    graph: ModelGraph
    curve: Curve
    shape: Sequence[int] | None = None
    """Of the input, where it is known."""
    nonlinearities: Mapping[str, tuple[str, float | None]]
    findings: Sequence[Finding] = ()
    path: str = ""
    """The file that the model is in, as it is shown and as its findings name it."""
    source: str = ""
    """Its text; empty where it cannot be shown."""
    diff: str = ""
    """What the fixes together would change in that file, if anything."""
    remedies: Sequence[Remedy] = ()
    """One for each finding that has a fix."""
    fixed: Curve | None = None
    """The curve after these fixes; None where it is the same or could not be found."""
    measured: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the path of a layer: what the verifier saw there, over its builds."""
    weighed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the name of a parameter: what the verifier measured of it."""
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

    def weighed_ratio(self, parameter: Parameter) -> float | None:
        """The measured standard deviation of a parameter over that of its law."""
        seen = self.weighed.get(parameter.name, {}).get("measured_std")
        std = parameter.distribution.std if parameter.distribution else None
        return seen / std if isinstance(seen, (int, float)) and isinstance(std, (int, float)) and std > 0 else None

    @property
    def agreement(self) -> str:
        """Measured against predicted second moments, in one sentence; empty where there is nothing to compare."""
        pairs = [(self.seen(point, "second_moment_median"), point.second) for point in self.curve.points if point.certain]
        ratios = sorted(seen / told for seen, told in pairs if seen and told)
        if not ratios:
            return ""
        worst = max(ratios, key=lambda ratio: max(ratio, 1 / ratio))
        middle = ratios[len(ratios) // 2]
        return f"Measured over predicted E x² at {count(len(ratios), 'layer')}, {count(self.builds, 'build')}: median {middle:.3g}, worst {worst:.3g}."

    @property
    def notes(self) -> list[tuple[str, list[str]]]:
        """Where theory is known to fail, what was assumed or lost, with the operations that it concerns."""
        found: dict[str, list[str]] = {}
        for point in self.curve.points:
            if point.note:
                found.setdefault(point.note, []).append(point.name)
        return [*caveats(self.curve), *found.items()]


def charts(review: Review) -> list[Panel]:
    """The forward and the backward curve."""
    points = review.curve.points
    if not points:
        return []
    variants = [Variant("predicted", review.curve)]
    if review.fixed is not None:
        variants.append(Variant("predicted after the fixes", review.fixed))
    variances = [point.signal.variance if point.signal else None for point in points]
    forward = [Series(name="variance, predicted", values=variances, family=1)]
    backward: list[Series] = []
    if review.measured:
        for series, quantity in ((forward, "second_moment"), (backward, "gradient")):
            low, middle, high = ([review.seen(point, f"{quantity}{kind}") for point in points] for kind in ("_min", "_median", "_max"))
            name = f"measured, median and range of {count(review.builds, 'build')}"
            series.append(Series(name=name, values=middle, family=3, dots=True, low=low, high=high))
    return panels(variants, (forward, backward))


def to_json(review: Review) -> str:
    """``report --format json``."""
    rows = table.rows(review.graph, review.nonlinearities)
    for row in rows:
        wanted = review.asked.get(row["name"])
        seen = review.weighed.get(row["name"], {})
        row |= {"measured_std": seen.get("measured_std"), "measured_ratio": seen.get("ratio")} if review.weighed else {}
        row |= {"asked_std": wanted.std if wanted else None, "ratio": wanted.ratio if wanted else None, "verdict": wanted.verdict if wanted else None}
    content = {
        "schema_version": 1,
        "target": review.target,
        "summary": review.summary,
        "verdict": review.curve.verdict,
        "curve": [
            {
                **point_row(point),
                "measured_second_moment": review.seen(point, "second_moment_median"),
                "measured_gradient": review.seen(point, "gradient_median"),
            }
            for point in review.curve.points
        ],
        "builds": review.builds,
        "layers": list(review.measured.values()),
        "reason": review.trouble or None,
        "notes": [{"note": note, "operations": names} for note, names in review.notes],
        "curve_after_fixes": [point_row(point) for point in review.fixed.points] if review.fixed else None,
        "parameters": rows,
        "findings": [finding_row(finding) for finding in review.findings],
        "remedies": [
            {
                "code": one.finding.code,
                "line": one.finding.site.line,
                "diff": one.diff,
                "verdict_after": one.curve.verdict if one.curve else None,
                "reason_after": one.curve.reason if one.curve else None,
            }
            for one in review.remedies
        ],
        "diff": review.diff or None,
    }
    return dumps(content)


def to_markdown(review: Review) -> str:
    """``report --format md``."""
    lines = [f"# Initialization of `{_cell(review.target)}`", "", _cell(review.summary), "", _cell(measurement(review)), "", "## Signal by depth", ""]
    lines += _rows(curve_header(review), [curve_cells(review, point) for point in review.curve.points])
    lines += ["", "## Parameters", "", *_rows(parameter_header(review), parameter_cells(review)), "", "## Findings", ""]
    lines += [f"- `{one.code}` {_cell(str(one.site))}: {_cell(one.message)}" for one in review.findings] or ["None."]
    if review.notes:
        lines += ["", "## Assumptions and gaps", "", *(f"- {_cell(note)}: {_cell(', '.join(names[:3]))}" for note, names in review.notes)]
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
        seen = [review.seen(point, quantity) for quantity in ("second_moment_median", "gradient_median", "dead", "saturated")]
        ended = next((f"{share:.1%}" for share in seen[2:] if share is not None), "")
        measured = (*("" if value is None else figure(value) for value in seen[:2]), ended)
    return (point.name, figure(point.second), figure(point.signal.variance if point.signal else None), figure(point.gradient), *measured, point.note)


def parameter_header(review: Review) -> tuple[str, ...]:
    """Of the table of parameters."""
    measured = ("measured std", "measured/law") if review.weighed else ()
    return ("name", "shape", "starts from", "law", "std", *measured, "asked", "ratio", "verdict", "set by", "nonlinearity")


def parameter_cells(review: Review) -> list[tuple[str, ...]]:
    """The table of parameters."""
    result: list[tuple[str, ...]] = []
    for parameter in review.graph.parameters:
        wanted, law = review.asked.get(parameter.name), parameter.distribution
        std = law.std if law else None
        text = review.nonlinearities.get(parameter.name, ("", None))[0]
        name, shape, starts, formula, setter, _ = table.cells(parameter, text)
        spread = figure(std) if isinstance(std, (int, float)) else "?" if std is None else str(std)
        judged = (figure(wanted.std), figure(wanted.ratio), wanted.verdict) if wanted else ("", "", "")
        result.append((name, shape, starts, formula, spread, *_weighed(review, parameter), *judged, setter, safe(text)))
    return result


def _weighed(review: Review, parameter: Parameter) -> tuple[str, ...]:
    """The measured spread of a parameter, and its ratio to that of the law."""
    if not review.weighed:
        return ()
    ratio, seen = review.weighed_ratio(parameter), review.weighed.get(parameter.name, {}).get("measured_std")
    return figure(seen) if isinstance(seen, (int, float)) else "", "" if ratio is None else figure(ratio)


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(map(_cell, row))} |" for row in (header, ["---"] * len(header), *rows)]


def _cell(text: str) -> str:
    return safe(text).replace("|", "\\|").replace("<", "&lt;")
