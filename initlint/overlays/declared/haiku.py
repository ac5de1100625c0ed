"""Layers of Haiku. Kernels end in (in, out)."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from initlint.overlays.declared.table import channels, kernel, layer, width
from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number, sqrt
from initlint.theory.fans import product

ROOT = "haiku.Module"
TRUNCATED = "haiku.initializers.TruncatedNormal"
ZEROS, ONES = ("haiku.initializers.Constant", {"constant": 0.0}), ("haiku.initializers.Constant", {"constant": 1.0})


def _bias(b: Builder, a: SimpleNamespace, size: Number) -> None:
    if on(a.with_bias):
        b.draw("b", (size,), a.b_init, ZEROS)


def _linear(b: Builder, a: SimpleNamespace) -> None:
    fan = width(a)
    b.draw("w", (fan, a.output_size), a.w_init, (TRUNCATED, {"stddev": 1 / sqrt(fan)}))
    _bias(b, a, a.output_size)


def _conv(rank: int, transposed: bool, b: Builder, a: SimpleNamespace) -> None:
    sizes, fan_in = kernel(a.kernel_shape, rank), channels(a)
    groups = 1 if transposed else a.feature_group_count
    shape = (*sizes, a.output_channels, fan_in) if transposed else (*sizes, fan_in // groups if groups != 1 else fan_in, a.output_channels)
    b.draw("w", shape, a.w_init, (TRUNCATED, {"stddev": 1 / sqrt(product(shape[:-2]) * (fan_in // groups if groups != 1 else fan_in))}))
    _bias(b, a, a.output_channels)


def _embed(b: Builder, a: SimpleNamespace) -> None:
    b.draw("embeddings", (a.vocab_size, a.embed_dim), a.w_init, (TRUNCATED, {}))


def _norm(b: Builder, a: SimpleNamespace) -> None:
    if on(a.create_scale):
        b.draw("scale", (width(a),), a.scale_init, ONES)
    if on(a.create_offset):
        b.draw("offset", (width(a),), getattr(a, "offset_init", None), ZEROS)


def _attention(b: Builder, a: SimpleNamespace) -> None:
    value_size = a.key_size if a.value_size is None else a.value_size
    options = {"w_init": a.w_init, "b_init": a.b_init, "with_bias": a.with_bias}
    for name, size in (("query", a.key_size), ("key", a.key_size), ("value", value_size)):
        b.child(name, "haiku.Linear", output_size=size * a.num_heads, **options)
    b.child("linear", "haiku.Linear", output_size=a.key_size * a.num_heads if a.model_size is None else a.model_size, **options)


def _recurrent(gates: int, b: Builder, a: SimpleNamespace) -> None:
    fan, size = width(a), a.hidden_size
    if gates == 3:
        b.draw("w_i", (fan, 3 * size), a.w_i_init, ("haiku.initializers.VarianceScaling", {}))
        b.draw("w_h", (size, 3 * size), a.w_h_init, ("haiku.initializers.VarianceScaling", {}))
        b.draw("b", (3 * size,), a.b_init, ZEROS)
    else:
        b.child("linear", "haiku.Linear", output_size=gates * size)


def _lstm(b: Builder, a: SimpleNamespace) -> None:
    _recurrent(4, b, a)


def _gru(b: Builder, a: SimpleNamespace) -> None:
    _recurrent(3, b, a)


_CONV = (
    "output_channels, kernel_shape, stride=1, rate=1, padding='SAME', with_bias=True, w_init=None, b_init=None, data_format=None, mask=None, "
    "feature_group_count=1, name=None"
)
_TRANSPOSED = "output_channels, kernel_shape, stride=1, output_shape=None, padding='SAME', with_bias=True, w_init=None, b_init=None, **options"
_REST = "eps=1e-5, scale_init=None, offset_init=None, **options"
_SCALES = f"create_scale=True, create_offset=True, {_REST}"
_NORM = f"axis=-1, {_SCALES}"


def _conv_rows() -> list[LayerSpec]:
    rows = []
    for rank in (1, 2, 3):
        rows.append(layer(f"haiku.Conv{rank}D", _CONV, ROOT, role="conv", build=partial(_conv, rank, False)))
        rows.append(layer(f"haiku.Conv{rank}DTranspose", _TRANSPOSED, ROOT, role="conv_transpose", build=partial(_conv, rank, True)))
    return rows


LAYERS: dict[str, LayerSpec] = {
    row.name: row
    for row in (
        layer("haiku.Linear", "output_size, with_bias=True, w_init=None, b_init=None, name=None", ROOT, role="linear", build=_linear),
        *_conv_rows(),
        layer("haiku.Embed", "vocab_size=None, embed_dim=None, embedding_matrix=None, w_init=None, **options", ROOT, role="embedding", build=_embed),
        layer("haiku.LayerNorm", _NORM, ROOT, role="norm", build=_norm),
        layer("haiku.GroupNorm", f"groups, {_NORM}", ROOT, role="norm", build=_norm),
        layer("haiku.InstanceNorm", _SCALES, ROOT, role="norm", build=_norm),
        layer("haiku.BatchNorm", f"create_scale, create_offset, decay_rate, {_REST}", ROOT, role="norm", build=_norm),
        layer(
            "haiku.MultiHeadAttention",
            "num_heads, key_size, w_init_scale=None, w_init=None, with_bias=True, b_init=None, value_size=None, model_size=None, name=None",
            ROOT, role="attention", build=_attention,
        ),
        layer("haiku.LSTM", "hidden_size, name=None", ROOT, role="rnn", build=_lstm),
        layer("haiku.GRU", "hidden_size, w_i_init=None, w_h_init=None, b_init=None, name=None", ROOT, role="rnn", build=_gru),
        layer("haiku.Sequential", "layers, name=None", ROOT, role="container"),
        layer("haiku.AvgPool", "*args, **options", ROOT, role="pool"),
        layer("haiku.MaxPool", "*args, **options", ROOT, role="pool"),
        layer("haiku.Flatten", "preserve_dims=1, name=None", ROOT, role="view"),
        layer("haiku.Reshape", "output_shape, preserve_dims=1, name=None", ROOT, role="view"),
    )
}  # fmt: skip
