"""From a constructed module to the model graph: its layers and parameters."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from initlint.adapters.declared.modules import root_of
from initlint.adapters.torch.building import CONTAINERS, named_modules
from initlint.adapters.torch.factories import NO_VALUES
from initlint.adapters.torch.replays import drawn_later
from initlint.adapters.torch.tracing import trace
from initlint.graph import Layer, ModelGraph, Parameter
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Instance, Tensor

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter

LINEN = "flax.linen.Module"
RESETS = ("reset_parameters", "_reset_parameters", "init_weights", "_init_weights", "initialize_weights", "init_parameters")
"""What methods are called that set a module's own parameters anew."""


def build(interp: Interpreter, framework: TorchFramework, instance: Instance, name: str, path: str) -> ModelGraph:
    """The graph of a constructed model, its forward pass included where that can be followed."""
    graph = ModelGraph(name=name, path=path, site=instance.site, lineage=tuple(c.name for c in instance.cls.mro), notes=list(dict.fromkeys(framework.failures)))
    known, framework.layers, framework.owners, framework.late = framework.layers, {}, {}, []
    for prefix, module in named_modules(instance):
        layer = _layer(prefix, module)
        if id(module) in known and root_of(module.cls):  # a layer of a functional model, which the operations refer to
            known[id(module)].path, known[id(module)].kind, known[id(module)].site = prefix, layer.kind, layer.site
            layer = known[id(module)]
        framework.layers[id(module)] = layer
        if layer.kind or any(isinstance(t, Tensor) for t in module.parameters.values()):
            graph.layers.append(layer)
        for role, tensor in module.parameters.items():
            if isinstance(tensor, Tensor):
                enter_parameter(graph, framework, layer, role, tensor, f"{prefix}.{role}" if prefix else role)
    framework.graph = graph
    try:
        trace(interp, framework, instance, graph)
    finally:
        framework.graph = None
    paths = {key: layer.path for key, layer in framework.layers.items()}
    framework.witness.report(graph, framework.owners, paths, partial(drawn_later, interp, framework))
    return graph


def _layer(path: str, module: Instance) -> Layer:
    spec = next((c.spec for c in module.cls.mro if c.spec is not None and c.name not in CONTAINERS), None)
    kind = spec.name.rpartition(".")[2] if spec is not None else ""
    return Layer(
        path=path, kind=kind, class_name=module.cls.name.rpartition(".")[2], arguments=module.arguments, site=module.site, time=module.time,
        restarts=bool(kind) or module.cls.uncertain or any(find_member(module.cls, name)[1] is not None for name in RESETS),
    )  # fmt: skip


def enter_late(framework: TorchFramework, graph: ModelGraph, instance: Instance) -> Layer:
    """A module that the forward pass itself constructs, as Flax's compact modules and Haiku's do."""
    framework.late.append(instance)
    first: Layer | None = None
    for prefix, module in named_modules(instance, _late_path(framework, graph, instance)):
        layer = framework.layers[id(module)] = _layer(prefix, module)
        first = first or layer
        graph.layers.append(layer)
        for role, tensor in module.parameters.items():
            if isinstance(tensor, Tensor):
                enter_parameter(graph, framework, layer, role, tensor, f"{prefix}.{role}")
    assert first is not None
    return first


def _late_path(framework: TorchFramework, graph: ModelGraph, instance: Instance) -> str:
    """``Block_1.Dense_0``: a module of linen is a part of the one that runs, numbered among those of its class, unless it was given a name."""
    owner = framework.layers.get(framework.running[-2]) if len(framework.running) > 1 and root_of(instance.cls) == LINEN else None
    base = f"{owner.path}." if owner is not None and owner.path else ""
    chosen = instance.arguments.get("options", {}).get("name", instance.attrs.get("name")) if root_of(instance.cls) == LINEN else None
    if isinstance(chosen, str):
        return base + chosen
    start = f"{base}{instance.cls.name.rpartition('.')[2]}_"
    return f"{start}{sum(1 for layer in graph.layers if layer.path.startswith(start) and layer.path[len(start) :].isdigit())}"


def enter_parameter(graph: ModelGraph, framework: TorchFramework, layer: Layer, role: str, tensor: Tensor, name: str) -> None:
    """Enter one registered tensor; one that was met before is an alias."""
    known = framework.owners.get(id(tensor))
    if known is not None:
        known.aliases = (*known.aliases, name)
        layer.parameters[role] = known
        return
    storage = tensor.storage
    parameter = Parameter(
        name=name, shape=tensor.shape, role=role, layer=layer, events=list(storage.events), distribution=storage.distribution,
        reason=storage.reason if storage.distribution is None else "", requires_grad=tensor.requires_grad,
        uninitialised=storage.empty if storage.distribution is None and storage.reason == NO_VALUES else None,
    )  # fmt: skip
    if storage.twin is not None:  # the first of several copies stands for what they were copied from, where that is no part of the model
        first = framework.owners.setdefault(id(storage.twin), parameter)
        parameter.twin = first if first is not parameter else None
        parameter.copied, parameter.copies = storage.copied, storage.copies
    if storage.distribution is None and not parameter.reason:
        parameter.reason = "its initial values were not followed"
    layer.parameters[role] = parameter
    graph.parameters.append(parameter)
    framework.owners[id(tensor)] = parameter
    framework.owners.setdefault(id(storage), parameter)


def enter_late_parameter(framework: TorchFramework, owner: Instance, name: str, tensor: Tensor) -> None:
    """A parameter that a forward pass declares enters the graph that is traced."""
    framework.late.append(tensor)
    layer = framework.layers.get(id(owner))
    if framework.graph is not None and layer is not None and name not in layer.parameters:
        enter_parameter(framework.graph, framework, layer, name, tensor, f"{layer.path}.{name}" if layer.path else name)


def refresh(framework: TorchFramework, tensor: Tensor) -> None:
    """A parameter took its sizes after the graph was made: enter them there."""
    known = framework.owners.get(id(tensor))
    if known is not None:
        known.shape, known.distribution, known.events = tensor.shape, tensor.storage.distribution, list(tensor.storage.events)
