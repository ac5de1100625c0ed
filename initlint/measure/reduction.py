"""What is kept of a tensor that has been read once: a row of numbers and a digest."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import torch

SAMPLED = 1 << 12
"""Values that enter a digest, evenly spaced."""
MIX = -7046029254386353131
"""What places are multiplied with: 2**64 / golden ratio, odd, as a signed integer."""
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


class Reduced(NamedTuple):
    """A tensor's numbers, over the values that are finite."""

    row: list[float]
    """Sums of the first four powers, how many values are not zero, minimum and maximum."""
    lost: int
    """How many values are not finite."""
    digest: int


def dense(tensor: torch.Tensor) -> torch.Tensor:
    """The same values with dimensions in the order in which they lie in memory."""
    return tensor.permute(sorted(range(tensor.dim()), key=tensor.stride, reverse=True))


def digest(tensor: torch.Tensor) -> torch.Tensor:
    """A sum of the bits of evenly spaced values, each weighted by its place; on the tensor's device."""
    count = tensor.numel()
    if not count:
        return torch.zeros((), dtype=torch.int64, device=tensor.device)
    places = torch.arange(0, count, math.ceil(count / SAMPLED), device=tensor.device)
    sample = tensor.take(places) if tensor.is_contiguous() else tensor[torch.unravel_index(places, tensor.shape)]
    bits = sample.view(_BITS[sample.element_size()]).to(torch.int64)
    return ((bits ^ (bits >> 7)) * _weights(tensor.device)[: len(places)]).sum()


@lru_cache(maxsize=8)
def _weights(device: torch.device) -> torch.Tensor:
    return torch.arange(1, SAMPLED + 1, device=device) * MIX
