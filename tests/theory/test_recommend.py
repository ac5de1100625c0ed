"""Recommendations: the call, its law, its source, and that following it does what it says."""

from __future__ import annotations

import ast

import pytest

from initlint.theory import recommend as r
from initlint.theory.activations import RELU_FAMILY, second_moment
from initlint.theory.propagate import verdict


@pytest.mark.parametrize(
    ("nonlinearity", "parameter", "call", "law"),
    [
        ("relu", None, "kaiming_normal_(nonlinearity='relu')", "Var = 2 / fan_in"),
        ("relu6", None, "kaiming_normal_(nonlinearity='relu')", "Var = 2 / fan_in"),
        ("leaky_relu", 0.2, "kaiming_normal_(a=0.2, nonlinearity='leaky_relu')", "Var = 2 / ((1 + 0.2²)·fan_in)"),
        ("leaky_relu", None, "kaiming_normal_(a=0.01, nonlinearity='leaky_relu')", "Var = 2 / ((1 + 0.01²)·fan_in)"),
        ("prelu", None, "kaiming_normal_(a=0.25, nonlinearity='leaky_relu')", "Var = 2 / ((1 + 0.25²)·fan_in)"),
        ("rrelu", None, "kaiming_normal_(a=0.236927, nonlinearity='leaky_relu')", "Var = 2 / ((1 + 0.2369²)·fan_in)"),
        ("tanh", None, "xavier_normal_(gain=5 / 3)", "Var = 2·(5/3)² / (fan_in + fan_out)"),
        ("sigmoid", None, "xavier_normal_(gain=4)", "Var = 32 / (fan_in + fan_out)"),
        ("linear", None, "xavier_normal_()", "Var = 2 / (fan_in + fan_out)"),
        ("selu", None, "kaiming_normal_(nonlinearity='linear')", "Var = 1 / fan_in"),
        ("sin", None, "kaiming_uniform_(nonlinearity='relu')", "Var = 2 / fan_in"),
        ("elu", None, "kaiming_normal_(nonlinearity='relu')", "Var = 2 / fan_in"),
        ("swish", None, "kaiming_normal_(nonlinearity='relu')", "Var = 2 / fan_in"),
    ],
)
def test_calls(nonlinearity: str, parameter: float | None, call: str, law: str) -> None:
    """Each nonlinearity gets the call its paper stands for."""
    found = r.recommend(nonlinearity, parameter)
    assert found is not None
    arguments = ", ".join(f"{name}={text}" for name, text in found.arguments.items())
    assert f"{found.initializer}({arguments})" == f"torch.nn.init.{call}"
    assert found.law == law
    assert found.source
    ast.parse(f"f({arguments})")


@pytest.mark.parametrize("nonlinearity", ["softmax", "tanhshrink", "relu_squared"])
def test_nothing_established(nonlinearity: str) -> None:
    """No recipe is made up."""
    assert r.recommend(nonlinearity) is None
    assert r.recommend("sin", 30.0) is None


@pytest.mark.parametrize(
    ("original", "family"),
    [
        ("torch.nn.init.xavier_uniform_", "uniform"),
        ("torch.Tensor.uniform_", "uniform"),
        ("torch.nn.init.kaiming_normal", "normal"),
        ("torch.nn.init.trunc_normal_", "normal"),
        ("torch.nn.init.orthogonal_", "normal"),
        ("", "normal"),
    ],
)
def test_family_is_kept(original: str, family: str) -> None:
    """A uniform draw is replaced by a uniform one, anything else by a normal one."""
    assert r.family_of(original) == family
    found = r.recommend("relu", original=original)
    assert found is not None
    assert found.initializer == f"torch.nn.init.kaiming_{family}_"


def test_mode_is_kept() -> None:
    """fan_out is spelled out and named in the law."""
    found = r.recommend("leaky_relu", 0.1, mode="fan_out")
    assert found is not None
    assert found.arguments == {"a": "0.1", "mode": "'fan_out'", "nonlinearity": "'leaky_relu'"}
    assert found.law == "Var = 2 / ((1 + 0.1²)·fan_out)"


@pytest.mark.parametrize("name", sorted(RELU_FAMILY))
def test_rectifiers_keep_the_second_moment(name: str) -> None:
    """gain²·E f² = 1 throughout the family."""
    found = r.recommend(name)
    assert found is not None
    assert found.gain**2 * second_moment(name, 1.0) == pytest.approx(1)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "tanh", "selu", "linear", "sin", "elu", "softsign", "hardtanh", "mish"])
def test_followed_advice_passes_judgement(name: str) -> None:
    """What is recommended is fine, five square layers deep, by the thresholds findings are judged by."""
    found = r.recommend(name)
    assert found is not None
    assert verdict(found.gain**2, name, 5) == "ok"


def test_unstable_advice_says_so() -> None:
    """GELU and its like carry the caveat, relu does not."""
    stability = {name: found.stable for name in ("relu", "tanh", "gelu", "silu", "mish", "hardswish") if (found := r.recommend(name))}
    assert stability == {"relu": True, "tanh": True, "gelu": False, "silu": False, "mish": False, "hardswish": False}
