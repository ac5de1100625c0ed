"""From a constructed module to the model graph: layers, parameters, and one traced forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch import signals
from initlint.adapters.torch.adapter import TorchFramework
from initlint.adapters.torch.building import CONTAINERS, named_modules
from initlint.graph import Layer, ModelGraph, Op, Parameter
from initlint.interpreter.calls import Call
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Function, Instance, Method, OutOfBudget, TargetRaise, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

NOT_SIGNALS = {"int", "float", "bool", "str"}


def build(interp: Interpreter, framework: TorchFramework, instance: Instance, name: str, path: str) -> ModelGraph:
    """The graph of a constructed model, its forward pass included where that can be followed."""
    graph = ModelGraph(name=name, path=path, site=instance.site, lineage=tuple(c.name for c in instance.cls.mro), notes=list(dict.fromkeys(framework.failures)))
    framework.layers, framework.owners = {}, {}
    for prefix, module in named_modules(instance):
        layer = _layer(prefix, module)
        framework.layers[id(module)] = layer
        if layer.kind or any(isinstance(t, Tensor) for t in module.parameters.values()):
            graph.layers.append(layer)
        for role, tensor in module.parameters.items():
            if isinstance(tensor, Tensor):
                _parameter(graph, framework, layer, role, tensor, f"{prefix}.{role}" if prefix else role)
    trace(interp, framework, instance, graph)
    return graph


def _layer(path: str, module: Instance) -> Layer:
    spec = next((c.spec for c in module.cls.mro if c.spec is not None and c.name not in CONTAINERS), None)
    kind = spec.name.rpartition(".")[2] if spec is not None else ""
    return Layer(path=path, kind=kind, class_name=module.cls.name.rpartition(".")[2], arguments=module.arguments, site=module.site)


def _parameter(graph: ModelGraph, framework: TorchFramework, layer: Layer, role: str, tensor: Tensor, name: str) -> None:
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
    )  # fmt: skip
    if storage.distribution is None and not parameter.reason:
        parameter.reason = "its initial values were not followed"
    layer.parameters[role] = parameter
    graph.parameters.append(parameter)
    framework.owners[id(tensor)] = parameter
    framework.owners.setdefault(id(storage), parameter)


def trace(interp: Interpreter, framework: TorchFramework, instance: Instance, graph: ModelGraph) -> None:
    """Run the forward pass on signals and collect its operations.

    Parts that it never reaches (the critic of a GAN that is trained elsewhere) are run on their own.
    """
    inputs: list[Op] = []
    graph.forward_reason = run(interp, framework, instance, inputs)
    graph.ops = _collected(framework, inputs)
    if not graph.forward_reason and any(op.kind == "opaque" for op in graph.ops):
        return
    if graph.forward_reason and (_called(framework, instance) or not _is_abstract(instance, graph.forward_reason)):
        return
    for part in list(_parts(framework, instance)):
        started: list[Op] = []
        if run(interp, framework, part, started):
            _forget(framework, part)
        else:
            inputs += started
            graph.forward_reason = ""
    graph.ops = _collected(framework, inputs)


def run(interp: Interpreter, framework: TorchFramework, instance: Instance, inputs: list[Op]) -> str:
    """Run the forward pass of one module; the answer is why that failed, or empty."""
    forward, _ = find_member(instance.cls, "forward")
    node = p.Const(0, 0, None)
    frame = interp.start_frame
    framework.tracing = True
    journal, interp.heap.journal = interp.heap.journal, []
    try:
        if isinstance(forward, Function):
            args, kwargs = _inputs(forward, inputs)
            result = interp.call(Method(forward, instance), args, kwargs, frame, node)
        else:
            source = Op(kind="input", name="input")
            inputs.append(source)
            result = framework.run_table_layer(interp, instance, Call(interp, [signals.signal(source)], {}, frame, node))
        ends = signals.sources([result]) or signals.sources([result.attrs] if isinstance(result, Instance) else [])
        if not ends:
            return result.reason if isinstance(result, Unknown) else "its result is not a tensor that was followed"
        signals.signal(Op(kind="output", inputs=ends))
    except OutOfBudget as error:
        return str(error)
    except (TargetRaise, RecursionError) as error:
        return f"it raises {error}" if isinstance(error, TargetRaise) else "it recurses without end"
    finally:
        framework.tracing = False
        interp.heap.rewind(interp.heap.journal or [])
        interp.heap.journal = journal
    return ""


def _collected(framework: TorchFramework, inputs: list[Op]) -> list[Op]:
    return collect([*inputs, *(op for layer in framework.layers.values() for op in layer.calls)])


def _called(framework: TorchFramework, module: Instance) -> bool:
    """Whether the forward pass traced so far uses any layer of ``module``."""
    return any(framework.layers[id(m)].calls for _, m in named_modules(module))


def _is_abstract(instance: Instance, reason: str) -> bool:
    """Whether a module has no forward pass of its own, by leaving it out or by saying so."""
    return not isinstance(find_member(instance.cls, "forward")[0], Function) or "NotImplementedError" in reason


def _parts(framework: TorchFramework, module: Instance) -> Iterator[Instance]:
    """The outermost modules inside ``module`` that have a forward pass which nothing ran."""
    for child in module.modules.values():
        if not isinstance(child, Instance) or id(child) not in framework.layers:
            continue
        runs = isinstance(find_member(child.cls, "forward")[0], Function) or any(c.name == "torch.nn.Sequential" for c in child.cls.mro)
        if runs and not _called(framework, child):
            yield child
        elif not runs:
            yield from _parts(framework, child)


def _forget(framework: TorchFramework, module: Instance) -> None:
    """Drop the uses that an abandoned run left behind."""
    for _, inner in named_modules(module):
        framework.layers[id(inner)].calls.clear()


def _inputs(forward: Function, inputs: list[Op]) -> tuple[list[Any], dict[str, Any]]:
    """One signal per required argument; plain numbers and flags are unknown."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for param in forward.node.params[1:]:
        if param.kind in ("args", "kwargs") or param.default is not None:
            continue
        if isinstance(param.annotation, p.Name) and param.annotation.id in NOT_SIGNALS:
            value: Any = Unknown(f"the argument {param.name} of forward")
        else:
            source = Op(kind="input", name=param.name)
            inputs.append(source)
            value = signals.signal(source)
        if param.kind == "keyword":
            kwargs[param.name] = value
        else:
            args.append(value)
    return args, kwargs


def collect(start: list[Op]) -> list[Op]:
    """Everything connected to ``start``, in order of execution."""
    seen: dict[int, Op] = {}
    queue = list(start)
    while queue:
        op = queue.pop()
        if id(op) not in seen:
            seen[id(op)] = op
            queue += op.inputs
            queue += op.outputs
    return sorted(seen.values(), key=lambda op: op.time)
