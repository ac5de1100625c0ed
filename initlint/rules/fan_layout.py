"""An initializer that counts the fans of another layout than the one the weight is used in.

## What it does
Compares the fans that `torch.nn.init` reads off a shape (`size(1)` and `size(0)`, times everything behind) with the number of products that
the forward pass really sums: `x @ W` with `W` of shape (in, out), stacks of matrices `W[r]`, einsum, transposed and grouped
convolutions. Keras and JAX read the last two axes, times everything before: right for `x @ W`, wrong for stacks, depthwise and
transposed kernels. The parameter is followed through slices, transposes and elementwise arithmetic. A bound by hand, `1 / sqrt(weight.size(1))`, is
compared, too; a stack that no product was seen of is known by the name of its first size, `(num_rels, in, out)`. And names that say inputs for what
counts outputs: `fan_in = layer.weight.size(0)`, `fan_in = np.prod(weight.shape)`.

## Why is this bad?
`Var(W) = gain^2 / fan` keeps the variance only if `fan` counts the terms of each sum (Glorot & Bengio 2010, eq. 5; He et al. 2015, eq. 7).
For `x @ W` fan_in and fan_out are exchanged: with (256, 1) the weight is 16 times too large. A stack of shape (R, in, out) is read as a
convolution with `in out` inputs: Xavier makes each map smaller by the root of `(in out + R out) / (in + out)`. A depthwise
convolution has one filter per output, `mode="fan_out"` counts them all: the variance is `1 / C` of what was meant.

## Example
    self.w = nn.Parameter(torch.empty(in_features, out_features))
    nn.init.kaiming_uniform_(self.w, nonlinearity="relu")
    ...
    x = F.relu(x @ self.w)

Use instead:
    nn.init.kaiming_uniform_(self.w, mode="fan_out", nonlinearity="relu")  # size(0): the inputs of x @ w

## Fix safety
The mode is exchanged where that gives the true fan. Safe where the call writes the flagged weights only; unsafe where it serves others, whose layout
may be right. A stack under Xavier or `orthogonal_` gets a loop over its maps, which is unsafe: it draws in another order.

## A real bug it would have caught
pytorch#23854 and timm#84: `fan_out` of a depthwise convolution; keras#22789: stacked kernels counted as convolutions; flax#4027: queries
and keys of attention; cleanrl#358: packed gates. mbrl-lib draws its linear layers with `input_dim = m.weight.data.shape[0]`, the DDPG networks of
many courses with `fan_in = layer.weight.data.size()[0]`. pygcn#42, and many graph networks after it: the bound of `nn.Linear` on a weight of shape
(in, out). nfnets-pytorch standardizes its weights by a fan_in that counts the outputs.

## What it leaves alone
Weights in front of a norm, square matrices, weights used in more than one layout, transposed convolutions whose stride makes up for the
exchange, bounds that several matrices share, as those of an LSTM do, anything whose variance is within a factor of 2 of the right one; up to
a factor of 10 (4 in front of a function that saturates) it is a note. Packed gates of an LSTM and packed queries, keys and values under
Xavier: off by less than that, and a convention.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from initlint.findings import Finding, Fix, LoopOver, ReplaceCall, Severity, Site
from initlint.flow import Weight, is_skipped, longest_chain, main_weight, nonlinearity_after, normalised_after
from initlint.graph import InitCall, ModelGraph, Op, Parameter
from initlint.layout import layer_fans
from initlint.rules import Rule
from initlint.rules._scale import BOUNDED
from initlint.rules._sites import INIT, POSITIONAL, calls_by_site, qualified, short, spell_names
from initlint.symbolic import Number, Sym, at
from initlint.theory.activations import canonical
from initlint.theory.fans import Fans, channels_last_fans, larger, product, torch_fans
from initlint.theory.laws import Distribution, spell

RULE = Rule(code="INI305", name="fan-layout", summary="An initializer that counts the fans of another layout than the weight's own", fixable="sometimes")
TOLERATED = 2.0
"""Factor on the variance up to which the layout makes no difference worth a word."""
SATURATED = 4.0
"""Factor on the variance in front of tanh or sigmoid from which they start flat: unit sums that are twice as wide."""
DAMAGE = 10.0
"""Factor on the variance over a chain of such layers from which the signal is damaged."""


MISREAD = re.compile(r"^(?:Depthwise|\w*Transpose)\w*\.\w+$")
"""Kernels of layers of other libraries than torch whose last two axes are not inputs and outputs."""
UNNAMED = re.compile(r"\((\?\w+)\)|(\?\w+)")
APART = re.compile(r"(?:n|num|number_of)_(?:rels?|relations?|relation_types|heads?|bases|experts|e(?:dge_)?types|n(?:ode_)?types)")
"""How sizes are called of which each number has a map of its own."""
USUAL = 64
"""What stands for a size that is not known."""


@dataclass(frozen=True, slots=True)
class Case:
    """One weight drawn for the wrong fans."""

    call: InitCall
    parameter: Parameter
    weight: Weight
    counted: Number
    """What the initializer divides by."""
    true: Number
    """What it should divide by."""
    over: str
    """``fan_in``, ``fan_in + fan_out`` …"""
    kind: str
    """``matmul``, ``stack``, ``conv`` or ``conv_transpose``."""
    mode: str = ""
    """The mode that divides by the true number, if there is one."""

    @property
    def factor(self) -> float | None:
        """On the variance: what is drawn over what was meant; None where that depends on sizes that are not known."""
        ratio = self.true / self.counted
        return None if isinstance(ratio, Sym) else float(ratio)

    @property
    def typical(self) -> float:
        """The factor at sizes that are usual."""
        return at(self.true, USUAL) / at(self.counted, USUAL)


def check(graph: ModelGraph) -> Iterator[Finding]:
    """One finding per call that misreads a layout, and per name that does."""
    for mistake in graph.mistakes:
        if mistake.kind == "misnamed-fan":
            yield RULE.at(graph, mistake.site, Severity.WARNING, mistake.text)
    chosen = [call for call in graph.calls if not call.into or MISREAD.search(call.into)]  # of other layers that draw by themselves the shape tells
    drawn = [call for call in chosen if call.parameter is not None and (_scales(call.law) or _counts_columns(call)) and not call.problem and _in_force(call)]
    if not drawn:
        return
    users = _users(graph)
    cases = [case for call in drawn if call.parameter is not None and (case := _judge(call, call.parameter, users.get(id(call.parameter), []))) is not None]
    by_call = {id(case.call): case for case in cases}
    for site, calls in calls_by_site(case.call for case in cases):
        finding = _finding(graph, site, [by_call[id(call)] for call in calls])
        if finding is not None:
            yield finding


def _scales(law: Distribution | None) -> bool:
    """Whether a law was made from the fans of a shape."""
    return law is not None and (law.fan is not None or law.kind == "orthogonal") and law.gain != 0


def _counts_columns(call: InitCall) -> bool:
    """Whether a uniform draw is bounded by ``1 / sqrt(weight.size(1))``, as torch's linear layers are, and no matrix beside it of another shape is."""
    law, parameter = call.law, call.parameter
    assert parameter is not None
    shape = parameter.shape
    if law is None or law.kind != "uniform" or law.fan is not None or law.high is None or shape is None or len(shape) != 2 or parameter.layer is None:
        return False
    beside = (other for other in parameter.layer.parameters.values() if other is not parameter and other.shape is not None and len(other.shape) > 1)
    shared = any(other.shape != shape and other.distribution is not None and other.distribution.high == law.high for other in beside)
    return law.high * law.high * shape[1] == 1 and law.mean == 0 and not shared


def _in_force(call: InitCall) -> bool:
    """Whether nothing overwrites what the call writes; one in a method that nothing runs may yet be called."""
    parameter = call.parameter
    assert parameter is not None
    effective = parameter.effective
    if not parameter.requires_grad or not call.certain:
        return parameter.requires_grad
    return effective is not None and effective.site == call.site and (not effective.partial or call.shape is not None)


def _users(graph: ModelGraph) -> dict[int, list[Op]]:
    """The operations that multiply by each parameter, or by something made of it."""
    found: dict[int, list[Op]] = {}
    for op in graph.ops:
        owner = op.parameter or (main_weight(op.layer) if op.layer is not None and op.kind == "layer" else None)
        for parameter in op.detail.get("of", ()) if owner is None else (owner,):
            found.setdefault(id(parameter), []).append(op)
    return found


def _judge(call: InitCall, parameter: Parameter, ops: list[Op]) -> Case | None:
    shape, law = call.shape if _is_torch(call) and call.shape else parameter.shape, call.law  # what others draw takes its size from the first input
    if shape is None or len(shape) < 2 or law is None:
        return None
    fans = {_true(op, parameter, shape) for op in ops} if ops else {_named(parameter, shape)}
    true, kind = fans.pop() or (None, "")
    if fans or true is None:
        return None
    if not kind.startswith("conv") and _is_reshaped_part(shape, parameter.shape):
        return None  # for what it is used as in that shape
    weight = Weight(parameter, parameter.layer if kind.startswith("conv") else None, tuple(ops))
    if normalised_after(weight):
        return None
    counted = _counted(call, shape)
    if kind == "conv" and parameter.layer is not None and layer_fans(parameter.layer, parameter) == counted:
        return None  # a view as a matrix: every input of a strided patch is read once
    if law.kind == "orthogonal":
        return _orthogonal(call, weight, shape, true, kind) if kind == "stack" and _is_torch(call) else None
    if law.fan == "fan_avg":
        total = true.fan_in + true.fan_out
        return _case(call, weight, counted.fan_in + counted.fan_out, total, "fan_in + fan_out", kind)
    if not _is_torch(call):
        return _case(call, weight, counted.select(law.fan), true.select(law.fan), law.fan, kind) if law.fan is not None else None
    if law.fan == "fan_out":
        meant = true.fan_out if kind == "conv" else true.fan_in
        if kind == "conv_transpose":  # size(0) holds its inputs: somebody thought about it
            return None
        if counted.fan_out in (true.fan_in, true.fan_out):
            return None
        return _case(call, weight, counted.fan_out, meant, "fan_out", kind, "fan_in" if counted.fan_in == true.fan_in else "")
    return _case(call, weight, counted.fan_in, true.fan_in, "fan_in", kind, "fan_out" if _closer(counted, true) else "")


def _is_reshaped_part(drawn: tuple[Number, ...], whole: tuple[Number, ...] | None) -> bool:
    """Whether what was drawn is a part of the whole in another shape than it has there."""
    return whole is not None and drawn != whole[-len(drawn) :] and product(drawn) != product(whole)


def _is_torch(call: InitCall) -> bool:
    return call.initializer.startswith("torch.")


def _counted(call: InitCall, shape: tuple[Number, ...]) -> Fans:
    """The fans that the initializer reads off a shape; Keras and JAX hold inputs and outputs to be the last two axes, or those they are told."""
    if _is_torch(call):
        return torch_fans(shape)
    axes = [call.arguments.get(name, default) for name, default in (("in_axis", -2), ("out_axis", -1), ("batch_axis", ()))]
    plain = [axis if isinstance(axis, (tuple, list)) else (axis,) for axis in axes]
    return channels_last_fans(shape, *plain)


def _closer(counted: Fans, true: Fans) -> bool:
    """Whether the other mode is exact, or nearer to the true fan."""
    if counted.fan_out == true.fan_in:
        return True
    ratios = [counted.fan_in / true.fan_in, counted.fan_out / true.fan_in]
    if any(isinstance(ratio, Sym) for ratio in ratios):
        return False
    now, other = (abs(math.log(float(ratio))) for ratio in ratios if not isinstance(ratio, Sym))
    return other < now / 2


def _true(op: Op, parameter: Parameter, shape: tuple[Number, ...]) -> tuple[Fans, str] | None:
    """The fans of the weight in ``op``, strides left out of a convolution, and the layout it has there."""
    if op.kind == "layer" and op.layer is not None:
        fans = layer_fans(op.layer, parameter, strided=False) if "Conv" in op.layer.kind else None
        return None if fans is None else (fans, "conv_transpose" if "Transpose" in op.layer.kind else "conv")
    fan_in, fan_out = op.detail.get("fans") or (None, None)
    if fan_in is None or fan_out is None:
        return None
    if len(shape) == 2 and 1 in (fan_in, fan_out) and 1 not in shape:
        return None  # a table of vectors, each a query of its own
    if op.kind == "layer":  # a kernel that is an argument
        return Fans(fan_in, fan_out), "conv"
    return Fans(fan_in, fan_out), "stack" if len(shape) > 2 or "stack" in op.detail else "matmul"


def _named(parameter: Parameter, shape: tuple[Number, ...]) -> tuple[Fans, str] | None:
    """The fans of a weight that the forward pass was not seen to use, where its first size is called after what tells the maps of a stack apart."""
    own = parameter.layer is not None and not parameter.layer.kind
    return (Fans(shape[1], shape[2]), "stack") if own and len(shape) == 3 and 1 not in shape and APART.fullmatch(str(shape[0])) else None


def _orthogonal(call: InitCall, weight: Weight, shape: tuple[Number, ...], true: Fans, kind: str) -> Case | None:
    columns: Number = 1
    for size in shape[1:]:
        columns = columns * size
    return _case(call, weight, larger(shape[0], columns), larger(true.fan_in, true.fan_out), "max(rows, columns)", kind)


def _case(call: InitCall, weight: Weight, counted: Number, true: Number, over: str, kind: str, mode: str = "") -> Case | None:
    if counted == true or not _is_certain(counted, true, kind):
        return None
    return Case(call, weight.parameter, weight, counted, true, over, kind, mode)


def _is_certain(counted: Number, true: Number, kind: str) -> bool:
    """Whether the two numbers differ whatever the sizes are; a size that is not known at all may equal another."""
    ratio = true / counted
    if not isinstance(ratio, Sym):
        return True
    if kind == "conv_transpose":
        return False
    return kind == "stack" or "?" not in str(ratio)


def _finding(graph: ModelGraph, site: Site, cases: list[Case]) -> Finding | None:
    case = max(cases, key=_distance)
    severity = _severity(graph, cases)
    if severity is None:
        return None
    parameters = list({id(c.parameter): c.parameter for c in cases}.values())
    names = spell_names(list({id(c.parameter): c.parameter for c in cases if c.kind == case.kind}.values()))
    who = short(case.call.initializer) if _scales(case.call.law) else "its bound"
    return RULE.at(
        graph,
        site,
        severity,
        f"{names}: {who} takes {_readable(f'{spell(case.counted)} for {case.over}, {_spell_truth(case)}')}{_spell_effect(case)}",
        fix=_fix(cases),
        parameter=case.parameter.name,
        parameters=qualified(graph, parameters),
        evidence={
            "initializer": short(case.call.initializer),
            "layout": case.kind,
            "counted": str(case.counted),
            "true": str(case.true),
            "over": case.over,
            "factor": case.factor,
        },
        help=_help(case),
    )


def _help(case: Case) -> str:
    if case.kind != "stack":
        return ""
    return "Initialise the maps one by one: `for w in stack: …`." if _is_torch(case.call) else "Say which axis tells the maps apart: `batch_axis=0`."


def _distance(case: Case) -> float:
    return math.inf if case.factor is None else abs(math.log(case.factor))


def _severity(graph: ModelGraph, cases: list[Case]) -> Severity | None:
    """By the product of the factors over the longest chain of such layers."""
    if any(case.factor is None and case.kind != "stack" for case in cases):
        return Severity.WARNING
    owner = {id(op): case.typical for case in cases for op in case.weight.uses}
    total = math.prod(owner[id(op)] for op in longest_chain(graph, (op for case in cases for op in case.weight.uses)))
    size = max(abs(math.log(total)), *(abs(math.log(case.typical)) for case in cases))
    if size <= math.log(TOLERATED) * 1.001:
        return None
    if all(is_skipped(case.weight) and case.typical < 1 for case in cases):
        return Severity.NOTE
    if any(case.typical >= SATURATED and _saturates(case.weight) for case in cases):
        return Severity.WARNING
    return Severity.WARNING if size > math.log(DAMAGE) else Severity.NOTE


def _saturates(weight: Weight) -> bool:
    """Whether a function that is flat beyond a few units comes next."""
    after = nonlinearity_after(weight)
    return after is not None and canonical(after.name) in BOUNDED and not after.path


def _spell_truth(case: Case) -> str:
    if case.kind == "stack":
        return f"each map of the stack has {spell(case.true)}"
    if case.over == "fan_in":
        return f"but each output sums {spell(case.true)} products"
    return f"in this layout it is {spell(case.true)}"


def _readable(text: str) -> str:
    """``text`` with a letter for every size that has no name."""
    unnamed = dict(zip(dict.fromkeys(match[1] or match[2] for match in UNNAMED.finditer(text)), "nmkpq"))
    return UNNAMED.sub(lambda match: unnamed.get(match[1] or match[2], "…"), text)


def _spell_effect(case: Case) -> str:
    factor = case.factor
    if factor is None:
        return ""
    return f": the weights are {spell(math.sqrt(factor) if factor > 1 else 1 / math.sqrt(factor))} times too {'large' if factor > 1 else 'small'}"


def _is_plain(case: Case) -> bool:
    """Whether each part of the stack is read in the layout it has: Xavier and orthogonal do not mind, Kaiming takes inputs last."""
    shape = case.call.shape or case.parameter.shape
    return case.over != "fan_in" and shape is not None and len(shape) == 3


def _fix(cases: list[Case]) -> Fix | None:
    call, mode = cases[0].call, cases[0].mode
    if call.chosen is None and call.certain and all(case.kind == "stack" and _is_plain(case) for case in cases):
        return Fix(message="Initialise the maps one by one", actions=(LoopOver(site=call.site),))
    if call.initializer.startswith("jax.nn.initializers.") and all(case.kind == "stack" and len(case.parameter.shape or ()) == 3 for case in cases):
        return Fix(message="Say which axis tells the maps apart", actions=(ReplaceCall(site=call.site, set=(("batch_axis", "0"),)),))
    if not mode or not _scales(call.law) or call.chosen is not None or not call.initializer.startswith(INIT) or any(case.mode != mode for case in cases):
        return None
    name = short(call.initializer)
    parameters = POSITIONAL[name if name.endswith("_") else f"{name}_"]
    action = ReplaceCall(site=call.site, parameters=parameters, set=(("mode", f"'{mode}'"),))
    return Fix(message=f"Divide by size({1 if mode == 'fan_in' else 0}): mode='{mode}'", actions=(action,))
