"""Modules whose ``init_cfg`` says what their layers start from, once somebody calls ``init_weights``: the runner does so for what it trains."""

from __future__ import annotations

import copy

from mmengine.model.weight_init import (
    bias_init_with_prob,
    caffe2_xavier_init,
    constant_init,
    kaiming_init,
    normal_init,
    trunc_normal_init,
    uniform_init,
    xavier_init,
)
from torch import nn

_DRAWS = {
    "Caffe2Xavier": caffe2_xavier_init,
    "Constant": constant_init,
    "Kaiming": kaiming_init,
    "Normal": normal_init,
    "TruncNormal": trunc_normal_init,
    "Uniform": uniform_init,
    "Xavier": xavier_init,
}


class _Defaults(nn.Module):
    @property
    def is_init(self):
        return self._is_init


class BaseModule(_Defaults):
    __called_later__ = "init_weights"

    def __init__(self, init_cfg=None):
        nn.Module.__init__(self)
        self._is_init = False
        self.init_cfg = copy.deepcopy(init_cfg)

    def init_weights(self):
        if self._is_init:
            return
        given = self.init_cfg or []
        for cfg in [given] if isinstance(given, dict) else given:
            _draw(self, cfg)
        for child in self.children():
            if hasattr(child, "init_weights") and not getattr(child, "is_init", False):
                child.init_weights()
        self._is_init = True


class Sequential(BaseModule, nn.Sequential):
    def __init__(self, *args, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.Sequential.__init__(self, *args)


class ModuleList(BaseModule, nn.ModuleList):
    def __init__(self, modules=None, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.ModuleList.__init__(self, modules)


class ModuleDict(BaseModule, nn.ModuleDict):
    def __init__(self, modules=None, init_cfg=None):
        BaseModule.__init__(self, init_cfg)
        nn.ModuleDict.__init__(self, modules)


def _draw(module, cfg):
    layers = cfg.get("layer") or []
    for inner in module.modules():
        kind = type(inner)
        if {kind.__name__, *(base.__name__ for base in kind.__bases__)} & set([layers] if isinstance(layers, str) else layers):
            _fill(inner, cfg)
    override = cfg.get("override") or []
    for one in [override] if isinstance(override, dict) else override:
        for inner in getattr(module, one["name"]).modules():
            _fill(inner, one if "type" in one else cfg)


def _fill(module, cfg):
    arguments = {name: value for name, value in cfg.items() if name not in ("type", "name", "layer", "override", "bias_prob")}
    if "bias_prob" in cfg:
        arguments["bias"] = bias_init_with_prob(cfg["bias_prob"])
    if cfg["type"] != "Pretrained":
        _DRAWS[cfg["type"]](module, **arguments)
