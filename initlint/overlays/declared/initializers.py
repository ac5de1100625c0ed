"""Initializers that are given to a layer: ``keras.initializers``, ``haiku.initializers``, ``jax.nn.initializers``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from initlint.overlays.declared.laws import (
    SCHEMES,
    Law,
    bounded_law,
    constant_law,
    fixed,
    identity,
    normal_law,
    orthogonal_delta,
    orthogonal_law,
    range_law,
    scaled,
    truncated_law,
    up_to,
    variance_scaling,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """One initializer: how it is made, and what it draws."""

    name: str
    """Canonical dotted name."""
    signature: str
    law: Law
    makes_initializer: bool = False
    """Whether the name is that of a function that has to be called first, as JAX has most of its own."""


_KERAS_AXES = "seed=None, input_axes=None, output_axes=None"
_KERAS_SCALING = f"scale=1.0, mode='fan_in', distribution='truncated_normal', {_KERAS_AXES}"
_HAIKU_SCALING = "scale=1.0, mode='fan_in', distribution='truncated_normal', fan_in_axes=None"
_JAX_AXES = "in_axis=-2, out_axis=-1, batch_axis=(), dtype=None"


def _keras() -> list[Declared]:
    rows = [
        Declared("Zeros", "", partial(fixed, 0.0)),
        Declared("Ones", "", partial(fixed, 1.0)),
        Declared("Constant", "value=0.0", partial(constant_law, "value")),
        Declared("RandomNormal", "mean=0.0, stddev=0.05, seed=None", partial(normal_law, "mean", "stddev")),
        Declared("RandomUniform", "minval=-0.05, maxval=0.05, seed=None", partial(range_law, "minval", "maxval")),
        Declared("TruncatedNormal", "mean=0.0, stddev=0.05, seed=None", partial(truncated_law, "mean", "stddev")),
        Declared("VarianceScaling", _KERAS_SCALING, partial(variance_scaling, ("untruncated_normal",))),
        Declared("Orthogonal", "gain=1.0, seed=None", partial(orthogonal_law, "gain")),
        Declared("Identity", "gain=1.0", identity),
    ]
    for scheme, (scale, mode) in SCHEMES.items():
        rows += [
            Declared(f"{scheme.title()}Normal", _KERAS_AXES, partial(scaled, scale, mode, "truncated")),
            Declared(f"{scheme.title()}Uniform", _KERAS_AXES, partial(scaled, scale, mode, "uniform")),
        ]
    return [replace(row, name=f"keras.initializers.{row.name}") for row in rows]


def _haiku() -> list[Declared]:
    rows = [
        Declared("Constant", "constant", partial(constant_law, "constant")),
        Declared("RandomNormal", "stddev=1.0, mean=0.0", partial(normal_law, "mean", "stddev")),
        Declared("RandomUniform", "minval=0.0, maxval=1.0", partial(range_law, "minval", "maxval")),
        Declared("TruncatedNormal", "stddev=1.0, mean=0.0, lower=-2.0, upper=2.0", partial(bounded_law, "mean", "stddev")),
        Declared("VarianceScaling", _HAIKU_SCALING, partial(variance_scaling, ("normal",))),
        Declared("Orthogonal", "scale=1.0, axis=-1", partial(orthogonal_law, "scale")),
        Declared("Identity", "gain=1.0", identity),
    ]
    return [replace(row, name=f"haiku.initializers.{row.name}", makes_initializer=True) for row in rows]


def _jax() -> list[Declared]:
    rows = [
        Declared("zeros", "", partial(fixed, 0.0)),
        Declared("ones", "", partial(fixed, 1.0)),
        Declared("zeros_init", "", partial(fixed, 0.0)),
        Declared("ones_init", "", partial(fixed, 1.0)),
        Declared("constant", "value, dtype=None", partial(constant_law, "value")),
        Declared("normal", "stddev=0.01, dtype=None", partial(normal_law, "", "stddev")),
        Declared("uniform", "scale=0.01, dtype=None", partial(up_to, "scale")),
        Declared("truncated_normal", "stddev=0.01, dtype=None, lower=-2.0, upper=2.0", partial(bounded_law, "", "stddev")),
        Declared("variance_scaling", f"scale, mode, distribution, {_JAX_AXES}", partial(variance_scaling, ("normal",))),
        Declared("orthogonal", "scale=1.0, column_axis=-1, dtype=None", partial(orthogonal_law, "scale")),
        Declared("delta_orthogonal", "scale=1.0, column_axis=-1, dtype=None", orthogonal_delta),
    ]
    for scheme, alias in (("glorot", "xavier"), ("he", "kaiming"), ("lecun", "lecun")):
        scale, mode = SCHEMES[scheme]
        for name in dict.fromkeys((scheme, alias)):
            rows += [
                Declared(f"{name}_normal", _JAX_AXES, partial(scaled, scale, mode, "truncated")),
                Declared(f"{name}_uniform", _JAX_AXES, partial(scaled, scale, mode, "uniform")),
            ]
    return [replace(row, name=f"jax.nn.initializers.{row.name}", makes_initializer=row.name not in ("zeros", "ones")) for row in rows]


INITIALIZERS: dict[str, Declared] = {row.name: row for row in (*_keras(), *_haiku(), *_jax())}
"""By canonical dotted name."""


def snake(name: str) -> str:
    """``he_normal`` of ``HeNormal``."""
    return "".join(f"_{c.lower()}" if c.isupper() and index else c.lower() for index, c in enumerate(name))


IDENTIFIERS: dict[str, str] = {snake(name.rpartition(".")[2]): name for name in INITIALIZERS if name.startswith("keras.")}
"""Keras's strings, ``he_normal``, with what they stand for; old spellings beside them."""
IDENTIFIERS |= {
    **{name.rpartition(".")[2]: name for name in INITIALIZERS if name.startswith("keras.")},
    "zero": "keras.initializers.Zeros", "one": "keras.initializers.Ones", "normal": "keras.initializers.RandomNormal",
    "uniform": "keras.initializers.RandomUniform",
}  # fmt: skip


def resolve(identifier: str) -> Declared | None:
    """The initializer that Keras's string stands for."""
    return INITIALIZERS.get(IDENTIFIERS.get(identifier, ""))
