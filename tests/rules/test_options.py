"""Routines are tried with each of their options, be they compared or looked up in a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

COMPARED = """
import torch
from torch import nn


def init_weights(m, how{default}):
    if isinstance(m, nn.Linear):
        if how == "normal":
            nn.init.normal_(m.weight{normal})
        elif how == "uniform":
            nn.init.uniform_(m.weight{uniform})
        elif how == "zeros":
            nn.init.zeros_(m.weight)
        else:
            nn.init.xavier_uniform_(m.weight)
"""
TABLE = """
import torch
from torch import nn

FILLS{annotation} = {{
    "xavier": nn.init.xavier_uniform_,
    "normal": nn.init.normal_,
    "uniform": nn.init.uniform_,
    "zeros": nn.init.zeros_,
}}


def init_weights(model, how):
    fill = FILLS{lookup}
    for m in model.modules():
        if isinstance(m, nn.Linear):
            fill(m.weight)
            nn.init.zeros_(m.bias)
"""
MODEL = """

class Net(nn.Module):
    def __init__(self, width, how="xavier"):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 4))
        init_weights(self, how)

    def forward(self, x):
        return self.net(x)
"""


def lines(folder: Path, text: str) -> list[tuple[str, int]]:
    return [(code, finding.site.line) for code in ("INI102", "INI201", "INI302") for finding in found(folder, code, {"net": text})]


@pytest.mark.parametrize("default", ["", '="xavier"', "=None"])
def test_each_branch_is_judged_by_what_it_leaves(tmp_path: Path, default: str) -> None:
    assert lines(tmp_path, COMPARED.format(default=default, normal="", uniform="")) == [("INI102", 8), ("INI302", 10)]
    assert lines(tmp_path, COMPARED.format(default=default, normal=", std=0.1", uniform=", -0.1, 0.1")) == []


@pytest.mark.parametrize("annotation", ["", ": dict[str, object]"])
@pytest.mark.parametrize("lookup", ["[how]", ".get(how)", '.get(how, FILLS["xavier"])'])
def test_each_entry_of_a_table_is_judged_where_it_stands(tmp_path: Path, annotation: str, lookup: str) -> None:
    text = TABLE.format(annotation=annotation, lookup=lookup)
    assert lines(tmp_path, text) == [("INI102", 6), ("INI302", 7)]
    [finding] = found(tmp_path, "INI102", {"net": text})
    assert [place["row"] for place in finding.evidence["sites"]] == [16] and finding.fix is None


def test_a_model_that_hands_its_option_on_is_built_with_each(tmp_path: Path) -> None:
    assert lines(tmp_path, TABLE.format(annotation="", lookup="[how]") + MODEL) == [("INI102", 16), ("INI302", 16)]
    text = (
        COMPARED.format(default="", normal="", uniform="")
        .replace("(m, how)", "(model, how)")
        .replace("    if isinstance", "    for m in model.modules():\n      if isinstance")
    )
    assert lines(tmp_path, text + MODEL) == [("INI102", 9), ("INI302", 11)]


OWN = """
import torch
from torch import nn
{imported}


def init_weights(model, how):
    for p in model.parameters():
        if p.dim() == 1:
            if how == "drawn":
                p.data.normal_(0, 0.1)
            else:
                p.data.zero_()
    for m in model.modules():
        if isinstance(m, (nn.Embedding, {name})):
            m.reset_parameters()
        elif isinstance(m, {other}):
            m.momentum = 0.1
"""


@pytest.mark.parametrize(
    ("imported", "name", "other", "count"),
    [
        ("from .norms import LayerNorm", "LayerNorm", "nn.Linear", 0),
        ("from torch.nn import LayerNorm", "LayerNorm", "nn.Linear", 0),
        ("", "nn.Linear", "nn.LayerNorm", 1),
        ("from torch.nn import LayerNorm", "nn.Linear", "LayerNorm", 1),
        ("from .norms import LayerNorm", "nn.Linear", "LayerNorm", 0),
    ],
)
def test_a_class_of_the_project_is_no_layer_of_its_name(tmp_path: Path, imported: str, name: str, other: str, count: int) -> None:
    norms = "from torch import nn\n\n\nclass LayerNorm(nn.LayerNorm):\n    pass\n"
    assert len(found(tmp_path, "INI401", {"net": OWN.format(imported=imported, name=name, other=other), "norms": norms})) == count
