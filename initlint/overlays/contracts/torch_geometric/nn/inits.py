"""Fills that take the number of inputs from their caller."""

from __future__ import annotations

import math

from torch import nn


def uniform(size, value):
    bound = 1 / math.sqrt(size)
    nn.init.uniform_(value, -bound, bound)


def kaiming_uniform(value, fan, a):
    bound = math.sqrt(6 / ((1 + a**2) * fan))
    nn.init.uniform_(value, -bound, bound)


def reset(value):
    if hasattr(value, "reset_parameters"):
        value.reset_parameters()
    else:
        for child in value.children() if hasattr(value, "children") else []:
            reset(child)
