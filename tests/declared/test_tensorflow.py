"""Code of TensorFlow 1: the graph that scripts, functions and classes build, and what rules say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint import check
from initlint.contexts.merging import analyse_file
from initlint.contexts.models import Analysis, Model, build_models
from initlint.findings import Severity
from initlint.fixing import repair
from initlint.flow import nonlinearity_after, weights
from initlint.graph import ModelGraph
from initlint.process.stack import with_deep_stack
from initlint.rules import all_rules

SOURCE = """
import tensorflow as tf
import tensorflow.contrib.slim as slim

x = tf.placeholder(tf.float32, [None, 784])
weights = {'h1': tf.Variable(tf.random_normal([784, 256])), 'out': tf.Variable(tf.truncated_normal([256, 10], stddev=0.1))}
biases = {'b1': tf.Variable(tf.zeros([256])), 'out': tf.Variable(tf.random_uniform([10]))}

def mlp(x):
    layer = tf.nn.relu(tf.add(tf.matmul(x, weights['h1']), biases['b1']))
    return tf.matmul(layer, weights['out']) + biases['out']

loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=mlp(x), labels=x))

def scoped(inputs, n_hidden, reuse=None):
    with tf.variable_scope("net", reuse=reuse):
        W = tf.get_variable("W", [784, n_hidden], initializer=tf.contrib.layers.xavier_initializer())
        h = tf.nn.relu(tf.matmul(inputs, W))
        h = tf.layers.dense(h, 100, activation=tf.nn.tanh, kernel_initializer=tf.random_normal_initializer())
        return tf.layers.dense(h, 10)

def slimmed(images, is_training):
    with slim.arg_scope([slim.conv2d, slim.fully_connected], weights_initializer=tf.truncated_normal_initializer(stddev=0.01)):
        with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm):
            net = slim.conv2d(images, 64, [3, 3])
            net = slim.repeat(net, 2, slim.conv2d, 128, [3, 3], normalizer_fn=None)
        return slim.fully_connected(slim.flatten(net), 10, activation_fn=None)

class Built(object):
    def __init__(self, dim):
        self.x = tf.placeholder(tf.float32, [None, dim])
        self.build()

    def conv(self, x, channels, name):
        with tf.variable_scope(name):
            w = tf.get_variable("w", [5, 5, x.get_shape()[-1], channels], initializer=tf.truncated_normal_initializer(stddev=1.0))
            b = tf.get_variable("b", [channels], initializer=tf.constant_initializer(0.0))
            return tf.nn.bias_add(tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding='SAME'), b)

    def build(self):
        h = tf.nn.relu(self.conv(tf.reshape(self.x, [-1, 28, 28, 1]), 32, "first"))
        self.y = tf.nn.sigmoid(self.conv(h, 64, "second"))
"""
EXPECTED: dict[str, dict[str, tuple[float | None, str | None]]] = {
    "script": {"Variable": (1.0, "relu"), "Variable_1": (0.0880, None)},
    "scoped()": {"net.W": (None, "relu"), "Dense_0.kernel": (1.0, "tanh"), "Dense_1.kernel": ((2 / 110) ** 0.5, None)},
    "slimmed()": {"Conv2D_0.kernel": (0.0088, "relu"), "Conv2D_2.kernel": (0.0088, "relu"), "Dense_0.kernel": (0.0088, None)},
    "Built": {"first.w": (0.8796, "relu"), "second.w": (0.8796, "sigmoid")},
}


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelGraph]:
    path = tmp_path_factory.mktemp("tf") / "models.py"
    path.write_text(SOURCE)
    models: list[Model] = []
    with_deep_stack(lambda: models.extend(build_models(Analysis(), str(path), path.read_bytes())))
    return {model.graph.name: model.graph for model in models}


@pytest.mark.parametrize("name", EXPECTED)
def test_variables_and_what_follows_them(graphs: dict[str, ModelGraph], name: str) -> None:
    """Each variable is a parameter of the graph it was made in, with its law and the nonlinearity behind it."""
    after = {w.parameter.name: pairing.name if (pairing := nonlinearity_after(w)) else None for w in weights(graphs[name])}
    for variable, (std, activation) in EXPECTED[name].items():
        parameter = graphs[name].parameter(variable)
        assert parameter is not None and parameter.distribution is not None
        if std is not None:
            assert isinstance(parameter.distribution.std, float) and parameter.distribution.std == pytest.approx(std, rel=2e-3)
        assert after[variable] == activation


def test_a_function_that_the_script_ran_is_no_model_of_its_own(graphs: dict[str, ModelGraph]) -> None:
    assert "mlp()" not in graphs


def test_only_layers_without_a_norm_behind_them_have_a_bias(graphs: dict[str, ModelGraph]) -> None:
    names = {parameter.name for parameter in graphs["slimmed()"].parameters}
    assert "Conv2D_0.bias" not in names and {"Conv2D_1.bias", "Dense_0.bias"} <= names


def test_sums_over_a_kernel_count_its_window(graphs: dict[str, ModelGraph]) -> None:
    terms = {op.parameter.name: op.detail["fans"][0] for op in graphs["Built"].ops if op.parameter is not None and op.kind == "layer"}
    assert terms == {"first.w": 25, "second.w": 25 * 32}


def test_rules_judge_what_is_not_normalised(tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_text(SOURCE)
    found = with_deep_stack(lambda: analyse_file(Analysis((), all_rules()), str(path), path.read_bytes())[1])
    lines = SOURCE.splitlines()
    codes = {(finding.code, lines[finding.site.line - 1].split("=")[0].strip()) for finding in found if finding.severity.value != "note"}
    assert ("INI102", "weights") in codes and ("INI101", "W") in codes and ("INI102", "w") in codes
    assert not any("slim" in lines[finding.site.line - 1] for finding in found if finding.code == "INI101")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.contrib.layers.xavier_initializer()", "tf.glorot_uniform_initializer()"),
        ("tf.contrib.layers.xavier_initializer(uniform=True, seed=3)", "tf.glorot_uniform_initializer(seed=3)"),
        ("tf.contrib.layers.xavier_initializer(uniform=False)", None),
        ("tf.uniform_unit_scaling_initializer()", 'tf.variance_scaling_initializer(distribution="uniform")'),
        ("tf.uniform_unit_scaling_initializer(2.0)", 'tf.variance_scaling_initializer(scale=4, distribution="uniform")'),
        ("tf.glorot_uniform_initializer()", None),
    ],
)
def test_what_is_gone_has_a_successor(tmp_path: Path, old: str, new: str | None) -> None:
    path = tmp_path / "net.py"
    text = "import tensorflow as tf\n\ndef net(x):\n    w = tf.get_variable('w', [64, 64], initializer={})\n    return tf.matmul(x, w)\n"
    path.write_text(text.format(old))
    result = check(path, select=["INI601"])
    assert [finding.severity for finding in result.findings] == ([Severity.NOTE] if new else [])
    changes = repair.fix(result)
    assert [change.after.replace("'uniform'", '"uniform"') for change in changes] == ([text.format(new)] if new else [])


def test_tests_choose_weights_by_what_they_assert(tmp_path: Path) -> None:
    """A class whose methods are tests is none that anybody trains; its twin is."""
    text = """import tensorflow as tf

class {}:
    def {}(self):
        x = tf.placeholder(tf.float32, [None, 64])
        h = tf.layers.dense(x, 64, activation=tf.nn.relu, kernel_initializer=tf.ones_initializer())
        return tf.layers.dense(h, 8, kernel_initializer=tf.ones_initializer())
"""
    codes = {}
    for name, method in (("TestNet", "test_build"), ("Net", "build")):
        path = tmp_path / f"{name}.py"
        path.write_text(text.format(name, method))
        codes[name] = {finding.code for finding in check(path, select=["INI201"]).findings}
    assert codes == {"TestNet": set(), "Net": {"INI201"}}
