"""``initlint rules``: one line per rule."""

from __future__ import annotations

import argparse

from initlint import rules
from initlint.cli.console import CLEAN, emit, painter
from initlint.report.json import dumps


def run(options: argparse.Namespace) -> int:
    """List all rules."""
    found = rules.all_rules()
    if options.format == "json":
        rows = [{"code": r.code, "name": r.name, "summary": r.summary, "fixable": r.fixable, "default": r.default} for r in found]
        emit(options, dumps(rows))
        return CLEAN
    size, paint = max((len(rule.name) for rule in found), default=0), painter(options)
    lines = [f"{paint(r.code, 'bold')}  {r.name:<{size}}  {r.summary}{'' if r.default else ' (only where selected)'}" for r in found]
    emit(options, "".join(line + "\n" for line in lines))
    return CLEAN
