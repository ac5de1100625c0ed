"""Layers of libraries beside torch that stand between layers in real models."""

from __future__ import annotations

from initlint.overlays.torch_layers.table import layer, table

LAYERS = table(
    layer("einops.layers.torch.Rearrange", "pattern, **axes_lengths", role="view"),
    layer("einops.layers.torch.Reduce", "pattern, reduction, **axes_lengths", role="pool"),
)
