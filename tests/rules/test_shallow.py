"""Walks that stop above the layers they are after."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(self.fc(x))

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(Block(width), nn.Linear(width, width))
        self.head = {head}
        {early}
        self.reset()

    def init_weights(self):
        for m in {walk}:
            if isinstance(m, {kind}):
                {draw}

    def reset(self):
        self.init_weights()

    def forward(self, x):
        return self.head(self.body(x))
"""
DRAW = "nn.init.normal_(m.weight, std=0.02)"
NORM = "nn.LayerNorm(width)"


@pytest.mark.parametrize(
    ("head", "early", "walk", "kind", "draw", "count"),
    [
        (NORM, "", "self.children()", "nn.Linear", DRAW, 1),
        (NORM, "", "self._modules.values()", "nn.Linear", DRAW, 1),
        (NORM, "", "self.body", "Block", "nn.init.normal_(m.fc.weight, std=0.02)", 0),
        (NORM, "", "self.children()", "Block", "nn.init.normal_(m.fc.weight, std=0.02)", 1),
        (NORM, "", "self.modules()", "nn.Linear", DRAW, 0),
        ("nn.Linear(width, width)", "", "self.children()", "nn.Linear", DRAW, 0),
        (NORM, "", "self.children()", "nn.Conv2d", DRAW, 0),
        (NORM, "for p in self.body.parameters():\n            nn.init.uniform_(p, -0.1, 0.1)", "self.children()", "nn.Linear", DRAW, 0),
        (NORM, "", "self.children()", "nn.Linear", "pass", 0),
        (NORM, "", "[unread(self)]", "nn.Linear", DRAW, 0),
    ],
)
def test_a_walk_over_what_holds_the_layers(tmp_path: Path, head: str, early: str, walk: str, kind: str, draw: str, count: int) -> None:
    text = NET.format(head=head, early=early, walk=walk, kind=kind, draw=draw)
    findings = [finding for finding in found(tmp_path, "INI504", {"net": text}) if "the walk stops above" in finding.message]
    assert [finding.severity for finding in findings] == [Severity.WARNING] * count
    assert all(f"`isinstance(m, {kind})` is asked of `Sequential`" in finding.message and "modules()" in finding.help for finding in findings)


ROUTINE = """
import torch
from torch import nn

def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, std=0.02)

class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        {call}

    def forward(self, x):
        return self.body(x)
"""


@pytest.mark.parametrize("call", ["self.apply(init_weights)", "for m in self.modules():\n            init_weights(m)"])
def test_a_routine_that_meets_the_layers(tmp_path: Path, call: str) -> None:
    assert found(tmp_path, "INI504", {"net": ROUTINE.format(call=call)}) == []
