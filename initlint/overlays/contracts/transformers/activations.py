"""Activations by the name that a configuration gives."""

from __future__ import annotations

from functools import partial

from torch import nn

_approximate = partial(nn.functional.gelu, approximate="tanh")

ACT2FN = {
    "gelu": nn.functional.gelu,
    "gelu_python": nn.functional.gelu,
    "gelu_accurate": _approximate,
    "gelu_fast": _approximate,
    "gelu_new": _approximate,
    "gelu_pytorch_tanh": _approximate,
    "gelu_python_tanh": _approximate,
    "hardswish": nn.functional.hardswish,
    "leaky_relu": nn.functional.leaky_relu,
    "mish": nn.functional.mish,
    "quick_gelu": nn.functional.silu,
    "relu": nn.functional.relu,
    "relu6": nn.functional.relu6,
    "sigmoid": nn.functional.sigmoid,
    "silu": nn.functional.silu,
    "swish": nn.functional.silu,
    "tanh": nn.functional.tanh,
}
