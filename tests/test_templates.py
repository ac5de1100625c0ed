"""A file that another one is generated from is not judged by what would happen if it ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import engine

BASE = """
import torch.nn as nn

class Base(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.fc = nn.Linear(width, width)
"""
TEMPLATE = """
import torch.nn as nn
from base import Base

class Net(Base):
    def __init__(self, width=8):
        nn.Module.__init__()
        self.fc = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.fc.bias)
        self.out = nn.utils.parametrizations.weight_norm(nn.Linear(width, width))
        nn.init.normal_(self.out.weight)
        for name, p in self.named_parameters():
            if name == "head.weight":
                nn.init.zeros_(p)

    def forward(self, x):
        return self.out(self.fc(x))
"""
RUNNING = ["INI604", "INI603", "INI506", "INI504"]
"""What is wrong with it when it runs."""


def codes(folder: Path, name: str) -> list[str]:
    return [finding.code for finding in engine.check([str(folder / name)]).findings]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "modular_net.py").write_text(TEMPLATE)
    return tmp_path


def test_alone_it_is_code_as_any_other(folder: Path) -> None:
    assert codes(folder, "modular_net.py") == RUNNING


def test_beside_what_is_generated_from_it_it_never_runs(folder: Path) -> None:
    (folder / "modeling_net.py").write_text("# This file was automatically generated from src/modular_net.py.\n" + TEMPLATE)
    assert codes(folder, "modular_net.py") == []
    assert codes(folder, "modeling_net.py") == RUNNING


def test_a_namesake_that_says_nothing_of_it_changes_nothing(folder: Path) -> None:
    (folder / "modeling_net.py").write_text("import torch\n")
    assert "INI603" in codes(folder, "modular_net.py")


def test_a_result_rests_on_the_generated_file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = str(tmp_path_factory.mktemp("cache"))

    def cached() -> list[str]:
        return [finding.code for finding in engine.check([str(folder / "modular_net.py")], cache=cache).findings]

    assert "INI603" in cached()
    (folder / "modeling_net.py").write_text("# generated from modular_net.py\n")
    assert cached() == []
    (folder / "modeling_net.py").unlink()
    assert "INI603" in cached()
