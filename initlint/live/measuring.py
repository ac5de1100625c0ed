"""The parameters of a built model, measured: one pass over each, packed ones map by map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from initlint.graph import ModelGraph, Parameter
from initlint.measure.duplicates import identical
from initlint.measure.moments import Moments, measure, pool

GATES = {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3}
PACKED = "in_proj_weight"
"""Attention's query, key and value maps in one tensor."""


@dataclass(slots=True)
class Taken:
    """What one build was measured to be."""

    moments: dict[str, Moments] = field(default_factory=dict)
    slices: dict[str, list[Moments]] = field(default_factory=dict)
    """The maps of packed parameters."""
    equal: list[tuple[str, ...]] = field(default_factory=list)
    """Names of parameters that are different tensors of the same numbers."""


def take(model: Any, graph: ModelGraph) -> Taken:
    """Measure every parameter of a model, and compare them."""
    tensors = {name: tensor for name, tensor in model.named_parameters() if measurable(tensor)}
    taken = take_tensors(tensors, graph)
    taken.equal = identical({name: tensor for name, tensor in tensors.items() if tensor.requires_grad}, taken.moments)
    return taken


def take_tensors(tensors: Mapping[str, Any], graph: ModelGraph) -> Taken:
    """Measure tensors with numbers in them; packed ones map by map."""
    parts = {p.name: maps for p in graph.parameters if p.name in tensors and (maps := maps_of(p)) > 1}
    found = measure(tensors, slices=parts)
    taken = Taken()
    for name, tensor in tensors.items():
        maps = parts.get(name, 1)
        if maps == 1:
            taken.moments[name] = found[name]
            continue
        taken.slices[name] = [found[f"{name}[{index}]"] for index in range(maps)]
        digest = "|".join(part.digest for part in taken.slices[name])
        taken.moments[name] = replace(pool([replace(part, digest="") for part in taken.slices[name]]), shape=tuple(tensor.shape), digest=digest)
    return taken


def maps_of(parameter: Parameter) -> int:
    """How many maps of equal size a parameter stacks along its first dimension."""
    layer, shape = parameter.layer, parameter.shape
    if layer is None or shape is None or len(shape) != 2:
        return 1
    maps = 3 if parameter.role == PACKED else GATES.get(layer.kind, 1) if parameter.role.startswith(("weight_ih", "weight_hh")) else 1
    return maps if isinstance(shape[0], int) and shape[0] % maps == 0 else 1


def measurable(tensor: Any) -> bool:
    """Whether a parameter holds numbers to measure."""
    lazy = isinstance(tensor, torch.nn.parameter.UninitializedParameter)
    return not lazy and tensor.device.type != "meta" and tensor.dtype.is_floating_point and tensor.numel() > 0
