"""An image as a row of patches."""

from __future__ import annotations

from timm.layers.helpers import to_2tuple
from torch import nn


class PatchEmbed(nn.Module):
    def __init__(self, img_size=224, patch_size=16, in_chans=3, embed_dim=768, norm_layer=None, flatten=True, bias=True, **rest):
        super().__init__()
        self.img_size = to_2tuple(img_size) if img_size is not None else None
        self.patch_size = to_2tuple(patch_size)
        self.grid_size = tuple(s // p for s, p in zip(self.img_size, self.patch_size)) if img_size is not None else None
        self.num_patches = self.grid_size[0] * self.grid_size[1] if img_size is not None else None
        self.flatten = flatten
        self.proj = nn.Conv2d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size, bias=bias)
        self.norm = norm_layer(embed_dim) if norm_layer else nn.Identity()

    def forward(self, x):
        x = self.proj(x)
        if self.flatten:
            x = x.flatten(2).transpose(1, 2)
        return self.norm(x)
