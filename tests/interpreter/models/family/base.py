# mypy: ignore-errors
# ruff: noqa
from __future__ import annotations

import torch.nn as nn

HIDDEN = 64


class Base(nn.Module):
    std = 0.02
    layer_class = nn.Linear

    def __init__(self, hidden=HIDDEN, **kwargs):
        super().__init__()
        self.hidden = hidden
        self.fc = self.layer_class(hidden, hidden)
        self.build(**kwargs)
        self.apply(self._init_weights)

    def build(self, **kwargs):
        raise NotImplementedError

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=self.std)
            if module.bias is not None:
                module.bias.data.zero_()


class Mixin:
    extra = 3

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mixed = nn.Linear(self.extra, self.extra)

    def init_weights(self):
        nn.init.constant_(self.mixed.weight, self.extra)
        parent = super()
        if hasattr(parent, "init_weights"):
            parent.init_weights()


BLOCKS = {"plain": nn.Linear}


def register_block(name, block):
    BLOCKS[name] = block


class Chain(nn.Module):
    def __init__(self, kinds=("plain",)):
        super().__init__()
        self.blocks = nn.ModuleList([BLOCKS[kind](HIDDEN, HIDDEN) for kind in kinds])
