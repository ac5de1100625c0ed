"""A tied weight is initialised under both of its names, with different laws.

## What it does
Finds parameters that two layers share and that are drawn once as the weight of the one and once as that of the other, by
different laws: by name, or by two branches of an init routine that each select one of the layers.

## Why is this bad?
There is one tensor, and the later draw wins. What was chosen for the other role is lost without a word: an embedding meant to
start at `std = 1` starts at the 0.02 of the output layer, or logits meant to have variance `n 0.02^2` get `n`. Which of the two it is
depends on the order in which `apply` or `modules()` meets the layers (Press & Wolf 2017 on tying).

## Example
    self.decoder.weight = self.encoder.weight
    nn.init.normal_(self.encoder.weight, std=1.0)
    nn.init.normal_(self.decoder.weight, std=0.02)

Use instead:
    self.decoder.weight = self.encoder.weight
    nn.init.normal_(self.decoder.weight, std=0.02)

## Fix safety
Unsafe: removes the draw that is lost. Offered where a statement of its own makes it, for this weight alone.

## A real bug it would have caught
torchtitan#2342: the output head of Qwen3 shares its weight with an embedding drawn by `N(0, 1)`, and the loss starts above 500. mup#55 is
the same with a rescaled readout.

## What it leaves alone
Equal laws, such as one std for every layer; weights drawn before they are tied, if under one name only; frozen or loaded ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from initlint.findings import Finding, Fix, RemoveStatement, Severity, Site
from initlint.graph import InitEvent, ModelGraph, Origin, Parameter
from initlint.rules import Rule
from initlint.rules._sites import qualified, short
from initlint.symbolic import Sym
from initlint.theory.laws import Distribution

RULE = Rule(
    code="INI406",
    name="tied-weights-twice",
    summary="A tied weight initialised under both of its names, with different laws",
    fixable="sometimes",
)
NOTICED = 1.5
"""Ratio of the two stds from which the difference is a warning."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per tied weight of which one draw is lost."""
    for parameter in graph.parameters:
        if parameter.aliases and parameter.requires_grad and parameter.loaded is None:
            yield from _lost(graph, parameter)


def _lost(graph: ModelGraph, parameter: Parameter) -> Iterator[Finding]:
    draws = [e for e in parameter.events if e.effective and e.origin not in (Origin.DEFAULT, Origin.LOAD) and e.site is not None]
    if len(draws) < 2 or any(event.partial or not event.certain for event in draws):
        return
    last = draws[-1]
    named: dict[Site, str] = {call.site: call.spelled.get("tensor", "") for call in graph.calls if call.parameter is parameter}
    other = next((event for event in reversed(draws[:-1]) if _by_other_name(parameter, event, last, named)), None)
    if other is not None and other.distribution != last.distribution:
        yield _finding(graph, parameter, other, last)


def _by_other_name(parameter: Parameter, first: InitEvent, last: InitEvent, named: dict[Site, str]) -> bool:
    """Whether two writes reached the tensor as the weight of different layers."""
    if first.guard is not None and last.guard is not None:
        return first.routine == last.routine and first.guard != last.guard
    names = [_meant(parameter, named.get(event.site, "") if event.site else "") for event in (first, last)]
    return None not in names and names[0] != names[1]


def _meant(parameter: Parameter, spelled: str) -> str | None:
    """The one state-dict name that ``self.decoder.weight`` in a call can mean."""
    rest = spelled.removesuffix(".data").removeprefix("self.")
    if "." not in rest or "…" in rest:
        return None
    found = [name for name in (parameter.name, *parameter.aliases) if f".{name}".endswith(f".{rest}")]
    return found[0] if len(found) == 1 else None


def _finding(graph: ModelGraph, parameter: Parameter, first: InitEvent, last: InitEvent) -> Finding:
    assert first.site is not None and last.site is not None
    lost, kept = (_spell(event.distribution) for event in (first, last))
    ratio = _ratio(first.distribution, last.distribution)
    alone = sum(1 for p in graph.parameters for event in p.events if event.site == first.site) == 1
    action = RemoveStatement(site=first.site) if alone and first.guard is None else None
    return RULE.at(
        graph,
        first.site,
        Severity.WARNING if ratio is None or not 1 / NOTICED < ratio < NOTICED else Severity.NOTE,
        f"`{parameter.name}` and `{parameter.aliases[0]}` are one tensor: this draw ({lost}) is lost to that of line {last.site.line} ({kept})",
        fix=Fix(message="Remove the draw that is lost", actions=(action,)) if action else None,
        parameter=parameter.name,
        parameters=qualified(graph, [parameter]),
        evidence={"aliases": list(parameter.aliases), "lost": short(first.initializer), "kept": short(last.initializer), "kept_line": last.site.line},
        help="Initialise the tensor once, for the role whose scale matters.",
    )


def _spell(law: Distribution) -> str:
    if law.std is None:
        return law.law or law.kind
    return f"std {law.std:.3g}" if not isinstance(law.std, Sym) else f"std {law.std}"


def _ratio(left: Distribution, right: Distribution) -> float | None:
    if left.std is None or right.std is None or isinstance(left.std, Sym) or isinstance(right.std, Sym) or not left.std or not right.std:
        return None
    return float(left.std / right.std)
