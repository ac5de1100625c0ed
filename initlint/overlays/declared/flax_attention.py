"""Layers of Flax over several axes: DenseGeneral of linen, LinearGeneral of NNX, and the attention that projects with them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.declared.table import layer, width
from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number

LINEN, NNX = "flax.linen.Module", "flax.nnx.Module"
LECUN: tuple[str, dict[str, Any]] = ("jax.nn.initializers.lecun_normal", {})
ZEROS: tuple[str, dict[str, Any]] = ("jax.nn.initializers.zeros", {})


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _general(b: Builder, a: SimpleNamespace) -> None:
    """The kernel is drawn as a matrix, all inputs by all outputs, and then given its axes."""
    outputs: tuple[Number, ...] = _several(getattr(a, "out_features", getattr(a, "features", 0)))
    shape, axes = getattr(a, "input_shape", None), _several(a.axis)
    inputs: tuple[Number, ...]
    if hasattr(a, "in_features"):
        inputs = _several(a.in_features)
    elif a.options.get("known"):
        inputs = a.options["known"]
    else:
        inputs = tuple(shape[axis] for axis in axes) if shape and len(shape) >= len(axes) else (width(a),) * len(axes)
    places = tuple(range(len(inputs))), tuple(range(len(inputs), len(inputs) + len(outputs)))
    b.draw("kernel", (*inputs, *outputs), a.kernel_init, LECUN, places)
    if on(a.use_bias):
        b.draw("bias", outputs, a.bias_init, ZEROS)


def _attention(b: Builder, a: SimpleNamespace) -> None:
    given = getattr(a, "in_features", None)
    inputs: Number = width(a) if given is None else given
    hidden = inputs if a.qkv_features is None else a.qkv_features
    heads = (a.num_heads, hidden // a.num_heads)
    name = "flax.linen.DenseGeneral" if given is None else "flax.nnx.LinearGeneral"
    own: dict[str, Any] = {"use_bias": a.use_bias, "kernel_init": a.kernel_init, "bias_init": a.bias_init}
    back = {**own, "kernel_init": a.out_kernel_init or a.kernel_init, "bias_init": a.out_bias_init or a.bias_init, "axis": (-2, -1)}
    end = inputs if a.out_features is None else a.out_features
    for part in ("query", "key", "value"):
        b.child(part, name, **({"features": heads} if given is None else {"in_features": given, "out_features": heads}), **own)
    b.child("out", name, **({"features": end, "known": heads} if given is None else {"in_features": heads, "out_features": end}), **back)


_INITS = "use_bias=True, kernel_init=None, bias_init=None, **options"
_ATTENTION = (
    "dtype=None, param_dtype=None, qkv_features=None, out_features=None, broadcast_dropout=True, dropout_rate=0.0, deterministic=None, precision=None, "
    "kernel_init=None, out_kernel_init=None, bias_init=None, out_bias_init=None, use_bias=True, **options"
)
ROWS: tuple[LayerSpec, ...] = (
    layer("flax.linen.DenseGeneral", f"features, axis=-1, batch_dims=(), {_INITS}", LINEN, role="linear", build=_general),
    layer("flax.nnx.LinearGeneral", f"in_features, out_features, *, axis=-1, {_INITS}", NNX, role="linear", build=_general),
    *(
        layer(f"flax.linen.{name}", f"num_heads, {_ATTENTION}", LINEN, role="attention", build=_attention)
        for name in ("MultiHeadDotProductAttention", "MultiHeadAttention", "SelfAttention")
    ),
    layer("flax.nnx.MultiHeadAttention", f"num_heads, in_features, {_ATTENTION}", NNX, role="attention", build=_attention),
)
