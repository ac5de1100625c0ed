"""Sums far too wide or too narrow are found with the numbers that a draw shows; what makes up for the scale keeps the rule silent."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from initlint import engine
from initlint.findings import ReplaceCall, ScaleDraw, Severity
from initlint.graph import InitEvent, ModelGraph, Op, Origin, Parameter
from initlint.rules import select
from initlint.rules._scale import BOUNDED
from initlint.symbolic import Number, symbol
from initlint.theory.laws import Distribution, constant, normal
from tests.rules.graphs import Net, each, found, kaiming, only, orthogonal, site, write, xavier


def matrix(net: Net, source: Op, shape: tuple[Number, ...], law: Distribution, **detail: object) -> Op:
    """A product with a matrix of the model's own, drawn by ``torch.randn`` or what ``law`` says."""
    parameter = Parameter(name=f"w{len(net.graph.parameters)}", shape=shape, role="w", layer=None, distribution=law)
    parameter.events.append(InitEvent(initializer="torch.randn", origin=Origin.FILL, distribution=law, site=site(len(net.graph.parameters) + 20)))
    net.graph.parameters.append(parameter)
    return net.op("matmul", source, parameter=parameter, detail={"fans": shape[-2:], "transposed": False, **detail})


def single(shape: tuple[Number, ...], law: Distribution, activation: str = "tanh") -> ModelGraph:
    net = Net()
    return net.output(net.act(activation, matrix(net, net.input, shape, law)))


def test_the_message_of_a_known_size() -> None:
    finding = only(found("INI102", single((256, 16), normal(0.0, 1.0))))
    assert (
        finding.message == "`w0`: std 1 over fan_in = 256 makes sums of std 16 out of unit inputs, where tanh is flat (slope below 2 %) for 87 % of its units"
    )
    assert finding.severity is Severity.WARNING
    assert finding.fix is not None and finding.fix.actions == (ScaleDraw(site=site(20), axis=0, rank=2),)


def test_a_size_that_is_not_known_is_shown_for_64() -> None:
    finding = only(found("INI102", single((symbol("hidden"), symbol("out")), normal(0.0, 1.0))))
    assert "64 unit inputs (`hidden`) make sums of std 8" in finding.message
    assert found("INI102", single((symbol("hidden"), 4), normal(0.0, 0.5))) == []
    assert found("INI102", single((symbol("hidden"), 4), normal(0.0, symbol("hidden") ** -0.5))) == []


@pytest.mark.parametrize(("name", "count"), [("heads", 0), ("num_heads", 0), ("groups", 0), ("head_dim", 1), ("heads_dim", 1)])
def test_heads_are_few(name: str, count: int) -> None:
    """Std 1 over the 8 heads that talking heads mix is what it is over any 8 inputs."""
    assert len(found("INI102", single((symbol(name), symbol(name)), normal(0.0, 1.0)))) == count
    assert len(found("INI102", single((symbol(name), symbol(name)), normal(0.0, 2.0)))) == 1


@pytest.mark.parametrize("size", [2, 8, 10])
def test_few_inputs_may_have_unit_weights(size: int) -> None:
    assert found("INI102", single((size, 16), normal(0.0, 1.0))) == []


@pytest.mark.parametrize(("name", "limit"), BOUNDED.items())
def test_saturated_means_a_slope_below_two_percent_of_the_steepest(name: str, limit: float) -> None:
    slopes: dict[str, Callable[[float], float]] = {
        "tanh": lambda x: 1 / math.cosh(x) ** 2,
        "sigmoid": lambda x: 4 / (2 * math.cosh(x / 2)) ** 2,
        "glu": lambda x: 4 / (2 * math.cosh(x / 2)) ** 2,
        "softsign": lambda x: 1 / (1 + abs(x)) ** 2,
        "hardtanh": lambda x: float(abs(x) < 1),
        "hardsigmoid": lambda x: float(abs(x) < 3),
    }
    slope = slopes[name]
    assert slope(limit * 1.01) < 0.02 < slope(limit * 0.99)


def test_the_share_of_flat_units_is_what_a_draw_shows() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    sums = torch.randn(4096, 256) @ torch.randn(256, 64)
    slope = 1 - torch.tanh(sums) ** 2
    assert float((slope < 0.02).float().mean()) == pytest.approx(0.87, abs=0.01)


def test_what_makes_up_for_the_scale_is_silent() -> None:
    unit = normal(0.0, 1.0)
    net = Net()
    assert found("INI102", net.output(net.op("div", matrix(net, net.input, (256, 256), unit), detail={"factor": 16}))) == []
    net = Net()
    assert found("INI102", net.output(matrix(net, net.act("softmax", net.input), (256, 256), unit))) == []
    net = Net()
    assert found("INI102", net.output(matrix(net, net.op("reduce", net.input, name="torch.prod"), (256, 256), unit))) == []
    net = Net()
    assert found("INI102", net.output(net.call(net.norm("ln", "LayerNorm"), matrix(net, net.input, (256, 256), unit)))) == []
    net = Net()
    assert found("INI102", net.output(net.op("opaque", matrix(net, net.input, (256, 256), unit)))) == []
    net = Net()
    assert found("INI102", net.output(matrix(net, matrix(net, net.input, (256, 8), unit), (8, 256), constant(0)))) == []
    net = Net()
    assert found("INI102", net.output(net.act("softmax", matrix(net, net.input, (256, 256), unit, left=True)))) == []


def test_a_minus_sign_makes_up_for_nothing() -> None:
    net = Net()
    negated = net.op("mul", matrix(net, net.input, (256, 256), normal(0.0, 1.0)), detail={"factor": -1})
    assert "exp spreads over a factor of e^32" in only(found("INI102", net.output(net.op("elementwise", negated, name="exp")))).message


def stack(depth: int, function: str, law: Distribution, activation: str = "relu") -> ModelGraph:
    net = Net()
    layers, x = net.stack(depth, activation)
    for weight in each(layers):
        write(weight, function, law, 12)
    return net.output(net.call(net.linear("out"), x))


def test_a_gain_taken_for_a_std() -> None:
    finding = only(found("INI102", stack(3, "xavier_normal_", xavier(256, 256, 0.02))))
    assert "gain = 0.02 multiplies the std that the fans ask for, it is not the std; 3 such layers leave 8e-10 %" in finding.message
    assert finding.fix is not None
    (action,) = finding.fix.actions
    assert isinstance(action, ReplaceCall) and action.function == "torch.nn.init.kaiming_normal_" and "gain" in action.drop


@pytest.mark.parametrize("law", [normal(0.0, 0.01), kaiming(256), xavier(256, 256, 0.2), orthogonal(256, 256), xavier(256, 256, 1e-4)])
def test_conventions_and_ways_of_writing_zero_are_silent(law: Distribution) -> None:
    assert found("INI102", stack(1, "normal_", law)) == []


def test_a_small_head_is_silent() -> None:
    net = Net()
    head = net.linear("head")
    write(head.parameters["weight"], "orthogonal_", orthogonal(256, 256, 0.01), 5)
    assert found("INI102", net.output(net.call(head, net.input))) == []


def test_a_small_std_needs_two_layers() -> None:
    assert found("INI102", stack(1, "normal_", normal(0.0, 1e-3))) == []
    assert "2 such layers" in only(found("INI102", stack(2, "normal_", normal(0.0, 1e-3)))).message


def test_a_small_std_over_a_size_that_is_not_known() -> None:
    net, width = Net(), symbol("?width")
    x = net.input
    for number in range(2):
        layer = net.linear(f"fc{number}", width, width)
        write(layer.parameters["weight"], "normal_", normal(0.0, 1e-4), 5)
        x = net.act("relu", net.call(layer, x))
    message = only(found("INI102", net.output(net.call(net.linear("out"), x)))).message
    assert "std 0.0001 whatever the fan_in: for 64 inputs it is 1.25e+03 times too small; 2 such layers leave" in message


def test_arrays_get_the_factor_too(tmp_path: Path) -> None:
    path = tmp_path / "layers.py"
    path.write_text(
        "import numpy as np\n\n\nclass Linear:\n    def __init__(self, inputs, outputs):\n        self.w = np.random.randn(inputs, outputs)\n"
        "        self.b = np.random.standard_normal((1, outputs))\n\n    def forward(self, x):\n        return x @ self.w + self.b\n",
        encoding="utf-8",
    )
    findings = engine.check([str(path)], rules=select(["INI102", "INI403"])).findings
    assert [(f.code, f.site.line) for f in findings] == [("INI102", 6), ("INI403", 7)]
    assert [edit.content for f in findings if f.fix for edit in f.fix.edits] == [" * inputs ** -0.5", "np.zeros"]


@pytest.mark.parametrize(
    ("draw", "count"),
    [
        ("normal_()", 1),
        ("normal_(0, 1)", 1),
        ("normal_(0, (2 / self.fc.out_features) ** 0.5)", 0),
        ("normal_(0, (1 / self.fc.out_features) ** 0.5)", 0),
        ("copy_(torch.randn(1, hidden) * 2 ** 0.5)", 0),
    ],
)
def test_a_std_of_one_over_one_output_is_no_fan(tmp_path: Path, draw: str, count: int) -> None:
    """The default std is 1 / fan_out ** 0.5 where there is one output: by chance, as nobody computed it."""
    path = tmp_path / "decoder.py"
    path.write_text(
        "import torch\nimport torch.nn as nn\n\n\nclass Decoder(nn.Module):\n    def __init__(self, hidden):\n        super().__init__()\n"
        f"        self.fc = nn.Linear(hidden, 1)\n        self.cell = nn.LSTM(1, hidden)\n        self.fc.weight.data.{draw}\n\n"
        "    def forward(self, x):\n        return self.cell(self.fc(x))[0]\n",
        encoding="utf-8",
    )
    assert len(engine.check([str(path)], rules=select(["INI102"])).findings) == count
