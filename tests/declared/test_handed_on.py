"""Fields of Flax modules that are initializers: what is handed on to the wrong parameter is told where that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from initlint.findings import Severity
from tests.rules.package import found

NET = """
from typing import Any

import flax.linen as nn

from .blocks import Block

class Net(nn.Module):
    kernel_init: Any = nn.initializers.lecun_normal()
    bias_init: Any = {zeros}

    @nn.compact
    def __call__(self, x):
{body}
"""
BLOCK = """
from typing import Any

import flax.linen as nn

class Block(nn.Module):
    width: int = 64
    kernel_init: Any = nn.initializers.lecun_normal()
    bias_init: Any = nn.initializers.zeros

    @nn.compact
    def __call__(self, x):
        for _ in range(2):
            x = nn.Conv(self.width, (3, 3), kernel_init=self.kernel_init, bias_init=self.bias_init)(x)
            x = nn.relu(x)
        return x
"""


def lines(folder: Path, zeros: str, *body: str) -> list[int]:
    """Lines of the body that are told, from 1."""
    text = NET.replace("{zeros}", zeros).replace("{body}", "\n".join(f"        {line}" for line in body))
    findings = found(folder, "INI201", {"net": text, "blocks": BLOCK})
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.site.line - text.lstrip("\n").split("\n").index(f"        {body[0]}") for finding in findings]


@pytest.mark.parametrize("zeros", ["nn.initializers.zeros", "nn.initializers.zeros_init()"])
def test_kernels_drawn_like_biases(tmp_path: Path, zeros: str) -> None:
    dense = "nn.relu(nn.Dense(64, kernel_init=self.bias_init, bias_init=self.bias_init)(x))"
    assert lines(tmp_path, zeros, f"x = {dense}", f"x = {dense}", "return nn.Dense(10)(x)") == [1, 2]


def test_a_zero_head_learns(tmp_path: Path) -> None:
    body = ("x = nn.relu(nn.Dense(64, kernel_init=self.kernel_init)(x))", "return nn.Dense(10, kernel_init=self.bias_init)(x)")
    assert lines(tmp_path, "nn.initializers.zeros", *body) == []


def test_a_block_of_another_file_is_given_it(tmp_path: Path) -> None:
    body = ("x = Block(32, kernel_init=self.kernel_init, bias_init=self.bias_init)(x)", "x = Block(32, kernel_init=self.bias_init)(x)")
    assert lines(tmp_path, "nn.initializers.zeros", *body, "return nn.Dense(10)(x.reshape((x.shape[0], -1)))") == [2]
