"""Init routines of a base class whose layers other files add."""

from __future__ import annotations

from pathlib import Path

from initlint.engine import check
from initlint.findings import Finding

BASE = """
import torch.nn as nn


class Base(nn.Module):
    def init_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
"""
HEIR = """
import torch.nn as nn

from package.base import Base


class Net(Base):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(*(m for _ in range(6) for m in (nn.Linear(64, 64), nn.{activation}())))
        self.init_weights()

    def forward(self, x):
        return self.layers(x)
"""


def found(folder: Path, activation: str) -> list[Finding]:
    """What is told of the base class alone, with one heir in another file."""
    package = folder / "package"
    package.mkdir()
    (folder / "pyproject.toml").write_text("")
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text(BASE)
    (package / "heir.py").write_text(HEIR.format(activation=activation))
    return check([str(package / "base.py")]).findings


def test_the_base_is_judged_by_its_heirs(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, "ReLU")
    assert (finding.code, finding.model, finding.site.line) == ("INI101", "Net", 9)
    assert "each of 6 such layers passes on half the signal" in finding.message


def test_heirs_that_it_suits_say_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, "Tanh") == []


def test_a_file_that_cannot_be_read_is_no_heir(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("class Net(Base):\n  def\n")
    assert found(tmp_path, "Tanh") == []
