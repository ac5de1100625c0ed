"""Norm parameters that start elsewhere than 1 and 0, and init routines that forget the norms."""

from __future__ import annotations

import pytest

from initlint.findings import InsertBranch, ReplaceCall, Severity
from initlint.graph import ModelGraph
from initlint.symbolic import sqrt, symbol
from initlint.theory.laws import Distribution, constant, normal, uniform
from tests.rules.graphs import Net, found, kaiming, only, site, write


def plain(law: Distribution, function: str = "normal_", role: str = "weight") -> ModelGraph:
    """conv, norm, relu, conv with one explicit write to the norm."""
    net = Net()
    norm = net.norm("bn")
    write(norm.parameters[role], function, law, 8)
    x = net.act("silu", net.call(norm, net.call(net.conv("conv"), net.input)))
    return net.output(net.call(net.conv("out"), x))


@pytest.mark.parametrize(
    ("law", "severity"),
    [
        (normal(0, 0.02), Severity.WARNING),
        (normal(0, 1), Severity.WARNING),
        (uniform(-0.1, 0.1), Severity.WARNING),
        (uniform(-1 / sqrt(symbol("hidden")), 1 / sqrt(symbol("hidden"))), Severity.WARNING),
        (normal(2, 3), Severity.WARNING),
        (constant(30), Severity.NOTE),
        (uniform(0, 1), Severity.NOTE),
        (constant(0.0), Severity.WARNING),
        (constant(0.001), Severity.WARNING),
        (constant(0.2), Severity.NOTE),
    ],
)
def test_a_weight_away_from_one(law: Distribution, severity: Severity) -> None:
    assert only(found("INI401", plain(law))).severity is severity


@pytest.mark.parametrize("law", [constant(1), normal(1, 0.02), uniform(0.9, 1.1), constant(0.7), Distribution(kind="custom")])
def test_a_weight_around_one_is_silent(law: Distribution) -> None:
    assert found("INI401", plain(law)) == []


@pytest.mark.parametrize(
    ("law", "severity"), [(constant(0.1), None), (normal(0, 0.02), None), (uniform(0, 1), Severity.NOTE), (normal(0, 1), Severity.WARNING)]
)
def test_a_bias(law: Distribution, severity: Severity | None) -> None:
    assert [finding.severity for finding in found("INI401", plain(law, role="bias"))] == ([] if severity is None else [severity])


def test_a_loop_that_was_not_about_norms_is_no_matter_of_taste() -> None:
    graph = plain(uniform(0, 1))
    write(next(layer for layer in graph.layers if layer.path == "conv").parameters["weight"], "normal_", uniform(0, 1), 8)
    assert only(found("INI401", graph)).severity is Severity.WARNING


def test_a_dead_norm_and_one_that_the_same_helper_starts_at_one() -> None:
    net = Net()
    first, second = net.norm("bn1"), net.norm("bn2")
    for norm, value in ((first, 1.0), (second, 0.0)):
        write(norm.parameters["weight"], "constant_", constant(value), 8)
    write(second.parameters["bias"], "zeros_", constant(0.0), 9)
    x = net.act("relu", net.call(first, net.call(net.conv("conv"), net.input)))
    x = net.act("relu", net.call(second, net.call(net.conv("conv2"), x)))
    finding = only(found("INI401", net.output(net.call(net.conv("out"), x))))
    assert finding.message == "`bn2.weight` starts at 0, a norm's weight at 1: the rectifier behind it passes neither signal nor gradient"
    assert finding.severity is Severity.ERROR and finding.fix is None


def test_the_message_and_the_fix() -> None:
    finding = only(found("INI401", plain(normal(0, 0.02))))
    assert finding.message == (
        "`bn.weight` starts in N(0, 0.02²), a norm's weight at 1: 0.04 % of the normalised signal is left, half of it with its sign turned"
    )
    assert finding.fix is not None and isinstance(finding.fix.actions[0], ReplaceCall)
    assert finding.fix.actions[0].function == "torch.nn.init.ones_" and finding.fix.actions[0].drop == ("mean", "std")


def test_a_method_on_the_tensor_is_mended_in_its_own_style() -> None:
    finding = only(found("INI401", plain(normal(0, 0.02), "torch.Tensor.normal_")))
    assert finding.fix is not None and isinstance(finding.fix.actions[0], ReplaceCall)
    assert finding.fix.actions[0].function == "torch.Tensor.fill_"


def test_a_zero_weight_in_front_of_relu_is_dead() -> None:
    net = Net()
    norm = net.norm("bn")
    write(norm.parameters["weight"], "zeros_", constant(0), 8)
    x = net.act("relu", net.call(norm, net.input))
    assert only(found("INI401", net.output(net.call(net.conv("out"), x)))).severity is Severity.ERROR


def test_the_last_norm_of_a_residual_branch_is_silent() -> None:
    net = Net()
    norm = net.norm("bn2")
    write(norm.parameters["weight"], "zeros_", constant(0), 8)
    x = net.act("relu", net.op("add", net.input, net.call(norm, net.call(net.conv("conv2"), net.input))))
    assert found("INI401", net.output(net.call(net.conv("out"), x))) == []


@pytest.mark.parametrize(("names", "count"), [(("norm1", "norm2"), 1), (("norm1",), 0)])
def test_norms_that_a_blanket_call_closes_in_front_of_their_branches(names: tuple[str, ...], count: int) -> None:
    net = Net()
    x = net.input
    for name in names:
        norm = net.norm(f"block.{name}", "LayerNorm")
        write(norm.parameters["weight"], "constant_", constant(0), 8)
        x = net.op("add", x, net.call(net.linear(f"block.{name}_fc"), net.call(norm, x)))
    findings = found("INI401", net.output(net.call(net.linear("out"), x)))
    assert [finding.severity for finding in findings] == [Severity.WARNING] * count


def test_last_norms_of_branches_stay_silent_where_one_call_writes_many() -> None:
    net = Net()
    x = net.input
    for name in ("norm1", "norm2"):
        norm = net.norm(f"block.{name}", "LayerNorm")
        write(norm.parameters["weight"], "constant_", constant(0), 8)
        x = net.op("add", x, net.call(norm, net.call(net.linear(f"block.{name}_fc"), x)))
    assert found("INI401", net.output(net.call(net.linear("out"), x))) == []


def test_norms_of_the_authors_own_are_silent() -> None:
    net = Net()
    norm = net.norm("norm", "RMSNorm", class_name="GemmaRMSNorm")
    write(norm.parameters["weight"], "zeros_", constant(0), 8)
    assert found("INI401", net.output(net.call(net.linear("fc"), net.call(norm, net.input)))) == []


def test_a_blanket_loop_is_one_finding_without_a_fix() -> None:
    net = Net()
    norm, layer = net.norm("ln", "LayerNorm"), net.linear("fc")
    for parameter in (*norm.parameters.values(), *layer.parameters.values()):
        write(parameter, "uniform_", uniform(-0.1, 0.1), 5)
    finding = only(found("INI401", net.output(net.call(norm, net.call(layer, net.input)))))
    assert finding.parameters == ("Net:ln.weight", "Net:ln.bias")
    assert finding.fix is None and "skip" in finding.help and finding.evidence["also_writes"] == ["fc.weight", "fc.bias"]


def guarded(*norms: str, touched: bool = False, routine: str = "Net._init_weights", path: str = "fc") -> ModelGraph:
    """An init routine with one branch for linear layers in a model with ``norms``."""
    net = Net()
    layer = net.linear(path)
    fields = {"guard": site(20), "variable": "m", "routine": routine}
    write(layer.parameters["weight"], "kaiming_normal_", kaiming(256), 21, **fields)
    x = net.call(layer, net.input)
    for index, kind in enumerate(norms):
        norm = net.norm(f"norm.{index}", kind)
        if kind == "RMSNorm":
            net.graph.parameters.remove(norm.parameters.pop("bias"))
        if touched:
            write(norm.parameters["weight"], "ones_", constant(1), 23, **fields)
        x = net.call(norm, x)
    return net.output(x)


def test_a_routine_that_forgets_the_norms_is_a_note_with_a_branch_to_add() -> None:
    finding = only(found("INI402", guarded("LayerNorm", "BatchNorm2d")))
    assert finding.severity is Severity.NOTE and finding.site == site(20)
    assert finding.fix is not None
    (action,) = finding.fix.actions
    assert isinstance(action, InsertBranch)
    assert action.variable == "m" and action.classes == ("torch.nn.BatchNorm2d", "torch.nn.LayerNorm")
    assert action.statements == (("torch.nn.init.ones_", "weight", ""), ("torch.nn.init.zeros_", "bias", ""))


def test_norms_without_a_bias_get_a_branch_of_their_own() -> None:
    finding = only(found("INI402", guarded("LayerNorm", "RMSNorm")))
    assert finding.fix is not None
    assert [len(action.statements) for action in finding.fix.actions if isinstance(action, InsertBranch)] == [2, 1]


def test_a_class_with_and_without_affine_parameters_gets_no_fix() -> None:
    graph = guarded("LayerNorm")
    graph.layers.append(Net().layer("bare", "LayerNorm", {}, {}))
    assert only(found("INI402", graph)).fix is None


def test_routines_that_set_the_norms_and_models_without_any_are_silent() -> None:
    assert found("INI402", guarded("LayerNorm", touched=True)) == []
    assert found("INI402", guarded()) == []


@pytest.mark.parametrize(("routine", "count"), [("Net.__init__", 1), ("init_weights", 1), ("Net.__init__.init", 1), ("MLP.__init__", 0)])
def test_only_a_routine_of_the_model_answers_for_its_norms(routine: str, count: int) -> None:
    assert len(found("INI402", guarded("LayerNorm", routine=routine))) == count


def test_a_routine_given_a_part_without_norms_is_silent() -> None:
    assert found("INI402", guarded("LayerNorm", path="head.fc")) == []


def test_frozen_norms_are_silent() -> None:
    graph = guarded("LayerNorm")
    for layer in graph.layers:
        if layer.kind == "LayerNorm":
            for parameter in layer.parameters.values():
                parameter.requires_grad = False
    assert found("INI402", graph) == []
