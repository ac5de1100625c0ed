"""How often each rule found something."""

from __future__ import annotations

from collections.abc import Sequence

from initlint.findings import Finding
from initlint.report.json import dumps
from initlint.report.paint import Paint, plain
from initlint.report.text import fixable


def rows(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """One row per code, the most frequent first."""
    codes = sorted({finding.code for finding in findings})
    groups = [[finding for finding in findings if finding.code == code] for code in codes]
    return [
        {"code": group[0].code, "name": group[0].rule, "count": len(group), "fixable": number > 0, "fixable_count": number}
        for group in sorted(groups, key=lambda group: -len(group))
        for number in [sum(map(fixable, group))]
    ]


def to_json(findings: Sequence[Finding]) -> str:
    """``--statistics --format json``."""
    return dumps(rows(findings))


def to_text(findings: Sequence[Finding], paint: Paint = plain) -> str:
    """A line per code: how many, ``[*]`` where all can be fixed and ``[-]`` where some can."""
    found = rows(findings)
    size = max((len(str(row["count"])) for row in found), default=0)
    return "".join(f"{row['count']:>{size}}  {paint(str(row['code']), 'bold')}  {_mark(row, paint)}  {row['name']}\n" for row in found)


def _mark(row: dict[str, object], paint: Paint) -> str:
    return f"[{paint('*' if row['fixable_count'] == row['count'] else '-', 'cyan')}]" if row["fixable"] else "[ ]"
