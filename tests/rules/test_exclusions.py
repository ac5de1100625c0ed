"""Tests of types inside tests that leave no layer of that type."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

CODE = """
import torch.nn as nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(4, 4)

class Special(nn.Linear):
    pass

class Net(nn.Module):
    def _init_weights(self, m, other=None):
        if {outer}:
            std = 0.02
            {between}
            if {inner}:
                std = 0.01
            nn.init.normal_(m.weight, std=std)
"""


@pytest.mark.parametrize(
    ("outer", "between", "inner", "count"),
    [
        ("isinstance(m, nn.Linear)", "", "isinstance(m, Block) and hasattr(m, 'dense')", 1),
        ("isinstance(m, (nn.Linear, nn.Embedding))", "", "isinstance(m, (Block, nn.Conv2d))", 1),
        ("isinstance(m, nn.Linear)", "", "isinstance(m, nn.Conv2d)", 1),
        ("isinstance(m, Block)", "m = m.dense", "isinstance(m, nn.Linear)", 0),
        ("isinstance(m, nn.Linear)", "", "isinstance(m, Special)", 0),
        ("isinstance(m, (nn.Linear, nn.Conv2d))", "", "isinstance(m, nn.Conv2d)", 0),
        ("isinstance(m, nn.Linear)", "", "not isinstance(m, Block)", 0),
        ("isinstance(m, nn.Linear)", "", "isinstance(other, Block)", 0),
        ("isinstance(m, nn.Linear)", "", "isinstance(m, Unknown)", 0),
        ("isinstance(m, Block)", "", "isinstance(m, Net)", 0),
        ("not isinstance(m, nn.Linear)", "", "isinstance(m, Block)", 0),
    ],
)
def test_a_type_that_the_test_around_leaves_out(tmp_path: Path, outer: str, between: str, inner: str, count: int) -> None:
    code = CODE.replace("{outer}", outer).replace("{between}", between).replace("{inner}", inner)
    assert len(found(tmp_path, "INI504", {"net": code})) == count
