"""The formats of a report, by the name that ``--format`` gives them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.engine import CheckResult
    from initlint.report.paint import Paint

MODULES = {"json": "initlint.report.json"}
"""Formats for programs: the module whose ``render`` turns findings into text."""
FORMATS = ("text", *MODULES)


def render(result: CheckResult, name: str, paint: Paint) -> str:
    """The report of ``result`` in one of ``FORMATS``."""
    if name == "text":
        from initlint.report import text

        return text.render(result.findings, result.sources, files=result.files, paint=paint)
    report: str = importlib.import_module(MODULES[name]).render(result.findings)
    return report
