"""The findings of a verified target: those of every rule on the live graph, and those that only measurement allows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from initlint import rules
from initlint.evidence import Evidence
from initlint.findings import Finding
from initlint.live import table
from initlint.live.options import Options
from initlint.live.results import TargetResult, status_of
from initlint.paths.files import read
from initlint.runs.suppress import silence
from initlint.text.edits import SourceError, decode


def result(
    target: str, device: str, evidence: Evidence, reason: str, options: Options, *, signals: Sequence[dict[str, Any]] = (), inputs: Sequence[list[int]] = ()
) -> TargetResult:
    """What a target came to; ``reason`` says what could not be seen of it."""
    found = findings(evidence, options)
    return TargetResult(
        target=target,
        status=status_of(found),
        device=device,
        reason=reason or None,
        parameters=table.rows(evidence),
        findings=found,
        signal=list(signals),
        inputs=list(inputs),
    )


def findings(evidence: Evidence, options: Options) -> list[Finding]:
    """Everything wrong with a target, in the order of files and lines, less what comments in its source silence."""
    found = [_told(finding) for rule in rules.select(options.select, options.ignore) for finding in (*rule.run(evidence.graph), *rule.examine(evidence))]
    return sorted(_spoken(found), key=lambda finding: finding.order)


def _told(finding: Finding) -> Finding:
    """A fix is proven by reading source again; here it is advice."""
    if finding.fix is None:
        return finding
    return replace(finding, fix=None, help=finding.help or f"{finding.fix.message}; `initlint fix` shows the edit")


def _spoken(found: list[Finding]) -> Iterator[Finding]:
    by_path: dict[str, list[Finding]] = {}
    for finding in found:
        by_path.setdefault(finding.site.path, []).append(finding)
    for path, group in by_path.items():
        kept = silence(path, text_of(path), group, ())
        yield from (finding for finding in kept if any(finding is one for one in group))


def text_of(path: str) -> str:
    """The source of a file, or nothing where it cannot be read."""
    try:
        return decode(read(path)).text if os.path.isfile(path) else ""
    except (SourceError, OSError):
        return ""
