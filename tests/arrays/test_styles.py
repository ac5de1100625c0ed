"""Nets of NumPy, plain JAX and Equinox in the styles that people write them, and what looks like one and is none."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from initlint import check, frontend

FOUND = {
    "lists of matrices, the class names object": """
import numpy as np
class Network(object):
    def __init__(self, sizes):
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]
    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = 1.0 / (1.0 + np.exp(-(np.dot(w, a) + b)))
        return a
""",
    "a dictionary that one function fills and another reads": """
import numpy as np
def initialize(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1])
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters
def forward(X, parameters):
    A = X
    for l in range(1, len(parameters) // 2 + 1):
        A = np.maximum(0, np.dot(parameters['W' + str(l)], A) + parameters['b' + str(l)])
    return A
def train(X, Y, layers_dims):
    return forward(X, initialize(layers_dims))
""",
    "a generator, tanh and softmax written out": """
import numpy as np
class Two:
    def __init__(self, n_in, n_hidden, n_out, seed=0):
        rng = np.random.default_rng(seed)
        self.W1 = rng.normal(0, 1, (n_in, n_hidden))
        self.W2 = rng.standard_normal((n_hidden, n_out))
    def forward(self, X):
        z = np.tanh(X.dot(self.W1)) @ self.W2
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
""",
    "the data is an attribute": """
import numpy as np
class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.randn(784, 64)
        self.weights2 = np.random.randn(64, 10)
    def feedforward(self):
        self.layer1 = np.tanh(np.dot(self.input, self.weights1))
        self.output = np.tanh(np.dot(self.layer1, self.weights2))
""",
    "plain JAX: a list of pairs, used by a function that vmap calls": """
import jax.numpy as jnp
from jax import random, vmap
from jax.nn import relu
def random_layer_params(m, n, key):
    w_key, b_key = random.split(key)
    return random.normal(w_key, (n, m)), jnp.zeros((n,))
def init_network_params(sizes, key):
    keys = random.split(key, len(sizes))
    return [random_layer_params(m, n, k) for m, n, k in zip(sizes[:-1], sizes[1:], keys)]
params = init_network_params([784, 512, 512, 10], random.PRNGKey(0))
def predict(params, image):
    for w, b in params[:-1]:
        image = relu(jnp.dot(w, image) + b)
    w, b = params[-1]
    return jnp.dot(w, image) + b
batched = vmap(predict, in_axes=(None, 0))
""",
    "Equinox: an array of a module": """
import equinox as eqx
import jax
class Linear(eqx.Module):
    weight: jax.Array
    def __init__(self, in_size, out_size, key):
        self.weight = jax.random.normal(key, (out_size, in_size))
    def __call__(self, x):
        return self.weight @ x
""",
    "Haiku: projections of attention in a branch": """
import haiku as hk
class Layer(hk.Module):
    def __init__(self, kind, size):
        super().__init__()
        if kind == "attention":
            self.map = hk.MultiHeadAttention(4, size, w_init=hk.initializers.TruncatedNormal())
        else:
            self.map = None
    def __call__(self, x):
        return x if self.map is None else self.map(x, x, x)
""",
}
SILENT = {
    "data, masks, projections, hashes, centres": """
import numpy as np
def make_data(n, d):
    X = np.random.randn(n, d)
    return X, X @ np.random.randn(d, 1) + 0.1 * np.random.randn(n, 1)
class RandomFourier:
    def __init__(self, d, n):
        self.W = np.random.normal(0, 1, (d, n))
    def transform(self, X):
        return np.sqrt(2 / self.W.shape[1]) * np.cos(X @ self.W)
class Dropout:
    def forward(self, x):
        return x * (np.random.rand(*x.shape) < 0.5) / 0.5
class Lsh:
    def __init__(self, d, bits):
        self.planes = np.random.randn(bits, d)
    def query(self, x):
        return np.sign(self.planes @ x)
class KMeans:
    def __init__(self, k, d):
        self.centroids = np.random.randn(k, d)
    def predict(self, X):
        return np.argmin(((X[:, None] - self.centroids) ** 2).sum(-1), 1)
""",
    "He": """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2 / n_in)
        self.b = np.zeros(n_out)
    def forward(self, x):
        return np.maximum(x @ self.W + self.b, 0)
""",
    "Equinox layers with keys of their own": """
import equinox as eqx
import jax
class Net(eqx.Module):
    a: eqx.nn.Linear
    b: eqx.nn.Linear
    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.a, self.b = eqx.nn.Linear(16, 16, key=k1), eqx.nn.Linear(16, 16, key=k2)
    def __call__(self, x):
        return self.a(x) + self.b(x)
""",
}


@pytest.mark.parametrize("style", FOUND)
def test_a_spread_of_one_is_found(tmp_path: Path, style: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(FOUND[style])
    assert "INI102" in {finding.code for finding in check([str(path)]).findings}


@pytest.mark.parametrize("style", SILENT)
def test_what_is_no_net_or_well_drawn_is_left_alone(tmp_path: Path, style: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(SILENT[style])
    assert check([str(path)]).findings == []


def test_one_key_for_two_layers_gives_the_same_weights(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(SILENT["Equinox layers with keys of their own"].replace("key=k2", "key=k1"))
    assert [finding.code for finding in check([str(path)]).findings] == ["INI202"]


def test_one_unseeded_initializer_of_keras_gives_the_same_kernels(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import keras\nfrom keras import layers\ndef make():\n    init = keras.initializers.HeUniform()\n    x = keras.Input((64,))\n"
        "    a = layers.Dense(64, kernel_initializer=init)(x)\n    b = layers.Dense(64, kernel_initializer=init)(x)\n"
        "    return keras.Model(x, layers.add([a, b]))\n"
    )
    assert [(f.code, f.severity.value) for f in check([str(path)]).findings] == [("INI202", "warning")]


FITTED = """
    import numpy as np

    class Net:
        def __init__(self, hidden=64, rounds=100):
            self.hidden = hidden
            self.rounds = rounds
            self.params = {}

        def draw(self, n_in):
            self.params["W1"] = np.random.randn(n_in, self.hidden)
            self.params["W2"] = np.random.randn(self.hidden, self.hidden) * SCALE

        def fit(self, X, y):
            n, d = X.shape
            self.draw(d)
            for _ in range(self.rounds):
                self.params["W1"] -= 0.1 * self.predict(X)
            return self

        def predict(self, X):
            h = np.maximum(X @ self.params["W1"], 0)
            return np.maximum(h @ self.params["W2"], 0)
"""


def test_arrays_that_fit_draws_are_those_before_it_learns(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(dedent(FITTED).replace("SCALE", "np.sqrt(2 / self.hidden)"))
    laws = {p.name: p.distribution.std for p in frontend.show(f"{path}:Net").parameters if p.distribution}
    assert laws == {"params.W1": 1, "params.W2": pytest.approx((2 / 64) ** 0.5)}
    assert [(f.code, f.parameters) for f in check([path]).findings] == [("INI102", ("Net:params.W1",))]


def test_a_net_that_never_draws_is_none(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(dedent(FITTED).replace("self.draw(d)", "self.params = X"))
    with pytest.raises(frontend.TargetError, match="holds no arrays"):
        frontend.show(f"{path}:Net")
    assert check([path]).findings == []
