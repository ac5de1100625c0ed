"""One line per finding, for people and for tools that read what compilers print."""

from __future__ import annotations

from collections.abc import Sequence

from initlint.findings import Finding
from initlint.report.paint import Paint, plain, safe
from initlint.report.text import STYLES, fixable, summary


def render(findings: Sequence[Finding], *, files: int, paint: Paint = plain) -> str:
    """``net.py:3:5: INI101 [*] message`` for each, then the summary."""
    return "".join([*(_line(finding, paint) for finding in findings), summary(findings, files=files, paint=paint)])


def _line(finding: Finding, paint: Paint) -> str:
    site = finding.site
    mark = f"[{paint('*', 'cyan')}] " if fixable(finding) else ""
    return f"{paint(safe(site.place), 'bold')}:{site.row}:{site.column}: {paint(finding.code, STYLES[finding.severity])} {mark}{safe(finding.message)}\n"
