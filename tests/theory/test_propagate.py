"""Depth tables, verdicts and component rules against computed and measured values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from initlint.theory import propagate as p
from initlint.theory.activations import slope

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text("utf-8"))
VERDICTS = [dict(zip(GOLDEN["verdict_columns"], row, strict=True)) for row in GOLDEN["verdicts"]]
CLIPPED = {"hardtanh": 2e-2, "hardswish": 1e-4}
"""Rows whose reference was integrated across a kink of f', with the error that left."""


def activation(key: str) -> tuple[str, float | None]:
    """``leaky_relu(0.2)`` as name and parameter."""
    name, _, rest = key.partition("(")
    return name, float(rest.rstrip(")")) if rest else None


@pytest.mark.parametrize("row", VERDICTS, ids=lambda row: f"{row['init']}-{row['activation_feeding_the_layer']}")
def test_verdict_table(row: dict[str, Any]) -> None:
    """Fifteen nonlinearities behind eighteen initializers, at five depths."""
    name, parameter = activation(row["activation_feeding_the_layer"])
    for depth in (2, 5, 10, 20, 50):
        assert p.verdict(row["sigma_w2"], name, depth, parameter) == row[f"verdict_depth_{depth}"]
    assert p.layer_factor(row["sigma_w2"], name, parameter) == pytest.approx(row["r_forward"], rel=1e-6)
    trajectory = p.stack(row["sigma_w2"], name, 10, parameter)
    for column, value in (("second_moment_at_depth_10", trajectory.second_moments[-1]), ("grad_product_at_depth_10", trajectory.gradients[-1])):
        if row[column] is not None:
            assert value == pytest.approx(row[column], rel=CLIPPED.get(name, 2e-6))


@pytest.mark.parametrize("table", GOLDEN["depth_tables"], ids=lambda table: str(table["name"]))
def test_depth_tables(table: dict[str, Any]) -> None:
    """Signal and gradient down to depth 100."""
    trajectory = p.stack(table["gain"] ** 2, table["activation"], 100)
    for depth, expected in table["tau_at_depth"].items():
        assert trajectory.second_moments[int(depth)] == pytest.approx(expected, rel=1e-8)
    for depth, expected in table["grad_product_at_depth"].items():
        assert trajectory.gradients[int(depth)] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("point", GOLDEN["fixed_points"], ids=lambda point: f"{point['activation']}-{point['gain_value']:.3g}")
def test_fixed_points(point: dict[str, Any]) -> None:
    """The forward map stays where it should, with the right stability and gradient factor."""
    name, gain, q = point["activation"], point["gain_value"] ** 2, point["q"]
    assert p.forward(q, gain, name) == pytest.approx(q, rel=1e-5)
    assert p.backward(1.0, gain, name, q) == pytest.approx(point["chi"], rel=1e-5)
    assert slope(name, q) == pytest.approx(point["slope"], rel=1e-3)


@pytest.mark.parametrize("row", GOLDEN["closed_form_depth"], ids=lambda row: f"{row['r']:.4g}")
def test_depth_to(row: dict[str, Any]) -> None:
    """The first depth past a thousandth, or a thousandfold."""
    assert (p.depth_to(row["r"], 1e-3), p.depth_to(row["r"], 1e3)) == (row["depth_to_1e_3"], row["depth_to_1e3"])


def test_depth_to_limits() -> None:
    """A dead layer needs one step, a preserving one never arrives, an exact power is not overshot."""
    assert p.depth_to(0.0) == 1
    assert p.depth_to(0.0, 10.0) is None
    assert p.depth_to(1.0) is None
    assert p.depth_to(0.1, 1e-3) == 3


def test_attenuation() -> None:
    """Xavier before relu: eight layers leave 0.4 %."""
    assert p.attenuation(0.5, 8) == 1 / 256
    assert p.attenuation(1e9, 10**6) == pytest.approx(1e300)
    assert p.attenuation(0.0, 3) == 0


def test_rectangular_chain() -> None:
    """d→4d→d with Xavier before relu leaves 0.2·0.8; the backward fans exchange the two factors."""
    wide = p.Step(activation="relu", forward=2 / 5, backward=8 / 5)
    narrow = p.Step(activation="relu", forward=8 / 5, backward=2 / 5)
    trajectory = p.propagate([wide, narrow])
    assert trajectory.second_moments == pytest.approx((1, 0.2, 0.16))
    assert trajectory.gradients == pytest.approx((1, 0.8, 0.16))
    assert trajectory.verdict == "ok"


def test_bias_floor() -> None:
    """Torch's default Linear before relu decays to 0.4/n and no further."""
    assert p.stack(1 / 3, "relu", 60, bias_variance=1 / (3 * 256)).second_moments[-1] == pytest.approx(0.4 / 256)


def test_explosion_and_death_stay_finite() -> None:
    """No depth overflows, and a zero weight is harmful."""
    assert p.verdict(1e6, "relu", 500) == "harmful"
    assert p.stack(1e6, "gelu", 500).second_moments[-1] == pytest.approx(1e300)
    assert p.verdict(0.0, "tanh", 3) == "harmful"


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(0.1, "ok"), (10, "ok"), (0.099, "suboptimal"), (1e-3, "suboptimal"), (1e3, "suboptimal"), (1001, "harmful"), (0, "harmful")],
)
def test_thresholds(factor: float, expected: str) -> None:
    """The limits themselves belong to the milder side."""
    assert p.judge(factor) == expected


@pytest.mark.parametrize("row", GOLDEN["residual"], ids=lambda row: f"{row['norm']}-{row['blocks']}-{row['alpha']:.2g}")
def test_residual_growth(row: dict[str, Any]) -> None:
    """Multiplicative without a norm, additive with one, as predicted and as measured (a few per cent)."""
    grow = p.residual_growth if row["norm"] == "none" else p.prenorm_growth
    assert grow(1.0, row["blocks"], row["alpha"]) == pytest.approx(row["predicted"])
    assert grow(1.0, row["blocks"], row["alpha"]) == pytest.approx(row["mc"], rel=0.02)


def test_residual_limits() -> None:
    """Branches of 1/L double the stream; post-norm divides the skip gradient."""
    assert p.prenorm_growth(p.branch_limit(12), 12) == pytest.approx(2)
    assert p.postnorm_gradient(1.0, 6) == pytest.approx(2**-6)


@pytest.mark.parametrize("row", GOLDEN["norm_gradient_growth"], ids=lambda row: f"{row['norm']}-{row['activation']}")
def test_norm_gradients(row: dict[str, Any]) -> None:
    """Gradient factor per normalised layer."""
    rule = p.batch_norm_gradient if row["norm"] == "bn" else p.layer_norm_gradient
    assert rule(row["activation"]) == pytest.approx(row["predicted_per_layer"])


def test_batch_norm_relu_closed_form() -> None:
    """π/(π−1) per layer."""
    assert p.batch_norm_gradient("relu") == pytest.approx(math.pi / (math.pi - 1))


def test_components() -> None:
    """Norm, dropout, attention, loss and padding follow their formulas."""
    for row in GOLDEN["norm_eps"]:
        assert p.norm_output(row["preact_var"]) == pytest.approx(row["output_var"])
    for row in GOLDEN["dropout"]:
        assert 0.5 * p.dropout_factor(row["p"]) == pytest.approx(row["predicted_second_moment"])
    for row in GOLDEN["attention"]:
        assert p.attention_output(1.0, row["logit_std"], row["T"]) == pytest.approx(row["predicted"])
    for row in GOLDEN["initial_cross_entropy"]:
        assert p.initial_loss(row["classes"], row["logit_std"]) == pytest.approx(row["approx"])
    for row in GOLDEN["conv_zero_padding"]:
        assert p.padding_factor(row["L"], first=True) == pytest.approx(row["first_layer_factor"])
        assert p.padding_factor(row["L"]) == pytest.approx(row["asymptotic_factor"])
