"""Findings in a helper name the calls that handed it the layers concerned."""

from __future__ import annotations

from pathlib import Path

from tests.rules.package import found

NET = """
import torch
from torch import nn

def init_layer(layer):
    nn.init.xavier_uniform_(layer.weight)

class One(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, 64)
        self.head = nn.Linear(64, 10)
        self.init_weight()

    def init_weight(self):
        init_layer(self.fc1)
        # init_layer(self.fc1)
        init_layer(self.fc2)
        init_layer(self.head)

    def forward(self, x):
        return self.head(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
"""


def test_the_calls_of_a_helper_are_named(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, "INI101", {"net": NET})
    assert finding.site.line == 5
    assert [place["row"] for place in finding.evidence["sites"]] == [16, 18]


def test_a_draw_where_the_layer_is_made_has_no_other_place(tmp_path: Path) -> None:
    text = NET.replace("init_layer(self.fc1)", "nn.init.xavier_uniform_(self.fc1.weight)").replace("init_layer(self.fc2)", "pass")
    (finding,) = found(tmp_path, "INI101", {"net": text})
    assert "sites" not in finding.evidence
