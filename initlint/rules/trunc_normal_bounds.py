"""Bounds of a truncated normal that leave little of it, or only one side.

## What it does
Evaluates every `trunc_normal_` and compares the normal that was asked for with what is left between `a` and `b`, which are absolute
values and not multiples of `std`.

## Why is this bad?
The variance of what is left is `std^2 [1 + (alpha phi(alpha) - beta phi(beta)) / Z - ((phi(alpha) - phi(beta)) / Z)^2]` with `alpha = (a - mean) / std`,
`beta = (b - mean) / std` (Johnson, Kotz & Balakrishnan 1994, ch. 13). At `+-2 std` that is `0.774 std^2`. Bounds well inside one `std` make it flat:
`trunc_normal_(w, std=1, a=-0.02, b=0.02)` has a standard deviation of 0.0115, whatever `std` says. Bounds on one side of the mean move the mean,
and every unit of the layer computes the same average of its inputs.

## Example
    nn.init.trunc_normal_(self.head.weight, std=1.0, a=-0.02, b=0.02)

Use instead:
    nn.init.trunc_normal_(self.head.weight, std=0.02, a=-0.04, b=0.04)  # two standard deviations

## Fix safety
None: whether the bounds or the standard deviation are meant is for the author to say.

## A real bug it would have caught
mmdetection#6432: `trunc_normal_init` misused in Swin and PVT. The milder form, bounds that cut nothing (torchtitan#3334), changes nothing measurable
and is left alone.

## What it leaves alone
Bounds that cut nothing, such as `std=0.02` with the default `a=-2, b=2`, which timm uses on purpose. Anything at or beyond one standard deviation on both
sides. Vectors, and arguments whose values are not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Severity, Site
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import calls_by_site, qualified, spell_names
from initlint.theory.laws import spell

RULE = Rule(code="INI303", name="trunc-normal-bounds", summary="Bounds of a truncated normal that leave little of it, or one side only")
DEFAULTS = {"mean": 0.0, "std": 1.0, "a": -2.0, "b": 2.0}
FLAT = 0.5
"""Share of the standard deviation asked for below which `std` decides nothing."""
MOVED = 0.25
"""How many standard deviations asked for the mean may move."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call whose bounds leave something else than was asked for."""
    calls = (call for call in graph.calls if call.initializer.endswith(".trunc_normal_") and not call.problem and (call.shape is None or len(call.shape) > 1))
    for site, group in calls_by_site(calls):
        effect = _effect(group[0])
        if effect is not None:
            yield _finding(graph, site, group, *effect)


def _numbers(call: InitCall) -> dict[str, float] | None:
    """The arguments in force, where all are numbers."""
    values = {name: call.arguments.get(name, default) for name, default in DEFAULTS.items()}
    return {name: float(value) for name, value in values.items()} if all(isinstance(value, (int, float)) for value in values.values()) else None


def _effect(call: InitCall) -> tuple[Severity, str] | None:
    numbers, law = _numbers(call), call.law
    if numbers is None or numbers["std"] <= 0:
        return None
    low, high, mean, std = numbers["a"], numbers["b"], numbers["mean"], numbers["std"]
    bounds = f"[{spell(low)}, {spell(high)}]"
    if low == high:
        return Severity.ERROR, f"the bounds {bounds} leave one value: every weight is {spell(low)}"
    if law is None or not isinstance(law.mean, (int, float)) or not isinstance(law.std, (int, float)):
        return None
    if abs(law.mean - mean) > MOVED * std or not low < mean < high:
        return Severity.WARNING, f"the bounds {bounds} move the mean from {spell(mean)} to {spell(law.mean)}"
    if law.std < FLAT * std:
        return Severity.WARNING, f"the bounds {bounds} leave a standard deviation of {spell(law.std)}, not {spell(std)}"
    return None


def _finding(graph: ModelGraph, site: Site, calls: list[InitCall], severity: Severity, effect: str) -> Finding:
    call = calls[0]
    parameters = list({id(c.parameter): c.parameter for c in calls if c.parameter is not None}.values())
    target = spell_names(parameters) if parameters else f"`{call.spelled.get('tensor', 'tensor')}`"
    return RULE.at(
        graph,
        site,
        severity,
        f"{target}: {effect}; `a` and `b` are absolute, not multiples of `std`",
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={**(_numbers(call) or {}), "drawn_mean": call.law and call.law.mean, "drawn_std": call.law and call.law.std},
        help="Give bounds of two standard deviations on both sides of the mean.",
    )
