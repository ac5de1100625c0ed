"""Workflow commands of GitHub Actions: each finding becomes an annotation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from initlint.findings import Finding, Severity
from initlint.report.paint import safe
from initlint.report.places import cell_note, relative

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(findings: Sequence[Finding], *, root: str) -> str:
    """One command per line; ``root`` is the folder that paths are counted from."""
    return "".join(_command(finding, root) for finding in findings)


def _command(finding: Finding, root: str) -> str:
    site = finding.site
    first, last = site.file_lines
    place: dict[str, object] = {"file": relative(site.path, root), "line": first, "endLine": last}
    if site.cell is None and first == last:
        place |= {"col": site.column, "endColumn": max(site.column, site.end_column - 1)}
    properties = {"title": f"{finding.code} {finding.rule}", **place}
    message = "\n".join(filter(None, [cell_note(site) + safe(finding.message), safe(finding.help)]))
    return f"::{LEVELS[finding.severity]} {','.join(f'{key}={_property(str(value))}' for key, value in properties.items())}::{_data(message)}\n"


def _data(text: str) -> str:
    """``text`` with what would end the command spelled as GitHub reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """``text`` with what would end a property spelled as GitHub reads it; other control characters as an escape."""
    lines = re.split(r"([\r\n])", text)
    return _data("".join(part if part in "\r\n" else safe(part) for part in lines)).replace(":", "%3A").replace(",", "%2C")
