"""Code for inference: what fills its parameters is a file, under ``inference_mode``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

NET = """
import torch
import torch.nn as nn

class Scale(nn.Module):
    def __init__(self, width, dtype=None):
        super().__init__()
        self.gain = nn.Parameter(torch.empty(width, dtype=dtype))

    def forward(self, x):
        return x * self.gain

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.scale = Scale(width)
        self.map = nn.Linear(width, width)
        self.map.weight.copy_(torch.eye(width))

    def forward(self, x):
        return self.map(self.scale(x))
"""
OPERATIONS = """
from torch.nn import Linear as nn_Linear

class disabled:
    class Linear(nn_Linear):
        def reset_parameters(self):
            {body}

        def forward(self, x):
            return super().forward(x)
"""
LOADING = """
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def {name}(self, weights):
        for key, value in weights:
            dict(self.named_parameters())[key].data.copy_(value)
"""


@pytest.mark.parametrize(("body", "count"), [("return None", 0), ("pass", 0), ("return", 0), ("self.weight.data.normal_(0, 0.02)", 1)])
def test_a_project_whose_layers_draw_nothing_fills_them_from_a_file(tmp_path: Path, body: str, count: int) -> None:
    files = {"net": NET, "operations": OPERATIONS.replace("{body}", body)}
    assert len(found(tmp_path, "INI508", files)) == count
    assert len(found(tmp_path, "INI509", files)) == count


@pytest.mark.parametrize(("name", "count"), [("load_weights", 0), ("report_weights", 1)])
def test_what_an_engine_hands_weights_to_fills_the_parts_beside_it(tmp_path: Path, name: str, count: int) -> None:
    assert len(found(tmp_path, "INI508", {"net": NET + LOADING.replace("{name}", name).replace(".data.copy_(value)", ".shape")})) == count


LOOP = """
def read(path):
    model, stored = Net(), torch.load(path)
    for name, {variable} in model.named_parameters():
        found = stored[name]
        if found.dim() > 1:
            found = found.t()

        {copy}
    return model
"""


@pytest.mark.parametrize(
    ("variable", "copy", "count"), [("p", "p.data.copy_(found)", 0), ("p", "p.copy_(found)", 0), ("p", "stored[name].copy_(p)", 1), ("_", "print(name)", 1)]
)
def test_a_loop_that_copies_what_it_finds_under_each_name(tmp_path: Path, variable: str, copy: str, count: int) -> None:
    text = NET + LOOP.replace("{variable}", variable).replace("{copy}", copy)
    assert len(found(tmp_path, "INI508", {"net": text})) == count


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("module.load_state_dict(load_file(path))", 0),
        ("module.load_state_dict(load_file(path))\n    torch.optim.SGD(module.parameters(), lr=0.1)", 1),
        ("module.load_state_dict(load_file(path))\n    module(path).sum().backward()", 1),
    ],
)
def test_a_project_that_reads_values_from_files_and_trains_nothing(tmp_path: Path, more: str, count: int) -> None:
    serve = f"import torch\nfrom safetensors.torch import load_file\n\ndef serve(module, path):\n    {more}\n"
    assert len(found(tmp_path, "INI508", {"net": NET, "serve": serve})) == count
