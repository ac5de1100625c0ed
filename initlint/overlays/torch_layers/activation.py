"""Activations; of these only PReLU owns a parameter."""

from __future__ import annotations

from types import SimpleNamespace

from initlint.overlays.spec import Build, Builder, LayerSpec
from initlint.overlays.torch_layers.table import layer, table
from initlint.theory.laws import constant


def _prelu(b: Builder, a: SimpleNamespace) -> None:
    b.param("weight", (a.num_parameters,), constant(a.init))


def _relu6(b: Builder, a: SimpleNamespace) -> None:
    b.attr("min_val", 0.0)
    b.attr("max_val", 6.0)


def _hardtanh(b: Builder, a: SimpleNamespace) -> None:
    """The old spelling of the bounds still counts."""
    b.attr("min_val", a.min_val if a.min_value is None else a.min_value)
    b.attr("max_val", a.max_val if a.max_value is None else a.max_value)


def _activation(name: str, signature: str = "", *bases: str, build: Build | None = None, reset: bool = False) -> LayerSpec:
    return layer(f"torch.nn.{name}", signature, *bases, role="activation", build=build, reset=reset)


LAYERS = table(
    _activation("CELU", "alpha=1.0, inplace=False"),
    _activation("ELU", "alpha=1.0, inplace=False"),
    _activation("GELU", "approximate='none'"),
    _activation("GLU", "dim=-1"),
    _activation("Hardshrink", "lambd=0.5"),
    _activation("Hardsigmoid", "inplace=False"),
    _activation("Hardswish", "inplace=False"),
    _activation("Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None", build=_hardtanh),
    _activation("LeakyReLU", "negative_slope=0.01, inplace=False"),
    _activation("LogSigmoid"),
    _activation("LogSoftmax", "dim=None"),
    _activation("Mish", "inplace=False"),
    _activation("PReLU", "num_parameters=1, init=0.25, device=None, dtype=None", build=_prelu, reset=True),
    _activation("ReLU", "inplace=False"),
    _activation("ReLU6", "inplace=False", "torch.nn.Hardtanh", build=_relu6),
    _activation("RReLU", "lower=0.125, upper=0.3333333333333333, inplace=False"),
    _activation("SELU", "inplace=False"),
    _activation("SiLU", "inplace=False"),
    _activation("Sigmoid"),
    _activation("Softmax", "dim=None"),
    _activation("Softmax2d"),
    _activation("Softmin", "dim=None"),
    _activation("Softplus", "beta=1.0, threshold=20.0"),
    _activation("Softshrink", "lambd=0.5"),
    _activation("Softsign"),
    _activation("Tanh"),
    _activation("Tanhshrink"),
    _activation("Threshold", "threshold, value, inplace=False"),
)
