"""Nets without a framework: what their arrays start from, and what the forward pass does with them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from initlint import frontend
from initlint.contexts.models import Analysis, build_models
from initlint.graph import ModelGraph
from initlint.process.stack import with_deep_stack

NET = """
    import numpy as np

    class Net:
        def __init__(self, n_in=784, hidden=100, n_out=10):
            rng = np.random.default_rng(0)
            self.W1 = np.random.randn(n_in, hidden) * 0.01
            self.b1 = np.zeros(hidden)
            self.W2 = rng.normal(0, np.sqrt(2 / hidden), size=(hidden, n_out))
            self.params = {"W3": rng.uniform(-0.5, 0.5, (n_out, n_out))}

        def forward(self, X):
            h = FORMULA
            return np.dot(h, self.W2).dot(self.params["W3"])
"""
FORMULAS = {
    "np.tanh(z)": "tanh",
    "np.maximum(0, z)": "relu",
    "np.maximum(z, 0.0)": "relu",
    "np.maximum(0.1 * z, z)": "leaky_relu",
    "z * (z > 0)": "relu",
    "(z > 0) * z": "relu",
    "np.where(z > 0, z, 0)": "relu",
    "np.where(z > 0, z, 0.2 * z)": "leaky_relu",
    "np.where(z >= 0, z, 1.5 * (np.exp(z) - 1))": "elu",
    "np.clip(z, 0, None)": "relu",
    "1 / (1 + np.exp(-z))": "sigmoid",
    "1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))": "sigmoid",
    "(np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))": "tanh",
    "np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)": "softmax",
    "np.log(1 + np.exp(z))": "softplus",
}


def net(tmp_path: Path, formula: str) -> ModelGraph:
    path = tmp_path / "net.py"
    path.write_text(dedent(NET).replace("FORMULA", formula.replace("z", "(X @ self.W1 + self.b1)") if formula.count("z") == 1 else "f(X @ self.W1 + self.b1)"))
    path.write_text(path.read_text() + f"\ndef f(z):\n    return {formula}\n")
    return frontend.show(f"{path}:Net")


def test_arrays_are_parameters(tmp_path: Path) -> None:
    graph = net(tmp_path, "np.tanh(z)")
    laws = {p.name: (p.shape, p.distribution.kind, p.distribution.std) for p in graph.parameters if p.distribution}
    wanted = {
        "W1": ((784, 100), "normal", 0.01),
        "b1": ((100,), "constant", 0),
        "W2": ((100, 10), "normal", 0.02**0.5),
        "params.W3": ((10, 10), "uniform", 12**-0.5),
    }
    assert {name: law[:2] for name, law in laws.items()} == {name: law[:2] for name, law in wanted.items()}
    assert {name: law[2] for name, law in laws.items()} == pytest.approx({name: law[2] for name, law in wanted.items()})


@pytest.mark.parametrize(("formula", "name"), FORMULAS.items())
def test_a_formula_is_its_nonlinearity(tmp_path: Path, formula: str, name: str) -> None:
    """The formula gives way to one activation between the two products."""
    graph = net(tmp_path, formula)
    first, second = (next(op for op in graph.ops if op.parameter and op.parameter.name == which) for which in ("W1", "W2"))
    (after,) = second.inputs
    assert (after.kind, after.name) == ("activation", name)
    before = after.inputs[0]
    while before is not first:
        assert before.kind in ("add", "view") and len(before.outputs) == 1
        before = next(op for op in before.inputs if op.kind != "const")


def test_an_ordinary_product_is_no_formula(tmp_path: Path) -> None:
    graph = net(tmp_path, "z * (z > 1)")
    assert not any(op.kind == "activation" for op in graph.ops)


SCRIPT = """
    import numpy as np

    def relu(x):
        return np.maximum(x, 0)

    def init_weights(u, a0, n, m):
        return np.random.normal(u, a0, (n, m))

    def model(X, W0, W1, act):
        return act(act(X @ W0) @ W1)

    X = np.random.randn(100, 2)
    for act in (np.tanh, relu):
        for std in (0.01, 1.0):
            h = model(X, init_weights(0, std, 2, 200), init_weights(0, std, 200, 2), act)
"""


def test_each_call_of_a_function_is_a_model(tmp_path: Path) -> None:
    """The activation and the constants of the call are those of its model; the data is no parameter."""
    path = tmp_path / "script.py"
    path.write_text(dedent(SCRIPT))
    models = with_deep_stack(lambda: build_models(Analysis(), str(path), path.read_bytes()))
    found = {(m.graph.name, m.graph.parameters[0].distribution.std) for m in models if m.graph.parameters and m.graph.parameters[0].distribution}
    assert found == {("model(act=tanh)", 0.01), ("model(act=tanh)", 1.0), ("model(act=relu)", 0.01), ("model(act=relu)", 1.0)}
    assert all([p.name for p in m.graph.parameters] == ["W0", "W1"] for m in models if m.graph.parameters)
