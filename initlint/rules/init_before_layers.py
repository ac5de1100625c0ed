"""An init routine that walks over the model before all of its layers exist.

## What it does
Finds constructors that call `self.apply(routine)`, or walk over `self.modules()` or `self.parameters()` to initialise,
and construct further layers, themselves or in their parts, that the routine would have drawn.

## Why is this bad?
A walk sees what is registered at that moment. Layers that come later keep their default, `Var = 1/(3 fan_in)` for linear and
convolution layers, next to others that start from the routine's law: where that is `Var = 2/fan_in`, the late layer passes on a
sixth of what its neighbours do.

## Example
    self.body = nn.Linear(64, 64)
    self.apply(self._init_weights)
    self.head = nn.Linear(64, 10)

Use instead:
    self.body = nn.Linear(64, 64)
    self.head = nn.Linear(64, 10)
    self.apply(self._init_weights)

## Fix safety
Unsafe: the call moves to the end of the constructor, so it also reaches whatever else was constructed late.

## A real bug it would have caught
cosmos-predict2.5#15 is the mirror image (layers added before the routine that must not see them); mmdetection#91: a routine that
skips layers in silence.

## What it leaves alone
Late layers that a later walk or call initialises, whose default is what the routine would have written, of a kind that it
does not ask for, or that another constructor (of a derived class, of a model around this one) makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from initlint.findings import Finding, Fix, MoveToEnd, Severity, Site
from initlint.graph import Layer, ModelGraph, Origin, Sweep
from initlint.rules import Rule
from initlint.rules._sites import qualified, spell_names
from initlint.theory.laws import Distribution

RULE = Rule(
    code="INI502",
    name="init-before-layers",
    summary="An init routine walks over the model before all of its layers exist",
    fixable="sometimes",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per walk that comes too early."""
    times = sorted({layer.time for layer in graph.layers} | {sweep.time for sweep in graph.sweeps})
    ends = dict(pairwise(times))
    for sweep in graph.sweeps:
        if sweep.called is None or sweep.rest is None:
            continue
        missed = [layer for layer in graph.layers if layer.time > sweep.time and _in_rest(layer, sweep) and _untouched(layer)]
        laws = sweep.later | _written(graph, sweep, ends.get(sweep.time)) if missed else {}
        late = [layer for layer in missed if layer.kind in laws and _differs(layer, laws[layer.kind])]
        if late:
            yield _finding(graph, sweep.called, late)


def _in_rest(layer: Layer, sweep: Sweep) -> bool:
    """Whether the layer belongs to what was walked over and is constructed, by itself or in a part, in what of the constructor runs after the walk."""
    site, rest = layer.site, sweep.rest
    if site is None or rest is None or not f"{layer.path}.".startswith(f"{sweep.path}." if sweep.path else ""):
        return False
    if sweep.ended is not None:
        return layer.time < sweep.ended
    return site.path == rest.path and (rest.line, rest.column) <= (site.line, site.column) and site.end_line <= rest.end_line


def _untouched(layer: Layer) -> bool:
    """Whether nobody ever wrote to a layer of the framework's own."""
    events = [event for parameter in layer.parameters.values() for event in parameter.events]
    return layer.class_name in ("", layer.kind) and bool(events) and all(event.origin is Origin.DEFAULT for event in events)


def _written(graph: ModelGraph, sweep: Sweep, end: int | None) -> dict[str, Distribution]:
    """What the walk gave to the weights of each kind of layer."""
    laws: dict[str, Distribution] = {}
    for layer, parameter in graph.layers_with("weight"):
        for event in parameter.events:
            if event.origin is not Origin.DEFAULT and event.certain and event.time > sweep.time and (end is None or event.time < end):
                laws[layer.kind] = event.distribution
    return laws


def _differs(layer: Layer, law: Distribution) -> bool:
    weight = layer.parameters.get("weight")
    own = weight.distribution if weight is not None else None
    return own is not None and (own.kind, own.law, own.mean if own.kind == "constant" else 0) != (law.kind, law.law, law.mean if law.kind == "constant" else 0)


def _finding(graph: ModelGraph, place: Site, late: list[Layer]) -> Finding:
    weights = [layer.parameters["weight"] for layer in late]
    parameters = [parameter for layer in late for parameter in layer.parameters.values()]
    own = weights[0].distribution
    return RULE.at(
        graph,
        place,
        Severity.WARNING,
        f"{spell_names(weights)} {'are' if len(weights) > 1 else 'is'} constructed after this walk over the modules "
        f"and keep{'' if len(weights) > 1 else 's'} the default, {own.law or own.kind if own else ''}",
        fix=Fix(message="Initialise at the end of the constructor", actions=(MoveToEnd(site=place),)),
        parameter=weights[0].name,
        parameters=qualified(graph, parameters),
        evidence={"layers": [layer.path for layer in late], "line": late[0].site.line if late[0].site else None},
    )
