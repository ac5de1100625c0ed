"""Layers that may be computed again on the way back, which changes no value."""

from __future__ import annotations

from torch import nn


class GradientCheckpointingLayer(nn.Module):
    pass
