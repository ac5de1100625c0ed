"""How the tables of this package are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from initlint.overlays.spec import Build, LayerSpec, Role
from initlint.symbolic import Sym

MODULE = "torch.nn.Module"


def layer(
    name: str,
    signature: str = "",
    *bases: str,
    role: Role = "other",
    build: Build | None = None,
    reset: bool = False,
    methods: Mapping[str, Build] | None = None,
) -> LayerSpec:
    """One row; a layer derives from ``torch.nn.Module`` unless it says otherwise."""
    return LayerSpec(name=name, bases=bases or (MODULE,), signature=signature, role=role, build=build, reset=reset, methods=methods or {})


def table(*layers: LayerSpec) -> dict[str, LayerSpec]:
    """Rows by canonical name."""
    return {row.name: row for row in layers}


def on(flag: Any) -> bool:
    """Whether a flag is set; one that is not known counts as set."""
    return isinstance(flag, Sym) or bool(flag)


def repeated(value: Any, count: int) -> tuple[Any, ...]:
    """``value`` itself if it is a sequence, ``count`` copies of it otherwise."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * count
