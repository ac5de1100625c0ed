"""``initlint fix``: repairs as a diff, or written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

from initlint.cli import formats
from initlint.cli.analysis import Run, prepare
from initlint.cli.console import Failure, complain, emit, emit_bytes, on_terminal, painter, reason, remark
from initlint.engine import CheckResult
from initlint.findings import Finding, Safety
from initlint.fixing import repair
from initlint.fixing.repair import FileChange
from initlint.report import diff, text
from initlint.report.paint import Paint, plain, safe
from initlint.text.edits import SourceError
from initlint.text.notebook import pieces, written

REMINDER = "Initial values change: a seeded run will draw different numbers."
MOST_PASSES = 5
"""Times that all files are looked at again; a fix in one file can call for one in another."""


def run(options: argparse.Namespace) -> int:
    """Show every fix as a diff, or write those that are wanted."""
    if options.unsafe and not options.apply:
        raise Failure("--unsafe says what --apply may write; give both")
    if options.apply and "-" in options.paths and len(options.paths) > 1:
        raise Failure("standard input is fixed by itself: leave out the other paths")
    prepared = prepare(options)
    if options.apply:
        return _filter(prepared) if "-" in options.paths else _apply(prepared)
    result = prepared.check()
    if options.format == "text":
        emit(options, _preview(prepared, repair.fix(result, refine=prepared.refine), result))
    else:
        emit(options, formats.render(result, options.format, painter(options), [finding for finding in result.findings if finding.fix]))
    return prepared.verdict(result.findings)


@dataclass
class Outcome:
    """What ``--apply`` did, and what it left with why."""

    landed: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    """Why a finding was left, by its identity."""
    failed: dict[str, str] = field(default_factory=dict)
    """Files that could not be written, with the reason."""

    def refuse(self, changes: Sequence[FileChange]) -> None:
        """Remember why fixes were not made."""
        self.reasons = {id(finding): why for change in changes for finding, why in change.refused}

    def text(self) -> str:
        """For people."""
        lines = [_label(finding, plain) for finding in self.landed]
        lines += [f"{_where(finding)} {finding.code} not fixed: {safe(self._why(finding))}\n" for finding in self.left]
        files = len({finding.site.path for finding in self.landed})
        done = f"Fixed {text.count(len(self.landed), 'finding')} in {text.count(files, 'file')}" if self.landed else "Nothing to fix"
        lines.append(f"{done}{f'; {len(self.left)} left' if self.left else ''}.\n")
        return "".join([*lines, f"{REMINDER}\n" if self.landed else ""])

    def _why(self, finding: Finding) -> str:
        if finding.site.path in self.failed and text.fixable(finding):
            return f"the file {self.failed[finding.site.path]}"
        if id(finding) in self.reasons:
            return self.reasons[id(finding)]
        if finding.fix is None:
            return finding.help or "no edit is known"
        if finding.fix.safety is Safety.ADVICE:
            return str(finding.evidence.get("refused") or f"only you can: {finding.fix.message}")
        return "the fix is unsafe, --unsafe writes it" if finding.fix.safety is Safety.UNSAFE else "it overlaps another fix"


def _apply(run: Run) -> int:
    """Analyse and write until nothing more is to be written."""
    outcome = Outcome()
    result = run.check()
    for _ in range(MOST_PASSES):
        changes = repair.fix(result, unsafe=run.settings.unsafe_fixes, refine=run.refine)
        outcome.refuse(changes)
        landed = _write(run, [change for change in changes if change.path not in outcome.failed], outcome.failed)
        if not landed:
            break
        outcome.landed += landed
        result = run.check()
    outcome.left = result.findings
    name = run.options.format
    emit(run.options, outcome.text() if name == "text" else formats.render(result, name, painter(run.options)))
    return run.verdict(outcome.left, failed=bool(outcome.failed))


def _filter(run: Run) -> int:
    """Standard input to standard output, mended; what was done goes to standard error."""
    result = run.check()
    outcome = Outcome(left=result.findings)
    data = run.data
    for change in repair.fix(result, unsafe=run.settings.unsafe_fixes, refine=run.refine):
        outcome.refuse([change])
        outcome.landed, outcome.left = change.applied, change.left
        if change.after != change.before:
            data = written(change.path, data, change.before, change.after)
    emit_bytes(run.options, data)
    remark(outcome.text())
    return run.verdict(outcome.left)


def _write(run: Run, changes: Sequence[FileChange], failed: dict[str, str]) -> list[Finding]:
    """Write what was changed; the findings that are mended. Files that cannot be written go to ``failed``."""
    landed: list[Finding] = []
    for change in changes:
        if change.after == change.before:
            continue
        try:
            run.save(change.path, change.before, change.after)
        except (SourceError, OSError) as error:
            failed[change.path] = reason(error)
            complain(f"{change.path}: {failed[change.path]}")
        else:
            landed += change.applied
    return landed


def _preview(run: Run, changes: Sequence[FileChange], result: CheckResult) -> str:
    """Every fix with its label, then the diff that all of them make; ``patch`` reads past the labels."""
    paint = painter(run.options)
    coloured = on_terminal(run.options) or run.options.color == "always"
    lines = []
    for change in changes:
        change_diff = "".join(diff.unified(*piece) for piece in pieces(change.path, change.before, change.after))
        lines += [_label(finding, paint) for finding in change.applied]
        lines.append(diff.shown(change_diff, paint) if coloured else change_diff)
    lines += [_label(finding, paint) for finding in result.findings if finding.fix is not None and finding.fix.safety is Safety.ADVICE]
    lines += [f"{_where(finding)} {finding.code} not fixed: {safe(why)}\n" for change in changes for finding, why in change.refused]
    applied = any(change.applied for change in changes)
    return "".join([*lines, text.summary(result.findings, files=result.files, paint=paint), f"{REMINDER}\n" if applied else ""])


def _label(finding: Finding, paint: Paint) -> str:
    """``net.py:6:3: INI101 safe: Use kaiming_uniform_``."""
    assert finding.fix is not None
    return f"{_where(finding)} {finding.code} {paint(finding.fix.safety.value, 'bold')}: {safe(finding.fix.message)}\n"


def _where(finding: Finding) -> str:
    return f"{safe(str(finding.site))}:"
