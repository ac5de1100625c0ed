"""Prediction and Monte Carlo, each a check on the other."""

from __future__ import annotations

import pytest

from initlint.measure.contract import parse
from initlint.measure.stacks import CannotDraw, measure
from initlint.theory.stack import Stack, predict

WIDE = (4, 300, 300, 3)


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", "abs", "tanh", "sigmoid", "silu", "softsign", "softplus", "elu", "selu", "sin"])
def test_every_curve_measures_what_theory_predicts(activation: str) -> None:
    stack = Stack(sizes=WIDE, activation=activation)
    laws = [parse("normal(std=0.06)").law(shape) for shape in stack.shapes]
    expected, seen = predict(stack, [0.06] * 3), measure(stack, laws, 200)
    for name in ("second", "gradient", "weight_gradient"):
        for ours, theirs, error in zip(getattr(expected, name), getattr(seen.moments, name), getattr(seen.errors, name), strict=True):
            assert ours == pytest.approx(theirs, rel=5 * error + 0.03)


@pytest.mark.parametrize(
    "init", ["xavier_uniform", "kaiming_normal(nonlinearity='tanh')", "trunc_normal(std=0.1, a=-0.15, b=0.15)", "orthogonal", "orthogonal(gain=2)", "zeros"]
)
def test_every_law_is_drawn_with_its_spread(init: str) -> None:
    stack = Stack(sizes=WIDE, activation="tanh")
    laws = [parse(init).law(shape) for shape in stack.shapes]
    expected = predict(stack, [float(str(law.std)) for law in laws])
    seen = measure(stack, laws, 150)
    for ours, theirs, error in zip(expected.second, seen.moments.second, seen.errors.second, strict=True):
        assert ours == pytest.approx(theirs, rel=5 * error + 0.03, abs=1e-12)


def test_draws_depend_on_the_seed_alone() -> None:
    stack = Stack(sizes=(2, 8, 2), activation="relu")
    laws = [parse("xavier_normal").law(shape) for shape in stack.shapes]
    assert measure(stack, laws, 3, seed=1) == measure(stack, laws, 3, seed=1) != measure(stack, laws, 3, seed=2)


def test_what_cannot_be_drawn_is_named() -> None:
    stack = Stack(sizes=(4, 4), activation="relu")
    with pytest.raises(CannotDraw, match="eye"):
        measure(stack, [parse("eye").law((4, 4))], 2)
    with pytest.raises(CannotDraw, match="mish"):
        measure(Stack(sizes=(4, 4), activation="mish"), [parse("zeros").law((4, 4))], 2)
