"""Layers of Keras whose kernels follow an einsum: EinsumDense, and attention, which projects with it.

EinsumDense tells its initializer which axes are summed over, as Keras 3.15 does; versions before counted fans as a convolution's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from initlint.overlays.declared.initializers import IDENTIFIERS
from initlint.overlays.declared.table import UNMET, layer
from initlint.overlays.spec import Builder, LayerSpec, Shape
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number, symbol

ROOT = "keras.layers.Layer"
EINSUM = "keras.layers.EinsumDense"
EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")
GLOROT: tuple[str, dict[str, Any]] = (IDENTIFIERS["glorot_uniform"], {})
ZEROS: tuple[str, dict[str, Any]] = (IDENTIFIERS["zeros"], {})
ONES: tuple[str, dict[str, Any]] = (IDENTIFIERS["ones"], {})


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the equation of an EinsumDense says once its input is known."""

    kernel: Shape
    bias: Shape
    output: Shape
    inputs: tuple[int, ...]
    """Axes of the kernel that are summed over."""
    outputs: tuple[int, ...]


def sizes_of(equation: Any, output_shape: Any, bias_axes: Any, input_shape: Shape | None, known: dict[str, Number] | None = None) -> Sizes | None:
    """Shapes of an EinsumDense; None where the equation or its shapes are not known. ``known`` has sizes that do not depend on the input."""
    match = EQUATION.fullmatch(equation.replace(" ", "")) if isinstance(equation, str) else None
    if match is None:
        return None
    read, weight, written = match[2], match[4], match[6]
    partial = list(output_shape) if isinstance(output_shape, (tuple, list)) else [output_shape]
    last = dict(zip(reversed(read), reversed(input_shape or ()))) if not match[3] else dict(zip(read, input_shape or ()))
    made = dict(zip(reversed(written), reversed(partial))) if not match[7] else dict(zip(written[1:], partial))
    sizes: dict[str, Number] = {letter: symbol("in_features" if letter in weight else "?length") for letter in read}
    sizes |= last | (known or {})
    sizes |= {letter: size for letter, size in made.items() if size is not None}
    if any(letter not in sizes for letter in weight + written):
        return None
    places = range(len(weight))
    start = min((written.find(axis) for axis in bias_axes), default=0) if isinstance(bias_axes, str) else len(written)
    ahead = (input_shape or ())[: max(len(input_shape or ()) - len(read), 0)] if match[1] else ()
    behind = (input_shape or ())[len(read) :] if match[3] else ()
    return Sizes(
        tuple(sizes[letter] for letter in weight),
        tuple(sizes[letter] if letter in bias_axes else 1 for letter in written[start:]) if isinstance(bias_axes, str) else (),
        (*ahead, *(sizes[letter] for letter in written), *behind),
        tuple(place for place in places if weight[place] not in written),
        tuple(place for place in places if weight[place] in written),
    )


def _einsum(b: Builder, a: SimpleNamespace) -> None:
    sizes = sizes_of(a.equation, a.output_shape, a.bias_axes, getattr(a, "input_shape", None), a.options.get("known"))
    b.draw("kernel", sizes.kernel if sizes else None, a.kernel_initializer, GLOROT, (sizes.inputs, sizes.outputs) if sizes else None)
    if a.bias_axes is not None:
        b.draw("bias", sizes.bias if sizes else None, a.bias_initializer, ZEROS)


def heads_of(a: SimpleNamespace) -> dict[str, tuple[Number, Number]]:
    """How many heads each projection has, and of what size."""
    if hasattr(a, "key_dim"):
        size = a.key_dim if a.value_dim is None else a.value_dim
        return {"query": (a.num_heads, a.key_dim), "key": (a.num_heads, a.key_dim), "value": (a.num_heads, size)}
    few = (a.num_key_value_heads, a.head_dim)
    return {"query": (a.num_query_heads, a.head_dim), "key": few, "value": few}


def _attention(b: Builder, a: SimpleNamespace) -> None:
    chosen = {"kernel_initializer": a.kernel_initializer, "bias_initializer": a.bias_initializer}
    heads = heads_of(a)
    for name, sizes in heads.items():
        b.child(name, EINSUM, equation="...d,dhk->...hk", output_shape=sizes, bias_axes="hk" if on(a.use_bias) else None, **chosen)
    shape = getattr(a, "input_shape", None)
    width = shape[-1] if shape else UNMET
    end = getattr(a, "output_shape", None)
    end = width if end is None else end[0] if isinstance(end, (tuple, list)) and len(end) == 1 else end
    known = {"h": heads["query"][0], "k": heads["value"][1]}
    b.child("attention_output", EINSUM, equation="...hk,hkd->...d", output_shape=end, bias_axes="d" if on(a.use_bias) else None, known=known, **chosen)


def _additive(b: Builder, a: SimpleNamespace) -> None:
    shape = getattr(a, "input_shape", None)
    if on(a.use_scale):
        b.draw("scale", (shape[-1] if shape else UNMET,), None, GLOROT)


def _scaled(b: Builder, a: SimpleNamespace) -> None:
    if on(a.use_scale):
        b.draw("scale", (), None, ONES)


_INITIALIZERS = "kernel_initializer=None, bias_initializer=None, **options"
_GROUPED = f"head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, sliding_window=None, flash_attention=None, {_INITIALIZERS}"
ROWS: tuple[LayerSpec, ...] = (
    layer(EINSUM, f"equation, output_shape, activation=None, bias_axes=None, {_INITIALIZERS}", ROOT, role="linear", build=_einsum, activation="activation"),
    layer(
        "keras.layers.MultiHeadAttention",
        "num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, sliding_window=None, "
        f"flash_attention=None, {_INITIALIZERS}",
        ROOT, role="attention", build=_attention,
    ),
    *(layer(f"keras.layers.{name}", _GROUPED, ROOT, role="attention", build=_attention) for name in ("GroupQueryAttention", "GroupedQueryAttention")),
    layer("keras.layers.Attention", "use_scale=False, score_mode='dot', dropout=0.0, **options", ROOT, role="attention", build=_scaled),
    layer("keras.layers.AdditiveAttention", "use_scale=True, dropout=0.0, **options", ROOT, role="attention", build=_additive),
)  # fmt: skip
