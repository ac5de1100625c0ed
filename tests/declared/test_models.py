"""Models of Keras, Flax and Haiku: parameters with the sizes of the inputs they meet, and the nonlinearities behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check, frontend
from initlint.flow import nonlinearity_after, weights
from initlint.graph import Origin

SOURCE = """
import flax.linen as nn
import haiku as hk
import jax
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

def functional(n=10):
    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_normal")(inputs)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="selu", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))(x)
    outputs = layers.Dense(n, activation="softmax")(layers.Dropout(0.5)(x))
    return keras.Model(inputs, outputs)

def sequential():
    model = keras.Sequential()
    model.add(keras.Input(shape=(784,)))
    model.add(layers.Dense(256, kernel_initializer={"class_name": "HeUniform", "config": {}}))
    model.add(layers.LeakyReLU())
    model.add(layers.Dense(10))
    return model

class Subclassed(keras.Model):
    def __init__(self, units=32):
        super().__init__()
        self.first = layers.Dense(units, activation=tf.nn.tanh)
        self.second = layers.Dense(1, bias_initializer=keras.initializers.Constant(0.1))

    def call(self, inputs, training=None):
        return self.second(self.first(inputs))

class Own(layers.Layer):
    def __init__(self, units=32):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal")

    def call(self, x):
        return tf.nn.relu(tf.matmul(x, self.w))

class Compact(nn.Module):
    features: int = 64

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Dense(self.features, kernel_init=nn.initializers.normal(1.0))(x))
        x = nn.gelu(nn.Dense(16, kernel_init=jax.nn.initializers.he_normal())(x))
        return x @ self.param("w", nn.initializers.lecun_normal(), (16, 5))

class Setup(nn.Module):
    features: int = 64

    def setup(self):
        self.dense = nn.Dense(self.features)

    def __call__(self, x):
        return nn.sigmoid(self.dense(x))

class Net(hk.Module):
    def __init__(self, out=16):
        super().__init__()
        self.bias = hk.get_parameter("bias", shape=[out], init=hk.initializers.TruncatedNormal())
        self.linear = hk.Linear(out, with_bias=False)

    def __call__(self, x):
        return hk.Linear(4, w_init=hk.initializers.RandomNormal())(jax.nn.relu(self.linear(x) + self.bias))
"""
EXPECTED: dict[str, dict[str, tuple[tuple[int, ...] | None, float | None, str | None]]] = {
    "functional()": {
        "conv2d.kernel": ((3, 3, 1, 32), (2 / 9) ** 0.5, "relu"),
        "dense.kernel": ((5408, 64), 1.0, "selu"),
        "dense_1.kernel": ((64, 10), (2 / 74) ** 0.5, "softmax"),
    },
    "sequential()": {"layers_0.kernel": ((784, 256), (2 / 784) ** 0.5, "leaky_relu"), "layers_2.kernel": ((256, 10), (2 / 266) ** 0.5, None)},
    "Subclassed": {"second.kernel": ((32, 1), (2 / 33) ** 0.5, None)},
    "Own": {"w": (None, 0.05, "relu")},
    "Compact": {"Dense_0.kernel": (None, 1.0, "relu"), "Dense_1.kernel": ((64, 16), (2 / 64) ** 0.5, "gelu_tanh"), "w": ((16, 5), 0.25, None)},
    "Setup": {"dense.kernel": (None, None, "sigmoid")},
    "Net": {"linear.w": (None, None, "relu"), "Linear_0.w": ((16, 4), 1.0, None), "bias": ((16,), 0.8796, None)},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("declared") / "models.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize("target", EXPECTED)
def test_parameters_and_pairing(source: Path, target: str) -> None:
    """Shapes and stds that do not depend on the size of a model's own input are numbers."""
    graph = frontend.show(f"{source}:{target}")
    after = {w.parameter.name: pairing.name if (pairing := nonlinearity_after(w)) else None for w in weights(graph)}
    assert not graph.forward_reason
    for name, (shape, std, activation) in EXPECTED[target].items():
        parameter = graph.parameter(name)
        assert parameter is not None and parameter.distribution is not None
        if shape is not None:
            assert parameter.shape == shape
        if std is not None:
            assert isinstance(parameter.distribution.std, float) and parameter.distribution.std == pytest.approx(std, rel=1e-3)
        if name != "bias":
            assert after[name] == activation


def test_what_the_author_chose_is_no_default(source: Path) -> None:
    graph = frontend.show(f"{source}:functional()")
    origins = {p.name: p.events[-1].origin for p in graph.parameters}
    assert origins["conv2d.kernel"] is Origin.CALL and origins["dense.kernel"] is Origin.CALL
    assert origins["dense_1.kernel"] is Origin.DEFAULT and origins["conv2d.bias"] is Origin.DEFAULT


def test_an_initializer_of_the_authors_own_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("from tensorflow.keras import layers\n\ndef mine(shape, dtype=None):\n    return load()\n\ndef make():\n    return M(mine)\n\n")
    path.write_text(path.read_text() + "import keras\nclass M(keras.Model):\n    def __init__(self, f=mine):\n        super().__init__()\n")
    path.write_text(path.read_text() + "        self.d = layers.Dense(3, kernel_initializer=f)\n    def call(self, x):\n        return self.d(x)\n")
    parameter = frontend.show(f"{path}:M").parameter("d.kernel")
    assert parameter is not None and parameter.distribution is None and parameter.reason


@pytest.mark.parametrize("field", ["shape", "kernel_shape"])
def test_a_shape_that_nobody_gives_is_not_one_size(tmp_path: Path, field: str) -> None:
    path = tmp_path / "einsum.py"
    path.write_text(f"""
import flax.linen as nn
import jax.numpy as jnp
from flax.typing import Shape

class Einsum(nn.Module):
    {field}: Shape

    @nn.compact
    def __call__(self, x):
        return jnp.einsum("abc,cd->abd", x, self.param("kernel", nn.initializers.lecun_normal(), self.{field}))
""")
    assert not check([str(path)]).findings
    parameter = frontend.show(f"{path}:Einsum").parameter("kernel")
    assert parameter is not None and parameter.shape is None
