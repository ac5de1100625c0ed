"""Xavier before ReLU is found at any depth, with its numbers; what makes the scale irrelevant keeps the rule silent."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from initlint.findings import ReplaceCall, Severity
from initlint.graph import ModelGraph, Op, Parameter
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, constant
from tests.rules.graphs import Net, each, found, kaiming, only, orthogonal, write, xavier


def stack(depth: int, activation: str, function: str, law: Distribution, parameter: float | None = None) -> ModelGraph:
    net = Net()
    layers, x = net.stack(depth, activation, parameter)
    layers.append(net.linear("out"))
    for weight in each(layers):
        write(weight, function, law, 12)
    return net.output(net.call(layers[-1], x))


def test_the_flagship_message() -> None:
    finding = only(found("INI101", stack(8, "relu", "xavier_uniform_", xavier(256, 256))))
    assert finding.message == (
        "`hidden.*.weight`: xavier_uniform_ gives Var = 2/(fan_in + fan_out), relu needs 2/fan_in; "
        "each of 8 such layers passes on half the signal: 0.4 % of the variance is left"
    )
    assert finding.severity is Severity.WARNING
    assert finding.evidence["forward"] == pytest.approx(0.5**8)
    assert len(finding.parameters) == 8 and "Net:out.weight" not in finding.parameters


def test_the_fix_keeps_the_shape_of_the_draw() -> None:
    finding = only(found("INI101", stack(2, "relu", "xavier_normal_", xavier(256, 256))))
    assert finding.fix is not None
    (action,) = finding.fix.actions
    assert isinstance(action, ReplaceCall)
    assert action.function == "torch.nn.init.kaiming_normal_"
    assert action.drop == ("gain",) and action.set == (("nonlinearity", "'relu'"),)


@pytest.mark.parametrize(
    ("activation", "function", "law", "parameter"),
    [
        ("relu", "xavier_uniform_", xavier(256, 256), None),
        ("relu", "orthogonal_", orthogonal(256, 256), None),
        ("relu", "kaiming_normal_", kaiming(256, 1.0), None),
        ("relu6", "xavier_uniform_", xavier(256, 256), None),
        ("prelu", "xavier_uniform_", xavier(256, 256), 0.25),
        ("leaky_relu", "xavier_uniform_", xavier(256, 256), 0.2),
        ("relu", "xavier_uniform_", xavier(256, 256, 5 / 3), None),
    ],
)
def test_rectifiers_are_warned_of_at_any_depth(activation: str, function: str, law: Distribution, parameter: float | None) -> None:
    finding = only(found("INI101", stack(1, activation, function, law, parameter)))
    assert finding.severity is Severity.WARNING and finding.fix is not None


@pytest.mark.parametrize(
    ("activation", "depth", "law", "severity"),
    [
        ("sigmoid", 2, xavier(256, 256), Severity.NOTE),
        ("sigmoid", 5, xavier(256, 256), Severity.WARNING),
        ("gelu", 2, xavier(256, 256), None),
        ("gelu", 5, xavier(256, 256), Severity.NOTE),
        ("silu", 10, xavier(256, 256), Severity.WARNING),
        ("gelu", 10, kaiming(256), None),
        ("elu", 10, kaiming(256), None),
        ("tanh", 20, kaiming(256), None),
        ("tanh", 20, xavier(256, 256), None),
        ("tanh", 20, kaiming(256, 5 / 3), None),
    ],
)
def test_smooth_nonlinearities_are_judged_by_what_the_depth_does(activation: str, depth: int, law: Distribution, severity: Severity | None) -> None:
    findings = found("INI101", stack(depth, activation, "kaiming_normal_", law))
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    "law",
    [kaiming(256), xavier(256, 256, math.sqrt(2)), kaiming(256, math.sqrt(2 / 1.04)), kaiming(256, 1 / math.sqrt(3)), constant(0), Distribution(kind="normal")],
)
def test_right_gains_copies_of_the_default_and_unknown_laws_are_silent(law: Distribution) -> None:
    assert found("INI101", stack(8, "relu", "kaiming_uniform_", law)) == []


def test_defaults_are_not_judged() -> None:
    net = Net()
    _, x = net.stack(8, "relu")
    assert found("INI101", net.output(x)) == []


def single(net: Net, after: Op, weight: Parameter) -> list[str]:
    """Findings where one weight was drawn by Xavier and the model ends in another layer."""
    write(weight, "xavier_uniform_", xavier(256, 256), 5)
    return [finding.message for finding in found("INI101", net.output(net.call(net.linear("out"), after)))]


def test_a_norm_between_or_behind_makes_the_scale_irrelevant() -> None:
    net = Net()
    layer, norm = net.linear("fc"), net.norm("bn", "BatchNorm1d")
    assert single(net, net.act("relu", net.call(norm, net.call(layer, net.input))), layer.parameters["weight"]) == []
    net = Net()
    layer, norm = net.linear("fc"), net.norm("bn", "LayerNorm")
    assert single(net, net.call(norm, net.act("relu", net.call(layer, net.input))), layer.parameters["weight"]) == []


def test_a_norm_in_front_protects_nothing() -> None:
    net = Net()
    layer, norm = net.linear("fc"), net.norm("ln", "LayerNorm")
    assert single(net, net.act("relu", net.call(layer, net.call(norm, net.input))), layer.parameters["weight"])


def test_a_residual_branch_is_silent() -> None:
    net = Net()
    first, second, norm = net.linear("fc1"), net.linear("fc2"), net.norm("ln", "LayerNorm")
    branch = net.call(second, net.act("relu", net.call(first, net.call(norm, net.input))))
    assert single(net, net.op("add", net.input, branch), first.parameters["weight"]) == []


def test_the_stem_of_a_residual_network_is_not() -> None:
    net = Net()
    stem, inner = net.linear("stem"), net.linear("inner")
    x = net.act("relu", net.call(stem, net.input))
    assert single(net, net.op("add", x, net.call(inner, x)), stem.parameters["weight"])


def test_gates_and_rescaled_outputs_are_silent() -> None:
    net = Net()
    squeeze, excite = net.linear("squeeze"), net.linear("excite")
    gate = net.act("sigmoid", net.call(excite, net.act("relu", net.call(squeeze, net.op("pool", net.input)))))
    assert single(net, net.op("mul", net.input, gate), squeeze.parameters["weight"]) == []
    net = Net()
    layer = net.linear("fc")
    assert single(net, net.op("mul", net.act("relu", net.call(layer, net.input)), net.op("const")), layer.parameters["weight"]) == []


def test_views_dropout_and_pooling_are_looked_through() -> None:
    net = Net()
    layer = net.linear("fc")
    x = net.op("view", net.op("dropout", net.op("pool", net.call(layer, net.input))))
    assert single(net, net.act("relu", x), layer.parameters["weight"])


def test_uses_that_disagree_are_silent() -> None:
    net = Net()
    layer = net.linear("fc")
    x = net.act("relu", net.call(layer, net.input))
    assert single(net, net.act("tanh", net.call(layer, x)), layer.parameters["weight"]) == []


def test_the_output_layer_behind_relu_is_silent() -> None:
    net = Net()
    layer, out = net.linear("fc"), net.linear("out")
    write(out.parameters["weight"], "xavier_uniform_", xavier(256, 256), 7)
    assert found("INI101", net.output(net.act("sigmoid", net.call(out, net.act("relu", net.call(layer, net.input)))))) == []


def test_symbolic_widths_fall_back_on_the_gain() -> None:
    net = Net()
    d = symbol("d")
    layer = net.linear("fc", d, 4 * d)
    write(layer.parameters["weight"], "xavier_uniform_", xavier(d, 4 * d), 5)
    finding = only(found("INI101", net.output(net.call(net.linear("out"), net.act("relu", net.call(layer, net.input))))))
    assert finding.evidence["factors"] == [pytest.approx(0.2)]
    net = Net()
    layer = net.linear("fc", symbol("a"), symbol("b"))
    write(layer.parameters["weight"], "xavier_uniform_", xavier(symbol("a"), symbol("b")), 5)
    finding = only(found("INI101", net.output(net.call(net.linear("out"), net.act("relu", net.call(layer, net.input))))))
    assert finding.evidence["factors"] == [pytest.approx(0.5)]


@pytest.mark.parametrize(("inputs", "depth", "severity"), [(2048, 1, Severity.NOTE), (256, 1, Severity.WARNING), (2048, 2, Severity.WARNING)])
def test_what_costs_less_than_a_fifth_of_the_signal_is_a_note(inputs: int, depth: int, severity: Severity) -> None:
    net, x = Net(), None
    for number in range(depth):
        layer = net.linear(f"fc{number}", inputs, 256)
        write(layer.parameters["weight"], "xavier_uniform_", xavier(inputs, 256), 5)
        x = net.act("relu", net.call(layer, x or net.input))
    finding = only(found("INI101", net.output(net.call(net.linear("out"), x or net.input))))
    assert finding.evidence["forward"] == pytest.approx((inputs / (inputs + 256)) ** depth)
    assert finding.severity is severity


def test_a_sweep_over_every_matrix_of_an_attention_model_is_a_note() -> None:
    net = Net()
    layers, x = net.stack(3, "relu")
    table = net.layer("embed", "Embedding", {"weight": (10, 256)}, {"weight": constant(0)})
    for weight in each([*layers, table]):
        write(weight, "xavier_uniform_", xavier(256, 256), 12)
    assert only(found("INI101", net.output(x))).severity is Severity.NOTE


def test_a_raw_matrix_counts_like_a_layer() -> None:
    net = Net()
    matrix = Parameter(name="W", shape=(256, 256), role="W", layer=None)
    net.graph.parameters.append(matrix)
    write(matrix, "xavier_uniform_", xavier(256, 256), 4)
    x = net.act("relu", net.op("add", net.op("matmul", net.input, parameter=matrix), net.op("const")))
    assert only(found("INI101", net.output(net.call(net.linear("out"), x)))).parameters == ("Net:W",)


def test_undecided_or_frozen_weights_are_silent() -> None:
    for fields in ({"certain": False}, {"partial": True}, {"effective": False}):
        net = Net()
        layer = net.linear("fc")
        write(layer.parameters["weight"], "xavier_uniform_", xavier(256, 256), 5, **fields)
        assert found("INI101", net.output(net.act("relu", net.call(layer, net.input)))) == [], fields


@pytest.mark.parametrize(("inputs", "outputs", "effect"), [(784, 128, "such a layer passes on 86 % of the signal"), (4096, 64, None), (64, 256, "20 % of")])
def test_true_fans_decide_how_much_is_lost(inputs: int, outputs: int, effect: str | None) -> None:
    net = Net()
    layer = net.linear("fc", inputs, outputs)
    write(layer.parameters["weight"], "xavier_uniform_", xavier(inputs, outputs), 5)
    findings = found("INI101", net.output(net.call(net.linear("out", outputs, 10), net.act("relu", net.call(layer, net.input)))))
    assert [effect in finding.message for finding in findings if effect] == ([True] if effect else [])
    assert effect is not None or findings == []


def test_layers_of_different_width_are_summed_up_over_the_depth() -> None:
    net = Net()
    x, sizes = net.input, (784, 400, 100)
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        layer = net.linear(f"fc{index}", inputs, outputs)
        write(layer.parameters["weight"], "xavier_uniform_", xavier(inputs, outputs), 5)
        x = net.act("relu", net.call(layer, x))
    finding = only(found("INI101", net.output(net.call(net.linear("out", 100, 10), x))))
    assert finding.message.endswith("over 2 such layers 53 % of the variance is left")
    assert finding.message.startswith("`fc0.weight` and `fc1.weight`: xavier_uniform_ gives")


def test_a_gain_that_means_zero_is_not_judged() -> None:
    assert found("INI101", stack(4, "relu", "xavier_uniform_", xavier(256, 256, 1e-10))) == []


def test_an_unfollowed_forward_pass_is_silent() -> None:
    graph = stack(4, "relu", "xavier_uniform_", xavier(256, 256))
    graph.forward_reason = "step budget"
    assert found("INI101", graph) == []


def test_convolutions_count_their_kernel() -> None:
    net = Net()
    layer = net.conv("conv", 64, 64)
    write(layer.parameters["weight"], "xavier_uniform_", xavier(576, 576), 5)
    finding = only(found("INI101", net.output(net.call(net.conv("out"), net.act("relu", net.call(layer, net.input))))))
    assert finding.evidence["factors"] == [pytest.approx(0.5)]


def test_one_call_before_two_nonlinearities_gets_a_fix_only_where_one_gain_fits() -> None:
    for names, fixed in ((("relu", "prelu"), True), (("relu", "sigmoid"), False)):
        net = Net()
        x = net.input
        for index, name in enumerate((names[0], *[names[1]] * 6)):
            layer = net.linear(f"fc.{index}")
            write(layer.parameters["weight"], "xavier_uniform_", xavier(256, 256), 5)
            x = net.act(name, net.call(layer, x))
        finding = only(found("INI101", net.output(net.call(net.linear("out"), x))))
        assert (finding.fix is not None) is fixed and len(finding.parameters) == 7


def test_scaling_the_input_of_the_model_is_not_rescaling_a_layer() -> None:
    net = Net()
    layer = net.linear("fc")
    x = net.op("mul", net.input, net.op("const"))
    assert single(net, net.act("relu", net.call(layer, x)), layer.parameters["weight"])
    net = Net()
    first, layer = net.linear("first"), net.linear("fc")
    x = net.op("mul", net.call(first, net.input), net.op("const"))
    assert single(net, net.act("relu", net.call(layer, x)), layer.parameters["weight"]) == []


def test_arguments_that_are_not_numbers_fall_back_on_the_gain() -> None:
    net = Net()
    layer = net.conv("conv")
    layer.arguments["stride"] = object()
    write(layer.parameters["weight"], "xavier_uniform_", xavier(576, 576, 0.5), 5)
    finding = only(found("INI101", net.output(net.call(net.conv("out"), net.act("relu", net.call(layer, net.input))))))
    assert finding.evidence["factors"] == [pytest.approx(0.125)]


def test_what_no_recommendation_is_known_for_is_silent() -> None:
    assert found("INI101", stack(8, "softmax", "xavier_uniform_", xavier(256, 256))) == []
    assert found("INI101", stack(8, "identity", "xavier_uniform_", xavier(256, 256))) == []


def test_a_fill_of_the_authors_own_is_judged_but_not_rewritten() -> None:
    finding = only(found("INI101", stack(3, "relu", "torch.Tensor.normal_", kaiming(256, 1.0))))
    assert finding.fix is None and finding.evidence["initializer"] == "normal_"


def test_a_rescaled_draw_is_the_authors_business() -> None:
    assert found("INI101", stack(3, "relu", "torch.Tensor.mul_", kaiming(256, 0.67))) == []
