"""Two biases of one forget gate add up; one does not."""

from __future__ import annotations

import math

import pytest

from initlint.findings import Severity
from initlint.graph import InitEvent, Layer, ModelGraph, Origin, Parameter
from initlint.symbolic import Number, symbol
from initlint.theory.laws import Distribution, constant, custom, uniform
from tests.rules.graphs import found, only, site

SET = "torch.Tensor.__setitem__"
Write = tuple[str, str, Distribution]


def lstm(hidden: Number, first: list[Write], second: list[Write], kind: str = "LSTM") -> ModelGraph:
    graph = ModelGraph(name="Net", path="net.py")
    layer = Layer(path="lstm", kind=kind, class_name=kind, arguments={})
    for number, (role, writes) in enumerate((("bias_ih_l0", first), ("bias_hh_l0", second))):
        parameter = Parameter(name=f"lstm.{role}", shape=(4 * hidden,), role=role, layer=layer, distribution=None)
        for name, region, law in writes:
            parameter.events.append(
                InitEvent(initializer=name, origin=Origin.FILL, distribution=law, site=site(5 + number), partial=bool(region), region=region)
            )
        layer.parameters[role] = parameter
        graph.parameters.append(parameter)
    graph.layers.append(layer)
    return graph


ONE: Write = ("torch.Tensor.fill_", "16:32:None", constant(1.0))
ZEROED: Write = ("torch.nn.init.zeros_", "", constant(0.0))


def test_two_constants_are_a_note_with_their_sum() -> None:
    finding = only(found("INI404", lstm(16, [ONE], [ONE])))
    assert finding.severity is Severity.NOTE and "1 + 1 = 2, it starts at 0.88 open" in finding.message
    assert 1 / (1 + math.exp(-2)) == pytest.approx(0.88, abs=0.005)


def test_a_drawn_time_scale_is_a_warning() -> None:
    size = symbol("h")
    chrono: Write = (SET, f"{size!r}:{2 * size!r}:None", custom("computed"))
    assert only(found("INI404", lstm(size, [chrono], [chrono]))).severity is Severity.WARNING


@pytest.mark.parametrize(
    "second",
    [
        [],
        [ZEROED],
        [ONE, ZEROED],
        [("torch.Tensor.mul_", "16:32:None", uniform(-0.1, 0.1))],
        [("torch.Tensor.fill_", "0:16:None", constant(1.0))],
        [("torch.Tensor.fill_", "16:32:None", constant(0.0))],
        [("torch.Tensor.fill_", "16:32:None", constant(-1.0))],
    ],
)
def test_one_bias_is_silent(second: list[Write]) -> None:
    assert found("INI404", lstm(16, [ONE], second)) == []


def test_other_gates_are_silent() -> None:
    assert found("INI404", lstm(16, [ONE], [ONE], kind="GRU")) == []


def test_two_time_scales_multiply() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    scales = torch.log(torch.empty(2, 10_000).uniform_(1, 99)).sum(0).exp()
    assert 99 < float(scales.median()) < 99**2
