"""What ``torch.nn.init``, in-place tensor fills and tensor factories draw (torch 2.13).

Three tables by canonical dotted name. A law maps the shape and the bound arguments to a distribution; it raises
``InvalidCall`` where torch would raise, and ``UnknownArgument`` where it needs something that is not known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Literal

from initlint.overlays.spec import InitLaw, Shape
from initlint.symbolic import Number, Sym, sqrt
from initlint.theory.activations import truncated_moments
from initlint.theory.fans import Fans, larger, leaky_law, product, scaling_law, smaller, torch_fans
from initlint.theory.laws import Distribution, constant, custom, normal, spell, uniform

ShapeSource = Literal["size", "integers", "diagonal", "input"]

UNINITIALISED = custom("uninitialised memory")
NO_ELEMENTS = custom("no elements")
_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
FIXED_GAINS = {**dict.fromkeys((*_LINEAR, "sigmoid"), 1.0), "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}


class UnknownArgument(Exception):
    """The law depends on ``argument`` (or on ``shape``), whose value is not known."""

    def __init__(self, argument: str) -> None:
        super().__init__(argument)
        self.argument = argument


class InvalidCall(Exception):
    """The call would raise; the text is the exception as a traceback ends with it: ``ValueError: …``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer:
    """A function that gives a whole tensor its values: one it is handed, or one it makes."""

    name: str
    signature: str
    """As in a ``def``; a tensor to overwrite comes first."""
    law: InitLaw
    successor: str | None = None
    """What to call instead of this deprecated name."""
    makes: ShapeSource | None = None
    """Where the shape of a new tensor comes from. ``size``: that argument, as integers or one sequence; ``integers``: the
    same, but a sequence is data; ``diagonal``: (n, m); ``input``: the tensor ``input``. None: overwrites."""


def calculate_gain(nonlinearity: object, param: object = None, spelled: str = "param") -> Number:
    """``torch.nn.init.calculate_gain``: the factor on the standard deviation it recommends for ``nonlinearity``.

    ``spelled`` is what the caller knows the slope as, for ``UnknownArgument``.
    """
    if nonlinearity is not None and not isinstance(nonlinearity, (str, int, float)):
        raise UnknownArgument("nonlinearity")
    if nonlinearity in FIXED_GAINS:
        return FIXED_GAINS[str(nonlinearity)]
    if nonlinearity != "leaky_relu":
        raise InvalidCall(f"ValueError: Unsupported nonlinearity {nonlinearity}")
    slope = 0.01 if param is None else param
    if isinstance(slope, (str, bool, tuple, list)):
        raise InvalidCall(f"ValueError: negative_slope {slope} not a valid number")
    if not isinstance(slope, (int, float, Sym)):
        raise UnknownArgument(spelled)
    return sqrt(2 / (1 + slope * slope))


def shape_given(factory: Initializer, a: SimpleNamespace) -> Shape:
    """The shape the bound arguments of ``factory`` spell out; raises ``UnknownArgument`` where they don't."""
    if factory.makes == "input":
        raise UnknownArgument("input")
    if factory.makes == "diagonal":
        return (number(a, "n"), number(a, "n" if a.m is None else "m"))
    size = _randint_range(a).size if factory.name == "torch.randint" else a.size
    if factory.makes == "size" and _is_sequence(size) and len(size) == 1 and _is_sequence(size[0]):
        size = size[0]
    if not _is_sequence(size) or not all(isinstance(entry, (int, float, Sym)) for entry in size):
        raise UnknownArgument("size")
    return tuple(size)


def _uniform(low: str, high: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return between(number(a, low), number(a, high))


def _normal(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return gaussian(number(a, "mean"), number(a, "std"))


def _trunc_normal(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    mean, std, low, high = (number(a, name) for name in ("mean", "std", "a", "b"))
    if std == 0:
        raise InvalidCall("ZeroDivisionError: float division by zero")
    bounds = between(low, high)
    if bounds.kind == "constant":
        return bounds
    return truncated_normal(mean, std if isinstance(std, Sym) else abs(std), low, high)


def _constant(name: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return constant(number(a, name))


def _always(distribution: Distribution, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return distribution


def _eye(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    if shape is None:
        return _ones_among_zeros("eye", "identity matrix")
    if len(shape) != 2:
        raise InvalidCall("ValueError: Only tensors with 2 dimensions are supported")
    return NO_ELEMENTS if 0 in shape else _ones_among_zeros("eye", "identity matrix", 1 / larger(*shape))


def _dirac(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    groups = number(a, "groups")
    if shape is None:
        return _ones_among_zeros("dirac", "identity convolution")
    if len(shape) not in (3, 4, 5):
        raise InvalidCall("ValueError: Only tensors with 3, 4, or 5 dimensions are supported")
    if groups == 0:
        raise InvalidCall("ZeroDivisionError: integer modulo by zero")
    remainder = shape[0] % groups
    if not isinstance(remainder, Sym) and remainder != 0:
        raise InvalidCall("ValueError: dim 0 must be divisible by groups")
    if 0 in shape:
        return NO_ELEMENTS
    return _ones_among_zeros("dirac", "identity convolution", groups * smaller(shape[0] // groups, shape[1]) / product(shape))


def _xavier(family: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    fans = None if shape is None else _fans(shape)
    gain = number(a, "gain")
    if fans is None:
        raise UnknownArgument("shape")
    total = fans.fan_in + fans.fan_out
    if total == 0:
        raise InvalidCall("ZeroDivisionError: float division by zero")
    drawn = _centred(family, gain * sqrt(2 / total))
    return _scaled_by(drawn, scaling_law(gain, "fan_in + fan_out", 2), "fan_avg", gain)


def _kaiming(family: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    if shape is not None and 0 in shape:
        return NO_ELEMENTS
    if shape is not None and not isinstance(a.mode, str):
        _fans(shape)  # a vector has no fans, whatever the mode
    mode = _fan_mode(a.mode)
    fans = None if shape is None else _fans(shape)
    gain = calculate_gain(a.nonlinearity, a.a, "a")
    if fans is None:
        raise UnknownArgument("shape")
    law = leaky_law(0.01 if a.a is None else a.a, mode) if a.nonlinearity == "leaky_relu" else scaling_law(gain, mode)
    return _scaled_by(_centred(family, gain / sqrt(fans.select(mode))), law, mode, gain)


def _orthogonal(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    if shape is not None and len(shape) < 2:
        raise InvalidCall("ValueError: Only tensors with 2 or more dimensions are supported")
    gain = number(a, "gain")
    bound = gain if isinstance(gain, Sym) else abs(gain)
    law = scaling_law(gain, "max(rows, cols)")
    if shape is None:
        return Distribution(kind="orthogonal", mean=0.0, low=-bound, high=bound, law=law, gain=gain)
    if 0 in shape:
        return NO_ELEMENTS
    if gain == 0:
        return constant(0.0)
    std = bound / sqrt(larger(shape[0], product(shape[1:])))
    return Distribution(kind="orthogonal", mean=0.0, std=std, low=-bound, high=bound, law=law, gain=gain)


def _sparse(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    if shape is not None and len(shape) != 2:
        raise InvalidCall("ValueError: Only tensors with 2 dimensions are supported")
    sparsity, drawn = number(a, "sparsity"), gaussian(0.0, number(a, "std"))
    law = f"{drawn.law}, a share {spell(sparsity)} of each column zero"
    rows = None if shape is None else shape[0]
    if not isinstance(rows, int) or isinstance(sparsity, Sym) or drawn.std is None:
        return Distribution(kind="sparse", mean=0.0, law=law)
    if rows == 0:
        return NO_ELEMENTS
    kept = rows - len(range(rows)[: math.ceil(sparsity * rows)])
    if not kept or drawn.std == 0:
        return constant(0.0)
    return Distribution(kind="sparse", mean=0.0, std=drawn.std * math.sqrt(kept / rows), law=law, zeros=1 - kept / rows)


def _exponential(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    scale = 1 / number(a, "lambd")
    return Distribution(kind="custom", mean=scale, std=scale, low=0.0, law=f"exponential, mean {spell(scale)}")


def _bernoulli(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    share = number(a, "p")
    if not isinstance(share, Sym) and not 0 <= share <= 1:
        raise InvalidCall(f"RuntimeError: bernoulli_ expects p to be in [0, 1], but got p={share:g}")
    return _ones_among_zeros("custom", f"1 with probability {spell(share)}, else 0", share)


def _integers(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    bounds = _randint_range(a)
    low, high = number(bounds, "low"), number(bounds, "high")
    std = sqrt(((high - low) * (high - low) - 1) / 12)
    return Distribution(kind="custom", mean=(low + high - 1) / 2, std=std, low=low, high=high - 1, law=f"integers in [{spell(low)}, {spell(high)})")


def truncated_normal(mean: Number, std: Number, low: Number, high: Number) -> Distribution:
    """N(mean, std²) redrawn until within [low, high] (absolute bounds); mean and std are those after truncation."""
    law = f"N({spell(mean)}, {spell(std)}²) cut to [{spell(low)}, {spell(high)}]"
    alpha, beta = (low - mean) / std, (high - mean) / std
    if isinstance(alpha, Sym) or isinstance(beta, Sym):
        return Distribution(kind="trunc_normal", mean=mean if alpha == -beta else None, low=low, high=high, law=law)
    shift, spread = truncated_moments(alpha, beta)
    return Distribution(kind="trunc_normal", mean=mean + std * shift, std=std * spread, low=low, high=high, law=law)


def between(low: Number, high: Number) -> Distribution:
    """U(low, high). Raises ``InvalidCall`` where they are the wrong way round."""
    if not isinstance(low, Sym) and not isinstance(high, Sym) and low > high:
        raise InvalidCall(f"RuntimeError: uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    return constant(low) if low == high else uniform(low, high, f"U({spell(low)}, {spell(high)})")


def gaussian(mean: Number, std: Number) -> Distribution:
    """N(mean, std²). Raises ``InvalidCall`` for a negative std."""
    if not isinstance(std, Sym) and std < 0:
        raise InvalidCall(f"RuntimeError: normal expects std >= 0.0, but found std {std:g}")
    return constant(mean) if std == 0 else normal(mean, std, f"N({spell(mean)}, {spell(std)}²)")


def _centred(family: str, std: Number) -> Distribution:
    return gaussian(0.0, std) if family == "normal" else between(-math.sqrt(3) * std, math.sqrt(3) * std)


def _scaled_by(drawn: Distribution, law: str, fan: Literal["fan_in", "fan_out", "fan_avg"], gain: Number) -> Distribution:
    return drawn if drawn.kind == "constant" else replace(drawn, law=law, fan=fan, gain=gain)


def _ones_among_zeros(kind: Literal["eye", "dirac", "custom"], law: str, share: Number | None = None) -> Distribution:
    return Distribution(kind=kind, mean=share, std=None if share is None else sqrt(share * (1 - share)), low=0.0, high=1.0, law=law)


def _fan_mode(mode: object) -> Literal["fan_in", "fan_out"]:
    if not isinstance(mode, str):
        raise UnknownArgument("mode")
    if mode.lower() not in ("fan_in", "fan_out"):
        raise InvalidCall(f"ValueError: Mode {mode.lower()} not supported, please use one of ['fan_in', 'fan_out']")
    return "fan_in" if mode.lower() == "fan_in" else "fan_out"


def _fans(shape: Sequence[Number]) -> Fans:
    try:
        return torch_fans(shape)
    except ValueError as error:
        raise InvalidCall(f"ValueError: {error}") from None


def number(a: SimpleNamespace, name: str) -> Number:
    """The argument ``name``. Raises ``InvalidCall`` where it is no number, ``UnknownArgument`` where nobody knows."""
    value = getattr(a, name)
    if isinstance(value, (int, float, Sym)):
        return value
    if value is None or isinstance(value, (str, tuple, list)):
        raise InvalidCall(f"TypeError: {name} must be a number, not {type(value).__name__}")
    raise UnknownArgument(name)


def _randint_range(a: SimpleNamespace) -> SimpleNamespace:
    """``randint(high, size)`` binds high to ``low`` and size to ``high``; put them where they belong."""
    if a.high is None or (a.size is None and _is_sequence(a.high)):
        return SimpleNamespace(low=0, high=a.low, size=a.size if a.size is not None else a.high)
    return a


def _is_sequence(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _index(prefix: str, *entries: Initializer) -> dict[str, Initializer]:
    return {prefix + entry.name: replace(entry, name=prefix + entry.name) for entry in entries}


def _entry(name: str, signature: str, law: InitLaw, makes: ShapeSource | None = None) -> Initializer:
    return Initializer(name=name, signature=signature, law=law, makes=makes)


_KAIMING = "tensor, a=0, mode='fan_in', nonlinearity='leaky_relu', generator=None"
_ZEROS, _ONES, _EMPTY = (partial(_always, distribution) for distribution in (constant(0.0), constant(1.0), UNINITIALISED))
_UNIT, _STANDARD = (partial(_always, distribution) for distribution in (uniform(0.0, 1.0, "U(0, 1)"), normal(0.0, 1.0, "N(0, 1²)")))

_CURRENT = _index(
    "torch.nn.init.",
    _entry("uniform_", "tensor, a=0.0, b=1.0, generator=None", partial(_uniform, "a", "b")),
    _entry("normal_", "tensor, mean=0.0, std=1.0, generator=None", _normal),
    _entry("trunc_normal_", "tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None", _trunc_normal),
    _entry("constant_", "tensor, val", partial(_constant, "val")),
    _entry("ones_", "tensor", _ONES),
    _entry("zeros_", "tensor", _ZEROS),
    _entry("eye_", "tensor", _eye),
    _entry("dirac_", "tensor, groups=1", _dirac),
    _entry("xavier_uniform_", "tensor, gain=1.0, generator=None", partial(_xavier, "uniform")),
    _entry("xavier_normal_", "tensor, gain=1.0, generator=None", partial(_xavier, "normal")),
    _entry("kaiming_uniform_", _KAIMING, partial(_kaiming, "uniform")),
    _entry("kaiming_normal_", _KAIMING, partial(_kaiming, "normal")),
    _entry("orthogonal_", "tensor, gain=1, generator=None", _orthogonal),
    _entry("sparse_", "tensor, sparsity, std=0.01, generator=None", _sparse),
)
_ALIASED = [entry for name, entry in _CURRENT.items() if not name.endswith((".trunc_normal_", ".ones_", ".zeros_"))]

INITIALIZERS = _CURRENT | _index("", *(replace(entry, name=entry.name[:-1], successor=entry.name) for entry in _ALIASED))
"""``torch.nn.init``: 14 initializers and the 11 deprecated names without underscore."""

FILLS = _index(
    "torch.Tensor.",
    _entry("uniform_", "self, from_=0, to=1, *, generator=None", partial(_uniform, "from_", "to")),
    _entry("normal_", "self, mean=0, std=1, *, generator=None", _normal),
    _entry("zero_", "self", _ZEROS),
    _entry("fill_", "self, value", partial(_constant, "value")),
    _entry("exponential_", "self, lambd=1, *, generator=None", _exponential),
    _entry("bernoulli_", "self, p=0.5, *, generator=None", _bernoulli),
    _entry("log_normal_", "self, mean=1, std=2, *, generator=None", partial(_always, custom("log-normal"))),
    _entry("cauchy_", "self, median=0, sigma=1, *, generator=None", partial(_always, custom("Cauchy: no moments"))),
)
"""Methods that overwrite the tensor they are called on. ``from_`` stands for ``from``, which source can only pass by position."""

_SIZE, _OPTIONS = "*size, **options", ", **options"
_FULL = partial(_constant, "fill_value")
_PLAIN = {"zeros": _ZEROS, "ones": _ONES, "empty": _EMPTY, "rand": _UNIT, "randn": _STANDARD}

FACTORIES = _index(
    "torch.",
    *(_entry(name, _SIZE, law, "size") for name, law in _PLAIN.items()),
    *(_entry(f"{name}_like", f"input{_OPTIONS}", law, "input") for name, law in _PLAIN.items()),
    *(_entry(f"Tensor.new_{name}", f"self, {_SIZE}", _PLAIN[name], "size") for name in ("zeros", "ones", "empty")),
    *(_entry(name, _SIZE, _EMPTY, "integers") for name in ("Tensor", "FloatTensor")),
    _entry("full", f"size, fill_value{_OPTIONS}", _FULL, "size"),
    _entry("full_like", f"input, fill_value{_OPTIONS}", _FULL, "input"),
    _entry("Tensor.new_full", f"self, size, fill_value{_OPTIONS}", _FULL, "size"),
    _entry("normal", f"mean=0.0, std=1.0, size=None{_OPTIONS}", _normal, "size"),
    _entry("randint", f"low=0, high=None, size=None{_OPTIONS}", _integers, "size"),
    _entry("randint_like", f"input, low=0, high=None, size=None{_OPTIONS}", _integers, "input"),
    _entry("eye", f"n, m=None{_OPTIONS}", _eye, "diagonal"),
)
"""Functions that make a tensor with a law of its own."""
