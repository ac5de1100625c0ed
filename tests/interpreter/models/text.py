# mypy: ignore-errors
# ruff: noqa
"""Strings, f-strings and what is dispatched on them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

EXPRESSIONS = ("Dispatched('normal')", "Dispatched('xavier')", "Dispatched('orthogonal')", "Matched('kaiming', 0.25)", "Matched('other')")


class Names(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(3):
            setattr(self, f"conv{i + 1}", nn.Conv2d(8, 8 * (i + 1), 3))
            self.add_module("norm%d" % i, nn.BatchNorm2d(8))
            setattr(self, "fc_{}_{name}".format(i, name="x"), nn.Linear(8, 8))
        setattr(self, f"{'a' * 2}_{3:02d}_{1.5:.1f}".replace(".", "_"), nn.Linear(8, 8))
        setattr(self, "_".join(["up", str(7), "x".upper()]), nn.Linear(8, 8))
        for name in "red green blue".split():
            self.register_module(name.capitalize(), nn.Linear(4, 4))
        prefix = "layer.0.weight".rsplit(".", 1)[0].replace(".", "")
        setattr(self, prefix, nn.Linear(4, 4))
        width = 4
        setattr(self, f"w{7:0{width}d}", nn.Linear(4, 4))
        setattr(self, f"{prefix!r}".strip("'") + "s", nn.Linear(4, 4))
        getattr(self, f"conv{2}").weight.data.zero_()


ACTIVATIONS = {"relu": nn.ReLU, "prelu": nn.PReLU, "gelu": nn.GELU()}


class Activations(nn.Module):
    def __init__(self, name="prelu"):
        super().__init__()
        self.a = ACTIVATIONS[name]()
        self.b = getattr(nn, "PReLU")(8)
        self.c = getattr(torch.nn, "GLU")()
        self.d = ACTIVATIONS.get("swish", nn.PReLU)()
        self.e = {"x": lambda: nn.PReLU(4)}["x"]()
        self.act = getattr(F, "relu")
        self.f = nn.Linear(64, 64)
        gain = nn.init.calculate_gain(name.replace("p", "").lower())
        nn.init.xavier_uniform_(self.f.weight, gain=gain)
        self.g = self.layer("conv", 1)

    def layer(self, kind, dim):
        return getattr(nn, f"{kind.title()}{dim}d")(4, 4, 3)


class Dispatched(nn.Module):
    def __init__(self, init_type="kaiming", init_gain=0.02):
        super().__init__()
        self.conv = nn.Conv2d(16, 32, 3)
        self.norm = nn.BatchNorm2d(32)
        self.fc = nn.Linear(64, 64)

        def init_func(m):
            classname = m.__class__.__name__
            if hasattr(m, "weight") and (classname.find("Conv") != -1 or classname.find("Linear") != -1):
                if init_type == "normal":
                    nn.init.normal_(m.weight.data, 0.0, init_gain)
                elif init_type == "xavier":
                    nn.init.xavier_normal_(m.weight.data, gain=init_gain)
                elif init_type == "kaiming":
                    nn.init.kaiming_normal_(m.weight.data, a=0, mode="fan_in")
                elif init_type == "orthogonal":
                    nn.init.orthogonal_(m.weight.data, gain=init_gain)
                else:
                    raise NotImplementedError(f"initialization method [{init_type}] is not implemented")
                if hasattr(m, "bias") and m.bias is not None:
                    nn.init.constant_(m.bias.data, 0.0)
            elif classname.find("BatchNorm2d") != -1:
                nn.init.normal_(m.weight.data, 1.0, init_gain)
                nn.init.constant_(m.bias.data, 0.0)

        self.apply(init_func)


class Matched(nn.Module):
    def __init__(self, kind="zeros", flag=None):
        super().__init__()
        self.fc = nn.Linear(64, 64)
        match kind:
            case "zeros" | "none":
                nn.init.zeros_(self.fc.weight)
            case "kaiming" if flag is None:
                nn.init.ones_(self.fc.weight)
            case "kaiming":
                nn.init.kaiming_uniform_(self.fc.weight, a=flag)
            case name:
                nn.init.constant_(self.fc.weight, len(name))
        match self.fc:
            case nn.Conv2d():
                nn.init.ones_(self.fc.bias)
            case nn.Linear():
                nn.init.constant_(self.fc.bias, 5)
            case _:
                nn.init.constant_(self.fc.bias, 6)
        match (1, flag):
            case (1, None):
                self.extra = nn.Linear(2, 2)
            case (x, 0.25):
                self.extra = nn.Linear(2 + x, 2)


def by_name(name):
    return {"zeros": nn.init.zeros_, "xavier": nn.init.xavier_normal_, "trunc": nn.init.trunc_normal_}[name]


def resolve(init):
    if isinstance(init, str):
        init = getattr(nn.init, init)
    if not callable(init):
        raise TypeError(init)
    return init


class Initializers(nn.Module):
    def __init__(self, init="xavier"):
        super().__init__()
        self.a = nn.Linear(64, 64)
        by_name(init)(self.a.weight)
        self.b = nn.Linear(64, 64)
        getattr(nn.init, f"{init}_uniform_")(self.b.weight, gain=0.5)
        self.c = nn.Linear(64, 64)
        nn.init.__dict__["xavier_normal_"](self.c.weight)
        self.d = nn.Linear(64, 64)
        resolve("kaiming_normal_")(self.d.weight, nonlinearity="relu")
        self.e = nn.Linear(64, 64)
        resolve(nn.init.zeros_)(self.e.weight)
        name, _, scale = "normal:0.25".partition(":")
        self.f = nn.Linear(64, 64)
        resolve(name + "_")(self.f.weight, std=float(scale))
        self.g = nn.Linear(64, 64)
        vars(nn.init)["orthogonal_"](self.g.weight)
