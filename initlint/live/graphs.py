"""From a real module and what was observed of it to the model graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from initlint.findings import Site
from initlint.graph import InitCall, Layer, ModelGraph, Origin, Parameter
from initlint.interpreter.values import Storage
from initlint.live import layers
from initlint.live.arithmetic import UNFILLED
from initlint.live.ledger import OUTSIDE, Ledger
from initlint.overlays.torch_layers.table import MODULE

INIT = "torch.nn.init."
UNSEEN = "it was built before it was handed over"


def build(module: Any, name: str, path: str, ledger: Ledger | None) -> tuple[ModelGraph, dict[int, Layer], dict[int, Parameter]]:
    """The graph of a module without its forward pass, its layers by the identity of their module, its parameters by that of their tensor."""
    lineage = tuple(f"{base.__module__}.{base.__qualname__}" for base in type(module).__mro__ if base is not object)
    graph = ModelGraph(name=name, path=path, site=_construction(ledger, module)[0], lineage=lineage)
    table: dict[int, Layer] = {}
    owners: dict[int, Parameter] = {}
    originals: dict[int, Parameter] = {}
    for prefix, inner in module.named_modules():
        layer = table[id(inner)] = _layer(prefix, inner, ledger)
        if layer.kind or inner._parameters:
            graph.layers.append(layer)
        for role, tensor in inner._parameters.items():
            if tensor is not None:
                _parameter(graph, owners, originals, layer, role, tensor, ledger)
    return graph, table, owners


def _layer(path: str, module: Any, ledger: Ledger | None) -> Layer:
    spec = layers.spec_of(type(module))
    known = spec is not None and spec.name != MODULE
    arguments = layers.arguments(module, spec) if spec is not None and known else {}
    kind = spec.name.rpartition(".")[2] if spec is not None and known else ""
    site, time = _construction(ledger, module)
    return Layer(path=path, kind=kind, class_name=type(module).__name__, arguments=arguments, site=site, time=time)


def _parameter(
    graph: ModelGraph, owners: dict[int, Parameter], originals: dict[int, Parameter], layer: Layer, role: str, tensor: Any, ledger: Ledger | None
) -> None:
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
        uninitialised=record.empty if record.distribution is None and record.reason == UNFILLED else None,
        loaded=next((event.site for event in record.events if event.origin is Origin.LOAD), None),
    )  # fmt: skip
    layer.parameters[role] = parameter
    graph.parameters.append(parameter)
    owners[id(tensor)] = parameter
    graph.calls += _calls(parameter)
    if record.twin is not None:  # the first of several copies stands for what they were copied from, where that is no part of the model
        first = originals.setdefault(id(record.twin), parameter)
        parameter.twin = first if first is not parameter else None
        parameter.copied = record.copied
    originals.setdefault(id(record), parameter)


def _calls(parameter: Parameter) -> Iterator[InitCall]:
    """The initializers that were called on a parameter."""
    for event in parameter.events:
        if event.initializer.startswith(INIT) and event.site is not None:
            yield InitCall(
                initializer=event.initializer, site=event.site, arguments=event.arguments, shape=parameter.shape,
                law=event.distribution, parameter=parameter, routine=event.routine,
            )  # fmt: skip


def _record(tensor: Any, ledger: Ledger | None) -> Storage:
    if ledger is None or isinstance(tensor, torch.nn.parameter.UninitializedParameter):
        return Storage(None, reason=UNSEEN if ledger is None else "lazy")
    found = ledger.find(tensor)
    return found if found is not None else Storage(None, reason=OUTSIDE)


def _construction(ledger: Ledger | None, module: Any) -> tuple[Site | None, int]:
    """Where and when a module was constructed, as far as that was seen."""
    return ledger.modules.get(id(module), (None, 0)) if ledger is not None else (None, 0)
