"""Projects copied into a package go on importing themselves by the name they had."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.engine import check
from initlint.rules import select

ROUTINE = """
import torch.nn as nn

def init_weights(m):
    if isinstance(m, nn.Conv1d):
        m.weight.data.normal_(0.0, 0.01)
"""
NET = """
import torch.nn as nn
from torch.nn.utils import weight_norm
from {home} import init_weights

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([weight_norm(nn.Conv1d(8, 8, 3))])
        self.convs.apply(init_weights)

    def forward(self, x):
        return self.convs[0](x)
"""


@pytest.mark.parametrize(
    ("folder", "home", "count"),
    [
        ("whole/models/copied", "copied.utils.common", 1),
        ("whole/models/copied/nets", "copied.utils.common", 1),
        ("whole/models", "copied.utils.common", 0),  # what is beside a file can be imported from nowhere
        ("whole/models/copied", "other.utils.common", 0),
    ],
)
def test_a_copy_of_a_project_imports_itself(tmp_path: Path, folder: str, home: str, count: int) -> None:
    common = tmp_path / "whole" / "models" / "copied" / "utils" / "common.py"
    net = tmp_path / folder / "net.py"
    for path, text in ((common, ROUTINE), (net, NET.format(home=home))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for inner in {*common.parents, *net.parents}:
        if inner.is_relative_to(tmp_path / "whole"):
            (inner / "__init__.py").touch()
    assert len(check([str(net)], rules=select(["INI506"])).findings) == count
