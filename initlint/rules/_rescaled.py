"""Draws that are scaled for the number of inputs, in the place of those that are not."""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Fix, ReplaceCall, ScaleDraw, Site
from initlint.flow import Weight, nonlinearity_after
from initlint.graph import InitEvent, ModelGraph
from initlint.rules._declared import other_draw
from initlint.rules._scale import is_recurrent
from initlint.rules._sites import explicit, function_of, other_call, short
from initlint.symbolic import Number
from initlint.theory.recommend import Recommendation, recommend

LIBRARIES = ("keras.", "jax.nn.", "haiku.", "tensorflow.contrib.")
"""Whose initializers are given to layers."""
FACTORIES = (
    "torch.randn", "numpy.random.randn", "numpy.random.standard_normal", "numpy.random.normal", "numpy.random.RandomState.randn",
    "numpy.random.RandomState.normal", "numpy.random.Generator.standard_normal", "numpy.random.Generator.normal", "tensorflow.random_normal",
    "tensorflow.random.normal", "jax.random.normal",
)  # fmt: skip
"""Draws of std 1 with the sizes as arguments."""


def rescaled_draw(graph: ModelGraph, site: Site, weight: Weight, terms: Number) -> Fix | None:
    """A draw at ``site`` that is scaled by what ``weight`` sums, of which ``terms`` tells the number; None where the call cannot be changed to one."""
    event, shape = explicit(weight.parameter), weight.parameter.shape
    if event is None or shape is None:
        return None
    turned = any(use.detail.get("transposed") for use in weight.uses)
    axis = next((number for number, size in sorted(enumerate(shape), reverse=turned) if size == terms), None)
    if event.initializer in FACTORIES and weight.parameter.distribution is not None and weight.parameter.distribution.std == 1:
        return Fix(message="Scale the draw by fan_in ** -0.5", actions=(ScaleDraw(site=site, axis=axis, rank=len(shape)),)) if axis is not None else None
    function = function_of(event)
    if event.initializer.startswith(LIBRARIES) or event.initializer.endswith("_initializer"):
        return _by_library(weight, event)
    if function is not None and not is_recurrent(weight) and (weight.layer is not None or len(shape) == 2):
        return _by_fans(weight, event)
    tensor = next((call.spelled.get("tensor", "") for call in graph.calls if call.site == site), "")
    if axis is None or not tensor or short(event.initializer) != "normal_":
        return None
    std = f"{tensor}.shape[{axis}] ** -0.5"
    action = other_call(event, "normal_", std=std) if function else ReplaceCall(site=site, parameters=("mean", "std"), set=(("std", std),))
    return Fix(message=f"Draw with std = {std}", actions=(action,)) if action else None


def _by_library(weight: Weight, event: InitEvent) -> Fix | None:
    """The initializer of the same library that divides by the fan of the inputs."""
    for needed in _needed(weight, event):
        action = other_draw(weight.parameter, event, needed) if needed is not None else None
        if action is not None and needed is not None:
            return Fix(message=f"Draw the weights with variance {needed.law.removeprefix('Var = ')}", actions=(action,))
    return None


def _needed(weight: Weight, event: InitEvent) -> Iterator[Recommendation | None]:
    """What the nonlinearity behind the weight asks for, without its gain where the library has none; behind the last layer, to keep the variance."""
    pairing = nonlinearity_after(weight)
    if pairing is not None and "norm" not in pairing.through:
        yield recommend(pairing.name, pairing.parameter, original=event.initializer)
        yield recommend("identity", original=event.initializer)
    yield recommend("selu", original=event.initializer)


def _by_fans(weight: Weight, event: InitEvent) -> Fix | None:
    """The call that divides by the fans, in the family of distributions that the author chose."""
    if function_of(event) == "orthogonal_":
        action = other_call(event, "orthogonal_")
        return Fix(message="Drop the gain", actions=(action,)) if action else None
    pairing = nonlinearity_after(weight)
    needed = recommend(pairing.name, pairing.parameter, original=event.initializer) if pairing is not None and "norm" not in pairing.through else None
    if needed is None or (weight.layer is None and "xavier" not in needed.initializer):
        needed = recommend("linear", original=event.initializer)
    action = other_call(event, short(needed.initializer), **needed.arguments) if needed is not None else None
    if action is None or needed is None:
        return None
    keywords = ", ".join(f"{name}={value}" for name, value in needed.arguments.items())
    return Fix(message=f"Draw the weights with {short(needed.initializer)}({keywords})", actions=(action,))
