"""Fans: how many terms each sum over a weight has, as frameworks compute them and as they really are.

``fan_in`` counts the products summed into one output value and governs the forward pass; ``fan_out`` counts
those summed into one component of the input's gradient and governs the backward pass. Frameworks read both off
the weight's shape alone, which is wrong wherever groups, strides, gates or the layout enter. Every true fan
below was confirmed by counting terms (weights = 1); with a stride it is the mean over interior positions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from initlint.symbolic import Number, Sym, opaque
from initlint.theory.laws import spell

Fan = Literal["fan_in", "fan_out", "fan_avg"]
FanRole = Literal["linear", "matmul", "conv", "conv_transpose", "bilinear", "embedding", "packed"]

TOO_FEW_DIMENSIONS = "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"


@dataclass(frozen=True, slots=True)
class Fans:
    """The two fans of one weight, in summed terms."""

    fan_in: Number
    fan_out: Number

    def select(self, mode: Fan) -> Number:
        """The fan an initializer divides by in ``mode``."""
        if mode == "fan_avg":
            return (self.fan_in + self.fan_out) / 2
        return self.fan_in if mode == "fan_in" else self.fan_out


def torch_fans(shape: Sequence[Number]) -> Fans:
    """The fans ``torch.nn.init`` computes: size(1) and size(0), each times the product of the sizes behind them.

    Raises ``ValueError`` with torch's own message below two dimensions.
    """
    if len(shape) < 2:
        raise ValueError(TOO_FEW_DIMENSIONS)
    field = product(shape[2:])
    return Fans(shape[1] * field, shape[0] * field)


def channels_last_fans(shape: Sequence[Number], in_axes: Sequence[int] = (-2,), out_axes: Sequence[int] = (-1,), batch_axes: Sequence[int] = ()) -> Fans:
    """The fans that Keras and JAX compute: inputs and outputs are the named axes, all others but the batch the receptive field.

    A vector counts as its own fans (Keras), below that both are 1. Raises ``ValueError`` for axes that do not exist.
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return Fans(size, size)
    places = [[axis % len(shape) if -len(shape) <= axis < len(shape) else None for axis in axes] for axes in (in_axes, out_axes, batch_axes)]
    if any(place is None for group in places for place in group):
        raise ValueError(f"an axis is out of range for {len(shape)} dimensions")
    fan_in, fan_out = (product([shape[place] for place in group if place is not None]) for group in places[:2])
    named = {place for group in places for place in group}
    field = product([size for place, size in enumerate(shape) if place not in named])
    return Fans(fan_in * field, fan_out * field)


def true_fans(role: FanRole, shape: Sequence[Number], *, groups: Number = 1, stride: Number | Sequence[Number] = 1, gates: Number = 1) -> Fans:
    """The fans of a weight of ``shape`` (torch layout, except ``matmul``) in the layer it serves.

    ``packed`` is a stack of ``gates`` maps along dimension 0, as in LSTM weights (4), GRU (3), attention's in_proj (3).
    """
    if role == "conv":
        return conv_fans(shape, groups, stride)
    if role == "conv_transpose":
        return conv_transpose_fans(shape, groups, stride)
    if role == "packed":
        return packed_fans(shape, gates)
    return {"linear": linear_fans, "matmul": matmul_fans, "bilinear": bilinear_fans, "embedding": embedding_fans}[role](shape)


def linear_fans(shape: Sequence[Number]) -> Fans:
    """Weight (out, in) of ``x @ W.T``."""
    outputs, inputs = shape
    return Fans(inputs, outputs)


def matmul_fans(shape: Sequence[Number]) -> Fans:
    """Weight (in, out) of a raw ``x @ W``; leading dimensions are a batch of such maps."""
    inputs, outputs = shape[-2:]
    return Fans(inputs, outputs)


def conv_fans(shape: Sequence[Number], groups: Number = 1, stride: Number | Sequence[Number] = 1) -> Fans:
    """Weight (out, in/groups, *kernel). Each input position meets only out/groups filters, at every stride-th offset."""
    outputs, inputs, *kernel = shape
    taps = product(kernel)
    return Fans(inputs * taps, _divide(_divide(outputs * taps, groups), _steps(stride, len(kernel))))


def conv_transpose_fans(shape: Sequence[Number], groups: Number = 1, stride: Number | Sequence[Number] = 1) -> Fans:
    """Weight (in, out/groups, *kernel): the gradient of a convolution, with its fans exchanged."""
    reverse = conv_fans(shape, groups, stride)
    return Fans(reverse.fan_out, reverse.fan_in)


def bilinear_fans(shape: Sequence[Number]) -> Fans:
    """Weight (out, in1, in2): every output sums in1·in2 products; the backward fan is that towards the first input."""
    outputs, first, second = shape
    return Fans(first * second, outputs * second)


def embedding_fans(shape: Sequence[Number]) -> Fans:
    """Weight (entries, features): a row is looked up, nothing is summed. The backward fan is that of a one-hot input."""
    return Fans(1, shape[1])


def packed_fans(shape: Sequence[Number], gates: Number) -> Fans:
    """Weight (gates·hidden, in): ``gates`` maps of equal size, each with its own outputs."""
    rows, inputs = shape
    return Fans(inputs, _divide(rows, gates))


def scaling_law(gain: Number, over: str, factor: int = 1) -> str:
    """``Var = factor·gain² / over`` the way people write it: ``Var = 2 / fan_in``, ``Var = 2·(5/3)² / (fan_in + fan_out)``."""
    divisor = f"({over})" if " + " in over else over
    scale = gain * gain * factor
    if isinstance(scale, Sym):
        return f"Var = {f'({scale})' if len(scale.terms) > 1 else scale} / {divisor}"
    simple = Fraction(scale).limit_denominator(3)
    if math.isclose(simple, scale, rel_tol=1e-9):
        return f"Var = {simple.numerator} / {divisor}" if simple.denominator == 1 else f"Var = {simple.numerator} / ({simple.denominator}·{divisor})"
    return f"Var = {'' if factor == 1 else f'{factor}·'}{_spell_gain(gain)}² / {divisor}"


def leaky_law(slope: Number, over: str) -> str:
    """The variance for a rectifier of negative slope ``slope`` (He et al. 2015, eq. 15): ``Var = 2 / ((1 + 0.2²)·fan_in)``."""
    if not isinstance(slope, Sym):
        scale = 2 / (1 + slope * slope)
        if any(math.isclose(scale, plain, rel_tol=1e-9) for plain in (2, 1, 1 / 3)):
            return scaling_law(math.sqrt(scale), over)
    return f"Var = 2 / ((1 + {spell(slope)}²)·{over})"


def product(sizes: Iterable[Number]) -> Number:
    """The product of sizes, known or not; 1 for none."""
    result: Number = 1
    for size in sizes:
        result = result * size
    return result


def larger(left: Number, right: Number) -> Number:
    """``max`` of two sizes (positive numbers), exact where their ratio is a number."""
    ratio = left / right
    return opaque(f"max({left}, {right})") if isinstance(ratio, Sym) else left if ratio >= 1 else right


def smaller(left: Number, right: Number) -> Number:
    """``min`` of two sizes, likewise."""
    ratio = left / right
    return opaque(f"min({left}, {right})") if isinstance(ratio, Sym) else right if ratio >= 1 else left


def _steps(stride: Number | Sequence[Number], dimensions: int) -> Number:
    return product([stride] * dimensions if isinstance(stride, (int, float, Sym)) else stride)


def _divide(value: Number, by: Number) -> Number:
    if isinstance(value, int) and isinstance(by, int) and value % by == 0:
        return value // by
    return value / by


def _spell_gain(gain: Number) -> str:
    if isinstance(gain, Sym):
        return f"({gain})"
    thirds = Fraction(gain).limit_denominator(3)
    if thirds.denominator == 3 and math.isclose(thirds, gain, rel_tol=1e-9):
        return f"({thirds})"
    return spell(gain)
