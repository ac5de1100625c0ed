"""What ``add_weight`` of Keras takes by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

LAYER = """
import tensorflow as tf
from tensorflow import keras

class Base(keras.layers.Layer):
    pass

class Own(keras.layers.Layer):
    def add_weight(self, name, **options):
        return super().add_weight(name=name, shape=(4,))

class Net({base}):
    def __init__(self, units, mode="in", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        if mode == "in":
            self.w = self.add_weight({arguments})

    def call(self, x):
        return x * self.w
"""


def said(folder: Path, arguments: str, base: str = "keras.layers.Layer") -> list[str]:
    findings = found(folder, "INI604", {"net": LAYER.replace("{arguments}", arguments).replace("{base}", base)})
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.message for finding in findings]


@pytest.mark.parametrize("base", ["keras.layers.Layer", "tf.keras.Model", "Base"])
@pytest.mark.parametrize(("given", "meant"), [("reguarizer", "regularizer"), ("initialiser", "initializer"), ("trainble", "trainable")])
def test_a_misspelt_name_raises(tmp_path: Path, base: str, given: str, meant: str) -> None:
    assert said(tmp_path, f"name='w', shape=(units,), {given}=None", base) == [f"`add_weight` takes no argument `{given}`: TypeError; did you mean `{meant}`?"]


def test_a_name_of_another_library(tmp_path: Path) -> None:
    assert said(tmp_path, "name='w', shape=(units,), requires_grad=False") == ["`add_weight` takes no argument `requires_grad`: TypeError"]


@pytest.mark.parametrize(
    "arguments",
    [
        "'w', (units,), initializer='ones', regularizer=None, trainable=True, constraint=None, dtype='float32'",
        "name='w', shape=(units,), partitioner=None, use_resource=True, synchronization=None, aggregation=None, experimental_autocast=False",
        "shape=(units,), initializer='ones', autocast=False, aggregation='none', overwrite_with_gradient=False, layout=None, name='w'",
        "name='w', shape=(units,), collections=None, caching_device=None, getter=None",
        "name='w', shape=(units,), **kwargs",
    ],
)
def test_what_some_version_takes(tmp_path: Path, arguments: str) -> None:
    assert said(tmp_path, arguments) == []


@pytest.mark.parametrize("base", ["Own", "keras.metrics.Metric", "Missing"])
def test_a_method_of_another_class(tmp_path: Path, base: str) -> None:
    assert said(tmp_path, "name='w', reguarizer=None", base) == []
