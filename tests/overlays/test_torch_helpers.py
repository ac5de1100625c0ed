"""Initializers of libraries around torch that copy those of torch."""

from __future__ import annotations

from pathlib import Path

from initlint import frontend

NET = """import mup.init as mupi
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, init_fn=None):
        super().__init__()
        self.layer = nn.Linear(6, 2)
        self.init_fn = init_fn if init_fn is not None else mupi.xavier_uniform_
        self.init_fn(self.layer.weight)

    def forward(self, x):
        return self.layer(x)
"""


def test_mup_draws_what_torch_draws(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET)
    weight = next(p for p in frontend.show(f"{path}:Net").parameters if p.name == "layer.weight")
    assert weight.distribution is not None and weight.distribution.law == "Var = 2 / (fan_in + fan_out)"
