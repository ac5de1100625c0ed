"""reviewdog's format: byte columns, and a fix as one suggestion."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from initlint.findings import Finding, Safety, Site
from initlint.report.rdjson import render
from initlint.text.edits import apply_edits
from tests.report.samples import ALL, IN_CELL, NOTE, ROOT, SOURCE, SOURCES, WARNING


def diagnostics(findings: list[Finding]) -> list[dict[str, Any]]:
    """The report, read back."""
    report = json.loads(render(findings, SOURCES, root=ROOT))
    assert report["source"] == {"name": "initlint"}
    found: list[dict[str, Any]] = report["diagnostics"]
    return found


def test_columns_count_bytes() -> None:
    """ß and 日本 are eight bytes, three characters."""
    (row,) = diagnostics([WARNING])
    assert row["location"] == {"path": "src/net.py", "range": {"start": {"line": 2, "column": 16}, "end": {"line": 2, "column": 41}}}
    assert SOURCE.splitlines()[1].encode()[15:40] == b"nn.init.xavier_uniform_(w"
    assert (row["severity"], row["code"], row["message"]) == ("WARNING", {"value": "INI101"}, WARNING.message)


def test_a_fix_is_one_suggestion_that_makes_all_its_edits() -> None:
    """Taking it in the text gives what ``fix`` gives."""
    (suggestion,) = diagnostics([WARNING])[0]["suggestions"]
    assert WARNING.fix is not None
    assert apply(SOURCE, suggestion) == apply_edits(SOURCE, WARNING.fix.edits)


def apply(text: str, suggestion: dict[str, Any]) -> str:
    """``text`` with a suggestion taken."""
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    start, end = (sum(map(len, lines[: place["line"] - 1])) + place["column"] - 1 for place in (suggestion["range"]["start"], suggestion["range"]["end"]))
    data, content = text.encode(), str(suggestion["text"])
    return (data[:start] + content.encode() + data[end:]).decode()


def test_what_cannot_be_applied_is_not_suggested() -> None:
    """Advice, and cells of a notebook, whose file holds them as strings."""
    assert WARNING.fix is not None
    advice = replace(WARNING, fix=replace(WARNING.fix, safety=Safety.ADVICE))
    assert not any("suggestions" in row for row in diagnostics([advice, NOTE, IN_CELL]))
    assert diagnostics([IN_CELL])[0]["location"]["range"] == {"start": {"line": 41}, "end": {"line": 42}}


def test_severities() -> None:
    """A file without text has a line only; so has a place behind the end."""
    assert [row["severity"] for row in diagnostics(ALL)] == ["WARNING", "INFO", "ERROR", "WARNING", "ERROR"]
    assert diagnostics([ALL[2], replace(NOTE, site=Site("src/net.py", 9, 1, 9, 1))])[0]["location"]["range"] == {"start": {"line": 1}}
    assert diagnostics([replace(NOTE, site=Site("src/net.py", 9, 1, 9, 1))])[0]["location"]["range"] == {"start": {"line": 9}}
