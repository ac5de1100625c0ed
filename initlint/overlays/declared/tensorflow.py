"""TensorFlow 1: initializers, layers written as functions, and operations that NumPy has no name for.

Names are those of ``tf``; ``tf.compat.v1`` leads there, slim and ``tf_slim`` to ``tf.contrib.layers``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from initlint.overlays.declared.initializers import Declared, snake
from initlint.overlays.declared.laws import (
    SCHEMES,
    constant_law,
    cut_normal,
    fixed,
    identity,
    normal_law,
    orthogonal_law,
    range_law,
    scaled,
    truncated_law,
    variance_scaling,
)  # fmt: skip
from initlint.overlays.torch_init import InvalidCall, UnknownArgument, number
from initlint.symbolic import Number, sqrt
from initlint.theory.fans import Fan, channels_last_fans, product, scaling_law
from initlint.theory.laws import Distribution, uniform

_GRAPH_NAMES = (b"compat.v1", b"compat import v1", b"tensorflow.contrib", b"tf_slim")
_GRAPH_CALLS = (
    re.compile(rb"slim(?<!\wslim)\."),
    re.compile(
        rb"tf(?<!\wtf)\.(?:get_variable|variable_scope|placeholder|Session|layers\.|contrib|truncated_normal\b|random_normal\b|random_uniform\b|GraphKeys"
        rb"|app\.run|initialize_all)"
    ),
)
"""What only a file of TensorFlow 1 says; each begins with letters, so that it is found soon."""
AMBIGUOUS = ("random_normal_initializer", "random_uniform_initializer")
"""Names with other defaults in TensorFlow 2, where they are those of Keras."""
CONTRIB = "tensorflow.contrib.layers."
ALIASES = {
    "tensorflow.compat.v1": "tensorflow", "tensorflow.compat.v2": "tensorflow", "tf_slim": "tensorflow.contrib.layers",
    "tensorflow.contrib.slim": "tensorflow.contrib.layers", "tensorflow.contrib.framework": "tensorflow.contrib.layers",
    "tensorflow.contrib.layers.python.layers": "tensorflow.contrib.layers",
    "tensorflow.python.ops.init_ops_v2": "keras.initializers", "tensorflow.python.keras.initializers": "keras.initializers",
    "tensorflow.contrib.layers.layers": "tensorflow.contrib.layers", "tensorflow.contrib.layers.initializers": "tensorflow.contrib.layers",
}  # fmt: skip
SYNONYMS = {
    "convolution2d": "conv2d", "convolution": "conv2d", "linear": "linear", "convolution2d_transpose": "conv2d_transpose",
    "separable_convolution2d": "separable_conv2d", "xavier_initializer_conv2d": "xavier_initializer",
}  # fmt: skip


def graph_mode(data: bytes) -> bool:
    """Whether a file builds graphs, as TensorFlow 1 did."""
    return any(name in data for name in _GRAPH_NAMES) or any(pattern.search(data) for pattern in _GRAPH_CALLS)


def canonical(dotted: str, graph_mode: bool) -> str:
    """The name of this table for ``dotted``; a name of Keras where TensorFlow 2 has only that."""
    for prefix, target in ALIASES.items():
        if dotted.startswith(f"{prefix}.") and not dotted.startswith(f"{prefix}.keras"):
            return canonical(target + dotted[len(prefix) :], graph_mode)
    if not dotted.startswith("tensorflow."):
        return dotted
    owner, _, name = dotted.rpartition(".")
    if owner == "tensorflow.python.ops.init_ops":
        return f"tensorflow.{name if name.endswith('_initializer') else f'{snake(name)}_initializer'}"
    if owner == "tensorflow.contrib.layers":
        return f"{owner}.{SYNONYMS.get(name, name)}"
    if owner == "tensorflow.layers" and name[:1].isupper():
        return f"keras.layers.{name}"
    if owner == "tensorflow.initializers" and graph_mode and f"tensorflow.{name}_initializer" in INITIALIZERS:
        return f"tensorflow.{name}_initializer"
    if owner == "tensorflow" and name in AMBIGUOUS and not graph_mode:
        return f"keras.initializers.{'RandomNormal' if 'normal' in name else 'RandomUniform'}"
    return dotted


def _unit_scaling(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """U(±factor·√(3 / product of all sizes but the last)), which gives the variance factor² / fan_in."""
    gain = number(a, "factor")
    law = scaling_law(gain, "fan_in")
    if shape is None:
        return Distribution(kind="uniform", mean=0.0, law=law, fan="fan_in", gain=gain)
    std = gain / sqrt(product(shape[:-1]) if len(shape) > 1 else 1)
    return replace(uniform(-math.sqrt(3) * std, math.sqrt(3) * std), law=law, fan="fan_in", gain=gain)


def _of_contrib(correction: float, scale: Number, mode: Fan, flat: bool, shape: Sequence[Number] | None) -> Distribution:
    """Contrib's own scaling: uniform, or a normal cut at 2σ whose std is widened by √``correction``."""
    gain = sqrt(scale)
    law = scaling_law(gain, "fan_in + fan_out", 2) if mode == "fan_avg" else scaling_law(gain, mode)
    if shape is None:
        return Distribution(kind="uniform" if flat else "trunc_normal", mean=0.0, law=law, fan=mode, gain=gain)
    std = sqrt(scale / channels_last_fans(shape).select(mode))
    drawn = uniform(-math.sqrt(3) * std, math.sqrt(3) * std) if flat else cut_normal(0.0, std * math.sqrt(correction))
    return replace(drawn, law=law, fan=mode, gain=gain)


WIDENED = 1.3
"""What contrib multiplies the variance of a truncated normal by; 1.3 · 0.7737 = 1.0059."""


def _contrib_xavier(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return _of_contrib(WIDENED, 1.0, "fan_avg", _flag(a.uniform, "uniform"), shape)


def _contrib_scaling(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    if not isinstance(a.mode, str):
        raise UnknownArgument("mode")
    mode = _MODES.get(a.mode.upper())
    if mode is None:
        raise InvalidCall(f"TypeError: Unknown mode {a.mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    return _of_contrib(WIDENED, number(a, "factor"), mode, _flag(a.uniform, "uniform"), shape)


_MODES: dict[str, Fan] = {"FAN_IN": "fan_in", "FAN_OUT": "fan_out", "FAN_AVG": "fan_avg"}


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise UnknownArgument(name)
    return value


def _initializers() -> list[Declared]:
    rest = "seed=None, dtype=None"
    rows = [
        Declared("zeros_initializer", "dtype=None", partial(fixed, 0.0)),
        Declared("ones_initializer", "dtype=None", partial(fixed, 1.0)),
        Declared("constant_initializer", "value=0.0, dtype=None, verify_shape=False", partial(constant_law, "value")),
        Declared("random_uniform_initializer", f"minval=0.0, maxval=1.0, {rest}", partial(range_law, "minval", "maxval")),
        Declared("random_normal_initializer", f"mean=0.0, stddev=1.0, {rest}", partial(normal_law, "mean", "stddev")),
        Declared("truncated_normal_initializer", f"mean=0.0, stddev=1.0, {rest}", partial(truncated_law, "mean", "stddev")),
        Declared("uniform_unit_scaling_initializer", f"factor=1.0, {rest}", _unit_scaling),
        Declared(
            "variance_scaling_initializer",
            f"scale=1.0, mode='fan_in', distribution='truncated_normal', {rest}",
            partial(variance_scaling, ("untruncated_normal",)),
        ),
        Declared("orthogonal_initializer", f"gain=1.0, {rest}", partial(orthogonal_law, "gain")),
        Declared("identity_initializer", "gain=1.0, dtype=None", identity),
        Declared("contrib.layers.xavier_initializer", f"uniform=True, {rest}", _contrib_xavier),
        Declared("contrib.layers.variance_scaling_initializer", f"factor=2.0, mode='FAN_IN', uniform=False, {rest}", _contrib_scaling),
    ]
    for scheme, (scale, mode) in SCHEMES.items():
        rows += [
            Declared(f"{scheme}_normal_initializer", rest, partial(scaled, scale, mode, "truncated")),
            Declared(f"{scheme}_uniform_initializer", rest, partial(scaled, scale, mode, "uniform")),
        ]
    return [replace(row, name=f"tensorflow.{row.name}") for row in rows]


INITIALIZERS: dict[str, Declared] = {row.name: row for row in _initializers()}
"""By canonical dotted name."""


def successor(initializer: str, arguments: Mapping[str, Any]) -> str:
    """What took the place of an initializer that is gone, or warns, and draws the same; empty where that is another law, or nothing did."""
    if initializer == f"{CONTRIB}xavier_initializer" and arguments.get("uniform", True) is True:
        return "tensorflow.glorot_uniform_initializer"
    return "tensorflow.variance_scaling_initializer" if initializer == "tensorflow.uniform_unit_scaling_initializer" else ""


@dataclass(frozen=True, slots=True)
class LayerFunction:
    """A layer written as a function: which layer of Keras it makes, and how its own arguments are called there."""

    signature: str
    layer: str
    renamed: dict[str, str] = field(default_factory=dict)
    """Argument of the layer by argument of the function, where the names differ."""
    passed: tuple[str, ...] = ()
    """Arguments of the same name."""


_TAIL = "kernel_initializer=None, bias_initializer=None, **options"
_SAME = ("activation", "use_bias", "kernel_initializer", "bias_initializer", "name")
_CONV_SAME = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", *_SAME)
_CONV = "inputs, filters, kernel_size, strides=1, padding='valid', data_format='channels_last', dilation_rate=1, activation=None, use_bias=True, "
_CONTRIB = "activation_fn='relu', normalizer_fn=None, normalizer_params=None, weights_initializer=None, weights_regularizer=None, "
_CONTRIB_NAMES = {"weights_initializer": "kernel_initializer", "biases_initializer": "bias_initializer", "num_outputs": "units", "scope": "name"}
_CONTRIB_CONV = {**_CONTRIB_NAMES, "num_outputs": "filters", "stride": "strides", "rate": "dilation_rate"}
_REST = "biases_initializer='zeros', **options"
_SEPARABLE_SAME = ("filters", "kernel_size", "strides", "padding", "data_format", "depth_multiplier", "activation", "use_bias", "name")

LAYER_FUNCTIONS: dict[str, LayerFunction] = {
    "tensorflow.layers.dense": LayerFunction(f"inputs, units, activation=None, use_bias=True, {_TAIL}", "Dense", {}, ("units", *_SAME)),
    **{f"tensorflow.layers.conv{rank}d": LayerFunction(_CONV + _TAIL, f"Conv{rank}D", {}, _CONV_SAME) for rank in (1, 2, 3)},
    **{
        f"tensorflow.layers.conv{rank}d_transpose": LayerFunction(
            f"inputs, filters, kernel_size, strides=1, padding='valid', data_format='channels_last', activation=None, use_bias=True, {_TAIL}",
            f"Conv{rank}DTranspose", {}, tuple(name for name in _CONV_SAME if name != "dilation_rate"),
        )
        for rank in (2, 3)
    },
    "tensorflow.layers.separable_conv2d": LayerFunction(
        "inputs, filters, kernel_size, strides=1, padding='valid', data_format='channels_last', dilation_rate=1, depth_multiplier=1, activation=None, "
        "use_bias=True, depthwise_initializer=None, pointwise_initializer=None, bias_initializer=None, **options",
        "SeparableConv2D", {}, (*_SEPARABLE_SAME, "depthwise_initializer", "pointwise_initializer", "bias_initializer"),
    ),
    f"{CONTRIB}fully_connected": LayerFunction(f"inputs, num_outputs, {_CONTRIB}{_REST}", "Dense", _CONTRIB_NAMES),
    f"{CONTRIB}linear": LayerFunction(f"inputs, num_outputs, {_CONTRIB.replace(repr('relu'), 'None')}{_REST}", "Dense", _CONTRIB_NAMES),
    f"{CONTRIB}relu": LayerFunction(f"inputs, num_outputs, {_CONTRIB}{_REST}", "Dense", _CONTRIB_NAMES),
    f"{CONTRIB}conv2d": LayerFunction(
        f"inputs, num_outputs, kernel_size, stride=1, padding='SAME', data_format=None, rate=1, {_CONTRIB}{_REST}",
        "Conv2D", _CONTRIB_CONV, ("kernel_size", "padding", "data_format"),
    ),
    f"{CONTRIB}conv2d_transpose": LayerFunction(
        f"inputs, num_outputs, kernel_size, stride=1, padding='SAME', data_format=None, {_CONTRIB}{_REST}",
        "Conv2DTranspose", {name: as_ for name, as_ in _CONTRIB_CONV.items() if name != "rate"}, ("kernel_size", "padding", "data_format"),
    ),
}  # fmt: skip
"""``tf.layers`` and ``tf.contrib.layers``, which slim shares. What is called ``…_fn`` is applied behind the layer."""

ACTIVATIONS = {"tensorflow.nn.relu_layer": "relu"}
KINDS: dict[str, str] = {
    **{
        f"tensorflow.nn.{name}": "pool"
        for name in ("max_pool", "avg_pool", "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "pool", "max_pool_v2")
    },
    **{f"tensorflow.layers.{kind}_pooling{rank}d": "pool" for kind in ("max", "average") for rank in (1, 2, 3)},
    **{f"{CONTRIB}{name}": "pool" for name in ("max_pool2d", "avg_pool2d", "max_pool3d")},
    **dict.fromkeys(("tensorflow.nn.dropout", "tensorflow.layers.dropout", f"{CONTRIB}dropout", "tensorflow.nn.alpha_dropout"), "dropout"),
    **dict.fromkeys(
        (
            "tensorflow.layers.batch_normalization", "tensorflow.nn.batch_normalization", "tensorflow.nn.fused_batch_norm", "tensorflow.nn.lrn",
            "tensorflow.nn.local_response_normalization", "tensorflow.nn.l2_normalize", "tensorflow.math.l2_normalize",
            "tensorflow.nn.batch_norm_with_global_normalization", "tensorflow.image.per_image_standardization",
            f"{CONTRIB}batch_norm", f"{CONTRIB}layer_norm", f"{CONTRIB}instance_norm", f"{CONTRIB}group_norm", f"{CONTRIB}unit_norm",
        ),
        "norm",
    ),
    **dict.fromkeys(
        (
            "tensorflow.layers.flatten", f"{CONTRIB}flatten", "tensorflow.gather", "tensorflow.gather_nd", "tensorflow.slice", "tensorflow.strided_slice",
            "tensorflow.stop_gradient", "tensorflow.unstack", "tensorflow.reverse", "tensorflow.to_float", "tensorflow.boolean_mask", "tensorflow.tile",
            "tensorflow.space_to_depth", "tensorflow.depth_to_space", "tensorflow.reverse_sequence", "tensorflow.ensure_shape", "tensorflow.unpack",
            "tensorflow.sparse.to_dense", "tensorflow.sparse_tensor_to_dense", "tensorflow.image.extract_patches",
        ),
        "view",
    ),
    **dict.fromkeys(("tensorflow.nn.bias_add", f"{CONTRIB}bias_add"), "add"),
    **dict.fromkeys(("tensorflow.pack", "tensorflow.concat_v2"), "concat"),
    "tensorflow.nn.moments": "reduce",
    **{f"tensorflow.image.resize{name}": "interpolate" for name in ("", "_images", "_bilinear", "_nearest_neighbor", "_bicubic")},
}  # fmt: skip
"""Operations without a weight, as ``torch_functions.OpKind``."""

PRODUCTS: dict[str, tuple[int, str]] = {
    "tensorflow.nn.conv2d": (1, "conv"), "tensorflow.nn.conv1d": (1, "conv"), "tensorflow.nn.conv3d": (1, "conv"), "tensorflow.nn.convolution": (1, "conv"),
    "tensorflow.nn.atrous_conv2d": (1, "conv"), "tensorflow.nn.conv2d_transpose": (1, "conv_transpose"), "tensorflow.nn.depthwise_conv2d": (1, "depthwise"),
    "tensorflow.nn.depthwise_conv2d_native": (1, "depthwise"),
    "tensorflow.sparse_tensor_dense_matmul": (1, "matmul"), "tensorflow.sparse.sparse_dense_matmul": (1, "matmul"), "tensorflow.sparse.matmul": (1, "matmul"),
    "tensorflow.sparse_matmul": (1, "matmul"), "tensorflow.nn.xw_plus_b": (1, "matmul"), "tensorflow.nn.relu_layer": (1, "matmul"),
}  # fmt: skip
"""Operations with a weight: its position, and what it is. Kernels are (*sizes, in, out), transposed (*sizes, out, in), depthwise (*sizes, in, multiplier)."""

LOSSES = re.compile(r"tensorflow\.(?:nn\.\w*(?:cross_entropy|_loss)\w*|losses\.\w+|contrib\.layers\.\w*loss\w*|contrib\.losses\.\w+)$")
"""Functions that end the forward pass; the logits are what it gives."""
UNSEEN = re.compile(
    r"tensorflow\.(?:summary\.|train\.|contrib\.summary|add_to_collection|get_collection|Print|print|debugging\.|Assert|assert_|argmax|arg_max|equal|not_equal|"
    r"shape|size|rank|global_variables|trainable_variables|gradients|group|no_op|nn\.in_top_k|nn\.l2_loss|nn\.zero_fraction|nn\.top_k|control_dependencies|"
    r"assign|contrib\.layers\.\w*(?:summar|regulariz|collect)\w*|is_nan|check_numerics|histogram_summary|scalar_summary|metrics\.|logging\.|compat\.as_)"
)
"""Functions that read a signal and hand nothing of it on."""
