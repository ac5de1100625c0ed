"""Gaussian moments of the nonlinearities against 34-digit quadrature and closed forms."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from initlint.theory.activations import (
    ACTIVATIONS,
    GATES,
    RELU_FAMILY,
    SCALE_FREE,
    derivative_second_moment,
    gated_second_moment,
    moments,
    recommended_gain,
    second_moment,
    slope,
    truncated_moments,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text("utf-8"))["activations"]
NAMES: dict[str, tuple[str, float | None]] = {
    "identity": ("linear", None),
    "relu": ("relu", None),
    "leaky_relu(0.01)": ("leaky_relu", None),
    "leaky_relu(0.2)": ("leaky_relu", 0.2),
    "leaky_relu(0.25)": ("prelu", None),
    "rrelu_train(1/8,1/3)": ("rrelu", None),
    "rrelu_eval(1/8,1/3)": ("rrelu", 11 / 48),
    "elu(1.0)": ("elu", None),
    "celu(1.0)": ("celu", None),
    "celu(2.0)": ("celu", 2.0),
    "selu": ("selu", None),
    "gelu(none)": ("gelu", None),
    "gelu(tanh)": ("gelu_tanh", None),
    "silu": ("swish", None),
    "mish": ("mish", None),
    "hardswish": ("hardswish", None),
    "softplus(1,20)": ("softplus", None),
    "logsigmoid": ("logsigmoid", None),
    "softsign": ("softsign", None),
    "tanh": ("tanh", None),
    "sigmoid": ("sigmoid", None),
    "hardtanh(-1,1)": ("hardtanh", None),
    "hardsigmoid": ("hardsigmoid", None),
    "relu6": ("relu6", None),
    "threshold(0.1,0)": ("threshold", 0.1),
    "tanhshrink": ("tanhshrink", None),
    "softshrink(0.5)": ("softshrink", None),
    "hardshrink(0.5)": ("hardshrink", None),
    "sin": ("sin", None),
    "sin(30z)": ("sin", 30.0),
    "squared_relu": ("relu_squared", None),
    "abs": ("abs", None),
}


@pytest.mark.parametrize("key", NAMES)
def test_unit_variance_moments(key: str) -> None:
    """E f², E f'², E f and the slope of the variance map agree to ten digits."""
    (name, parameter), expected = NAMES[key], GOLDEN[key]
    assert moments(name, parameter) == pytest.approx((expected["Ef2"], expected["Edf2"], expected["Ef"]), rel=1e-10, abs=1e-12)
    if expected["varmap_slope_at_q1"] is not None:
        assert slope(name, 1.0, parameter) == pytest.approx(expected["varmap_slope_at_q1"], rel=1e-10, abs=1e-12)


def test_every_activation_is_compared() -> None:
    """No row of the table escapes the golden numbers."""
    covered = {name for name, _ in NAMES.values()} - {"linear", "swish"} | {"identity", "silu"}
    assert covered == set(ACTIVATIONS)


@pytest.mark.parametrize("q", [1e-6, 1e-3, 0.1, 1.0, 30.0, 1e3, 1e6])
def test_moments_at_any_scale(q: float) -> None:
    """Closed forms hold over twelve decades of variance."""
    assert second_moment("leaky_relu", q, 0.2) == pytest.approx(0.52 * q)
    assert second_moment("relu_squared", q) == pytest.approx(1.5 * q * q, rel=1e-9)
    assert derivative_second_moment("hardtanh", q) == pytest.approx(math.erf(1 / math.sqrt(2 * q)), rel=1e-8)
    assert second_moment("sin", q) == pytest.approx(-math.expm1(-2 * q) / 2)
    assert second_moment("gelu", q) == pytest.approx(gelu_second_moment(q), rel=1e-8)


def gelu_second_moment(q: float) -> float:
    """E gelu(√q z)² in closed form, by the arcsine law of the bivariate normal."""
    return q / 4 + q / (2 * math.pi) * (math.asin(q / (1 + q)) + 2 * q / ((1 + q) * math.sqrt(1 + 2 * q)))


def test_large_inputs_saturate() -> None:
    """Bounded functions reach their bound, linear ones their branch."""
    assert second_moment("tanh", 1e8) == pytest.approx(1, abs=1e-3)
    assert second_moment("gelu", 1e8) / 1e8 == pytest.approx(0.5, rel=1e-3)
    assert second_moment("relu6", 1e8) == pytest.approx(18, rel=1e-2)


def test_zero_input() -> None:
    """At q = 0 the moments are those of the single value f(0)."""
    assert second_moment("sigmoid", 0.0) == pytest.approx(0.25)
    assert derivative_second_moment("tanh", 0.0) == pytest.approx(1)
    assert second_moment("relu", 0.0) == 0
    assert slope("hardshrink", 1e-9) == math.inf


@pytest.mark.parametrize(
    ("gated", "key"),
    [("glu", "GLU (a*sigmoid(b))"), ("reglu", "ReGLU (a*relu(b))"), ("geglu", "GEGLU (a*gelu(b))"), ("swiglu", "SwiGLU (a*silu(b))")],
)
def test_gated_units(gated: str, key: str) -> None:
    """A gate multiplies by E g²."""
    assert gated in GATES
    assert gated_second_moment(gated) == pytest.approx(GOLDEN[key]["Ef2"])


@pytest.mark.parametrize(
    ("name", "parameter", "value", "source", "stable"),
    [
        ("linear", None, 1, "LeCun", True),
        ("relu", None, math.sqrt(2), "He", True),
        ("relu6", None, math.sqrt(2), "He", True),
        ("leaky_relu", 0.2, math.sqrt(2 / 1.04), "eq. 15", True),
        ("prelu", None, math.sqrt(2 / 1.0625), "eq. 15", True),
        ("selu", None, 1, "Klambauer", True),
        ("sigmoid", None, 4, "Glorot", True),
        ("sin", None, math.sqrt(2), "Sitzmann", True),
        ("tanh", None, 1.5925374197, "E f²", True),
        ("gelu", None, 1.5335304412, "E f²", False),
        ("silu", None, 1.6765324703, "E f²", False),
        ("hardswish", None, 1.7366572128, "E f²", False),
    ],
)
def test_recommended_gains(name: str, parameter: float | None, value: float, source: str, stable: bool) -> None:
    """The field's value where there is one, the moment-preserving one elsewhere, each with its source."""
    gain = recommended_gain(name, parameter)
    assert gain is not None
    assert gain.value == pytest.approx(value, rel=1e-9)
    assert source in gain.source
    assert gain.stable is stable


def test_unknown_nonlinearity_has_no_gain() -> None:
    """What is not in the table is not guessed."""
    assert recommended_gain("softmax") is None
    with pytest.raises(KeyError):
        moments("softmax")


def test_families() -> None:
    """Rectifiers are scale-free except where they clip."""
    assert RELU_FAMILY.issubset(ACTIVATIONS)
    assert RELU_FAMILY.difference(SCALE_FREE) == {"relu6"}
    assert SCALE_FREE.issuperset({"identity", "relu", "leaky_relu"})
    assert not {"tanh", "gelu", "selu"} & SCALE_FREE


@pytest.mark.parametrize(
    ("low", "high", "mean", "std"),
    [
        (-2, 2, 0, 0.8796256610342398),
        (-100, 100, 0, 1),
        (-math.inf, math.inf, 0, 1),
        (0, math.inf, math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)),
        (-7, -3, -5 + 1.717, 0.2657),
        (3, 7, 5 - 1.717, 0.2657),
        (1.0, 1.00001, 1.000005, 1e-5 / math.sqrt(12)),
        (50, 60, 50.02, 0.02),
    ],
)
def test_truncated_normal_moments(low: float, high: float, mean: float, std: float) -> None:
    """Symmetric, one-sided, far-out and narrow cuts."""
    assert truncated_moments(low, high) == pytest.approx((mean, std), rel=2e-3 if abs(low) > 2.5 and high < 99 else 1e-9, abs=1e-12)
