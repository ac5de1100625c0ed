"""The Diagnostic Format of reviewdog, with fixes as suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from initlint.findings import Finding, Severity, Site
from initlint.report.json import dumps
from initlint.report.paint import safe
from initlint.report.places import cell_note, relative
from initlint.report.text import fixable
from initlint.text.edits import LineIndex, apply_edits

SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(findings: Sequence[Finding], sources: Mapping[str, str], *, root: str) -> str:
    """One JSON object; columns count bytes of UTF-8, as the format wants them."""
    files = {path: _File(text) for path, text in sources.items()}
    return dumps({"source": {"name": "initlint"}, "diagnostics": [_diagnostic(finding, files, root) for finding in findings]})


class _File:
    """A text that knows its lines, and their columns in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = LineIndex(text)

    def range(self, start: int, end: int) -> dict[str, Any]:
        return {"start": self._position(start), "end": self._position(end)}

    def _position(self, offset: int) -> dict[str, int]:
        line, column = self.index.position(offset)
        return {"line": line, "column": len(self.text[offset - column + 1 : offset].encode("utf-8", "surrogatepass")) + 1}


def _diagnostic(finding: Finding, files: Mapping[str, _File], root: str) -> dict[str, Any]:
    site, file = finding.site, files.get(finding.site.path)
    row: dict[str, Any] = {
        "message": cell_note(site) + safe(finding.message),
        "location": {"path": safe(relative(site.path, root)), "range": _range(site, file)},
        "severity": SEVERITIES[finding.severity],
        "code": {"value": finding.code},
    }
    if file is not None and site.cell is None and fixable(finding):
        row["suggestions"] = [_suggestion(finding, file)]
    return row


def _range(site: Site, file: _File | None) -> dict[str, Any]:
    first, last = site.file_lines
    if site.cell is not None:
        return {"start": {"line": first}, "end": {"line": last}}
    if file is None or last > len(file.index.starts):
        return {"start": {"line": first}}
    return file.range(*file.index.span(site))


def _suggestion(finding: Finding, file: _File) -> dict[str, Any]:
    """All edits of a fix as one replacement: reviewdog would offer several one by one."""
    assert finding.fix is not None
    spans = [file.index.span(edit.site) for edit in finding.fix.edits]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    edited = apply_edits(file.text, finding.fix.edits)
    return {"range": file.range(start, end), "text": edited[start : len(edited) - (len(file.text) - end)]}
