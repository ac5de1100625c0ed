"""How many products with a weight each sum of an operation has: the true fan_in of weights that ``forward`` multiplies by itself."""

from __future__ import annotations

from typing import Optional

from initlint.adapters.torch.views import product
from initlint.symbolic import Number

Shape = Optional[tuple[Number, ...]]


def summed(role: str, shape: Shape) -> Optional[Number]:
    """Terms per output value of a product with a weight of ``shape``; ``role`` is that of ``overlays.torch_functions.WeightArgument``.

    ``linear`` is (out, in) as in ``F.linear(x, w)`` and in ``w @ x``; ``matmul`` is (in, out), or (in,) for a vector.
    """
    if not shape:
        return None
    if role == "linear":
        return shape[-1]
    if role == "matmul":
        return shape[-2] if len(shape) > 1 else shape[0]
    return product(shape[1:]) if role in ("conv", "bilinear") and len(shape) > 1 else None


def einsum_terms(equation: str, place: int, shape: Shape) -> Optional[Number]:
    """The same for operand ``place`` of an einsum: the product of the sizes of those of its axes that are summed over."""
    left, arrow, right = equation.partition("->")
    operands = left.split(",")
    if shape is None or not arrow or place >= len(operands):
        return None
    words = len(operands[place].replace("...", " ").split()) == len(shape)
    axes, kept = _axes(operands[place], words), _axes(right, words)
    return product(size for axis, size in zip(axes, shape) if axis not in kept) if len(axes) == len(shape) else None


def _axes(text: str, words: bool) -> list[str]:
    """Names of the axes of one operand, spelled as words (einops) or as letters (torch, which ignores spaces)."""
    found = text.replace("...", " ").split()
    return found if words else list("".join(found))
