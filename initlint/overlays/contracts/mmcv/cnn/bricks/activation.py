"""Activations by name."""

from __future__ import annotations

from torch import nn

_LAYERS = {
    "ELU": nn.ELU,
    "GELU": nn.GELU,
    "HSwish": nn.Hardswish,
    "LeakyReLU": nn.LeakyReLU,
    "Mish": nn.Mish,
    "PReLU": nn.PReLU,
    "RReLU": nn.RReLU,
    "ReLU": nn.ReLU,
    "ReLU6": nn.ReLU6,
    "SiLU": nn.SiLU,
    "Sigmoid": nn.Sigmoid,
    "Swish": nn.SiLU,
    "Tanh": nn.Tanh,
}


def build_activation_layer(cfg):
    given = dict(cfg)
    kind = given.pop("type")
    if kind in ("GELU", "HSwish", "PReLU", "Sigmoid", "Swish", "Tanh"):
        given.pop("inplace", None)
    return _LAYERS[kind](**given)
