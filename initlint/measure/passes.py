"""One pass over a tensor's memory, chunk by chunk, on the device it lives on."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

CHUNK = 1 << 17
"""Values widened at a time: 2 MiB of buffers, whatever the size of the model."""
SAMPLED = 1 << 12
"""Values that enter a digest, evenly spaced."""
_SUMS = 4
_MIX = -7046029254386353131  # 2**64 / golden ratio, odd, as a signed integer
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Workspace:
    """The buffers of one device, and what has been reduced there so far."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.wide = torch.float32 if device.type == "mps" else torch.float64  # the one accelerator without float64
        self._values = torch.empty(0, dtype=self.wide, device=device)
        self._squares = torch.empty(0, dtype=self.wide, device=device)
        self._weights = torch.arange(1, SAMPLED + 1, device=device) * _MIX
        self._rows: list[torch.Tensor] = []
        self._digests: list[torch.Tensor] = []

    def add(self, tensor: torch.Tensor) -> None:
        """Reduce ``tensor``; ``collect`` returns its numbers later, so that nothing waits for the device in between."""
        partial = [self._reduce(part) for flat in flattened(tensor) for part in flat.split(CHUNK)]
        table = torch.stack(partial) if partial else torch.zeros(1, _SUMS + 3, dtype=self.wide, device=self.device)
        sums, low, high = table[:, : _SUMS + 1].sum(0), table[:, -2].amin(), table[:, -1].amax()
        self._rows.append(torch.cat([sums, torch.stack([low, high])]))
        self._digests.append(self._digest(tensor))

    def collect(self) -> Iterator[tuple[list[float], int]]:
        """For every tensor added: sums of the first four powers, zeros, minimum and maximum; and its digest."""
        if self._rows:
            yield from zip(torch.stack(self._rows).tolist(), torch.stack(self._digests).tolist(), strict=True)

    def _reduce(self, part: torch.Tensor) -> torch.Tensor:
        size = part.numel()
        if self._values.numel() < size:
            self._values, self._squares = (torch.empty(size, dtype=self.wide, device=self.device) for _ in range(2))
        x, xx = self._values[:size], self._squares[:size]
        x.copy_(part)
        torch.mul(x, x, out=xx)
        low, high = torch.aminmax(part)
        zeros = size - torch.count_nonzero(part)
        return torch.stack([x.sum(), xx.sum(), torch.dot(xx, x), torch.dot(xx, xx), zeros.to(self.wide), low.to(self.wide), high.to(self.wide)])

    def _digest(self, tensor: torch.Tensor) -> torch.Tensor:
        """A sum of the bits of evenly spaced values, each weighted by its place."""
        count = tensor.numel()
        if not count:
            return torch.zeros((), dtype=torch.int64, device=self.device)
        places = torch.arange(0, count, math.ceil(count / SAMPLED), device=self.device)
        sample = tensor.take(places) if tensor.is_contiguous() else tensor[torch.unravel_index(places, tensor.shape)]
        bits = sample.view(_BITS[sample.element_size()]).to(torch.int64)
        return ((bits ^ (bits >> 7)) * self._weights[: len(places)]).sum()


def flattened(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """The values of ``tensor`` as one-dimensional views, in some order, without copying more than a chunk."""
    ordered = tensor.permute(sorted(range(tensor.dim()), key=tensor.stride, reverse=True))
    if ordered.is_contiguous():
        yield ordered.view(-1)
    elif tensor.numel() <= CHUNK:
        yield tensor.reshape(-1)
    else:
        for part in tensor.unbind(0):
            yield from flattened(part)


def finite_only(tensor: torch.Tensor) -> tuple[list[float], int]:
    """The same numbers over the values that are finite, and how many are not. Slower; for tensors that need it."""
    clean = Workspace(tensor.device)
    lost = 0
    chunks = [part for flat in flattened(tensor) for part in flat.split(CHUNK)]
    totals = [0.0] * (_SUMS + 1) + [math.inf, -math.inf]
    for part in chunks:
        kept = part[torch.isfinite(part)]
        lost += part.numel() - kept.numel()
        if kept.numel():
            row = clean._reduce(kept).tolist()
            totals = [a + b for a, b in zip(totals[:-2], row[:-2])] + [min(totals[-2], row[-2]), max(totals[-1], row[-1])]
    return totals, lost
