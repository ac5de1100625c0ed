"""Convolutions with a norm and an activation of their own, and norms by name."""

from __future__ import annotations

from functools import partial

from torch import nn

BatchNorm2d = nn.BatchNorm2d
ConvTranspose2d = nn.ConvTranspose2d
Linear = nn.Linear


class Conv2d(nn.Conv2d):
    def __init__(self, *args, **kwargs):
        norm, activation = kwargs.pop("norm", None), kwargs.pop("activation", None)
        super().__init__(*args, **kwargs)
        self.norm = norm
        self.activation = activation

    def forward(self, x):
        x = super().forward(x)
        if self.norm is not None:
            x = self.norm(x)
        if self.activation is not None:
            x = self.activation(x)
        return x


def get_norm(norm, out_channels):
    if norm is None or norm == "":
        return None
    if isinstance(norm, str):
        norm = {
            "BN": nn.BatchNorm2d,
            "SyncBN": nn.SyncBatchNorm,
            "nnSyncBN": nn.SyncBatchNorm,
            "GN": partial(nn.GroupNorm, 32),
        }[norm]
    return norm(out_channels)
