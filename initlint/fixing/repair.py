"""Findings to repaired text: fixes composed to a fixed point, and none that together do harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from initlint import engine
from initlint.engine import CheckResult
from initlint.findings import Finding, Safety
from initlint.text.edits import SourceError, apply_fixes

COMMENTS = ("INI904", "INI905")
"""Findings about comments: a fix may leave one without a purpose."""

Refine = Callable[[CheckResult], None]
"""Leaves in a result what the user's settings keep."""


@dataclass(slots=True)
class FileChange:
    """One file before and after its fixes, what is left in it, and why."""

    path: str
    before: str
    after: str
    applied: list[Finding]
    refused: list[tuple[Finding, str]]
    left: list[Finding]


def keep(result: CheckResult) -> None:
    """Settings that keep everything."""


def fix(result: CheckResult, *, unsafe: bool = True, refine: Refine = keep) -> list[FileChange]:
    """Every file of ``result`` that has fixes, with those that are wanted applied until no more is to be done.

    Nothing is written. Only safe fixes are wanted unless ``unsafe``. ``refine`` is what made ``result`` of all there was.
    """
    by_path: dict[str, list[Finding]] = {}
    for finding in result.findings:
        by_path.setdefault(finding.site.path, []).append(finding)
    return [_fix_file(result, path, found, unsafe, refine) for path, found in by_path.items() if any(finding.fix for finding in found)]


def _fix_file(result: CheckResult, path: str, findings: list[Finding], unsafe: bool, refine: Refine) -> FileChange:
    text = before = result.sources[path]
    applied: list[Finding] = []
    refused: list[tuple[Finding, str]] = []
    while True:
        wanted = [finding for finding in findings if _wanted(finding, unsafe)]
        after, landed, refused, again = _land(result, path, text, findings, wanted, refine)
        if not landed:
            break
        applied += landed
        text, findings = after, again  # fewer findings each time, so this ends
    refused += [(finding, str(finding.evidence["refused"])) for finding in findings if "refused" in finding.evidence]
    return FileChange(path, before, text, applied, refused, findings)


def _wanted(finding: Finding, unsafe: bool) -> bool:
    fix = finding.fix
    return fix is not None and bool(fix.edits) and (fix.safety is Safety.SAFE or (unsafe and fix.safety is Safety.UNSAFE))


def _land(
    result: CheckResult, path: str, text: str, findings: Sequence[Finding], wanted: Sequence[Finding], refine: Refine
) -> tuple[str, list[Finding], list[tuple[Finding, str]], list[Finding]]:
    """The text with as many of ``wanted`` as get along, these, the others with the reason, and what is found then."""
    after, landed, found, problem = _together(result, path, text, findings, wanted, refine)
    if not problem:
        return after, landed, [], found
    taken: list[Finding] = []
    best: tuple[str, list[Finding]] = text, list(findings)
    refused: list[tuple[Finding, str]] = []
    for finding in wanted:
        after, landed, found, problem = _together(result, path, text, findings, [*taken, finding], refine)
        if problem:
            refused.append((finding, problem))
        elif len(landed) > len(taken):
            taken, best = landed, (after, found)
    return best[0], taken, refused, best[1]


def _together(
    result: CheckResult, path: str, text: str, findings: Sequence[Finding], wanted: Sequence[Finding], refine: Refine
) -> tuple[str, list[Finding], list[Finding], str]:
    """The text with those of ``wanted`` that do not overlap, these, what is found then, and what would be wrong with that."""
    after, numbers = apply_fixes(text, [finding.fix.edits for finding in wanted if finding.fix is not None])
    landed = [wanted[number] for number in numbers]
    if not landed:
        return text, [], list(findings), ""
    try:
        again = engine.recheck(result, path, after)
    except SourceError as error:
        return text, [], list(findings), f"the file {error}"
    refine(again)
    allowed = _tally(findings) - _tally(landed)
    come = sorted(_tally(again.findings) - allowed)
    return after, landed, again.findings, f"it would bring {come[0]}" if come else ""


def _tally(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings if finding.code not in COMMENTS)
