"""SARIF 2.1.0, the format of code scanning services: rules with their manual, results with fingerprints and fixes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from initlint.findings import Edit, Finding, Fix, Site
from initlint.report.json import dumps
from initlint.report.paint import safe
from initlint.report.places import cell_note, fingerprints, relative
from initlint.report.text import fixable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
_LINK = re.compile(r"\[(?=[^\]]*\]\()")


class Described(Protocol):
    """A rule as far as a report describes it."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def manual(self) -> str: ...


def render(
    findings: Sequence[Finding], sources: Mapping[str, str], *, root: str, rules: Sequence[Described], version: str, documentation: str | None = None
) -> str:
    """One run. ``root`` is the folder that relative addresses are counted from; ``documentation`` is the address of ``docs``."""
    descriptors = list(_descriptors(rules, findings, documentation))
    numbers = {descriptor["id"]: number for number, descriptor in enumerate(descriptors)}
    names = fingerprints(findings, sources, root)
    driver = {"name": "initlint", "version": version, "rules": descriptors} | ({"informationUri": documentation} if documentation else {})
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": f"{_uri('file://', root).rstrip('/')}/"}},
        "results": [_result(finding, numbers[finding.code], name, root) for finding, name in zip(findings, names, strict=True)],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _descriptors(rules: Sequence[Described], findings: Sequence[Finding], documentation: str | None) -> Iterator[dict[str, Any]]:
    """Every rule, and the tool's own troubles that occur, which have no manual page."""
    for rule in rules:
        page = {"helpUri": f"{documentation.rstrip('/')}/rules/{rule.name}.md"} if documentation else {}
        texts = {"shortDescription": {"text": _text(rule.summary)}, "help": {"text": rule.manual, "markdown": rule.manual}}
        yield {"id": rule.code, "name": rule.name, **texts, **page}
    described = {rule.code for rule in rules}
    yield from ({"id": code, "name": name} for code, name in dict.fromkeys((f.code, f.rule) for f in findings) if code not in described)


def _result(finding: Finding, number: int, fingerprint: str, root: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(finding.site.path, root), "region": _region(finding.site)}}
    if finding.parameter:
        name = f"{finding.model}.{finding.parameter}" if finding.model else finding.parameter
        location["logicalLocations"] = [{"fullyQualifiedName": safe(name), "kind": "parameter"}]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": number,
        "level": finding.severity.value,
        "message": {"text": _text(cell_note(finding.site) + finding.message)},
        "locations": [location],
        "partialFingerprints": {"initlint/v1": fingerprint},
        "properties": {"confidence": finding.confidence},
    }
    if related := list(_related(finding, root)):
        result["relatedLocations"] = related
    if finding.fix is not None and finding.site.cell is None and fixable(finding):
        result["fixes"] = [_fix(finding.fix, root)]
    return result


def _related(finding: Finding, root: str) -> Iterator[dict[str, Any]]:
    """Other places that the evidence names, in files whose lines are their own."""
    sites = finding.evidence.get("sites")
    for number, site in enumerate(sites if isinstance(sites, (list, tuple)) else ()):
        if isinstance(site, dict) and {"path", "row", "column"} <= site.keys() and "cell" not in site:
            region = {"startLine": site["row"], "startColumn": site["column"]}
            yield {"id": number, "physicalLocation": {"artifactLocation": _artifact(site["path"], root), "region": region}}


def _fix(fix: Fix, root: str) -> dict[str, Any]:
    replacements = [_replacement(edit) for edit in fix.edits]
    change = {"artifactLocation": _artifact(fix.edits[0].site.path, root), "replacements": replacements}
    return {"description": {"text": _text(fix.message)}, "artifactChanges": [change], "properties": {"safety": fix.safety.value}}


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.site), "insertedContent": {"text": edit.content}}


def _artifact(path: str, root: str) -> dict[str, Any]:
    place = relative(path, root)
    return {"uri": _uri("file://", place)} if Path(place).is_absolute() else {"uri": _uri("", place), "uriBaseId": ROOT}


def _uri(scheme: str, path: str) -> str:
    """``path`` as an address; bytes that are no text stay what they are."""
    return f"{scheme}{quote(path.encode('utf-8', 'surrogateescape'))}"


def _region(site: Site) -> dict[str, int]:
    """The lines of a notebook's file, for a cell has no columns there."""
    first, last = site.file_lines
    lines = {"startLine": first, "endLine": last}
    return lines if site.cell else lines | {"startColumn": site.column, "endColumn": site.end_column}


def _text(text: str) -> str:
    """``text`` as a plain message: no placeholder, no embedded link, no control character."""
    return _LINK.sub(r"\\[", safe(text).replace("{", "{{").replace("}", "}}"))
