# mypy: ignore-errors
# ruff: noqa
"""Module containers and registration."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn


class Sequentials(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4))
        self.b = nn.Sequential(*[nn.Linear(4, 4) for _ in range(2)], nn.Tanh(), *(nn.Linear(5, 5),))
        self.c = nn.Sequential(OrderedDict([("in", nn.Linear(2, 2)), ("act", nn.ReLU()), ("out", nn.Linear(2, 1))]))
        self.d = nn.Sequential(OrderedDict(first=nn.Conv2d(1, 2, 3)))
        self.e = nn.Sequential()
        self.e.add_module("x", nn.Linear(1, 1))
        self.e.append(nn.Linear(2, 2))
        self.e.extend([nn.Linear(3, 3)])
        self.f = nn.Sequential(nn.Sequential(nn.Linear(1, 2)), nn.Sequential(OrderedDict(z=nn.Linear(2, 3))))
        nn.init.zeros_(self.a[0].weight)
        nn.init.ones_(self.a[-1].weight)
        nn.init.constant_(self.c.out.weight, 3)
        nn.init.constant_(self.f[1].z.bias, 4)
        nn.init.constant_(self.f[1][0].weight, 5)
        for layer in self.b[1:]:
            if isinstance(layer, nn.Linear):
                nn.init.zeros_(layer.bias)
        self.g = self.b[:2]
        self.h = nn.Sequential(*list(self.a.children())[:-1])
        self.i = nn.Sequential(*self.a, nn.Linear(9, 9))
        self.j = nn.Linear(len(self.a), len(self.c))
        self.a[1] = nn.PReLU()
        del self.i[0]
        self.k = nn.Sequential(nn.Linear(1, 1)) + nn.Sequential(nn.Linear(2, 2))
        self.l = nn.Sequential(*[m for m in self.a if not isinstance(m, nn.PReLU)])


class Lists(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.a = nn.ModuleList()
        for i in range(n):
            self.a.append(nn.Linear(i + 1, 2))
        self.b = nn.ModuleList([nn.Linear(2, 2)] * 2)
        self.c = nn.ModuleList([nn.Linear(1, 1)]) + [nn.Linear(2, 2)]
        self.d = nn.ModuleList([None, nn.Linear(3, 3), nn.ModuleList([nn.Linear(4, 4)])])
        self.e = nn.ModuleList([nn.Linear(1, 1)])
        self.e += [nn.Linear(2, 2), nn.Linear(3, 3)]
        self.e.insert(1, nn.Linear(9, 9))
        self.e.pop(0)
        self.f = nn.ModuleList(self.a[1:])
        nn.init.zeros_(self.f[0].weight)
        for i, layer in enumerate(self.e):
            nn.init.constant_(layer.weight, i)
        for layer, other in zip(self.a, reversed(self.e)):
            nn.init.constant_(layer.bias, other.in_features)
        self.g = nn.Linear(len(self.e), sum(layer.in_features for layer in self.a))


class Dicts(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ModuleDict({"x": nn.Linear(1, 1), "y": nn.Linear(2, 2)})
        self.b = nn.ModuleDict([["p", nn.Linear(3, 3)], ("q", nn.Linear(4, 4))])
        self.c = nn.ModuleDict()
        for key in ("k", "l"):
            self.c[key] = nn.Linear(5, 5)
        self.c.update({"m": nn.Linear(6, 6)})
        nn.init.zeros_(self.a["x"].weight)
        nn.init.ones_(self.b.q.weight)
        for key, layer in self.c.items():
            nn.init.constant_(layer.weight, ord(key))
        for layer in self.a.values():
            nn.init.zeros_(layer.bias)
        for key in self.b:
            nn.init.constant_(self.b[key].bias, 2)
        if "y" in self.a and "z" not in self.a:
            nn.init.constant_(self.a["y"].weight, 8)
        self.d = self.c.pop("k")
        self.e = nn.Linear(len(self.c), len(list(self.a.keys())))
        self.f = nn.ModuleDict(dict(zip("uv", [nn.Linear(1, 1), nn.Linear(2, 2)])))


class ParameterContainers(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ParameterList([nn.Parameter(torch.zeros(2, i + 1)) for i in range(2)])
        self.b = nn.ParameterDict({"x": nn.Parameter(torch.ones(3)), "y": torch.full((2,), 4.0)})
        self.c = nn.ParameterList()
        self.c.append(nn.Parameter(torch.empty(64, 64)))
        nn.init.normal_(self.c[0], std=0.2)
        self.c.extend([torch.zeros(5)])
        self.b["z"] = nn.Parameter(torch.empty(4))
        for p in self.b.values():
            p.data.add_(1.0) if p.numel() < 4 else nn.init.zeros_(p)
        for i, p in enumerate(self.a):
            nn.init.constant_(p, i + 7)


class Registered(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("one", nn.Linear(1, 1))
        self.register_parameter("two", nn.Parameter(torch.full((4,), 2.0)))
        self.register_parameter("none", None)
        self.register_parameter(name="named", param=nn.Parameter(torch.eye(3)))
        self.register_module("three", nn.Linear(3, 3))
        self.register_buffer("four", torch.zeros(4))
        self.register_buffer("five", torch.arange(5), persistent=False)
        self.add_module("empty", None)
        self._modules["six"] = nn.Linear(6, 6)
        self._parameters["seven"] = nn.Parameter(torch.zeros(7))
        self.none = nn.Parameter(torch.ones(2))
        self.get_submodule("one").weight.data.fill_(9.0)
        nn.init.ones_(self.get_parameter("three.weight"))
        self.four = torch.ones(2)
        self.n = nn.Linear(len(self._modules), len(list(self.buffers())))


class _Block(nn.Module):
    def __init__(self, width, inner=None):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.inner = inner


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = _Block(64, _Block(32, nn.Sequential(_Block(16), _Block(8))))
        nn.init.zeros_(self.a.inner.inner[0].fc.weight)
        self.b = nn.ModuleList([nn.ModuleDict({"x": nn.Sequential(nn.Linear(2, 2))})])
        self.b[0]["x"][0].bias.data.fill_(3)
        self.shared = nn.Linear(5, 5)
        self.again = self.shared
        self.list = nn.ModuleList([self.shared, nn.Linear(1, 1), self.again])
        nn.init.ones_(self.again.weight)
        layers = [self.a.fc]
        self.plain = layers
        self.holder = {"x": nn.Linear(3, 3)}
