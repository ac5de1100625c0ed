"""Code at which the analysis of real packages once ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check, show

HEADERS = """
from typing import TYPE_CHECKING
import torch.nn as nn
if (
    TYPE_CHECKING
): import torch


class Plain(
    nn.Module,
): ...


class One(nn.Module,
          object): size = "é"; other = 3


class Net(
    Plain,
):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)
"""
NONE = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width=None):
        super().__init__()
        self.layer = nn.Linear(width, width, bias=False)
        self.count = sum(p.numel() for p in self.parameters())
        self.mask = torch.eye(width)
"""
STEPS = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, step):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.places = torch.arange(0, 8, step)
"""
SCALED = """
import torch.nn as nn


def init_identity(modules, scale):
    for m in modules:
        if isinstance(m, nn.Linear):
            nn.init.eye_(m.weight)
            m.weight.data *= scale
        elif isinstance(m, nn.Embedding):
            nn.init.uniform_(m.weight, 0, scale)
"""


ENDLESS = """
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(10**30)])
        self.count = len(range(10**30)) + sum(range(1, 10**30)) + range(10**30)[-1]
        for number, _ in enumerate(range(10**30)):
            break
"""


@pytest.mark.parametrize("code", [HEADERS, NONE, STEPS, SCALED, SCALED.replace("scale)", "scale=1.0)", 1), ENDLESS])
def test_it_is_analysed(tmp_path: Path, code: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(code, encoding="utf-8")
    assert [finding for finding in check([str(path)]).findings if finding.code.startswith("INI9")] == []


def test_a_body_on_the_line_of_the_last_parenthesis(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(HEADERS, encoding="utf-8")
    assert [str(parameter.shape) for parameter in show(f"{path}:Net").parameters] == ["(4, 3)", "(4,)"]


def test_a_size_that_is_none_is_one_that_callers_give(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(NONE, encoding="utf-8")
    (weight,) = show(f"{path}:Net").parameters
    assert weight.distribution is not None and weight.distribution.law == "Var = 1 / (3·fan_in)" and "None" not in str(weight.shape)
