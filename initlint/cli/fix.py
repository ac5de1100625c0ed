"""``initlint fix``: repairs as a diff, or written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from initlint import engine
from initlint.cli.check import analyse, verdict
from initlint.cli.console import FAILED, Failure, complain, emit, on_terminal, painter
from initlint.edits import SourceError, apply_fixes, save
from initlint.findings import Finding, Safety
from initlint.report import diff, text
from initlint.report.paint import Paint, plain, safe

REMINDER = "Initial values change: a seeded run will draw different numbers."


def run(options: argparse.Namespace) -> int:
    """Show every fix as a diff, or write those that are wanted."""
    if options.unsafe and not options.apply:
        raise Failure("--unsafe says what --apply may write; give both")
    if options.apply and "-" in options.paths:
        raise Failure("standard input cannot be written to; leave out --apply for a diff")
    result = analyse(options)
    changes = engine.fix(result)
    if not options.apply:
        emit(options, preview(options, changes, result))
        return FAILED if result.missing else verdict(options, result.findings)
    landed, failed = write(options, changes)
    done = {id(finding) for finding in landed}
    left = [finding for finding in result.findings if id(finding) not in done]
    emit(options, outcome(changes, landed, left))
    return FAILED if failed or result.missing else verdict(options, left)


def preview(options: argparse.Namespace, changes: Sequence[engine.FileChange], result: engine.CheckResult) -> str:
    """Every fix with its label, then the diff that all of them make; ``patch`` reads past the labels."""
    paint, terminal = painter(options), on_terminal(options)
    pieces = []
    for change in changes:
        change_diff = diff.unified(change.path, change.before, change.after)
        pieces += [label(finding, paint) for finding in change.applied]
        pieces += [diff.shown(change_diff, paint) if terminal or options.color == "always" else change_diff]
    for finding in result.findings:
        if finding.fix is not None and finding.fix.safety is Safety.ADVICE:
            pieces.append(label(finding, paint))
    refused = refusals(changes)
    applied = [finding for change in changes for finding in change.applied]
    return "".join([*pieces, *refused, text.summary(result.findings, files=result.files, paint=paint), f"{REMINDER}\n" if applied else ""])


def label(finding: Finding, paint: Paint) -> str:
    """``net.py:6:3: INI101 safe: Use kaiming_uniform_``."""
    assert finding.fix is not None
    where = f"{safe(finding.site.path)}:{finding.site.line}:{finding.site.column}:"
    return f"{where} {finding.code} {paint(finding.fix.safety.value, 'bold')}: {safe(finding.fix.message)}\n"


def refusals(changes: Sequence[engine.FileChange]) -> list[str]:
    """One line for each fix that could not be made, with the reason."""
    return [
        f"{safe(finding.site.path)}:{finding.site.line}:{finding.site.column}: {finding.code} not fixed: {safe(reason)}\n"
        for change in changes
        for finding, reason in change.refused
    ]


def write(options: argparse.Namespace, changes: Sequence[engine.FileChange]) -> tuple[list[Finding], bool]:
    """Write what is wanted; the findings that are mended, and whether a file could not be written."""
    landed: list[Finding] = []
    failed = False
    for change in changes:
        after, wanted = selected(change, unsafe=options.unsafe)
        if after == change.before:
            continue
        try:
            save(change.path, change.before, after)
        except (SourceError, OSError) as error:
            complain(f"{safe(change.path)}: {error}")
            failed = True
        else:
            landed += wanted
    return landed, failed


def selected(change: engine.FileChange, *, unsafe: bool) -> tuple[str, list[Finding]]:
    """The text of a file with the wanted fixes made, and their findings."""
    wanted = [finding for finding in change.applied if unsafe or (finding.fix is not None and finding.fix.safety is Safety.SAFE)]
    if len(wanted) == len(change.applied):
        return change.after, wanted
    after, landed = apply_fixes(change.before, [finding.fix.edits for finding in wanted if finding.fix is not None])
    return after, [wanted[number] for number in landed]


def outcome(changes: Sequence[engine.FileChange], landed: Sequence[Finding], left: Sequence[Finding]) -> str:
    """What ``fix --apply`` did, and what it left."""
    lines = [label(finding, plain) for finding in landed] + refusals(changes)
    files = len({finding.site.path for finding in landed})
    done = f"Fixed {text.count(len(landed), 'finding')} in {text.count(files, 'file')}" if landed else "Nothing to fix"
    lines.append(f"{done}{f'; {len(left)} left' if left else ''}.\n")
    return "".join([*lines, f"{REMINDER}\n" if landed else ""])
