"""SELU normalises itself at 1/fan_in only; what other scales do is what the depth found makes of them."""

from __future__ import annotations

import pytest

from initlint.findings import ReplaceCall, Severity
from initlint.graph import ModelGraph
from initlint.symbolic import symbol
from initlint.theory.laws import Distribution, normal
from tests.rules.graphs import Net, each, found, kaiming, only, write, xavier


def stack(depth: int, law: Distribution, *, norm: bool = False) -> ModelGraph:
    net = Net()
    layers, x = net.stack(depth, "selu")
    for weight in each(layers):
        write(weight, "kaiming_normal_", law, 12)
    x = net.call(net.norm("norm", "LayerNorm"), x) if norm else x
    return net.output(net.call(net.linear("out"), x))


@pytest.mark.parametrize(
    ("depth", "law", "severity"),
    [
        (2, kaiming(256), None),
        (5, kaiming(256), Severity.NOTE),
        (20, kaiming(256), Severity.WARNING),
        (8, normal(0.0, 2 / 16), Severity.WARNING),
        (20, kaiming(256, 1.0), None),
        (20, xavier(256, 256), None),
        (20, normal(0.0, 1 / 16), None),
        (2, kaiming(256, 0.75), None),
        (10, kaiming(256, 0.75), Severity.NOTE),
        (10, normal(0.0, symbol("std")), None),
        (10, normal(0.1, 2 / 16), None),
    ],
)
def test_the_depth_decides(depth: int, law: Distribution, severity: Severity | None) -> None:
    findings = found("INI104", stack(depth, law))
    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert found("INI101", stack(depth, law)) == []


def test_the_message_and_the_fix() -> None:
    finding = only(found("INI104", stack(20, kaiming(256))))
    assert "kaiming_normal_ gives Var = 2/fan_in, selu normalises itself at 1/fan_in; over 20 such layers the variance of the gradient" in finding.message
    assert finding.fix is not None
    (action,) = finding.fix.actions
    assert isinstance(action, ReplaceCall) and action.set == (("nonlinearity", "'linear'"),)


def test_a_norm_behind_the_last_layer_leaves_the_others() -> None:
    finding = only(found("INI104", stack(20, kaiming(256), norm=True)))
    assert len(finding.parameters) == 20
