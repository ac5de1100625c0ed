# mypy: ignore-errors
# ruff: noqa
"""modules(), named_modules(), children(), parameters(), named_parameters(), apply, tests of names and dimensions."""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.init as weight_init
from torch.nn.init import constant_, kaiming_normal_, xavier_uniform_

EXPRESSIONS = ("built()",)


class _Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 32, 3)
        self.bn = nn.BatchNorm2d(32)
        self.body = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64, bias=False))
        self.rnn = nn.GRU(64, 64, num_layers=2)
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, 64)
        self.setup()

    def setup(self):
        raise NotImplementedError


class Modules(_Net):
    def setup(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                constant_(m.weight, 0.5)
                constant_(m.bias, 0.25)
            elif isinstance(m, nn.Linear):
                xavier_uniform_(m.weight)
                if m.bias is not None:
                    m.bias.data.zero_()


class NamedModules(_Net):
    def setup(self):
        for name, m in self.named_modules():
            if isinstance(m, nn.Linear) and "body" in name:
                weight_init.zeros_(m.weight)
            elif name == "head" or name.endswith("bn"):
                weight_init.constant_(m.weight, 2)
            elif name == "":
                weight_init.ones_(m.head.bias)
        for name, m in self.named_modules(prefix="x"):
            if name.startswith("x.body.0"):
                weight_init.ones_(m.bias)


class Children(_Net):
    def setup(self):
        for m in self.children():
            if isinstance(m, nn.Linear):
                weight_init.zeros_(m.weight)
        for name, m in self.named_children():
            if name in ("norm", "bn"):
                weight_init.zeros_(m.weight)
        for m in list(self.body.children())[::2]:
            weight_init.constant_(m.weight, 3)
        for i, m in enumerate(self.body):
            if hasattr(m, "bias") and m.bias is not None:
                weight_init.constant_(m.bias, i)


class Parameters(_Net):
    def setup(self):
        for p in self.parameters():
            if p.dim() > 1:
                xavier_uniform_(p)
            else:
                weight_init.constant_(p, 0.1)


class NamedParameters(_Net):
    def setup(self):
        for name, param in self.named_parameters():
            if "bias" in name:
                constant_(param, 0.0)
            elif name.split(".")[0] == "rnn" and "weight_hh" in name:
                weight_init.orthogonal_(param)
            elif "weight" in name and param.ndim >= 2:
                kaiming_normal_(param)
            elif name.startswith("norm.") and len(param.shape) == 1:
                weight_init.constant_(param, 3.0)


class RnnBlocks(_Net):
    def setup(self):
        for names in self.rnn._all_weights:
            for name in names:
                if "weight_ih" in name:
                    weight_init.xavier_normal_(getattr(self.rnn, name))
                elif "bias" in name:
                    bias = getattr(self.rnn, name)
                    n = bias.size(0)
                    bias.data.fill_(0.0)
                    bias.data[n // 3 : n // 2].fill_(1.0)
        for layer in range(self.rnn.num_layers):
            weight_init.orthogonal_(getattr(self.rnn, f"weight_hh_l{layer}"), 2.0)
        for weights in self.rnn.all_weights:
            for weight in weights:
                if weight.dim() == 2:
                    weight.data.mul_(0.5)
        for name, p in self.rnn.named_parameters():
            if name == "weight_ih_l0":
                weight_init.zeros_(p.data)


class Apply(_Net):
    def setup(self):
        self.apply(init_weights)
        self.body.apply(lambda m: weight_init.zeros_(m.weight) if isinstance(m, nn.Linear) else None)
        self.head.apply(self._init)

    def _init(self, m, std=0.3):
        weight_init.normal_(m.weight, std=std)


def init_weights(m):
    if type(m) == nn.Linear:
        xavier_uniform_(m.weight)
        m.bias.data.fill_(0.01) if m.bias is not None else None
    elif type(m) in (nn.Conv2d, nn.Conv1d):
        kaiming_normal_(m.weight)
    elif m.__class__.__name__.startswith("BatchNorm"):
        weight_init.zeros_(m.weight)


class Recursive(_Net):
    def setup(self):
        self.visit(self)

    def visit(self, module, depth=0):
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                weight_init.constant_(child.weight, depth + 1)
            self.visit(child, depth + 1)


def named_apply(fn, module, name="", depth_first=True, include_root=False):
    if not depth_first and include_root:
        fn(module=module, name=name)
    for child_name, child_module in module.named_children():
        child_name = ".".join((name, child_name)) if name else child_name
        named_apply(fn=fn, module=child_module, name=child_name, depth_first=depth_first, include_root=True)
    if depth_first and include_root:
        fn(module=module, name=name)
    return module


def _by_name(module, name="", bias=0.0):
    if isinstance(module, nn.Linear):
        if name.startswith("head"):
            weight_init.zeros_(module.weight)
            weight_init.constant_(module.bias, bias)
        else:
            weight_init.trunc_normal_(module.weight, std=0.02)
    elif hasattr(module, "init_weights"):
        module.init_weights()


class NamedApply(_Net):
    def setup(self):
        from functools import partial

        named_apply(partial(_by_name, bias=-2.0), self)


class Literal(_Net):
    def setup(self):
        for m in [self.head, self.body[0]]:
            weight_init.zeros_(m.weight)
        for m, std in zip((self.body[-1], self.conv), (0.5, 0.25)):
            weight_init.normal_(m.weight, std=std)
        for layer_id, m in enumerate([self.norm, self.bn], 1):
            weight_init.constant_(m.weight, layer_id)
        weights = {n: p for n, p in self.named_parameters() if n.endswith("bias")}
        for p in weights.values():
            weight_init.ones_(p)
        for key, value in self.state_dict().items():
            if key == "head.bias":
                value.zero_()
        self.state_dict()["norm.bias"].fill_(4)


class Outside(_Net):
    def setup(self):
        pass


def built():
    net = Outside()
    for m in net.modules():
        if isinstance(m, nn.Linear):
            weight_init.normal_(m.weight, std=0.01)
    weight_init.constant_(net.head.bias, 3)
    return net


class OfAnother(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Outside()
        weight_init.zeros_(self.net.head.weight)
        for name, p in self.named_parameters():
            if name == "net.body.0.weight":
                weight_init.ones_(p)
        for p in self.net.conv.parameters(recurse=False):
            weight_init.zeros_(p)
        for p in self.net.rnn.parameters():
            p.requires_grad = False
        for p in filter(lambda q: not q.requires_grad, self.parameters()):
            weight_init.constant_(p, 0.125)


class Alternatives(_Net):
    """``A | B`` in place of a tuple."""

    def setup(self):
        for m in self.modules():
            if isinstance(m, nn.Linear | nn.Conv2d):
                xavier_uniform_(m.weight)
            elif isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d | None):
                constant_(m.weight, 2)


class Peephole(nn.LSTMCell):
    """``reset_parameters`` of a recurrent layer walks over the parameters of the derived class, too."""

    def __init__(self):
        super().__init__(8, 16)
        self.weight_ch = nn.Parameter(torch.empty(48, 16))
        self.reset_parameters()
