"""A weight whose spread is far from what the number of its inputs asks for.

## What it does
Computes `Var(W) fan_in` for every weight that an explicit initializer or an `nn.Parameter(torch.randn(...))` fills, with the
true fan_in of the product it is used in (`x @ W`, `F.linear`, `einsum`, the gates of a hand-written cell). It reports weights
that nothing normalises or rescales and that make the sums far too wide, or that leave almost nothing of the signal. Routines that
no model of their file runs are tried on a layer of each type they ask for, and with each option that they compare with a string or look up
in a table: a std left out there is one of every such layer.

## Why is this bad?
A sum of `n` inputs of unit variance has variance `n Var(W)` (LeCun et al. 1998, sec. 4.6; Glorot & Bengio 2010, eq. 5).
With `std = 1` and `n = 64` that is 64: a hidden signal grows 64-fold per layer, logits start with std 8, so that softmax is
nearly one-hot, and `tanh` is flat (slope below 2 %) for three units out of four. The other way round,
`xavier_normal_(w, gain=0.02)` takes the gain for a std: `Var(W) fan_in = 0.0004`, and each layer leaves 0.04 % of the variance.
Sizes that are not known are taken to be 16 at least, heads and groups 8; the message shows the numbers for 64.

## Example
    self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
    ...
    gates = x @ self.weight_ih.t() + h @ self.weight_hh.t()

Use instead:
    self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size) * input_size**-0.5)

## Fix safety
`torch.randn(...)` gets the factor `fan_in ** -0.5`, a call of `torch.nn.init` becomes the one that divides by the fan, a gain
goes. Safe where the call writes the flagged weights only, unsafe where it also writes others.

## A real bug it would have caught
neuralforecast's `dilated_rnn.py` draws the gates of its LSTM cell by `torch.randn`; NARM in torch-rechub exponentiates
`sigmoid(h @ a.T) @ v` with `a` and `v` of std 1; pyhealth's `gnn.py` passes `gain=0.02` to `xavier_normal_`.

## What it leaves alone
Embeddings, tables that are looked up or added, queries and prototypes, parameters that are frozen, loaded or constant;
weights in front of a norm, products that `forward` rescales (equalised learning rate, `/ sqrt(d)`) or normalises, inputs that
are softmax weights or unit vectors; maps in front of one that starts at zero. Small scales in heads, residual branches and
gates, and 0.01 or 0.02 as detection heads, GPT and DCGAN use them. Sine networks. Defaults the author never chose.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from initlint.findings import Finding, Fix, Severity, Site
from initlint.flow import Weight, descendants, gates, in_block, is_head, is_parametric, longest_chain, nonlinearity_after, normalised_after, rescaled, weights
from initlint.graph import ModelGraph, Op
from initlint.rules import Rule
from initlint.rules._declared import by_fan_in
from initlint.rules._rescaled import rescaled_draw
from initlint.rules._scale import BOUNDED, LOGITS, SHARE, Fate, feeds, follow, is_recurrent, is_table, leads_to_zero, matrices, rescales, terms_of
from initlint.rules._sites import (
    MAP,
    by_site,
    called_at,
    explicit,
    left_in_layers,
    origin_of,
    other_call,
    place_of,
    qualified,
    short,
    spell_names,
)
from initlint.symbolic import Number, Sym, at
from initlint.theory.activations import canonical, moments
from initlint.theory.fans import torch_fans
from initlint.theory.laws import spell

RULE = Rule(
    code="INI102",
    name="weight-scale",
    summary="A weight whose std is far too large or too small for the number of its inputs",
    fixable="sometimes",
)
LARGE, SMALL = 10.0, 1e-2
"""Var(W)·fan_in beyond which a single layer leaves the range that a whole stack may drift over."""
LARGE_HEAD = 30.0
"""The same for the last layer, whose input is mostly pooled or rectified."""
LARGE_GAIN = 25.0
"""The same for laws that divide by a fan: gains up to 4 have uses of their own."""
LOST = 1e-3
"""What a run of layers has to leave of the variance."""
WRITTEN_AS_ZERO = 1e-3
"""Gains up to this are a way of writing zero."""
FEW, TYPICAL, MANY = 16, 64, 4096
"""What a size that is not known is taken to be: at least, in messages, at most."""
HEADS = 8
"""What the number of heads or groups is taken to be at least."""
COUNTED = re.compile(r"(?:\w+_)?(?:heads|groups)")
NARROW = 0.2
"""Embeddings of a smaller std make sums that are smaller, too."""
KINDS = ("normal", "uniform", "trunc_normal", "orthogonal")
PRODUCTS = ("prod", "cumprod")
"""What multiplies many factors, such as the gates on the way to the leaf of a tree: hardly ever of variance 1."""
PROJECTION = re.compile(r"Attention\.(?:query|key)\.(?:w|kernel)$")
"""Parameters of layers that make queries and keys."""
HELP = "Scale the weights by their fan_in: std = fan_in ** -0.5 keeps the variance of a sum at that of its inputs."


@dataclass(frozen=True, slots=True)
class Case:
    """One weight with a scale of its own."""

    weight: Weight
    terms: Number
    factor: float
    """Var(W)·fan_in, for a size that is not known at the typical one."""
    fate: Fate
    by_gain: bool

    @property
    def large(self) -> bool:
        return self.factor > 1

    @property
    def spread(self) -> float:
        """The std of its sums for inputs of unit variance."""
        return math.sqrt(self.factor)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Every call that makes the sums over a weight far too wide, or leaves nothing of them."""
    yield from _of_attention(graph)
    yield from _of_samples(graph)
    if graph.forward_reason:
        return
    cases = {id(w.parameter): case for w in matrices(graph) if (case := _judge(graph, w)) is not None}
    for site, parameters in by_site(case.weight.parameter for case in cases.values()):
        found = [cases[id(p)] for p in parameters]
        large = [case for case in found if case.large]
        finding = _too_large(graph, site, large) if large else _too_small(graph, site, found)
        if finding is not None:
            yield finding


def _of_attention(graph: ModelGraph) -> Iterator[Finding]:
    """Projections of attention in a branch that could not be decided: whatever happens to the output, softmax notices the scale of queries and keys."""
    seen: set[Site] = set()
    for call in graph.calls:
        law = call.law
        if call.parameter is not None or not PROJECTION.search(call.into) or call.site in seen or law is None or law.kind not in KINDS:
            continue
        if isinstance(law.std, Sym) or law.std is None or law.std**2 * FEW <= LARGE:
            continue
        seen.add(call.site)
        spread, action = law.std * math.sqrt(TYPICAL), by_fan_in(call)
        yield RULE.at(
            graph,
            call.site,
            Severity.WARNING,
            f"`{call.into}`: std {spell(law.std)} whatever the fan_in: {TYPICAL} unit inputs make queries and keys of std {spread:.3g}, "
            "which softmax turns into a choice of almost one entry before anything is learned",
            fix=Fix(message="Draw the projections with variance 1 / fan_in", actions=(action,)) if action else None,
            evidence={"initializer": short(call.initializer), "std": spell(law.std), "std_of_sums": spread},
            help=HELP,
        )


def _of_samples(graph: ModelGraph) -> Iterator[Finding]:
    """Calls that leave out the std for the weight of every linear layer, which the routine that makes them tells by its type."""
    for call, law, others in left_in_layers(graph, MAP):
        if law.kind not in KINDS or law.fan is not None or law.mean != 0 or law.std is None or isinstance(law.std, Sym) or law.std**2 * FEW <= LARGE:
            continue
        layer, spread = call.into.partition(".")[0], law.std * math.sqrt(TYPICAL)
        action = other_call(call, "xavier_normal_") if not others and call.chosen is None else None
        yield RULE.at(
            graph,
            place_of(call),
            Severity.WARNING,
            f"the weight of every `{layer}`: std {spell(law.std)} whatever the fan_in: {TYPICAL} unit inputs make sums of std {spread:.3g}",
            fix=Fix(message="Draw the weights with xavier_normal_()", actions=(action,)) if action else None,
            evidence={"initializer": short(call.initializer), "std": spell(law.std), "std_of_sums": spread, **called_at(call)},
            help=HELP,
        )


def _judge(graph: ModelGraph, weight: Weight) -> Case | None:
    event, law, terms = explicit(weight.parameter), weight.parameter.distribution, terms_of(weight)
    if event is None or law is None or law.std is None or terms is None or not weight.uses or weight.parameter.loaded:
        return None
    if law.kind not in KINDS or law.mean != 0 or short(event.initializer) in ("mul_", "div_"):
        return None
    by_gain = law.gain is not None and (law.fan is not None or law.kind == "orthogonal")
    factor = law.gain * law.gain if by_gain and law.gain is not None else law.std * law.std * terms
    if isinstance(factor, Sym) and (by_gain or isinstance(law.std, Sym)):
        return None
    few = HEADS if COUNTED.fullmatch(str(terms)) else FEW
    large = at(factor, few) > (LARGE_GAIN if by_gain else LARGE)
    if not large and not WRITTEN_AS_ZERO**2 < at(factor, MANY) <= SMALL * (1 + 1e-9):
        return None
    typical = at(law.std * law.std * TYPICAL, TYPICAL) if isinstance(factor, Sym) else float(factor)
    case = Case(weight, terms, typical, follow(weight.uses), by_gain)
    if large:
        return case if _spreads(graph, case) and not _by_fan_out(weight, law.std) else None
    return case if _fades(graph, case) else None


def _by_fan_out(weight: Weight, std: Number) -> bool:
    """Whether the std was computed from the fan of the outputs: wide where these are few, but no number of its own."""
    shape, event = weight.parameter.shape, explicit(weight.parameter)
    if shape is None or len(shape) < 2 or isinstance(std, Sym):
        return False
    if weight.layer is not None and std == 1 and event is not None and isinstance(event.arguments.get("std", 1), int):
        return False  # of a layer with one output nobody computed a 1 that was typed, or that a draw has by default; one raw row may be a prototype
    size = torch_fans(shape).fan_out * std * std
    return not isinstance(size, Sym) and min(abs(size - whole) for whole in (1, 2)) < 1e-6


def _spreads(graph: ModelGraph, case: Case) -> bool:
    """Whether nothing between the inputs of the weight and what notices its scale makes up for it."""
    weight, fate = case.weight, case.fate
    if is_recurrent(weight):
        return True
    if fate.lost or not fate.ends or leads_to_zero(fate) or normalised_after(weight) or is_table(graph, weight.parameter):
        return False
    if is_head(weight) and all(end.kind == "output" for end in fate.ends) and case.factor <= LARGE_HEAD:
        return False
    event = explicit(weight.parameter)  # in torch W @ x is a query; elsewhere it is as good a layer as x @ W
    of_torch = event is not None and event.initializer.startswith("torch.")
    asks = of_torch and any(use.detail.get("left") for use in weight.uses) and any(name in LOGITS for name in fate.names)
    return not asks and not any(_makes_up(source) for source in feeds(weight.uses))


def _makes_up(source: Op) -> bool:
    """Whether a sum over what ``source`` gives does not grow with its length, or was scaled for it."""
    if rescales(source) or short(source.name) in (*SHARE, *PRODUCTS):
        return True
    if source.kind != "embedding":
        return False
    table = source.layer.parameters.get("weight") if source.layer is not None else source.parameter
    law = table.distribution if table is not None else None
    return law is None or law.std is None or at(law.std, MANY) < NARROW


def _fades(graph: ModelGraph, case: Case) -> bool:
    """Whether a small scale stands in a plain stack, with more layers behind it."""
    weight, fate = case.weight, case.fate
    if is_recurrent(weight) or in_block(weight) or rescaled(weight) or normalised_after(weight):
        return False
    if (is_head(weight) or gates(weight)) and not (case.by_gain and _is_one_layer(graph, weight)):
        return False
    if not any(op.kind == "output" or is_parametric(op) for use in weight.uses for op in descendants(use)):
        return False  # where it goes was not followed: it may be the head
    if any(op.kind == "input" and op.detail.get("part") for use in weight.uses for op in descendants(use, backward=True)):
        return False
    return not (fate.shielded or fate.lost or leads_to_zero(fate)) and not any(name in LOGITS for name in fate.names)


def _is_one_layer(graph: ModelGraph, weight: Weight) -> bool:
    """Whether the module at hand is itself a layer, one matrix of its own and nothing else, and its output no head."""
    return weight.layer is None and weight.parameter.layer is not None and weight.parameter.layer.path == "" and len(weights(graph)) == 1


def _too_large(graph: ModelGraph, site: Site, cases: list[Case]) -> Finding:
    worst = max(cases, key=lambda case: case.factor)
    return _finding(graph, site, cases, worst, f"{_spread_text(worst)}, {_consequence(worst)}", {"std_of_sums": worst.spread})


def _spread_text(case: Case) -> str:
    law, terms = case.weight.parameter.distribution, case.terms
    assert law is not None and law.std is not None
    if case.by_gain:
        return f"a gain of {spell(law.gain or 0)} makes sums of std {case.spread:.3g} out of unit inputs"
    if not isinstance(terms, Sym) or isinstance(law.std, Sym):
        return f"std {spell(law.std)} over fan_in = {spell(terms)} makes sums of std {case.spread:.3g} out of unit inputs"
    name = f" (`{terms}`)" if str(terms).isidentifier() else ""
    return f"std {spell(law.std)} whatever the fan_in: {TYPICAL} unit inputs{name} make sums of std {case.spread:.3g}"


def _consequence(case: Case) -> str:
    if is_recurrent(case.weight):
        return _saturation("tanh" if case.weight.layer is not None and "RNN" in case.weight.layer.kind else "sigmoid", case.spread)
    for end in case.fate.ends:
        name = canonical(end.name) if end.kind == "activation" else ""
        if name in BOUNDED:
            return _saturation(name, case.spread)
        if name in LOGITS:
            return f"which {name} turns into a choice of almost one entry before anything is learned"
        if end.kind == "elementwise":
            return f"which {end.name} spreads over a factor of e^{2 * case.spread:.0f}"
    if all(end.kind == "output" for end in case.fate.ends):
        return "which leave the model as they are"
    return f"and the variance grows {case.factor:.3g}-fold on the way to the next layer"


def _saturation(name: str, spread: float) -> str:
    flat = math.erfc(BOUNDED[name] / (spread * math.sqrt(2)))
    return f"where {name} is flat (slope below 2 %) for {100 * flat:.0f} % of its units"


def _too_small(graph: ModelGraph, site: Site, cases: list[Case]) -> Finding | None:
    chain = longest_chain(graph, (use for case in cases for use in case.weight.uses))
    owner = {id(use): case for case in cases for use in case.weight.uses}
    members = [owner[id(op)] for op in chain] or cases[:1]
    first = members[0]
    left = math.prod(member.factor * _power(member) for member in members)
    if not first.by_gain and (len(members) < 2 or left > LOST):
        return None
    law = first.weight.parameter.distribution
    assert law is not None and law.std is not None
    layers = f"{len(members)} such layers leave" if len(members) > 1 else "such a layer leaves"
    if first.by_gain:
        text = f"gain = {spell(law.gain or 0)} multiplies the std that the fans ask for, it is not the std; {layers} {100 * left:.1g} % of the variance"
    else:
        inputs = f"over fan_in = {spell(first.terms)} is" if not isinstance(first.terms, Sym) else f"whatever the fan_in: for {TYPICAL} inputs it is"
        text = f"std {spell(law.std)} {inputs} {1 / first.spread:.3g} times too small; {layers} {100 * left:.1g} % of the variance"
    return _finding(graph, site, cases, first, text, {"left": left, "depth": len(members)})


def _power(case: Case) -> float:
    """E f² of the activation behind a layer, 1 where there is none."""
    pairing = nonlinearity_after(case.weight)
    try:
        return moments(pairing.name, pairing.parameter).second if pairing is not None else 1.0
    except (KeyError, ValueError):
        return 1.0


def _finding(graph: ModelGraph, site: Site, cases: list[Case], main: Case, text: str, numbers: dict[str, float]) -> Finding:
    parameters = [case.weight.parameter for case in cases]
    event, law = explicit(main.weight.parameter), main.weight.parameter.distribution
    assert event is not None and law is not None
    return RULE.at(
        graph,
        site,
        Severity.WARNING,
        f"{spell_names(parameters)}: {text}",
        fix=rescaled_draw(graph, site, main.weight, main.terms),
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={
            "initializer": short(event.initializer),
            "std": spell(law.std) if law.std is not None else None,
            "fan_in": spell(main.terms),
            "factor": main.factor,
            **numbers,
            **origin_of(event),
        },
        help=HELP,
    )
