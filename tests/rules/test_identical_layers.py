"""Copies on one input stay one where their outputs are averaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.findings import Severity
from initlint.graph import Layer, ModelGraph
from initlint.theory.laws import constant, uniform
from tests.harness import FIXTURES, load
from tests.rules.graphs import Net, found, only, site, write
from tests.rules.package import found as of_package


def copies(net: Net, count: int) -> list[Layer]:
    layers = [net.linear(f"copies.{index}") for index in range(count)]
    for layer in layers[1:]:
        for role, parameter in layer.parameters.items():
            parameter.twin, parameter.copied = layers[0].parameters[role], site(4)
    return layers


def parallel(net: Net, layers: list[Layer]) -> ModelGraph:
    return net.output(net.op("add", *(net.call(layer, net.input) for layer in layers)))


def test_copies_that_are_added_stay_one() -> None:
    net = Net()
    finding = only(found("INI202", parallel(net, copies(net, 3))))
    assert finding.severity is Severity.WARNING and "all 3 get the same gradient" in finding.message
    assert finding.parameters == ("Net:copies.0.weight", "Net:copies.1.weight", "Net:copies.2.weight")


def test_copies_in_series_are_a_note() -> None:
    net = Net()
    first, second = copies(net, 2)
    assert only(found("INI202", net.output(net.call(second, net.act("tanh", net.call(first, net.input)))))).severity is Severity.NOTE


def test_frozen_constant_and_foreign_copies_are_silent() -> None:
    net = Net()
    layers = copies(net, 2)
    layers[1].parameters["weight"].requires_grad = False
    assert found("INI202", parallel(net, layers)) == []
    net = Net()
    layers = copies(net, 2)
    for layer in layers:
        write(layer.parameters["weight"], "zeros_", constant(0), 7)
    assert found("INI202", parallel(net, layers)) == []
    net = Net()
    layers = copies(net, 2)
    for parameter in layers[1].parameters.values():
        parameter.copied = None
    assert found("INI202", parallel(net, layers)) == []


def test_a_copy_drawn_again_is_no_copy() -> None:
    net = Net()
    layers = copies(net, 2)
    write(layers[1].parameters["weight"], "uniform_", uniform(-0.1, 0.1), 7)
    layers[1].parameters["weight"].twin = None
    assert found("INI202", parallel(net, layers)) == []


def test_the_gradients_of_averaged_copies_are_equal() -> None:
    torch = pytest.importorskip("torch")
    module = load(FIXTURES / "identical-layers" / "torch_experts.py")
    torch.manual_seed(0)
    model = module.build()
    model(torch.randn(module.EXAMPLE_SHAPE)).square().sum().backward()
    gradients = [expert[0].weight.grad for expert in model.experts]
    assert all(torch.equal(gradients[0], gradient) for gradient in gradients[1:])


@pytest.mark.parametrize(
    ("made", "names"),
    [
        ("nn.ModuleList([nn.Linear(d, d)] * 3)", ["parts.0.weight"]),
        ("nn.ModuleList([nn.Linear(d, d)] * n)", ["parts.*.weight"]),
        ("nn.Sequential(nn.Linear(d, d), *([Block(d)] * (n - 1)))", ["parts.*.inner.weight"]),
        ("nn.Sequential(*(2 * [Block(d)]))", ["parts.0.inner.weight"]),
        ("nn.Sequential(nn.Linear(d, d), *[nn.BatchNorm1d(d), nn.Linear(d, d), nn.ReLU()] * 3)", ["parts.2.weight"]),
        ("nn.Sequential(*[self.pair(), nn.Sequential(*self.pair())][1:])", ["parts.0.0.weight"]),
        ("nn.ModuleList([nn.Linear(d, d)] * 1)", []),
        ("nn.ModuleList([nn.Linear(d, d) for _ in range(n)])", []),
        ("nn.ModuleList([shared] * 3)", []),
        ("nn.ModuleList([nn.PReLU()] * 3)", []),
        ("nn.ModuleList([nn.Identity()] * n)", []),
    ],
)
def test_one_layer_where_several_were_asked_for(tmp_path: Path, made: str, names: list[str]) -> None:
    text = f"""import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.inner = nn.Linear(d, d)

    def forward(self, x):
        return torch.relu(self.inner(x))


class Net(nn.Module):
    def __init__(self, d, n):
        super().__init__()
        shared = nn.Linear(d, d)
        self.parts = {made}

    def pair(self):
        return [nn.Linear(3, 3)] * 2

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x
"""
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    findings = check(path, select=["INI202"]).findings
    assert [finding.parameter for finding in findings] == names
    assert all(finding.severity is Severity.WARNING and "one object" in finding.message for finding in findings)


ATTENTION = """
import copy
import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        first = nn.Linear(width, width)
        self.maps = nn.ModuleList([copy.deepcopy(first) for _ in range(3)])

    def forward(self, x):
        query, key, value = [layer(x) for layer in self.maps]
        return torch.softmax(query @ key.transpose(-1, -2), -1) @ value


def build(width):
    return Attention(width)
"""
REDRAWN = """
import torch.nn as nn
{imported}

def make(width):
    model = build(width)
    for p in model.parameters():
        {body}
    return model
"""


@pytest.mark.parametrize(
    ("imported", "body", "count"),
    [
        ("from .net import build", "nn.init.xavier_uniform_(p) if p.dim() > 1 else None", 0),
        ("from .net import build", "print(p.shape)", 1),
        ("from .elsewhere import build", "nn.init.xavier_uniform_(p) if p.dim() > 1 else None", 1),
    ],
)
def test_queries_and_keys_that_who_builds_them_draws_again(tmp_path: Path, imported: str, body: str, count: int) -> None:
    files = {"net": ATTENTION, "model": REDRAWN.replace("{imported}", imported).replace("{body}", body)}
    assert [finding.severity for finding in of_package(tmp_path, "INI202", files)] == [Severity.WARNING] * count


STACKS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 8), {depth})
        {behind}

    def forward(self, x):
        return self.stack(x)
"""
DRAWN = "for p in self.parameters():\n            if p.dim() > 1:\n                nn.init.xavier_uniform_(p)"


@pytest.mark.parametrize(
    ("depth", "behind", "count"),
    [("depth", "pass", 1), ("6", "pass", 1), ("1", "pass", 0), ("6", DRAWN, 0), ("depth", DRAWN, 0), ("6", "self.stack.requires_grad_(False)", 0)],
)
def test_a_stack_copies_the_layer_it_is_given(tmp_path: Path, depth: str, behind: str, count: int) -> None:
    findings = of_package(tmp_path, "INI202", {"net": STACKS.format(depth=depth, behind=behind)})
    assert [(finding.severity, finding.site.line) for finding in findings] == [(Severity.NOTE, 7)] * count
    assert all("and 3 more matrices of each layer" in finding.message for finding in findings)


LOOPS = """
import copy
import torch
from torch import nn

def clones(module, count):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(count)])

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        first = nn.Linear(width, width)
        self.only = copy.deepcopy(first)

    def forward(self, x):
        return torch.tanh(self.only(x))

class Net(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        {made}

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x
"""


@pytest.mark.parametrize(
    ("made", "count"),
    [
        ("self.layers = clones(nn.Linear(width, width), depth)", 1),
        (
            "one, self.layers = nn.Linear(width, width), nn.ModuleList()\n        for _ in range(depth):\n            self.layers.append(copy.deepcopy(one))",
            1,
        ),
        ("self.layers = nn.ModuleList([copy.deepcopy(nn.Linear(width, width)) for _ in range(depth)])", 0),
        ("self.layers = nn.ModuleList([Block(width) for _ in range(depth)])", 0),
        ("self.layers = clones(nn.LayerNorm(width), depth)", 0),
    ],
)
def test_a_loop_of_unknown_length_that_copies(tmp_path: Path, made: str, count: int) -> None:
    findings = of_package(tmp_path, "INI202", {"net": LOOPS.format(made=made)})
    assert [(finding.severity, "stay one until something tells them apart" in finding.message) for finding in findings] == [(Severity.NOTE, True)] * count


UNFOLLOWED = """
import copy
from unread import run
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        {made}

    def forward(self, x):
        return run(x)
"""


@pytest.mark.parametrize(
    ("made", "count"),
    [
        ("layer = nn.Linear(width, width)\n        self.layers = nn.ModuleList([copy.deepcopy(layer) for _ in range(3)])", 1),
        ("self.online = nn.Linear(width, width)\n        self.target = copy.deepcopy(self.online)", 0),
    ],
)
def test_copies_in_a_model_that_is_not_followed(tmp_path: Path, made: str, count: int) -> None:
    findings = of_package(tmp_path, "INI202", {"net": UNFOLLOWED.format(made=made)})
    assert [finding.severity for finding in findings] == [Severity.NOTE] * count


CHOSEN = """
import copy
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width, orthogonal, kind):
        super().__init__()
        draw = [nn.init.xavier_uniform_, nn.init.orthogonal_, {other}][orthogonal]
        gain = nn.init.calculate_gain(["tanh", "relu"][kind])
        layer = nn.Linear(width, width)
        draw(layer.weight, gain)
        self.layers = nn.ModuleList([copy.deepcopy(layer) for _ in range(2)])

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x
"""


@pytest.mark.parametrize(("other", "count"), [("nn.init.xavier_normal_", 1), ("nn.init.constant_", 0)])
def test_copies_of_what_one_of_several_initializers_drew(tmp_path: Path, other: str, count: int) -> None:
    assert len(of_package(tmp_path, "INI202", {"net": CHOSEN.format(other=other)})) == count


CRITICS = """
import copy
from copy import deepcopy
import torch
from torch import nn

class Agent(nn.Module):
    def __init__(self, actor, critic, width, count):
        super().__init__()
        self.critic = critic
        self.q_net1 = nn.Linear(width, 1)
        {made}
"""


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("self.critic2 = copy.deepcopy(critic)", "`critic2` starts as a copy of `critic`"),
        ("self.critic_2 = deepcopy(self.critic)", "`critic_2` starts as a copy of `critic`"),
        ("self.q_net2 = copy.deepcopy(self.q_net1)", "`q_net2` starts as a copy of `q_net1`"),
        ("self.critic2 = copy.deepcopy(critic)\n        self.critic2.apply(reset)", ""),
        ("self.target_critic = copy.deepcopy(critic)", ""),
        ("self.critic_target2 = copy.deepcopy(self.critic2)", ""),
        ("self.block2 = copy.deepcopy(actor)", ""),
        ("# self.critic2 = copy.deepcopy(critic)", ""),
        ("self.layers = nn.ModuleList([actor for _ in range(count)])", "holds the one `actor` that was given"),
        ("self.layers = nn.Sequential(*[actor for _ in range(count)])", "holds the one `actor` that was given"),
        ("actor = nn.Linear(8, 8)\n        self.layers = nn.ModuleList([actor for _ in range(count)])", ""),
        ("self.layers = nn.ModuleList([self.critic for _ in range(count)])", ""),
        ("self.layers = nn.ModuleList([actor() for _ in range(count)])", ""),
    ],
)
def test_two_that_are_one(tmp_path: Path, made: str, said: str) -> None:
    findings = of_package(tmp_path, "INI202", {"net": CRITICS.format(made=made)})
    assert [(finding.severity, said in finding.message) for finding in findings] == ([(Severity.WARNING, True)] if said else [])
