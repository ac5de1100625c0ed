"""Convolutions by name."""

from __future__ import annotations

from torch import nn

_LAYERS = {"Conv1d": nn.Conv1d, "Conv2d": nn.Conv2d, "Conv3d": nn.Conv3d, "Conv": nn.Conv2d}


def build_conv_layer(cfg, *args, **kwargs):
    given = dict(cfg) if cfg is not None else {"type": "Conv2d"}
    return _LAYERS[given.pop("type")](*args, **kwargs, **given)
