"""The nonlinearity column."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from initlint.graph import Layer, ModelGraph, Op, Parameter
from initlint.report.pairing import nonlinearities


def chain(*kinds: tuple[str, str]) -> ModelGraph:
    """A linear layer with weight and bias, followed by one operation for each kind and name, then the output."""
    layer = Layer(path="fc", kind="Linear", class_name="Linear", arguments={})
    for role in ("weight", "bias"):
        layer.parameters[role] = Parameter(name=f"fc.{role}", shape=(4, 4), role=role, layer=layer)
    start = Op(kind="input")
    ops = [start, Op(kind="layer", name="Linear", layer=layer), *(Op(kind=kind, name=name) for kind, name in kinds), Op(kind="output")]
    for before, after in pairwise(ops):
        before.outputs.append(after)
        after.inputs.append(before)
    layer.calls.append(ops[1])
    return ModelGraph(name="Net", path="net.py", parameters=list(layer.parameters.values()), layers=[layer], ops=ops)


@pytest.mark.parametrize(
    ("kinds", "text", "gain"),
    [
        ((("activation", "relu"),), "relu", math.sqrt(2)),
        ((("dropout", ""), ("activation", "tanh")), "tanh", 1.5925374),
        ((("norm", "BatchNorm1d"), ("activation", "relu")), "batch_norm → relu", 1.0),
        ((), "output", None),
    ],
)
def test_each_parameter_has_the_nonlinearity_of_its_layer(kinds: tuple[tuple[str, str], ...], text: str, gain: float | None) -> None:
    """Weights have a gain too; a norm makes any gain right."""
    table = nonlinearities(chain(*kinds))
    assert table["fc.bias"][1] is None
    assert {name: entry[0] for name, entry in table.items()} == {"fc.weight": text, "fc.bias": text}
    assert table["fc.weight"][1] == (None if gain is None else pytest.approx(gain))


def test_a_layer_that_is_never_used_has_none() -> None:
    """Nothing is guessed without a forward pass."""
    graph = chain()
    graph.layers[0].calls.clear()
    assert nonlinearities(graph) == {}
