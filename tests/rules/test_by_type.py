"""Routines that tell layers by their types and that no model of their file runs: what they leave in a weight of each type."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

ROUTINE = """
import torch
import torch.nn as nn

def {name}(m):
    {body}
"""
LOOP = """
import torch.nn as nn

class Trainer:
    def reset(self):
        for m in self.modules():
            {body}

    def train(self, model):
        self.reset()
"""
WIDE = "the weight of every `{}`: std 1 whatever the fan_in"
DEAD = "the weight of every `{}` starts at 0"


def routine(body: str, name: str = "init_weights", text: str = ROUTINE) -> dict[str, str]:
    return {"routines": text.replace("{body}", body).replace("{name}", name)}


@pytest.mark.parametrize(
    ("code", "body", "text"),
    [
        ("INI102", "if isinstance(m, nn.Linear): nn.init.normal_(m.weight)", WIDE.format("Linear")),
        ("INI102", "if isinstance(m, (nn.Linear, nn.Embedding)): m.weight.data.normal_()", WIDE.format("Linear")),
        ("INI102", "if m.__class__.__name__.find('Conv') != -1: nn.init.normal_(m.weight.data, 0.0, 1.0)", WIDE.format("Conv2d")),
        ("INI401", "if isinstance(m, nn.LayerNorm): m.weight.data.fill_(0)", DEAD.format("LayerNorm")),
        ("INI401", "if isinstance(m, nn.BatchNorm2d): nn.init.normal_(m.weight, 0, 0.02)", "the weight of every `BatchNorm2d` starts in N(0, 0.02²)"),
        ("INI201", "if isinstance(m, nn.Linear): nn.init.zeros_(m.weight)", DEAD.format("Linear")),
        ("INI201", "if isinstance(m, nn.Conv2d): nn.init.constant_(m.weight, 0)", DEAD.format("Conv2d")),
    ],
)
def test_what_a_routine_leaves_in_every_layer_of_a_type(tmp_path: Path, code: str, body: str, text: str) -> None:
    for form in (ROUTINE, LOOP):
        (finding,) = found(tmp_path, code, routine(body, text=form))
        assert finding.message.startswith(text) and finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "body",
    [
        "if isinstance(m, nn.Linear): nn.init.normal_(m.weight, std=0.02)",
        "if isinstance(m, nn.Embedding): nn.init.normal_(m.weight)",
        "if isinstance(m, nn.Linear): m.weight.data.normal_().mul_(0.01)",
        "if isinstance(m, nn.Linear):\n        m.weight.data.normal_(0, 1)\n        m.weight.data *= 1 / torch.sqrt(m.weight.data.pow(2).sum(1, keepdim=True))",
        "if isinstance(m, nn.BatchNorm2d): nn.init.normal_(m.weight, 1.0, 0.02)",
        "if isinstance(m, nn.LayerNorm):\n        nn.init.zeros_(m.weight)\n        nn.init.ones_(m.weight)",
        "if isinstance(m, (nn.Linear, nn.LayerNorm)): m.weight.data.zero_()",
        "if isinstance(m, nn.Linear) and m.is_last: nn.init.zeros_(m.weight)",
    ],
)
def test_what_a_routine_may_leave(tmp_path: Path, body: str) -> None:
    for code in ("INI102", "INI201", "INI401"):
        assert found(tmp_path, code, routine(body)) == []


@pytest.mark.parametrize("name", ["zero_init", "init_last_layer", "init_lora", "init_head"])
def test_a_routine_whose_name_says_what_it_is_for(tmp_path: Path, name: str) -> None:
    for code, body in (
        ("INI201", "if isinstance(m, nn.Linear): nn.init.zeros_(m.weight)"),
        ("INI401", "if isinstance(m, nn.BatchNorm2d): nn.init.zeros_(m.weight)"),
    ):
        if code == "INI201" or name in ("zero_init", "init_last_layer"):
            assert found(tmp_path, code, routine(body, name)) == []


def test_a_model_of_the_file_shows_it_better(tmp_path: Path) -> None:
    body = "if isinstance(m, nn.Linear): nn.init.normal_(m.weight)"
    model = ROUTINE + "\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(8, 8)\n"
    model += "        self.norm = nn.LayerNorm(8)\n        self.apply(init_weights)\n\n    def forward(self, x):\n        return self.norm(self.fc(x))\n"
    assert found(tmp_path, "INI102", routine(body, text=model)) == []


def test_fixes(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, "INI102", routine("if isinstance(m, nn.Linear): nn.init.normal_(m.weight)"))
    assert finding.fix is not None and "xavier_normal_" in finding.fix.message
    (finding,) = found(tmp_path, "INI102", routine("if isinstance(m, (nn.Linear, nn.Embedding)): nn.init.normal_(m.weight)"))
    assert finding.fix is None
    (finding,) = found(tmp_path, "INI401", routine("if isinstance(m, nn.BatchNorm2d): nn.init.normal_(m.weight, 0, 0.02)"))
    assert finding.fix is not None
