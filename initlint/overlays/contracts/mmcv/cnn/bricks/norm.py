"""Norms by name, each with the name that it is registered under."""

from __future__ import annotations

from torch import nn

_LAYERS = {
    "BN": ("bn", nn.BatchNorm2d),
    "BN1d": ("bn", nn.BatchNorm1d),
    "BN2d": ("bn", nn.BatchNorm2d),
    "BN3d": ("bn", nn.BatchNorm3d),
    "SyncBN": ("bn", nn.SyncBatchNorm),
    "GN": ("gn", nn.GroupNorm),
    "LN": ("ln", nn.LayerNorm),
    "IN": ("in", nn.InstanceNorm2d),
    "IN1d": ("in", nn.InstanceNorm1d),
    "IN2d": ("in", nn.InstanceNorm2d),
    "IN3d": ("in", nn.InstanceNorm3d),
}


def build_norm_layer(cfg, num_features, postfix=""):
    given = {"eps": 1e-5, **cfg}
    kind = given.pop("type")
    requires_grad = given.pop("requires_grad", True)
    name, layer = _LAYERS[kind]
    made = layer(num_channels=num_features, **given) if kind == "GN" else layer(num_features, **given)
    for parameter in made.parameters():
        parameter.requires_grad = requires_grad
    return f"{name}{postfix}", made


def is_norm(layer, exclude=None):
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
    return isinstance(layer, (*kinds, nn.GroupNorm, nn.LayerNorm)) and not (exclude and isinstance(layer, exclude))
