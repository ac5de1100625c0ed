"""Weights that are loaded, and then drawn again.

## What it does
Finds models into which a state dict is loaded, and whose init routine then runs over what was loaded.

## Why is this bad?
The last write wins: `load_state_dict` copies into the parameters, and an initializer that follows replaces all of it. The
model behaves like one that was never trained: `L(theta_0)` instead of `L(theta*)`, with no message, because every shape fits.

## Example
    self.load_state_dict(torch.load(path))
    self.apply(self._init_weights)

Use instead:
    self.apply(self._init_weights)
    self.load_state_dict(torch.load(path))

## Fix safety
None is offered: which of the two was meant to come last, and for which layers, is the author's knowledge.

## A real bug it would have caught
open_flamingo#9: every layer was random although weights had been loaded. transformers#46620: loaded weights were drawn again by
`.data.normal_`.

## What it leaves alone
A new head for loaded features: fewer than two layers, or less than half of what was loaded. Loads behind a branch that could not
be decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from initlint.findings import Finding, Severity, Site
from initlint.graph import ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified, short

RULE = Rule(
    code="INI507",
    name="init-after-loading",
    summary="An init routine replaces the weights that were loaded just before",
)
LEAST = 2
"""Layers that have to be drawn again: one may be a new head."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding for each load of which most is replaced."""
    loads: dict[Site, list[Parameter]] = {}
    for parameter in graph.parameters:
        if parameter.loaded is not None and parameter.shape is not None and len(parameter.shape) > 1:
            loads.setdefault(parameter.loaded, []).append(parameter)
    for load, loaded in loads.items():
        replaced = [p for p in loaded if p.reinitialised is not None and p.reinitialised.site is not None]
        if len(replaced) >= LEAST and 2 * len(replaced) >= len(loaded):
            yield _finding(graph, load, loaded, replaced)


def _finding(graph: ModelGraph, load: Site, loaded: list[Parameter], replaced: list[Parameter]) -> Finding:
    events = [p.reinitialised for p in replaced if p.reinitialised is not None]
    place = Counter(event.site for event in events if event.site is not None).most_common(1)[0][0]
    event = next(event for event in events if event.site == place)
    return RULE.at(
        graph,
        place,
        Severity.ERROR,
        f"{short(event.initializer)} replaces what line {load.line} loaded: {len(replaced)} of {len(loaded)} loaded weights are drawn again",
        help="Initialise first, then load",
        parameter=replaced[0].name,
        parameters=qualified(graph, replaced),
        evidence={"loaded": len(loaded), "replaced": len(replaced), "load": load.line},
    )
