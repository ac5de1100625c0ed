"""A gain passed to Kaiming initialization as the slope `a`.

## What it does
Reports calls of `kaiming_uniform_` and `kaiming_normal_` whose `a` is the gain of an activation (`math.sqrt(2)`,
`calculate_gain("relu")`, `5 / 3`) and not the negative slope of a leaky ReLU, and of those whose `a` is torch's default times a scale
(`a=math.sqrt(5) * scale`).

## Why is this bad?
`a` is the slope in `Var = 2 / ((1 + a^2) fan_in)` (He et al. 2015, eq. 15); the gain follows from it. With `a = sqrt(2)` the
variance is `2 / (3 fan_in)`: a third of what ReLU needs, so that each layer passes on a third of the signal.

## Example
    nn.init.kaiming_uniform_(m.weight, a=nn.init.calculate_gain("relu"))

Use instead:
    nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")

## Fix safety
The gain goes and the activation it belongs to is named. Safe where the call writes the flagged weights only.

## A real bug it would have caught
PyTorch-progressive_growing#29 passes a gain as `a`; Mish#37 explains that `a` is a slope. neuromancer's KAN layers take
`a=np.sqrt(5) * self.scale_base`.

## What it leaves alone
`a=math.sqrt(5)`, torch's own default for linear and convolution layers; `a=1`, which makes the gain 1; slopes below 1; calls with
another `nonlinearity`, for which `a` has no effect. Weights in front of a norm are a note.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.flow import Weight, normalised_after, weights
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import POSITIONAL, function_of, gain_given_as_slope, qualified, short

RULE = Rule(
    code="INI103",
    name="gain-as-slope",
    summary="A gain passed to kaiming_uniform_ or kaiming_normal_ as the slope `a`",
    fixable="always",
)
ROUNDED = 2e-3
"""How far from sqrt(2) a gain written in digits may be."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call whose ``a`` is a gain."""
    for mistake in graph.mistakes:
        if mistake.kind == "scaled-slope":
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text, help="Draw with `a=math.sqrt(5)`, and multiply the weights by the scale.")
    calls: dict[Site, list[InitCall]] = {}
    for call in graph.calls:
        if (function_of(call) or "").startswith("kaiming") and not call.problem and gain_given_as_slope(call.arguments) is not None:
            calls.setdefault(call.site, []).append(call)
    if not calls:
        return
    table = {id(weight.parameter): weight for weight in weights(graph)} if not graph.forward_reason else {}
    for site, group in calls.items():
        yield _finding(graph, site, group, table)


def _finding(graph: ModelGraph, site: Site, calls: list[InitCall], table: dict[int, Weight]) -> Finding:
    gain = gain_given_as_slope(calls[0].arguments)
    assert gain is not None
    parameters = list({id(call.parameter): call.parameter for call in calls if call.parameter is not None}.values())
    used = 2 / (1 + gain * gain)
    shielded = bool(parameters) and all(id(p) in table and normalised_after(table[id(p)]) for p in parameters)
    name, keywords = _meant(gain)
    return RULE.at(
        graph,
        site,
        Severity.NOTE if shielded else Severity.WARNING,
        f"a = {gain:.4g} is the gain of {name}, but `a` is the slope of leaky_relu: Var = 2/((1 + {gain:.4g}²)·fan) "
        f"is {100 * used / (gain * gain):.0f} % of the {gain * gain:.3g}/fan meant",
        fix=Fix(message=f"Name the activation: {', '.join(f'{key}={value}' for key, value in keywords)}", actions=(_action(calls[0], keywords),)),
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={"initializer": short(calls[0].initializer), "a": gain, "used_gain": math.sqrt(used), "meant_gain": gain},
    )


def _meant(gain: float) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The activation a gain belongs to, and the arguments that name it."""
    if abs(gain - 5 / 3) < 0.01:
        return "tanh", (("nonlinearity", "'tanh'"),)
    slope = f"{math.sqrt(max(2 / (gain * gain) - 1, 0.0)):.2g}"
    if abs(gain / math.sqrt(2) - 1) < ROUNDED and slope != "0.01":
        return "relu", (("nonlinearity", "'relu'"),)
    return f"leaky_relu({slope})", (("a", slope),)


def _action(call: InitCall, keywords: tuple[tuple[str, str], ...]) -> ReplaceCall:
    function = function_of(call)
    assert function is not None
    drop = () if any(key == "a" for key, _ in keywords) else ("a",)
    return ReplaceCall(site=call.site, parameters=POSITIONAL[function], drop=drop, set=keywords)
