"""Targets imported and evaluated for real."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing can be built")

from initlint.live import targets

NET = "from torch import nn\n\nclass Net(nn.Module):\n    def __init__(self, width=3):\n        super().__init__()\n        self.fc = nn.Linear(width, width)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "fleet" / "boats"
    package.mkdir(parents=True)
    (tmp_path / "fleet" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "hull.py").write_text(NET, encoding="utf-8")
    (package / "ship.py").write_text("from .hull import Net\nmade = Net(5)\n", encoding="utf-8")
    (tmp_path / "json.py").write_text(NET, encoding="utf-8")
    (tmp_path / "broken.py").write_text("import no_such_thing\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def build(target: str) -> Any:
    place, expression = targets.split(target)
    return targets.build(targets.load(place), expression)


@pytest.mark.parametrize(
    ("target", "width"),
    [
        ("fleet/boats/ship.py:Net", 3),
        ("fleet/boats/ship.py:Net(width=4)", 4),
        ("fleet.boats.ship:Net(2)", 2),
        ("fleet/boats/ship.py:made", 5),
        ("fleet/boats/ship.py:lambda: Net(7)", 7),
        ("json.py:Net", 3),  # whatever else is called json
    ],
)
def test_targets_are_built(target: str, width: int) -> None:
    assert build(target).fc.in_features == width


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("net.py", "is not a target: write path/to/file.py:EXPR"),
        ("nowhere.py:Net", "nowhere.py: no such file"),
        ("no.such.module:Net", "no such module; give --search-path"),
        ("broken.py:Net", "broken.py cannot be imported: ModuleNotFoundError: No module named 'no_such_thing' (broken.py:1)"),
        ("json.py:Nothing", "defines no Nothing"),
        ("json.py:Net(", "'Net(' is not an expression"),
        ("json.py:Net(depth=1)", "Net(depth=1) raises TypeError"),
        ("json.py:Net(-1)", "Net(-1) raises RuntimeError"),
        ("json.py:len", "len needs arguments: write len(obj=…)"),
        ("json.py:3", "3 is no torch.nn.Module but a int"),
    ],
)
def test_problems_are_told_in_one_line(target: str, reason: str) -> None:
    with pytest.raises(targets.TargetProblem) as caught:
        build(target)
    assert reason in str(caught.value) and "\n" not in str(caught.value)
