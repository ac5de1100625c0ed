"""Models of Keras and Flax, built and measured: right ones pass, wrong ones are told by line, and nothing is imported that no target imports."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing can be measured")

KERAS = """
    import keras
    from keras import initializers, layers


    def sound():
        inputs = keras.Input((28, 28, 3))
        x = layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_normal")(inputs)
        x = layers.SeparableConv2D(48, 3)(layers.BatchNormalization()(x))
        x = layers.Reshape((-1, 48))(x)
        x = layers.Bidirectional(layers.LSTM(32, return_sequences=True))(x)
        x = layers.MultiHeadAttention(2, 16)(x, x)
        x = layers.TimeDistributed(layers.Dense(16, kernel_initializer=initializers.TruncatedNormal(stddev=0.02)))(x)
        return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


    class Late(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(32)
            self.blocks = [layers.Dense(32), layers.LayerNormalization()]

        def call(self, x):
            x = self.first(x)
            for block in self.blocks:
                x = block(x)
            return x


    def repeated():
        same = initializers.HeNormal(seed=1)
        return keras.Sequential([keras.Input((32,)), layers.Dense(32, kernel_initializer=same), layers.Dense(32, kernel_initializer=same)])


    def changed():
        model = keras.Sequential([keras.Input((64,)), layers.Dense(64), layers.Dense(64)])
        model.layers[1].kernel.assign(3 * model.layers[1].kernel)
        return model
"""
FLAX = """
    import flax.linen as nn
    import jax
    from flax import nnx


    class Linen(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.relu(nn.Dense(64, kernel_init=nn.initializers.he_normal())(x))
            return nn.Dense(64, kernel_init=jax.nn.initializers.normal(0.02))(nn.LayerNorm()(x))


    class Net(nnx.Module):
        def __init__(self, width=64, *, rngs):
            self.first = nnx.Linear(32, width, rngs=rngs)
            self.second = nnx.Linear(width, 64, kernel_init=jax.nn.initializers.orthogonal(), rngs=rngs)
"""


def verify(folder: Path, text: str, target: str, *options: str, package: str = "keras") -> dict[str, Any]:
    """The result of one target, from a process of its own."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    (folder / "net.py").write_text(dedent(text), encoding="utf-8")
    command = [sys.executable, "-m", "initlint", "verify", f"net.py:{target}", "--format", "json", *options]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "KERAS_BACKEND": "torch", "PATH": "", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    result: dict[str, Any] = json.loads(done.stdout)["results"][0]
    return result


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in result["parameters"]}


def test_a_sound_model_of_keras_passes(tmp_path: Path) -> None:
    result = verify(tmp_path, KERAS, "sound")
    assert (result["status"], result["findings"]) == ("passed", []) and result["device"].startswith("cpu, Keras 3")
    assert "forward pass" in result["reason"]
    found = verdicts(result)
    assert set(found.values()) <= {"ok", "untested"} and len(found) == 25
    names = (
        "conv2d.kernel",
        "separable_conv2d.pointwise_kernel",
        "bidirectional.backward_layer.recurrent_kernel",
        "multi_head_attention.attention_output.kernel",
    )
    assert all(found[name] == "ok" for name in (*names, "time_distributed.layer.kernel"))


def test_layers_that_meet_no_input_ask_for_one(tmp_path: Path) -> None:
    assert "--input" in verify(tmp_path, KERAS, "Late")["reason"]
    found = verdicts(verify(tmp_path, KERAS, "Late", "--input", "2,16"))
    assert found["first.kernel"] == found["blocks.0.kernel"] == "ok" and found["blocks.1.gamma"] == "ok"


def test_equal_kernels_and_seeds_without_effect_are_told(tmp_path: Path) -> None:
    assert {finding["code"] for finding in verify(tmp_path, KERAS, "repeated")["findings"]} == {"INI806", "INI807"}


def test_values_that_source_does_not_explain(tmp_path: Path) -> None:
    (finding,) = verify(tmp_path, KERAS, "changed")["findings"]
    assert (finding["code"], finding["parameter"]) == ("INI801", "layers_1.kernel")


def test_contracts_count_fans_as_keras_does(tmp_path: Path) -> None:
    demand = ("--expect", "conv2d.kernel=he_normal", "--expect", "dense.kernel=kaiming_uniform(nonlinearity='relu')")
    result = verify(tmp_path, KERAS, "sound", *demand)
    assert verdicts(result)["conv2d.kernel"] == "ok"
    assert [finding["code"] for finding in result["findings"]] == ["INI805"]


def test_linen_needs_an_input(tmp_path: Path) -> None:
    assert "--input" in verify(tmp_path, FLAX, "Linen", package="flax")["reason"]
    result = verify(tmp_path, FLAX, "Linen", "--input", "2,32", package="flax")
    assert result["status"] == "passed" and set(verdicts(result).values()) == {"ok"}


def test_nnx_is_given_its_random_numbers(tmp_path: Path) -> None:
    result = verify(tmp_path, FLAX, "Net", package="flax")
    assert result["status"] == "passed" and set(verdicts(result).values()) == {"ok"}
    fixed = verify(tmp_path, FLAX, "Net(rngs=nnx.Rngs(0))", package="flax")
    assert fixed["status"] == "passed" and "rngs=rngs" in fixed["reason"]


@pytest.mark.parametrize("options", [("--signal",), ("--device", "cuda"), ("--dtype", "float16")])
def test_what_only_torch_can_do_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = verify(tmp_path, KERAS, "sound", *options)
    assert result["status"] == "error" and options[0] in result["reason"]
