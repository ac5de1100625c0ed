"""Initializers that are given to a layer: ``keras.initializers``, ``haiku.initializers``, ``jax.nn.initializers``.

Each row maps the shape of the tensor and the bound arguments to a distribution. "Truncated" is at two sigma; where the
framework corrects for it the std drawn is the std asked for, otherwise it is 0.8796 of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace

from initlint.overlays.torch_init import InvalidCall, UnknownArgument, between, gaussian, number
from initlint.symbolic import Number, sqrt
from initlint.theory.activations import truncated_moments
from initlint.theory.fans import Fan, Fans, channels_last_fans, larger, scaling_law
from initlint.theory.laws import Distribution, Kind, constant, normal, spell, uniform

Law = Callable[[Sequence[Number] | None, SimpleNamespace], Distribution]
TRUNCATED_STD = truncated_moments(-2.0, 2.0)[1]
"""The std of a standard normal cut at two sigma, 0.8796."""
GEOMETRIC = "fan_geo_avg"
FAMILIES: dict[str, Kind] = {"uniform": "uniform", "normal": "normal", "truncated": "trunc_normal"}
MODES: dict[str, Fan] = {"fan_in": "fan_in", "fan_out": "fan_out", "fan_avg": "fan_avg"}


@dataclass(frozen=True, slots=True)
class Declared:
    """One initializer: how it is made, and what it draws."""

    name: str
    """Canonical dotted name."""
    signature: str
    law: Law


def _constant(value: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return constant(number(a, value))


def _fixed(value: float, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return constant(value)


def _normal(mean: str, std: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return gaussian(number(a, mean) if mean else 0.0, number(a, std))


def _truncated(mean: str, std: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return cut_normal(number(a, mean) if mean else 0.0, number(a, std))


def cut_normal(mean: Number, std: Number) -> Distribution:
    """N(mean, std²) redrawn until within two std of the mean."""
    law = f"N({spell(mean)}, {spell(std)}²) cut at 2σ"
    return Distribution(kind="trunc_normal", mean=mean, std=std * TRUNCATED_STD, low=mean - 2 * std, high=mean + 2 * std, law=law)


def _between(low: str, high: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return between(number(a, low), number(a, high))


def _up_to(scale: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return between(0.0, number(a, scale))


def _scaled(scale: Number, mode: Fan | None, family: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """Var = scale / fan; ``family`` is ``truncated``, ``normal`` or ``uniform``."""
    gain = sqrt(scale)
    law = scaling_law(gain, "fan_in + fan_out", 2) if mode == "fan_avg" else scaling_law(gain, mode or "√(fan_in·fan_out)")
    if shape is None:
        return Distribution(kind=FAMILIES[family], mean=0.0, law=law, fan=mode, gain=gain)
    axes = [_axes(getattr(a, name, default)) for name, default in (("in_axis", -2), ("out_axis", -1), ("batch_axis", ()))]
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


def _axes(value: object) -> tuple[int, ...]:
    if isinstance(value, int):
        return (value,)
    if isinstance(value, (tuple, list)) and all(isinstance(v, int) for v in value):
        return tuple(value)
    raise UnknownArgument("in_axis")


def _variance_scaling(untruncated: tuple[str, ...], shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    mode = MODES.get(a.mode) if isinstance(a.mode, str) else None
    if not isinstance(a.mode, str) or not isinstance(a.distribution, str):
        raise UnknownArgument("mode")
    if mode is None and a.mode != GEOMETRIC:
        raise InvalidCall(f"ValueError: {a.mode!r} is no mode: fan_in, fan_out or fan_avg")
    name = a.distribution.lower()
    family = "uniform" if name == "uniform" else "normal" if name in untruncated else "truncated"
    return _scaled(number(a, "scale"), mode, family, shape, a)


def _fan(fans: Fans, mode: Fan | None) -> Number:
    """The fan of a mode, None for JAX's geometric mean of both."""
    return sqrt(fans.fan_in * fans.fan_out) if mode is None else fans.select(mode)


def _orthogonal(gain: str, shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    """The matrix is (product of all but the last axis, last axis)."""
    value = number(a, gain)
    law = scaling_law(value, "max(fan_in, fan_out)")
    if shape is None or len(shape) < 2:
        return Distribution(kind="orthogonal", mean=0.0, law=law, gain=value)
    return Distribution(kind="orthogonal", mean=0.0, std=value / sqrt(larger(math.prod(shape[:-1]), shape[-1])), law=law, gain=value)


def _delta(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return Distribution(kind="custom", mean=0.0, law="orthogonal at the centre of the kernel, else 0")


def _identity(shape: Sequence[Number] | None, a: SimpleNamespace) -> Distribution:
    return Distribution(kind="eye", law="1 on the diagonal, else 0")


SCHEMES: dict[str, tuple[float, Fan]] = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}
_KERAS_SCALING = "scale=1.0, mode='fan_in', distribution='truncated_normal', seed=None"
_HAIKU_SCALING = "scale=1.0, mode='fan_in', distribution='truncated_normal', fan_in_axes=None"
_JAX_AXES = "in_axis=-2, out_axis=-1, batch_axis=(), dtype=None"


def _keras() -> list[Declared]:
    rows = [
        Declared("Zeros", "", partial(_fixed, 0.0)),
        Declared("Ones", "", partial(_fixed, 1.0)),
        Declared("Constant", "value=0.0", partial(_constant, "value")),
        Declared("RandomNormal", "mean=0.0, stddev=0.05, seed=None", partial(_normal, "mean", "stddev")),
        Declared("RandomUniform", "minval=-0.05, maxval=0.05, seed=None", partial(_between, "minval", "maxval")),
        Declared("TruncatedNormal", "mean=0.0, stddev=0.05, seed=None", partial(_truncated, "mean", "stddev")),
        Declared("VarianceScaling", _KERAS_SCALING, partial(_variance_scaling, ("untruncated_normal",))),
        Declared("Orthogonal", "gain=1.0, seed=None", partial(_orthogonal, "gain")),
        Declared("Identity", "gain=1.0", _identity),
    ]
    for scheme, (scale, mode) in SCHEMES.items():
        rows += [
            Declared(f"{scheme.title()}Normal", "seed=None", partial(_scaled, scale, mode, "truncated")),
            Declared(f"{scheme.title()}Uniform", "seed=None", partial(_scaled, scale, mode, "uniform")),
        ]
    return [replace(row, name=f"keras.initializers.{row.name}") for row in rows]


def _haiku() -> list[Declared]:
    rows = [
        Declared("Constant", "constant", partial(_constant, "constant")),
        Declared("RandomNormal", "stddev=1.0, mean=0.0", partial(_normal, "mean", "stddev")),
        Declared("RandomUniform", "minval=0.0, maxval=1.0", partial(_between, "minval", "maxval")),
        Declared("TruncatedNormal", "stddev=1.0, mean=0.0, lower=-2.0, upper=2.0", partial(_truncated, "mean", "stddev")),
        Declared("VarianceScaling", _HAIKU_SCALING, partial(_variance_scaling, ("normal",))),
        Declared("Orthogonal", "scale=1.0, axis=-1", partial(_orthogonal, "scale")),
        Declared("Identity", "gain=1.0", _identity),
    ]
    return [replace(row, name=f"haiku.initializers.{row.name}") for row in rows]


def _jax() -> list[Declared]:
    rows = [
        Declared("zeros", "", partial(_fixed, 0.0)),
        Declared("ones", "", partial(_fixed, 1.0)),
        Declared("constant", "value, dtype=None", partial(_constant, "value")),
        Declared("normal", "stddev=0.01, dtype=None", partial(_normal, "", "stddev")),
        Declared("uniform", "scale=0.01, dtype=None", partial(_up_to, "scale")),
        Declared("truncated_normal", "stddev=0.01, dtype=None, lower=-2.0, upper=2.0", partial(_truncated, "", "stddev")),
        Declared("variance_scaling", f"scale, mode, distribution, {_JAX_AXES}", partial(_variance_scaling, ("normal",))),
        Declared("orthogonal", "scale=1.0, column_axis=-1, dtype=None", partial(_orthogonal, "scale")),
        Declared("delta_orthogonal", "scale=1.0, column_axis=-1, dtype=None", _delta),
    ]
    for scheme, alias in (("glorot", "xavier"), ("he", "kaiming"), ("lecun", "lecun")):
        scale, mode = SCHEMES[scheme]
        for name in dict.fromkeys((scheme, alias)):
            rows += [
                Declared(f"{name}_normal", _JAX_AXES, partial(_scaled, scale, mode, "truncated")),
                Declared(f"{name}_uniform", _JAX_AXES, partial(_scaled, scale, mode, "uniform")),
            ]
    return [replace(row, name=f"jax.nn.initializers.{row.name}") for row in rows]


INITIALIZERS: dict[str, Declared] = {row.name: row for row in (*_keras(), *_haiku(), *_jax())}
"""By canonical dotted name."""


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and index else c.lower() for index, c in enumerate(name))


IDENTIFIERS: dict[str, str] = {_snake(name.rpartition(".")[2]): name for name in INITIALIZERS if name.startswith("keras.")}
"""Keras's strings, ``he_normal``, with what they stand for; old spellings beside them."""
IDENTIFIERS |= {
    **{name.rpartition(".")[2]: name for name in INITIALIZERS if name.startswith("keras.")},
    "zero": "keras.initializers.Zeros", "one": "keras.initializers.Ones", "normal": "keras.initializers.RandomNormal",
    "uniform": "keras.initializers.RandomUniform",
}  # fmt: skip


def resolve(identifier: str) -> Declared | None:
    """The initializer that Keras's string stands for."""
    return INITIALIZERS.get(IDENTIFIERS.get(identifier, ""))
