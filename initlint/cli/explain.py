"""``initlint explain``: the manual page of one rule."""

from __future__ import annotations

import argparse

from initlint import rules
from initlint.cli.console import CLEAN, Failure, emit, painter


def run(options: argparse.Namespace) -> int:
    """Print the manual page of a rule."""
    try:
        rule = rules.find(options.rule)
    except rules.UnknownRule as error:
        raise Failure(str(error)) from None
    paint = painter(options)
    lines = [paint(line, "bold") if line.startswith("## ") else line for line in rule.manual.split("\n")]
    emit(options, "\n".join([paint(f"# {rule.code} {rule.name}", "bold"), "", *lines]) + "\n")
    return CLEAN
