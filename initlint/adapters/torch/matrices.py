"""What the forward pass multiplies a signal by: which parameters it comes from, and how many products it sums."""

from __future__ import annotations

from typing import Any, Optional

from initlint.graph import Parameter
from initlint.interpreter.values import Storage, Tensor
from initlint.symbolic import Number
from initlint.theory.fans import product

MOST_SOURCES = 8
"""How far back a tensor is traced through elementwise arithmetic."""
Fans = tuple[Number, Number]


def parameter_of(tensor: Tensor, owners: dict[int, Any]) -> Optional[Parameter]:
    """The parameter that ``tensor`` is, or is a plain view of (``weight.t()``)."""
    found: Optional[Parameter] = owners.get(id(tensor)) or (owners.get(id(tensor.storage)) if tensor.whole else None)
    return found


def multiplied(tensor: Tensor, owners: dict[int, Any]) -> Optional[Parameter]:
    """As ``parameter_of``, also for a slice (``weights[relation]``) whose entries are drawn like all the rest."""
    return parameter_of(tensor, owners) or (owners.get(id(tensor.storage)) if not tensor.storage.regions else None)


def made_of(tensor: Tensor, owners: dict[int, Any]) -> tuple[Parameter, ...]:
    """The parameters that ``tensor`` is a part of, or that it was computed from entry by entry."""
    found: dict[int, Parameter] = {}
    queue: list[Storage] = [tensor.storage]
    for storage in queue:
        parameter = owners.get(id(storage))
        if parameter is not None:
            found[id(parameter)] = parameter
        elif len(queue) < MOST_SOURCES:
            queue += storage.sources
    return tuple(found.values())


def described(tensor: Tensor, owners: dict[int, Any], fans: Optional[Fans]) -> dict[str, Any]:
    """Detail of an operation that multiplies by ``tensor``: ``fans`` per output and per input, ``of`` where it is no parameter itself."""
    detail: dict[str, Any] = {"transposed": tensor.transposed}
    if fans is not None:
        detail["fans"] = fans
    if parameter_of(tensor, owners) is None and (parameters := made_of(tensor, owners)):
        detail["of"] = parameters
    return detail


def product_fans(tensor: Tensor, *, left: bool) -> Optional[Fans]:
    """Fans of ``x @ tensor``, or of ``tensor @ x`` where it stands on the left; leading dimensions are a stack."""
    if not tensor.shape:
        return None
    rows, columns = tensor.shape[-2:] if len(tensor.shape) > 1 else (tensor.shape[0], 1)
    return (columns, rows) if left else (rows, columns)


def linear_fans(tensor: Tensor) -> Optional[Fans]:
    """Fans of ``F.linear(x, tensor)``."""
    return (tensor.shape[1], tensor.shape[0]) if tensor.shape is not None and len(tensor.shape) == 2 else None


def einsum_fans(equation: str, place: int, tensor: Tensor) -> Optional[Fans]:
    """Fans of operand number ``place`` of an einsum: an index that the result lacks is summed over, one that what it sums lacks is an output.

    A first index of three or more that the result keeps tells maps of a stack apart.
    """
    given, arrow, result = equation.replace(" ", "").replace("...", "").partition("->")
    operands = given.split(",")
    if not arrow or place >= len(operands) or tensor.shape is None or len(operands[place]) != len(tensor.shape) or not result.isalpha():
        return None
    sizes = dict(zip(operands[place], tensor.shape))
    lost = set(sizes) - set(result)
    inputs = "".join(operand for at, operand in enumerate(operands) if at != place and lost & set(operand))
    stack = operands[place][0] if len(sizes) > 2 else ""
    outputs = [size for index, size in sizes.items() if index in result and index not in inputs and index != stack]
    return (product([sizes[index] for index in operands[place] if index in lost]), product(outputs)) if lost else None
