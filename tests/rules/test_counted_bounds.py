"""Truncated normals whose bounds count standard deviations: JAX's and Haiku's."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check, show
from initlint.findings import Severity
from initlint.theory.activations import truncated_moments
from tests.rules.package import found

DENSE = """
import jax
import flax.linen as nn
import haiku as hk
from flax import nnx
from jax.nn import initializers as init

class Net(nn.Module):
    @nn.compact
    def __call__(self, x, std=0.02):
        return nn.Dense(10, kernel_init=nn.initializers.truncated_normal({}))(nn.relu(nn.Dense(64)(x)))
"""
FUNCTION = """
import jax
import flax.linen as nn
import haiku as hk
from flax import nnx

def init_weights(key, d, std, scale):
    return {}
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("stddev=0.02, lower=-0.04, upper=0.04", "leave 2.3 % of the standard deviation"),
        ("stddev=std, lower=-2 * std, upper=2 * std", "leave 2.3 % of the standard deviation"),
        ("0.02, None, -0.04, 0.04", "leave 2.3 % of the standard deviation"),
        ("stddev=0.02, lower=-0.1", "move the mean by"),
        ("stddev=0.02, lower=-2.0, upper=2.0", ""),
        ("stddev=0.02, lower=-1, upper=1", ""),
        ("stddev=0.02, lower=0.0, upper=2.0", ""),
        ("stddev=0.02", ""),
    ],
)
def test_bounds_count_standard_deviations(tmp_path: Path, arguments: str, said: str) -> None:
    findings = found(tmp_path, "INI303", {"net": DENSE.replace("{}", arguments)})
    assert [f.severity for f in findings] == ([Severity.WARNING] if said else [])
    assert all(said in finding.message and "`Dense_1.kernel`" in finding.message for finding in findings)


@pytest.mark.parametrize(("bounds", "low", "high"), [("", -2, 2), (", lower=-3.0, upper=3.0", -3, 3), (", lower=-1.0, upper=2.0", -1, 2)])
def test_the_law_is_that_after_truncation(tmp_path: Path, bounds: str, low: float, high: float) -> None:
    path = tmp_path / "net.py"
    path.write_text(DENSE.replace("{}", f"stddev=0.5{bounds}"))
    law = next(p.distribution for p in show(f"{path}:Net").parameters if p.name == "Dense_1.kernel")
    shift, spread = truncated_moments(low, high)
    assert law is not None and law.kind == "trunc_normal"
    assert (law.mean, law.std, law.low, law.high) == pytest.approx((0.5 * shift, 0.5 * spread, 0.5 * low, 0.5 * high), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("nn.initializers.truncated_normal(stddev=std, lower=-2.0 * std, upper=2.0 * std)", 1),
        ("nnx.initializers.truncated_normal(std, None, -2 * std, 2 * std)", 1),
        ("jax.nn.initializers.truncated_normal(stddev=d ** -0.5, lower=-2 * d ** -0.5, upper=2 * d**-0.5)", 1),
        ("jax.nn.initializers.truncated_normal(stddev=std / 0.8796, lower=-3 * std, upper=std * 3)", 1),
        ("hk.initializers.TruncatedNormal(stddev=std, lower=-2 * std, upper=2 * std)", 1),
        ("jax.random.truncated_normal(key, -2 * std, 2 * std, (d, d)) * std", 1),
        ("std * jax.random.truncated_normal(key, lower=-std, upper=std, shape=(d, d))", 1),
        ("jax.random.truncated_normal(key, -2, 2, (d, d)) * std", 0),
        ("jax.nn.initializers.truncated_normal(stddev=std, lower=-2 / std, upper=2 / std)", 0),
        ("jax.nn.initializers.truncated_normal(stddev=std, lower=-scale, upper=scale)", 0),
        ("jax.nn.initializers.truncated_normal(stddev=std * scale, lower=-scale, upper=scale)", 0),
        ("jax.nn.initializers.truncated_normal(lower=-2 * std, upper=2 * std)", 0),
        ("own.truncated_normal(stddev=std, lower=-2 * std, upper=2 * std)", 0),
    ],
)
def test_bounds_spelled_as_multiples_of_the_standard_deviation(tmp_path: Path, call: str, count: int) -> None:
    assert len(found(tmp_path, "INI303", {"net": FUNCTION.replace("{}", call)})) == count


def test_a_moved_mean_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(DENSE.replace("{}", "stddev=0.02, lower=0.5, upper=1.0"))
    assert [finding.code for finding in check([str(path)], select=["INI302", "INI303"]).findings] == ["INI303"]


@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        ("-1 / math.sqrt(n), 1 / math.sqrt(m)", 1),
        ("-1.0 / n, 1.0 / m", 1),
        ("a=-1 / math.sqrt(self.n), b=1 / math.sqrt(self.m)", 1),
        ("-1 / math.sqrt(n), 1 / math.sqrt(n)", 0),
        ("-1.0 / n, 1 / n", 0),
        ("-1 / n, 2 / m", 0),
        ("-1 / math.sqrt(n), 1 / m", 0),
        ("0, 1 / m", 0),
    ],
)
@pytest.mark.parametrize("comment", ["", "# "])
def test_bounds_of_two_sizes(tmp_path: Path, bounds: str, count: int, comment: str) -> None:
    text = f"import math\nimport torch\nfrom torch import nn\n\n\ndef init_weights(self, w, n, m):\n    {comment}nn.init.uniform_(w, {bounds})\n    return w\n"
    findings = [one for one in found(tmp_path, "INI302", {"net": text}) if "computed from" in one.message]
    assert [one.site.line for one in findings] == ([7] * count if not comment else [])
