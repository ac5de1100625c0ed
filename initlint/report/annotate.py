"""The model's own code with what each line makes, sets and passes on beside it."""

from __future__ import annotations

from collections import defaultdict

from initlint.findings import Finding
from initlint.report.chart import figure
from initlint.report.review import Review
from initlint.report.table import describe

MOST = 3
"""Parameters that are named on one line."""


def remarks(review: Review) -> dict[int, list[str]]:
    """Line to what is to be said there: initializers with their spread, then the signal that passes."""
    starts: dict[int, dict[str, list[str]]] = defaultdict(dict)
    for parameter in review.graph.parameters:
        event, law = parameter.effective, parameter.distribution
        sites = [event.site if event else None, parameter.layer.site if parameter.layer else None]
        if event is not None and law is not None:
            text = f"{event.initializer.rpartition('.')[2]}: {describe(law)}"
            for line in {site.line for site in sites if site is not None and site.path == review.graph.path}:
                starts[line].setdefault(text, []).append(parameter.name)
    found = {line: [f"{text} ({_names(names)})" for text, names in texts.items()] for line, texts in starts.items()}
    passing: dict[int, list[float]] = defaultdict(list)
    for point in review.curve.points:
        site = point.op.site
        if site is not None and site.path == review.graph.path and point.second is not None:
            passing[site.line].append(point.second)
    for line, values in passing.items():
        low, high = figure(min(values)), figure(max(values))
        found.setdefault(line, []).append(f"E x² = {low}" if low == high else f"E x² from {low} to {high}")
    return found


def findings_by_line(review: Review) -> dict[int, list[Finding]]:
    """Line to the findings there."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in review.findings:
        if finding.site.path == review.path:
            found[finding.site.line].append(finding)
    return dict(found)


def _names(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more
