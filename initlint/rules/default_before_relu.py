"""A deep stack of ReLU layers that keeps torch's default initialization.

## What it does
Reports linear and convolution layers that nobody initialises, in front of the ReLU family, with nothing that normalises,
bypasses or rescales, where the layers in a row lose most of the signal. Runs only where it is selected: two or three such layers do no
harm, and no author chose the default.

## Why is this bad?
`nn.Linear` and `nn.Conv2d` draw from `U(-1/sqrt(fan_in), 1/sqrt(fan_in))`, a variance of `1/(3 fan_in)`, where ReLU needs `2/fan_in`
(He et al. 2015, eq. 10). Each layer passes on a sixth of the signal and of the gradient: 4 layers leave 0.08 %, 10 leave
0.000002 %. What the last layers see is their biases, the same for every input.

## Example
    self.net = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(8)])

Use instead:
    self.net = nn.Sequential(*[nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(8)])
    for m in self.net.modules():
        if isinstance(m, nn.Linear):
            nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)

## Fix safety
None is offered: an init routine has to be written and called.

## A real bug it would have caught
pytorch#18182, open since 2019: `kaiming_uniform_(a=sqrt(5))` in `nn.Linear` and `nn.Conv2d` suits no activation, and stays for the
sake of what depends on it.

## What it leaves alone
Layers that anything initialises; stacks whose product stays above 10 %; layers in front of a norm, residual branches, gates, rescaled
weights, other activations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from initlint.findings import Finding, Severity
from initlint.flow import Pairing, Weight, gates, in_residual, longest_chain, nonlinearity_after, normalised_after, rescaled, weights
from initlint.graph import ModelGraph, Op, Origin
from initlint.rules import Rule
from initlint.rules._scale import terms_of
from initlint.rules._sites import qualified, spell_names
from initlint.symbolic import Sym
from initlint.theory.activations import RELU_FAMILY, canonical, moments
from initlint.theory.propagate import judge

RULE = Rule(
    code="INI105",
    name="default-before-relu",
    summary="A deep stack of ReLU layers left to torch's default initialization",
    default=False,
    judges_defaults=True,
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per model, on the longest run of such layers."""
    if graph.forward_reason:
        return
    cases = [(weight, pairing, factor) for weight in weights(graph) for pairing, factor in _left_to_default(weight)]
    owner = {id(use): case for case in cases for use in case[0].uses}
    chain = [owner[id(op)] for op in longest_chain(graph, _uses(cases))]
    product = math.prod(factor for *_, factor in chain)
    if chain and judge(product) != "ok" and product < 1:
        yield _finding(graph, chain, product)


def _uses(cases: list[tuple[Weight, Pairing, float]]) -> Iterator[Op]:
    for weight, *_ in cases:
        yield from weight.uses


def _left_to_default(weight: Weight) -> Iterator[tuple[Pairing, float]]:
    """The rectifier behind a layer that has its default, and what one such layer passes on."""
    event, law, terms = weight.parameter.effective, weight.parameter.distribution, terms_of(weight)
    if weight.layer is None or event is None or event.origin is not Origin.DEFAULT or law is None or law.std is None or terms is None:
        return
    pairing = nonlinearity_after(weight)
    if pairing is None or "norm" in pairing.through or canonical(pairing.name) not in RELU_FAMILY or weight.parameter.loaded:
        return
    if rescaled(weight) or normalised_after(weight) or gates(weight) or in_residual(weight):
        return
    factor = law.std * law.std * terms
    if not isinstance(factor, Sym):
        yield pairing, float(factor) * moments(pairing.name, pairing.parameter).second


def _finding(graph: ModelGraph, chain: list[tuple[Weight, Pairing, float]], product: float) -> Finding:
    parameters = list({id(weight.parameter): weight.parameter for weight, *_ in chain}.values())
    first, pairing, factor = chain[0]
    site = first.layer.site if first.layer is not None and first.layer.site is not None else graph.site
    assert site is not None
    return RULE.at(
        graph,
        site,
        Severity.WARNING if judge(product) == "harmful" else Severity.NOTE,
        f"{spell_names(parameters)} keep torch's default, Var = 1/(3·fan_in), where {pairing.text} needs 2/fan_in: each layer passes on about "
        f"{100 * factor:.2g} % of the signal, and {len(chain)} of them leave {100 * product:.1g} % of the variance",
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"depth": len(chain), "forward": product, "nonlinearity": pairing.text},
        help="Draw them with kaiming_uniform_(w, nonlinearity='relu') in an init routine, or normalise.",
    )
