"""Tests that only a configuration decides, answered alike in a world of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.contexts.models import Analysis, build_models

SOURCE = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.kind = config["kind"]
        if config["checked"]:
            raise ValueError(config)
        if not config["plain"]:
            self.extra = nn.Parameter(torch.randn(8, 8))
        if config["rank"] is not None:
            self.low = nn.Parameter(torch.randn(8, 4))
        if self.kind == "first":
            self.one = nn.Parameter(torch.randn(8, 2))
        elif self.kind == "second":
            self.two = nn.Parameter(torch.randn(8, 3))
        if self.kind == "second":
            self.also = nn.Parameter(torch.randn(3, 3))
        if isinstance(config["size"], int):
            self.sized = nn.Parameter(torch.randn(8, 5))

    def forward(self, x):
        return x
"""


def names(source: str = SOURCE) -> list[set[str]]:
    """The parameters of every model of ``source``."""
    return [{p.name for p in model.graph.parameters} for model in build_models(Analysis(), "net.py", source.encode()) if model.root is not None]


def test_each_world_fits_together() -> None:
    everything, nothing = names()[-2:]
    assert everything == {"low", "one"}
    assert nothing == {"extra", "two", "also"}


def test_no_world_where_nothing_is_drawn(tmp_path: Path) -> None:
    source = SOURCE.replace("nn.Parameter(torch.randn(", "dict(value=(")
    analysis = Analysis()
    build_models(analysis, str(tmp_path / "net.py"), source.encode())
    assert not analysis.interp.undecided
    assert analysis.interp.world is None


ASKED = """
import torch.nn as nn
from library import draws


class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        if config["head"]:
            self.head = nn.Linear(8, 8)
            nn.init.zeros_(self.head.bias)
        for m in self.modules():
            kind = str(m)
            {test}
                nn.init.ones_(m.weight)

    def forward(self, x):
        return self.fc(x)
"""


@pytest.mark.parametrize("test", ["if 'Block' in kind:", "if 'Block' in str(m).lower():", "if draws(m):", "if not draws(m) and config['all']:"])
def test_what_is_asked_of_a_layer_is_no_configuration(test: str) -> None:
    for model in build_models(Analysis(), "net.py", ASKED.format(test=test).encode()):
        assert not [mistake.text for mistake in model.graph.mistakes]
        assert all(p.distribution is None or p.distribution.kind != "constant" for p in model.graph.parameters if p.name == "fc.weight")


SHAPED = """
import torch
import torch.nn as nn

class Capsule(nn.Module):
    def __init__(self, config):
        super().__init__()
        size, out = 8, 6
        if config.shared:
            weight = {memory}(1, size, out)
        else:
            weight = {memory}(config.count, size, out)
        self.weight = nn.Parameter(nn.init.xavier_normal_(weight))

    def forward(self, x):
        return torch.matmul(x, self.weight)
"""


@pytest.mark.parametrize(("memory", "count"), [("torch.zeros", 2), ("torch.empty", 2), ("torch.FloatTensor", 2), ("read", 0), ("torch.ones", 2)])
def test_memory_of_two_shapes_is_worth_a_world(memory: str, count: int) -> None:
    models = [model.graph for model in build_models(Analysis(), "net.py", SHAPED.format(memory=memory).encode()) if model.root is not None]
    shapes = {p.shape for graph in models for p in graph.parameters if p.distribution is not None and p.shape is not None}
    assert (len(models), any(shape[:2] == (1, 8) for shape in shapes)) == (count, count == 2)


def test_memory_that_becomes_no_parameter_is_worth_none() -> None:
    source = SHAPED.replace("nn.init.xavier_normal_(weight)", "torch.randn(8, 6)")
    analysis = Analysis()
    build_models(analysis, "net.py", source.format(memory="torch.zeros").encode())
    assert not analysis.interp.undecided
