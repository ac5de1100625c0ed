"""Operations of a forward pass that rearrange, count or choose: the signal goes on behind them, and numbers taken from it are no signal."""

from __future__ import annotations

from pathlib import Path

import pytest

import initlint

HEAD = """
import jax
import kernels
import torch
import torch.nn as nn
from xformers.ops import memory_efficient_attention

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.b = nn.Linear(8, 8)

    def forward(self, x):
        y = self.a(x)
"""
CASES = {
    "scattered": ("y = torch.zeros(4, 8).scatter_(0, i, y)", ["view scatter_"]),
    "added by index": ("z = torch.zeros(4, 8)\n        y = z.index_add_(0, torch.arange(4), y)", ["reduce index_add_"]),
    "the largest": ("y, i = torch.topk(y, 3)", ["pool topk"]),
    "masked": ("y = y.masked_fill(torch.isnan(y) & torch.isinf(y), 0)", ["elementwise isnan", "elementwise isinf", "elementwise &", "elementwise masked_fill"]),
    "complex": ("y = torch.view_as_real(y)", ["view view_as_real"]),
    "attention of a library": ("y = memory_efficient_attention(y, y, y)", ["attention memory_efficient_attention"]),
    "divided by a number": ("y = y * (y.abs().max().item() + y.stride(0))", ["elementwise abs", "pool max", "mul *"]),
    "written by a kernel": ("out = torch.empty(4, 8)\n        kernels.scale(out, y)\n        y = out", ["opaque kernels.scale"]),
    "barriers": ("y = jax.lax.stop_gradient(y).astype('float32')", ["view stop_gradient", "view astype"]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_signal_goes_on(tmp_path: Path, name: str) -> None:
    statement, expected = CASES[name]
    (tmp_path / "net.py").write_text(f"{HEAD}        {statement}\n        return self.b(y)\n")
    graph = initlint.show(f"{tmp_path / 'net.py'}:Net")
    between = [f"{op.kind} {op.name}" for op in graph.ops if op.kind not in ("input", "layer", "output") and op.name not in ("[]", "part")]
    assert graph.forward_reason == "" and between == expected


TYPES = """
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Embedding(10, 8)
        self.out = nn.Linear(8, 8)
        if self.out.weight.dtype == torch.float32:
            nn.init.ones_(self.out.bias)
        if self.out.weight.dtype in (torch.float16, torch.bfloat16):
            nn.init.zeros_(self.out.bias)

    def forward(self, ids):
        if ids.dtype not in (torch.int32, torch.int64):
            raise TypeError("ids must be integers")
        return self.out(self.rows(ids))
"""


def test_weights_are_of_the_usual_type_and_signals_may_be_indices(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TYPES)
    graph = initlint.show(f"{tmp_path / 'net.py'}:Net")
    bias = graph.parameter("out.bias")
    assert graph.forward_reason == ""
    assert bias is not None and bias.distribution is not None and bias.distribution.law == "= 1"


SUPERS = """
import flax.linen
import keras
import torch.nn as nn
import torch.nn.functional as F

class Standardised(nn.Conv2d):
    def forward(self, x):
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        return self._conv_forward(x, weight, self.bias)

class Torch(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = Standardised(3, 8, 3)

    def forward(self, x):
        return F.relu(self.conv(x))

class Layer(keras.layers.Dense):
    def call(self, x):
        return super().call(x)

class Keras(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = Layer(4, kernel_initializer="uniform")

    def call(self, x):
        return keras.ops.relu(self.dense(x))

class Dense(flax.linen.Dense):
    @flax.linen.compact
    def __call__(self, x):
        return super().__call__(x.astype("float32"))

class Linen(flax.linen.Module):
    @flax.linen.compact
    def __call__(self, x):
        return flax.linen.relu(Dense(4)(x))
"""


@pytest.mark.parametrize(("name", "layer"), [("Torch", "conv"), ("Keras", "Dense"), ("Linen", "Dense")])
def test_a_layer_runs_as_its_base_class_does(tmp_path: Path, name: str, layer: str) -> None:
    (tmp_path / "net.py").write_text(SUPERS)
    graph = initlint.show(f"{tmp_path / 'net.py'}:{name}")
    assert [op.name for op in graph.ops if op.kind in ("layer", "activation", "opaque")] == [layer, "relu"]


DECORATED = """
import torch.nn as nn

def described(*texts):
    def describe(function):
        if not function.__qualname__.startswith("Net."):
            raise ValueError(f"{function.__qualname__} cannot be described")
        function.__doc__ = "".join(texts)
        return function
    return describe

def refused(function):
    raise TypeError("as far as one can see")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(8, 8)

    @described("a", "b")
    @refused
    @described(missing["key"])
    def forward(self, x):
        return self.out(x)
"""


def test_a_decorator_that_raises_leaves_the_function_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(DECORATED.replace("missing[", "{}["))
    graph = initlint.show(f"{tmp_path / 'net.py'}:Net")
    assert [op.kind for op in graph.ops] == ["input", "layer", "output"]


def test_a_method_goes_by_its_class(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        DECORATED.replace("    @refused\n", "").replace('    @described(missing["key"])\n', "").replace("raise ValueError(", "return print(")
    )
    assert initlint.show(f"{tmp_path / 'net.py'}:Net").forward_reason == ""


def test_a_partial_of_a_partial_is_one(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "from functools import partial\nfrom torch import nn\n\n\ndef pick(norm):\n    given = {}\n    if isinstance(norm, partial):\n"
        "        given.update(norm.keywords)\n        norm = norm.func\n    assert norm.__name__ == 'BatchNorm2d'\n    return partial(norm, **given)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self, norm=partial(partial(nn.BatchNorm2d, eps=1e-3), affine=True)):\n        super().__init__()\n"
        "        self.norm = pick(norm)(8)\n\n    def forward(self, x):\n        return self.norm(x)\n",
        encoding="utf-8",
    )
    assert [parameter.name for parameter in initlint.show(f"{path}:Net").parameters] == ["norm.weight", "norm.bias"]


def test_a_layer_written_as_a_function_has_a_shape(tmp_path: Path) -> None:
    """A constructor may run part of its model on zeros to find out how wide it is."""
    path = tmp_path / "net.py"
    path.write_text(
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\nclass Conv(nn.Conv2d):\n    def forward(self, x):\n"
        "        return F.conv2d(x, self.weight.reshape(-1).reshape_as(self.weight), self.bias, self.stride, padding=self.padding)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.conv = Conv(3, 16, 3, 2, 1)\n        with torch.no_grad():\n"
        "            made = self.conv(torch.zeros(1, 3, 64, 64))\n        self.fc = nn.Linear(made.shape[1] * made.shape[2] * made.shape[3], 4)\n\n"
        "    def forward(self, x):\n        return self.fc(self.conv(x).flatten(1))\n",
        encoding="utf-8",
    )
    assert {parameter.name: parameter.shape for parameter in initlint.show(f"{path}:Net").parameters}["fc.weight"] == (4, 16 * 32 * 32)
