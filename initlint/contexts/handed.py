"""Where a finding lies in a helper of the file: the calls that handed it the layers concerned, ``init_layer(self.fc1)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from initlint.findings import Finding, Site
from initlint.source import Chunk, SourceFile
from initlint.text.initcalls import commented

MOST = 8
"""Calls that are named."""


def with_calls(source: SourceFile, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, each with such calls as further places; those that have some, or lie elsewhere, as they are."""
    functions: list[Chunk] | None = None
    for finding in findings:
        if finding.site.path == source.path and finding.parameters and "sites" not in finding.evidence:
            functions = [chunk for chunk in source.chunks if chunk.kind == "def"] if functions is None else functions
            start = source.index.offset(finding.site.line, finding.site.column) if functions else 0
            helper = next((chunk for chunk in functions if chunk.start <= start < chunk.end), None)
            sites = list(islice(_calls(source, helper.name, finding.parameters), MOST)) if helper is not None else []
            if sites:
                places = [{"path": s.path, "row": s.line, "column": s.column, "end_row": s.end_line, "end_column": s.end_column} for s in sites]
                finding = replace(finding, evidence={**finding.evidence, "sites": places})
        yield finding


def _calls(source: SourceFile, helper: str, parameters: Iterable[str]) -> Iterator[Site]:
    """Where classes of the file call ``helper`` with one of their layers."""
    layers: dict[str, set[str]] = {}
    for model, _, path in (name.partition(":") for name in parameters):
        layers.setdefault(model, set()).add(path.partition(".")[0])
    for chunk in source.classes():
        names = layers.get(chunk.name)
        if names:
            pattern = re.compile(rf"(?<!\w){re.escape(helper)}\(\s*self\.(?:{'|'.join(sorted(map(re.escape, names)))})\b[^()\n]*\)?")
            for match in pattern.finditer(source.text, chunk.start, chunk.end):
                if not commented(source.text, match.start()):
                    yield source.index.site(source.path, *match.span())
