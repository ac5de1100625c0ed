"""A bias drawn at random with the spread of a signal.

## What it does
Reports biases of linear, convolution, attention and recurrent layers, and vectors that `forward` adds to the output of a
product, that an explicit draw gives a std of 0.5 or more, and those that `uniform_(bias)` draws from U(0, 1), which is its default: several
at once, or in a loop over parameters. Routines that no model of the file runs are judged by the tensor they are handed, `init.normal_(m.bias)`,
and so are models whose forward pass could not be followed.

## Why is this bad?
With weights scaled for their fan the sums have variance 1, and a bias of std `s` adds `s^2` (Poole et al. 2016, eq. 3): of the
variance `1 + s^2` the share `s^2 / (1 + s^2)` is the same for every input. With the `std = 1` that `normal_` has by default, half of
what a unit starts from says nothing about its input, and the gates of a recurrent cell are stuck open or shut at random.

## Example
    nn.init.xavier_normal_(m.weight)
    nn.init.normal_(m.bias)

Use instead:
    nn.init.xavier_normal_(m.weight)
    nn.init.zeros_(m.bias)

## Fix safety
The draw becomes zeros. Safe where it writes the flagged biases only, unsafe where it also writes others; not offered where a loop over
parameters writes what could not be read, or the weights of norms too.

## A real bug it would have caught
dgllife's `dgmg.py` draws every bias by `init.normal_(m.bias.data)`, beside Xavier weights.

## What it leaves alone
Small draws (torch's own default is bounded by 1/sqrt(fan_in)), constants and known values such as prior biases and forget
gates, draws around another centre that somebody chose, biases in front of a norm or a sine, frozen ones, tables that are added to an input.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from initlint.findings import Finding, Fix, Severity, Site
from initlint.flow import BIAS_ROLES, WEIGHTED, consumers, is_parametric, is_transparent, signals
from initlint.graph import InitCall, InitEvent, ModelGraph, Op, Parameter
from initlint.rules import Rule
from initlint.rules._scale import RECURRENT, follow
from initlint.rules._sites import by_site, constant_call, explicit, of_any, origin_of, qualified, short, spell_names, written_at
from initlint.rules.norm_affine import is_norm
from initlint.symbolic import Sym

RULE = Rule(
    code="INI403",
    name="bias-scale",
    summary="A bias drawn at random with a std near that of the signal it is added to",
    fixable="sometimes",
)
SMALLEST = 0.5
BIAS = re.compile(r"(?:^|\.)(?:in_proj_)?bias(?:_[ih]h\w*)?(?:\.data)?$")
DECLARED = ("haiku.", "jax.", "keras.")
"""Libraries whose modules give each parameter a name and an initializer."""
RANDOM = ("normal", "uniform", "trunc_normal")


def check(graph: ModelGraph) -> Iterator[Finding]:
    """Every call that draws biases far from 0."""
    spread: dict[int, float] = {}
    for layer in graph.layers if graph.tried else ():
        bias = layer.parameters.get("bias")
        if bias is not None and not is_norm(layer) and (std := _std(bias)) is not None and std >= SMALLEST:
            spread[id(bias)] = std
    if not graph.forward_reason:
        for parameter in graph.parameters:
            std = _std(parameter)
            if std is not None and std >= SMALLEST and (_of_layer(parameter) or _is_added(graph, parameter)):
                spread[id(parameter)] = std
    for parameter in graph.parameters:
        std = _std(parameter) if _is_declared(graph, parameter) else None
        if std is not None and std >= SMALLEST:
            spread[id(parameter)] = std
    seen: set[Site] = set()
    for site, parameters in by_site(p for p in graph.parameters if id(p) in spread):
        event = explicit(parameters[0])
        if event is not None and (event.distribution.mean == 0 or len(written_at(graph, site)) > 1 or of_any(graph, site)):
            seen.add(site)
            text = "the bias of every layer is" if graph.tried else f"{spell_names(parameters)} {'is' if len(parameters) == 1 else 'are'}"
            yield _finding(graph, site, event, text, max(spread[id(p)] for p in parameters), parameters)
    for call in graph.calls:
        std = _std_of_call(call) if _is_judged_by_name(graph, call) else None
        if std is not None and std >= SMALLEST and call.site not in seen:
            seen.add(call.site)
            yield _finding(graph, call.site, call, f"`{call.spelled['tensor']}` is", std, [])


def _std(parameter: Parameter) -> float | None:
    """What a draw adds to the signal, as a root mean square; None where its centre was somebody's choice."""
    event, law = explicit(parameter), parameter.distribution
    if event is None or law is None or law.kind not in RANDOM or law.std is None or isinstance(law.std, Sym) or isinstance(law.mean, Sym):
        return None
    if law.mean == 0:
        return float(law.std)
    return math.hypot(law.mean or 0, law.std) if law.kind == "uniform" and law.low == 0 else None


def _of_layer(parameter: Parameter) -> bool:
    """Whether it is the bias of a layer that sums, in front of nothing that would undo it."""
    layer = parameter.layer
    if layer is None or not parameter.role.startswith(("bias", "in_proj_bias")) or parameter.role in ("bias_k", "bias_v"):
        return False
    if not layer.kind.startswith((*WEIGHTED, *RECURRENT, "MultiheadAttention", "Bilinear")) or not layer.calls:
        return False
    return not all(_undone(use) for use in layer.calls)


def _undone(use: Op) -> bool:
    """Whether a norm or a sine follows, for which a shift is a phase or nothing."""
    ends = consumers(use)
    return bool(ends) and all(end.kind == "norm" or end.name in ("sin", "cos") for end in ends)


def _is_added(graph: ModelGraph, parameter: Parameter) -> bool:
    """Whether a vector of the model's own is used as a bias: added to what a product gives, and nothing else."""
    shape = parameter.shape
    if shape is None or (parameter.layer is not None and parameter.layer.kind) or sum(1 for size in shape if size != 1) != 1:
        return False
    sums = [target for op in graph.ops if op.kind == "const" and op.parameter is parameter for target in op.outputs]
    products = [op for op in graph.ops if op.detail.get("bias") is parameter]
    if not (sums or products) or not all(_adds_to_a_product(use, parameter.role in BIAS_ROLES) for use in sums):
        return False
    return not any(_undone(use) or follow([use]).lost for use in (*sums, *products))


def _is_declared(graph: ModelGraph, parameter: Parameter) -> bool:
    """Whether a module declares a vector under the name of a bias, and nothing that was followed uses it."""
    event, layer = parameter.effective, parameter.layer
    if event is None or not event.initializer.startswith(DECLARED) or (layer is not None and layer.kind):
        return False
    named = parameter.role in BIAS_ROLES and parameter.shape is not None and len(parameter.shape) == 1
    return named and not any(op.parameter is parameter for op in graph.ops)


def _adds_to_a_product(op: Op, named: bool) -> bool:
    """Whether a sum is that of a product and something else; one that is ``named`` a bias may stand behind a product that was rescaled."""
    if op.kind != "add":
        return False
    frontier = [source for source in signals(op) if source.parameter is None or source.kind != "const"]
    for source in frontier:
        if is_parametric(source):
            return True
        if is_transparent(source) or source.kind in ("add", "choice") or (named and source.kind in ("mul", "div")):
            frontier += signals(source)
    return False


def _is_judged_by_name(graph: ModelGraph, call: InitCall) -> bool:
    """Whether only the call tells what a tensor is for: no model runs it, or one whose forward pass was not followed."""
    parameter = call.parameter
    if parameter is None:
        return not call.certain
    layer, event = parameter.layer, parameter.effective
    return bool(graph.forward_reason) and layer is not None and layer.kind.startswith((*WEIGHTED, *RECURRENT)) and event is not None and event.site == call.site


def _std_of_call(call: InitCall) -> float | None:
    """The std that a call on a tensor called ``bias`` gives it, from its arguments alone."""
    if not BIAS.search(call.spelled.get("tensor", "")) or call.problem:
        return None
    name, given = short(call.initializer).rstrip("_"), call.arguments
    if name == "normal" and given.get("mean", 0) == 0:
        std = given.get("std", 1.0)
    elif name == "uniform" and "a" in given and isinstance(given.get("b"), (int, float)) and given["a"] == -given["b"]:
        std = given["b"] / 3**0.5
    else:
        return None
    return float(std) if isinstance(std, (int, float)) else None


def _measure(written: InitEvent | InitCall) -> str:
    return "root mean square" if isinstance(written, InitEvent) and written.distribution.mean else "std"


def _finding(graph: ModelGraph, site: Site, written: InitEvent | InitCall, subject: str, std: float, parameters: list[Parameter]) -> Finding:
    share = std * std / (1 + std * std)
    drawn = f"{subject} drawn with {_measure(written)} {std:.3g}"
    alone = not graph.tried and (len(parameters) != 1 or not of_any(graph, site))  # nobody knows what else a loop over parameters writes
    scales = any(p.role == "weight" and p.layer is not None and is_norm(p.layer) for p in written_at(graph, site))
    action = constant_call(written, 0) if alone and not scales else None
    return RULE.at(
        graph,
        site,
        Severity.WARNING,
        f"{drawn}: beside sums of variance 1, {100 * share:.0f} % of what a unit starts from is the same for every input",
        fix=Fix(message="Start the bias at 0", actions=(action,)) if action else None,
        parameter=parameters[0].name if parameters else None,
        parameters=qualified(graph, parameters),
        evidence={
            "initializer": short(written.initializer),
            "std": std,
            "share": share,
            **(origin_of(written) if isinstance(written, InitEvent) else {}),
        },
        help="Start the bias at 0, or at the one value that is meant.",
    )
