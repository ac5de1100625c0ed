"""SELU layers whose weights do not make them normalise themselves.

## What it does
Reports explicit initializers of layers in front of SELU whose `Var(W) fan_in` is not 1, where the depth found does harm:
Kaiming for ReLU, `nonlinearity="selu"` (whose gain in torch is 3/4), wide and narrow standard deviations.

## Why is this bad?
SELU keeps mean 0 and variance 1 only for `Var(W) = 1/fan_in` (Klambauer et al. 2017, eq. 2 and theorem 1; LeCun normal). With
`2/fan_in` the signal drifts to where SELU is steep, and the gradient's variance grows 52-fold over 8 layers. With torch's gain
3/4 the signal falls towards 2 % of its variance, where SELU is as good as linear.

## Example
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    ...
    x = F.selu(layer(x))

Use instead:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")

## Fix safety
The draw becomes `Var = 1/fan_in` in the family the author chose. Safe where the call writes the flagged weights only.

## A real bug it would have caught
None is on record; torch's own page on `calculate_gain` warns that self-normalising networks need `nonlinearity="linear"` in place
of `"selu"`.

## What it leaves alone
Layers in front of a norm, residual branches, gates, heads, rescaled weights; any scale that the depth found turns into less than a
factor of 10. Shallow drifts are notes. Defaults the author never chose.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from initlint.findings import Finding, Fix, Severity, Site
from initlint.flow import Weight, gates, in_block, is_head, longest_chain, nonlinearity_after, normalised_after, rescaled, weights
from initlint.graph import ModelGraph
from initlint.rules import Rule
from initlint.rules._declared import other_draw
from initlint.rules._scale import terms_of
from initlint.rules._sites import by_site, explicit, origin_of, other_call, qualified, short, spell_names
from initlint.symbolic import Sym
from initlint.theory.activations import canonical
from initlint.theory.propagate import Trajectory, judge, stack
from initlint.theory.recommend import recommend

RULE = Rule(
    code="INI104",
    name="selu-init",
    summary="A layer in front of SELU whose weights do not have variance 1/fan_in",
    fixable="sometimes",
)
NARROWEST = 1e-2
"""Scales up to this are judged by `weight-scale`, whatever follows."""
MOST = 200


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that scales the weights in front of SELU for something else."""
    if graph.forward_reason:
        return
    found = {id(w.parameter): (w, factor) for w in weights(graph) if (factor := _factor(w)) is not None}
    for site, parameters in by_site(w.parameter for w, _ in found.values()):
        cases = [found[id(p)] for p in parameters]
        depth = len(longest_chain(graph, (use for weight, _ in cases for use in weight.uses)))
        factor = max((factor for _, factor in cases), key=lambda factor: abs(math.log(factor)))
        run = stack(factor, "selu", min(max(depth, 1), MOST))
        if run.verdict != "ok":
            yield _finding(graph, site, [weight for weight, _ in cases], factor, run)


def _factor(weight: Weight) -> float | None:
    """Var(W)·fan_in of an explicit draw in front of SELU, where nothing makes its scale irrelevant."""
    event, law = explicit(weight.parameter), weight.parameter.distribution
    if event is None or law is None or law.std is None or law.mean != 0 or not weight.uses or law.kind == "constant":
        return None
    pairing = nonlinearity_after(weight)
    if pairing is None or canonical(pairing.name) != "selu" or "norm" in pairing.through:
        return None
    if is_head(weight) or rescaled(weight) or normalised_after(weight) or gates(weight) or in_block(weight):
        return None
    terms = terms_of(weight)
    by_gain = law.gain is not None and (law.fan is not None or law.kind == "orthogonal")
    factor = law.gain * law.gain if by_gain and law.gain is not None else law.std * law.std * terms if terms is not None else None
    return float(factor) if factor is not None and not isinstance(factor, Sym) and factor > NARROWEST else None


def _finding(graph: ModelGraph, site: Site, flagged: list[Weight], factor: float, run: Trajectory) -> Finding:
    parameters = [weight.parameter for weight in flagged]
    event = explicit(parameters[0])
    assert event is not None
    signal, gradient, depth = run.second_moments[-1], run.gradients[-1], len(run.gradients) - 1
    backward = abs(math.log(gradient)) > abs(math.log(signal))
    product, quantity = (gradient, "gradient") if backward else (signal, "signal")
    effect = f"the variance of the {quantity} {f'grows {product:.3g}-fold' if product > 1 else f'falls to {100 * product:.2g} %'}"
    needed = recommend("selu", original=event.initializer)
    action = (other_call(event, short(needed.initializer), **needed.arguments) or other_draw(parameters[0], event, needed)) if needed is not None else None
    return RULE.at(
        graph,
        site,
        Severity.WARNING if judge(product) == "harmful" else Severity.NOTE,
        f"{spell_names(parameters)}: {short(event.initializer)} gives Var = {factor:.3g}/fan_in, selu normalises itself at 1/fan_in; "
        f"over {depth} such layer{'s' if depth > 1 else ''} {effect}",
        fix=Fix(message="Draw the weights in front of selu with variance 1/fan_in", actions=(action,)) if action else None,
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"initializer": short(event.initializer), "factor": factor, "depth": depth, "forward": signal, "backward": gradient, **origin_of(event)},
    )
