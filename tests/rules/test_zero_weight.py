"""Zero and constant weights: found where nothing can be learned, silent where one step sets them free."""

from __future__ import annotations

import pytest

from initlint.findings import Severity
from initlint.graph import Layer, ModelGraph, Op, Parameter
from initlint.theory.laws import constant, normal, uniform
from tests.rules.graphs import Net, found, only, write


def fill(layer: Layer, value: float, line: int = 3, bias: float | None = 0.0) -> Layer:
    """Write ``value`` to the weight of ``layer`` and ``bias`` to its bias, as the author's calls."""
    write(layer.parameters["weight"], "zeros_" if value == 0 else "constant_", constant(value), line)
    if bias is not None and "bias" in layer.parameters:
        write(layer.parameters["bias"], "zeros_", constant(bias), line + 1)
    return layer


def pair(first: float, second: float | None, activation: str, bias: float | None = 0.0) -> ModelGraph:
    """Two linear maps with ``activation`` between; a second value of None leaves that one random."""
    net = Net()
    hidden, out = fill(net.linear("fc1"), first, bias=bias), net.linear("fc2")
    if second is not None:
        fill(out, second)
    return net.output(net.call(out, net.act(activation, net.call(hidden, net.input))))


def test_zero_before_relu_with_zero_bias_is_dead() -> None:
    finding = only(found("INI201", pair(0, None, "relu")))
    assert finding.severity is Severity.ERROR and finding.evidence["cause"] == "dead"
    assert finding.message.startswith("`fc1.weight` starts at 0: its input to relu is 0 for every example")
    assert finding.fix is not None and finding.parameters == ("Net:fc1.weight",)


@pytest.mark.parametrize(("activation", "bias"), [("relu", 0.1), ("relu", None), ("tanh", 0.0), ("gelu", 0.0), ("leaky_relu", 0.0)])
def test_zero_that_has_a_slope_trains(activation: str, bias: float | None) -> None:
    assert found("INI201", pair(0, None, activation, bias)) == []


@pytest.mark.parametrize("activation", ["silu", "tanh", "gelu", "identity"])
def test_two_zero_maps_in_series(activation: str) -> None:
    finding = only(found("INI201", pair(0, 0, activation)))
    assert finding.evidence["cause"] == "series" and finding.severity is Severity.ERROR
    assert finding.parameters == ("Net:fc1.weight", "Net:fc2.weight")


def test_two_zero_maps_behind_a_random_bias_train() -> None:
    assert found("INI201", pair(0, 0, "silu", bias=None)) == []


@pytest.mark.parametrize(("first", "second", "activation"), [(0.5, 0.5, "tanh"), (0, 0, "sigmoid"), (0.1, 0.0, "relu")])
def test_two_constant_maps_stay_one_unit(first: float, second: float, activation: str) -> None:
    assert only(found("INI201", pair(first, second, activation))).evidence["cause"] == "identical"


def test_constant_maps_that_something_random_tells_apart() -> None:
    assert found("INI201", pair(0.5, None, "relu")) == []
    assert found("INI201", pair(0.5, 0.5, "tanh", bias=None)) == []


def test_dropout_softens_the_verdict() -> None:
    net = Net()
    first, second = fill(net.linear("fc1"), 0.5), fill(net.linear("fc2"), 0.5)
    x = net.op("dropout", net.act("relu", net.call(first, net.input)))
    assert only(found("INI201", net.output(net.call(second, x)))).severity is Severity.WARNING


def test_a_zero_convolution_in_front_of_a_zero_norm() -> None:
    net = Net()
    conv, norm = fill(net.conv("conv"), 0), fill(net.norm("bn"), 0)
    branch = net.call(norm, net.call(conv, net.input))
    finding = only(found("INI201", net.output(net.op("add", net.input, branch))))
    assert finding.evidence["cause"] == "series" and finding.severity is Severity.WARNING


def test_a_zero_scale_behind_a_zero_map() -> None:
    net = Net()
    gamma = Parameter(name="gamma", shape=(256,), role="gamma", layer=None, distribution=constant(0))
    branch = net.op("mul", net.call(fill(net.linear("fc"), 0), net.input), net.op("const", parameter=gamma))
    assert only(found("INI201", net.output(net.op("add", net.input, branch)))).evidence["partners"] == ["gamma"]


def last(net: Net, x: Op) -> ModelGraph:
    return net.output(net.call(net.linear("next"), x))


def test_residual_ends_heads_and_modulations_are_silent() -> None:
    net = Net()
    first, second = net.linear("fc1"), fill(net.linear("fc2"), 0)
    branch = net.call(second, net.act("relu", net.call(first, net.input)))
    assert found("INI201", last(net, net.act("relu", net.op("add", net.input, branch)))) == []
    net = Net()
    assert found("INI201", net.output(net.call(fill(net.linear("head"), 0), net.input))) == []
    net = Net()
    modulation = net.op("view", net.call(fill(net.linear("ada"), 0), net.act("silu", net.op("input"))))
    scaled = net.op("mul", net.input, net.op("add", modulation, net.op("const")))
    assert found("INI201", last(net, net.op("add", scaled, modulation))) == []


def test_gates_and_low_rank_updates_are_silent() -> None:
    net = Net()
    gate = net.act("sigmoid", net.call(fill(net.linear("gate"), 0), net.input))
    assert found("INI201", last(net, net.op("mul", net.input, gate))) == []
    net = Net()
    base, a, b = net.linear("base"), net.linear("lora_A"), fill(net.linear("lora_B"), 0)
    update = net.call(b, net.call(a, net.input))
    assert found("INI201", net.output(net.op("add", net.call(base, net.input), net.op("mul", update, net.op("const"))))) == []


def test_filters_without_symmetry_are_silent() -> None:
    for layer in (Net().conv("dw", 64, 64, groups=64), Net().conv("one", 1, 1)):
        net = Net()
        second = fill(net.conv("out"), 0.1)
        x = net.act("relu", net.call(fill(layer, 1 / 9), net.input))
        assert found("INI201", net.output(net.call(second, x))) == []


def test_frozen_overwritten_and_unfollowed_weights_are_silent() -> None:
    graph = pair(0, None, "relu")
    graph.layers[0].parameters["weight"].requires_grad = False
    assert found("INI201", graph) == []
    graph = pair(0, None, "relu")
    write(graph.layers[0].parameters["weight"], "normal_", normal(0, 0.1), 9)
    assert found("INI201", graph) == []
    graph = pair(0, None, "relu")
    graph.forward_reason = "not followed"
    assert found("INI201", graph) == []


def test_a_linear_model_of_zeros_learns() -> None:
    net = Net()
    assert found("INI201", net.output(net.act("softmax", net.call(fill(net.linear("fc"), 0), net.input)))) == []


def test_one_loop_over_many_layers_is_one_finding() -> None:
    net = Net()
    x = net.input
    for index in range(4):
        x = net.act("tanh", net.call(fill(net.linear(f"fc.{index}"), 0.01), x))
    finding = only(found("INI201", net.output(x)))
    assert finding.message.startswith("`fc.*.weight` start at 0.01")
    assert len(finding.parameters) == 4 and finding.fix is not None


def test_a_blanket_fill_gets_no_fix() -> None:
    net = Net()
    first, second = net.linear("fc1"), net.linear("fc2")
    for layer in (first, second):
        for parameter in layer.parameters.values():
            write(parameter, "constant_", constant(0.1), 3)
    finding = only(found("INI201", net.output(net.call(second, net.act("relu", net.call(first, net.input))))))
    assert finding.fix is None


def test_an_unknown_beta_between_them_is_silent() -> None:
    net = Net()
    norm = net.norm("bn")
    norm.parameters["bias"].distribution = uniform(0, 1)
    x = net.act("relu", net.call(norm, net.call(fill(net.conv("conv"), 0), net.input)))
    assert found("INI201", last(net, x)) == []


def test_names_of_many_weights_are_counted() -> None:
    net = Net()
    x = net.input
    for name in ("stem", "body.first", "body.second", "tail", "end"):
        x = net.act("tanh", net.call(fill(net.linear(name), 0.01), x))
    assert only(found("INI201", net.output(x))).message.startswith("`stem.weight` and 3 more start at 0.01")


def test_a_zero_fill_by_method_gets_no_fix() -> None:
    net = Net()
    layer = net.conv("conv")
    write(layer.parameters["weight"], "torch.Tensor.zero_", constant(0), 3)
    assert only(found("INI201", last(net, net.act("relu", net.call(layer, net.input))))).fix is None


def test_a_raw_zero_matrix_with_a_bias_of_zero() -> None:
    for value, count in ((0.0, 1), (0.3, 0)):
        net = Net()
        matrix = Parameter(name="W", shape=(8, 8), role="W", layer=None)
        net.graph.parameters.append(matrix)
        write(matrix, "zeros_", constant(0), 3)
        bias = net.op("const", parameter=Parameter(name="b", shape=(8,), role="b", layer=None, distribution=constant(value)))
        x = net.act("relu", net.op("add", net.op("matmul", net.input, parameter=matrix), bias))
        assert len(found("INI201", last(net, x))) == count


def attention(query: float | None, key: float | None, *, fused: bool = False, by_hand: bool = True, bias: float = 0.0) -> ModelGraph:
    """Scores of queries times keys, each from a map that starts at one value or, for None, at random."""
    net = Net()
    layers = [net.linear(name) for name in ("q", "k", "v")]
    for layer, value in zip(layers, (query, key)):
        if value is not None:
            fill(layer, value, bias=bias)
    q, k, v = (net.op("view", net.call(layers[0] if fused else layer, net.input)) for layer in layers)
    scaled = net.op("mul", q, name="*", detail={"factor": 0.125})
    if by_hand:
        mixed = net.op("matmul", net.act("softmax", net.op("matmul", scaled, k, name="@")), v, name="@")
    else:
        mixed = net.op("attention", q, k, v, name="scaled_dot_product_attention")
    return net.output(net.call(net.linear("out"), mixed))


@pytest.mark.parametrize(("fused", "by_hand"), [(False, True), (False, False), (True, True), (True, False)])
def test_queries_and_keys_that_both_start_at_zero(fused: bool, by_hand: bool) -> None:
    finding = only(found("INI201", attention(0, 0, fused=fused, by_hand=by_hand)))
    assert finding.evidence["cause"] == "product" and "second factor that starts at zero" in finding.message
    assert finding.parameters == (("Net:q.weight",) if fused else ("Net:q.weight", "Net:k.weight"))


def test_one_of_queries_and_keys_at_zero_learns() -> None:
    assert found("INI201", attention(0, None)) == []
    assert found("INI201", attention(None, 0, by_hand=False)) == []
    assert found("INI201", attention(0, 0, bias=0.1)) == []


def test_what_is_added_behind_a_dead_rectifier_does_not_revive_it() -> None:
    net = Net()
    dead = net.act("relu", net.call(fill(net.linear("patches"), 0), net.input))
    placed = net.op("add", dead, net.op("const"))
    assert only(found("INI201", last(net, placed))).evidence["cause"] == "dead"
