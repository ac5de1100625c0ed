# mypy: ignore-errors
# ruff: noqa
"""Parameters in all their constructors, fills, views and arithmetic."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn as nn
from torch import Tensor
from torch.nn import Parameter, init
from torch.nn.parameter import Parameter as P

UNKNOWN = {
    "Constructors": {
        "al": "draws from a tensor of probabilities are not followed",
        "am": "the law of an absolute value is not worked out",
        "an": "nor that of clamped values",
        "ap": "nor of sums of random tensors, which may depend on each other",
        "aq": "nor of triangles",
    },
    "InPlace": {"head.bias": "clamped"},
}
UNKNOWN_SHAPES = {"Constructors": {"al", "aq"}}

class Constructors(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(n, n))
        self.b = Parameter(torch.ones((n,)))
        self.c = P(torch.randn(n, n) * 0.02)
        self.d = torch.nn.Parameter(0.5 * torch.ones(n), requires_grad=False)
        self.e = nn.Parameter(torch.rand(n, n))
        self.f = nn.Parameter(torch.full([n, 2], math.log(10)))
        self.g = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.h = nn.Parameter(torch.tensor(0.5))
        self.i = nn.Parameter(torch.FloatTensor(n, n).uniform_(-1, 1))
        self.j = nn.Parameter(torch.Tensor(n, n).normal_(0, 0.1))
        self.k = nn.Parameter(torch.Tensor([4.0, 6.0]))
        self.l = nn.Parameter(torch.empty(n, n).normal_(std=2.0))
        self.m = nn.Parameter(init.xavier_uniform_(torch.empty(n, n)))
        self.n = nn.Parameter(torch.eye(n))
        self.o = nn.Parameter(torch.arange(10).float())
        self.p = nn.Parameter(torch.linspace(0, 1, 11))
        self.q = nn.Parameter(torch.zeros_like(self.a))
        self.r = nn.Parameter(torch.randn_like(self.a) / n**0.5)
        self.s = nn.Parameter(torch.normal(0.0, 0.3, size=(n, n)))
        self.t = nn.Parameter(torch.randn(n, n).mul_(3).add_(1))
        self.u = nn.Parameter(2 * torch.rand(n, n) - 1)
        self.v = nn.Parameter(torch.cat([torch.zeros(n), torch.ones(n)]))
        self.w = nn.Parameter(torch.stack([torch.zeros(n, n), torch.zeros(n, n)]))
        self.x = nn.Parameter(torch.randn(1, n, n).squeeze(0).t().contiguous())
        self.y = nn.Parameter(self.a.new_zeros(3, 3) + 1)
        self.z = nn.Parameter(torch.log(torch.ones(n) * 2.0))
        self.aa = nn.Parameter(torch.zeros(1, 1, n).repeat(1, 2, 3))
        self.ab = nn.Parameter(torch.ones(n) * math.sqrt(2), requires_grad=True)
        self.ac = nn.Parameter(torch.as_tensor([[1, 2], [3, 4]], dtype=torch.float32))
        self.ad = nn.Parameter(torch.from_numpy(np.ones(3)))
        self.ae = nn.Parameter(torch.zeros(n, dtype=torch.float32, device="cpu").unsqueeze(-1))
        self.af = nn.Parameter(torch.randn(n * n).view(n, -1))
        self.ag = nn.Parameter(torch.randn(n, 4, 8).reshape(n, 32).detach().clone())
        self.ah = nn.Parameter(torch.zeros(n).fill_(3.0), False)
        self.ai = nn.Parameter(-torch.ones(n) + 3)
        self.aj = nn.Parameter(1.0 / (torch.ones(4) * 4))
        self.ak = nn.Parameter(torch.randint(0, 2, (n, n)).float())
        self.al = nn.Parameter(torch.bernoulli(torch.full((n, n), 0.25)))
        self.am = nn.Parameter(torch.randn(n, n).abs())
        self.an = nn.Parameter(torch.rand(n, n).clamp(0.2, 0.4))
        self.ao = nn.Parameter(torch.ones(3) * torch.tensor([1.0, 2.0, 3.0]))
        self.ap = nn.Parameter(torch.randn(n, n) + torch.randn(n, n))
        self.aq = nn.Parameter(torch.tril(torch.ones(4, 4)))


class InPlace(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.weight = nn.Parameter(Tensor(n, n))
        self.bias = nn.Parameter(torch.empty(n))
        self.gain = nn.Parameter(torch.zeros(n))
        self.fc = nn.Linear(n, n)
        self.emb = nn.Embedding(n, n)
        self.out = nn.Linear(n, n)
        self.head = nn.Linear(n, n)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        self.bias.data.zero_()
        self.gain.data.fill_(1)
        with torch.no_grad():
            self.fc.weight.mul_(0.1)
            self.fc.bias += 2
            self.fc.bias *= 0
            self.emb.weight.copy_(torch.randn_like(self.emb.weight) * 0.3)
            self.out.weight[:] = 0.25
            self.out.bias[:] = self.gain
        self.head.weight.data = torch.ones_like(self.head.weight) * 2
        self.head.bias.data.normal_(0, 1).clamp_(0, 0)


class Slices(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.qkv = nn.Linear(n, 3 * n)
        init.xavier_uniform_(self.qkv.weight[:n])
        init.xavier_uniform_(self.qkv.weight[n : 2 * n, :])
        init.constant_(self.qkv.weight[2 * n :], 0.5)
        init.zeros_(self.qkv.bias[:n])
        init.ones_(self.qkv.bias[n:])
        self.lstm = nn.LSTMCell(n, n)
        self.lstm.bias_ih.data[n : 2 * n].fill_(1.0)
        self.lstm.bias_hh.data.zero_()
        self.packed = nn.Parameter(torch.empty(3, n, n))
        for i in range(3):
            init.normal_(self.packed[i], std=0.1)
        self.emb = nn.Embedding(n, n)
        self.emb.weight.data[0].zero_()
        self.emb.weight.data[1:].normal_(std=0.2)
        self.halves = nn.Parameter(torch.zeros(n, n))
        with torch.no_grad():
            self.halves[: n // 2] = 1.0
        self.parts = nn.Parameter(torch.empty(2 * n, n))
        a, b = self.parts.data.chunk(2, dim=0)
        init.zeros_(a)
        init.normal_(b)
        self.split = nn.Parameter(torch.empty(n, n))
        for piece in self.split.data.split(n // 4):
            init.uniform_(piece, 0, 1)
        self.column = nn.Parameter(torch.zeros(n, n))
        self.column.data[:, 0] = 3
        self.one = nn.Parameter(torch.zeros(n, n))
        self.one.data[3, 5] = 1
        self.twice = nn.Parameter(torch.zeros(n, n))
        with torch.no_grad():
            self.twice[:10].fill_(1)
            self.twice[:20].fill_(2)


class Overlapping(nn.Module):
    """The slice behind a wider one wins where they overlap."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(64, 64))
        with torch.no_grad():
            self.w[:32].fill_(1)
            self.w[16:48].fill_(2)
            self.w[:, :8].fill_(3)
        self.hole = nn.Parameter(torch.zeros(64, 64))
        with torch.no_grad():
            self.hole[:32].fill_(1)
            self.hole[16:20, 16:20].fill_(2)


class Rows(nn.Module):
    """More rows than are told apart, one after the other, then backwards, then one of them again."""

    def __init__(self, n=200):
        super().__init__()
        self.up = nn.Parameter(torch.empty(n, 16))
        self.down = nn.Parameter(torch.zeros(n, 16))
        with torch.no_grad():
            for i in range(n):
                self.up[i].normal_(0, 0.5)
            for i in reversed(range(n // 2, n)):
                self.down[i, 4:12] = 1.0
            self.up[0] = 0
            self.up[n // 2, 3] = 0
            self.down[n - 1] = 2.0
        self.lapped = nn.Parameter(torch.zeros(n, 16))
        with torch.no_grad():
            self.lapped[: n // 2, :8].fill_(3.0)
            self.lapped[n // 4 : n, 4:].fill_(3.0)


class Gains(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        layers = {}
        for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
            layers[name] = nn.Linear(n, n)
            init.xavier_normal_(layers[name].weight, gain=init.calculate_gain(name))
        layers["leaky"] = nn.Linear(n, n)
        init.xavier_uniform_(layers["leaky"].weight, nn.init.calculate_gain("leaky_relu", 0.2))
        layers["fan"] = nn.Linear(n, 2 * n)
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(layers["fan"].weight)
        init.normal_(layers["fan"].weight, 0, math.sqrt(2.0 / (fan_in + fan_out)))
        init.uniform_(layers["fan"].bias, -1 / fan_in**0.5, 1 / math.sqrt(fan_in))
        layers["conv"] = nn.Conv2d(16, 32, 3, groups=4)
        conv = layers["conv"]
        k = conv.kernel_size[0] * conv.kernel_size[1] * conv.out_channels
        k //= conv.groups
        conv.weight.data.normal_(0, math.sqrt(2.0 / k))
        layers["depth"] = nn.Linear(n, n)
        init.normal_(layers["depth"].weight, std=0.02 / math.sqrt(2 * 12))
        layers["shape"] = nn.Linear(n, n)
        init.normal_(layers["shape"].weight, std=layers["shape"].weight.shape[-1] ** -0.5)
        layers["numel"] = nn.Linear(n, n)
        init.constant_(layers["numel"].weight, layers["numel"].weight.numel() / layers["numel"].weight.size(0) / layers["numel"].weight.dim())
        layers["numpy"] = nn.Linear(n, n)
        init.normal_(layers["numpy"].weight, std=float(np.sqrt(2 / n)))
        layers["prior"] = nn.Linear(n, n)
        init.constant_(layers["prior"].bias, -math.log((1 - 0.01) / 0.01))
        layers["expm"] = nn.Linear(n, n)
        init.constant_(layers["expm"].bias, round(math.exp(1.5), 2) % 3 + abs(-2) // 1.5)
        self.layers = nn.ModuleDict(layers)


class Tied(nn.Module):
    def __init__(self, n=64):
        super().__init__()
        self.emb = nn.Embedding(n, 64)
        self.head = nn.Linear(64, n, bias=False)
        self.head.weight = self.emb.weight
        init.normal_(self.emb.weight, std=0.02)
        self.a = nn.Linear(64, 64)
        self.b = nn.Linear(64, 64)
        init.zeros_(self.b.weight)
        self.a.weight = self.b.weight
        self.c = nn.Linear(64, 64)
        self.c.weight.data = self.emb.weight.data
        self.d = nn.Linear(4, 4)
        self.e = nn.Linear(4, 4)
        self.e.load_state_dict(self.d.state_dict()) if False else self.e.weight.data.copy_(init.ones_(self.d.weight).data)
