"""Arithmetic that is written as a module, as quantized models do."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import frontend
from initlint.report.pairing import nonlinearities

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.arithmetic = {owner}.FloatFunctional()

    def forward(self, x):
        return {result}
"""


@pytest.mark.parametrize("owner", ["nn.quantized", "torch.ao.nn.quantized"])
@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("self.arithmetic.add_relu(x, self.conv(x))", "add → relu"),
        ("torch.tanh(self.arithmetic.add(self.conv(x), x))", "add → tanh"),
        ("torch.sigmoid(self.arithmetic.cat([x, self.conv(x)], 1))", "concat → sigmoid"),
    ],
)
def test_it_is_followed(owner: str, result: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET.format(owner=owner, result=result))
    graph = frontend.show(f"{path}:Net")
    assert nonlinearities(graph)["conv.weight"][0] == expected
