"""Layers of single nodes."""

from __future__ import annotations

from torch_geometric.nn.dense.linear import Linear as Linear
