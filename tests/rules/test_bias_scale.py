"""A bias with the spread of a signal is found with the share of the variance it makes up."""

from __future__ import annotations

from typing import Any

import pytest

from initlint.graph import InitCall, ModelGraph
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, constant, normal, uniform
from tests.rules.graphs import Net, found, only, site, write


def drawn(law: Distribution, *, norm: bool = False) -> ModelGraph:
    net = Net()
    layer = net.linear("fc")
    write(layer.parameters["bias"], "normal_", law, 7)
    x = net.call(layer, net.input)
    return net.output(net.act("relu", net.call(net.norm("bn", "BatchNorm1d"), x) if norm else x))


def test_the_share_is_what_a_draw_shows() -> None:
    finding = only(found("INI403", drawn(normal(0.0, 1.0))))
    assert "beside sums of variance 1, 50 % of what a unit starts from" in finding.message
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    sums = torch.randn(512, 256) @ (torch.randn(256, 512) / 16) + torch.randn(512)
    assert float(sums.mean(0).var() / sums.var()) == pytest.approx(finding.evidence["share"], abs=0.05)


@pytest.mark.parametrize("law", [normal(0.0, 0.1), normal(0.0, symbol("std")), uniform(-0.06, 0.06), constant(1.0), normal(0.02, 1.0), uniform(0.0, 1.0)])
def test_small_draws_and_meant_values_are_silent(law: Distribution) -> None:
    assert found("INI403", drawn(law)) == []


def test_a_norm_takes_the_bias_out_again() -> None:
    assert found("INI403", drawn(normal(0.0, 1.0), norm=True)) == []


def loose(initializer: str, tensor: str, *, certain: bool = False, **arguments: Any) -> ModelGraph:
    graph = ModelGraph(name="net", path="net.py")
    graph.calls.append(InitCall(initializer=initializer, site=site(3), arguments=arguments, spelled={"tensor": tensor}, certain=certain))
    return graph


@pytest.mark.parametrize("tensor", ["m.bias", "bias", "self.fc.bias.data", "cell.bias_ih", "lstm.bias_hh_l0.data", "attn.in_proj_bias"])
def test_a_routine_without_a_model_is_judged_by_the_name_of_the_tensor(tensor: str) -> None:
    assert f"`{tensor}` is drawn with std 1" in only(found("INI403", loose("torch.nn.init.normal_", tensor))).message


@pytest.mark.parametrize(
    ("tensor", "arguments"),
    [("m.weight", {}), ("m.bias_table", {}), ("m.bias", {"std": 0.01}), ("m.bias", {"mean": 1.0}), ("m.bias", {"std": object()}), ("m.unbiased", {})],
)
def test_other_tensors_and_other_numbers_are_silent(tensor: str, arguments: dict[str, Any]) -> None:
    assert found("INI403", loose("torch.nn.init.normal_", tensor, **arguments)) == []


def test_a_bound_is_turned_into_a_std() -> None:
    assert "std 0.577" in only(found("INI403", loose("torch.nn.init.uniform_", "m.bias", a=-1, b=1))).message
    assert found("INI403", loose("torch.nn.init.uniform_", "m.bias", a=-0.1, b=0.1)) == []
    assert found("INI403", loose("torch.nn.init.uniform_", "m.bias")) == []


def test_calls_that_a_model_ran_are_judged_there() -> None:
    assert found("INI403", loose("torch.nn.init.normal_", "m.bias", certain=True)) == []


def test_a_model_that_was_not_followed_is_judged_by_the_call() -> None:
    graph = drawn(normal(0.0, 1.0))
    bias = next(p for p in graph.parameters if p.role == "bias")
    event = bias.effective
    assert event is not None and event.site is not None
    call = InitCall(initializer="torch.nn.init.normal_", site=event.site, arguments={}, spelled={"tensor": "m.bias"}, parameter=bias)
    graph.calls.append(call)
    graph.forward_reason = "its result is not a tensor that was followed"
    assert "`m.bias` is drawn with std 1" in only(found("INI403", graph)).message
    write(bias, "zeros_", constant(0.0), event.site.line + 1)
    assert found("INI403", graph) == []
