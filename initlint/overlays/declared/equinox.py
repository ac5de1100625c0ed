"""Layers of Equinox, on JAX: laid out and drawn as those of torch, U(±1/√fan_in), (out, in)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from types import SimpleNamespace

from initlint.overlays.declared.table import kernel, layer
from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.defaults import fan_in_bias, fan_in_weight
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number
from initlint.theory.fans import product
from initlint.theory.laws import constant, normal

ROOT = "equinox.Module"


def _linear(b: Builder, a: SimpleNamespace) -> None:
    b.param("weight", (a.out_features, a.in_features), fan_in_weight(a.in_features))
    if on(a.use_bias):
        b.param("bias", (a.out_features,), fan_in_bias(a.in_features))


def _conv(rank: int, b: Builder, a: SimpleNamespace) -> None:
    sizes = kernel(a.kernel_size, rank)
    inputs: Number = a.in_channels // a.groups if a.groups != 1 else a.in_channels
    fan = inputs * product(sizes)
    b.param("weight", (a.out_channels, inputs, *sizes), fan_in_weight(fan))
    if on(a.use_bias):
        b.param("bias", (a.out_channels, *(1,) * rank), fan_in_bias(fan))


def _norm(b: Builder, a: SimpleNamespace) -> None:
    size = getattr(a, "shape", getattr(a, "channels", getattr(a, "input_size", None)))
    shape = tuple(size) if isinstance(size, (tuple, list)) else (size,) if size is not None else None
    b.param("weight", shape, constant(1.0))
    b.param("bias", shape, constant(0.0))


def _embedding(b: Builder, a: SimpleNamespace) -> None:
    b.param("weight", (a.num_embeddings, a.embedding_size), normal(0.0, 1.0, "N(0, 1²)"))


def _mlp(b: Builder, a: SimpleNamespace) -> None:
    depth = a.depth if isinstance(a.depth, int) else 1
    sizes = [a.in_size, *[a.width_size] * depth, a.out_size]
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        b.child(f"layers_{number}", "equinox.nn.Linear", in_features=inputs, out_features=outputs, key=None)


def _recurrent(gates: int, b: Builder, a: SimpleNamespace) -> None:
    law = fan_in_weight(a.hidden_size)
    b.param("weight_ih", (gates * a.hidden_size, a.input_size), law)
    b.param("weight_hh", (gates * a.hidden_size, a.hidden_size), law)
    if on(a.use_bias):
        b.param("bias", (gates * a.hidden_size,), law)


def _attention(b: Builder, a: SimpleNamespace) -> None:
    width = a.query_size
    for name in ("query_proj", "key_proj", "value_proj", "output_proj"):
        b.child(name, "equinox.nn.Linear", in_features=width, out_features=width, use_bias=False, key=None)


_KEY = "dtype=None, *, key=None, **options"
_CONV = "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, use_bias=True, padding_mode='ZEROS', "
_TRANSPOSED = "in_channels, out_channels, kernel_size, stride=1, output_padding=0, padding=0, dilation=1, groups=1, use_bias=True, padding_mode='ZEROS', "

LAYERS: dict[str, LayerSpec] = {
    row.name: row
    for row in (
        layer("equinox.nn.Linear", f"in_features, out_features, use_bias=True, {_KEY}", ROOT, role="linear", build=_linear),
        *(layer(f"equinox.nn.Conv{rank}d", _CONV + _KEY, ROOT, role="conv", build=partial(_conv, rank)) for rank in (1, 2, 3)),
        *(layer(f"equinox.nn.ConvTranspose{rank}d", _TRANSPOSED + _KEY, ROOT, role="conv_transpose", build=partial(_conv, rank)) for rank in (1, 2, 3)),
        layer("equinox.nn.LayerNorm", "shape, eps=1e-5, use_weight=True, use_bias=True, **options", ROOT, role="norm", build=_norm),
        layer("equinox.nn.RMSNorm", "shape, eps=1e-5, use_weight=True, use_bias=True, **options", ROOT, role="norm", build=_norm),
        layer("equinox.nn.GroupNorm", "groups, channels=None, **options", ROOT, role="norm", build=_norm),
        layer("equinox.nn.BatchNorm", "input_size, axis_name, **options", ROOT, role="norm", build=_norm),
        layer("equinox.nn.Embedding", f"num_embeddings=None, embedding_size=None, weight=None, {_KEY}", ROOT, role="embedding", build=_embedding),
        layer("equinox.nn.MLP", f"in_size, out_size, width_size, depth, activation=None, {_KEY}", ROOT, role="other", build=_mlp),
        layer("equinox.nn.LSTMCell", f"input_size, hidden_size, use_bias=True, {_KEY}", ROOT, role="rnn", build=partial(_recurrent, 4)),
        layer("equinox.nn.GRUCell", f"input_size, hidden_size, use_bias=True, {_KEY}", ROOT, role="rnn", build=partial(_recurrent, 3)),
        layer("equinox.nn.MultiheadAttention", f"num_heads, query_size, {_KEY}", ROOT, role="attention", build=_attention),
        layer("equinox.nn.Dropout", "p=0.5, **options", ROOT, role="dropout"),
        layer("equinox.nn.Sequential", "layers", ROOT, role="container"),
    )
}
