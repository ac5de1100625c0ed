"""What keeps parameters changes none of them while it is constructed."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import show

NET = """
import torch
import torch.optim as optim
from torch import nn
from torch.optim import Adam
from elsewhere import AdaBelief, EMA, mystery

class Net(nn.Module):
    def __init__(self, chosen, name, lr=1e-3):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.kept = {kept}
"""


@pytest.mark.parametrize(
    ("kept", "known"),
    [
        ("Adam(self.parameters(), lr=lr)", True),
        ("optim.SGD([{'params': self.layer.parameters()}, {'params': [self.layer.weight], 'lr': 2 * lr}], lr)", True),
        ("optim.lr_scheduler.StepLR(torch.optim.AdamW(self.parameters()), 5)", True),
        ("AdaBelief(self.parameters())", True),
        ("EMA(self.layer, 0.99)", True),
        ("getattr(optim, name)(self.parameters(), lr)", True),
        ("chosen(self.parameters(), lr=lr)", True),
        ("chosen(self.parameters())", False),
        ("mystery(self.layer)", False),
        ("getattr(nn.init, name)(self.layer.weight)", False),
    ],
)
def test_parameters_handed_to_an_optimizer_stay_as_they_are(tmp_path: Path, kept: str, known: bool) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET.replace("{kept}", kept), encoding="utf-8")
    weight = show(f"{path}:Net").parameters[0]
    assert (weight.distribution is not None) == known
