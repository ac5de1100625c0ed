"""Routines for any model, which no model of their file is handed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

ROUTINE = """
import torch
import torch.nn as nn

def {name}(model, std=0.02):
    for name, p in model.named_parameters():
        {body}
"""
MODELS = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
"""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)", "the weight of every norm starts at 0"),
        ("nn.init.normal_(p, std=std) if 'weight' in name else nn.init.zeros_(p)", "the weight of every norm starts in N(0, 0.02²)"),
        ("nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.uniform_(p)", "the weight of every norm starts in U(0, 1)"),
        ("p.data.normal_(0, 0.05)", "the weight of every norm starts in N(0, 0.05²)"),
    ],
)
def test_a_routine_that_takes_norms_for_something_else(tmp_path: Path, body: str, text: str) -> None:
    code = ROUTINE.replace("{body}", body).replace("{name}", "init_weights")
    (finding,) = found(tmp_path, "INI401", {"routines": code, "models": MODELS})
    assert finding.message.startswith(text) and finding.fix is None and finding.severity is Severity.WARNING
    assert not any(found(tmp_path, codes, {"routines": code, "models": MODELS}) for codes in ("INI1", "INI2", "INI3", "INI403", "INI5"))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("init_weights", "if p.dim() > 1: nn.init.xavier_uniform_(p)"),
        ("init_weights", "if 'norm' not in name: nn.init.normal_(p, std=std)"),
        ("init_weights", "if 'bn' not in name: nn.init.normal_(p, std=std)"),
        ("init_weights", "nn.init.zeros_(p)"),
        ("init_weights", "nn.init.ones_(p) if p.dim() == 1 and name.endswith('weight') else nn.init.normal_(p, std=std)"),
        ("perturb", "nn.init.normal_(p, std=std)"),
    ],
)
def test_a_routine_that_spares_norms_or_only_empties_a_model(tmp_path: Path, name: str, body: str) -> None:
    assert found(tmp_path, "INI401", {"routines": ROUTINE.replace("{body}", body).replace("{name}", name), "models": MODELS}) == []


def test_where_there_are_no_norms_nothing_is_lost(tmp_path: Path) -> None:
    code = ROUTINE.replace("{body}", "nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)").replace("{name}", "init_weights")
    assert len(found(tmp_path, "INI401", {"routines": code})) == 1
    assert found(tmp_path, "INI401", {"routines": code + MODELS.replace("LayerNorm(8)", "Linear(8, 8)")}) == []
