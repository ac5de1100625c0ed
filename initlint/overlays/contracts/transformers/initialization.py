"""Initializers that leave alone what a checkpoint has filled; a model that is only built starts from those of torch."""

from __future__ import annotations

import math

import torch
from torch.nn import init

constant_ = init.constant_
dirac_ = init.dirac_
eye_ = init.eye_
kaiming_normal_ = init.kaiming_normal_
kaiming_uniform_ = init.kaiming_uniform_
normal_ = init.normal_
ones_ = init.ones_
orthogonal_ = init.orthogonal_
sparse_ = init.sparse_
trunc_normal_ = init.trunc_normal_
uniform_ = init.uniform_
xavier_normal_ = init.xavier_normal_
xavier_uniform_ = init.xavier_uniform_
zeros_ = init.zeros_


def copy_(tensor, other):
    with torch.no_grad():
        return tensor.copy_(other)


def lecun_normal_(tensor):
    fan_in, _ = init._calculate_fan_in_and_fan_out(tensor)
    return init.trunc_normal_(tensor, std=math.sqrt(1 / fan_in) / 0.87962566103423978)


def default_flax_embed_init_(tensor):
    fan_in, _ = init._calculate_fan_in_and_fan_out(tensor)
    return init.normal_(tensor, std=math.sqrt(1 / fan_in))
