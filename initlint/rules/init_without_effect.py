"""An initializer writes to a tensor that is computed anew on every forward pass.

## What it does
Watches writes while the model is built and reports those that reach a weight which `weight_norm`, `spectral_norm` or
another parametrization recomputes from other tensors.

## Why is this bad?
The write changes a result, not what it is computed from. At the next forward pass the weight is recomputed and the
initializer has done nothing: the model starts from the law the parametrization found when it was registered.

## Example
    self.conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(64, 64, 3))
    nn.init.kaiming_normal_(self.conv.weight)

Use instead:
    self.conv = nn.Conv1d(64, 64, 3)
    nn.init.kaiming_normal_(self.conv.weight)
    self.conv = nn.utils.parametrizations.weight_norm(self.conv)

## Fix safety
No fix: statements would have to change places.

## A real bug it would have caught
jik876/hifi-gan#145: `init_weights` is applied to convolutions that `weight_norm` wraps already.

## What it leaves alone
Writes before the parametrization is registered, and writes to the tensors the weight is computed from.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity, Site
from initlint.graph import InitEvent, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified, short, spell_names

RULE = Rule(code="INI803", name="init-without-effect", summary="An initializer that writes to a weight which is recomputed on every forward pass")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Calls whose writes are lost, with the parameters they were meant for."""
    groups: dict[Site, list[tuple[Parameter, InitEvent]]] = {}
    for parameter in evidence.graph.parameters:
        for event in parameter.events:
            if not event.effective and event.site is not None:
                groups.setdefault(event.site, []).append((parameter, event))
    for site, members in groups.items():
        parameters = list({id(parameter): parameter for parameter, _ in members}.values())
        yield RULE.at(
            evidence.graph,
            site,
            Severity.ERROR,
            f"{short(members[0][1].initializer)} has no effect: the weight is recomputed from {spell_names(parameters)} on every forward pass",
            parameter=parameters[0].name,
            parameters=qualified(evidence.graph, parameters),
            evidence={"initializer": members[0][1].initializer},
            help="Initialise before the parametrization is registered, or write to the tensors it computes from.",
        )
