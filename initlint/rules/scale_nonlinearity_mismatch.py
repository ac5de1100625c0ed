"""A weight is scaled for another nonlinearity than the one behind it.

## What it does
Pairs every weight that an explicit initializer scales by its fans with the activation that really consumes the
layer's output, and compares the gain used with the gain needed. Xavier, orthogonal or `nonlinearity="linear"`
in front of the ReLU family come first.

## Why is this bad?
A layer followed by `f` multiplies the second moment of the signal by `r = Var(W) fan_in E f(z)^2`. For ReLU
`E f^2 = 1/2`, so `r = 1` needs `Var(W) = 2 / fan_in` (He et al. 2015, eq. 10; backwards eq. 14). Xavier's
`2 / (fan_in + fan_out)` was derived for `f'(0) = 1` (Glorot & Bengio 2010, eq. 16): `r = 1/2`, and 1/1024 of the
variance is left behind ten layers. Sigmoid, GELU and the like are judged by iterating `E f(sqrt(q) z)^2`
over the depth found, forward and backward.

## Example
    self.hidden = nn.ModuleList(nn.Linear(256, 256) for _ in range(8))
    for layer in self.hidden:
        nn.init.xavier_uniform_(layer.weight)
    ...
    x = F.relu(layer(x))

Use instead:
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")

## Fix safety
Uniform stays uniform and normal normal; only the scale changes. Safe where the call writes the flagged weights
only, unsafe where it also writes others, such as the output layer.

## A real bug it would have caught
PyTorch-progressive_growing#29: a gain passed to Kaiming as the slope `a`, so that the weight is scaled for another
function than its own; Mish#37 is the same confusion. torchvision's `ssd.py` draws `Conv2d, ReLU` chains by
`xavier_uniform_`.

## What it leaves alone
Layers in front of a norm, because it makes their scale irrelevant; residual branches and gates; weights that are
rescaled in `forward` or normalised by `weight_norm` or `spectral_norm`; gains within 10 % of the right one; the
output layer, which is judged by what feeds it; `a=sqrt(5)`, a copy of the default; He, Xavier and 5/3 before tanh.
Defaults the author never chose. Models whose forward pass could not be followed. A sweep over every matrix of a model
with attention or embeddings is a note, and so are an initializer that says what the layer would draw without it and one
that costs less than a fifth of the signal, as Xavier does where fan_in is more than four times fan_out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from initlint.findings import Finding, Fix, ReplaceCall, Severity, Site
from initlint.flow import (
    WEIGHTED,
    Pairing,
    Weight,
    gates,
    in_block,
    is_head,
    longest_chain,
    nonlinearity_after,
    normalised_after,
    rescaled,
    weights,
)
from initlint.graph import InitEvent, ModelGraph, Op, Parameter
from initlint.rules import Rule
from initlint.rules._declared import other_draw
from initlint.rules._scale import fans_of
from initlint.rules._sites import (
    POSITIONAL,
    by_site,
    explicit,
    function_of,
    gain_given_as_slope,
    origin_of,
    other_call,
    qualified,
    short,
    spell_names,
    written_at,
)
from initlint.symbolic import Sym
from initlint.theory.activations import RELU_FAMILY, canonical, moments
from initlint.theory.fans import scaling_law
from initlint.theory.laws import Distribution
from initlint.theory.propagate import Verdict, judge, stack, worst
from initlint.theory.recommend import Recommendation, recommend

RULE = Rule(
    code="INI101",
    name="scale-nonlinearity-mismatch",
    summary="A weight whose scale is that of another nonlinearity than the one that follows it",
    fixable="sometimes",
)
TOLERANCE = 0.1
DEFAULT_COPY = 1 / math.sqrt(3)
"""The gain of ``kaiming_uniform_(a=sqrt(5))``, torch's own default."""
ACCEPTED = {"tanh": (1.0, math.sqrt(2), 5 / 3), "softsign": (1.0,), "hardtanh": (1.0,), "sin": (1.0, math.sqrt(2))}
"""Gains with a source of their own, whatever the second moment alone would ask for."""
OTHERS = ("identity", "selu")
"""What asks for no gain of its own, and what `selu-init` judges."""
UNNOTICED = 0.05
"""How far a layer's true factor may be from 1: Xavier is 2/fan_in within 5 % where fan_in is 19 times fan_out."""
SLIGHT = 0.2
"""What all layers together may take from the signal, or add to it, before it is more than a note."""
NEGLIGIBLE = 1e-3
"""Gains up to this are a way of writing zero."""
TINY = 0.1
"""Gains up to this make a map that starts near nothing, on purpose or by mistake: `weight-scale` tells which."""
SMALLEST = 1e-300


@dataclass(frozen=True, slots=True)
class Case:
    """One weight in front of a nonlinearity that its gain was not made for."""

    weight: Weight
    pairing: Pairing
    gain: float
    needed: Recommendation


@dataclass(frozen=True, slots=True)
class Effect:
    """What a run of such layers does: factors per layer on the signal, and the products over all of them."""

    factors: tuple[float, ...]
    forward: float
    backward: float

    @property
    def verdict(self) -> Verdict:
        """The worse of the two directions."""
        return worst(judge(self.forward), judge(self.backward))

    @property
    def size(self) -> float:
        """How far the worse of the two products is from 1, in powers of e."""
        return max(_distance(self.forward), _distance(self.backward))


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Every call that scales weights for another nonlinearity than theirs."""
    if graph.forward_reason:
        return
    cases = {id(w.parameter): case for w in weights(graph) if (case := _mismatch(w)) is not None}
    for site, parameters in by_site(case.weight.parameter for case in cases.values()):
        finding = _judge(graph, site, [cases[id(p)] for p in parameters])
        if finding is not None:
            yield finding


def _mismatch(weight: Weight) -> Case | None:
    gain = _gain(weight.parameter)
    if gain is None or not weight.uses:
        return None
    pairing = nonlinearity_after(weight)
    if pairing is None or "norm" in pairing.through:
        return None
    event = explicit(weight.parameter)
    needed = recommend(pairing.name, pairing.parameter, original=event.initializer if event else "")
    if needed is None or canonical(pairing.name) in OTHERS or _near(gain, needed.gain) or _near(gain, DEFAULT_COPY, 1e-3):
        return None
    if any(_near(gain, accepted, 0.02) for accepted in ACCEPTED.get(canonical(pairing.name), ())):
        return None
    if gain <= TINY:
        return None
    return Case(weight, pairing, gain, needed) if _scale_matters(weight, pairing) else None


def _gain(parameter: Parameter) -> float | None:
    """The gain of an explicit initializer that scales by fans, where it is known and meant."""
    event = explicit(parameter)
    law = parameter.distribution
    if event is None or law is None or short(event.initializer) in ("mul_", "div_") or gain_given_as_slope(event.arguments) is not None:
        return None
    if (law.fan is None and law.kind != "orthogonal") or law.gain is None or isinstance(law.gain, Sym) or law.mean != 0:
        return None
    gain = float(law.gain)
    return gain if gain > NEGLIGIBLE and law.kind in ("normal", "uniform", "trunc_normal", "orthogonal") else None


def _near(left: float, right: float, tolerance: float = TOLERANCE) -> bool:
    return abs(left / right - 1) <= tolerance


def _scale_matters(weight: Weight, pairing: Pairing) -> bool:
    """Whether nothing normalises, bypasses or rescales; the output layer counts only where it ends in a rectifier."""
    if canonical(pairing.name) not in RELU_FAMILY and is_head(weight):
        return False
    return not (rescaled(weight) or normalised_after(weight) or gates(weight) or in_block(weight))


def _judge(graph: ModelGraph, site: Site, cases: list[Case]) -> Finding | None:
    """A finding on the worst nonlinearity at ``site``; rectifiers at any depth, others where the depth found does harm."""
    verdicts = []
    for text in dict.fromkeys(case.pairing.text for case in cases):
        group = [case for case in cases if case.pairing.text == text]
        chain = longest_chain(graph, (use for case in group for use in case.weight.uses))
        effect = _effect(group, chain)
        severity = _severity(group[0], effect, len(chain))
        if severity is not None:
            verdicts.append((severity, len(chain), effect, group))
    if not verdicts:
        return None
    severity, _, effect, main = max(verdicts, key=lambda verdict: (verdict[0].rank, verdict[1]))
    flagged = [case for *_, group in verdicts for case in group]
    harmless = _is_sweep(graph, site) or all(_is_default(case.weight.parameter) for case in flagged)
    return _finding(graph, site, Severity.NOTE if harmless else severity, effect, main, flagged)


def _severity(case: Case, effect: Effect, depth: int) -> Severity | None:
    if canonical(case.pairing.name) in RELU_FAMILY:
        if all(abs(factor - 1) < UNNOTICED for factor in effect.factors):
            return None
        return Severity.NOTE if abs(effect.forward - 1) < SLIGHT else Severity.WARNING
    better = _mean_field(case.pairing, case.needed.gain, depth)
    if effect.verdict == "ok" or better.size > 0.7 * effect.size:
        return None
    return Severity.WARNING if effect.verdict == "harmful" else Severity.NOTE


def _is_default(parameter: Parameter) -> bool:
    """Whether the author asked for what the layer draws anyway."""
    event = parameter.effective
    return event is not None and event.as_default


def _is_sweep(graph: ModelGraph, site: Site) -> bool:
    """Whether the call writes every matrix of a model, attention and embeddings included, as DETR's loop does."""
    layers = [p.layer for p in written_at(graph, site)]
    return any(layer is None or not layer.kind.startswith(WEIGHTED) for layer in layers) and any(layer and layer.kind for layer in layers)


def _effect(group: list[Case], chain: list[Op]) -> Effect:
    owner = {id(use): case for case in group for use in case.weight.uses}
    members = [owner[id(op)] for op in chain] or [group[0]]
    case = group[0]
    if canonical(case.pairing.name) not in RELU_FAMILY:
        return _mean_field(case.pairing, case.gain, len(members))
    power = moments(case.pairing.name, case.pairing.parameter)
    pairs = [_layer_factors(member, power.second, power.derivative) for member in members]
    factors = tuple(forward for forward, _ in pairs)
    return Effect(factors, math.prod(factors), math.prod(backward for _, backward in pairs))


def _layer_factors(case: Case, second: float, derivative: float) -> tuple[float, float]:
    """Factors on signal and gradient: by the true fans where they are numbers, by the gain alone otherwise."""
    nominal = case.gain**2 * second, case.gain**2 * derivative
    law, fans = case.weight.parameter.distribution, fans_of(case.weight)
    if law is None or fans is None or law.std is None:
        return nominal
    forward, backward = law.std * law.std * fans.fan_in * second, law.std * law.std * fans.fan_out * derivative
    if isinstance(forward, Sym) or isinstance(backward, Sym):
        return nominal
    return float(forward), float(backward)


def _mean_field(pairing: Pairing, gain: float, depth: int) -> Effect:
    """Second moment and gradient over ``depth`` square layers, from unit input."""
    run = stack(gain**2, pairing.name, min(max(depth, 1), 200), pairing.parameter)
    signal = [max(q, SMALLEST) for q in run.second_moments]
    factors = tuple(after / before for before, after in pairwise(signal))
    return Effect(factors, run.second_moments[-1], run.gradients[-1])


def _finding(graph: ModelGraph, site: Site, severity: Severity, effect: Effect, main: list[Case], flagged: list[Case]) -> Finding:
    case = main[0]
    event, law = explicit(case.weight.parameter), case.weight.parameter.distribution
    assert event is not None and law is not None
    used, needed = _used_law(law, case.gain), case.needed.law
    parameters = [c.weight.parameter for c in flagged]
    message = (
        f"{spell_names([c.weight.parameter for c in main])}: {short(event.initializer)} gives {_tight(used)}, "
        f"{case.pairing.text} needs {_tight(needed).removeprefix('Var = ')}; {_spell_effect(effect, canonical(case.pairing.name) in RELU_FAMILY)}"
    )
    return RULE.at(
        graph,
        site,
        severity,
        message,
        fix=_fix(event, flagged),
        parameter=parameters[0].name,
        parameters=qualified(graph, parameters),
        evidence={
            "initializer": short(event.initializer),
            "nonlinearity": case.pairing.text,
            "used_law": used,
            "needed_law": needed,
            "used_gain": case.gain,
            "needed_gain": case.needed.gain,
            "source": case.needed.source,
            "factors": list(effect.factors),
            "depth": len(effect.factors),
            "forward": effect.forward,
            "backward": effect.backward,
            "output_layer": any(is_head(c.weight) for c in main),
            **origin_of(event),
        },
    )


def _used_law(law: Distribution, gain: float) -> str:
    if law.kind == "orthogonal":
        return scaling_law(gain, "max(fan_in, fan_out)")
    return scaling_law(gain, "fan_in + fan_out", 2) if law.fan == "fan_avg" else scaling_law(gain, law.fan or "fan_in")


def _tight(law: str) -> str:
    return law.replace(" / ", "/")


def _spell_effect(effect: Effect, rectifier: bool) -> str:
    """For rectifiers the forward pass, which the fan_in law is about; for others whichever direction suffers more."""
    factors, depth = effect.factors, len(effect.factors)
    backward = not rectifier and _distance(effect.backward) > _distance(effect.forward) + 0.7
    total = _spell_total(effect.backward if backward else effect.forward, "gradient" if backward else "variance")
    if backward or max(factors) > min(factors) * 1.05:
        return f"over {depth} such layers {total}" if depth > 1 else f"over this one layer {total}"
    passed = f"multiplies the signal by {factors[0]:.3g}" if factors[0] > 1 else f"passes on {_spell_share(factors[0])}"
    return f"each of {depth} such layers {passed}: {total}" if depth > 1 else f"such a layer {passed}"


def _spell_share(factor: float) -> str:
    return "half the signal" if abs(factor - 0.5) < 0.01 else f"{100 * factor:.2g} % of the signal"


def _spell_total(product: float, quantity: str) -> str:
    if product > 1:
        return f"the {quantity} grows {product:.3g}-fold" if product < 1000 else f"the {quantity} grows {product:,.0f}-fold"
    percent = 100 * product
    return f"{percent:.2g} % of the {quantity} is left" if percent >= 1 else f"{percent:.1g} % of the {quantity} is left"


def _fix(event: InitEvent, flagged: list[Case]) -> Fix | None:
    """The call with the gain of the nonlinearity, where one gain is right for every weight flagged."""
    first = flagged[0]
    if not all(_near(case.needed.gain, first.needed.gain) for case in flagged):
        return None
    action = _retarget(event, first.needed)
    if action is None:
        declared = other_draw(first.weight.parameter, event, first.needed)
        text = f"Draw the weights in front of {first.pairing.text} with variance {first.needed.law.removeprefix('Var = ')}"
        return Fix(message=text, actions=(declared,)) if declared is not None else None
    function = short(action.function or event.initializer)
    keywords = ", ".join(f"{name}={value}" for name, value in action.set)
    return Fix(message=f"Draw the weights in front of {first.pairing.text} with {function}({keywords})", actions=(action,))


def _retarget(event: InitEvent, needed: Recommendation) -> ReplaceCall | None:
    """The recommended call, as small a change of the author's as will do."""
    function, wanted = function_of(event), short(needed.initializer)
    if function is None:
        return None
    if function == "orthogonal_":
        return other_call(event, function, gain="2 ** 0.5" if _near(needed.gain, math.sqrt(2), 1e-9) else needed.arguments.get("gain", f"{needed.gain:.4g}"))
    if function != wanted or "nonlinearity" not in needed.arguments:
        return other_call(event, wanted, **needed.arguments)
    drop = ("a",) if "a" in event.arguments and "a" not in needed.arguments else ()
    return ReplaceCall(site=event.site, parameters=POSITIONAL[function], drop=drop, set=tuple(needed.arguments.items())) if event.site else None


def _distance(product: float) -> float:
    return abs(math.log(max(product, SMALLEST)))
