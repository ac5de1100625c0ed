"""Zero weights whose effects all end in a zero map that is fed with zeros, with more than layers in series between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.package import found

NET = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.q = nn.Linear(dim, dim, bias=False)
        self.k = nn.Linear(dim, dim, bias=False)
        self.v = nn.Linear(dim, dim, bias={bias})
        self.out = nn.Linear(dim, dim)
        self.other = nn.Linear(dim, dim)
        for layer in ({zero}):
            nn.init.zeros_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, x):
        {forward}
"""
ATTENTION = """scores = torch.matmul(self.q(x), self.k(x).transpose(-1, -2))
mixed = torch.matmul(F.softmax(scores, dim=-1), self.v(x))
return self.out(mixed{more})"""


def flagged(folder: Path, zero: str, forward: str, bias: str = "False") -> list[str]:
    text = NET.format(zero=zero + ",", bias=bias, forward=forward.replace("\n", "\n        "))
    return sorted({name.partition(":")[2] for finding in found(folder, "INI201", {"net": text}) for name in finding.parameters})


def test_attention_of_zeros_never_moves(tmp_path: Path) -> None:
    names = flagged(tmp_path, "self.q, self.k, self.v, self.out", ATTENTION.format(more=""))
    assert {"q.weight", "k.weight", "v.weight"} <= set(names)


def test_values_and_output_alone_never_move(tmp_path: Path) -> None:
    assert "v.weight" in flagged(tmp_path, "self.v, self.out", ATTENTION.format(more=""))


def test_fused_attention_carries_its_values(tmp_path: Path) -> None:
    fused = "return self.out(F.scaled_dot_product_attention(self.q(x), self.k(x), self.v(x)))"
    assert "v.weight" in flagged(tmp_path, "self.v, self.out", fused)


@pytest.mark.parametrize(
    ("zero", "forward", "bias"),
    [
        ("self.q, self.k, self.out", ATTENTION.format(more=" + x"), "False"),  # queries and keys are a case of their own, values are not zero
        ("self.q, self.out", ATTENTION.format(more=""), "False"),  # the output is fed with more than zeros, and moves at the first step
        ("self.v, self.out", ATTENTION.format(more=" + x"), "False"),
        ("self.v", ATTENTION.format(more=""), "False"),
        ("self.v, self.out", "return self.out(x + self.v(x))", "False"),
        ("self.v, self.out", "return self.out(library.attend(x) + self.v(x))", "False"),  # what is added is not known
        ("self.v, self.out", "return self.out(torch.cat([self.v(x), self.other(x)], -1)[..., :64])", "False"),
        ("self.v, self.out", "gate = self.v(x)\nx = x + gate * self.other(x)\nreturn self.out(x)", "False"),  # adaLN-Zero: a gate, and a zero head
    ],
)
def test_what_one_step_sets_free(tmp_path: Path, zero: str, forward: str, bias: str) -> None:
    assert set(flagged(tmp_path, zero, forward, bias)) <= {"q.weight", "k.weight"} if "self.k" in zero else flagged(tmp_path, zero, forward, bias) == []


def test_zero_gate_in_front_of_a_zero_map(tmp_path: Path) -> None:
    assert "v.weight" in flagged(tmp_path, "self.v, self.out", "return x + self.out(self.v(x) * self.other(x))")


def test_what_is_zero_because_of_a_weight_that_moves(tmp_path: Path) -> None:
    """``v`` is read elsewhere too: it moves, and then ``out`` is fed. Where ``q`` is zero as well, neither it nor ``out`` does."""
    forward = "gate = self.v(x)\nreturn gate + self.out(self.q(x) * gate)"
    assert flagged(tmp_path, "self.v, self.out", forward) == []
    assert flagged(tmp_path, "self.q, self.v, self.out", forward) == ["out.weight", "q.weight"]
