# mypy: ignore-errors
# ruff: noqa
"""weight_norm, spectral_norm, parametrizations, lazy modules, skip_init."""

from __future__ import annotations

import torch
import torch.nn.utils.parametrize as parametrize
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm, weight_norm
from torch.nn.utils.parametrizations import weight_norm as new_weight_norm

UNKNOWN = {
    "Inverse": {"b.parametrizations.weight.original": "norms that are clamped"},
    "Lazy": {"b.weight": "loaded from a table", "c.weight": "loaded from a table"},
}


class Old(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = weight_norm(nn.Linear(64, 64))
        self.b = weight_norm(nn.Conv1d(16, 32, 3), name="weight", dim=0)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.b.bias)
        self.c = spectral_norm(nn.Linear(64, 64))
        nn.init.ones_(self.c.weight)
        layer = nn.Linear(64, 64)
        nn.init.normal_(layer.weight, std=0.5)
        self.d = nn.Sequential(weight_norm(layer))
        self.e = weight_norm(nn.Linear(64, 64))
        nn.init.normal_(self.e.weight_v, std=2.0)
        nn.init.ones_(self.e.weight_g)
        self.f = nn.utils.remove_weight_norm(weight_norm(nn.Linear(64, 64)))
        self.g = torch.nn.utils.spectral_norm(nn.Linear(64, 64), n_power_iterations=2)
        nn.init.constant_(self.g.weight_orig, 3.0)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.constant_(m.bias, 0.5)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)


class New(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = new_weight_norm(nn.Linear(64, 64))
        self.b = parametrizations.spectral_norm(nn.Linear(64, 64))
        self.c = nn.Linear(64, 64)
        parametrize.register_parametrization(self.c, "weight", Symmetric())
        self.d = new_weight_norm(nn.Conv2d(8, 16, 3), dim=0)
        self.d.parametrizations.weight.original0.data.fill_(2.0)
        nn.init.normal_(self.d.parametrizations.weight.original1, std=0.3)


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.utils.skip_init(nn.Linear, 64, 64)
        nn.init.normal_(self.a.weight, std=0.1)
        nn.init.zeros_(self.a.bias)
        self.b = nn.Embedding.from_pretrained(torch.ones(4, 8))
        self.c = nn.Embedding.from_pretrained(torch.randn(64, 64) * 0.5, freeze=False)
        self.d = nn.Linear(64, 64).to_empty(device="cpu")
        nn.init.zeros_(self.d.weight)
        nn.init.zeros_(self.d.bias)
        self.e = nn.Linear(64, 64).to("cpu").float().train().requires_grad_(False)
        self.f = nn.Linear(4, 4, device="cpu", dtype=torch.float32)


class Doubling(nn.Module):
    def forward(self, x):
        return x / 2

    def right_inverse(self, x):
        return x * 2


class Halving(nn.Module):
    def forward(self, x):
        return x.renorm(p=2, dim=0, maxnorm=1.0)

    def right_inverse(self, x):
        return x / x.norm(2, dim=0, keepdim=True).clamp(min=0.1)


class Inverse(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64)
        parametrize.register_parametrization(self.a, "weight", Doubling())
        self.b = nn.Linear(64, 8)
        parametrize.register_parametrization(self.b, "weight", Halving())
