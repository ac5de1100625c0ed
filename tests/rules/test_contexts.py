"""Findings of many contexts: where they are reported, and what is judged when a checkpoint or another file comes in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.engine import check
from initlint.findings import Finding

BASE = """
import torch.nn as nn
import torch.nn.functional as F

class Base(nn.Module):
    def __init__(self, width, w_init, function=F.relu):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.function = function
        for layer in (self.first, self.second):
            w_init(layer.weight)

    def forward(self, x):
        return self.second(self.function(self.first(x)))
"""
CHOICE = """
import torch.nn as nn
import torch.nn.functional as F
from base import Base

class Net(Base):
    def __init__(self, width=64, w_init=nn.init.xavier_uniform_):
        super().__init__(width, w_init)

class Scaled(Base):
    def __init__(self, width=64):
        super().__init__(width, nn.init.xavier_uniform_, F.tanh)

def explicit():
    return Base(64, nn.init.xavier_normal_)
"""


def found(folder: Path, **files: str) -> list[Finding]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text.lstrip("\n"), encoding="utf-8")
    return check([str(folder / f"{name}.py") for name in files], search_path=[str(folder)]).findings


def test_a_call_elsewhere_is_reported_where_its_initializer_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(BASE.lstrip("\n"), encoding="utf-8")
    findings = found(tmp_path, choice=CHOICE)
    assert [(f.code, f.site.line, f.site.column) for f in findings] == [("INI101", 6, 41), ("INI101", 14, 21)]
    assert all(f.fix is None and f.help.startswith("Draw the weights in front of relu with kaiming_") for f in findings)
    assert [site["row"] for site in findings[0].evidence["sites"]] == [11]


def test_the_file_of_the_call_itself_knows_no_initializer(tmp_path: Path) -> None:
    assert found(tmp_path, base=BASE) == []


def test_the_message_is_about_the_model_that_says_most(tmp_path: Path) -> None:
    text = """
import torch.nn as nn

class Block(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.act = nn.ReLU()
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        return self.act(self.fc(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*[Block() for _ in range(6)])

    def forward(self, x):
        return self.blocks(x)

def wrapped():
    return nn.Sequential(Block())
"""
    (finding,) = found(tmp_path, net=text)
    assert finding.message.startswith("`blocks.*.fc.weight`") and "each of 6 such layers" in finding.message
    assert set(finding.evidence["contexts"]) == {"Net", "wrapped()"}  # `Block` alone would show nothing that `Net` does not


def test_values_overwritten_in_place_are_not_remembered(tmp_path: Path) -> None:
    text = """
import numpy as np
import torch
import torch.nn as nn

class Table(nn.Module):
    def __init__(self, width=768):
        super().__init__()
        omega = np.arange(width // 2, dtype=np.float64)
        omega /= width / 2.0
        self.table = nn.Parameter(torch.from_numpy(1.0 / 10000**omega))
        self.large = nn.Parameter(torch.tensor([10.0**300, 1.0]))

    def forward(self, x):
        return x * self.table
"""
    assert found(tmp_path, table=text) == []


INIT = """
def init(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)

net = Net()
net.apply(init)
"""
NET = """
import torch
import torch.nn as nn
from torch.nn.init import xavier_uniform_

class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.one = nn.Linear(width, width)
        self.two = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.two(self.one(x).relu()).relu()

"""


def test_a_class_without_inits_of_its_own_is_judged_where_a_script_initialises_it(tmp_path: Path) -> None:
    """The bare class told nothing; and a fix that moves lines still finds the model again."""
    findings = found(tmp_path, script=NET + INIT)
    assert [(f.code, f.site.line, f.model) for f in findings] == [("INI402", 17, "net"), ("INI101", 18, "net")]
    assert all(f.fix is not None and f.fix.edits for f in findings)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("nn.init.xavier_uniform_(net.one.weight)\nnn.init.xavier_normal_(net.two.weight)\n", [16, 17]),
        ("for m in net.modules():\n    if isinstance(m, nn.Linear):\n        nn.init.xavier_uniform_(m.weight)\n", [18]),
        ("with torch.no_grad():\n    xavier_uniform_(net.one.weight)\n", [17]),
    ],
    ids=["call", "loop", "block"],
)
def test_a_script_may_initialise_weights_one_by_one(tmp_path: Path, script: str, lines: list[int]) -> None:
    """A call of an initializer belongs to the model it is given, not to the module it comes from."""
    assert [f.site.line for f in found(tmp_path, script=f"{NET}net = Net()\n{script}") if f.code == "INI101"] == lines
