"""JUnit XML: well formed whatever is in it, counts that add up, notes that fail nothing."""

from __future__ import annotations

from xml.etree import ElementTree as tree

from initlint.report.junit import render
from tests.report.samples import ALL, HOSTILE, IN_CELL, NOTE, ROOT, WARNING


def test_findings_are_failures_by_file() -> None:
    """A suite per file, a case per finding."""
    root = tree.fromstring(render(ALL, root=ROOT))
    assert [suite.get("name") for suite in root][:3] == ["src/net.py", "/other/x.py", "a.ipynb"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "4", "0")
    assert sum(int(suite.get("tests", "")) for suite in root) == len(root.findall("testsuite/testcase")) == 5
    assert sum(int(suite.get("failures", "")) for suite in root) == len(root.findall("testsuite/testcase/failure")) == 4


def test_a_failure_says_what_and_where() -> None:
    """In the attribute for lists, in the text for reading."""
    case = tree.fromstring(render([WARNING], root=ROOT))[0][0]
    assert case.attrib == {"name": "INI101 scale-nonlinearity-mismatch at src/net.py:2:11", "classname": "src/net.py", "file": "src/net.py", "line": "2"}
    assert case[0].attrib == {"type": "warning", "message": "`fc.weight`: 0.4 % of the variance is left"}
    assert case[0].text == "src/net.py:2:11: INI101 `fc.weight`: 0.4 % of the variance is left\nXavier suits tanh"


def test_a_note_passes_and_is_still_read() -> None:
    """The exit status ignores notes, and so does whoever reads this."""
    root = tree.fromstring(render([NOTE], root=ROOT))
    assert (root.get("failures"), root.findtext("testsuite/testcase/system-out")) == ("0", "src/net.py:1:1: INI402 n")


def test_a_clean_run_is_one_test_that_passed() -> None:
    """Readers take an empty report for a broken one."""
    root = tree.fromstring(render([], root=ROOT))
    assert (root.get("tests"), len(root.findall("testsuite/testcase")), root.findall(".//failure")) == ("1", 1, [])


def test_a_cell_is_named() -> None:
    """With the line of the file for tools."""
    case = tree.fromstring(render([IN_CELL], root=ROOT))[0][0]
    assert (case.get("line"), case.get("name")) == ("41", "INI201 zero-weight at a.ipynb:cell 3:2:5")


def test_hostile_text_stays_text() -> None:
    """What XML forbids is spelled out, what it would obey is escaped."""
    (case,) = tree.fromstring(render([HOSTILE], root=ROOT)).findall("testsuite/testcase")
    assert case[0].get("message") == "m \\x1b[31m\\n::error::x,%\\r]]></failure>&\"'\\u202e\\x00\\ufffe\\udce9{0}[a](b)"
    assert len(case) == 1
