"""Layers of Keras 3 and tf.keras. Kernels end in (in, out), those of transposed convolutions in (out, in)."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from initlint.overlays.declared import keras_attention as attention
from initlint.overlays.declared import keras_recurrent as recurrent
from initlint.overlays.declared.keras_recurrent import draw
from initlint.overlays.declared.table import UNMET, channels, kernel, layer, width
from initlint.overlays.spec import Builder, LayerSpec, Role
from initlint.overlays.torch_functions import OpKind
from initlint.overlays.torch_layers.table import on
from initlint.symbolic import Number

ROOT = "keras.layers.Layer"
MERGES: dict[str, OpKind] = {
    "Add": "add",
    "Subtract": "sub",
    "Average": "add",
    "Maximum": "elementwise",
    "Multiply": "mul",
    "Concatenate": "concat",
    "Dot": "matmul",
}
"""Layers that join several signals, with what they do."""


def _bias(b: Builder, a: SimpleNamespace, size: Number) -> None:
    if on(a.use_bias):
        draw(b, "bias", (size,), a.bias_initializer, "zeros")


def _dense(b: Builder, a: SimpleNamespace) -> None:
    draw(b, "kernel", (width(a), a.units), a.kernel_initializer, "glorot_uniform")
    _bias(b, a, a.units)


def _conv(rank: int, transposed: bool, b: Builder, a: SimpleNamespace) -> None:
    sizes, fan = kernel(a.kernel_size, rank), channels(a)
    groups = getattr(a, "groups", 1)
    ends = (a.filters, fan) if transposed else (fan // groups if groups != 1 else fan, a.filters)
    draw(b, "kernel", (*sizes, *ends), a.kernel_initializer, "glorot_uniform")
    _bias(b, a, a.filters)


def _depthwise(rank: int, b: Builder, a: SimpleNamespace) -> None:
    fan = channels(a)
    draw(b, "kernel", (*kernel(a.kernel_size, rank), fan, a.depth_multiplier), a.depthwise_initializer, "glorot_uniform")
    _bias(b, a, fan * a.depth_multiplier)


def _separable(rank: int, b: Builder, a: SimpleNamespace) -> None:
    fan = channels(a)
    draw(b, "depthwise_kernel", (*kernel(a.kernel_size, rank), fan, a.depth_multiplier), a.depthwise_initializer, "glorot_uniform")
    draw(b, "pointwise_kernel", (*(1,) * rank, fan * a.depth_multiplier, a.filters), a.pointwise_initializer, "glorot_uniform")
    _bias(b, a, a.filters)


def _embedding(b: Builder, a: SimpleNamespace) -> None:
    draw(b, "embeddings", (a.input_dim, a.output_dim), a.embeddings_initializer, "random_uniform")


def _reversible(b: Builder, a: SimpleNamespace) -> None:
    _embedding(b, a)
    if a.tie_weights is False:
        draw(b, "reverse_embeddings", (a.output_dim, a.input_dim), a.embeddings_initializer, "random_uniform")


def _prelu(b: Builder, a: SimpleNamespace) -> None:
    shape = getattr(a, "input_shape", None)
    shared = a.shared_axes if isinstance(a.shared_axes, (tuple, list)) else (a.shared_axes,)
    sizes = [1 if axis in shared else size for axis, size in enumerate(shape)][1:] if shape else [UNMET]
    draw(b, "alpha", tuple(sizes), a.alpha_initializer, "zeros")


def _rms_norm(b: Builder, a: SimpleNamespace) -> None:
    draw(b, "scale", (width(a),), None, "ones")


def _norm(b: Builder, a: SimpleNamespace) -> None:
    size = width(a)
    if on(a.scale):
        draw(b, "gamma", (size,), a.gamma_initializer, "ones")
    if on(a.center):
        draw(b, "beta", (size,), a.beta_initializer, "zeros")


_BIAS = "use_bias=True, kernel_initializer=None, bias_initializer=None, **options"
_DENSE = f"units, activation=None, {_BIAS}"
_CONV = "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, activation=None, " + _BIAS
_TRANSPOSED = "filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None, dilation_rate=1, activation=None, " + _BIAS
_DEPTHWISE = (
    "kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1, activation=None, use_bias=True, "
    "depthwise_initializer=None, bias_initializer=None, **options"
)
_SEPARABLE = (
    "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1, activation=None, use_bias=True, "
    "depthwise_initializer=None, pointwise_initializer=None, bias_initializer=None, **options"
)
_NORM = "axis=-1, {}epsilon=0.001, center=True, scale=True, beta_initializer=None, gamma_initializer=None, **options"
_PRELU = "alpha_initializer=None, alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **options"
_PLAIN: dict[str, tuple[str, Role]] = {
    "Dropout": ("rate, **options", "dropout"),
    "SpatialDropout1D": ("rate, **options", "dropout"),
    "SpatialDropout2D": ("rate, **options", "dropout"),
    "AlphaDropout": ("rate, **options", "dropout"),
    "GaussianNoise": ("stddev, **options", "dropout"),
    "Flatten": ("**options", "view"),
    "Reshape": ("target_shape, **options", "view"),
    "Permute": ("dims, **options", "view"),
    "RepeatVector": ("n, **options", "view"),
    "Masking": ("**options", "view"),
    "Identity": ("**options", "view"),
    **dict.fromkeys(("Rescaling", "Resizing", "CenterCrop", "RandomFlip", "RandomRotation", "RandomZoom", "RandomCrop"), ("*args, **options", "view")),
    "ActivityRegularization": ("**options", "view"),
    "UnitNormalization": ("axis=-1, **options", "norm"),
    "Normalization": ("*args, **options", "norm"),
    "GaussianDropout": ("rate, **options", "dropout"),
    "SpatialDropout3D": ("rate, **options", "dropout"),
    "UpSampling3D": ("*args, **options", "upsample"),
    "ZeroPadding3D": ("padding=1, **options", "pad"),
    "Cropping1D": ("cropping=1, **options", "view"),
    "UpSampling1D": ("*args, **options", "upsample"),
    "UpSampling2D": ("*args, **options", "upsample"),
    "ZeroPadding1D": ("padding=1, **options", "pad"),
    "ZeroPadding2D": ("padding=1, **options", "pad"),
    "Cropping2D": ("cropping=((0, 0), (0, 0)), **options", "view"),
    "Cropping3D": ("cropping=((1, 1), (1, 1), (1, 1)), **options", "view"),
    **{f"{kind}Pooling{rank}D": ("*args, **options", "pool") for kind in ("Max", "Average", "GlobalMax", "GlobalAverage") for rank in (1, 2, 3)},
}


def _convolutions() -> list[LayerSpec]:
    rows = []
    for rank in (1, 2, 3):
        rows.append(layer(f"keras.layers.Conv{rank}D", _CONV, ROOT, role="conv", build=partial(_conv, rank, False), activation="activation"))
        rows.append(
            layer(f"keras.layers.Conv{rank}DTranspose", _TRANSPOSED, ROOT, role="conv_transpose", build=partial(_conv, rank, True), activation="activation")
        )
        rows.append(layer(f"keras.layers.DepthwiseConv{rank}D", _DEPTHWISE, ROOT, role="conv", build=partial(_depthwise, rank), activation="activation"))
        rows.append(layer(f"keras.layers.SeparableConv{rank}D", _SEPARABLE, ROOT, role="conv", build=partial(_separable, rank), activation="activation"))
    return rows


LAYERS: dict[str, LayerSpec] = {
    row.name: row
    for row in (
        layer("keras.layers.Dense", _DENSE, ROOT, role="linear", build=_dense, activation="activation"),
        *_convolutions(),
        layer("keras.layers.Embedding", "input_dim, output_dim, embeddings_initializer=None, **options", ROOT, role="embedding", build=_embedding),
        layer("keras.layers.BatchNormalization", _NORM.format("momentum=0.99, "), ROOT, role="norm", build=_norm),
        layer("keras.layers.LayerNormalization", _NORM.format(""), ROOT, role="norm", build=_norm),
        layer("keras.layers.GroupNormalization", "groups=32, " + _NORM.format(""), ROOT, role="norm", build=_norm),
        layer("keras.layers.RMSNormalization", "axis=-1, epsilon=1e-6, **options", ROOT, role="norm", build=_rms_norm),
        layer(
            "keras.layers.ReversibleEmbedding",
            "input_dim, output_dim, tie_weights=True, embeddings_initializer=None, **options",
            ROOT,
            role="embedding",
            build=_reversible,
        ),
        layer("keras.layers.Activation", "activation, **options", ROOT, role="view", activation="activation"),
        *(layer(f"keras.layers.{name}", signature, ROOT, role=role) for name, (signature, role) in _PLAIN.items()),
        *(layer(f"keras.layers.{name}", "**options", ROOT, role="other") for name in MERGES),
        layer("keras.layers.ReLU", "max_value=None, negative_slope=0.0, threshold=0.0, **options", ROOT, role="activation"),
        layer("keras.layers.LeakyReLU", "negative_slope=0.3, **options", ROOT, role="activation"),
        layer("keras.layers.ELU", "alpha=1.0, **options", ROOT, role="activation"),
        layer("keras.layers.PReLU", _PRELU, ROOT, role="activation", build=_prelu),
        layer("keras.layers.Softmax", "axis=-1, **options", ROOT, role="activation"),
        *recurrent.ROWS,
        *attention.ROWS,
        layer("keras.Sequential", "layers=None, **options", "keras.Model", role="container"),
    )
}
"""By canonical dotted name."""

ACTIVATIONS = {
    "relu": "relu", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh", "softmax": "softmax", "selu": "selu", "elu": "elu", "gelu": "gelu",
    "swish": "silu", "silu": "silu", "softplus": "softplus", "softsign": "softsign", "hard_sigmoid": "hardsigmoid", "mish": "mish",
    "leaky_relu": "leaky_relu", "linear": "linear", "exponential": "exp", "hard_silu": "hardswish", "hard_swish": "hardswish", "log_softmax": "log_softmax",
}  # fmt: skip
"""Keras's strings and the functions of ``keras.activations``, with the names theory knows. The slope of ``leaky_relu`` is 0.2."""
SLOPE = 0.2
MODULES: dict[str, tuple[str, str]] = {
    "keras.layers.ReLU": ("relu", "negative_slope"), "keras.layers.LeakyReLU": ("leaky_relu", "negative_slope"), "keras.layers.ELU": ("elu", "alpha"),
    "keras.layers.PReLU": ("prelu", ""), "keras.layers.Softmax": ("softmax", ""),
}  # fmt: skip
"""Layers that are a nonlinearity, with the argument that shapes it."""
