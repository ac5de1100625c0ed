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
    assert not any(found(tmp_path, codes, {"routines": code, "models": MODELS}) for codes in ("INI1", "INI2", "INI3", "INI5"))
    biases = found(tmp_path, "INI403", {"routines": code, "models": MODELS})
    assert [one.message.partition(" drawn")[0] for one in biases] == ["the bias of every layer is"] * ("uniform_(p)" in body.rpartition("else")[2])


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


METHOD = """
import torch.nn as nn
from elsewhere import Encoder

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.encoder = Encoder(width)
        {made}
        self._reset_parameters()

    def _reset_parameters(self):
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)
            else:
                {draw}

    def forward(self, x):
        return self.encoder(x)
"""


@pytest.mark.parametrize(
    ("draw", "made", "codes"),
    [
        ("nn.init.uniform_(p)", "pass", ["INI403"]),
        ("nn.init.uniform_(p)", "self.norm = LayerNorm(width)", ["INI401", "INI403"]),
        ("nn.init.uniform_(p, -0.1, 0.1)", "pass", []),
        ("nn.init.zeros_(p)", "pass", []),
        ("nn.init.uniform_(p, self.low, 1)", "pass", []),
    ],
)
def test_a_class_whose_parts_are_of_a_library_that_is_not_there(tmp_path: Path, draw: str, made: str, codes: list[str]) -> None:
    files = {"net": METHOD.replace("{draw}", draw).replace("{made}", made), "models": MODELS}
    assert [one.code for one in (*found(tmp_path, "INI401", files), *found(tmp_path, "INI403", files))] == codes


def test_a_class_that_was_read_is_judged_itself(tmp_path: Path) -> None:
    files = {"net": METHOD.replace("{draw}", "nn.init.uniform_(p)").replace("Encoder(width)", "nn.Sequential(nn.Linear(width, width), nn.Linear(width, 4))")}
    files["net"] = files["net"].replace("{made}", "pass")
    (finding,) = found(tmp_path, "INI403", files)
    assert "`encoder.*.bias`" in finding.message


def test_a_loop_that_writes_more_than_could_be_read_is_not_rewritten(tmp_path: Path) -> None:
    read = METHOD.replace("Encoder(width)", "nn.Sequential(nn.Linear(width, width), nn.Linear(width, 4))").replace("{draw}", "nn.init.uniform_(p)")
    for number, (made, fixed) in enumerate([("pass", True), ("self.norm = nn.LayerNorm(width)", False)]):
        (tmp_path / str(number)).mkdir()
        (finding,) = found(tmp_path / str(number), "INI403", {"net": read.replace("{made}", made)})
        assert (finding.fix is not None) == fixed
    unread = METHOD.replace("{draw}", "nn.init.uniform_(p)").replace("{made}", "self.last = nn.Linear(width, 4)")
    (finding,) = found(tmp_path, "INI403", {"net": unread.replace("return self.encoder(x)", "return self.last(self.encoder(x))")})
    assert "`last.bias`" in finding.message and finding.fix is None


@pytest.mark.parametrize(("layer", "count"), [("LayerNorm(8)", 1), ("Linear(8, 8)", 0)])
def test_what_those_who_use_a_routine_are_made_of_decides(tmp_path: Path, layer: str, count: int) -> None:
    code = ROUTINE.replace("{body}", "nn.init.xavier_uniform_(p) if p.dim() > 1 else nn.init.zeros_(p)").replace("{name}", "init_weights")
    user = MODELS.replace("LayerNorm(8)", layer) + "        from .routines import init_weights\n        init_weights(self)\n"
    namesake = MODELS + "        self.init_weights()\n\ndef init_weights(model):\n    pass\n\ninit_weights(Net())\n"
    assert len(found(tmp_path, "INI401", {"routines": code, "user": user, "models": namesake})) == count
