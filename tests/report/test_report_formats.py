"""What holds for every format: it is chosen by name, harmless for a terminal, and the same each time."""

from __future__ import annotations

import unicodedata

import pytest

from initlint.findings import Finding
from initlint.report import FORMATS
from initlint.report.formats import RENDERERS, Run, render
from tests.report.samples import ALL, ROOT, SOURCES, WARNING

RUN = Run(sources=SOURCES, files=3, root=ROOT, version="1.2.3")


def test_every_name_has_a_renderer() -> None:
    """What the command line offers is what there is."""
    assert tuple(RENDERERS) == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_in_a_report_reaches_the_terminal_as_a_command(name: str) -> None:
    """File names and messages may hold anything; no control character, direction mark or lone surrogate comes through."""
    text = render(name, ALL, RUN)
    assert not [char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Cf")]


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_whole_lines_and_deterministic(name: str) -> None:
    """Same findings, same text; an empty run is fine."""
    assert render(name, ALL, RUN) == render(name, ALL, RUN)
    assert render(name, ALL, RUN).endswith("\n")
    none: list[Finding] = []
    assert render(name, none, RUN).endswith("\n") or name == "github"


@pytest.mark.parametrize("name", FORMATS)
def test_code_and_file_are_in_every_report(name: str) -> None:
    """What a reader needs at least."""
    text = render(name, [WARNING], RUN)
    assert "INI101" in text
    assert "src/net.py" in text


def test_concise_is_one_line_each_and_a_summary() -> None:
    """A notebook's lines count in their cell."""
    lines = render("concise", ALL[:4], RUN).splitlines()
    assert lines == [
        "src/net.py:2:11: INI101 [*] `fc.weight`: 0.4 % of the variance is left",
        "src/net.py:1:1: INI402 n",
        "/other/x.py:1:1: INI902 cannot be read",
        "a.ipynb:cell 3:2:5: INI201 [*] z",
        "Found 4 findings (1 error, 2 warnings, 1 note).",
        "[*] 2 fixable with `initlint fix --apply`",
    ]
    assert len(render("concise", ALL, RUN).splitlines()) == 7
