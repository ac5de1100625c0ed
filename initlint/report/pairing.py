"""The nonlinearity column of the table: what consumes each parameter's layer, and the gain that calls for."""

from __future__ import annotations

from initlint import flow
from initlint.graph import ModelGraph
from initlint.theory.activations import recommended_gain


def nonlinearities(graph: ModelGraph) -> dict[str, tuple[str, float | None]]:
    """Parameter name to the nonlinearity behind its layer, and the gain of a weight before it, where they are known."""
    table: dict[str, tuple[str, float | None]] = {}
    for layer in graph.layers:
        if text := flow.describe(layer):
            table.update((parameter.name, (text, None)) for parameter in layer.parameters.values())
    for weight in flow.weights(graph):
        if text := flow.describe(weight):
            table[weight.parameter.name] = (text, _gain(weight))
    return table


def _gain(target: flow.Target) -> float | None:
    """Scale is lost in a normalisation, so any will do: 1."""
    pairing = flow.nonlinearity_after(target)
    if flow.normalised_after(target) or (pairing is not None and "norm" in pairing.through):
        return 1.0
    gain = recommended_gain(pairing.name, pairing.parameter) if pairing is not None else None
    return gain.value if gain else None
