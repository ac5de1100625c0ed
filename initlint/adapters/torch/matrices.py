"""What the forward pass multiplies a signal by: which parameters it comes from, and how many products it sums."""

from __future__ import annotations

import re
from typing import Any, Optional

from initlint.graph import Parameter
from initlint.interpreter.values import Storage, Tensor
from initlint.symbolic import Number
from initlint.theory.fans import product

MOST_SOURCES = 8
"""How far back a tensor is traced through elementwise arithmetic."""
ONE = re.compile(r"[A-Z]\w* \d+")
"""A region that one index tells, of which no more is known than its kind."""
Shape = Optional[tuple[Number, ...]]
Fans = tuple[Number, Optional[Number]]
"""Of a weight where it is used: terms in each sum, and sums that each input enters, None where that is not told."""


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


def shape_of(tensor: Tensor, rank: int = 0) -> Shape:
    """The shape of an operand; that of ``stack[kind]``, where nobody knows which ``kind``, is the shape of one map, if it has as many axes as ``rank`` says."""
    whole = tensor.storage.shape
    if tensor.shape is not None or whole is None or len(whole) < 3 or tensor.transposed or not isinstance(tensor.region, str):
        return tensor.shape
    return whole[1:] if ONE.fullmatch(tensor.region) and rank in (0, len(whole) - 1) else None


def product_fans(shape: Shape, *, left: bool) -> Optional[Fans]:
    """Fans of ``x @ W``, or of ``W @ x`` where it stands on the left; leading dimensions are a stack, a vector has one output."""
    if not shape:
        return None
    if len(shape) == 1:
        return (shape[0], 1)
    rows, columns = shape[-2:]
    return (columns, rows) if left else (rows, columns)


def argument_fans(role: str, shape: Shape) -> Optional[Fans]:
    """Fans of a weight that is handed to a function; ``role`` is that of ``overlays.torch_functions.WeightArgument``.

    How many outputs an input of a convolution meets depends on its groups and strides: that is left open.
    """
    if not shape:
        return None
    if role in ("linear", "matmul"):
        return product_fans(shape, left=role == "linear")
    return (product(shape[1:]), None) if role in ("conv", "bilinear") and len(shape) > 1 else None


def einsum_fans(equation: str, place: int, shape: Shape) -> Optional[Fans]:
    """Fans of operand number ``place`` of an einsum: an axis that the result lacks is summed over, one that what it sums lacks is an output.

    A first axis of three or more that the result keeps tells maps of a stack apart; a matrix that the result keeps no axis of, ``x W y``, has no outputs.
    """
    given, arrow, result = equation.partition("->")
    operands = given.split(",")
    if not arrow or place >= len(operands) or shape is None:
        return None
    letters = "".join(_axes(operands[place], words=True))
    words = len(letters) != len(shape) or any(" " in part.strip() for part in (*operands, result))
    axes, kept = _axes(operands[place], words), _axes(result, words)
    if len(axes) != len(shape):
        return None
    sizes = dict(zip(axes, shape))
    lost = sizes.keys() - set(kept)
    terms = product(sizes[axis] for axis in axes if axis in lost)
    if not lost or (len(lost) == len(axes) == 2):
        return (terms, None)
    others = [set(_axes(operand, words)) for number, operand in enumerate(operands) if number != place]
    inputs = {axis for operand in others if lost & operand for axis in operand}
    stack = axes[:1] if len(sizes) > 2 else []
    return (terms, product(size for axis, size in sizes.items() if axis in kept and axis not in inputs and axis not in stack))


def operand_axes(equation: str, place: int) -> list[str]:
    """Names of the axes of operand number ``place`` of an einsum."""
    operands, _, result = equation.partition("->")
    parts = operands.split(",")
    return _axes(parts[place], any(" " in part.strip() for part in (*parts, result))) if place < len(parts) else []


def _axes(text: str, words: bool) -> list[str]:
    """Names of the axes of one operand, spelled as words (einops) or as letters (torch, which ignores spaces)."""
    found = text.replace("...", " ").split()
    return found if words else list("".join(found))
