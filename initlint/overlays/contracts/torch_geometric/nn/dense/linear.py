"""A linear layer that is told its initializers by name, and by default draws as torch's own."""

from __future__ import annotations

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
        if str(in_channels) == "-1":  # of no size with a name
            self.weight = nn.UninitializedParameter()
            self.bias = nn.UninitializedParameter() if bias else None
        else:
            like = nn.Linear(in_channels, out_channels, bias)
            self.weight = like.weight
            self.bias = like.bias
            self.reset_parameters()

    def reset_parameters(self):
        if self.weight_initializer == "glorot":
            inits.glorot(self.weight)
        if self.bias_initializer == "zeros" and self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)
