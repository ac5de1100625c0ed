"""From a real module and what was observed of it to the model graph."""

from __future__ import annotations

from typing import Any

import torch

from initlint.findings import Site
from initlint.graph import Layer, ModelGraph, Parameter
from initlint.interpreter.values import Storage
from initlint.live import layers
from initlint.live.ledger import OUTSIDE, Ledger
from initlint.overlays.torch_layers.table import MODULE

UNSEEN = "it was built before it was handed over"


def build(module: Any, name: str, path: str, ledger: Ledger | None) -> tuple[ModelGraph, dict[int, Layer], dict[int, Parameter]]:
    """The graph of a module without its forward pass, its layers by the identity of their module, its parameters by that of their tensor."""
    lineage = tuple(f"{base.__module__}.{base.__qualname__}" for base in type(module).__mro__ if base is not object)
    graph = ModelGraph(name=name, path=path, site=_site(ledger, module), lineage=lineage)
    table: dict[int, Layer] = {}
    owners: dict[int, Parameter] = {}
    for prefix, inner in module.named_modules():
        layer = table[id(inner)] = _layer(prefix, inner, ledger)
        if layer.kind or inner._parameters:
            graph.layers.append(layer)
        for role, tensor in inner._parameters.items():
            if tensor is not None:
                _parameter(graph, owners, layer, role, tensor, ledger)
    return graph, table, owners


def _layer(path: str, module: Any, ledger: Ledger | None) -> Layer:
    spec = layers.spec_of(type(module))
    known = spec is not None and spec.name != MODULE
    arguments = layers.arguments(module, spec) if spec is not None and known else {}
    kind = spec.name.rpartition(".")[2] if spec is not None and known else ""
    return Layer(path=path, kind=kind, class_name=type(module).__name__, arguments=arguments, site=_site(ledger, module))


def _parameter(graph: ModelGraph, owners: dict[int, Parameter], layer: Layer, role: str, tensor: Any, ledger: Ledger | None) -> None:
    name = f"{layer.path}.{role}" if layer.path else role
    known = owners.get(id(tensor))
    if known is not None:
        known.aliases = (*known.aliases, name)
        layer.parameters[role] = known
        return
    record = _record(tensor, ledger)
    shape = None if isinstance(tensor, torch.nn.parameter.UninitializedParameter) else tuple(tensor.shape)
    parameter = Parameter(
        name=name, shape=shape, role=role, layer=layer, events=list(record.events), distribution=record.distribution,
        reason=record.reason if record.distribution is None else "", requires_grad=tensor.requires_grad,
    )  # fmt: skip
    layer.parameters[role] = parameter
    graph.parameters.append(parameter)
    owners[id(tensor)] = parameter


def _record(tensor: Any, ledger: Ledger | None) -> Storage:
    if ledger is None or isinstance(tensor, torch.nn.parameter.UninitializedParameter):
        return Storage(None, reason=UNSEEN if ledger is None else "lazy")
    found = ledger.find(tensor)
    return found if found is not None else Storage(None, reason=OUTSIDE)


def _site(ledger: Ledger | None, module: Any) -> Site | None:
    site = ledger.modules.get(id(module)) if ledger is not None else None
    return site if isinstance(site, Site) else None
