"""From the name of a format to what renders it; only that is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from initlint.findings import Finding
from initlint.report.paint import Paint, plain

if TYPE_CHECKING:
    from initlint.report.sarif import Described


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a report may say beside the findings."""

    sources: Mapping[str, str]
    """Path to text, for every file that a finding is about."""
    files: int
    root: str
    """The folder that reports for other programs count paths from."""
    version: str
    rules: Sequence[Described] = ()
    documentation: str | None = None
    """The address of ``docs``, where it is published."""
    paint: Paint = plain

    def described(self) -> dict[str, Any]:
        """What a report says of the tool."""
        return {"root": self.root, "rules": self.rules, "version": self.version, "documentation": self.documentation}


RENDERERS: dict[str, Callable[[Any, Sequence[Finding], Run], str]] = {
    "text": lambda report, findings, run: report.render(findings, run.sources, files=run.files, paint=run.paint),
    "concise": lambda report, findings, run: report.render(findings, files=run.files, paint=run.paint),
    "json": lambda report, findings, run: report.render(findings),
    "sarif": lambda report, findings, run: report.render(
        findings, run.sources, root=run.root, rules=run.rules, version=run.version, documentation=run.documentation
    ),
    "github": lambda report, findings, run: report.render(findings, root=run.root),
    "gitlab": lambda report, findings, run: report.render(findings, run.sources, root=run.root),
    "junit": lambda report, findings, run: report.render(findings, root=run.root),
    "rdjson": lambda report, findings, run: report.render(findings, run.sources, root=run.root),
}


def render(name: str, findings: Sequence[Finding], run: Run) -> str:
    """``findings`` in the format called ``name``."""
    return RENDERERS[name](import_module(f"initlint.report.{name}"), findings, run)
