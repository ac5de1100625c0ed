"""``initlint check``: the findings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from initlint import engine, rules
from initlint.cli import formats
from initlint.cli.console import CLEAN, FAILED, FOUND, Failure, complain, emit, painter
from initlint.findings import Finding, Severity


def run(options: argparse.Namespace) -> int:
    """Report findings."""
    result = analyse(options)
    emit(options, formats.render(result, options.format, painter(options)))
    return FAILED if result.missing else verdict(options, result.findings)


def analyse(options: argparse.Namespace) -> engine.CheckResult:
    """The findings that were asked for, in the files that were named."""
    try:
        chosen = rules.select(options.select, options.ignore or ())
    except rules.UnknownRule as error:
        raise Failure(str(error)) from None
    paths = [path for path in options.paths if path != "-"]
    stdin = sys.stdin.buffer.read() if "-" in options.paths else None
    result = engine.check(paths, stdin=stdin, stdin_filename=options.stdin_filename, search_path=options.search_path, rules=chosen)
    for path in result.missing:
        complain(f"{path}: no such file or folder")
    return result


def verdict(options: argparse.Namespace, findings: Sequence[Finding]) -> int:
    """The exit status that ``findings`` deserve."""
    if options.exit_zero or options.fail_on == "never":
        return CLEAN
    limit = Severity(options.fail_on).rank
    return FOUND if any(finding.severity.rank >= limit for finding in findings) else CLEAN
