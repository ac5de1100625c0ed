"""From the name of a format to what renders it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from initlint.findings import Finding
from initlint.report import concise, github, gitlab, json, junit, rdjson, sarif, text
from initlint.report.paint import Paint, plain
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


RENDERERS: dict[str, Callable[[Sequence[Finding], Run], str]] = {
    "text": lambda findings, run: text.render(findings, run.sources, files=run.files, paint=run.paint),
    "concise": lambda findings, run: concise.render(findings, files=run.files, paint=run.paint),
    "json": lambda findings, run: json.render(findings),
    "sarif": lambda findings, run: sarif.render(findings, run.sources, root=run.root, rules=run.rules, version=run.version, documentation=run.documentation),
    "github": lambda findings, run: github.render(findings, root=run.root),
    "gitlab": lambda findings, run: gitlab.render(findings, run.sources, root=run.root),
    "junit": lambda findings, run: junit.render(findings, root=run.root),
    "rdjson": lambda findings, run: rdjson.render(findings, run.sources, root=run.root),
}


def render(name: str, findings: Sequence[Finding], run: Run) -> str:
    """``findings`` in the format called ``name``."""
    return RENDERERS[name](findings, run)
