"""Branches that are left out at random."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn


def drop_path(x, drop_prob=0.0, training=False, scale_by_keep=True):
    return F.dropout(x, drop_prob, training)


class DropPath(nn.Module):
    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()
        self.drop_prob = drop_prob
        self.scale_by_keep = scale_by_keep

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training)
