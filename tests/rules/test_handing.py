"""Functions that nothing ran are run for what they hand to init routines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

TEXT = """
import torch
from torch import nn


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_normal_(m.weight)


class Net(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.maps = nn.Sequential(nn.Linear(size, hidden), nn.Tanh(), nn.Linear(hidden, hidden))

    def forward(self, x):
        return self.maps(x)


class Detector:
    def __init__(self, hidden=64, device="cpu"):
        self.hidden, self.device = hidden, device

    def prepare(self, X, y):
        net = Net(X.shape[1], self.hidden).to(self.device)
        {call}
        return net
"""


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("init_weights(net)", "INI506"),
        ("net.apply(init_weights())", "INI503"),
        ("net.apply(init_weights)", ""),
        ("init_weights(net.maps[0])", ""),
        ("for m in net.modules():\n            init_weights(m)", ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_method_of_a_plain_class_that_makes_a_model(tmp_path: Path, call: str, code: str, end: str) -> None:
    text = TEXT.format(call=call).replace("\n", end)
    assert [len(found(tmp_path, one, {"net": text})) for one in ("INI503", "INI506")] == [code == "INI503", code == "INI506"]


def test_what_else_such_a_function_does_is_not_told(tmp_path: Path) -> None:
    text = TEXT.format(call="net.maps[0].weight.normal_()\n        init_weights(net.maps[0])\n        init_weights(y)")
    assert found(tmp_path, "INI304", {"net": text}) == [] and found(tmp_path, "INI506", {"net": text}) == []


ROUTINE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width, std=0.1):
        super().__init__()
        self.std = std
        self.map = nn.Linear(width, width)
        self.apply(self.init_normal)

    def init_normal(self, module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=self.std)

    def init_other(self, module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            module.bias.data.fill_(self.{name})

    def forward(self, x):
        return self.map(x)
"""


@pytest.mark.parametrize(("name", "count"), [("bias", 1), ("std", 0)])
def test_a_routine_that_asks_a_model_for_what_it_never_sets(tmp_path: Path, name: str, count: int) -> None:
    findings = found(tmp_path, "INI604", {"net": ROUTINE.format(name=name)})
    assert [(one.site.line, "has no `bias`" in one.message) for one in findings] == [(19, True)] * count
