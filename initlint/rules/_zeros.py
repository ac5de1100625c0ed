"""What a forward pass computes as exactly zero, and zero weights whose every effect ends in a zero map that is fed with zeros."""

from __future__ import annotations

from collections.abc import Iterable

from initlint.flow import RESHAPING, Weight, is_transparent, main_weight, signals
from initlint.graph import Op, Parameter
from initlint.rules._sites import bias_of, constant_value

DEAD_AT_ZERO = frozenset({"relu", "relu6", "relu_squared", "squared_relu"})
"""Activations with f(0) = f'(0) = 0."""
ZERO_AT_ZERO = DEAD_AT_ZERO.union(
    ("identity", "linear", "leaky_relu", "prelu", "rrelu", "elu", "celu", "selu", "gelu", "gelu_tanh", "silu", "swish", "mish", "hardswish", "hard_swish"),
    ("tanh", "softsign", "hardtanh", "tanhshrink", "softshrink", "hardshrink", "sin"),
)
"""Activations with f(0) = 0."""


def bias_value(op: Op) -> float | None:
    """The one number the bias of ``op`` starts at, 0 where it has none; None where it is not one number."""
    bias = bias_of(op)
    return 0.0 if bias is None else constant_value(bias)


def stuck_weights(ops: list[Op], weights: Iterable[Weight]) -> dict[int, list[Parameter]]:
    """By identity, the parameters of those zero ``weights`` whose every effect ends in zero maps that are fed with zeros, with these maps.

    ``dL/dW2 = d h^T`` is zero where ``h`` is, and what lies before ``W2 = 0`` gets the gradient ``W2^T d = 0``. What makes ``h`` zero has to be
    stuck too, and nothing may be missing from what was followed.
    """
    left = [] if any(map(_lacks_inputs, ops)) else list(weights)
    held = {id(weight.parameter) for weight in left}
    while left:
        zeros = _zero_values(ops, held)
        found = {id(weight.parameter): ends for weight in left if (ends := _ends(weight, zeros))}
        stuck = {*found, *(id(end) for ends in found.values() for end in ends)}
        if held <= stuck:
            return found
        held &= stuck
        left = [weight for weight in left if id(weight.parameter) in found]
    return {}


def _lacks_inputs(op: Op) -> bool:
    """Whether an operation reads what was not followed: then ways through the model are not known."""
    if op.kind in ("add", "sub"):
        return len(op.inputs) < 2 and "value" not in op.detail
    return op.kind in ("layer", "norm", "activation", "rnn", "attention", "concat", "opaque") and not op.inputs


def _zero_values(ops: list[Op], held: set[int]) -> set[int]:
    """Identities of the operations, in the order they run, whose result is zero whatever the input, as long as the weights ``held`` are."""
    zeros: set[int] = set()
    for op in ops:
        if _is_zero(op, zeros, held):
            zeros.add(id(op))
    return zeros


def _ends(weight: Weight, zeros: set[int]) -> list[Parameter]:
    """The zero maps, fed with zeros, in which every effect of ``weight`` ends; empty where a way leads elsewhere."""
    found: dict[int, Parameter] = {}
    frontier, seen = list(weight.uses), {id(op) for op in weight.uses}
    for op in frontier:
        if op.kind in ("output", "opaque", "choice") or not op.outputs:
            return []
        for target in op.outputs:
            if id(target) in seen:
                continue
            seen.add(id(target))
            parameter = _matrix(target)
            if parameter is not None and parameter is not weight.parameter and constant_value(parameter) == 0 and _reads_zeros(target, zeros):
                found[id(parameter)] = parameter
            else:
                frontier.append(target)
    return list(found.values())


def _reads_zeros(op: Op, zeros: set[int]) -> bool:
    read = signals(op)
    return len(read) == 1 and id(read[0]) in zeros


def _matrix(op: Op) -> Parameter | None:
    """The weight by which ``op`` maps its input."""
    if op.kind not in ("layer", "matmul"):
        return None
    return op.parameter or (main_weight(op.layer) if op.layer is not None else None)


def _is_zero(op: Op, zeros: set[int], held: set[int]) -> bool:
    read = signals(op)
    fed = [id(source) in zeros for source in read]
    parameter = _matrix(op)
    if parameter is not None:
        return (id(parameter) in held or (bool(fed) and all(fed))) and bias_value(op) == 0
    if op.kind in ("mul", "matmul"):
        return any(fed)
    if op.kind == "div":
        return len(read) == len(op.inputs) and fed[:1] == [True]
    if op.kind == "attention" and op.layer is None:
        return len(fed) == 3 and fed[2]
    if not fed or not all(fed):
        return False
    if op.kind in ("add", "sub"):
        added = [source.parameter for source in op.inputs if source.kind == "const"]
        return "value" not in op.detail and all(one is not None and constant_value(one) == 0 for one in added)
    if op.kind == "activation":
        return op.name in ZERO_AT_ZERO
    if op.kind == "norm":
        return bias_value(op) == 0
    return op.kind in RESHAPING or is_transparent(op)
