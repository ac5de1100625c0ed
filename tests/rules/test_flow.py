"""What rules ask of the dataflow: pairing, bypasses, heads, depth, and the text that show prints."""

from __future__ import annotations

import pytest

from initlint import flow
from initlint.graph import Parameter
from initlint.theory.laws import constant
from tests.rules.graphs import Net


def test_pairing_notes_what_it_passes() -> None:
    net = Net()
    conv, norm = net.conv("conv"), net.norm("bn")
    net.output(net.op("view", net.act("leaky_relu", net.op("pool", net.call(norm, net.op("dropout", net.call(conv, net.input)))), 0.2)))
    pairing = flow.nonlinearity_after(conv)
    assert pairing is not None and (pairing.name, pairing.parameter, pairing.through, pairing.text) == ("leaky_relu", 0.2, ("norm", "pool"), "leaky_relu(0.2)")


def test_pairing_needs_every_use_to_agree() -> None:
    net = Net()
    layer = net.linear("fc")
    x = net.call(layer, net.input)
    net.act("relu", x)
    net.act("relu", net.op("view", x))
    assert flow.nonlinearity_after(layer) is not None
    net.output(x)
    assert flow.nonlinearity_after(layer) is None


def test_what_feeds_a_layer() -> None:
    net = Net()
    first, second, third = net.linear("a"), net.linear("b"), net.linear("c")
    x = net.call(second, net.act("tanh", net.call(first, net.input)))
    net.call(third, net.op("concat", x, net.op("opaque")))
    names = [pairing and pairing.name for pairing in map(flow.nonlinearity_before, (first, second, third))]
    assert names == ["identity", "tanh", None]


def test_scale_free_paths_lead_to_a_norm() -> None:
    for activation, shielded in (("relu", True), ("gelu", False)):
        net = Net()
        layer = net.linear("fc")
        net.call(net.norm("ln", "LayerNorm"), net.call(net.linear("next"), net.act(activation, net.call(layer, net.input))))
        assert flow.normalised_after(layer) is shielded


def test_depth_counts_a_plain_stack_and_stops_at_norms_and_sums() -> None:
    net = Net()
    layers, x = net.stack(5, "relu")
    after = net.linear("after")
    y = net.call(after, net.call(net.norm("bn"), x))
    net.output(net.op("add", y, x))
    assert flow.chain_depth(net.graph, layers[2]) == 5
    assert flow.chain_depth(net.graph, after) == 1


def test_a_layer_called_twice_is_two_deep_and_cycles_end() -> None:
    net = Net()
    layer = net.linear("fc")
    first = net.call(layer, net.input)
    second = net.call(layer, net.act("relu", first))
    assert flow.chain_depth(net.graph, layer) == 2
    loop = net.act("relu", second)
    loop.outputs.append(first)
    first.inputs.append(loop)
    assert flow.chain_depth(net.graph, layer) == 2
    assert flow.nonlinearity_after(layer) is not None and not flow.in_residual(layer) and not flow.gates(layer)


def test_heads() -> None:
    net = Net()
    layer, head = net.linear("fc"), net.linear("head")
    net.output(net.act("softmax", net.call(head, net.call(layer, net.input))))
    assert flow.is_head(head) and not flow.is_head(layer)


def test_a_bias_added_is_no_residual() -> None:
    net = Net()
    matrix = Parameter(name="W", shape=(4, 4), role="W", layer=None, distribution=constant(0))
    bias = net.op("const", parameter=Parameter(name="b", shape=(4,), role="b", layer=None))
    net.act("relu", net.op("add", net.op("matmul", net.input, parameter=matrix), bias))
    (weight,) = flow.weights(net.graph)
    assert not flow.in_residual(weight)
    assert flow.describe(weight) == "relu"


def test_tied_weights_are_one_weight_with_all_their_uses() -> None:
    net = Net()
    first, second = net.linear("a"), net.linear("b")
    second.parameters["weight"] = first.parameters["weight"]
    net.output(net.call(second, net.call(first, net.input)))
    assert [len(weight.uses) for weight in flow.weights(net.graph)] == [2]


@pytest.mark.parametrize(
    ("kinds", "text"), [(["BatchNorm2d"], "batch_norm → relu"), ([], "relu"), (["LayerNorm"], "layer_norm → relu"), (["RMSNorm"], "rms_norm → relu")]
)
def test_descriptions(kinds: list[str], text: str) -> None:
    net = Net()
    layer = net.linear("fc")
    x = net.call(layer, net.input)
    for kind in kinds:
        x = net.call(net.norm("norm", kind), x)
    net.output(net.act("relu", x))
    assert flow.describe(layer) == text


def test_descriptions_at_a_sum_a_layer_and_the_output() -> None:
    net = Net()
    layer, norm, out = net.conv("conv"), net.norm("bn"), net.linear("out")
    x = net.act("relu", net.op("add", net.input, net.call(norm, net.call(layer, net.input))))
    net.output(net.call(out, x))
    assert flow.describe(layer) == "batch_norm → add → relu"
    assert flow.describe(out) == "output"
    assert flow.describe(net.linear("unused")) == ""
