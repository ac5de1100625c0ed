"""Sums and means over the values of a group."""

from __future__ import annotations

from torch_scatter.groups import scatter_mean, scatter_sum


def scatter(src, index, dim=-1, out=None, dim_size=None, reduce="sum"):
    return scatter_sum(src, index) if reduce in ("sum", "add") else scatter_mean(src, index)
