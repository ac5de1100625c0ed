"""Parameters that are assigned to a layer under a name it does not have, and attributes that code attaches to layers on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
import torch
import torch.nn as nn
from torch.nn.utils import weight_norm


class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = None


class Own(nn.Linear):
    pass


class Net(nn.Module):
    def __init__(self, config, table):
        super().__init__()
        self.embedding = nn.Embedding(config["words"], config.get("width"))
        self.head = nn.Linear(8, 8)
        self.plain, self.conv = nn.Linear(8, 8, bias=False), nn.Conv2d(3, 8, 3)
        self.table, self.own, self.normed = Table(), Own(8, 8), weight_norm(nn.Linear(8, 8))
        self.weighted = nn.CrossEntropyLoss(weight=table)
        {line}

    def forward(self, x):
        return self.head(self.embedding(x))
"""


@pytest.mark.parametrize(
    ("line", "kind", "meant"),
    [
        ("self.embedding.weights = nn.Parameter(table)", "an Embedding", "weight"),
        ("self.embedding.weights = nn.Parameter(config.get('weights'), requires_grad=False)", "an Embedding", "weight"),
        ("self.embedding.weights = nn.Parameter(table)\n        self.embedding.weights.requires_grad = False", "an Embedding", "weight"),
        ("self.embedding.weights = table", "an Embedding", "weight"),
        ("self.embedding.weigth = nn.Parameter(torch.randn(9, 8))", "an Embedding", "weight"),
        ("self.embedding.wieght = self.head.weight", "an Embedding", "weight"),
        ("if config['tie']:\n            self.head.weights = self.embedding.weight", "a Linear", "weight"),
        ("self.head.weights = self.embedding", "a Linear", "weight"),
        ("self.head.biases = nn.Parameter(torch.zeros(8))", "a Linear", "bias"),
        ("self.head.bais = nn.Parameter(torch.zeros(8))", "a Linear", "bias"),
        ("self.conv.kernel = nn.Parameter(torch.randn(8, 3, 3, 3))", "a Conv2d", "weight"),
    ],
)
def test_a_parameter_that_is_assigned_under_another_name(tmp_path: Path, line: str, kind: str, meant: str) -> None:
    [finding] = found(tmp_path, "INI506", {"net": NET.format(line=line)})
    name = line.partition(" =")[0].rpartition(".")[2]
    assert finding.message == f"{kind} has no `{name}`: it keeps the values of its own `{meant}`, and nothing reads what is assigned here"
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("nn.Parameter(torch.randn(9, 8))", "Assign a parameter to `self.embedding.weight`"),
        ("torch.randn(9, 8)", "Copy the values: `self.embedding.weight.copy_(…)` under `torch.no_grad()`"),
    ],
)
def test_where_the_values_belong(tmp_path: Path, value: str, advice: str) -> None:
    [finding] = found(tmp_path, "INI506", {"net": NET.format(line=f"self.embedding.weights = {value}")})
    assert finding.fix is None and finding.help == advice


@pytest.mark.parametrize(
    "line",
    [
        "self.embedding.weight = nn.Parameter(table)",
        "self.head.scale = nn.Parameter(torch.ones(8))",
        "self.head.weights = 3",
        "self.head.kernel = config['kernel']",
        "self.head.weight_mask = nn.Parameter(torch.ones(8, 8))",
        "self.table.weights = nn.Parameter(table)",
        "self.own.weights = nn.Parameter(table)",
        "self.normed.weights = nn.Parameter(table)",
        "self.plain.biases = nn.Parameter(torch.zeros(8))",
        "self.weighted.weights = nn.Parameter(table)",
        "setattr(self.head, 'weights', nn.Parameter(table))",
        "self.weights = nn.Parameter(table)",
        "self.head.weights = nn.Parameter(table)\n        print(self.head.weights.sum())",
        "self.head.weights = nn.Parameter(table)\n        print(hasattr(self.head, 'weights'))",
    ],
)
def test_attributes_that_are_no_slips(tmp_path: Path, line: str) -> None:
    assert found(tmp_path, "INI506", {"net": NET.format(line=line)}) == []


@pytest.mark.parametrize(
    ("other", "count"),
    [
        ("def norm(net):\n    return net.embedding.weights.norm()\n", 0),
        ("def norm(net):\n    return [getattr(m, 'weights', None) for m in net.modules()]\n", 0),
        ("def norm(net):\n    if net.embedding.weights: x = 1\n", 0),
        ("def load(args):\n    return args.weights\n", 1),
        ("class Other:\n    def load(self):\n        return self.weights\n", 1),
        ("def load(net, table):\n    net.embedding.weights.data = table\n", 1),
        ("# net.embedding.weights\nweights = 1\n", 1),
    ],
)
def test_another_file_that_reads_the_name(tmp_path: Path, other: str, count: int) -> None:
    line = "self.embedding.weights = nn.Parameter(table)"
    assert len(found(tmp_path, "INI506", {"net": NET.format(line=line), "other": other})) == count


@pytest.mark.parametrize("line", ["self.head.weights.data.normal_()", "self.head.weights.data = table"])
def test_a_write_to_the_values_of_such_a_name_raises(tmp_path: Path, line: str) -> None:
    [finding] = found(tmp_path, "INI604", {"net": NET.format(line=line)})
    assert finding.message == "a Linear has no `weights`: AttributeError"
