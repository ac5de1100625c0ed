"""What initializers that are given to a layer draw: from the shape of a tensor and the bound arguments to a distribution.

"Truncated" is at two sigma; where the framework corrects for it the std drawn is the std asked for, otherwise it is 0.8796 of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

from initlint.overlays.torch_init import InvalidCall, UnknownArgument, between, gaussian, number
from initlint.symbolic import Number, Sym, sqrt
from initlint.theory.activations import truncated_moments
from initlint.theory.fans import Fan, Fans, channels_last_fans, larger, scaling_law
from initlint.theory.laws import Distribution, Kind, constant, custom, normal, spell, uniform

Law = Callable[[Sequence[Number] | None, SimpleNamespace], Distribution]
TRUNCATED_STD = truncated_moments(-2.0, 2.0)[1]
"""The std of a standard normal cut at two sigma, 0.8796."""
GEOMETRIC = "fan_geo_avg"
FAMILIES: dict[str, Kind] = {"uniform": "uniform", "normal": "normal", "truncated": "trunc_normal"}
MODES: dict[str, Fan] = {"fan_in": "fan_in", "fan_out": "fan_out", "fan_avg": "fan_avg"}


def constant_law(value: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """The number that the argument ``value`` holds; a list or array is taken over entry by entry."""
    if not is_number_like(getattr(a, value, 0.0)):
        raise UnknownArgument(value)
    return constant(number(a, value))


def is_number_like(value: object) -> bool:
    """Whether an argument is a number, known or not."""
    return isinstance(value, (int, float, Sym)) and not isinstance(value, bool)


def fixed(value: float, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """Always ``value``."""
    return constant(value)


def normal_law(mean: str, std: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """N(mean, std²), each the name of an argument; no mean is 0."""
    return gaussian(number(a, mean) if mean else 0.0, number(a, std))


def truncated_law(mean: str, std: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """The same, cut at two std."""
    return cut_normal(number(a, mean) if mean else 0.0, number(a, std))


def bounded_law(mean: str, std: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """The same, cut at ``lower`` and ``upper``, which count std."""
    return cut_normal(number(a, mean) if mean else 0.0, number(a, std), number(a, "lower"), number(a, "upper"))


def cut_normal(mean: Number, std: Number, low: Number = -2.0, high: Number = 2.0) -> Distribution:
    """N(mean, std²) redrawn until between ``low`` and ``high`` std from the mean; mean and std are those after truncation."""
    law = f"N({spell(mean)}, {spell(std)}²) cut {f'at {spell(high)}σ' if low == -high else f'to [{spell(low)}σ, {spell(high)}σ]'}"
    if isinstance(low, Sym) or isinstance(high, Sym):
        return Distribution(kind="trunc_normal", mean=mean if low == -high else None, low=mean + low * std, high=mean + high * std, law=law)
    if low >= high:
        return constant(mean + low * std) if low == high else custom("a normal cut to nothing")
    shift, spread = truncated_moments(low, high)
    middle = mean if low == -high else mean + std * shift
    return Distribution(kind="trunc_normal", mean=middle, std=std * spread, low=mean + low * std, high=mean + high * std, law=law)


def range_law(low: str, high: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """U(low, high), each the name of an argument."""
    return between(number(a, low), number(a, high))


def up_to(scale: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """U(0, scale)."""
    return between(0.0, number(a, scale))


def scaled(scale: Number, mode: Fan | None, family: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """Var = scale / fan; ``family`` is ``truncated``, ``normal`` or ``uniform``."""
    gain = sqrt(scale)
    law = scaling_law(gain, "fan_in + fan_out", 2) if mode == "fan_avg" else scaling_law(gain, mode or "√(fan_in·fan_out)")
    if shape is None:
        return Distribution(kind=FAMILIES[family], mean=0.0, law=law, fan=mode, gain=gain)
    if len(shape) < 2 and hasattr(a, "in_axis"):
        raise InvalidCall(f"ValueError: Can't compute input and output sizes of a {len(shape)}-dimensional weights tensor")
    axes = [_axes(a, names, default) for names, default in ((("in_axis", "input_axes"), -2), (("out_axis", "output_axes"), -1), (("batch_axis",), ()))]
    try:
        fan = _fan(channels_last_fans(shape, *axes), mode)
    except ValueError as error:
        raise InvalidCall(f"ValueError: {error}") from None
    std = sqrt(scale / fan)
    if family == "uniform":
        drawn = uniform(-math.sqrt(3) * std, math.sqrt(3) * std)
    elif family == "normal":
        drawn = normal(0.0, std)
    else:
        drawn = cut_normal(0.0, std / TRUNCATED_STD)
    return replace(drawn, law=law, fan=mode, gain=gain)


def _axes(a: SimpleNamespace, names: tuple[str, ...], default: int | tuple[int, ...]) -> tuple[int, ...]:
    """The axes that an argument names, JAX's or Keras's, which leaves it to the default."""
    value = next((given for name in names if (given := getattr(a, name, None)) is not None), default)
    if isinstance(value, int):
        return (value,)
    if isinstance(value, (tuple, list)) and all(isinstance(v, int) for v in value):
        return tuple(value)
    raise UnknownArgument("in_axis")


def variance_scaling(untruncated: tuple[str, ...], shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """Var = scale / fan with mode and family as arguments; ``untruncated`` lists the families that are not cut."""
    mode = MODES.get(a.mode) if isinstance(a.mode, str) else None
    if not isinstance(a.mode, str) or not isinstance(a.distribution, str):
        raise UnknownArgument("mode")
    if mode is None and a.mode != GEOMETRIC:
        raise InvalidCall(f"ValueError: {a.mode!r} is no mode: fan_in, fan_out or fan_avg")
    name = a.distribution.lower()
    family = "uniform" if name == "uniform" else "normal" if name in untruncated else "truncated"
    return scaled(number(a, "scale"), mode, family, shape, a)


def _fan(fans: Fans, mode: Fan | None) -> Number:
    """The fan of a mode, None for JAX's geometric mean of both."""
    return sqrt(fans.fan_in * fans.fan_out) if mode is None else fans.select(mode)


def orthogonal_law(gain: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """The matrix is (product of all but the last axis, last axis)."""
    value = number(a, gain)
    law = scaling_law(value, "max(fan_in, fan_out)")
    if shape is None:
        return Distribution(kind="orthogonal", mean=0.0, law=law, gain=value)
    if len(shape) < 2:
        raise InvalidCall("ValueError: The tensor to initialize must be at least two-dimensional")
    return Distribution(kind="orthogonal", mean=0.0, std=value / sqrt(larger(math.prod(shape[:-1]), shape[-1])), law=law, gain=value)


def orthogonal_delta(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """Orthogonal in the middle of the kernel."""
    return Distribution(kind="custom", mean=0.0, law="orthogonal at the centre of the kernel, else 0")


def identity(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """1 on the diagonal."""
    return Distribution(kind="eye", law="1 on the diagonal, else 0")


SCHEMES: dict[str, tuple[float, Fan]] = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}
