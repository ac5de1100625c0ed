"""The model's own code with what each line makes, sets and passes on beside it."""

from __future__ import annotations

from collections import defaultdict

from initlint.findings import Finding
from initlint.report.chart import figure
from initlint.report.review import Review
from initlint.report.table import describe
from initlint.theory.laws import Distribution

MOST = 3
"""Parameters that are named on one line."""


def remarks(review: Review) -> dict[int, list[str]]:
    """Line to what is to be said there: initializers with their spread, then the signal that passes."""
    starts: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for parameter in review.graph.parameters:
        event, law = parameter.effective, parameter.distribution
        sites = [event.site if event else None, parameter.layer.site if parameter.layer else None]
        if event is not None and law is not None:
            text = f"{event.initializer.rpartition('.')[2]}: {describe(law)}{_spread(law)}"
            for line in {site.line for site in sites if site is not None and site.path == review.graph.path}:
                starts[line].setdefault(text, []).append(parameter.name)
    found = {line: [f"{text} ({_names(names)})" for text, names in texts.items()] for line, texts in starts.items()}
    weighed: dict[int, list[float]] = defaultdict(list)
    passing: dict[int, list[float]] = defaultdict(list)
    seen: dict[int, list[float]] = defaultdict(list)
    for parameter in review.graph.parameters:
        ratio, site = review.weighed_ratio(parameter), parameter.effective.site if parameter.effective else None
        if ratio is not None and site is not None and site.path == review.graph.path:
            weighed[site.line].append(ratio)
    for point in review.curve.points:
        site = point.op.site
        if site is not None and site.path == review.graph.path and point.second is not None:
            passing[site.line].append(point.second)
            measured = review.seen(point, "second_moment_median")
            seen[site.line] += [] if measured is None else [measured]
    for line, values in weighed.items():
        found.setdefault(line, []).append(f"measured std/law {_between(values)}")
    for line, values in passing.items():
        beside = f", measured {_between(seen[line])}" if seen[line] else ""
        found.setdefault(line, []).append(f"E x² {_between(values)}{beside}")
    return found


def findings_by_line(review: Review) -> dict[int, list[Finding]]:
    """Line to the findings there."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in review.findings:
        if finding.site.path == review.path:
            found[finding.site.line].append(finding)
    return dict(found)


def _spread(law: Distribution) -> str:
    """The standard deviation, where the law does not spell it out already."""
    return f", std {figure(float(law.std))}" if law.kind == "uniform" and isinstance(law.std, (int, float)) else ""


def _between(values: list[float]) -> str:
    low, high = figure(min(values)), figure(max(values))
    return f"= {low}" if low == high else f"from {low} to {high}"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
