"""Values that repeat where chance would never repeat them: cloned tensors, equal rows, tensors no seed reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from initlint.measure.moments import Moments

if TYPE_CHECKING:
    import torch

_CLOSE = 1e-6  # projections of equal rows agree to rounding
_PROJECTED = 256  # values of each row: rows that chance made differ there, and only those that do not are compared as a whole


def identical(tensors: Mapping[str, torch.Tensor], moments: Mapping[str, Moments]) -> list[tuple[str, ...]]:
    """Groups of names whose tensors hold the same values, bit for bit, in separate memory.

    Constants are left out: every norm weight starts at 1. So are tied weights, which are one tensor under two names.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name, found in moments.items():
        if name in tensors and found.minimum != found.maximum and found.count:
            alike[found.digest].append(name)
    groups = [group for names in alike.values() if len(names) > 1 for group in _equal([(name, tensors[name]) for name in names])]
    return [tuple(group) for group in groups if len(group) > 1]


def equal_rows(tensor: torch.Tensor) -> list[tuple[int, ...]]:
    """Groups of rows (output units, along dimension 0) that hold the same values and are not constant."""
    rows = tensor.detach().reshape(tensor.shape[0], -1) if tensor.dim() > 1 else tensor.detach().reshape(-1, 1)
    if rows.shape[0] < 2 or rows.shape[1] < 2:
        return []
    projection = _projections(rows)[:, 0]
    order = projection.argsort()
    ordered = projection[order]
    near = (ordered[1:] - ordered[:-1]).abs() <= _CLOSE * ordered[1:].abs() + 1e-30
    candidates = [order[i : i + 2].tolist() for i in near.nonzero().flatten().tolist()]
    constant = set(constant_rows(tensor)) if candidates else set()
    groups: list[list[int]] = []
    for left, right in candidates:
        if left in constant or not bool((rows[left] == rows[right]).all()):
            continue
        if groups and left in groups[-1]:
            groups[-1].append(right)
        else:
            groups.append([left, right])
    return [tuple(sorted(group)) for group in groups]


def constant_rows(tensor: torch.Tensor) -> list[int]:
    """Rows (output units, along dimension 0) of two values or more, all equal."""
    if tensor.dim() < 2 or not tensor.numel():
        return []
    rows = tensor.detach().reshape(tensor.shape[0], -1)
    if rows.shape[1] < 2:
        return []
    suspects = (rows[:, 0] == rows[:, 1]) & (rows[:, 0] == rows[:, -1])
    return [index for index in suspects.nonzero().flatten().tolist() if bool((rows[index] == rows[index, 0]).all())]


def seed_invariant(seeds: Sequence[Mapping[str, Moments]]) -> list[str]:
    """Names of tensors that vary within but came out the same under every one of several seeds."""
    if len(seeds) < 2:
        return []
    return [
        name for name, first in seeds[0].items() if first.minimum != first.maximum and all(name in other and _same(first, other[name]) for other in seeds[1:])
    ]


def _same(left: Moments, right: Moments) -> bool:
    return left.digest == right.digest and (left.minimum, left.maximum, left.zeros) == (right.minimum, right.maximum, right.zeros)


def _equal(named: Sequence[tuple[str, torch.Tensor]]) -> list[list[str]]:
    groups: list[tuple[torch.Tensor, list[str]]] = []
    for name, tensor in named:
        for first, names in groups:
            if first.data_ptr() == tensor.data_ptr() and first.device == tensor.device:
                break  # tied, not copied
            if first.shape == tensor.shape and bool((first == tensor.to(first.device)).all()):
                names.append(name)
                break
        else:
            groups.append((tensor, [name]))
    return [names for _, names in groups]


def _projections(rows: torch.Tensor) -> torch.Tensor:
    """One number per row, equal up to rounding for equal rows."""
    import torch

    rows = rows[:, :_PROJECTED]
    source = torch.Generator().manual_seed(0)
    vector = torch.randn(rows.shape[1], 1, generator=source, dtype=torch.float32).to(device=rows.device, dtype=rows.dtype)
    return (rows @ vector).to(torch.float32)
