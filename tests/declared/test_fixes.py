"""Fixes for Keras, JAX, Haiku and TensorFlow 1: each edit in the author's own style, proven by re-analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.findings import Safety
from initlint.text.edits import apply_edits

KERAS = "import keras\nfrom keras import layers\nfrom keras.initializers import GlorotNormal, RandomNormal\n"
KERAS += "def make():\n    return keras.Sequential([keras.Input((64,)), {}, layers.Dense(10)])\n"
FLAX = "import flax.linen as nn\nimport jax\nclass Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        x = nn.relu({}(x))\n"
FLAX += "        return nn.Dense(10)(x)\n"
HAIKU = "import haiku as hk\nimport jax\nclass Net(hk.Module):\n    def __call__(self, x):\n        return hk.Linear(10)(jax.nn.relu({}(x)))\n"
GRAPH = "import tensorflow as tf\nimport tensorflow.contrib.slim as slim\ndef net(x):\n    w = tf.get_variable('w', [64, 64], initializer={})\n"
GRAPH += "    return tf.layers.dense(tf.nn.relu(tf.matmul(x, w)), 10)\n"

CASES = [
    (KERAS, "layers.Dense(64, 'relu', kernel_initializer='glorot_normal')", "layers.Dense(64, 'relu', kernel_initializer='he_normal')"),
    (KERAS, 'layers.Dense(64, "relu", kernel_initializer="GlorotNormal")', 'layers.Dense(64, "relu", kernel_initializer="HeNormal")'),
    (KERAS, "layers.Dense(64, 'relu', kernel_initializer=GlorotNormal)", "layers.Dense(64, 'relu', kernel_initializer=HeNormal)"),
    (KERAS, "layers.Dense(64, 'relu', kernel_initializer=GlorotNormal(seed=1))", "layers.Dense(64, 'relu', kernel_initializer=HeNormal(seed=1))"),
    (KERAS, "layers.Dense(64, 'tanh', kernel_initializer=RandomNormal(0.0, 1.0))", "layers.Dense(64, 'tanh', kernel_initializer=GlorotNormal())"),
    (
        KERAS,
        "*[layers.Dense(64, 'selu', kernel_initializer='he_uniform') for _ in range(20)]",
        "*[layers.Dense(64, 'selu', kernel_initializer='lecun_uniform') for _ in range(20)]",
    ),
    (
        KERAS.replace("import keras\n", "import keras\nimport tensorflow as tf\n"),
        "layers.Dense(64, 'tanh', kernel_initializer=tf.random_normal_initializer(0.0, 1.0))",
        "layers.Dense(64, 'tanh', kernel_initializer=tf.keras.initializers.GlorotNormal())",
    ),
    (FLAX, "nn.Dense(64, kernel_init=nn.initializers.xavier_normal())", "nn.Dense(64, kernel_init=nn.initializers.kaiming_normal())"),
    (FLAX, "nn.Dense(64, kernel_init=jax.nn.initializers.normal(stddev=1.0))", "nn.Dense(64, kernel_init=jax.nn.initializers.he_normal())"),
    (
        HAIKU,
        "hk.Linear(64, w_init=hk.initializers.RandomNormal())",
        'hk.Linear(64, w_init=hk.initializers.VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal"))',
    ),
    (GRAPH, "tf.contrib.layers.xavier_initializer()", "tf.contrib.layers.variance_scaling_initializer(uniform=True)"),
    (GRAPH, "slim.xavier_initializer(uniform=False)", "slim.variance_scaling_initializer()"),
    (GRAPH, "tf.glorot_uniform_initializer()", "tf.variance_scaling_initializer(scale=2.0, mode='fan_in', distribution='uniform')"),
    (GRAPH, "tf.random_normal_initializer(stddev=1.0, seed=3)", "tf.variance_scaling_initializer(scale=2.0, mode='fan_in', seed=3)"),
]


@pytest.mark.parametrize(("file", "before", "after"), CASES, ids=[before for _, before, _ in CASES])
def test_the_scheme_changes_and_the_style_stays(tmp_path: Path, file: str, before: str, after: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(file.format(before))
    (finding,) = [finding for finding in check([str(path)], ignore=["INI601"]).findings if finding.fix is not None]
    assert finding.fix is not None and finding.fix.safety is Safety.SAFE, finding
    edited = apply_edits(path.read_text(), finding.fix.edits)
    assert after in edited
    path.write_text(edited)
    assert check([str(path)]).findings == []


def test_an_initializer_that_is_neither_string_nor_class_is_left_to_the_author(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(KERAS.format("layers.Dense(64, 'relu', kernel_initializer=choice)").replace("def make", "choice = 'glorot_normal'\ndef make"))
    (finding,) = [finding for finding in check([str(path)]).findings if finding.code == "INI101"]
    assert finding.fix is not None and finding.fix.safety is Safety.ADVICE and not finding.fix.edits
