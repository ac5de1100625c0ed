# mypy: ignore-errors
# ruff: noqa
"""Values that reach a layer through the arguments of functions and constructors."""

from __future__ import annotations

from torch import nn

EXPRESSIONS = (
    "ByNameOrClass(nn.ReLU)",
    "Sizes(96)",
    "Sizes(80, depth=3, bias=False)",
    "Sizes(hidden=72, *(), **{'depth': 1})",
    "KeywordOnly(width=100, std=0.5)",
    "PositionalOnly(64, 0.3)",
    "Packed(64, 128, 64, std=0.2, bias=False)",
    "factory('wide')",
    "factory(kind='narrow')",
    "Forwarding(64, scale=3.0)",
)


class Sizes(nn.Module):
    def __init__(self, hidden=64, depth=2, *, bias=True, ratio=4.0):
        super().__init__()
        inner = int(hidden * ratio)
        self.layers = nn.ModuleList([nn.Linear(hidden, inner, bias=bias) for _ in range(depth)])
        self.out = nn.Linear(inner, hidden // 2)


class KeywordOnly(nn.Module):
    def __init__(self, *, width=64, std=0.02):
        super().__init__()
        self.fc = nn.Linear(width, width)
        nn.init.normal_(self.fc.weight, std=std)
        nn.init.constant_(self.fc.bias, val=std / 2)


class PositionalOnly(nn.Module):
    def __init__(self, width=64, std=0.1, /):
        super().__init__()
        self.fc = nn.Linear(width, width)
        nn.init.normal_(self.fc.weight, 0.0, std)


class Packed(nn.Module):
    def __init__(self, *widths, std=0.1, **options):
        super().__init__()
        widths = widths or (64, 96)
        self.layers = nn.ModuleList()
        for left, right in zip(widths[:-1], widths[1:]):
            layer = nn.Linear(left, right, **options)
            nn.init.normal_(layer.weight, std=std)
            self.layers.append(layer)


class Base(nn.Module):
    def __init__(self, width=64, scale=1.0, bias=True, **unused):
        super().__init__()
        self.fc = nn.Linear(width, width, bias)
        nn.init.uniform_(self.fc.weight, -scale, scale)


class Forwarding(Base):
    def __init__(self, *args, extra=64, **kwargs):
        kwargs.setdefault("scale", 2.0)
        super().__init__(*args, **kwargs)
        self.extra = nn.Linear(self.fc.out_features, extra)


class Popping(Base):
    def __init__(self, **kwargs):
        std = kwargs.pop("std", 0.07)
        kwargs["scale"] = kwargs.get("scale", 0.25)
        super().__init__(**kwargs, unused=1)
        nn.init.normal_(self.fc.bias, std=std)


class DefaultsFromOthers(nn.Module):
    def __init__(self, dim=64, heads=4, head_dim=None, out=None, layer=nn.Linear):
        super().__init__()
        head_dim = head_dim or dim // heads
        inner = head_dim * heads if out is None else out
        self.q = layer(dim, inner, bias=False)
        self.project = not (heads == 1 and head_dim == dim)
        self.out = layer(inner, dim) if self.project else nn.Identity()


def helper(layer, std=0.05, bias_const=0.1):
    nn.init.normal_(layer.weight, std=std)
    nn.init.constant_(layer.bias, bias_const)
    return layer


class Helper(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = helper(nn.Linear(64, 64))
        self.b = helper(nn.Linear(64, 64), bias_const=-1.0)
        self.c = helper(std=0.7, layer=nn.Linear(64, 64))
        self.d = helper(*[nn.Linear(64, 64), 0.3], **dict(bias_const=2))


def factory(kind="wide"):
    options = {"wide": dict(hidden=128, depth=1), "narrow": {"hidden": 64, "depth": 3}}
    return Sizes(**options[kind])


def choose(activation):
    try:
        if isinstance(activation(), nn.Module):
            return {}
    except TypeError:
        pass
    return {"gain": nn.init.calculate_gain(activation)}


class ByNameOrClass(nn.Module):
    def __init__(self, activation="relu"):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        nn.init.xavier_uniform_(self.fc.weight, **choose(activation))
