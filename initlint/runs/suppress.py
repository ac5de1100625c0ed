"""Comments that silence findings: ``# initlint: ignore[INI101] reason`` and ``# initlint: ignore-file[INI101] reason``.

On a line of its own a comment speaks of the statement below it; behind code, of the statement it stands in.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from initlint.findings import Finding, Severity, Site
from initlint.rules import all_rules, find

COMMENT = re.compile(r"#\s*initlint:\s*ignore(?P<file>-file)?\[(?P<codes>[^\]]*)\]")
ALWAYS = ("INI901", "INI902", "INI903")
"""Findings that no comment in the file can silence."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One code named by one comment; ``lines`` are those it speaks of, None for the whole file."""

    code: str
    site: Site
    lines: tuple[int, int] | None

    def covers(self, finding: Finding) -> bool:
        """Whether this comment silences ``finding``."""
        if finding.code in ALWAYS or self.code not in (finding.code, finding.rule):
            return False
        return self.lines is None or (finding.site.line <= self.lines[1] and self.lines[0] <= finding.site.end_line)


def suppressions(path: str, text: str) -> Iterator[Suppression]:
    """Every suppression that the comments of a file spell out."""
    if "initlint:" not in text:
        return
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        match = COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if match is None:
            continue
        row, column = token.start
        alone = not token.line[:column].strip()
        lines = None if match["file"] else (row, row + 1) if alone else (row, row)
        start = column + match.start() + 1
        site = Site(path, row, start, row, column + match.end() + 1)
        for code in match["codes"].split(","):
            if code.strip():
                yield Suppression(code.strip(), site, lines)


def silence(path: str, text: str, findings: Sequence[Finding], ran: Sequence[str]) -> list[Finding]:
    """``findings`` without those that comments silence, and with what is wrong with the comments.

    ``ran`` holds the codes and names of the rules that ran: a suppression of another is not called unused.
    """
    kept = list(findings)
    known = {text for rule in all_rules() for text in (rule.code, rule.name)}
    for one in suppressions(path, text):
        silenced = [finding for finding in findings if one.covers(finding)]
        kept = [finding for finding in kept if not any(finding is other for other in silenced)]
        if one.code not in known:
            kept.append(_about(one, "INI905", f"`{one.code}` is no rule: `initlint rules` lists them", Severity.WARNING))
        elif not silenced and one.code in ran:
            kept.append(_about(one, "INI904", f"nothing here is silenced by `{one.code}`: remove the comment", Severity.NOTE))
    return sorted(kept, key=lambda finding: finding.order)


def _about(one: Suppression, code: str, message: str, severity: Severity) -> Finding:
    return Finding(code=code, rule=find(code).name, message=message, site=one.site, severity=severity)
