"""Layers of Flax's linen and NNX. Kernels end in (in, out)."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.declared import flax_attention as attention
from initlint.overlays.declared.table import channels, kernel, layer, width
from initlint.overlays.spec import Builder, LayerSpec
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number, sqrt

LINEN, NNX = "flax.linen.Module", "flax.nnx.Module"
LECUN: tuple[str, dict[str, Number]] = ("jax.nn.initializers.lecun_normal", {})
ZEROS: tuple[str, dict[str, Number]] = ("jax.nn.initializers.zeros", {})
ONES: tuple[str, dict[str, Number]] = ("jax.nn.initializers.ones", {})


def _given(a: SimpleNamespace, name: str, fallback: Number) -> Number:
    value: Number | None = getattr(a, name, None)
    return fallback if value is None else value


def _bias(b: Builder, a: SimpleNamespace, size: Number) -> None:
    if on(a.use_bias):
        b.draw("bias", (size,), a.bias_init, ZEROS)


def _dense(b: Builder, a: SimpleNamespace) -> None:
    size = _given(a, "out_features", getattr(a, "features", 0))
    b.draw("kernel", (_given(a, "in_features", width(a)), size), a.kernel_init, LECUN)
    _bias(b, a, size)


def _conv(b: Builder, a: SimpleNamespace) -> None:
    size, fan = _given(a, "out_features", getattr(a, "features", 0)), _given(a, "in_features", channels(a))
    sizes = kernel(a.kernel_size, 1)
    groups = a.feature_group_count
    b.draw("kernel", (*sizes, fan // groups if groups != 1 else fan, size), a.kernel_init, LECUN)
    _bias(b, a, size)


def _conv_transpose(b: Builder, a: SimpleNamespace) -> None:
    size, fan = _given(a, "out_features", getattr(a, "features", 0)), _given(a, "in_features", channels(a))
    sizes = kernel(a.kernel_size, 1)
    b.draw("kernel", (*sizes, size, fan) if a.transpose_kernel is True else (*sizes, fan, size), a.kernel_init, LECUN)
    _bias(b, a, size)


def _embed(b: Builder, a: SimpleNamespace) -> None:
    b.draw("embedding", (a.num_embeddings, a.features), a.embedding_init, ("jax.nn.initializers.normal", {"stddev": 1 / sqrt(a.features)}))


def _norm(b: Builder, a: SimpleNamespace) -> None:
    size = _given(a, "num_features", width(a))
    if on(a.use_scale):
        b.draw("scale", (size,), a.scale_init, ONES)
    if on(a.use_bias):
        b.draw("bias", (size,), a.bias_init, ZEROS)


_OPTIONS = "dtype=None, param_dtype=None, precision=None"
_DENSE = f"features, use_bias=True, {_OPTIONS}, kernel_init=None, bias_init=None, **options"
_CONV = (
    "features, kernel_size, strides=1, padding='SAME', input_dilation=1, kernel_dilation=1, feature_group_count=1, use_bias=True, mask=None, "
    f"{_OPTIONS}, kernel_init=None, bias_init=None, **options"
)
_TRANSPOSED = (
    f"features, kernel_size, strides=None, padding='SAME', kernel_dilation=None, use_bias=True, mask=None, {_OPTIONS}, kernel_init=None, bias_init=None, "
    "transpose_kernel=False, **options"
)
_NORM = "use_bias=True, use_scale=True, bias_init=None, scale_init=None, **options"

LAYERS: dict[str, LayerSpec] = {
    row.name: row
    for row in (
        layer("flax.linen.Dense", _DENSE, LINEN, role="linear", build=_dense),
        layer("flax.linen.Conv", _CONV, LINEN, role="conv", build=_conv),
        layer("flax.linen.ConvTranspose", _TRANSPOSED, LINEN, role="conv_transpose", build=_conv_transpose),
        layer("flax.linen.Embed", f"num_embeddings, features, {_OPTIONS}, embedding_init=None, **options", LINEN, role="embedding", build=_embed),
        *(layer(f"flax.linen.{name}", _NORM, LINEN, role="norm", build=_norm) for name in ("LayerNorm", "GroupNorm", "RMSNorm", "InstanceNorm", "BatchNorm")),
        *attention.ROWS,
        layer("flax.linen.Dropout", "rate, **options", LINEN, role="dropout"),
        layer("flax.linen.Sequential", "layers, **options", LINEN, role="container"),
        layer("flax.nnx.Linear", f"in_features, out_{_DENSE}", NNX, role="linear", build=_dense),
        layer(
            "flax.nnx.Conv",
            "in_features, out_features, kernel_size=3, strides=1, padding='SAME', input_dilation=1, kernel_dilation=1, feature_group_count=1, use_bias=True, "
            f"mask=None, {_OPTIONS}, kernel_init=None, bias_init=None, **options",
            NNX, role="conv", build=_conv,
        ),
        layer("flax.nnx.Embed", f"num_embeddings, features, {_OPTIONS}, embedding_init=None, **options", NNX, role="embedding", build=_embed),
        *(layer(f"flax.nnx.{name}", f"num_features, {_NORM}", NNX, role="norm", build=_norm) for name in ("LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm")),
        layer("flax.nnx.Dropout", "rate, **options", NNX, role="dropout"),
        layer("flax.nnx.Sequential", "*layers", NNX, role="container"),
    )
}  # fmt: skip
