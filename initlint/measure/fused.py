"""Many tensors of one CUDA device measured by kernels of our own, where Triton is there to compile them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import torch

from initlint.measure.reduction import MIX, SAMPLED, Reduced, dense, digest

SPAN = 1 << 16
"""Values that one program reads."""
LOADED = 1 << 11
"""Bytes that its 128 threads load at once, 16 each."""
UNROLLED = 4
"""Such loads under way at a time."""
WIDE_BLOCK = 1 << 8
"""Values in one step where sums are in float64, which take twice the registers."""
MERGED = 1 << 9
"""Spans added in one step."""
WORTHWHILE = 1 << 26
"""Values below which torch's own operations are done before a kernel is compiled."""
TYPES = {torch.float64: ("float64", "int64"), torch.float32: ("float32", "int32"), torch.bfloat16: ("bfloat16", "int16"), torch.float16: ("float16", "int16")}
"""What a type, and an integer of its size, are called in Triton."""


def worthwhile(tensors: Sequence[torch.Tensor]) -> bool:
    """Whether kernels measure these sooner than torch's own operations."""
    return tensors[0].device.type == "cuda" and sum(tensor.numel() for tensor in tensors) >= WORTHWHILE and _kernels() is not None


def readable(tensor: torch.Tensor) -> bool:
    """Whether the kernels can read a tensor: it has values, of a type they know, that fill a piece of memory in some order."""
    return tensor.numel() > 0 and tensor.dtype in TYPES and not tensor.is_neg() and (tensor.is_contiguous() or dense(tensor).is_contiguous())


def reduced(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
    """The numbers of tensors that are ``readable``. One copy from the device, of 72 bytes a tensor; nothing is waited for before it.

    Raises what Triton raises where it cannot compile, which is of many kinds: without a C compiler, on a card too old.
    """
    groups: dict[tuple[torch.dtype, bool], list[int]] = {}
    for index, tensor in enumerate(tensors):
        groups.setdefault((tensor.dtype, tensor.data_ptr() % 16 == 0), []).append(index)
    order = [index for members in groups.values() for index in members]
    rows = torch.cat([_launched([tensors[index] for index in members], *key) for key, members in groups.items()])
    scattered = [place for place, index in enumerate(order) if not tensors[index].is_contiguous()]
    if scattered:  # a digest is of values in the order of their indices, not of memory
        rows.view(torch.int64)[scattered, 8] = torch.stack([digest(tensors[order[place]]) for place in scattered])
    found = rows.cpu()
    digests = found.view(torch.int64)[:, 8].tolist()
    by_index = {index: Reduced(row[:7], int(row[7]), mark) for index, row, mark in zip(order, found.tolist(), digests, strict=True)}
    return [by_index[index] for index in range(len(tensors))]


def _launched(tensors: Sequence[torch.Tensor], kind: torch.dtype, aligned: bool) -> torch.Tensor:
    """Rows of tensors of one type, computed some time."""
    import triton.language as tl

    kernels, device = _kernels(), tensors[0].device
    value, bits = (getattr(tl, name) for name in TYPES[kind])
    block = LOADED // tensors[0].element_size()
    counts = [-(-tensor.numel() // SPAN) for tensor in tensors]
    *firsts, total = 0, *accumulate(counts)
    table = torch.tensor([(tensor.data_ptr(), tensor.numel(), first) for tensor, first in zip(tensors, firsts, strict=True)]).to(device)
    owners = torch.repeat_interleave(torch.tensor(counts).to(device), output_size=total)
    partials = torch.empty(total, 8, dtype=torch.float64, device=device)
    rows = torch.empty(len(tensors), 9, dtype=torch.float64, device=device)
    settings = {"num_warps": 4, "enable_fp_fusion": True}
    with torch.cuda.device_of(table):
        kernels.spans[(total,)](table, owners, partials, value, kind != torch.float64, aligned, SPAN, block, UNROLLED, WIDE_BLOCK, **settings)
        kernels.finish[(len(tensors),)](table, partials, rows, bits, SPAN, MERGED, SAMPLED, MIX, **settings)
    return rows


@lru_cache(maxsize=1)
def _kernels() -> Any:
    """The module of kernels, or None without Triton."""
    try:
        from initlint.measure import kernels
    except ImportError:
        return None
    return kernels
