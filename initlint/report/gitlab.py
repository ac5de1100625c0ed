"""The Code Quality report of GitLab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from initlint.findings import Finding, Severity
from initlint.report.json import dumps
from initlint.report.paint import safe
from initlint.report.places import cell_note, fingerprints, relative

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(findings: Sequence[Finding], sources: Mapping[str, str], *, root: str) -> str:
    """A JSON list with one object per finding; a fingerprint stays the same while lines move."""
    return dumps([_row(finding, name, root) for finding, name in zip(findings, fingerprints(findings, sources, root), strict=True)])


def _row(finding: Finding, fingerprint: str, root: str) -> dict[str, Any]:
    site = finding.site
    first, last = site.file_lines
    begin: dict[str, int] = {"line": first, "column": site.column if site.cell is None else 1}
    end: dict[str, int] = {"line": last, "column": site.end_column if site.cell is None else 1}
    return {
        "description": f"{finding.code}: {cell_note(site)}{safe(finding.message)}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {"path": safe(relative(site.path, root)), "positions": {"begin": begin, "end": end}},
    }
