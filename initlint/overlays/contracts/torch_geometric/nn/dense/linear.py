"""A linear layer that is told its initializers by name."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.nn import inits


class Linear(nn.Module):
    def __init__(self, in_channels, out_channels, bias=True, weight_initializer=None, bias_initializer=None):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.weight_initializer = weight_initializer
        self.bias_initializer = bias_initializer
        self.lazy = str(in_channels) == "-1"  # of no size with a name
        self.bias = None
        if self.lazy:
            self.weight = nn.UninitializedParameter()
        else:
            self.weight = nn.Parameter(torch.zeros(out_channels, in_channels))
        if bias:
            self.bias = nn.UninitializedParameter() if self.lazy else nn.Parameter(torch.zeros(out_channels))
        self.reset_parameters()

    def reset_parameters(self):
        if self.lazy:
            return
        if self.weight_initializer == "glorot":
            inits.glorot(self.weight)
        elif self.weight_initializer == "uniform":
            inits.uniform(self.in_channels, self.weight)
        else:
            inits.kaiming_uniform(self.weight, fan=self.in_channels, a=math.sqrt(5))
        if self.bias is not None and self.bias_initializer is None:
            inits.uniform(self.in_channels, self.bias)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)
