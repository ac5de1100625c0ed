"""Norms that a project wrote itself: gains that are drawn around 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

LAYER = """
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K

class {name}(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape={shape}, initializer={initializer})
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="random_normal")

    def call(self, x):
        mean = tf.math.reduce_mean(x, axis=-1, keepdims=True)
        std = tf.math.reduce_std(x, axis=-1, keepdims=True)
        return {value}

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(64)
        self.norm = {name}()
        self.head = keras.layers.Dense(10)

    def call(self, x):
        return self.head(self.norm(self.hidden(x)))
"""
NORMALISED = "(x - mean) / (std + 1e-6)"
TORCH = """
import torch
import torch.nn as nn

class {name}(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.gain = nn.Parameter({gain})

    def forward(self, x):
        return {value}
"""
RMS = "x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gain"


def keras(folder: Path, initializer: str, *, value: str = f"self.gain * ({NORMALISED}) + self.bias", name: str = "LayerNormalization", shape: str = "") -> int:
    text = LAYER.replace("{initializer}", initializer).replace("{value}", value).replace("{name}", name)
    findings = found(folder, "INI401", {"net": text.replace("{shape}", shape or "(input_shape[-1],)")})
    assert all(finding.severity is Severity.WARNING and "gain`" in finding.message for finding in findings)
    return len(findings)


@pytest.mark.parametrize(
    "initializer", ["'glorot_normal'", "keras.initializers.RandomNormal(stddev=0.02)", "'random_uniform'", "tf.keras.initializers.GlorotUniform()"]
)
def test_a_gain_around_zero(tmp_path: Path, initializer: str) -> None:
    assert keras(tmp_path, initializer) == 1


@pytest.mark.parametrize("initializer", ["'ones'", "'zeros'", "keras.initializers.RandomNormal(1.0, 0.02)", "keras.initializers.Constant(0.1)", "given"])
def test_a_gain_that_somebody_chose(tmp_path: Path, initializer: str) -> None:
    assert keras(tmp_path, initializer) == 0


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("tf.math.add(tf.math.multiply(self.gain, tf.math.divide(x - mean, std + 1e-3)), self.bias)", 1),
        ("self.gain * (x - mean) / (std + 1e-6)", 1),
        ("x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + 1e-6) * self.gain", 1),
        (f"(1 + self.gain) * ({NORMALISED})", 0),
        (f"({NORMALISED}) * self.gain + ({NORMALISED})", 0),
        (f"({NORMALISED}) + self.gain", 0),
        ("(x - mean * self.gain) / (std + 1e-6)", 0),
        ("x * self.gain", 0),
        ("mean * self.gain", 0),
    ],
)
def test_it_multiplies_what_was_normalised(tmp_path: Path, value: str, count: int) -> None:
    assert keras(tmp_path, "'glorot_normal'", value=value) == count


@pytest.mark.parametrize(
    ("name", "count"),
    [("RMSNorm", 1), ("BatchNormalization", 1), ("InstanceNorm2D", 1), ("LayerNormLayer", 1), ("Attention", 0), ("WeightNorm", 0), ("NormalMixture", 0)],
)
def test_the_class_says_that_it_is_a_norm(tmp_path: Path, name: str, count: int) -> None:
    assert keras(tmp_path, "'glorot_normal'", name=name) == count


def test_a_single_number_is_no_gain_of_features(tmp_path: Path) -> None:
    assert keras(tmp_path, "'random_normal'", shape="(1,)") == 0


@pytest.mark.parametrize(
    ("gain", "value", "count"),
    [
        ("torch.randn(dim)", RMS, 1),
        ("torch.ones(dim)", RMS, 0),
        ("torch.zeros(dim)", RMS, 0),
        ("torch.ones(dim) + 0.02 * torch.randn(dim)", RMS, 0),
        ("torch.randn(dim)", RMS.replace("self.gain", "(1 + self.gain)"), 0),
        ("torch.randn(dim)", "self.gain * (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)", 1),
    ],
)
def test_a_norm_of_torch(tmp_path: Path, gain: str, value: str, count: int) -> None:
    text = TORCH.replace("{gain}", gain).replace("{value}", value).replace("{name}", "RMSNorm")
    assert len(found(tmp_path, "INI401", {"net": text})) == count


MOVING = """
import tensorflow as tf
from tensorflow import keras

class BatchNormalization(keras.layers.Layer):
    def build(self, input_shape):
        self.moving_mean = self.add_weight(name="moving_mean", shape=(input_shape[-1],), initializer="zeros", trainable=False)
        self.{name} = self.add_weight(name="{name}", shape=(input_shape[-1],), initializer={initializer}, trainable=False)

    def call(self, x):
        return (x - self.moving_mean) / tf.sqrt(self.{name} + 1e-3)
"""


@pytest.mark.parametrize(
    ("name", "initializer", "count"),
    [("moving_variance", "'glorot_normal'", 1), ("stddev", "'random_normal'", 1), ("moving_variance", "'ones'", 0), ("shift", "'glorot_normal'", 0)],
)
def test_a_moving_variance_around_zero(tmp_path: Path, name: str, initializer: str, count: int) -> None:
    text = MOVING.replace("{name}", name).replace("{initializer}", initializer)
    findings = found(tmp_path, "INI401", {"net": text})
    assert [name in finding.message and "the spread of a norm at 1" in finding.message for finding in findings] == [True] * count
