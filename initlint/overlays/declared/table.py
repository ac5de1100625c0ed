"""How the layer tables of this package are written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from initlint.overlays.spec import Build, LayerSpec, Role
from initlint.symbolic import Number, symbol
from initlint.theory.fans import product


def layer(name: str, signature: str, base: str, *, role: Role = "other", build: Build | None = None, activation: str = "") -> LayerSpec:
    """One row; ``activation`` names the argument that holds a nonlinearity to apply behind."""
    return LayerSpec(name=name, bases=(base,), signature=signature, role=role, build=build, reset=False, activation=activation)


UNMET = symbol("in_features")
"""The width of an input that a layer has not met yet."""


def width(a: SimpleNamespace) -> Number:
    """The size of the last axis of the input, a symbol before the layer has met one."""
    shape = getattr(a, "input_shape", None)
    return shape[-1] if shape else UNMET


def channels(a: SimpleNamespace) -> Number:
    """As ``width``, for a convolution."""
    shape = getattr(a, "input_shape", None)
    return shape[-1] if shape else symbol("in_channels")


def kernel(value: Any, rank: int) -> tuple[Number, ...]:
    """The spatial sizes of a kernel."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank


def joined(*sizes: Number) -> Number:
    """A product of sizes."""
    return product(sizes)
