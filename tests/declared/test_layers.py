"""Layers of Keras and Flax that hold other layers, follow an einsum or change the size of an image: names, shapes and scales of their parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check, frontend
from initlint.findings import Severity

KERAS = """
import keras
from keras import layers, ops

def attention():
    x = keras.Input((16, 32))
    y = layers.MultiHeadAttention(num_heads=4, key_dim=6, value_dim=8, kernel_initializer="he_normal")(x, x)
    y = layers.GroupQueryAttention(head_dim=8, num_query_heads=4, num_key_value_heads=2, use_bias=False)(y, y)
    return keras.Model(x, layers.Dense(5)(y))

def einsum():
    x = keras.Input((16, 32))
    return keras.Model(x, layers.EinsumDense("abc,cde->abde", output_shape=(None, 4, 10), bias_axes="de", kernel_initializer="lecun_normal")(x))

def wrapped():
    x = keras.Input((16, 32))
    y = layers.Bidirectional(layers.LSTM(8, return_sequences=True, kernel_initializer=keras.initializers.HeNormal()))(x)
    y = layers.TimeDistributed(layers.Dense(3))(y)
    return keras.Model(x, layers.RNN(layers.GRUCell(7))(y))

def spatial():
    x = keras.Input((20, 20, 4))
    y = layers.ZeroPadding2D(((1, 0), (2, 3)))(x)
    y = layers.Cropping2D(1)(y)
    y = layers.UpSampling2D(2)(layers.SeparableConv2D(6, 3)(y))
    y = layers.Permute((3, 1, 2))(y)
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(y)))

def convolved():
    x = keras.Input((5, 8, 8, 3))
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.ConvLSTM2D(4, 3)(x))))

class Scale(layers.Layer):
    def build(self, input_shape):
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer=keras.initializers.Constant(0.5))
        self.inner = layers.Dense(2 * input_shape[-1])

    def call(self, x):
        return self.inner(x * self.gamma)

def nested():
    body = keras.Sequential([keras.Input((12,)), layers.Dense(6)], name="body")
    x = keras.Input((12,))
    return keras.Model(x, layers.Dense(2)(Scale(name="scale")(body(x))))

class Listed(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(8) for _ in range(2)]
        self.norm = layers.LayerNormalization()

    def call(self, x):
        for block in self.blocks:
            x = ops.concatenate([ops.relu(block(x)), ops.expand_dims(x[:, 0], 1)], axis=-1)
        return self.norm(ops.reshape(x, (-1, 3, 3)))
"""
FLAX = """
import flax.linen as nn
from flax import nnx

class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        h = nn.MultiHeadDotProductAttention(num_heads=4)(x, x)
        return x + nn.DenseGeneral(features=(2, 16), name="wide")(h).reshape(x.shape)

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Embed(50, 32)(x)
        for _ in range(2):
            x = Block()(x)
        return nn.Dense(3)(x)

class Images(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.max_pool(nn.relu(nn.Conv(8, (3, 3))(x)), (2, 2))
        return nn.Conv(16, (3, 3))(x)

class Nnx(nnx.Module):
    def __init__(self, rngs):
        self.attention = nnx.MultiHeadAttention(4, 32, rngs=rngs)
        self.layers = nnx.List([nnx.LinearGeneral(32, (2, 8), rngs=rngs)])
"""
Expected = dict[str, tuple[tuple[int, ...], float | None]]
CASES: dict[str, Expected] = {
    "attention()": {
        "multi_head_attention.query.kernel": ((32, 4, 6), (2 / 32) ** 0.5),
        "multi_head_attention.value.bias": ((4, 8), 0.0),
        "multi_head_attention.attention_output.kernel": ((4, 8, 32), (2 / 32) ** 0.5),
        "group_query_attention.key.kernel": ((32, 2, 8), (2 / (32 + 16)) ** 0.5),
        "group_query_attention.attention_output.kernel": ((4, 8, 32), (2 / 64) ** 0.5),
        "dense.kernel": ((32, 5), None),
    },
    "einsum()": {"einsum_dense.kernel": ((32, 4, 10), (1 / 32) ** 0.5), "einsum_dense.bias": ((4, 10), 0.0)},
    "wrapped()": {
        "bidirectional.forward_layer.kernel": ((32, 32), (2 / 32) ** 0.5),
        "bidirectional.backward_layer.recurrent_kernel": ((8, 32), (1 / 32) ** 0.5),
        "bidirectional.backward_layer.bias": ((32,), 3**0.5 / 4),
        "time_distributed.layer.kernel": ((16, 3), None),
        "rnn.cell.kernel": ((3, 21), None),
        "rnn.cell.bias": ((2, 21), 0.0),
    },
    "spatial()": {
        "separable_conv2d.depthwise_kernel": ((3, 3, 4, 1), None),
        "separable_conv2d.pointwise_kernel": ((1, 1, 4, 6), None),
        "dense.kernel": ((6 * 34 * 42, 2), None),
    },
    "convolved()": {"conv_lstm2d.kernel": ((3, 3, 3, 16), None), "conv_lstm2d.bias": ((16,), 3**0.5 / 4), "dense.kernel": ((6 * 6 * 4, 2), None)},
    "nested()": {
        "body.layers_0.kernel": ((12, 6), None),
        "scale.gamma": ((6,), 0.0),
        "scale.inner.kernel": ((6, 12), None),
        "dense.kernel": ((12, 2), None),
    },
    "Listed": {"norm.gamma": ((3,), 0.0)},
    "Net": {
        "Embed_0.embedding": ((50, 32), 32**-0.5),
        "Block_1.MultiHeadDotProductAttention_0.key.kernel": ((32, 4, 8), 32**-0.5),
        "Block_1.MultiHeadDotProductAttention_0.out.kernel": ((4, 8, 32), 32**-0.5),
        "Block_0.wide.kernel": ((32, 2, 16), 32**-0.5),
        "Dense_0.kernel": ((32, 3), 32**-0.5),
    },
    "Images": {"Conv_1.kernel": ((3, 3, 8, 16), 72**-0.5)},
    "Nnx": {"attention.out.kernel": ((4, 8, 32), 32**-0.5), "layers.0.kernel": ((32, 2, 8), 32**-0.5)},
}


@pytest.mark.parametrize("target", CASES)
def test_names_shapes_and_scales(tmp_path: Path, target: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(FLAX if target in ("Net", "Images", "Nnx") else KERAS)
    found = {parameter.name: parameter for parameter in frontend.show(f"{path}:{target}").parameters}
    for name, (shape, std) in CASES[target].items():
        assert name in found, list(found)
        law = found[name].distribution
        assert (name, found[name].shape) == (name, shape) and law is not None
        if std is not None:
            assert law.std == pytest.approx(std, rel=1e-3)


def test_layers_made_twice_from_one_description_differ(tmp_path: Path) -> None:
    """The two directions draw by initializers that Keras makes anew."""
    path = tmp_path / "net.py"
    path.write_text(KERAS)
    assert [finding.code for finding in check([str(path)]).findings if finding.code == "INI202"] == []


@pytest.mark.parametrize(("seeds", "severities"), [((1, 1), [Severity.WARNING]), ((1, 2), []), ((None, None), [])])
def test_initializers_of_one_seed_draw_the_same(tmp_path: Path, seeds: tuple[int, int], severities: list[Severity]) -> None:
    first, second = (f"layers.Dense(64, kernel_initializer=keras.initializers.HeNormal(seed={seed}))(x)" for seed in seeds)
    path = tmp_path / "net.py"
    path.write_text(
        f"import keras\nfrom keras import layers\n\n\ndef build():\n    x = keras.Input((32,))\n    return keras.Model(x, layers.Add()([{first}, {second}]))\n"
    )
    assert [finding.severity for finding in check([str(path)], select=["INI202"]).findings] == severities


def test_the_two_directions_read_different_signals(tmp_path: Path) -> None:
    layer = "layers.Bidirectional(layers.LSTM(64, kernel_initializer=keras.initializers.HeNormal(seed=1)), merge_mode='sum')"
    path = tmp_path / "net.py"
    path.write_text(f"import keras\nfrom keras import layers\n\n\ndef build():\n    x = keras.Input((32, 64))\n    return keras.Model(x, {layer}(x))\n")
    assert [finding.severity for finding in check([str(path)], select=["INI202"]).findings] == [Severity.NOTE]


@pytest.mark.parametrize(
    ("layer", "severity"),
    [
        ("layers.DepthwiseConv2D(3, depthwise_initializer='he_normal', activation='relu')", Severity.WARNING),
        ("layers.Conv2DTranspose(64, 3, kernel_initializer='he_normal', activation='relu')", None),
        ("layers.Conv2D(64, 3, kernel_initializer='he_normal', activation='relu')", None),
    ],
)
def test_fans_that_keras_misreads(tmp_path: Path, layer: str, severity: Severity | None) -> None:
    path = tmp_path / "net.py"
    head = "import keras\nfrom keras import layers\n\ndef make():\n    x = i = keras.Input((32, 32, 64))\n    for _ in range(4):\n"
    path.write_text(f"{head}        x = {layer}(x)\n    return keras.Model(i, layers.Dense(3)(layers.Flatten()(x)))\n")
    found = check([str(path)], select=["INI305"]).findings
    assert [finding.severity for finding in found] == ([severity] if severity is not None else [])
