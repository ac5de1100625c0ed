"""An init routine that takes over the layers of a model and forgets its norms.

## What it does
Finds routines that pick layers by `isinstance` and initialise the linear and convolution layers of a model that
also has normalisation layers, with no branch for those.

## Why is this bad?
Nothing is wrong by the numbers: a framework's own norms start at `gamma = 1`, `beta = 0`, which is what
`gamma x + beta` needs to hand on `E x^2 = 1` (Ioffe & Szegedy 2015). But the routine does not restore
what it claims to set. Called again (to re-initialise, after loading, on a model built on the `meta`
device) it leaves the norms as they are, and a later edit that gives them other defaults goes unnoticed.

## Example
    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)

Use instead:
    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.xavier_uniform_(m.weight)
        elif isinstance(m, nn.LayerNorm):
            nn.init.ones_(m.weight)
            nn.init.zeros_(m.bias)

## Fix safety
Adds a branch that writes the values the norms already start from, so nothing that is drawn changes.

## A real bug it would have caught
llm-foundry#1745: RMSNorm weights left uninitialised (NaN) once the model was built on the `meta` device, because the
init function had no branch for them.

## What it leaves alone
Models whose norms are set anywhere else, norms that are frozen or have no affine parameters, norms of the author's own
class, routines that touch no linear or convolution layer, that do not choose by `isinstance`, that belong to a submodule
(its own norms are what it answers for), or that are given a part of the model that holds no norm.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from initlint.findings import Finding, Fix, InsertBranch, Severity, Site
from initlint.flow import WEIGHTED
from initlint.graph import InitEvent, Layer, ModelGraph, Origin, Parameter
from initlint.rules import Rule
from initlint.rules._sites import INIT, qualified
from initlint.rules.norm_affine import is_norm

RULE = Rule(
    code="INI402",
    name="missing-norm-init",
    summary="An init routine sets linear and convolution layers but has no branch for the model's norms",
    fixable="sometimes",
)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per routine that forgets the norms."""
    norms = [layer for layer in graph.layers if is_norm(layer) and any(p.requires_grad for p in layer.parameters.values())]
    if not norms or not all(_untouched(layer) for layer in norms):
        return
    for (_, routine), writes in _routines(graph).items():
        scope = _common([layer.path for layer, _ in writes])
        forgotten = [norm for norm in norms if _inside(norm.path, scope)]
        if forgotten and _answers(graph, routine):
            yield _finding(graph, routine, [event for _, event in writes], forgotten)


def _answers(graph: ModelGraph, routine: str) -> bool:
    """Whether ``routine`` is a function of its own, or a method of the model's class or one of its bases."""
    owners = routine.split(".")[:-1]
    return not owners or not {name.rpartition(".")[2] for name in graph.lineage}.isdisjoint(owners)


def _common(paths: list[str]) -> str:
    """The path of the innermost module that holds every one of ``paths``."""
    columns = zip(*(path.split(".")[:-1] for path in paths), strict=False)
    return ".".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))


def _inside(path: str, scope: str) -> bool:
    return not scope or path.startswith(f"{scope}.")


def _untouched(layer: Layer) -> bool:
    """Whether nothing but the constructor ever wrote to ``layer``, which is the framework's own: ``reset_parameters`` would be a second default."""
    events = [parameter.events for parameter in layer.parameters.values() if parameter.events]
    return layer.class_name in ("", layer.kind) and bool(events) and all(len(one) == 1 and one[0].origin is Origin.DEFAULT for one in events)


def _routines(graph: ModelGraph) -> dict[tuple[str, str], list[tuple[Layer, InitEvent]]]:
    """Guarded writes to linear and convolution weights, by file and routine."""
    found: dict[tuple[str, str], list[tuple[Layer, InitEvent]]] = {}
    for layer, parameter in graph.layers_with("weight"):
        if not layer.kind.startswith(WEIGHTED):
            continue
        for event in parameter.events:
            if event.guard is not None and event.variable and event.routine and event.certain:
                found.setdefault((event.guard.path, event.routine), []).append((layer, event))
    return found


def _finding(graph: ModelGraph, routine: str, events: list[InitEvent], norms: list[Layer]) -> Finding:
    guards = sorted({event.guard for event in events if event.guard is not None})
    kinds = sorted({layer.kind for layer in norms})
    parameters = [p for layer in norms for p in layer.parameters.values()]
    count = f"{len(norms)} {kinds[0] if len(kinds) == 1 else 'norm'} layer{'s' if len(norms) > 1 else ''}"
    return RULE.at(
        graph,
        guards[0],
        Severity.NOTE,
        f"`{routine}` initialises the linear and convolution layers, but not the {count} of the model; harmless while their defaults are weight 1, bias 0",
        fix=_fix(graph, events, guards[-1], norms),
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={"routine": routine, "norms": kinds, "layers": len(norms)},
    )


def _fix(graph: ModelGraph, events: list[InitEvent], last: Site, norms: list[Layer]) -> Fix | None:
    variable = next(event.variable for event in events if event.guard == last)
    full, bare = set[str](), set[str]()
    for layer in graph.layers:
        if not is_norm(layer):
            continue
        weight, bias = layer.parameters.get("weight"), layer.parameters.get("bias")
        name = _class_of(weight) if weight else None
        if name is None:
            return None
        (full if bias is not None else bare).add(name)
    if full & bare:
        return None
    weight_only = ((INIT + "ones_", "weight", ""),)
    both = (*weight_only, (INIT + "zeros_", "bias", ""))
    branches = [(classes, statements) for classes, statements in ((full, both), (bare, weight_only)) if classes]
    actions = tuple(InsertBranch(site=last, variable=variable, classes=tuple(sorted(c)), statements=s) for c, s in branches)
    return Fix(message="Add a branch for the norms", actions=actions)


def _class_of(weight: Parameter) -> str | None:
    """Canonical name of the framework class whose default ``weight`` holds."""
    first = weight.events[0] if weight.events else None
    return first.initializer if first is not None and first.origin is Origin.DEFAULT else None
