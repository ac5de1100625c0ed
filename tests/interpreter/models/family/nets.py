# mypy: ignore-errors
# ruff: noqa
"""Inheritance and super() over files."""

from __future__ import annotations

import torch
from torch import nn

from tests.interpreter.models.family import base as other_path

from . import Mixin, Renamed
from .base import Base, register_block

EXPRESSIONS = ("Leaf(hidden=80, depth=1)", "Diamond(depth=1)", "other_path.Chain(('plain', 'gated'))")


class Leaf(Renamed):
    std = 0.5

    def build(self, **kwargs):
        super().build(**kwargs)
        self.norm = nn.LayerNorm(self.hidden)

    def _init_weights(self, module):
        super()._init_weights(module)
        if isinstance(module, nn.LayerNorm):
            nn.init.constant_(module.weight, 0.1)


class Diamond(Mixin, Renamed):
    extra = 5

    def __init__(self, *args, **kwargs):
        super(Diamond, self).__init__(*args, **kwargs)
        self.init_weights()


class Explicit(Base):
    def __init__(self):
        Base.__init__(self, 72)
        nn.Module.add_module(self, "more", nn.Linear(3, 3))

    def build(self):
        pass


class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.order = ["A"]
        self.hook()

    def hook(self):
        self.order.append("hookA")


class B(A):
    def __init__(self):
        super().__init__()
        self.b = nn.Linear(3, 3)
        self.order.append("B")

    def hook(self):
        super().hook()
        self.hooked = nn.Linear(4, 4)


class C(A):
    def __init__(self):
        super().__init__()
        self.c = nn.Linear(5, 5)


class D(B, C):
    def __init__(self):
        super().__init__()
        self.d = nn.Linear(len(self.order), 6)
        self.m = nn.Linear([k.__name__ for k in type(self).__mro__].index("C"), 1)


class _ScaledLinear(nn.Linear):
    def __init__(self, *args, scale=0.1, **kwargs):
        self.scale = scale
        super().__init__(*args, **kwargs)

    def reset_parameters(self):
        nn.init.normal_(self.weight, std=self.scale)
        if self.bias is not None:
            nn.init.constant_(self.bias, self.scale)


class _AfterReset(nn.Conv2d):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def reset_parameters(self):
        super().reset_parameters()
        nn.init.zeros_(self.bias)


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = _ScaledLinear(64, 64)
        self.b = _ScaledLinear(64, 64, bias=False, scale=0.7)
        self.c = _AfterReset(8, 16, kernel_size=3)
        self.d = nn.Linear(64, 64)
        nn.init.zeros_(self.d.weight)
        self.d.reset_parameters()
        self.e = Embedding(50, 64)
        self.f = Head(64, [64, 32])
        self.g = Identity2(4)
        self.h = nn.LayerNorm(8)
        nn.init.zeros_(self.h.weight)
        self.h.reset_parameters()
        for m in self.modules():
            if m is not self and hasattr(m, "reset"):
                m.reset()
            if isinstance(m, _ScaledLinear):
                nn.init.constant_(m.bias, 2.0) if m.bias is not None else None


class Embedding(nn.Embedding):
    def reset_parameters(self):
        nn.init.normal_(self.weight, std=self.embedding_dim**-0.5)


class Head(nn.Sequential):
    def __init__(self, width, widths):
        layers = []
        for w in widths:
            layers += [nn.Linear(width, w), nn.ReLU()]
            width = w
        super().__init__(*layers[:-1])
        self.out = nn.Linear(width, 1)


class Identity2(nn.ModuleList):
    def __init__(self, n):
        super().__init__([nn.Linear(n, n) for _ in range(2)])
        self.append(nn.Linear(n, 1))

    def reset(self):
        nn.init.zeros_(self[0].weight)
        nn.init.ones_(self[-1].weight)


class Gated(nn.Module):
    def __init__(self, width, out):
        super().__init__()
        self.gate = nn.Linear(width, out)
        nn.init.constant_(self.gate.bias, 2.0)


register_block("gated", Gated)
