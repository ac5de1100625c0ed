"""Tensors reduced to a few numbers each, on the device they live on: by kernels of our own where they can be compiled, else chunk by chunk.

A chunk of single or half precision is summed in float32, by halves, unless that could cost accuracy that a test would notice;
sums of chunks are added in float64.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from initlint.measure import fused
from initlint.measure.reduction import Reduced, dense, digest

CHUNK = 1 << 16
"""Values reduced at a time on a CPU: 1.5 MiB of buffers for each worker at most, whatever the size of the model."""
WORKERS = 4
"""At most so many on a CPU; memory feeds no more."""
ACCELERATOR_CHUNK = 1 << 24
"""The same elsewhere, where a launch costs more than a pass over a cache."""

_SINGLE = (torch.float32, torch.bfloat16, torch.float16)
"""Types whose values float32 holds exactly."""


def reduced(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
    """The numbers of every tensor; all are on one device."""
    if not tensors:
        return []
    if tensors[0].device.type == "cpu":
        return _by_workers(tensors)
    return by_kernels(tensors) if fused.worthwhile(tensors) else chunk_by_chunk(tensors)


def by_kernels(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
    """What kernels can read by kernels, the rest by torch's own operations."""
    readable = [index for index, tensor in enumerate(tensors) if fused.readable(tensor)]
    try:
        found = dict(zip(readable, fused.reduced([tensors[index] for index in readable]), strict=True)) if readable else {}
    except Exception:  # Triton cannot compile here, for one of many reasons: no C compiler, no Python headers, too old a card
        found = {}
    rest = [index for index in range(len(tensors)) if index not in found]
    found |= zip(rest, chunk_by_chunk([tensors[index] for index in rest]), strict=True)
    return [found[index] for index in range(len(tensors))]


def chunk_by_chunk(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
    """On an accelerator, by torch's own operations, which pass over each chunk several times."""
    if not tensors:
        return []
    workspace = Workspace(tensors[0].device)
    rows = torch.stack([workspace.reduce(tensor) for tensor in tensors]).tolist()
    digests = torch.stack([digest(tensor) for tensor in tensors]).tolist()  # the only two copies from the device
    return [_finite(tensor, row, mark) for tensor, row, mark in zip(tensors, rows, digests, strict=True)]


def _by_workers(tensors: Sequence[torch.Tensor]) -> list[Reduced]:
    """Each worker takes whole tensors, the largest first.

    Torch's own threads would meet at a barrier after every operation on every chunk, which is slow at best and very slow
    on a busy machine; they are set aside meanwhile.
    """
    threads = torch.get_num_threads()
    own = threading.local()

    def one(tensor: torch.Tensor) -> Reduced:
        if not hasattr(own, "workspace"):
            own.workspace = Workspace(tensor.device)
        return _finite(tensor, own.workspace.reduce(tensor).tolist(), int(digest(tensor)))

    order = sorted(range(len(tensors)), key=lambda index: -tensors[index].numel())
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(min(threads, WORKERS)) as pool:
            found = dict(zip(order, pool.map(one, [tensors[index] for index in order])))
    finally:
        torch.set_num_threads(threads)
    return [found[index] for index in range(len(tensors))]


def _finite(tensor: torch.Tensor, row: list[float], mark: int) -> Reduced:
    """The numbers as they are, or over the finite values alone where others spoil them."""
    if not tensor.numel() or all(map(math.isfinite, row)):
        return Reduced(row, 0, mark)
    return Reduced(*finite_only(tensor), mark)


class Workspace:
    """The buffers that tensors of one device are reduced in, one after the other."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.chunk = CHUNK if device.type == "cpu" else ACCELERATOR_CHUNK
        self._wide = torch.float32 if device.type == "mps" else torch.float64  # the one accelerator without float64
        self._buffers: dict[tuple[int, torch.dtype], torch.Tensor] = {}

    def reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """A row on the device; not finite where a value is not."""
        if not tensor.numel():
            return torch.tensor([0.0] * 5 + [math.inf, -math.inf], dtype=self._wide, device=self.device)
        low, high = torch.aminmax(tensor)
        parts = [part for flat in flattened(tensor, self.chunk) for part in flat.split(self.chunk)]
        sums = self._sums_at_once(parts) if self.device.type == "cpu" else torch.stack([torch.stack(self._powers(part, self._wide)) for part in parts]).sum(0)
        ends = torch.stack([torch.count_nonzero(tensor).to(self._wide), low.to(self._wide), high.to(self._wide)])
        return torch.cat([sums, ends])

    def _sums_at_once(self, parts: list[torch.Tensor]) -> torch.Tensor:
        """On a CPU a number is at hand as soon as it is computed, and a chunk that needs it is done again in float64."""
        rows = []
        for part in parts:
            row = [power.item() for power in self._powers(part, torch.float32)] if part.dtype in _SINGLE else []
            if not row or not _well_conditioned(row, part.numel()):
                row = [power.item() for power in self._powers(part, torch.float64)]
            rows.append(row)
        return torch.tensor([math.fsum(column) if all(map(math.isfinite, column)) else math.nan for column in zip(*rows)], dtype=self._wide)

    def _powers(self, part: torch.Tensor, wide: torch.dtype) -> list[torch.Tensor]:
        """Sums of the first four powers of one chunk, computed in ``wide``."""
        x = part if part.dtype == wide else self._buffer(0, part.numel(), wide).copy_(part)
        xx = torch.mul(x, x, out=self._buffer(1, part.numel(), wide))
        return [x.sum(), xx.sum(), torch.dot(xx, x), torch.dot(xx, xx)]

    def _buffer(self, index: int, size: int, dtype: torch.dtype) -> torch.Tensor:
        key = (index, dtype)
        if key not in self._buffers or self._buffers[key].numel() < size:
            self._buffers[key] = torch.empty(size, dtype=dtype, device=self.device)
        return self._buffers[key][:size]


def _well_conditioned(row: list[float], size: int) -> bool:
    """Whether sums taken in float32 are as good as any: nothing overflowed or vanished, and the mean does not hide the spread."""
    total, squares, _, fourths = row
    return math.isfinite(fourths) and fourths > 1e-30 and total**2 < squares * size / 2


def flattened(tensor: torch.Tensor, chunk: int) -> Iterator[torch.Tensor]:
    """The values of ``tensor`` as one-dimensional views, in some order; what must be copied for that is at most ``chunk`` at a time."""
    ordered = dense(tensor)
    if ordered.is_contiguous():
        yield ordered.view(-1)
    elif tensor.numel() <= chunk:
        yield tensor.reshape(-1)
    else:
        rows = chunk * tensor.shape[0] // tensor.numel()
        for part in tensor.split(rows) if rows else tensor.unbind(0):
            yield from flattened(part, chunk)


def finite_only(tensor: torch.Tensor) -> tuple[list[float], int]:
    """The same numbers over the values that are finite, and how many are not. Slower; for the few tensors that need it."""
    workspace, lost = Workspace(tensor.device), 0
    rows = []
    for part in (part for flat in flattened(tensor, workspace.chunk) for part in flat.split(workspace.chunk)):
        kept = part[torch.isfinite(part)]
        lost += part.numel() - kept.numel()
        rows.append(workspace.reduce(kept).tolist())
    columns = list(zip(*rows))
    return [*map(math.fsum, columns[:-2]), min(columns[-2]), max(columns[-1])], lost
