"""The JSON report: ruff's keys, and always valid."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import pytest

from initlint.findings import Edit, Finding, Fix, Safety, Severity, Site
from initlint.report.json import clean, dumps, render
from initlint.symbolic import symbol
from tests.report.samples import IN_CELL

SITE = Site("net.py", 3, 5, 3, 9)
FINDING = Finding(
    code="INI101",
    rule="gain-mismatch",
    message="m",
    site=SITE,
    severity=Severity.WARNING,
    fix=Fix(message="Use it", safety=Safety.SAFE, edits=(Edit("he", Site("net.py", 3, 5, 3, 7)),)),
    model="Net",
    parameter="fc.weight",
    evidence={"fan_in": symbol("hidden"), "ratio": math.nan, "sites": [{"path": "net.py", "row": 3, "column": 5}]},
)


def test_a_finding_has_ruffs_keys_and_ours() -> None:
    """The exact object, 1-based."""
    assert json.loads(render([FINDING])) == [
        {
            "code": "INI101",
            "message": "m",
            "filename": "net.py",
            "location": {"row": 3, "column": 5},
            "end_location": {"row": 3, "column": 9},
            "severity": "warning",
            "url": None,
            "fix": {
                "applicability": "safe",
                "message": "Use it",
                "edits": [{"content": "he", "location": {"row": 3, "column": 5}, "end_location": {"row": 3, "column": 7}}],
            },
            "rule": "gain-mismatch",
            "model": "Net",
            "parameter": "fc.weight",
            "confidence": 1.0,
            "evidence": {"fan_in": "hidden", "ratio": None, "sites": [{"path": "net.py", "row": 3, "column": 5}]},
        }
    ]


def test_a_finding_in_a_notebook_names_its_cell() -> None:
    """Rows count in the cell, as ruff's do; an edit may be in another cell."""
    (row,) = json.loads(render([IN_CELL]))
    assert (row["filename"], row["cell"]) == ("a.ipynb", 3)
    assert (row["location"], row["end_location"]) == ({"cell": 3, "row": 2, "column": 5}, {"cell": 3, "row": 3, "column": 9})
    assert row["fix"]["edits"][0]["location"] == {"cell": 3, "row": 2, "column": 5}


def test_no_findings_are_an_empty_list() -> None:
    """Nothing found is still JSON."""
    assert render([]) == "[]\n"


@dataclass
class Pair:
    """Anything a rule may put into its evidence."""

    left: object
    right: object


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.inf, None),
        (-math.inf, None),
        pytest.param(10**5000, None, id="huge"),
        (True, True),
        (0.5, 0.5),
        (2 * symbol("n"), "2*n"),
        (SITE, {"path": "net.py", "row": 3, "column": 5}),
        (Severity.NOTE, "note"),
        ({1: (math.nan, {"b", "a"})}, {"1": [None, ["a", "b"]]}),
        ({None: 1}, {"None": 1}),
        (Pair(symbol("n"), [1]), {"left": "n", "right": [1]}),
        ("\udcff\x1b\u2028", "\udcff\x1b\u2028"),
        (1j, "1j"),
    ],
)
def test_every_value_has_a_json_form(value: Any, expected: Any) -> None:
    """No NaN, no infinity, no type JSON does not know; and plain ASCII."""
    assert clean(value) == expected
    text = dumps(value)
    assert text.isascii()
    assert json.loads(text) == expected
