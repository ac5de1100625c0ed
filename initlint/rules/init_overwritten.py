"""An initializer whose values the same routine replaces at once.

## What it does
Finds initializer calls every result of which the same function overwrites by another initializer, with another law. A warning
where a layer of the same kind beside it is left to its default, a note otherwise. Calls that stand twice, one below the other, or once
more with the same law while a layer beside is forgotten. And values chosen for one layer (a constant, an orthogonal matrix) that a
routine for all layers, running later, replaces; a note where the choice was made in another file, unless it is a bias that was computed.

## Why is this bad?
Only the last write counts: `w <- D1; w <- D2` starts from `D2`, whatever `D1` was. Either the first call is dead code, or it was meant
for another tensor, which then keeps its default (a copied line whose name was not changed).

## Example
    nn.init.xavier_uniform_(self.query.weight)
    nn.init.normal_(self.query.weight, std=0.02)

Use instead:
    nn.init.xavier_uniform_(self.key.weight)
    nn.init.normal_(self.query.weight, std=0.02)

## Fix safety
Unsafe: the first call is removed. No law changes, but a draw less shifts the random numbers of all that follow, and the author may have
meant another tensor.

## A real bug it would have caught
transformers#35437: the initialisation of a composite model was lost to the one that ran after it. beta-recsys draws the embedding of
the users twice and that of the items never; CogDL's `stgat.py` draws its first LSTM twice and the second never, deepchem's `fcnet.py`
its output layer instead of the one for the uncertainty.
mamba.py zeroes the steps that its blocks computed.

## What it leaves alone
A blanket routine followed by a special case that concerns some of its parameters, a constructor whose draws the model around it
replaces by other draws around zero, a bias of zero, tied weights (INI406), and writes that build on the old values (`mul_`, `clamp_`, a slice).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from initlint.findings import Finding, Fix, RemoveStatement, Severity, Site
from initlint.graph import InitEvent, ModelGraph, Origin, Parameter
from initlint.rules import Rule
from initlint.rules._purpose import is_computed, replaced_choices
from initlint.rules._sites import INIT, TENSOR, at_sites, qualified, short, spell_names
from initlint.theory.laws import spell

RULE = Rule(
    code="INI505",
    name="init-overwritten",
    summary="An initializer whose values the same routine overwrites with another law",
    fixable="sometimes",
)
DRAWS = frozenset(TENSOR + name for name in ("normal_", "uniform_", "fill_", "zero_", "exponential_", "log_normal_", "cauchy_"))
"""Methods that do not look at the values they replace."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call all of whose values are overwritten."""
    lost: dict[Site, list[tuple[Parameter, InitEvent, InitEvent]]] = {}
    kept: set[Site] = set()
    for parameter in graph.parameters:
        events = [event for event in parameter.events if event.origin not in (Origin.DEFAULT, Origin.LOAD) and event.effective]
        for first, second in pairwise(events):
            if first.site is not None and not parameter.aliases and _replaces(first, second):
                lost.setdefault(first.site, []).append((parameter, first, second))
            elif first.site is not None:
                kept.add(first.site)
        last = events[-1].site if events else None
        if last is not None:
            kept.add(last)
    for site, writes in lost.items():
        if site in kept or site.path != graph.path:
            continue
        _, first, second = writes[0]
        is_special = second.distribution.std == 0 and first.distribution != second.distribution  # the last layer at zero
        forgotten = [] if is_special else _forgotten(graph, writes[0][0])
        if _was_copied(site, second, forgotten):
            yield _drawn_twice(graph, site, writes, forgotten)
        elif any(first.distribution != second.distribution for _, first, second in writes):
            yield _finding(graph, site, writes, forgotten)
        elif forgotten:
            yield _drawn_twice(graph, site, writes, forgotten)
    yield from _repeated(graph)
    yield from _lost_choices(graph)


def _lost_choices(graph: ModelGraph) -> Iterator[Finding]:
    """Values chosen for one parameter that a routine for all layers replaces."""
    lost: dict[tuple[Site, Site], list[tuple[Parameter, InitEvent, InitEvent]]] = {}
    for parameter, first, last in replaced_choices(graph):
        if first.site is not None and last.site is not None and _draws(last):
            lost.setdefault((first.site, last.site), []).append((parameter, first, last))
    for (chosen, replaced), writes in lost.items():
        parameters = [parameter for parameter, _, _ in writes]
        _, first, last = writes[0]
        here = chosen if chosen.path == graph.path else replaced
        if here.path != graph.path:
            continue
        law = first.distribution
        chose = "computed" if is_computed(first) else f"set to {spell(law.mean)}" if law.kind == "constant" and law.mean is not None else "drawn"
        routine = f"`{last.routine.rpartition('.')[2]}`" if last.routine else "a loop"
        kind = writes[0][0].layer.kind if writes[0][0].layer is not None else ""
        yield RULE.at(
            graph,
            here,
            Severity.WARNING if here is chosen or is_computed(first) else Severity.NOTE,
            f"{spell_names(parameters)} {'is' if len(parameters) == 1 else 'are'} {chose} by {short(first.initializer)} and lost again: "
            f"{routine} runs later, and its {short(last.initializer)} writes to every {kind or 'layer'}",
            parameter=parameters[0].name,
            parameters=qualified(graph, parameters),
            evidence=at_sites([replaced if here is chosen else chosen]),
            help="Choose the values after the routine for all has run, or leave them out of it",
        )


def _repeated(graph: ModelGraph) -> Iterator[Finding]:
    """The same call on two lines that follow each other."""
    calls = {call.site: call for call in graph.calls if "…" not in call.spelled.get("tensor", "…") and call.site.path == graph.path}
    for first, second in pairwise(sorted(calls.values(), key=lambda call: (call.site.line, call.site.column))):
        told = [(call.initializer, call.routine, call.spelled, call.arguments, call.site.column) for call in (first, second)]
        if told[0] == told[1] and second.site.line == first.site.end_line + 1:
            target = first.spelled["tensor"]
            text = f"`{target}` is drawn twice by the same call: the second changes nothing, one of the two was meant for another parameter"
            yield RULE.at(graph, second.site, Severity.WARNING, text, evidence={"first": first.site.line}, help="Name the parameter that was meant")


def _replaces(first: InitEvent, second: InitEvent) -> bool:
    """Whether ``second`` makes ``first`` pointless, on the same path through the same function."""
    alike = first.routine == second.routine and first.guard == second.guard and first.site != second.site
    whole = first.certain and second.certain and not first.partial and not second.partial
    return alike and whole and _draws(first) and _draws(second)


def _draws(event: InitEvent) -> bool:
    return event.initializer.startswith(INIT) or event.initializer in DRAWS


def _was_copied(site: Site, second: InitEvent, forgotten: list[Parameter]) -> bool:
    """Whether a layer that is forgotten was made between the two calls: the second is a copied line in which the name was not changed."""
    made = [layer.site for parameter in forgotten if (layer := parameter.layer) is not None and layer.site is not None]
    return second.site is not None and any(one.path == site.path and site.line < one.line <= second.site.line for one in made)


def _drawn_twice(graph: ModelGraph, site: Site, writes: list[tuple[Parameter, InitEvent, InitEvent]], forgotten: list[Parameter]) -> Finding:
    parameters = [parameter for parameter, _, _ in writes]
    _, first, second = writes[0]
    return RULE.at(
        graph,
        second.site or site,
        Severity.WARNING,
        f"{spell_names(parameters)} {'had the same law' if first.distribution == second.distribution else 'was drawn already,'} "
        f"{'since' if first.distribution == second.distribution else 'by'} {short(first.initializer)} at line {site.line}, "
        f"while {spell_names(forgotten)} keep{'s' if len(forgotten) == 1 else ''} the default: one of the two calls was meant for another layer",
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"first": site.line, **at_sites([site])},
        help="Name the layer that was meant",
    )


def _finding(graph: ModelGraph, site: Site, writes: list[tuple[Parameter, InitEvent, InitEvent]], forgotten: list[Parameter]) -> Finding:
    parameters = [parameter for parameter, _, _ in writes]
    _, first, second = writes[0]
    line = second.site.line if second.site is not None else 0
    return RULE.at(
        graph,
        site,
        Severity.WARNING if forgotten else Severity.NOTE,
        f"{short(first.initializer)} has no effect: {short(second.initializer)} at line {line} overwrites {spell_names(parameters)}"
        + (f", while {spell_names(forgotten)} keep{'s' if len(forgotten) == 1 else ''} the default" if forgotten else ""),
        fix=Fix(message="Remove the first call", actions=(RemoveStatement(site=site),)),
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"overwritten_by": line},
    )


def _forgotten(graph: ModelGraph, parameter: Parameter) -> list[Parameter]:
    """Weights of layers of the same kind beside the one written twice that nobody initialises."""
    layer = parameter.layer
    if layer is None or not layer.kind:
        return []
    parent = layer.path.rpartition(".")[0]
    beside = [other for other in graph.layers if other is not layer and other.kind == layer.kind and other.path.rpartition(".")[0] == parent]
    weights = [other.parameters[parameter.role] for other in beside if parameter.role in other.parameters]
    return [weight for weight in weights if all(event.origin is Origin.DEFAULT for event in weight.events)]
