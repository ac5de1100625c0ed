"""Where these layers stood before."""

from __future__ import annotations

from timm.layers.drop import DropPath as DropPath
from timm.layers.drop import drop_path as drop_path
from timm.layers.helpers import to_2tuple as to_2tuple
from timm.layers.helpers import to_3tuple as to_3tuple
from timm.layers.mlp import Mlp as Mlp
from timm.layers.patch_embed import PatchEmbed as PatchEmbed
