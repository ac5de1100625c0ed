"""Fans against counted terms, and the law strings built on them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from initlint.symbolic import symbol
from initlint.theory.fans import FanRole, Fans, larger, leaky_law, scaling_law, smaller, torch_fans, true_fans

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text("utf-8"))
n, m = symbol("n"), symbol("m")


@pytest.mark.parametrize(
    "case", GOLDEN["conv_fans"], ids=lambda c: f"{c['layer']}-{c['weight_shape']}-groups{c['groups']}-stride{c['stride']}-dilation{c['dilation']}"
)
def test_convolution_fans_equal_the_terms_counted(case: dict[str, Any]) -> None:
    """Torch's rule and the true rule both reproduce the measured configurations."""
    shape = case["weight_shape"]
    role: FanRole = "conv_transpose" if case["layer"].startswith("ConvTranspose") else "conv"
    true = true_fans(role, shape, groups=case["groups"], stride=case["stride"])
    assert torch_fans(shape) == Fans(case["torch_fan_in"], case["torch_fan_out"])
    assert true.fan_in == pytest.approx(case["measured_fan_in"])
    assert true.fan_out == pytest.approx(case["measured_fan_out"])


@pytest.mark.parametrize(
    ("role", "shape", "options", "expected"),
    [
        ("linear", (m, n), {}, Fans(n, m)),
        ("matmul", (n, m), {}, Fans(n, m)),
        ("matmul", (8, n, m), {}, Fans(n, m)),
        ("bilinear", (5, 3, 4), {}, Fans(12, 20)),
        ("embedding", (1000, n), {}, Fans(1, n)),
        ("packed", (4 * m, n), {"gates": 4}, Fans(n, m)),
        ("conv", (m, n, 3, 3), {}, Fans(9 * n, 9 * m)),
        ("conv", (m, 1, 3, 3), {"groups": m}, Fans(9, 9)),
        ("conv", (m, n, 3, 5), {"stride": (1, 2)}, Fans(15 * n, 7.5 * m)),
        ("conv_transpose", (n, m, 4, 4), {"stride": 2}, Fans(4 * n, 16 * m)),
    ],
)
def test_true_fans_of_each_role(role: FanRole, shape: Any, options: dict[str, Any], expected: Fans) -> None:
    """Every role reads its own layout, with known and symbolic sizes alike."""
    assert true_fans(role, shape, **options) == expected


def test_torch_fans_need_two_dimensions() -> None:
    """A bias has no fans; the error is torch's."""
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        torch_fans((5,))


def test_fan_avg_is_the_mean() -> None:
    """``select`` knows the three modes."""
    fans = Fans(n, m)
    assert (fans.select("fan_in"), fans.select("fan_out"), fans.select("fan_avg")) == (n, m, (n + m) / 2)


@pytest.mark.parametrize(
    ("law", "text"),
    [
        (scaling_law(math.sqrt(2), "fan_in"), "Var = 2 / fan_in"),
        (scaling_law(1, "fan_in + fan_out", 2), "Var = 2 / (fan_in + fan_out)"),
        (scaling_law(math.sqrt(2), "fan_in + fan_out", 2), "Var = 4 / (fan_in + fan_out)"),
        (scaling_law(5 / 3, "fan_in + fan_out", 2), "Var = 2·(5/3)² / (fan_in + fan_out)"),
        (scaling_law(0.75, "fan_out"), "Var = 0.75² / fan_out"),
        (scaling_law(0.1, "fan_in + fan_out", 2), "Var = 2·0.1² / (fan_in + fan_out)"),
        (scaling_law(n, "fan_in"), "Var = n**2 / fan_in"),
        (leaky_law(0, "fan_out"), "Var = 2 / fan_out"),
        (leaky_law(1, "fan_in"), "Var = 1 / fan_in"),
        (leaky_law(math.sqrt(5), "fan_in"), "Var = 1 / (3·fan_in)"),
        (leaky_law(0.2, "fan_out"), "Var = 2 / ((1 + 0.2²)·fan_out)"),
        (leaky_law(n, "fan_in"), "Var = 2 / ((1 + n²)·fan_in)"),
    ],
)
def test_laws_read_as_people_write_them(law: str, text: str) -> None:
    """Gains become the formulas of the papers."""
    assert law == text


def test_the_larger_of_proportional_sizes_is_known() -> None:
    """Symbolic sizes compare where their ratio is a number, and stay spelled out where it is not."""
    assert larger(4 * n, n) == 4 * n
    assert smaller(4 * n, n) == n
    assert str(larger(n, m)) == "max(n, m)"
    assert (larger(3, 5), smaller(3, 5)) == (5, 3)
