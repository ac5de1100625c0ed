"""Workflow commands: one line each, nothing in them ends a command or a property early."""

from __future__ import annotations

import re
from urllib.parse import unquote

from initlint.report.github import render
from tests.report.samples import ALL, HOSTILE, IN_CELL, NOTE, ROOT, WARNING

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def test_a_finding_is_one_command() -> None:
    """The percent sign is escaped, the end column is the last that is marked."""
    assert render([WARNING], root=ROOT) == (
        "::warning title=INI101 scale-nonlinearity-mismatch,file=src/net.py,line=2,endLine=2,col=11,endColumn=35"
        "::`fc.weight`: 0.4 %25 of the variance is left%0AXavier suits tanh\n"
    )


def test_columns_are_given_on_one_line_only() -> None:
    """GitHub takes none for a span of several lines."""
    assert ",line=1,endLine=2::n\n" in render([NOTE], root=ROOT)


def test_a_cell_is_named_and_shown_where_the_file_holds_it() -> None:
    """The annotation stands on a line of the notebook's file."""
    assert render([IN_CELL], root=ROOT) == "::warning title=INI201 zero-weight,file=a.ipynb,line=41,endLine=42::cell 3, row 2: z\n"


def test_hostile_text_stays_in_its_place() -> None:
    """No line, command or property of its own; the path reads back but for what a terminal would obey."""
    lines = render(ALL, root=ROOT).splitlines()
    assert len(lines) == len(ALL)
    match = COMMAND.fullmatch(render([HOSTILE], root=ROOT).rstrip("\n"))
    assert match is not None
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    assert list(properties) == ["title", "file", "line", "endLine", "col", "endColumn"]
    assert unquote(properties["file"]).startswith("\\x1b[31m\n::error::x,%\r]]>")
