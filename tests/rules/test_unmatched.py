"""Routines that are applied to none of the layers they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
import torch
from torch import nn
{imported}

def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)


class Net(nn.Module):
    def __init__(self, width, depth=2):
        super().__init__()
        {early}
        self.start = {layer}
        self.rest = nn.ModuleList([nn.Conv1d(width, width, 3) for _ in range(depth)])
        self.start.apply(init_weights)
        self.rest.apply(init_weights)

    def forward(self, x):
        for one in self.rest:
            x = torch.tanh(one(x))
        return x
{behind}
"""
CONV = "nn.Conv1d(4, width, 3)"


@pytest.mark.parametrize(
    ("imported", "layer", "early", "behind", "count"),
    [
        ("", CONV, "", "", 1),
        ("", "nn.Sequential(nn.Conv1d(4, width, 3), nn.BatchNorm1d(width))", "", "", 1),
        ("", "nn.Sequential(nn.Conv1d(4, width, 1), nn.Linear(8, 8))", "", "", 0),
        ("", "nn.Identity()", "", "", 0),
        ("from unread import Block", "Block(width)", "", "", 0),
        ("", CONV, "self.apply(init_weights)", "", 0),
        ("", CONV, "", "\n\ndef build(model):\n    model.apply(init_weights)\n", 0),
        ("", CONV, "", "\n\nclass Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n        init_weights(nn.Linear(8, 8))\n", 0),
        ("", CONV, "", "\n\n# model.apply(init_weights)\n", 1),
    ],
)
def test_convolutions_alone(tmp_path: Path, imported: str, layer: str, early: str, behind: str, count: int) -> None:
    findings = found(tmp_path, "INI506", {"net": NET.format(imported=imported, layer=layer, early=early, behind=behind)})
    assert len(findings) == count
    for finding in findings:
        assert finding.message == "`init_weights` asks for Linear, and is applied to Conv1d alone: nothing is set"
        assert finding.severity is Severity.WARNING and "isinstance(m, nn.Conv1d)" in finding.help


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ("from .net import init_weights\n", 0),
        ("from .net import (\n    Net,\n    init_weights,\n)\n", 0),
        ("from .net import Net\n\n\ndef init_weights(m):\n    pass\n", 1),
        ("from .others import init_weights\n", 1),
    ],
)
def test_what_another_file_applies_is_not_judged(tmp_path: Path, other: str, count: int) -> None:
    files = {"net": NET.format(imported="", layer=CONV, early="", behind=""), "other": other}
    assert len(found(tmp_path, "INI506", files)) == count


APPLIED = """
from functools import partial
from typing import List
from torch import nn
from elsewhere import unread
from .helpers import init_weights

class Encoder(nn.Module):
    def __init__(self, channels: List[int], width):
        super().__init__()
        self.channels = channels
        self.layers = nn.ModuleList([nn.Conv2d(3, width, 3), nn.ReLU(), {layer}])
        self.apply({applied})

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
HELPERS = """
from torch import nn

def init_weights(m, gain=1.0):
    if isinstance(m, nn.Linear):
        nn.init.orthogonal_(m.weight, gain)
"""


@pytest.mark.parametrize(
    ("layer", "applied", "count"),
    [
        ("nn.Tanh()", "init_weights", 1),
        ("nn.Tanh()", "partial(init_weights, gain=2.0)", 1),
        ("nn.Linear(8, 8)", "init_weights", 0),
        ("nn.Identity() if width == 8 else nn.Linear(8, 8)", "init_weights", 0),
        ("unread()", "init_weights", 0),
    ],
)
def test_a_routine_of_another_file(tmp_path: Path, layer: str, applied: str, count: int) -> None:
    findings = found(tmp_path, "INI506", {"net": APPLIED.format(layer=layer, applied=applied), "helpers": HELPERS})
    assert [finding.message for finding in findings] == ["`init_weights` asks for Linear, and is applied to Conv2d alone: nothing is set"] * count
    assert all(finding.site.line == 12 for finding in findings)
