"""What the forward pass multiplies a signal by: which parameters it comes from, and how many products it sums."""

from __future__ import annotations

from typing import Any, Optional

from initlint.adapters.torch.tensors import COMPUTED
from initlint.adapters.torch.views import MAP
from initlint.graph import Op, Parameter
from initlint.interpreter.values import Storage, Tensor, is_number
from initlint.symbolic import Number
from initlint.theory.fans import product

MOST_SOURCES = 8
"""How far back a tensor is traced through elementwise arithmetic."""
ROWS, MATRICES = "#rows", "#matrices"
"""Attributes of signals: the table that rows were looked up in, and the shape that each has as a matrix."""
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


def mixed_by(equation: str, tensors: list[Tensor]) -> Optional[Tensor]:
    """``einsum("rb,bio->rio", coefficients, bases)``: as ``mixed``, of the operand of three axes that keeps its last two."""
    result = operand_axes(f"{equation.partition('->')[2]}->", 0)
    sizes: dict[str, Number] = {}
    stack = None
    for place, tensor in enumerate(tensors):
        axes = operand_axes(equation, place)
        if tensor.shape is None or len(axes) != len(tensor.shape):
            return None
        sizes.update(zip(axes, tensor.shape))
        if len(axes) == 3 and axes[1:] == result[1:] and axes[0] not in result:
            stack = tensor
    if stack is None or len(tensors) != 2 or not sizes.keys() >= set(result):
        return None
    shape = tuple(sizes[axis] for axis in result)
    return Tensor(Storage(shape, reason=COMPUTED, sources=(stack.storage,)), shape)


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
    if tensor.shape is not None or tensor.transposed:
        return tensor.shape
    kept: Shape = tensor.attrs.get(MAP)
    return kept if kept is not None and rank in (0, len(kept)) else None


def rows_as_matrices(rows: Tensor, args: list[Any]) -> dict[str, Any]:
    """Attributes of ``table(kind).view(-1, inputs, outputs)``: each row of the table is a flat matrix."""
    table, sizes = rows.attrs.get(ROWS), args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    if not isinstance(table, Parameter) or table.shape is None or len(table.shape) != 2 or len(sizes) < 3 or not all(map(is_number, sizes[-2:])):
        return {}
    rows_of = (sizes[-2], sizes[-1])
    return {MATRICES: (table, rows_of)} if product(rows_of) == table.shape[1] and 1 not in rows_of else {}


def by_rows(left: Any, right: Any) -> dict[str, Any]:
    """Detail of a product of two signals of which one is made of the rows of a table, and the other is not: those that score triples choose their own scale."""
    found = [(value.attrs[MATRICES], value is left) for value in (left, right) if isinstance(value, Tensor) and MATRICES in value.attrs]
    if len(found) != 1:
        return {}
    (table, shape), first = found[0]
    if _looked_up((right if first else left).op):
        return {}
    return {"fans": product_fans(shape, left=first), "of": (table,), "stack": True}


def _looked_up(op: Optional[Op]) -> bool:
    """Whether a signal is the rows of a table, normalised perhaps."""
    while op is not None and op.kind in ("view", "norm", "div", "elementwise") and op.inputs:
        op = op.inputs[0]
    return op is not None and op.kind == "embedding"


def computed(op: str, left: Any, right: Any, made: Tensor) -> Tensor:
    """``made`` of ``left op right`` in the forward pass, with the tensors that its entries stand for."""
    if op == "@" and isinstance(left, Tensor) and isinstance(right, Tensor):
        return mixed(left, right) or made
    made.storage.sources = tuple(t.storage for t in (left, right) if isinstance(t, Tensor) and t.shape is not None and t.shape == made.shape)
    return made


def mixed(left: Tensor, right: Tensor) -> Optional[Tensor]:
    """``coefficients @ bases.view(count, -1)``: weighted sums of the matrices of a stack, which are then used as those would be."""
    stack = right.storage.shape
    if left.shape is None or right.shape is None or stack is None or len(left.shape) != 2 or len(stack) < 3 or left.transposed or right.transposed:
        return None
    if right.shape != (stack[0], product(stack[1:])):
        return None
    shape = (left.shape[0], right.shape[1])
    return Tensor(Storage(shape, reason=COMPUTED, sources=(right.storage,)), shape)


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
