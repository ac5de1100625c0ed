"""Functions for the layers of the models that stand beside them, and that nothing uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

BESIDE = """
import torch.nn as nn

def init_weights(m{more}):
    {test}
        nn.init.xavier_normal_(m.weight)

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.hidden = nn.Linear(width, width)

    def forward(self, x):
        return self.hidden(x)
"""
NAMESAKE = "def init_weights(m):\n    pass\n\ndef use(net):\n    net.apply(init_weights)\n"


@pytest.mark.parametrize(
    ("test", "more", "other", "count"),
    [
        ("if isinstance(m, nn.Linear):", "", "", 1),
        ("if m.__class__.__name__ == 'Linear':", "", NAMESAKE, 1),
        ("if isinstance(m, nn.Linear):", "", "from .net import init_weights\n", 0),
        ("if isinstance(m, nn.Linear):", "", "from . import net\nprint(net.init_weights)\n", 0),
        ("if isinstance(m, nn.Linear):", "", f"from .net import init_weights\n{NAMESAKE}", 0),
        ("if hasattr(m, 'weight'):", "", "", 0),
        ("if isinstance(m, nn.Linear):", ", std", "", 0),
    ],
)
def test_a_function_of_a_package_for_the_layers_beside_it(tmp_path: Path, test: str, more: str, other: str, count: int) -> None:
    code = BESIDE.replace("{test}", test).replace("{more}", more)
    assert len(found(tmp_path, "INI501", {"net": code, "other": other})) == count


NNX = """
import jax
import jax.numpy as jnp
from flax import nnx

class Gate(nnx.Module):
    def __init__(self, width, *, rngs):
        self.fc = nnx.Linear(width, width, rngs=rngs)
        self.rngs = rngs
        {constructor}

    def init_weights(self):
        {body}

    def __call__(self, x):
        return self.fc(x)
"""
PLACED = "self.fc.bias = nnx.Param(jnp.ones_like(self.fc.bias.value))"


@pytest.mark.parametrize(
    ("body", "constructor", "other", "count"),
    [
        (PLACED, "pass", "", 1),
        ("self.fc.kernel.value = jax.random.normal(self.rngs.params(), self.fc.kernel.value.shape) * 1e-6", "pass", "", 1),
        (PLACED, "self.init_weights()", "", 0),
        (PLACED, PLACED, "", 0),
        (PLACED, "pass", "def build(net):\n    net.init_weights()\n", 0),
        ("self.ready = True", "pass", "", 0),
    ],
)
def test_a_routine_of_a_module_of_nnx(tmp_path: Path, body: str, constructor: str, other: str, count: int) -> None:
    code = NNX.replace("{body}", body).replace("{constructor}", constructor)
    assert len(found(tmp_path, "INI501", {"net": code, "other": other})) == count
