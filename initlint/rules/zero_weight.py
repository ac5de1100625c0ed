"""Zero or constant weights behind which nothing can be learned.

## What it does
Follows every weight that starts at one value through the forward pass and reports those that cannot leave
it usefully: a zero weight with zero bias in front of ReLU, zero maps in series with nothing around them,
zero weights whose every effect ends in a zero map that is fed with zeros (the values of attention and the projection behind it),
and hidden units that start identical and stay so. Routines that no model of their file runs are tried on a layer of each type they
ask for: one that leaves every linear layer or convolution at zero is a warning, unless its name says that this is meant.

## Why is this bad?
For `h = f(W1 x + b1)`, `y = W2 h` the gradients are `dL/dW2 = d h^T` and `dL/dW1 = (W2^T d * f'(W1 x + b1)) x^T`.
With `W1 = 0`, `b1 = 0` and ReLU both `h` and `f'` are 0: neither weight ever moves (He et al. 2015 assume
`f'` non-zero on half the units). With `W1 = W2 = 0` and `f(0) = 0` each gradient holds the other's zero as a
factor. So it is with the two factors of any product: where queries and keys both start at zero, attention stays
uniform. With both constant all rows of `dL/dW1` are equal, so the layer has one distinct unit for ever (Rumelhart,
Hinton & Williams 1986, "symmetry breaking").

## Example
    for layer in (self.up, self.down):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return self.down(F.silu(self.up(x)))

Use instead:
    nn.init.zeros_(self.down.weight)  # the last one alone: its input is not zero, so it learns at once
    nn.init.zeros_(self.down.bias)

## Fix safety
Offered where one `torch.nn.init` call writes the weights: it becomes the draw that suits the activation behind
them. Safe where that call writes no other parameter, unsafe otherwise.

## A real bug it would have caught
LAVT-RIS#25: two zero-initialised layers in a row, zero gradient for both. pyiqa `fgresq_arch.py` zeroes both
linear maps of `Linear, SiLU, Linear`. ptlflow's `streamflow` zeroes whole transformer blocks with `zero_module`.

## What it leaves alone
A single zero map, because it learns at the first step: the last layer of a residual branch, heads, adaLN and other
modulations, gates, LoRA's B, ControlNet's zero convolutions. Biases, vectors and additive tables. Constant filters
that are depthwise, have one channel, or are frozen. A constant layer followed by a random one. Identity (`eye_`, `dirac_`).
Models whose forward pass could not be followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from initlint.findings import Finding, Fix, Severity, Site
from initlint.flow import RESHAPING, Weight, gates, in_residual, is_head, is_parametric, is_transparent, main_weight, signals, weights
from initlint.graph import ModelGraph, Op, Parameter
from initlint.rules import Rule
from initlint.rules._declared import other_draw
from initlint.rules._sites import (
    MAP,
    by_site,
    called_at,
    constant_value,
    explicit,
    left_in_layers,
    origin_of,
    other_call,
    place_of,
    qualified,
    scale_of,
    short,
    spell_names,
    written_at,
)
from initlint.rules._zeros import DEAD_AT_ZERO, ZERO_AT_ZERO, bias_value, stuck_weights
from initlint.theory.recommend import recommend

RULE = Rule(
    code="INI201",
    name="zero-weight",
    summary="A zero or constant weight that cannot learn or cannot break the symmetry of its units",
    fixable="sometimes",
)
HELP = "Draw the weights at random; a zero belongs only in the last map of a branch, where its input and its gradient are not zero."
MEANT = re.compile(r"zero|null|ident|last|final|head|out|lora|adapter|gate|resid", re.IGNORECASE)
"""Names of routines that are about the last map of a branch."""
CAUSES = {
    "dead": "its input to {after} is 0 for every example, where neither output nor slope is non-zero: no gradient ever reaches {it}",
    "series": "the next map starts at zero too, and each of the two gradients has the other weight as a factor: neither ever moves",
    "stuck": "nothing but {after} reads what comes of {it}, zero too and fed with zeros: none of them ever gets a gradient",
    "product": "a product of it has a second factor that starts at zero too, and each of the two gradients has the other as a factor: neither ever moves",
    "identical": "every unit of the layer computes the same and the layer behind cannot tell them apart: they stay one unit for ever",
    "dropout": "every unit of the layer computes the same and the layer behind cannot tell them apart: only dropout ever separates them",
}


@dataclass(slots=True)
class Case:
    """Why one weight cannot learn, and the weights that share its fate."""

    cause: str
    weight: Weight
    after: str
    partners: list[Parameter] = field(default_factory=list)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Every call that leaves weights where they cannot learn."""
    yield from _of_samples(graph)
    if graph.forward_reason or not graph.ops:
        return
    found = weights(graph)
    table = {id(w.parameter): w for w in found}
    cases = {id(case.weight.parameter): case for w in found if (case := _judge(w, table)) is not None}
    zero = {id(w.parameter): w for w in found if w.uses and constant_value(w.parameter) == 0 and explicit(w.parameter) is not None}
    for key, ends in (stuck_weights(graph.ops, zero.values()) if len(zero) > 1 else {}).items():
        if key not in cases and _is_hidden_matrix(zero[key]):
            cases[key] = Case("stuck", zero[key], spell_names(ends), ends)
    for site, parameters in by_site(case.weight.parameter for case in cases.values()):
        yield _finding(graph, site, [cases[id(p)] for p in parameters])


def _of_samples(graph: ModelGraph) -> Iterator[Finding]:
    """Calls that leave every weight of a kind of layer at zero: a routine that no model of its file runs tells these by their type."""
    for call, law, others in left_in_layers(graph, MAP):
        if law.kind != "constant" or law.mean != 0 or MEANT.search(call.routine) or any("Norm" in other for other in others):
            continue  # what fills norms, too, empties whatever it is given
        layer = call.into.partition(".")[0]
        text = f"the weight of every `{layer}` starts at 0: two such layers in a row each have the other's zero as a factor of their gradient"
        evidence = {"initializer": short(call.initializer), "cause": "series", "value": 0, **called_at(call)}
        yield RULE.at(graph, place_of(call), Severity.WARNING, text, evidence=evidence, help=HELP)


def _judge(weight: Weight, table: dict[int, Weight]) -> Case | None:
    value = constant_value(weight.parameter)
    if value is None or explicit(weight.parameter) is None or not weight.uses or not _is_hidden_matrix(weight):
        return None
    followed = _follow(weight.uses)
    after = followed.names[0] if followed.names else "the next layer"
    biases = [bias_value(use) for use in weight.uses]
    if followed.ends and value == 0 and followed.dead and all(offset is not None and offset <= 0 for offset in biases + followed.before):
        return Case("dead", weight, after)
    offsets = biases + followed.before + followed.behind
    if not followed.ends or any(offset is None for offset in offsets):
        return None
    if value == 0 and not any(offsets) and ZERO_AT_ZERO.issuperset(followed.names) and (factors := _zero_factors(followed.ends, table)):
        return Case("product", weight, after, [factor for factor in factors if factor is not weight.parameter])
    partners = [_constant_map(end, table) for end in followed.ends]
    if any(partner is None or partner is weight.parameter for partner in partners):
        return None
    known = [partner for partner in partners if partner is not None]
    if value == 0 and all(constant_value(p) == 0 for p in known) and not any(offsets) and ZERO_AT_ZERO.issuperset(followed.names):
        return Case("series", weight, after, known)
    if not any(is_parametric(end) for end in followed.ends):
        return None
    return Case("dropout" if followed.dropout else "identical", weight, after, known)


@dataclass(slots=True)
class Followed:
    """Where the output of a weight ends up, and what it passes on the way."""

    ends: list[Op] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    before: list[float | None] = field(default_factory=list)
    """What is added on the way to the first activation; None where that is not one known number."""
    behind: list[float | None] = field(default_factory=list)
    """What is added after that."""
    dead: bool = True
    """Whether every path first meets an activation that is flat and zero at zero."""
    dropout: bool = False


def _follow(uses: Iterable[Op]) -> Followed:
    result = Followed()
    frontier = [(op, False) for op in uses]
    seen: set[int] = set()
    for op, behind in frontier:
        for target in op.outputs:
            if id(target) in seen:
                continue
            seen.add(id(target))
            if not _carries(target):
                result.ends.append(target)
                result.dead &= behind
                continue
            active = target.kind == "activation" and target.name not in ("identity", "linear")
            if active:
                result.names.append(target.name)
                result.dead &= behind or target.name in DEAD_AT_ZERO
            if target.kind in ("norm", "add"):
                (result.behind if behind else result.before).append(_offset(target))
            result.dropout |= target.kind == "dropout"
            frontier.append((target, behind or active))
    return result


def _carries(op: Op) -> bool:
    """Operations that keep equal units equal, and zero at zero but for what they add."""
    if op.kind == "norm":
        gamma = scale_of(op.layer)
        return gamma is None or constant_value(gamma) not in (None, 0.0)
    return op.kind == "activation" or is_transparent(op) or op.kind in RESHAPING or _scales(op)


def _scales(op: Op) -> bool:
    """Whether ``op`` multiplies or divides its one input by a number."""
    return op.kind in ("mul", "div") and len(op.inputs) == 1 and isinstance(op.detail.get("factor"), (int, float))


def _zero_factors(ends: list[Op], table: dict[int, Weight]) -> list[Parameter]:
    """The zero weights behind both factors of a product, if only products read them: queries times keys."""
    found: list[Parameter] = []
    for end in ends:
        factors = signals(end)[:2]
        if not (end.kind == "attention" and end.layer is None) and not (end.kind == "matmul" and end.parameter is None):
            return []
        if len(factors) == 2 and factors[0] is not factors[1]:
            behind = [_zero_source(factor, table) for factor in factors]
            found += [source for source in behind if source is not None] if None not in behind else []
    return found


def _zero_source(op: Op, table: dict[int, Weight]) -> Parameter | None:
    """The zero weight, without a bias, that alone makes the value of ``op``."""
    while op.kind == "view" or op.kind == "dropout" or _scales(op):
        before = signals(op)
        if len(before) != 1:
            return None
        op = before[0]
    parameter = op.parameter or (main_weight(op.layer) if op.layer else None) if op.kind in ("layer", "matmul") else None
    return parameter if parameter is not None and id(parameter) in table and constant_value(parameter) == 0 == bias_value(op) else None


def _offset(op: Op) -> float | None:
    """The number that ``op`` adds: the beta of a norm, a bias parameter; None where it is not one number."""
    if op.kind == "norm":
        return bias_value(op)
    values = [constant_value(source.parameter) if source.parameter else None for source in op.inputs if source.kind == "const"]
    return values[0] if len(values) == 1 else None


def _constant_map(end: Op, table: dict[int, Weight]) -> Parameter | None:
    """The parameter by which ``end`` multiplies, if it starts constant: a weight, the gamma of a norm, a scale."""
    if end.kind in ("layer", "matmul"):
        parameter = end.parameter or (main_weight(end.layer) if end.layer else None)
        known = parameter is not None and id(parameter) in table
    elif end.kind == "norm":
        parameter = scale_of(end.layer)
        known = parameter is not None and constant_value(parameter) == 0
    else:
        factors = [source.parameter for source in end.inputs if source.kind == "const" and source.parameter is not None]
        parameter = factors[0] if end.kind == "mul" and len(factors) == 1 and len(end.inputs) == 2 else None
        known = parameter is not None and constant_value(parameter) == 0
    return parameter if known and parameter is not None and constant_value(parameter) is not None else None


def _is_hidden_matrix(weight: Weight) -> bool:
    """A full map with at least two output units; depthwise and one-channel filters have no symmetry to break."""
    shape = weight.parameter.shape
    layer = weight.layer
    if shape is None or len(shape) < 2:
        return False
    if layer is not None and (layer.arguments.get("groups", 1) != 1 or "Depthwise" in layer.kind):
        return False
    if layer is not None and weight.parameter.role != "weight":  # (*kernel, in, out)
        return shape[-1] != 1
    transposed = layer is None or "Transpose" in layer.kind
    return shape[1 if transposed else 0] != 1


def _finding(graph: ModelGraph, site: Site, cases: list[Case]) -> Finding:
    main = min(cases, key=lambda case: list(CAUSES).index(case.cause))
    shared = {id(p): p for case in cases for p in (case.weight.parameter, *case.partners)}
    here = [p for p in written_at(graph, site) if id(p) in shared]
    value = constant_value(main.weight.parameter)
    event = explicit(main.weight.parameter)
    flagged = [case.weight.parameter for case in cases]
    cause = CAUSES[main.cause].format(after=main.after, it="it" if len(flagged) == 1 else "them")
    start = "start" if len(flagged) > 1 else "starts"
    message = f"{spell_names(flagged)} {start} at {value or 0:g}: {cause}"
    bypassed = main.cause == "dropout" or any(in_residual(case.weight) or gates(case.weight) for case in cases)
    return RULE.at(
        graph,
        site,
        Severity.WARNING if bypassed else Severity.ERROR,
        message,
        fix=_fix(graph, site, cases),
        parameter=flagged[0].name,
        parameters=qualified(graph, here),
        evidence={
            "cause": main.cause,
            "value": value,
            "after": main.after,
            "initializer": short(event.initializer) if event else None,
            "partners": [p.name for case in cases for p in case.partners],
            "head": any(is_head(case.weight) for case in cases),
            **origin_of(event),
        },
        help=HELP,
    )


def _fix(graph: ModelGraph, site: Site, cases: list[Case]) -> Fix | None:
    """Draw what the call fills, if it fills weights only."""
    event = explicit(cases[0].weight.parameter)
    weighted = {id(w.parameter) for w in weights(graph)}
    needed = recommend(cases[0].after, original="torch.nn.init.kaiming_uniform_") or recommend("linear", original="torch.nn.init.xavier_uniform_")
    if event is None or needed is None or any(id(p) not in weighted for p in written_at(graph, site)):
        return None
    action = other_call(event, short(needed.initializer), **needed.arguments)
    if action is None and (declared := other_draw(cases[0].weight.parameter, event, needed)) is not None:
        return Fix(message=f"Draw the weights with variance {needed.law.removeprefix('Var = ')}", actions=(declared,))
    return Fix(message=f"Draw the weights with {short(needed.initializer)}", actions=(action,)) if action else None
