"""A gain in the place of a slope is found whoever calls, and becomes the activation it belongs to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from initlint.findings import ReplaceCall, Severity
from initlint.graph import InitCall, ModelGraph
from initlint.rules._sites import GAINS
from tests.rules.graphs import Net, found, only, site


def called(function: str = "kaiming_uniform_", **arguments: Any) -> ModelGraph:
    graph = ModelGraph(name="net", path="net.py")
    graph.calls.append(InitCall(initializer=f"torch.nn.init.{function}", site=site(3), arguments=arguments))
    return graph


@pytest.mark.parametrize(
    ("a", "keywords", "drop"),
    [
        (math.sqrt(2), (("nonlinearity", "'relu'"),), ("a",)),
        (1.414, (("nonlinearity", "'relu'"),), ("a",)),
        (math.sqrt(2 / (1 + 0.01**2)), (("a", "0.01"),), ()),
        (5 / 3, (("nonlinearity", "'tanh'"),), ("a",)),
        (math.sqrt(2 / 1.04), (("a", "0.2"),), ()),
    ],
)
def test_the_fix_names_the_activation(a: float, keywords: tuple[tuple[str, str], ...], drop: tuple[str, ...]) -> None:
    finding = only(found("INI103", called(a=a)))
    assert finding.severity is Severity.WARNING and finding.fix is not None
    (action,) = finding.fix.actions
    assert isinstance(action, ReplaceCall) and action.set == keywords and action.drop == drop


@pytest.mark.parametrize("a", [0, 0.01, 0.2, 0.75, 1, math.sqrt(3), math.sqrt(5), object(), None, True])
def test_slopes_and_conventions_are_silent(a: Any) -> None:
    assert found("INI103", called(a=a)) == []


def test_a_that_has_no_effect_is_silent() -> None:
    assert found("INI103", called(a=math.sqrt(2), nonlinearity="relu")) == []
    assert found("INI103", called("xavier_uniform_", a=math.sqrt(2))) == []


def test_in_front_of_a_norm_it_is_a_note() -> None:
    net = Net()
    layer, norm = net.conv("conv"), net.norm("bn")
    weight = layer.parameters["weight"]
    net.graph.calls.append(InitCall(initializer="torch.nn.init.kaiming_normal_", site=site(3), arguments={"a": math.sqrt(2)}, parameter=weight))
    finding = only(found("INI103", net.output(net.act("relu", net.call(norm, net.call(layer, net.input))))))
    assert finding.severity is Severity.NOTE and finding.parameter == "conv.weight"


def test_the_gains_are_those_of_torch() -> None:
    init = pytest.importorskip("torch.nn.init")
    ours = [init.calculate_gain("relu"), init.calculate_gain("tanh"), *(init.calculate_gain("leaky_relu", s) for s in (0.01, 0.1, 0.2, 0.25, 0.3))]
    assert ours == pytest.approx(list(GAINS))
