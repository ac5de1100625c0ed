"""Tests that only a configuration decides, answered alike in a world of their own."""

from __future__ import annotations

from pathlib import Path

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
