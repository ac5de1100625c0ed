"""Random weights that are the same under every seed.

## What it does
Builds the model under several seeds and reports parameters that are drawn at random and yet hold the same numbers.

## Why is this bad?
Runs that are meant to differ in their seed do not differ in these weights: the spread over seeds that a paper reports
is too small, and ensembles are less diverse than they look. Usually the constructor sets a seed of its own, which also
resets the generator for everything that comes after it, shuffling and dropout included.

## Example
    def reset_parameters(self):
        torch.manual_seed(0)
        nn.init.normal_(self.proj)

Use instead:
    def reset_parameters(self):
        generator = torch.Generator().manual_seed(0)  # if these numbers are to be fixed: this touches no other
        nn.init.normal_(self.proj, generator=generator)

## Fix safety
No fix: whether the numbers are meant to be fixed, only the author knows.

## A real bug it would have caught
online-ml/deep-river#172: a seed set while a model is constructed alters the random state of everything after it.

## What it leaves alone
Frozen parameters, such as random projections that are fixed on purpose. Constants and tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.evidence import Evidence
from initlint.findings import Finding, Severity, Site
from initlint.graph import Parameter
from initlint.rules import Rule
from initlint.rules._live import place
from initlint.rules._sites import qualified, spell_names

RULE = Rule(code="INI807", name="ignores-seed", summary="Random weights that are the same under every seed")


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Trained random parameters that no seed changes, those of one line together."""
    groups: dict[Site, list[Parameter]] = {}
    for name in evidence.repeated:
        parameter = evidence.graph.parameter(name)
        if parameter is not None and parameter.requires_grad:
            groups.setdefault(place(evidence, parameter), []).append(parameter)
    for site, parameters in groups.items():
        pronoun = "it holds" if len(parameters) == 1 else "they hold"
        yield RULE.at(
            evidence.graph,
            site,
            Severity.WARNING,
            f"{spell_names(parameters)} drawn at random, but under each of {evidence.seeds} seeds {pronoun} the same numbers",
            parameter=parameters[0].name,
            parameters=qualified(evidence.graph, parameters),
            evidence={"seeds": evidence.seeds},
        )
