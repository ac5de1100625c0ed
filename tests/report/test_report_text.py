"""The text report: header, code frame, remarks, summary."""

from __future__ import annotations

from dataclasses import replace

from initlint.findings import Cell, Edit, Finding, Fix, Safety, Severity, Site
from initlint.report import text as report
from initlint.report.paint import coloured, plain, safe, width

SOURCE = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
\t\tnn.init.xavier_uniform_(self.fc.weight)

        self.ok = True
"""
SITE = Site("net.py", 6, 3, 6, 42)
EDIT = Edit("x", SITE)
FINDING = Finding(code="INI101", rule="gain-mismatch", message="`fc.weight` is scaled for gain 1, but relu needs 1.41", site=SITE, severity=Severity.WARNING)


def fixed(finding: Finding, safety: Safety) -> Finding:
    """The finding with a fix of that class."""
    return replace(finding, fix=Fix(message="Use kaiming_uniform_", safety=safety, edits=(EDIT,)))


def test_a_finding_is_a_header_and_a_frame() -> None:
    """The caret stands under the code, tabs included; blank lines at the rim are left out."""
    finding = fixed(replace(FINDING, help="Xavier suits tanh"), Safety.SAFE)
    assert report.render([finding], {"net.py": SOURCE}, files=1) == (
        "net.py:6:3: INI101 [*] `fc.weight` is scaled for gain 1, but relu needs 1.41\n"
        "  |\n"
        "4 | class Net(nn.Module):\n"
        "5 |     def __init__(self):\n"
        "6 |         nn.init.xavier_uniform_(self.fc.weight)\n"
        "  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ INI101\n"
        "7 |\n"
        "8 |         self.ok = True\n"
        "  |\n"
        "  = help: Xavier suits tanh\n"
        "  = fix: Use kaiming_uniform_\n"
        "\n"
        "Found 1 finding (1 warning).\n"
        "[*] 1 fixable with `initlint fix --apply`\n"
    )


def test_a_span_over_several_lines_is_marked_on_its_first() -> None:
    """The caret runs to the end of the line where the span starts."""
    finding = replace(FINDING, site=Site("net.py", 1, 3, 3, 2))
    text = report.render([finding], {"net.py": "f(日本(\n  w\n))\n"}, files=1)
    assert "1 | f(日本(\n  |   ^^^^^ INI101\n2 |   w\n" in text


def test_a_finding_about_a_file_without_text_has_no_frame() -> None:
    """An unreadable file is one line."""
    finding = replace(FINDING, site=Site("bad.py", 1, 1, 1, 1), severity=Severity.ERROR)
    assert report.render([finding], {}, files=1).startswith("bad.py:1:1: INI101 `fc.weight` is scaled for gain 1, but relu needs 1.41\n\nFound")


def test_other_places_are_listed_and_counted() -> None:
    """Up to three other sites are named; the finding's own is not repeated."""
    sites = [{"path": "net.py", "row": row, "column": 3} for row in (6, 7, 8, 9, 10)]
    text = report.render([replace(FINDING, evidence={"sites": sites})], {"net.py": SOURCE}, files=1)
    assert "  = also: net.py:7:3, net.py:8:3, net.py:9:3 and 1 more\n" in text


def test_a_fix_names_its_safety() -> None:
    """Unsafe fixes are marked as such, advice is no fix."""
    assert "= fix (unsafe): Use" in report.render([fixed(FINDING, Safety.UNSAFE)], {}, files=1)
    advice = report.render([fixed(FINDING, Safety.ADVICE)], {}, files=1)
    assert "= advice: Use" in advice
    assert "[*]" not in advice


def test_the_summary_counts_kinds_and_fixes() -> None:
    """Severities from worst to mildest, safe fixes first."""
    note = replace(FINDING, severity=Severity.NOTE)
    findings = [fixed(FINDING, Safety.SAFE), fixed(FINDING, Safety.UNSAFE), fixed(note, Safety.SAFE)]
    assert report.summary(findings, files=2) == ("Found 3 findings (2 warnings, 1 note).\n[*] 2 fixable with `initlint fix --apply` (1 more with `--unsafe`)\n")
    assert report.summary([fixed(note, Safety.UNSAFE)], files=1).endswith("[*] 1 fixable with `initlint fix --apply --unsafe`\n")
    assert report.summary([replace(FINDING, severity=Severity.ERROR), note], files=1) == "Found 2 findings (1 error, 1 note).\n"


def test_silence_says_how_much_was_read() -> None:
    """No findings and no files are different things."""
    assert report.summary([], files=12) == "No findings in 12 files.\n"
    assert report.summary([], files=0) == "No files to check.\n"


def test_colour_changes_no_letter() -> None:
    """Without its escapes the coloured report is the plain one."""
    finding = fixed(FINDING, Safety.SAFE)
    text = report.render([finding], {"net.py": SOURCE}, files=1, paint=coloured())
    assert "\x1b[1;33mINI101\x1b[0m" in text
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == report.render([finding], {"net.py": SOURCE}, files=1)


def test_escapes_from_elsewhere_are_spelled_out() -> None:
    """A path, a message or a line of code cannot drive the terminal."""
    site = replace(SITE, path="a\x1b[2Jb\n\u202e.py", line=1, column=1, end_line=1, end_column=2)
    finding = replace(FINDING, site=site, message="bell\x07 \udcff")
    text = report.render([finding], {site.path: "x\x1b]0;title\x07\n"}, files=1)
    assert not set(text) & set("\x1b\x07\u202e\udcff")
    assert "a\\x1b[2Jb\\n\\u202e.py:1:1: INI101 bell\\x07 \\udcff" in text


def test_safe_leaves_ordinary_text_alone() -> None:
    """Letters of any script stay."""
    assert safe("é 日 ±×→") == "é 日 ±×→"
    assert width("é日") == 3
    assert plain("a", "bold") == "a"


def test_a_notebook_is_shown_by_cell() -> None:
    """Lines count in the cell, and the code shown ends where the cell does."""
    cell = Cell(number=4, first=3, file_lines=(7, 8))
    finding = replace(FINDING, site=Site("a.ipynb", 4, 1, 4, 2, cell), evidence={"sites": [{"path": "a.ipynb", "cell": 2, "row": 1, "column": 5}]})
    assert report.render([finding], {"a.ipynb": "a\n# cell\nb\nc\n# cell\nd\n"}, files=1).startswith(
        "a.ipynb:cell 4:2:1: INI101 `fc.weight` is scaled for gain 1, but relu needs 1.41\n  |\n1 | b\n2 | c\n  | ^ INI101\n  |\n  = also: a.ipynb:cell 2:1:5\n"
    )
