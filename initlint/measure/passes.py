"""One pass over a tensor's memory, chunk by chunk, on the device it lives on."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

CHUNK = 1 << 18
"""Values widened at a time on a CPU: 4 MiB of buffers, whatever the size of the model."""
ACCELERATOR_CHUNK = 1 << 24
"""The same elsewhere, where a launch costs more than a pass over a cache."""
SAMPLED = 1 << 12
"""Values that enter a digest, evenly spaced."""
_MIX = -7046029254386353131  # 2**64 / golden ratio, odd, as a signed integer
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}

Row = list[float]
"""Sums of the first four powers, how many values are not zero, minimum and maximum."""


class Workspace:
    """The buffers of one device, and what has been reduced there so far."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.chunk = CHUNK if device.type == "cpu" else ACCELERATOR_CHUNK
        self._wide = torch.float32 if device.type == "mps" else torch.float64  # the one accelerator without float64
        self._buffers = torch.empty(2, 0, dtype=self._wide, device=device)
        self._weights = torch.arange(1, SAMPLED + 1, device=device) * _MIX
        self._rows: list[torch.Tensor] = []
        self._digests: list[torch.Tensor] = []

    def add(self, tensor: torch.Tensor) -> None:
        """Reduce ``tensor``; ``collect`` returns its numbers later, so that nothing waits for the device in between."""
        self._rows.append(self.reduce(tensor))
        self._digests.append(self._digest(tensor))

    def collect(self) -> Iterator[tuple[Row, int]]:
        """For every tensor added, its numbers and its digest, copied from the device in one go."""
        if self._rows:
            yield from zip(torch.stack(self._rows).tolist(), torch.stack(self._digests).tolist(), strict=True)

    def reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """A ``Row`` on the device; not finite where a value is not."""
        if not tensor.numel():
            return torch.tensor([0.0] * 5 + [math.inf, -math.inf], dtype=self._wide, device=self.device)
        low, high = torch.aminmax(tensor)
        parts = [part for flat in flattened(tensor, self.chunk) for part in flat.split(self.chunk)]
        sums = self._sums_at_once(parts) if self.device.type == "cpu" else torch.stack([torch.stack(self._powers(part)) for part in parts]).sum(0)
        ends = torch.stack([torch.count_nonzero(tensor).to(self._wide), low.to(self._wide), high.to(self._wide)])
        return torch.cat([sums, ends])

    def _sums_at_once(self, parts: list[torch.Tensor]) -> torch.Tensor:
        """On a CPU a number is at hand as soon as it is computed."""
        rows = [[power.item() for power in self._powers(part)] for part in parts]
        return torch.tensor([math.fsum(column) if all(map(math.isfinite, column)) else math.nan for column in zip(*rows)], dtype=self._wide)

    def _powers(self, part: torch.Tensor) -> list[torch.Tensor]:
        size = part.numel()
        if self._buffers.shape[1] < size:
            self._buffers = torch.empty(2, size, dtype=self._wide, device=self.device)
        x, xx = self._buffers[0, :size], self._buffers[1, :size]
        x.copy_(part)
        torch.mul(x, x, out=xx)
        return [x.sum(), xx.sum(), torch.dot(xx, x), torch.dot(xx, xx)]

    def _digest(self, tensor: torch.Tensor) -> torch.Tensor:
        """A sum of the bits of evenly spaced values, each weighted by its place."""
        count = tensor.numel()
        if not count:
            return torch.zeros((), dtype=torch.int64, device=self.device)
        places = torch.arange(0, count, math.ceil(count / SAMPLED), device=self.device)
        sample = tensor.take(places) if tensor.is_contiguous() else tensor[torch.unravel_index(places, tensor.shape)]
        bits = sample.view(_BITS[sample.element_size()]).to(torch.int64)
        return ((bits ^ (bits >> 7)) * self._weights[: len(places)]).sum()


def flattened(tensor: torch.Tensor, chunk: int) -> Iterator[torch.Tensor]:
    """The values of ``tensor`` as one-dimensional views, in some order; what must be copied for that is at most ``chunk`` at a time."""
    ordered = tensor.permute(sorted(range(tensor.dim()), key=tensor.stride, reverse=True))
    if ordered.is_contiguous():
        yield ordered.view(-1)
    elif tensor.numel() <= chunk:
        yield tensor.reshape(-1)
    else:
        for part in tensor.unbind(0):
            yield from flattened(part, chunk)


def finite_only(tensor: torch.Tensor) -> tuple[Row, int]:
    """The same numbers over the values that are finite, and how many are not. Slower; for the few tensors that need it."""
    workspace, lost = Workspace(tensor.device), 0
    rows = []
    for part in (part for flat in flattened(tensor, CHUNK) for part in flat.split(CHUNK)):
        kept = part[torch.isfinite(part)]
        lost += part.numel() - kept.numel()
        rows.append(workspace.reduce(kept).tolist())
    columns = list(zip(*rows))
    return [*map(math.fsum, columns[:-2]), min(columns[-2]), max(columns[-1])], lost
