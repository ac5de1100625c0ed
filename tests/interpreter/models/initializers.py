# mypy: ignore-errors
# ruff: noqa
"""Every function of torch.nn.init under several names."""

from __future__ import annotations

import torch
import torch.nn
import torch.nn as nn
import torch.nn.init
import torch.nn.init as I
from torch import nn as net
from torch.nn import init
from torch.nn.init import kaiming_normal_ as he, trunc_normal_
from torch.nn.init import *

UNKNOWN = {"Deprecated": {"c.weight": "random_ is not described", "k.weight": "the moments of log_normal_ are not described"}}


class Plain(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        names = "uniform normal trunc xavier_u xavier_n kaiming_u kaiming_n orthogonal sparse eye ones zeros constant"
        for name in names.split():
            setattr(self, name, nn.Linear(n, n, bias=False))
        torch.nn.init.uniform_(self.uniform.weight, -0.5, 1.5)
        nn.init.normal_(self.normal.weight, 1, 2)
        trunc_normal_(self.trunc.weight, mean=0.5, std=1.0, a=-1.0, b=1.0)
        init.xavier_uniform_(self.xavier_u.weight, 2.0)
        net.init.xavier_normal_(self.xavier_n.weight, gain=3.0)
        I.kaiming_uniform_(self.kaiming_u.weight, 0.1)
        he(self.kaiming_n.weight, mode="fan_out", nonlinearity="tanh")
        orthogonal_(self.orthogonal.weight, gain=2)
        sparse_(self.sparse.weight, sparsity=0.25, std=0.5)
        eye_(self.eye.weight)
        ones_(self.ones.weight)
        init.zeros_(self.zeros.weight)
        torch.nn.init.constant_(self.constant.weight, val=0.3)


class Defaults(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, 2 * n) for _ in range(9)])
        functions = [
            init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_,
            init.kaiming_normal_, init.orthogonal_, init.ones_,
        ]  # fmt: skip
        for function, layer in zip(functions, self.layers):
            function(layer.weight)
            init.normal_(tensor=layer.bias)


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(16, 32, 3, groups=4)
        self.b = nn.Conv2d(16, 16, 3)
        self.c = nn.ConvTranspose2d(16, 32, 4)
        self.d = nn.Conv1d(32, 64, 5)
        self.e = nn.Conv3d(8, 8, 3)
        self.f = nn.Conv2d(32, 64, (3, 5))
        init.kaiming_normal_(self.a.weight, mode="fan_out")
        init.dirac_(self.b.weight)
        init.xavier_normal_(self.c.weight)
        init.orthogonal_(self.d.weight, 0.5)
        init.dirac_(self.e.weight, groups=2)
        init.kaiming_uniform_(self.f.weight, a=5**0.5, mode="fan_in", nonlinearity="leaky_relu")


class Deprecated(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.a = nn.Linear(n, n)
        self.b = nn.Linear(n, n)
        self.b.weight.data.exponential_(2.0)
        self.c = nn.Linear(n, n)
        self.c.weight.data.random_(0, 2)
        self.d = nn.Linear(n, n)
        self.d.weight.data.bernoulli_(0.3)
        self.e = nn.Linear(n, n)
        torch.nn.init.trunc_normal_(self.e.weight, std=0.02, a=-0.04, b=0.04)
        self.f = nn.Linear(n, n)
        with torch.no_grad():
            init.trunc_normal_(self.f.weight).mul_(0.5)
        self.g = nn.Linear(n, n)
        torch.nn.init.normal_(self.g.weight.data).mul_(2).add_(3)
        self.h = nn.Linear(n, n)
        self.h.weight.data = torch.randn(n, n).data * 0.1
        self.i = nn.Linear(n, n)
        self.i.weight = nn.Parameter(torch.nn.init.orthogonal_(torch.empty(n, n)))
        self.j = nn.Linear(n, n)
        self.j.bias.data = torch.zeros(n)
        self.k = nn.Linear(n, n)
        self.k.weight.data.log_normal_(0.0, 0.25)
