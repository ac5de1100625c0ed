"""Real modules in the words of the tables: which layer of torch they are, and with which arguments."""

from __future__ import annotations

import math
from functools import lru_cache
from types import FrameType
from typing import Any

import torch

from initlint.adapters.torch.binding import REQUIRED, parse
from initlint.adapters.torch.building import CONTAINERS
from initlint.adapters.torch.tensors import MAX_DATA
from initlint.adapters.torch.writes import of_data
from initlint.interpreter.values import Storage
from initlint.overlays import libraries
from initlint.overlays.spec import LayerSpec
from initlint.overlays.torch_layers import LAYERS, canonical
from initlint.overlays.torch_layers.table import MODULE
from initlint.theory.laws import Distribution

RECOMPUTING = ("parametrize.py", "weight_norm.py", "spectral_norm.py", "parametrizations.py")
"""Files of torch that compute a weight from others."""
PADDING = "_fill_padding_idx_with_zero"
ORIGINALS = ("original1", "original")


def spec_of(cls: Any) -> LayerSpec | None:
    """The table's entry for the nearest class of torch that ``cls`` is or derives from; None for the user's own and for containers."""
    for base in cls.__mro__:
        name = canonical(f"{base.__module__}.{base.__qualname__}")
        found = LAYERS.get(name) or libraries.LAYERS.get(name)
        if found is not None and name not in CONTAINERS:
            return found
    return None


def public_name(cls: Any) -> str:
    """``torch.nn.Linear`` for a linear layer or the user's subclass of it."""
    spec = spec_of(cls)
    if spec is not None and spec.name != MODULE:
        return spec.name
    return canonical(f"{cls.__module__}.{cls.__qualname__}")


def arguments(module: Any, spec: LayerSpec) -> dict[str, Any]:
    """The arguments a layer was constructed with, read back from its attributes."""
    found: dict[str, Any] = {}
    for name, kind, default in parse(spec.signature):
        if kind in ("args", "kwargs") or name in ("device", "dtype"):
            continue
        value = getattr(module, name, None if default is REQUIRED else default)
        found[name] = value is not None if isinstance(default, bool) and not isinstance(value, bool) else value
    return {name: value for name, value in found.items() if not isinstance(value, (torch.Tensor, torch.nn.Module))}


@lru_cache(maxsize=1024)
def default_of(signature: str, name: str) -> Any:
    """The default of one parameter of a table signature."""
    return next((default for known, _, default in parse(signature) if known == name), REQUIRED)


def fixed(tensor: Any) -> Distribution | None:
    """The law of an entry picked at random from a tensor of plain numbers, where that is small."""
    if tensor.device.type == "meta" or tensor.is_complex() or not 0 < tensor.numel() <= MAX_DATA:
        return None
    values = [float(value) for value in tensor.detach().flatten().tolist()]
    return of_data(values) if all(map(math.isfinite, values)) else None


def is_constant(law: Distribution | None) -> bool:
    """Whether every entry is the same known number."""
    return law is not None and law.kind == "constant"


def is_upkeep(inner: list[FrameType]) -> bool:
    """Whether torch itself is at work on what it computes anew, or pins the padding row that a default leaves at zero."""
    return any(frame.f_code.co_name == PADDING or frame.f_code.co_filename.endswith(RECOMPUTING) for frame in inner)


def recomputed_from(ledger: Any, inner: list[FrameType]) -> Storage | None:
    """The record of the tensor that torch computes this one from on every forward pass, if it does."""
    for frame in inner:
        if not frame.f_code.co_filename.endswith(RECOMPUTING):
            continue
        receiver = frame.f_locals.get("self")
        if isinstance(receiver, torch.nn.Module):
            source = next((value for name in ORIGINALS if isinstance(value := receiver._parameters.get(name), torch.Tensor)), None)
            if source is not None:
                return ledger.record(source)  # type: ignore[no-any-return]
        name, module = getattr(receiver, "name", None), frame.f_locals.get("module")
        if isinstance(module, torch.nn.Module) and isinstance(name, str):
            source = module._parameters.get(f"{name}_v")
            if source is not None:
                return ledger.record(source)  # type: ignore[no-any-return]
    return None
