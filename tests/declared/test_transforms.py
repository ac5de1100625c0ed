"""Transformations of JAX are followed in a forward pass: what is mapped, repeated or chosen meets the signals it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

import initlint

HEAD = """
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax, vmap

class Net(eqx.Module):
    w: jax.Array
    a: eqx.nn.Linear

    def __init__(self, key):
        self.w = jr.normal(key, (32, 64)) / 8
        self.a = eqx.nn.Linear(64, 64, key=key)

    def __call__(self, xs):
"""
W = ["matmul w", "activation relu"]
A = ["layer a", "activation relu"]
PASSES = {
    "a mapped layer": ("return jax.nn.relu(vmap(self.a)(xs))", A),
    "a mapped function": ("return jax.nn.relu(jax.vmap(lambda x: self.w @ x)(xs))", W),
    "mapped twice": ("return jax.nn.relu(eqx.filter_vmap(jax.vmap(self.a))(xs))", A),
    "compiled and computed again": ("return jax.nn.relu(jax.jit(jax.checkpoint(self.a))(xs))", A),
    "a loop with a state": (
        "step = lambda h, x: (jnp.tanh(self.w @ x + h), h)\n        return lax.scan(step, jnp.zeros(32), xs)[0]",
        ["input state", "matmul w", "add +", "activation tanh"],
    ),
    "rounds": ("return lax.fori_loop(0, 3, lambda i, x: jax.nn.relu(self.a(x)), xs)", A),
    "rounds until": ("return lax.while_loop(lambda x: x.sum() < 1, lambda x: jax.nn.relu(self.a(x)), xs)", A),
    "one after the other": ("return lax.map(lambda x: jax.nn.relu(self.a(x)), xs)", A),
    "one of two": ("return jax.nn.relu(lax.cond(xs.sum() > 0, lambda x: self.a(x), lambda x: self.w @ x, xs))", ["layer a", "matmul w", "activation relu"]),
    "one of several": ("return jax.nn.relu(lax.switch(1, [lambda x: self.a(x), lambda x: self.w @ x], xs))", ["layer a", "matmul w", "activation relu"]),
}


@pytest.mark.parametrize("name", PASSES)
def test_what_runs_within_is_met(tmp_path: Path, name: str) -> None:
    body, expected = PASSES[name]
    (tmp_path / "net.py").write_text(f"{HEAD}        {body}\n")
    graph = initlint.show(f"{tmp_path / 'net.py'}:Net")
    assert graph.forward_reason == ""
    met = [f"{op.kind} {op.parameter.name if op.parameter else op.layer.path if op.layer else op.name}" for op in graph.ops]
    assert [one for one in met if one.split()[0] in ("layer", "matmul", "activation", "add") or one == "input state"] == expected


def test_a_parameter_that_may_be_mapped_over_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"{HEAD}        return jax.vmap(lambda w, x: jnp.dot(w, x))(self.w, xs)\n")
    assert [op.kind for op in initlint.show(f"{tmp_path / 'net.py'}:Net").ops] == ["input", "opaque", "output"]


def test_layers_that_a_mapped_constructor_makes_are_not_known(tmp_path: Path) -> None:
    text = HEAD.replace("eqx.nn.Linear(64, 64, key=key)", "jax.vmap(lambda k: eqx.nn.Linear(64, 64, key=k))(jr.split(key, 4))")
    (tmp_path / "net.py").write_text(f"{text}        return self.w @ xs\n")
    assert [p.name for p in initlint.show(f"{tmp_path / 'net.py'}:Net").parameters] == ["w"]


def test_square_weights_of_modules_that_take_vectors_map_features(tmp_path: Path) -> None:
    """On the left of a matrix such a weight mixes its rows; a module of Equinox gets one sample."""
    text = HEAD.replace("jr.normal(key, (32, 64)) / 8", "jax.nn.initializers.uniform(0.1)(key, (64, 64))")
    (tmp_path / "net.py").write_text(f"{text}        return jnp.tanh(self.w @ xs)\n")
    assert [finding.code for finding in initlint.check([str(tmp_path / "net.py")]).findings] == ["INI302"]


LINEN = """
import flax.linen as nn

class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(x))

class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.remat(Block)(4)(x)
        x = nn.checkpoint(nn.Dense)(5)(x)
        x = nn.jit(Block)(6)(x)
        x = Block(7, name="last")(x)
        return nn.remat(Block)(8)(x)
"""


def test_lifted_classes_of_linen_name_their_objects_and_names_that_are_given_hold(tmp_path: Path) -> None:
    """As Flax 0.12 has it: the transformation stands in front of the name of the class."""
    (tmp_path / "net.py").write_text(LINEN)
    kernels = {p.name: p.shape for p in initlint.show(f"{tmp_path / 'net.py'}:Net").parameters if p.role == "kernel"}
    widths = {name: shape[-1] for name, shape in kernels.items() if shape}
    assert widths == {
        "CheckpointBlock_0.Dense_0.kernel": 4,
        "CheckpointDense_0.kernel": 5,
        "JitBlock_0.Dense_0.kernel": 6,
        "last.Dense_0.kernel": 7,
        "CheckpointBlock_1.Dense_0.kernel": 8,
    }


RETRIED = """
import flax.linen as nn

class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(4)(x)

class Net(nn.Module):
    @nn.compact
    def __call__(self, ids=None, other=None):
        x = Block()(ids)
        if other is None:
            raise ValueError("other is wanted")
        return Block()(x) + other
"""


def test_what_a_pass_made_before_it_failed_is_forgotten(tmp_path: Path) -> None:
    """It runs three times, with nothing, with ``ids``, and with ``other``: its blocks are two."""
    (tmp_path / "net.py").write_text(RETRIED)
    graph = initlint.show(f"{tmp_path / 'net.py'}:Net")
    assert [p.name for p in graph.parameters if p.role == "kernel"] == ["Block_0.Dense_0.kernel", "Block_1.Dense_0.kernel"]
    assert [layer.path for layer in graph.layers if layer.kind == "Dense"] == ["Block_0.Dense_0", "Block_1.Dense_0"]
