"""Slips that the spelling gives away, whatever model they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

ROUTINE = """
import math
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, given, scale=1.0, slope=0.2, alpha=2, rank=4, width=8, device=None):
        super().__init__()
        self.scale = scale
        self.weight = given
        {body}

def routine(m, layer, net, bound):
    {outside}
"""


def lines(folder: Path, code: str, body: str = "pass", outside: str = "pass") -> int:
    text = ROUTINE.replace("{body}", body.replace("\n", "\n        ")).replace("{outside}", outside.replace("\n", "\n    "))
    return len(found(folder, code, {"net": text}))


@pytest.mark.parametrize(
    ("slope", "count"),
    [
        ("a=math.sqrt(5) * self.scale", 1),
        ("a=(math.sqrt(5) * alpha / rank)", 1),
        ("scale * 5 ** 0.5 * math.sqrt(5)", 1),
        ("a=math.sqrt(5)", 0),
        ("a=2 * math.sqrt(5)", 0),
        ("a=math.sqrt(slope) * slope", 0),
        ("a=slope, nonlinearity='leaky_relu'", 0),
    ],
)
def test_a_slope_is_no_scale(tmp_path: Path, slope: str, count: int) -> None:
    assert lines(tmp_path, "INI103", f"nn.init.kaiming_uniform_(self.weight, {slope})") == count


@pytest.mark.parametrize(
    ("outside", "count"),
    [
        ("fan_in = layer.weight.data.size()[0]\nreturn 1 / math.sqrt(fan_in)", 1),
        ("if isinstance(m, nn.Linear):\n    input_dim = m.weight.shape[0]\n    nn.init.normal_(m.weight, std=1 / math.sqrt(input_dim))", 1),
        ("in_features = net.layers[0].weight.size(0)\nreturn in_features ** -0.5", 1),
        ("fan_in = layer.weight.size(1)\nreturn 1 / math.sqrt(fan_in)", 0),
        ("fan_out = layer.weight.size(0)\nreturn 1 / math.sqrt(fan_out)", 0),
        ("in_features = layer.weight.shape[0]\nreturn in_features", 0),
        ("if isinstance(m, nn.ConvTranspose2d):\n    fan_in = m.weight.shape[0]\n    return 1 / math.sqrt(fan_in)", 0),
        ("if isinstance(m, Stack):\n    fan_in = m.weight.shape[0]\n    return 1 / math.sqrt(fan_in)", 0),
    ],
)
def test_a_name_that_says_inputs_and_a_size_that_counts_outputs(tmp_path: Path, outside: str, count: int) -> None:
    assert lines(tmp_path, "INI305", outside=outside) == count


def test_a_weight_of_its_own_may_lie_the_other_way_round(tmp_path: Path) -> None:
    assert lines(tmp_path, "INI305", "fan_in = self.weight.size(0)\nself.bound = 1 / math.sqrt(fan_in)") == 0


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("nn.init.uniform_(m.weight, b=bound)", 1),
        ("nn.init.uniform_(m.r_kernel, b=net.config.initializer_range)", 1),
        ("nn.init.uniform_(m.weight, a=-bound, b=bound)", 0),
        ("nn.init.uniform_(m.weight, -bound, b=bound)", 0),
        ("nn.init.uniform_(m.weight, b=1)", 0),
        ("nn.init.uniform_(m.gates, b=bound)", 0),
    ],
)
def test_the_upper_bound_alone(tmp_path: Path, call: str, count: int) -> None:
    assert lines(tmp_path, "INI302", outside=call) == count


@pytest.mark.parametrize(
    ("made", "count"),
    [
        ("torch.randn([width, 4], device)", 1),
        ("torch.zeros((width,), torch.float32)", 1),
        ("torch.randn([width, 4], device=device)", 0),
        ("torch.randn(width, 4)", 0),
        ("torch.full([width, 4], 0.5)", 0),
        ("torch.rand(*[width, 4])", 0),
    ],
)
def test_nothing_stands_behind_a_size_that_is_a_list(tmp_path: Path, made: str, count: int) -> None:
    assert lines(tmp_path, "INI604", f"self.made = nn.Parameter({made})") == count


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("nn.init.uniform_(self.weight, -1, 1) * (3.0 / self.width) ** 0.5", 1),
        ("self.weight.data.normal_(0, 1) * 0.02", 1),
        ("self.scale * nn.init.xavier_uniform_(self.weight) / 2", 1),
        ("self.weight.data = nn.init.normal_(torch.empty(3, 4)) * 0.02", 0),
        ("nn.init.normal_(self.weight).mul_(0.02)", 0),
        ("nn.init.uniform_(self.weight, -1 * self.scale, 1)", 0),
        ("x = nn.init.normal_(self.weight) * 2", 0),
    ],
)
def test_scale_that_goes_nowhere(tmp_path: Path, line: str, count: int) -> None:
    assert lines(tmp_path, "INI506", line) == count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("torch.prod(torch.tensor(self.weight.shape))", 1),
        ("torch.prod(torch.tensor(self.weight.shape[0:]))", 1),
        ("np.prod(self.conv.weight.data.size())", 1),
        ("float(np.prod(self.weight.shape[:]))", 1),
        ("np.prod(self.weight.shape[1:])", 0),
        ("np.prod(self.weight.shape[:-1])", 0),
        ("np.prod(x.shape)", 0),
    ],
)
def test_a_fan_that_counts_the_whole_weight(tmp_path: Path, value: str, count: int) -> None:
    method = f"    def standardized(self):\n        fan_in = {value}\n        return fan_in\n"
    text = f"import numpy as np\nimport torch\nfrom torch import nn\n\nclass Conv(nn.Conv2d):\n{method}"
    findings = found(tmp_path, "INI305", {"net": text})
    assert [finding.message.startswith("`fan_in` is the size of the whole weight") for finding in findings] == [True] * count
