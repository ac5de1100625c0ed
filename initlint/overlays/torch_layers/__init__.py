"""Every layer of ``torch.nn``: how it is called, what it owns and what that starts from, what it is to the signal."""

from __future__ import annotations

from initlint.overlays.spec import LayerSpec
from initlint.overlays.torch_layers import activation, attention, containers, conv, linear, loss, norm, pooling, recurrent, shaping
from initlint.overlays.torch_layers.names import resolver

_FAMILIES = (containers, linear, conv, norm, recurrent, attention, activation, shaping, pooling, loss)

LAYERS: dict[str, LayerSpec] = {name: row for family in _FAMILIES for name, row in family.LAYERS.items()}
"""By canonical dotted name."""

canonical = resolver(LAYERS)
"""The one name of whatever a dotted path reaches: ``torch.nn.modules.conv.Conv2d`` is ``torch.nn.Conv2d``."""


def is_subclass(name: str, base: str) -> bool:
    """``issubclass`` on canonical names."""
    if name == base:
        return True
    row = LAYERS.get(name)
    return row is not None and any(is_subclass(parent, base) for parent in row.bases)
