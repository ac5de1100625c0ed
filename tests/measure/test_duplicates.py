"""Values that repeat where chance never repeats them are found, and nothing else is."""

from __future__ import annotations

import copy

import pytest

pytest.importorskip("torch", reason="torch is not installed: there is nothing to measure")

import torch
from torch import nn

from initlint.measure.duplicates import constant_rows, equal_rows, identical, seed_invariant
from initlint.measure.moments import Moments, measure


def named(model: nn.Module) -> dict[str, torch.Tensor]:
    return dict(model.named_parameters())


def test_deep_copies_are_found_layer_by_layer() -> None:
    """As in ``nn.TransformerEncoder``, whose layers are clones of one."""
    block = nn.Sequential(nn.Linear(16, 16), nn.LayerNorm(16))
    tensors = named(nn.ModuleList([block, copy.deepcopy(block), nn.Linear(16, 16)]))
    assert identical(tensors, measure(tensors)) == [("0.0.weight", "1.0.weight"), ("0.0.bias", "1.0.bias")]


def test_tied_weights_and_constants_are_no_duplicates() -> None:
    """One tensor under two names is meant; all norms start at 1."""
    first, second = nn.Linear(8, 8), nn.Linear(8, 8)
    second.weight = first.weight
    tensors: dict[str, torch.Tensor] = {"a": first.weight, "b": second.weight, "n1": torch.ones(8), "n2": torch.ones(8)}
    assert identical(tensors, measure(tensors)) == []


def test_a_digest_is_only_a_suspicion() -> None:
    """Tensors that agree where the digest looks are compared in full."""
    first = torch.randn(200, 200)
    second = first.clone()
    second[0, 1] += 1  # beside the evenly spaced sample
    found = measure({"first": first, "second": second})
    assert found["first"].digest == found["second"].digest
    assert identical({"first": first, "second": second}, found) == []


def test_constant_rows() -> None:
    """A unit whose weights are all equal; a column of equal values is another matter."""
    weight = torch.randn(20, 3, 3, 3)
    weight[4] = 0.5
    weight[7] = 0
    assert constant_rows(weight) == [4, 7]
    assert constant_rows(torch.ones(5)) == []
    assert constant_rows(torch.randn(5, 1)) == []
    assert constant_rows(torch.randn(30, 2).index_fill(1, torch.tensor([0]), 1.0)) == []


def test_equal_rows() -> None:
    """Units that start alike stay alike; constant ones are reported as such."""
    weight = torch.randn(50, 40)
    weight[30] = weight[45] = weight[2]
    weight[7] = weight[9]
    weight[11] = weight[12] = 0
    assert sorted(equal_rows(weight)) == [(2, 30, 45), (7, 9)]
    assert equal_rows(torch.randn(50, 40).bfloat16()) == []
    assert equal_rows(torch.randn(1, 40)) == []


def test_a_tensor_no_seed_reaches() -> None:
    """A fixed filter, or a generator seeded inside the constructor."""

    def build(seed: int) -> dict[str, Moments]:
        torch.manual_seed(seed)
        free = torch.randn(30, 30)
        fixed = torch.randn(30, 30, generator=torch.Generator().manual_seed(0))
        return measure({"free": free, "fixed": fixed, "ones": torch.ones(3)})

    assert seed_invariant([build(seed) for seed in range(3)]) == ["fixed"]
    assert seed_invariant([build(0)]) == []
