# mypy: ignore-errors
# ruff: noqa
"""hasattr, getattr, setattr, isinstance, type tests, attribute hooks, registries, star imports, conditional imports."""

from __future__ import annotations

import math
import sys
import typing

import torch
from torch import nn
from torch.nn import *
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

if typing.TYPE_CHECKING:
    from nowhere import Nothing

if sys.version_info >= (3, 8):
    WIDTH = 48
else:
    WIDTH = 13

try:
    from not_installed import FastLinear as Dense
except ImportError:
    Dense = nn.Linear

HAS = False
try:
    import not_installed_either

    HAS = True
except ModuleNotFoundError:
    pass


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Dense(WIDTH, WIDTH)
        self.b = Linear(3, 4 if HAS else 5)
        self.c = ModuleList([Conv2d(1, 2, 3)])


class Hierarchy(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(16, 16, 3)
        self.conv = nn.Conv2d(16, 16, 3)
        self.up = nn.ConvTranspose2d(16, 16, 3)
        self.bn1 = nn.BatchNorm1d(16)
        self.bn = nn.SyncBatchNorm(16)
        self.inorm = nn.InstanceNorm2d(16, affine=True)
        self.ln = nn.LayerNorm(16)
        self.gn = nn.GroupNorm(2, 16)
        self.fc = nn.Linear(64, 64)
        self.lstm = nn.LSTM(64, 64)
        self.gru = nn.GRU(16, 16)
        self.attn = nn.MultiheadAttention(64, 4)
        self.bi = nn.Bilinear(4, 5, 6)
        self.emb = nn.Embedding(100, 64, padding_idx=0)
        for m in self.modules():
            if isinstance(m, _ConvNd):
                nn.init.constant_(m.bias, 1)
            if isinstance(m, nn.modules.conv._ConvTransposeNd):
                nn.init.constant_(m.weight, 2)
            if isinstance(m, _BatchNorm) and not isinstance(m, nn.BatchNorm1d):
                nn.init.constant_(m.weight, 3)
            elif isinstance(m, (nn.GroupNorm, nn.LayerNorm)):
                nn.init.constant_(m.weight, 4)
            elif type(m) in [nn.InstanceNorm2d]:
                nn.init.constant_(m.weight, 5)
            if isinstance(m, nn.Linear):
                nn.init.constant_(m.bias, 6)
            if isinstance(m, nn.RNNBase):
                nn.init.zeros_(m.bias_hh_l0)
            if type(m) is nn.Embedding:
                m.weight.data.normal_(0, 0.5)
                if m.padding_idx is not None:
                    m.weight.data[m.padding_idx].zero_()
            if issubclass(type(m), nn.Bilinear):
                nn.init.ones_(m.weight)
            if type(m).__name__ == "GRU":
                nn.init.zeros_(m.weight_ih_l0)


class NonDynamic(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(64, 4)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.5)
            if isinstance(m, torch.nn.modules.linear.NonDynamicallyQuantizableLinear):
                nn.init.constant_(m.bias, 3)


class Scalars(nn.Module):
    def __init__(self, kernel=3, sizes=None, scale=2.0, flag=True):
        super().__init__()
        if isinstance(kernel, int):
            kernel = (kernel, kernel + 2)
        sizes = [16] if sizes is None else sizes
        assert isinstance(sizes, (list, tuple)), "sizes"
        self.conv = nn.Conv2d(sizes[0], 16, kernel)
        self.fc = nn.Linear(int(isinstance(flag, int)) + 1, 4 if isinstance(scale, float) and not isinstance(scale, (int, str)) else 5)
        kinds = {int: 2, float: 3, str: 4, bool: 5}
        self.kind = nn.Linear(kinds[type(scale)], kinds[type(flag)])


class Attributes(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64, bias=False)
        self.drop = nn.Dropout()
        for name in ("fc", "norm", "drop", "nothing"):
            layer = getattr(self, name, None)
            if layer is None:
                continue
            if hasattr(layer, "weight"):
                nn.init.constant_(layer.weight, 0.5)
            if getattr(layer, "bias", None) is not None:
                nn.init.zeros_(getattr(layer, "bias"))
        if not hasattr(self, "extra"):
            self.extra = nn.Linear(3, 3)
        setattr(self.extra, "weight", nn.Parameter(torch.full((3, 3), 9.0)))
        self.extra.bias = None
        self.gone = nn.Linear(2, 2)
        del self.gone
        self.gone2 = nn.Linear(2, 2)
        delattr(self, "gone2")
        self.late = None
        self.late = nn.Linear(5, 5)
        self.replaced = nn.Linear(6, 6)
        self.replaced = None
        self.__dict__["hidden"] = nn.Linear(7, 7)
        self.options = dict(width=11)
        self.__dict__.update(self.options)
        self.wide = nn.Linear(self.width, vars(self)["width"])
        object.__setattr__(self, "plain", nn.Linear(8, 8))


class Locals(nn.Module):
    def __init__(self, width=9, depth=2):
        super().__init__()
        self.args = {k: v for k, v in locals().items() if k in ("width", "depth")}
        self.fc = nn.Linear(self.args["width"], self.args["depth"])


class Wrapper(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(64, 64)
        nn.init.constant_(self.weight, 3.0)
        self.inner.scale = 5
        self.fc = nn.Linear(self.scale, 2)

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("inner"), name)


REGISTRY = {}


def register(name=None):
    def decorate(cls):
        REGISTRY[name or cls.__name__] = cls
        return cls

    return decorate


@register()
class First(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.fc = nn.Linear(n, n)


@register("second")
class _Second(First):
    def __init__(self, n=4):
        super().__init__(n=2 * n)


TABLE = {"relu": nn.ReLU}
TABLE["prelu"] = nn.PReLU
TABLE.update(linear=nn.Linear)
for _size in (1, 2):
    TABLE[f"conv{_size}"] = getattr(nn, f"Conv{_size}d")
LAYERS = []
LAYERS.append(nn.Linear)
LAYERS += [nn.Conv1d]


class _Plugin(nn.Module):
    plugins: typing.ClassVar = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        _Plugin.plugins[cls.__name__] = cls

    @classmethod
    def create(cls, name, *args):
        return cls.plugins[name](*args)


class Alpha(_Plugin):
    def __init__(self, n=2):
        super().__init__()
        self.fc = nn.Linear(n, n)


class Registries(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = REGISTRY["First"]()
        self.b = REGISTRY["second"](n=5)
        self.c = REGISTRY.get("third", nn.Identity)()
        self.d = TABLE["prelu"]()
        self.e = TABLE["linear"](2, 3)
        self.f = TABLE["conv2"](2, 3, 3)
        self.g = LAYERS[-1](2, 3, 3)
        self.i = globals()["First"](7)
        self.j = getattr(sys.modules[__name__], "First")(8)


def bias_of(layer: nn.Module):
    return getattr(layer, "bias", None)


def trunc_normal(tensor, mean=0.0, std=1.0):
    with torch.no_grad():
        low = (1.0 + math.erf((-2 - mean) / std / math.sqrt(2.0))) / 2.0
        tensor.uniform_(2 * low - 1, 1 - 2 * low)
    return tensor


class ByItsOwnSetter(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        for name in ("first", "second"):
            self.__setattr__(name, nn.Linear(width, 2 * width))
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        super().__setattr__("third", nn.Conv1d(width, 4, 3))
