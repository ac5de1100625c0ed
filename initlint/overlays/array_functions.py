"""NumPy and ``jax.numpy``: what their factories draw, and what their functions do to a signal.

Names are those of NumPy; ``ALIASES`` leads there from the libraries that share its interface.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from initlint.overlays.declared.laws import cut_normal
from initlint.overlays.spec import InitLaw, Nonlinearity
from initlint.overlays.torch_functions import OpKind, WeightArgument
from initlint.overlays.torch_init import Initializer, ShapeSource, between, gaussian, number, truncated_normal
from initlint.symbolic import Number
from initlint.theory.laws import Distribution, constant, custom, normal, uniform

ALIASES = {
    "numpy.random.mtrand._rand": "numpy.random",
    "jax.numpy": "numpy",
    "autograd.numpy": "numpy",
    "cupy": "numpy",
    "jax.scipy": "scipy",
    "pennylane.numpy": "numpy",
}
"""Libraries with the interface of NumPy or SciPy."""
SAME_ACTIVATIONS = (
    "flax.linen",
    "flax.linen.activation",
    "flax.nnx",
    "tensorflow.nn",
    "tensorflow",
    "tensorflow.math",
    "keras.activations",
    "keras.ops",
    "keras.backend",
)
"""Modules whose nonlinearities are named as in ``jax.nn``."""
SAME_FUNCTIONS = ("tensorflow", "tensorflow.math", "tensorflow.linalg", "keras.ops", "keras.backend")
"""Modules whose functions are named as in NumPy, apart from ``RENAMED``."""
RENAMED = {
    "concat": "concatenate", "reduce_mean": "mean", "reduce_sum": "sum", "reduce_max": "max", "cast": "asarray", "identity": "asarray", "pow": "power",
    "add_n": "add", "clip_by_value": "clip", "batch_dot": "matmul",
}  # fmt: skip
GENERATORS = {"numpy.random.default_rng": "numpy.random.Generator", "numpy.random.RandomState": "numpy.random.RandomState"}
"""Functions that make a generator, and what it is: its methods are listed under that name."""


def canonical(dotted: str) -> str:
    """The NumPy or JAX name of what ``dotted`` calls."""
    if dotted in ACTIVATIONS or dotted in FACTORIES:
        return dotted
    owner, _, name = dotted.rpartition(".")
    if owner in SAME_ACTIVATIONS and f"jax.nn.{name}" in ACTIVATIONS:
        return f"jax.nn.{name}"
    if owner in SAME_FUNCTIONS:
        return f"numpy.{RENAMED.get(name, name)}"
    for prefix, target in ALIASES.items():
        if dotted.startswith(f"{prefix}."):
            return target + dotted[len(prefix) :]
    return dotted


def _always(law: Distribution) -> InitLaw:
    return lambda shape, a: law


def _normal(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return gaussian(number(a, "loc"), number(a, "scale"))


def _uniform(low: str, high: str) -> InitLaw:
    return lambda shape, a: between(number(a, low), number(a, high))


def _truncated(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return truncated_normal(0.0, 1.0, number(a, "lower"), number(a, "upper"))


def _filled(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return constant(number(a, "fill_value"))


def _gaussian(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return gaussian(number(a, "mean"), number(a, "stddev"))


def _cut(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return cut_normal(number(a, "mean"), number(a, "stddev"))


def _entry(name: str, signature: str, law: InitLaw, makes: ShapeSource | None = "size") -> Initializer:
    return Initializer(name=name, signature=signature, law=law, makes=makes)


_REST = "dtype=None, seed=None, name=None"
_UNIT, _STANDARD = _always(uniform(0.0, 1.0, "U(0, 1)")), _always(normal(0.0, 1.0, "N(0, 1²)"))
_DRAWS = {
    "standard_normal": ("size=None, **options", _STANDARD),
    "normal": ("loc=0.0, scale=1.0, size=None", _normal),
    "uniform": ("low=0.0, high=1.0, size=None", _uniform("low", "high")),
    "random": ("size=None, **options", _UNIT),
}
"""Draws that the module, its generators and the legacy ``RandomState`` share."""
_LEGACY = {
    "randn": ("*size", _STANDARD),
    "rand": ("*size", _UNIT),
    **dict.fromkeys(("random_sample", "ranf", "sample"), ("size=None", _UNIT)),
}
_OWNERS = {"numpy.random": _DRAWS | _LEGACY, "numpy.random.RandomState": _DRAWS | _LEGACY, "numpy.random.Generator": _DRAWS}
_ZEROS, _ONES, _EMPTY = _always(constant(0.0)), _always(constant(1.0)), _always(custom("uninitialised memory"))

FACTORIES: dict[str, Initializer] = {
    entry.name: entry
    for entry in (
        *(_entry(f"{owner}.{name}", signature, law) for owner, draws in _OWNERS.items() for name, (signature, law) in draws.items()),
        *(_entry(f"numpy.{name}", "size, **options", law) for name, law in (("zeros", _ZEROS), ("ones", _ONES), ("empty", _EMPTY))),
        *(_entry(f"numpy.{name}_like", "input, **options", law, "input") for name, law in (("zeros", _ZEROS), ("ones", _ONES), ("empty", _EMPTY))),
        _entry("numpy.full", "size, fill_value, **options", _filled),
        *(_entry(name, f"size, mean=0.0, stddev=1.0, {_REST}", _gaussian) for name in ("tensorflow.random_normal", "tensorflow.random.normal")),
        *(_entry(name, f"size, mean=0.0, stddev=1.0, {_REST}", _cut) for name in ("tensorflow.truncated_normal", "tensorflow.random.truncated_normal")),
        *(
            _entry(name, f"size, minval=0.0, maxval=1.0, {_REST}", _uniform("minval", "maxval"))
            for name in ("tensorflow.random_uniform", "tensorflow.random.uniform")
        ),
        _entry("tensorflow.fill", "size, value, name=None", lambda shape, a: constant(number(a, "value"))),
        _entry("jax.random.normal", "key, size=(), **options", _STANDARD),
        _entry("jax.random.uniform", "key, size=(), dtype=None, minval=0.0, maxval=1.0", _uniform("minval", "maxval")),
        _entry("jax.random.truncated_normal", "key, lower, upper, size=(), **options", _truncated),
    )
}
"""Functions that make an array with a law of its own. ``size`` stands for ``shape`` too."""

ACTIVATIONS: dict[str, Nonlinearity] = {
    "numpy.tanh": Nonlinearity(name="tanh"),
    "numpy.sin": Nonlinearity(name="sin"),
    "scipy.special.expit": Nonlinearity(name="sigmoid"),
    "scipy.special.softmax": Nonlinearity(name="softmax"),
    "scipy.special.log_softmax": Nonlinearity(name="log_softmax"),
    **{f"jax.nn.{name}": Nonlinearity(name=name) for name in ("relu", "relu6", "sigmoid", "softplus", "soft_sign", "silu", "selu", "softmax", "log_softmax")},
    "jax.nn.swish": Nonlinearity(name="silu"),
    "jax.nn.gelu": Nonlinearity(name="gelu_tanh"),
    "jax.nn.tanh": Nonlinearity(name="tanh"),
    "jax.nn.softsign": Nonlinearity(name="softsign"),
    "jax.nn.hard_sigmoid": Nonlinearity(name="hardsigmoid"),
    "jax.nn.mish": Nonlinearity(name="mish"),
    "jax.nn.glu": Nonlinearity(name="glu"),
    "jax.lax.tanh": Nonlinearity(name="tanh"),
    "jax.lax.logistic": Nonlinearity(name="sigmoid"),
    "tensorflow.nn.gelu": Nonlinearity(name="gelu"),
    "tensorflow.nn.leaky_relu": Nonlinearity(name="leaky_relu", parameter="alpha", position=0, default=0.2),
    "keras.activations.gelu": Nonlinearity(name="gelu"),
    "keras.activations.leaky_relu": Nonlinearity(name="leaky_relu", parameter="negative_slope", position=0, default=0.2),
    "jax.nn.elu": Nonlinearity(name="elu", parameter="alpha", position=0, default=1.0),
    "jax.nn.leaky_relu": Nonlinearity(name="leaky_relu", parameter="negative_slope", position=0, default=0.01),
}
"""Functions that are a nonlinearity by name; ``numpy.maximum(x, 0)`` and the like are told by their arguments."""

_KINDS: dict[OpKind, tuple[str, ...]] = {
    "view": (
        "reshape", "transpose", "squeeze", "expand_dims", "ravel", "swapaxes", "moveaxis", "atleast_2d", "array", "asarray", "copy", "tile",
        "flip", "split", "array_split", "negative", "broadcast_to", "float32", "float64", "roll", "repeat", "rot90", "flipud", "fliplr", "take",
        "take_along_axis",
    ),
    "concat": ("concatenate", "hstack", "vstack", "stack", "append", "column_stack", "c_", "r_"),
    "pool": ("mean", "average", "max", "min", "amax", "amin", "median"),
    "reduce": ("sum", "prod", "var", "std", "cumsum", "linalg.norm"),
    "elementwise": (
        "exp", "log", "log1p", "log2", "sqrt", "square", "abs", "clip", "where", "maximum", "minimum", "cos", "sinh", "cosh", "sign", "power", "round",
    ),
    "matmul": ("dot", "matmul", "inner", "outer", "tensordot", "einsum"),
    "add": ("add",),
    "sub": ("subtract",),
    "mul": ("multiply",),
    "div": ("divide", "true_divide"),
    "pad": ("pad",),
}  # fmt: skip
SIGNAL_FUNCTIONS: dict[str, OpKind] = {f"numpy.{name}": kind for kind, names in _KINDS.items() for name in names}
SIGNAL_FUNCTIONS |= {f"{library}.{name}": "pool" for library in ("flax.linen", "flax.nnx", "haiku") for name in ("max_pool", "avg_pool", "min_pool")}
_LAX: dict[OpKind, tuple[str, ...]] = {
    "view": (
        "stop_gradient", "with_sharding_constraint", "reshape", "transpose", "expand_dims", "squeeze", "slice_in_dim", "dynamic_slice", "dynamic_slice_in_dim",
        "rev", "broadcast_in_dim", "convert_element_type",
    ),
    "elementwise": ("exp", "log", "log1p", "sqrt", "rsqrt", "abs", "square", "integer_pow", "pow", "max", "min", "clamp", "select"),
    "matmul": ("dot", "dot_general", "batch_matmul"),
    "pool": ("reduce_window", "pmean", "top_k"),
    "reduce": ("psum",),
    "concat": ("concatenate",),
    "pad": ("pad",),
}  # fmt: skip
SIGNAL_FUNCTIONS |= {f"jax.lax.{name}": kind for kind, names in _LAX.items() for name in names}
SIGNAL_FUNCTIONS |= dict.fromkeys(("jax.ad_checkpoint.checkpoint_name", "flax.linen.with_logical_constraint"), "view")
SIGNAL_FUNCTIONS |= {f"{library}.dot_product_attention": "attention" for library in ("jax.nn", "flax.linen", "flax.linen.attention", "flax.nnx")}
SIGNAL_FUNCTIONS |= dict.fromkeys(ACTIVATIONS, "activation")
SIGNAL_METHODS: dict[str, OpKind] = dict.fromkeys(("astype", "block_until_ready"), "view")
"""What arrays have that tensors of torch have not."""

WEIGHTS: dict[str, WeightArgument] = dict.fromkeys(("numpy.dot", "numpy.matmul"), WeightArgument(1, "b", "matmul"))
"""Products whose right factor may be a weight; a left one is found by the adapter."""
