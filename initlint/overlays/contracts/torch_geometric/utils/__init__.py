"""What layers of graphs do with the values of a node's neighbours."""

from __future__ import annotations

import torch
from torch_scatter import scatter as scatter


def softmax(src, index=None, ptr=None, num_nodes=None, dim=0):
    return torch.softmax(src, dim)
