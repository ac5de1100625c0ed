"""The formats of a report, by the name that ``--format`` gives them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from initlint.report import FORMATS

if TYPE_CHECKING:
    from initlint.engine import CheckResult
    from initlint.findings import Finding
    from initlint.report.paint import Paint

__all__ = ["FORMATS", "render"]


def render(result: CheckResult, name: str, paint: Paint, findings: Sequence[Finding] | None = None) -> str:
    """The report of ``result`` in one of ``FORMATS``, of all its findings or of those that are given."""
    from initlint import __version__, rules
    from initlint.report import formats

    run = formats.Run(
        sources=result.sources,
        files=result.files,
        root=os.getcwd(),
        version=__version__,
        rules=rules.all_rules(),
        documentation=_documentation() if name == "sarif" else None,
        paint=paint,
    )
    return formats.render(name, result.findings if findings is None else findings, run)


def _documentation() -> str | None:
    from initlint.report.links import documentation  # takes long to load

    return documentation()
