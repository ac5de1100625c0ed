"""A variance passed where a standard deviation belongs.

## What it does
Compares the standard deviation of every `normal_` and `trunc_normal_`, and the bounds of every symmetric `uniform_`, with the variances
of the known schemes for the tensor at hand: `2 / fan_in`, `2 / fan_out`, `2 / (fan_in + fan_out)`, and for bounds `6 / fan`.

## Why is this bad?
He et al. 2015 (eq. 10) ask for `Var(W) = 2 / fan_in`, so `std = sqrt(2 / fan_in)`. Passing the variance itself makes the weight too small by
that root, and `r = Var(W) fan_in / 2` becomes `2 / fan_in` in place of 1: a layer of 256 inputs passes on 0.8 % of the signal.

## Example
    nn.init.normal_(layer.weight, 0, 2 / layer.in_features)

Use instead:
    nn.init.normal_(layer.weight, 0, std=(2 / layer.in_features) ** 0.5)

## Fix safety
Takes the root of the argument as it is written. Safe where the call writes the flagged weights only. No edit for bounds, which are two arguments.

## A real bug it would have caught
gpt-neox#1087: an initial scale divided by `m` where the root of `m` belongs; tflearn#870 and mlverse/torch#555 are the same mistake in Xavier's bound.

## What it leaves alone
`1 / fan_in`, which is a choice of its own (the readout of muP, the first layer of SIREN, codebooks); round numbers such as 0.02 that equal `2 / 100` by
chance; sizes below 8, where a variance and its root are close; weights that a norm rescales are a note.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.flow import Weight, normalised_after, weights
from initlint.graph import InitCall, ModelGraph
from initlint.rules import Rule
from initlint.rules._sites import INIT, POSITIONAL, TENSOR, calls_by_site, qualified, short, spell_names
from initlint.symbolic import Number, Sym
from initlint.theory.fans import torch_fans
from initlint.theory.laws import spell

RULE = Rule(code="INI304", name="variance-as-std", summary="A variance passed where a standard deviation or a bound belongs", fixable="sometimes")
SMALLEST = 8
"""Fans below this are not judged."""


@dataclass(frozen=True, slots=True)
class Match:
    """A number that is the variance of a scheme."""

    argument: str
    value: Number
    law: str


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that passes a variance."""
    found = [(call, match) for call in graph.calls if (match := _match(call)) is not None]
    chance = {call.site for call in graph.calls if _refuted(call)} if found else set()
    found = [(call, match) for call, match in found if call.site not in chance]
    matches = {id(call): match for call, match in found}
    shielded: dict[int, Weight] = {id(w.parameter): w for w in weights(graph)} if found and not graph.forward_reason else {}
    for site, calls in calls_by_site(call for call, _ in found):
        uses = [shielded.get(id(call.parameter)) for call in calls]
        harmless = all(use is not None and normalised_after(use) for use in uses)
        yield _finding(graph, site, calls, matches[id(calls[0])], Severity.NOTE if harmless else Severity.WARNING)


def _match(call: InitCall) -> Match | None:
    given = _given(call)
    if given is None or call.shape is None:
        return None
    argument, value, factor = given
    law = _scheme(value, call.shape, factor)
    return Match(argument, value, law) if law else None


def _given(call: InitCall) -> tuple[str, Any, int] | None:
    """The name and value of the spread that a call asks for, and the variance of its schemes in units of 1/fan."""
    if call.problem or call.shape is None or len(call.shape) < 2:
        return None
    stem = short(call.initializer).rstrip("_")
    if stem in ("normal", "trunc_normal") and "std" in call.arguments:
        return "std", call.arguments["std"], 2
    if stem == "uniform":
        low, high = ("from_", "to") if call.initializer.startswith(TENSOR) else ("a", "b")
        bound = call.arguments.get(high)
        if bound is not None and _same(call.arguments.get(low), -bound if isinstance(bound, (int, float, Sym)) else None):
            return high, bound, 6
    return None


def _refuted(call: InitCall) -> bool:
    """Whether a call shows that what it is given is no variance of a scheme: then it is one by chance where the same line is given another shape."""
    given = _given(call)
    if given is None or call.shape is None or not isinstance(given[1], float) or _is_round(given[1]):
        return False
    fans = torch_fans(call.shape)
    return all(isinstance(fan, int) and fan >= SMALLEST for fan in (fans.fan_in, fans.fan_out)) and _match(call) is None


def _scheme(value: Any, shape: tuple[Number, ...], factor: int) -> str:
    """The variance that ``value`` is, as a formula; empty where it is none, or may be one by chance."""
    if not isinstance(value, (int, float, Sym)) or isinstance(value, bool) or (not isinstance(value, Sym) and _is_round(value)):
        return ""
    fans = torch_fans(shape)
    square = factor == 2 and fans.fan_in == fans.fan_out  # there 2 / (fan_in + fan_out) is 1 / fan_in
    for name, fan in (("fan_in", fans.fan_in), ("fan_out", fans.fan_out), ("(fan_in + fan_out)", 0 if square else fans.fan_in + fans.fan_out)):
        if (isinstance(fan, Sym) or fan >= SMALLEST) and _same(value, factor / fan):
            return f"{factor} / {name}"
    return ""


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Sym) or isinstance(right, Sym):
        return isinstance(left, Sym) and bool(left == right)
    return isinstance(left, (int, float)) and isinstance(right, (int, float)) and math.isclose(left, right, rel_tol=1e-9)


def _is_round(value: float) -> bool:
    """Whether somebody may have typed ``value``."""
    return math.isclose(float(f"{value:.2g}"), value, rel_tol=1e-9)


def _finding(graph: ModelGraph, site: Site, calls: list[InitCall], match: Match, severity: Severity) -> Finding:
    call, std = calls[0], match.argument == "std"
    parameters = list({id(c.parameter): c.parameter for c in calls if c.parameter is not None}.values())
    target = spell_names(parameters) if parameters else f"`{call.spelled.get('tensor', 'tensor')}`"
    meant = "variance" if std else "square of a bound"
    small = "" if isinstance(match.value, Sym) else f", {spell(1 / math.sqrt(match.value))} times too small"
    return RULE.at(
        graph,
        site,
        severity,
        f"{target}: {'std' if std else 'bound'} = {match.law} is the {meant} that the scheme asks for, not its square root{small}",
        fix=_fix(call, match),
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={"initializer": short(call.initializer), "value": None if isinstance(match.value, Sym) else match.value, "scheme": match.law},
        help="" if std else "Take the square root of both bounds.",
    )


def _fix(call: InitCall, match: Match) -> Fix | None:
    if match.argument != "std" or call.chosen is not None:
        return None
    name = short(call.initializer)
    parameters = POSITIONAL[name if name.endswith("_") else f"{name}_"] if call.initializer.startswith(INIT) else ("mean", "std")
    action = ReplaceCall(site=call.site, parameters=parameters, rephrase=(("std", "std={} ** 0.5"),))
    return Fix(message="Take the square root", actions=(action,), assumes=call.parameter is None)
