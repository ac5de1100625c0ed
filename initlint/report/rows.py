"""Findings as rows that JSON can hold, and back."""

from __future__ import annotations

from typing import Any

from initlint.findings import Edit, Finding, Fix, Safety, Severity, Site


def to_row(finding: Finding) -> list[Any]:
    """One finding that is in no cell of a notebook yet, and whose evidence is of JSON's own types."""
    return [
        *(finding.code, finding.rule, finding.message, _from_site(finding.site), finding.severity.value),
        *(finding.fix and _from_fix(finding.fix), finding.model, finding.parameter, list(finding.parameters)),
        *(finding.confidence, finding.evidence, finding.help),
    ]


def from_row(row: list[Any]) -> Finding:
    """The finding that ``row`` was made from, but for what was to be done to mend it: of that the edits are left."""
    code, rule, message, site, severity, fix, model, parameter, parameters, confidence, evidence, help_ = row
    return Finding(
        code=code,
        rule=rule,
        message=message,
        site=Site(*site),
        severity=Severity(severity),
        fix=fix and _to_fix(fix),
        model=model,
        parameter=parameter,
        parameters=tuple(parameters),
        confidence=confidence,
        evidence=evidence,
        help=help_,
    )


def _from_site(site: Site) -> list[Any]:
    return [site.path, site.line, site.column, site.end_line, site.end_column]


def _from_fix(fix: Fix) -> list[Any]:
    return [fix.message, fix.safety.value, [[edit.content, _from_site(edit.site)] for edit in fix.edits], fix.revives, fix.assumes]


def _to_fix(row: list[Any]) -> Fix:
    message, safety, edits, revives, assumes = row
    return Fix(message=message, safety=Safety(safety), edits=tuple(Edit(content, Site(*site)) for content, site in edits), revives=revives, assumes=assumes)
