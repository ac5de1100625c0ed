"""Findings for programs: a list with ruff's keys, and our own beside them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from initlint.findings import Edit, Finding, Fix, Safety, Site

APPLICABILITY = {Safety.SAFE: "safe", Safety.UNSAFE: "unsafe", Safety.ADVICE: "display"}
"""Our safety classes in the words of ruff's JSON."""


def render(findings: Sequence[Finding]) -> str:
    """``check --format json``."""
    return dumps([row(finding) for finding in findings])


def dumps(value: Any) -> str:
    """JSON that every reader accepts: no NaN, no infinity, ASCII only, one newline at the end."""
    return json.dumps(clean(value), indent=2, allow_nan=False) + "\n"


def row(finding: Finding) -> dict[str, Any]:
    """One finding as a JSON object."""
    start, end = _span(finding.site)
    return {
        "code": finding.code,
        "message": finding.message,
        "filename": finding.site.path,
        **({"cell": finding.site.cell.number} if finding.site.cell else {}),
        "location": start,
        "end_location": end,
        "severity": finding.severity.value,
        "url": None,
        "fix": _fix(finding.fix) if finding.fix else None,
        "rule": finding.rule,
        "model": finding.model,
        "parameter": finding.parameter,
        "confidence": finding.confidence,
        "evidence": finding.evidence,
    }


def clean(value: Any) -> Any:
    """``value`` in JSON's own types: what is not a finite number becomes null, symbols and other objects their text."""
    match value:
        case Enum():
            return clean(value.value)
        case None | bool() | str():
            return value
        case int():
            return int(value) if value.bit_length() <= 1024 else None
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return {str(clean(key)): clean(item) for key, item in value.items()}
        case AbstractSet():
            return sorted((clean(item) for item in value), key=str)
        case list() | tuple():
            return [clean(item) for item in value]
        case Site():
            return {"path": value.path, **_location(value, value.row, value.column)}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: clean(getattr(value, field.name)) for field in fields(value)}
    return str(value)


def _fix(fix: Fix) -> dict[str, Any]:
    return {"applicability": APPLICABILITY[fix.safety], "message": fix.message, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    start, end = _span(edit.site)
    return {"content": edit.content, "location": start, "end_location": end}


def _span(site: Site) -> tuple[dict[str, int], dict[str, int]]:
    return _location(site, site.row, site.column), _location(site, site.end_row, site.end_column)


def _location(site: Site, row: int, column: int) -> dict[str, int]:
    return {**({"cell": site.cell.number} if site.cell else {}), "row": row, "column": column}
