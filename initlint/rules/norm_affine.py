"""A normalisation's affine parameters start elsewhere than weight 1, bias 0.

## What it does
Looks at every explicit write to the weight (gamma) and bias (beta) of a normalisation layer, usually made by a
loop that was meant for the linear layers or by an initializer that was meant for their weights. Routines that loop over the parameters of
whatever model they are handed are tried on a small one with two norms, where no model of the file is handed to them and the project has norms;
those that tell norms by their type, on one of each.
Of norms that the author wrote, it looks at gains that are drawn around 0, where the forward pass multiplies the normalised signal by them,
and at moving deviations and variances that are.

## Why is this bad?
A norm returns `gamma x + beta` with `E x = 0`, `E x^2 = 1`, so the second moment it hands on is
`E gamma^2 + E beta^2` instead of 1 (Ioffe & Szegedy 2015; Ba, Kiros & Hinton 2016). `N(0, 0.02^2)` leaves 0.04 % of the
signal and turns half the channels over; `U(-k, k)` leaves `k^2 / 3`. Forward, a norm further on may restore the
scale; nothing restores the gradient of what lies before.

## Example
    for p in self.parameters():
        nn.init.uniform_(p, -stdv, stdv)

Use instead:
    for name, p in self.named_parameters():
        if "norm" not in name:
            nn.init.uniform_(p, -stdv, stdv)

## Fix safety
Where the call writes norm parameters only it becomes `ones_` or `zeros_`, which is safe. Where it also writes other
parameters no edit is offered: the loop has to tell them apart.

## A real bug it would have caught
transformers#143 and #171: BERT's LayerNorm gamma and beta drawn from N(0, 0.02). objax#94: gamma and beta swapped.

## What it leaves alone
A zero weight on the last norm of a residual branch, before a gate or at the output; on its first norm, where a call that
writes no other norm chose it. `N(1, 0.02)` and other narrow draws
around 1 (DCGAN). Small constants on a residual branch (LayerScale). Constant biases. Gains of the
author's own norms that are constants, or to which `forward` adds 1. Frozen norms, and norms conditioned on an input. A large constant
is a number somebody chose, and a note; so is a draw from U(0, 1), torch's own default once, by a call that is about the weights of norms alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from initlint.findings import Finding, Fix, Severity, Site
from initlint.flow import consumers, gates, in_residual, is_head, is_parametric, is_skipped, nonlinearity_after
from initlint.graph import Layer, ModelGraph, Parameter
from initlint.rules import Rule
from initlint.rules._gains import chosen, own_divisors, own_gains
from initlint.rules._sites import (
    by_site,
    called_at,
    constant_call,
    constant_value,
    explicit,
    left_in_layers,
    of_any,
    origin_of,
    place_of,
    qualified,
    short,
    spell_names,
    written_at,
)
from initlint.symbolic import Number, Sym
from initlint.theory.laws import Distribution, spell

RULE = Rule(
    code="INI401",
    name="norm-affine",
    summary="A normalisation layer whose weight does not start at 1, or whose bias does not start at 0",
    fixable="sometimes",
)
NORMS = re.compile(r"(?:BatchNorm\dd|LayerNorm|GroupNorm)\.weight")
"""Weights of norms that a routine tells by their type."""
ZEROED = re.compile(r"zero|null|ident|last|final|resid", re.IGNORECASE)
"""Names of routines that are about the last norm of a residual branch."""
SKIP = "The same call also writes other parameters: let it skip those of the normalisation layers."
NARROW = 0.35
"""Spread around 1 up to which a random weight is a matter of taste."""
SMALL = 0.35
"""Root mean square up to which a random bias is one."""


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Every call that moves norm parameters away from where they belong."""
    verdicts: dict[int, Severity] = {}
    parameters: list[Parameter] = []
    for layer in graph.layers:
        if not is_norm(layer) or layer.class_name not in ("", layer.kind):
            continue
        for role, judge in (("weight", _judge_weight), ("bias", _judge_bias)):
            parameter = layer.parameters.get(role)
            if parameter is None or parameter.distribution is None or explicit(parameter) is None:
                continue
            severity = judge(graph, layer, parameter.distribution)
            if severity is None and role == "weight" and _opens_branch(graph, layer, parameter):
                severity = Severity.WARNING
            if severity is not None:
                verdicts[id(parameter)] = severity
                parameters.append(parameter)
    yield from _of_samples(graph)
    yield from _of_own_norms(graph, own_gains(graph), "gain")
    yield from _of_own_norms(graph, own_divisors(graph), "spread", ": what it divides gets any sign and any size")
    for site, group in by_site(parameters):
        severity = max((verdicts[id(p)] for p in group), key=lambda s: s.rank)
        clobbered = any(p.role == "weight" and p.distribution is not None and p.distribution.kind != "constant" for p in group)
        blind = clobbered and (_others(graph, site) or {p.role for p in group} == {"weight", "bias"} or of_any(graph, site))
        yield _finding(graph, site, group, Severity.WARNING if blind else severity)


def _of_samples(graph: ModelGraph) -> Iterator[Finding]:
    """Calls that leave the weight of every norm at zero, or draw it around zero: a routine that no model of its file runs tells the norms by their type."""
    for call, law, others in left_in_layers(graph, NORMS):
        if law.mean != 0 or ZEROED.search(call.routine) or (law.std == 0 and others):
            continue  # what fills others with zeros, too, empties whatever it is given
        layer = call.into.partition(".")[0]
        action = constant_call(call, 1) if not others and call.chosen is None else None
        yield RULE.at(
            graph,
            place_of(call),
            Severity.WARNING,
            f"the weight of every `{layer}` starts {_spell_law(law)}, a norm's weight at 1{_spell_effect(law)}",
            fix=Fix(message="Start the weight of the norm at 1", actions=(action,)) if action else None,
            evidence={"initializer": short(call.initializer), "distribution": law.kind, "mean": 0, "std": _number(law.std), "needed": 1, **called_at(call)},
            help="" if action else SKIP if others else "Start it at 1: `nn.init.ones_`.",
        )


def _of_own_norms(graph: ModelGraph, parameters: Iterable[Parameter], part: str, effect: str = "") -> Iterator[Finding]:
    """Parameters of norms that the author wrote which belong at 1 and are drawn around 0."""
    groups: dict[Site, list[Parameter]] = {}
    for parameter in parameters:
        if (event := chosen(parameter)) is not None and event.site is not None:
            groups.setdefault(event.site, []).append(parameter)
    for site, group in groups.items():
        main = group[0]
        event, law = chosen(main), main.distribution
        assert event is not None and law is not None
        others = [parameter for parameter in written_at(graph, site) if parameter not in group]
        action = None if others else constant_call(event, 1)
        yield RULE.at(
            graph,
            site,
            Severity.WARNING,
            f"{spell_names(group)} {'start' if len(group) > 1 else 'starts'} {_spell_law(law)}, the {part} of a norm at 1{effect or _spell_effect(law)}",
            fix=Fix(message=f"Start the {part} of the norm at 1", actions=(action,)) if action else None,
            parameter=main.name,
            parameters=qualified(graph, group),
            evidence={
                "initializer": short(event.initializer),
                "distribution": law.kind,
                "mean": _number(law.mean),
                "std": _number(law.std),
                "needed": 1,
                **origin_of(event),
            },
            help="" if action else "Start it at 1: `initializer='ones'`, `torch.ones`.",
        )


def is_norm(layer: Layer) -> bool:
    """Whether ``layer`` is a framework normalisation."""
    return "Norm" in layer.kind and not layer.kind.startswith("Weight") and not layer.kind.startswith("Spectral")


def _judge_weight(graph: ModelGraph, layer: Layer, law: Distribution) -> Severity | None:
    mean = _number(law.mean)
    if law.kind == "constant":
        return None if mean is None else _judge_constant(graph, layer, mean)
    spread = _number(law.std)
    if mean is None:
        return None
    if spread is None:
        return Severity.WARNING if mean == 0 else None
    if abs(mean - 1) <= 0.1 and spread <= NARROW:
        return None
    power = mean * mean + spread * spread
    return Severity.NOTE if mean > spread and 0.1 <= power <= 10 else Severity.WARNING


def _judge_constant(graph: ModelGraph, layer: Layer, value: float) -> Severity | None:
    if value >= 0.1:
        return None if 0.5 <= value <= 2 or (value <= 10 and in_residual(layer)) else Severity.NOTE
    if not layer.calls or graph.forward_reason:
        return Severity.WARNING if value == 0 and graph.tried else None
    if value == 0 and _is_dead(layer):
        return Severity.ERROR
    if in_residual(layer) or gates(layer) or is_head(layer):
        return None
    return Severity.WARNING


def _opens_branch(graph: ModelGraph, layer: Layer, weight: Parameter) -> bool:
    """A zero weight on a norm that weights of its residual branch read, by a call that is about norms in several places: nothing enters the branch."""
    event = explicit(weight)
    if constant_value(weight) != 0 or graph.forward_reason or event is None or event.site is None or not is_skipped(layer):
        return False
    norms = {p.name.rpartition(".")[0].rpartition(".")[2] for p in written_at(graph, event.site) if p.role == "weight"}
    return len(norms) > 1 and not gates(layer) and _feeds_weights(layer)


def _feeds_weights(layer: Layer) -> bool:
    """Whether layers with weights, and nothing else, read what ``layer`` makes."""
    frontier = [end for call in layer.calls for end in consumers(call)]
    return bool(frontier) and all(is_parametric(end) and end.kind != "embedding" for end in frontier)


def _is_dead(layer: Layer) -> bool:
    """A zero weight with bias at most zero right in front of ReLU: value and slope are both zero."""
    after = nonlinearity_after(layer)
    bias = layer.parameters.get("bias")
    value = 0.0 if bias is None else constant_value(bias)
    return after is not None and after.name in ("relu", "relu6") and not after.path and value is not None and value <= 0


def _judge_bias(graph: ModelGraph, layer: Layer, law: Distribution) -> Severity | None:
    if law.kind == "constant":
        return None
    mean, spread = _number(law.mean), _number(law.std)
    if mean is None or spread is None:
        return None
    power = math.hypot(mean, spread)
    if power <= SMALL:
        return None
    return Severity.WARNING if power >= 0.95 else Severity.NOTE


def _number(value: Number | None) -> float | None:
    return None if value is None or isinstance(value, Sym) else float(value)


def _finding(graph: ModelGraph, site: Site, group: list[Parameter], severity: Severity) -> Finding:
    main = next((p for p in group if p.role == "weight"), group[0])
    law = main.distribution
    event = explicit(main)
    assert law is not None and event is not None
    others = _others(graph, site)
    aside = set(map(id, others))
    flagged = [p for p in written_at(graph, site) if id(p) not in aside]
    wanted = 1 if main.role == "weight" else 0
    dead = severity is Severity.ERROR and main.layer is not None and _is_dead(main.layer)
    effect = ": the rectifier behind it passes neither signal nor gradient" if dead else _spell_effect(law) if wanted else ""
    subject = f"the {main.role} of every norm" if graph.tried else spell_names(group)
    return RULE.at(
        graph,
        site,
        severity,
        f"{subject} {'start' if len(group) > 1 and not graph.tried else 'starts'} {_spell_law(law)}, a norm's {main.role} at {wanted}{effect}",
        fix=_fix(graph, flagged, others, wanted, main),
        parameter=main.name,
        parameters=qualified(graph, flagged),
        evidence={
            "initializer": short(event.initializer),
            "distribution": law.kind,
            "mean": _number(law.mean),
            "std": _number(law.std),
            "needed": wanted,
            "also_writes": [p.name for p in others],
            **origin_of(event),
        },
        help=SKIP if others else "",
    )


def _others(graph: ModelGraph, site: Site) -> list[Parameter]:
    """What a call writes besides norms: it was not meant for those."""
    norms = {id(p) for layer in graph.layers if is_norm(layer) for p in layer.parameters.values()}
    return [p for p in written_at(graph, site) if id(p) not in norms]


def _fix(graph: ModelGraph, flagged: list[Parameter], others: list[Parameter], wanted: int, main: Parameter) -> Fix | None:
    event = explicit(main)
    if others or event is None or any(p.role != main.role or p.distribution != main.distribution for p in flagged):
        return None  # a call that gives each norm another value takes it from its callers
    action = constant_call(event, wanted)
    return Fix(message=f"Start the {main.role} of the norm at {wanted}", actions=(action,)) if action else None


def _spell_law(law: Distribution) -> str:
    mean, std = law.mean, law.std
    if law.kind == "constant" and mean is not None:
        return f"at {spell(mean)}"
    if law.kind == "uniform" and law.low is not None and law.high is not None:
        return f"in U({spell(law.low)}, {spell(law.high)})"
    if mean is not None and std is not None:
        return f"in {'N' if law.kind == 'normal' else law.kind}({spell(mean)}, {spell(std)}²)"
    return "at random"


def _spell_effect(law: Distribution) -> str:
    mean, std = _number(law.mean), _number(law.std)
    if mean is None or std is None:
        return ""
    power = mean * mean + std * std
    if power > 1:
        return f": it hands on {power:.3g} times the power of the normalised signal"
    turned = ", half of it with its sign turned" if mean == 0 and std else ""
    return f": {100 * power:{'.0f' if power >= 0.1 else '.2g'}} % of the normalised signal is left{turned}"
