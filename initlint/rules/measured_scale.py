"""The measured scale of a weight carries the signal away, whatever the call that drew it says.

## What it does
Takes the second moment of every weight as measured, times the number of terms that are really summed (groups, strides
and packed gates accounted for), and follows it through the nonlinearity behind the layer. Reports what the author
initialised and what loses or blows up the signal over the depth found.

## Why is this bad?
A layer multiplies the second moment of the signal by `r = E w^2 fan_in E f(z)^2` (He et al. 2015). A fixed std, a mean and a
std in each other's place, or fans that torch reads off the shape alone (`fan_out` of a depthwise convolution is too
large by the number of groups, that of packed LSTM gates by 4) make `r` something else than the call suggests.

## Example
    nn.init.normal_(self.fc1.weight, 0.02)  # mean 0.02, std 1

Use instead:
    nn.init.kaiming_normal_(self.fc1.weight, nonlinearity="relu")

## Fix safety
No fix here: where source shows the cause, the rule for that cause offers one.

## A real bug it would have caught
pytorch/pytorch#23854: `fan_out` of a depthwise convolution counts all channels. vwxyzjn/cleanrl#358: the four gates of an
LSTM initialised as one orthogonal matrix.

## What it leaves alone
Layers in front of a norm, residual branches, gates, weights that `forward` rescales, heads. Torch's own defaults.
What INI101 reports already. Products that stay within a factor of 10 over the depth found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from initlint.evidence import Evidence, Measured
from initlint.findings import Finding, Severity, Site
from initlint.flow import Pairing, Weight, gates, in_residual, is_head, longest_chain, nonlinearity_after, normalised_after, rescaled, weights
from initlint.graph import Parameter
from initlint.rules import Rule
from initlint.rules._scale import fans_of
from initlint.rules._sites import explicit, qualified, short, spell_names
from initlint.rules.scale_nonlinearity_mismatch import check as mismatches
from initlint.symbolic import Sym
from initlint.theory.activations import RELU_FAMILY, canonical, moments
from initlint.theory.laws import Distribution, normal
from initlint.theory.propagate import judge
from initlint.theory.recommend import Recommendation, recommend

RULE = Rule(code="INI804", name="measured-scale", summary="A weight whose measured scale loses or blows up the signal")
GATES = {"LSTM": 4, "GRU": 3}
UNNOTICED = 0.1
SEVERITIES = {"suboptimal": Severity.NOTE, "harmful": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Scale:
    """A weight in front of a nonlinearity, where nothing makes its scale irrelevant."""

    weight: Weight
    pairing: Pairing
    needed: Recommendation
    fan: float
    """Terms that one output really sums."""

    @property
    def std(self) -> float:
        """What the nonlinearity asks for."""
        return self.needed.gain / math.sqrt(self.fan)

    def factor(self, measured: Measured) -> float:
        """What the layer and its nonlinearity multiply the second moment of the signal by."""
        return (measured.mean**2 + measured.std**2) * self.fan * moments(self.pairing.name, self.pairing.parameter).second


def examine(evidence: Evidence) -> Iterator[Finding]:
    """Initialised weights whose measured scale does harm, those of one line together."""
    known = {name for finding in mismatches(evidence.graph) for name in finding.parameters}
    groups: dict[tuple[Site, str], list[Scale]] = {}
    for scale in scales(evidence):
        event = explicit(scale.weight.parameter)
        measured = evidence.measured[scale.weight.parameter.name]
        if event is None or event.site is None or measured.std == 0 or f"{evidence.graph.name}:{scale.weight.parameter.name}" in known:
            continue
        if abs(scale.factor(measured) - 1) > UNNOTICED:
            groups.setdefault((event.site, scale.pairing.text), []).append(scale)
    for (site, _), members in groups.items():
        yield from _finding(evidence, site, members)
    yield from _packed(evidence)


def needed_law(evidence: Evidence) -> Iterator[tuple[str, Distribution]]:
    """The law that theory asks of each weight it can judge, by name."""
    for scale in scales(evidence):
        yield scale.weight.parameter.name, normal(0.0, scale.std, scale.needed.law)


def scales(evidence: Evidence) -> Iterator[Scale]:
    """Every measured weight whose scale matters to the nonlinearity behind it."""
    if evidence.graph.forward_reason:
        return
    for weight in weights(evidence.graph):
        pairing = nonlinearity_after(weight)
        measured = evidence.measured.get(weight.parameter.name)
        if pairing is None or measured is None or measured.nonfinite or "norm" in pairing.through or not _matters(weight, pairing):
            continue
        needed, fan = recommend(pairing.name, pairing.parameter), _fan_in(weight)
        if needed is not None and fan and canonical(pairing.name) != "identity":
            yield Scale(weight, pairing, needed, fan)


def _matters(weight: Weight, pairing: Pairing) -> bool:
    if canonical(pairing.name) not in RELU_FAMILY and is_head(weight):
        return False
    return bool(weight.uses) and not (rescaled(weight) or normalised_after(weight) or gates(weight) or in_residual(weight))


def _fan_in(weight: Weight) -> float:
    """The number of terms an output sums; 0 where that is not known."""
    fans = fans_of(weight)
    return 0.0 if fans is None or isinstance(fans.fan_in, Sym) else float(fans.fan_in)


def _finding(evidence: Evidence, site: Site, members: list[Scale]) -> Iterator[Finding]:
    first = members[0]
    by_use = {id(use): scale for scale in members for use in scale.weight.uses}
    chain = [by_use[id(op)] for op in longest_chain(evidence.graph, (use for scale in members for use in scale.weight.uses))]
    factors = [scale.factor(evidence.measured[scale.weight.parameter.name]) for scale in chain or [first]]
    product = math.prod(factors)
    severity = SEVERITIES.get(judge(product))
    if severity is None:
        return
    measured, event = evidence.measured[first.weight.parameter.name], explicit(first.weight.parameter)
    assert event is not None
    parameters = [scale.weight.parameter for scale in members]
    moved = f"mean {measured.mean:.3g} and " if abs(measured.mean) > 0.1 * measured.std else ""
    message = (
        f"{spell_names(parameters)}: {short(event.initializer)} left {moved}std {measured.std:.3g}, "
        f"{first.pairing.text} asks for mean 0 and std {first.std:.3g} ({first.fan:g} terms are summed); "
        f"the second moment of the signal changes {product:.2g}-fold over {len(factors)} such layer{'s' if len(factors) > 1 else ''}"
    )
    numbers = {"measured_mean": measured.mean, "measured_std": measured.std, "needed_std": first.std, "fan_in": first.fan, "factors": factors}
    yield RULE.at(
        evidence.graph,
        site,
        severity,
        message,
        parameter=parameters[0].name,
        parameters=qualified(evidence.graph, parameters),
        evidence={**numbers, "source": first.needed.source},
    )


def _packed(evidence: Evidence) -> Iterator[Finding]:
    """Xavier on the stacked gates of a recurrent layer, which counts them all as outputs of one map."""
    groups: dict[Site, list[tuple[Parameter, float, float]]] = {}
    for parameter in evidence.graph.parameters:
        event, shape, measured = explicit(parameter), parameter.shape, evidence.measured.get(parameter.name)
        gates = GATES.get(parameter.layer.kind.removesuffix("Cell"), 1) if parameter.layer is not None and parameter.role.startswith("weight_") else 1
        if event is None or event.site is None or gates == 1 or shape is None or len(shape) != 2 or measured is None or "xavier" not in event.initializer:
            continue
        rows, inputs = shape
        law = parameter.distribution
        gain = law.gain if law is not None and isinstance(law.gain, (int, float)) else 1.0
        if isinstance(rows, int) and isinstance(inputs, int):
            groups.setdefault(event.site, []).append((parameter, measured.std, gain * math.sqrt(2 / (inputs + rows // gates))))
    for site, members in groups.items():
        parameters = [parameter for parameter, _, _ in members]
        first, std, wanted = members[0]
        kind = first.layer.kind if first.layer is not None else ""
        message = (
            f"{spell_names(parameters)} stacks the {GATES[kind.removesuffix('Cell')]} gates of {kind}: as one map they get std {std:.3g}, "
            f"as the maps they are {wanted:.3g}; {(std / wanted) ** 2:.2g} of the variance meant"
        )
        yield RULE.at(
            evidence.graph,
            site,
            Severity.NOTE,
            message,
            parameter=first.name,
            parameters=qualified(evidence.graph, parameters),
            evidence={"measured_std": std, "needed_std": wanted},
            help="Initialise gate by gate: for gate in weight.chunk(4): nn.init.xavier_uniform_(gate).",
        )
