"""Functions with a gradient of their own are followed through their ``forward``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

NET = """
import torch
import torch.nn as nn
from torch.autograd import Function

class Product({base}):
    @staticmethod
    def forward({context}x, weight):
        {body}

    @staticmethod
    def backward(ctx, grad):
        return grad, grad
{more}

class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, width))
        self.last = nn.Linear(width, 1)

    def forward(self, x):
        return self.last(torch.tanh(Product.apply(x, self.weight)))
"""
SETUP = """
    @staticmethod
    def setup_context(ctx, inputs, output):
        pass
"""


@pytest.mark.parametrize(
    ("base", "context", "body", "more", "count"),
    [
        ("Function", "ctx, ", "ctx.save_for_backward(x, weight)\n        return x.mm(weight.t())", "", 1),
        ("torch.autograd.Function", "ctx, ", "return x @ weight.t()", "", 1),
        ("Function", "", "return x @ weight.t()", SETUP, 1),
        ("Function", "ctx, ", "out = torch.empty_like(x)\n        kernel[8](x, weight, out)\n        return out", "", 0),
        ("Function", "ctx, ", "return library.product(x, weight)", "", 0),
        ("object", "ctx, ", "return x @ weight.t()", "", 0),
    ],
)
def test_forward_is_followed(tmp_path: Path, base: str, context: str, body: str, more: str, count: int) -> None:
    text = NET.replace("{base}", base).replace("{context}", context).replace("{body}", body).replace("{more}", more)
    assert len(found(tmp_path, "INI102", {"net": text})) == count
