"""Comments silence the findings they name, and say so where they silence nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import engine

NET = """import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64)
        self.b = nn.Linear(64, 64)
        for m in (self.a, self.b):
{above}            nn.init.xavier_uniform_(m.weight){behind}

    def forward(self, x):
        return self.b(self.a(x).relu()).relu()
"""


def findings(tmp_path: Path, *, above: str = "", behind: str = "", top: str = "") -> list[tuple[str, int]]:
    file = tmp_path / "net.py"
    file.write_text(top + NET.format(above=f"            {above}\n" if above else "", behind=behind))
    return [(finding.code, finding.site.line) for finding in engine.check([str(file)]).findings]


def test_a_finding_without_a_comment_stays(tmp_path: Path) -> None:
    assert findings(tmp_path) == [("INI101", 10)]


@pytest.mark.parametrize("code", ["INI101", "scale-nonlinearity-mismatch", "INI101, INI201"])
def test_a_comment_behind_the_call_silences_it(tmp_path: Path, code: str) -> None:
    found = findings(tmp_path, behind=f"  # initlint: ignore[{code}] as in the paper")
    assert ("INI101", 10) not in found


def test_a_comment_above_the_call_silences_it(tmp_path: Path) -> None:
    assert findings(tmp_path, above="# initlint: ignore[INI101] as in the paper") == []


def test_a_comment_for_the_file_silences_it_anywhere(tmp_path: Path) -> None:
    assert findings(tmp_path, top="# initlint: ignore-file[INI101] measured\n") == []


def test_a_comment_that_silences_nothing_is_a_note(tmp_path: Path) -> None:
    found = findings(tmp_path, behind="  # initlint: ignore[INI101,INI201]")
    assert found == [("INI904", 10)]


def test_a_comment_that_names_no_rule_is_a_warning(tmp_path: Path) -> None:
    assert findings(tmp_path, behind="  # initlint: ignore[INI999]") == [("INI101", 10), ("INI905", 10)]


def test_a_comment_inside_a_string_is_no_comment(tmp_path: Path) -> None:
    assert findings(tmp_path, behind='; note = "# initlint: ignore[INI101]"') == [("INI101", 10)]


def test_noqa_belongs_to_others(tmp_path: Path) -> None:
    assert findings(tmp_path, behind="  # noqa: INI101") == [("INI101", 10)]
