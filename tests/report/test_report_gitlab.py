"""GitLab's Code Quality report: the keys it reads, fingerprints that are unique and stay."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from initlint.findings import Finding, Site
from initlint.report.gitlab import render
from tests.report.samples import ALL, IN_CELL, ROOT, SITE, SOURCE, SOURCES, WARNING


def rows(findings: list[Finding], sources: dict[str, str] = SOURCES, root: str = ROOT) -> list[dict[str, Any]]:
    """The report, read back."""
    found: list[dict[str, Any]] = json.loads(render(findings, sources, root=root))
    return found


def test_a_finding_has_gitlabs_keys() -> None:
    """The whole object but for the fingerprint."""
    (row,) = rows([WARNING])
    assert len(row.pop("fingerprint")) == 32
    assert row == {
        "description": "INI101: `fc.weight`: 0.4 % of the variance is left",
        "check_name": "INI101",
        "severity": "major",
        "location": {"path": "src/net.py", "positions": {"begin": {"line": 2, "column": 11}, "end": {"line": 2, "column": 36}}},
    }


def test_severities_and_paths() -> None:
    """A path below the root is relative; one elsewhere stays what it is."""
    assert [row["severity"] for row in rows(ALL)] == ["major", "info", "critical", "major", "critical"]
    assert [row["location"]["path"] for row in rows(ALL)[:4]] == ["src/net.py", "src/net.py", "/other/x.py", "a.ipynb"]
    (row,) = rows([replace(WARNING, site=replace(SITE, path=f"{ROOT}/src/net.py"))])
    assert row["location"]["path"] == "src/net.py"


def test_a_cell_is_placed_in_the_file() -> None:
    """GitLab marks a line of the notebook's file, and the text says which cell it is."""
    (row,) = rows([IN_CELL])
    assert (row["description"], row["location"]["positions"]["begin"]["line"]) == ("INI201: cell 3, row 2: z", 41)


def test_a_fingerprint_survives_lines_that_move() -> None:
    """Lines above do not change it; another line, code, file or parameter does."""
    first = rows([WARNING])[0]["fingerprint"]
    moved = replace(WARNING, message="another number", site=Site("src/net.py", 5, 11, 5, 36))
    assert rows([moved], {"src/net.py": f"\n\n\n{SOURCE}"})[0]["fingerprint"] == first
    others = [
        rows([WARNING], {"src/net.py": SOURCE.replace("(w)", "(v)")}),
        rows([replace(WARNING, code="INI102")]),
        rows([replace(WARNING, site=replace(SITE, path="src/other.py"))]),
        rows([replace(WARNING, parameter="fc2.weight")]),
    ]
    assert len({first, *(row[0]["fingerprint"] for row in others)}) == 5


def test_equal_lines_have_their_own_fingerprints() -> None:
    """GitLab drops duplicates; and where it is called from does not matter."""
    twice = rows([WARNING, replace(WARNING, site=replace(SITE, line=4, end_line=4))], {"src/net.py": SOURCE * 2})
    assert twice[0]["fingerprint"] != twice[1]["fingerprint"]
    absolute = replace(WARNING, site=replace(SITE, path=f"{ROOT}/src/net.py"))
    assert rows([absolute], {f"{ROOT}/src/net.py": SOURCE})[0]["fingerprint"] == twice[0]["fingerprint"]
