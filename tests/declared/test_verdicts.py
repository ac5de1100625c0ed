"""The initializers of Keras before five nonlinearities: the law that is read off the source leads to the verdict of the theory, and rules follow it."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check, frontend
from initlint.findings import Severity
from initlint.flow import Weight
from initlint.rules._scale import terms_of
from initlint.theory.propagate import Verdict, verdict

DEPTH = 10
LAYERS = {
    "Dense": ("(256,)", "layers.Dense(256, activation='{}', kernel_initializer='{}')", 256, 256),
    "Conv2D": ("(8, 8, 64)", "layers.Conv2D(64, 3, activation='{}', kernel_initializer='{}')", 576, 576),
    "LSTM": ("(8, 64)", "layers.LSTM(64, activation='{}', return_sequences=True, kernel_initializer='{}')", 64, 256),
}
"""Shape of the input, source of the layer, and the two fans that Keras reads off its kernel."""
CUT = 0.8796256610342398
SMALL = {"random_normal": 0.05, "random_uniform": 0.05 / 3**0.5, "truncated_normal": 0.05 * CUT}
"""Standard deviations that do not depend on the fans."""
SCALED = {
    "variance_scaling": ("in", 1), "glorot_normal": ("average", 1), "glorot_uniform": ("average", 1), "he_normal": ("in", 2), "he_uniform": ("in", 2),
    "lecun_normal": ("in", 1), "lecun_uniform": ("in", 1), "orthogonal": ("larger", 1),
}  # fmt: skip
"""Fan and scale of the others: Var = scale / fan."""
CONSTANT = {"zeros": 0.0, "ones": 1.0}
ACTIVATIONS = ("relu", "tanh", "sigmoid", "selu", "linear")
JUDGED = {"relu": "INI101", "sigmoid": "INI101", "selu": "INI104"}
"""Rules that speak where the scale of a scheme does harm; for tanh and linear the same schemes are conventions."""


def variance(initializer: str, fan_in: int, fan_out: int) -> float:
    """Var(W)·fan_in, from the definitions."""
    if initializer in SMALL:
        return SMALL[initializer] ** 2 * fan_in
    fan, scale = SCALED[initializer]
    return scale * fan_in / {"in": fan_in, "average": (fan_in + fan_out) / 2, "larger": max(fan_in, fan_out)}[fan]


def source(kind: str, initializer: str, activation: str) -> str:
    shape, layer, *_ = LAYERS[kind]
    stack = f"    for _ in range({DEPTH}):\n        model.add({layer.format(activation, initializer)})\n"
    head = f"import keras\nfrom keras import layers\n\ndef make():\n    model = keras.Sequential([keras.Input({shape})])\n"
    return f"{head}{stack}    model.add(layers.Dense(10))\n    return model\n"


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", [*SMALL, *SCALED])
def test_the_verdict_is_that_of_the_theory(tmp_path: Path, kind: str, initializer: str, activation: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(source(kind, initializer, activation))
    kernel = next(p for p in frontend.show(f"{path}:make()").parameters if p.role == "kernel")
    assert kernel.layer is not None and kernel.distribution is not None
    terms, std = terms_of(Weight(kernel, kernel.layer, tuple(kernel.layer.calls))), kernel.distribution.std
    assert isinstance(terms, int) and isinstance(std, float)
    expected: Verdict = verdict(variance(initializer, *LAYERS[kind][2:]), activation, DEPTH)
    assert terms * std * std == pytest.approx(variance(initializer, *LAYERS[kind][2:]), rel=1e-6)
    assert verdict(terms * std * std, activation, DEPTH) == expected
    found = [finding for finding in check([str(path)]).findings if finding.severity is not Severity.NOTE]
    if expected == "ok" or kind == "LSTM":
        assert found == []
    elif expected == "harmful" and initializer in SCALED and initializer != "glorot_uniform" and activation in JUDGED:
        assert [finding.code for finding in found] == [JUDGED[activation]]


@pytest.mark.parametrize("kind", ["Dense", "Conv2D"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", CONSTANT)
def test_constants_keep_units_equal(tmp_path: Path, kind: str, initializer: str, activation: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(source(kind, initializer, activation))
    assert [(f.code, f.severity) for f in check([str(path)]).findings] == [("INI201", Severity.ERROR)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", CONSTANT)
def test_a_recurrent_kernel_tells_units_apart(tmp_path: Path, initializer: str, activation: str) -> None:
    """Beside it, which is orthogonal, a constant input kernel makes no two units equal."""
    path = tmp_path / "net.py"
    path.write_text(source("LSTM", initializer, activation))
    kernel = next(p for p in frontend.show(f"{path}:make()").parameters if p.role == "kernel")
    assert kernel.distribution is not None and (kernel.distribution.mean, kernel.distribution.std) == (CONSTANT[initializer], 0)
    assert check([str(path)]).findings == []
