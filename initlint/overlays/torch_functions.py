"""What functions, tensor methods and module classes do to a signal.

A function stands under its canonical dotted name, a method under its bare one. What is not listed does something
this table has no word for: opaque.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from initlint.overlays.spec import Nonlinearity, Role

OpKind = Literal[
    "layer", "norm", "rnn", "attention", "activation", "dropout", "pool", "view", "pad", "interpolate", "container", "loss", "opaque",
    "concat", "add", "sub", "mul", "div", "matmul", "reduce", "elementwise",
    "linear_function", "conv_function", "conv_transpose_function", "bilinear_function", "embedding_function",
]  # fmt: skip
"""``view`` keeps the moments (``neg`` but for a sign); ``reduce`` is a sum, product or spread over positions; ``elementwise`` any other map of single entries.
A ``…_function`` is a layer whose weight is an argument: see ``WEIGHTS``."""

ROLE_KIND: dict[Role, OpKind] = {
    "linear": "layer",
    "conv": "layer",
    "conv_transpose": "layer",
    "bilinear": "layer",
    "embedding": "layer",
    "norm": "norm",
    "rnn": "rnn",
    "attention": "attention",
    "activation": "activation",
    "dropout": "dropout",
    "pool": "pool",
    "view": "view",
    "pad": "pad",
    "upsample": "interpolate",
    "container": "container",
    "loss": "loss",
    "other": "opaque",
}


@dataclass(frozen=True, slots=True)
class WeightArgument:
    """Which argument of a function is the weight, and how that is laid out."""

    position: int
    """Among all arguments, from 0."""
    keyword: str
    role: Literal["linear", "conv", "conv_transpose", "bilinear", "embedding", "matmul"]
    """``linear`` is (out, in); ``matmul`` is (in, out)."""
    signal: int = 0
    """Position of the input."""


F = "torch.nn.functional."


def named(nonlinearity: Nonlinearity, argument: object) -> str:
    """What theory calls an activation given its shaping argument: ``gelu`` with ``approximate="tanh"`` is ``gelu_tanh``."""
    return VARIANTS.get((nonlinearity.name, argument), nonlinearity.name) if isinstance(argument, (int, float, str)) else nonlinearity.name


VARIANTS: dict[tuple[str, object], str] = {
    ("gelu", "tanh"): "gelu_tanh",
    ("hardtanh", 6): "relu6",
    ("hardtanh", 20): "relu",
    ("threshold", 0): "relu",
    ("clamp_min", 0): "relu",
}
"""Activations that one value of their argument turns into another; ``hardtanh`` with these upper bounds is in use as a relu clipped from 0."""

_PLAIN = (
    "relu", "relu6", "selu", "silu", "mish", "hardswish", "logsigmoid", "softsign", "tanh", "sigmoid", "hardsigmoid", "tanhshrink",
    "softmax", "log_softmax", "glu", "rrelu", "sin",
)  # fmt: skip

_SHAPED = {
    "leaky_relu": ("negative_slope", 0.01),
    "elu": ("alpha", 1.0),
    "celu": ("alpha", 1.0),
    "softplus": ("beta", 1.0),
    "softshrink": ("lambd", 0.5),
    "hardshrink": ("lambd", 0.5),
}
"""Activations with one shaping argument, first after the input, under the same keyword as function, method and module."""

_BASIC: dict[str, Nonlinearity] = {name: Nonlinearity(name=name) for name in _PLAIN}
_BASIC |= {name: Nonlinearity(name=name, parameter=key, position=0, default=default) for name, (key, default) in _SHAPED.items()}
_BASIC["threshold"] = Nonlinearity(name="threshold", parameter="threshold", position=0)
_BASIC["hardtanh"] = Nonlinearity(name="hardtanh", parameter="max_val", position=1, default=1.0)
_BASIC["gelu"] = Nonlinearity(name="gelu", parameter="approximate")
_BASIC["prelu"] = Nonlinearity(name="prelu", parameter="weight", position=0, default=0.25)
_BASIC["clamp_min"] = Nonlinearity(name="clamp_min", parameter="min", position=0)

_MODULE_NAMES = {
    "ReLU": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky_relu", "RReLU": "rrelu", "ELU": "elu", "CELU": "celu", "SELU": "selu", "SiLU": "silu",
    "Mish": "mish", "Hardswish": "hardswish", "Softplus": "softplus", "LogSigmoid": "logsigmoid", "Softsign": "softsign", "Tanh": "tanh",
    "Sigmoid": "sigmoid", "Hardtanh": "hardtanh", "Hardsigmoid": "hardsigmoid", "Threshold": "threshold", "Tanhshrink": "tanhshrink",
    "Softshrink": "softshrink", "Hardshrink": "hardshrink", "Softmax": "softmax", "Softmax2d": "softmax", "Softmin": "softmax",
    "LogSoftmax": "log_softmax", "GLU": "glu",
}  # fmt: skip

ACTIVATION_MODULES: dict[str, Nonlinearity] = {f"torch.nn.{module}": _BASIC[name] for module, name in _MODULE_NAMES.items()}
ACTIVATION_MODULES["torch.nn.GELU"] = Nonlinearity(name="gelu", parameter="approximate", position=0)
ACTIVATION_MODULES["torch.nn.PReLU"] = Nonlinearity(name="prelu", parameter="init", position=1, default=0.25)

_IN_PLACE = ("relu", "selu", "rrelu", "leaky_relu", "elu", "celu", "threshold", "hardtanh")
_IN_TORCH = ("relu", "selu", "rrelu", "celu", "threshold", "prelu", "tanh", "sigmoid", "sin", "softmax", "log_softmax", "hardshrink", "clamp_min")
_IN_TORCH_IN_PLACE = ("relu", "selu", "rrelu", "celu", "threshold", "tanh", "sigmoid", "sin", "clamp_min")

ACTIVATION_FUNCTIONS: dict[str, Nonlinearity] = {
    **{f"{F}{name}": law for name, law in _BASIC.items() if name not in ("sin", "clamp_min")},
    **{f"{F}{name}_": _BASIC[name] for name in _IN_PLACE},
    **{f"torch.{name}": _BASIC[name] for name in _IN_TORCH},
    **{f"torch.{name}_": _BASIC[name] for name in _IN_TORCH_IN_PLACE},
    f"{F}softmin": _BASIC["softmax"],
    "torch.special.expit": _BASIC["sigmoid"],
    "torch.special.softmax": _BASIC["softmax"],
    "torch.special.log_softmax": _BASIC["log_softmax"],
}
"""``torch.nn.functional.relu`` and its other spellings."""

ACTIVATION_METHODS: dict[str, Nonlinearity] = {
    name: _BASIC[name.rstrip("_")]
    for name in (
        "relu", "relu_", "tanh", "tanh_", "sigmoid", "sigmoid_", "sin", "sin_", "softmax", "log_softmax", "hardshrink", "prelu", "clamp_min", "clamp_min_",
    )
}  # fmt: skip
"""``x.relu()`` and its kin."""

_VIEWS = (
    "reshape", "permute", "transpose", "flatten", "unflatten", "squeeze", "unsqueeze", "chunk", "split", "unbind", "tensor_split", "narrow", "select",
    "index_select", "gather", "take_along_dim", "swapaxes", "swapdims", "movedim", "moveaxis", "roll", "flip", "fliplr", "flipud", "rot90", "ravel",
    "clone", "detach", "t", "adjoint", "diagonal", "repeat_interleave", "broadcast_to", "hsplit", "vsplit", "dsplit",
    "masked_select", "neg", "negative", "sort", "tile", "scatter", "masked_scatter", "index_copy", "index_put",
)  # fmt: skip
_VIEW_METHODS = (
    "view", "view_as", "reshape_as", "expand", "expand_as", "repeat", "contiguous", "to", "type", "type_as", "float", "half", "double", "bfloat16", "cuda",
    "cpu", "requires_grad_", "detach_", "squeeze_", "unsqueeze_", "transpose_", "t_", "neg_", "unfold", "T", "mT", "H", "mH", "data", "real",
    "pin_memory", "as_strided", "__getitem__", "to_dense", "to_sparse", "coalesce",
)  # fmt: skip
_POOLS = ("mean", "amax", "amin", "max", "min", "median", "nanmean", "quantile", "topk", "kthvalue", "cummax", "cummin")
_REDUCTIONS = (
    "sum", "prod", "var", "std", "norm", "logsumexp", "cumsum", "cumprod", "nansum", "count_nonzero", "scatter_add", "scatter_reduce", "index_add",
    "index_reduce",
)  # fmt: skip
_ELEMENTWISE = (
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "pow", "square", "reciprocal", "abs", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "erf", "erfc", "erfinv", "sign", "floor", "ceil", "round", "trunc", "frac", "clamp", "clip", "clamp_max", "logit",
    "nan_to_num", "lerp", "masked_fill", "where", "tril", "triu", "isnan", "isinf", "isfinite", "heaviside", "logical_not", "logical_and", "logical_or",
    "eq", "ne", "lt", "le", "gt", "ge", "bool", "int", "long", "short",
)  # fmt: skip
_PRODUCTS = ("matmul", "mm", "bmm", "mv", "dot", "inner", "outer", "addmm", "addmv", "addbmm", "baddbmm")
_ARITHMETIC: dict[str, OpKind] = {
    "add": "add", "sub": "sub", "subtract": "sub", "mul": "mul", "multiply": "mul", "div": "div", "divide": "div", "true_divide": "div",
    "addcmul": "add", "addcdiv": "add",
}  # fmt: skip
_IN_PLACE_ARITHMETIC = ("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "addcmul", "addcdiv")
_IN_PLACE_SPREADING = ("scatter_add", "scatter_reduce", "index_add", "index_reduce")
_IN_PLACE_PUTTING = ("scatter", "masked_scatter", "index_copy", "index_put")
_IN_PLACE_ELEMENTWISE = (
    "exp", "log", "sqrt", "rsqrt", "pow", "square", "reciprocal", "abs", "cos", "erf", "clamp", "clip", "clamp_max", "floor", "round", "masked_fill",
)  # fmt: skip


def _kinds(kind: OpKind, *names: str, prefix: str = "") -> dict[str, OpKind]:
    return {f"{prefix}{name}": kind for name in names}


_SHARED: dict[str, OpKind] = {
    **_kinds("view", *_VIEWS),
    **_kinds("pool", *_POOLS),
    **_kinds("reduce", *_REDUCTIONS),
    **_kinds("elementwise", *_ELEMENTWISE),
    **_kinds("matmul", *_PRODUCTS),
    **_ARITHMETIC,
}
"""What exists as ``torch.name(x)`` and as ``x.name()``."""

SIGNAL_METHODS: dict[str, OpKind] = {
    **_SHARED,
    **_kinds("view", *_VIEW_METHODS),
    **{f"{name}_": _ARITHMETIC[name] for name in _IN_PLACE_ARITHMETIC},
    **_kinds("elementwise", *(f"{name}_" for name in _IN_PLACE_ELEMENTWISE)),
    **_kinds("reduce", *(f"{name}_" for name in _IN_PLACE_SPREADING)),
    **_kinds("view", *(f"{name}_" for name in _IN_PLACE_PUTTING)),
}

_DIMENSIONS = ("1d", "2d", "3d")
_DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_POOLINGS = ("max_pool", "avg_pool", "lp_pool", "max_unpool", "adaptive_avg_pool", "adaptive_max_pool")
_NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", "local_response_norm", "normalize")
_JOINS = ("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack")

SIGNAL_FUNCTIONS: dict[str, OpKind] = {
    **{f"torch.{name}": kind for name, kind in _SHARED.items()},
    **_kinds("concat", *_JOINS, prefix="torch."),
    **_kinds("matmul", "einsum", "tensordot", "chain_matmul", "linalg.matmul", "linalg.multi_dot", "sparse.mm", "spmm", "smm", "dsmm", prefix="torch."),
    **_kinds("add", "torch.logaddexp", "operator.add", "operator.iadd"),
    **_kinds("sub", "torch.rsub", "operator.sub", "operator.isub"),
    **_kinds("mul", "operator.mul", "operator.imul"),
    **_kinds("div", "operator.truediv", "operator.itruediv"),
    **_kinds("matmul", "operator.matmul"),
    **_kinds("view", "operator.getitem", "operator.neg"),
    **_kinds("elementwise", "operator.pow", "torch.maximum", "torch.minimum", "torch.fmax", "torch.fmin", "torch.special.erf", "torch.special.expm1"),
    **_kinds("reduce", "torch.linalg.norm", "torch.linalg.vector_norm", "torch.special.logsumexp", "torch.cdist", f"{F}pairwise_distance"),
    **_kinds("reduce", f"{F}cosine_similarity", "torch.cosine_similarity"),
    **_kinds("dropout", *_DROPOUTS, prefix=F),
    **_kinds("dropout", *(f"{name}{end}" for name in ("dropout", "alpha_dropout", "feature_alpha_dropout") for end in ("", "_")), prefix="torch."),
    **_kinds("dropout", "torchvision.ops.stochastic_depth", "timm.layers.drop_path", "timm.models.layers.drop_path"),
    **_kinds("pool", *(f"{name}{rank}" for name in _POOLINGS for rank in _DIMENSIONS), prefix=F),
    **_kinds("pool", *(f"adaptive_max_pool{rank}_with_indices" for rank in _DIMENSIONS), prefix=F),
    **_kinds("pool", *(f"max_pool{rank}_with_indices" for rank in _DIMENSIONS), "fractional_max_pool2d", "fractional_max_pool3d", prefix=F),
    **_kinds("pool", *(f"max_pool{rank}" for rank in _DIMENSIONS), "avg_pool1d", "adaptive_avg_pool1d", "adaptive_max_pool1d", prefix="torch."),
    **_kinds("pool", "einops.reduce"),
    **_kinds("norm", *_NORMS, prefix=F),
    **_kinds("norm", "batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm", prefix="torch."),
    **_kinds("attention", f"{F}scaled_dot_product_attention", f"{F}multi_head_attention_forward", "xformers.ops.memory_efficient_attention"),
    **_kinds("attention", "flash_attn.flash_attn_func", "flash_attn.flash_attn_interface.flash_attn_func", "torch.nn.attention.flex_attention.flex_attention"),
    **_kinds("pad", f"{F}pad", "torch.constant_pad_nd"),
    **_kinds("interpolate", "interpolate", "upsample", "upsample_nearest", "upsample_bilinear", "grid_sample", prefix=F),
    **_kinds("view", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "fold", "unfold", prefix=F),
    **_kinds("view", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", prefix="torch."),
    **_kinds("view", "view_as_real", "view_as_complex", prefix="torch."),
    **_kinds("view", "rearrange", "repeat", "pack", "unpack", prefix="einops."),
    **_kinds("matmul", "einops.einsum", "opt_einsum.contract"),
    **_kinds("activation", *ACTIVATION_FUNCTIONS),
    **_kinds("linear_function", f"{F}linear"),
    **_kinds("bilinear_function", f"{F}bilinear", "torch.bilinear"),
    **_kinds("embedding_function", f"{F}embedding", f"{F}embedding_bag", "torch.embedding"),
    **_kinds("conv_function", *(f"{prefix}conv{rank}" for prefix in (F, "torch.") for rank in _DIMENSIONS)),
    **_kinds("conv_transpose_function", *(f"{prefix}conv_transpose{rank}" for prefix in (F, "torch.") for rank in _DIMENSIONS)),
}

WEIGHTS: dict[str, WeightArgument] = {
    f"{F}linear": WeightArgument(1, "weight", "linear"),
    **dict.fromkeys((f"{F}bilinear", "torch.bilinear"), WeightArgument(2, "weight", "bilinear")),
    **dict.fromkeys((f"{F}embedding", f"{F}embedding_bag"), WeightArgument(1, "weight", "embedding")),
    "torch.embedding": WeightArgument(0, "weight", "embedding", signal=1),
    **dict.fromkeys((f"{prefix}conv{rank}" for prefix in (F, "torch.") for rank in _DIMENSIONS), WeightArgument(1, "weight", "conv")),
    **dict.fromkeys((f"{prefix}conv_transpose{rank}" for prefix in (F, "torch.") for rank in _DIMENSIONS), WeightArgument(1, "weight", "conv_transpose")),
    "torch.matmul": WeightArgument(1, "other", "matmul"),
    **dict.fromkeys(("torch.mm", "torch.bmm"), WeightArgument(1, "mat2", "matmul")),
    "torch.addmm": WeightArgument(2, "mat2", "matmul", signal=1),
    "torch.baddbmm": WeightArgument(2, "batch2", "matmul", signal=1),
}
"""The weight of a layer written as a function; for products, the right factor where that is a parameter."""

SPLITS = frozenset({"chunk", "split", "unbind", "tensor_split", "hsplit", "vsplit", "dsplit"})
"""Views that return several tensors, as method or ``torch`` function."""

PAIRS = frozenset({"max", "min", "median", "sort", "topk", "kthvalue", "cummax", "cummin"})
"""Methods and ``torch`` functions that return (values, indices) once they are given a dimension."""
