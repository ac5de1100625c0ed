"""The forward pass of a constructed module, run once on signals; what they went through are the operations of its graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.arrays import plain
from initlint.adapters.declared.functional import FORWARD
from initlint.adapters.declared.modules import root_of
from initlint.adapters.torch import containers, forward, signals
from initlint.adapters.torch.building import named_modules
from initlint.graph import ModelGraph, Op
from initlint.interpreter.calls import Call
from initlint.interpreter.classes import find_member
from initlint.interpreter.trees import walk
from initlint.interpreter.values import Function, Instance, Method, OutOfBudget, TargetRaise, Unknown

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter

NOT_SIGNALS = {"int", "float", "bool", "str"}
"""Annotations of arguments of ``forward`` that are no tensors."""
RAISES = "it raises "
NO_PASS = re.compile(r"init|reset|load|save|config|train|optim|update|fit|set_|param|grad|copy|clone|test|valid|log|step|sync|loss")
"""Names of methods that are no pass from inputs to outputs."""
MOST_INPUTS = 16
"""Signals that ``*inputs`` is given at most."""
MOST_ASKED = 4
"""Optional arguments that a pass is given at most, after it has failed without them."""


def trace(interp: Interpreter, framework: TorchFramework, instance: Instance, graph: ModelGraph) -> None:
    """Run the forward pass on signals and collect its operations.

    Parts that it never reaches (the critic of a GAN that is trained elsewhere) are run on their own.
    """
    inputs: list[Op] = []
    framework.ran = set()
    graph.forward_reason = "it has no forward pass" if _is_silent(framework, instance) else _follow(interp, framework, graph, instance, inputs)
    graph.ops = _collected(framework, inputs)
    if not graph.forward_reason and any(op.kind == "opaque" for op in graph.ops):
        return
    if graph.forward_reason and (_called(framework, instance) or not _is_abstract(instance, graph.forward_reason)):
        return
    passes = list(_passes(interp, instance)) if graph.forward_reason else []
    for one, method in [*((instance, method) for method in passes), *((part, None) for part in list(_parts(framework, instance)))]:
        if method is None and _called(framework, one):
            continue
        started: list[Op] = []
        mark = _mark(framework, graph, one)
        if _follow(interp, framework, graph, one, started, method):
            _forget(framework, graph, one, mark)
        else:
            for source in started:
                source.detail["part"] = True
            inputs += started
            graph.forward_reason = ""
    graph.ops = _collected(framework, inputs)


def _follow(interp: Interpreter, framework: TorchFramework, graph: ModelGraph, instance: Instance, inputs: list[Op], method: Optional[Function] = None) -> str:
    """Run a pass with the arguments it requires, and where that fails, with the optional ones that it turns out to need."""
    function = _entry(framework, instance) if method is None else method
    mark = _mark(framework, graph, instance)
    given: list[str] = []
    reason = _run(interp, framework, instance, inputs, method, given)
    while isinstance(function, Function) and reason and (asked := _asked(function, reason, given)):
        _forget(framework, graph, instance, mark)
        inputs.clear()
        given.append(asked)
        reason = _run(interp, framework, instance, inputs, method, given)
    return reason


def _asked(function: Function, reason: str, given: Sequence[str]) -> str:
    """What a failed pass is to be given: its first optional argument where it requires none, then those that it names in what it raises; empty if nothing."""
    params = function.node.params[1:]
    optional = [param.name for param in params if isinstance(param.default, p.Const) and param.default.value is None and param.name not in given]
    if len(given) == MOST_ASKED or not optional:
        return ""
    if not given and not any(param.default is None and param.kind in ("positional", "either", "keyword", "args") for param in params):
        return optional[0]
    return next((name for name in re.findall(r"\w+", reason) if name in optional), "") if reason.startswith(RAISES) else ""


def _run(interp: Interpreter, framework: TorchFramework, instance: Instance, inputs: list[Op], method: Optional[Function], given: Collection[str]) -> str:
    """Run the forward pass of one module, or another ``method`` of it; the answer is why that failed, or empty.

    Whatever the pass assigns is undone: the next one starts from the module as constructed. A pass that returns nothing leaves its result in an attribute.
    """
    framework.tracing = True
    try:
        with interp.heap.sandbox():
            held = dict(instance.attrs)
            result = _result(interp, framework, instance, inputs, method, given)
            if result is None and framework.is_module(instance):
                result = [value for name, value in instance.attrs.items() if value is not held.get(name)]
            return _finish(instance if result is None else result)
    except OutOfBudget as error:
        return str(error)
    except TargetRaise as error:
        return f"{RAISES}{error}"
    except RecursionError:
        return "it recurses without end"
    finally:
        framework.tracing = False


def _result(interp: Interpreter, framework: TorchFramework, instance: Instance, inputs: list[Op], method: Optional[Function], given: Collection[str]) -> Any:
    node, frame = p.Const(0, 0, None), interp.start_frame
    function = _entry(framework, instance) if method is None else method
    if FORWARD in instance.attrs:
        return instance.attrs[FORWARD](inputs)
    for name in plain.held_inputs(instance) if not framework.is_module(instance) else ():
        inputs.append(Op(kind="input", name=name))
        interp.heap.set_item(instance.attrs, name, signals.signal(inputs[-1]))
    if isinstance(function, Function):
        args, kwargs = _inputs(function, inputs, given)
        return interp.call(Method(function, instance), args, kwargs, frame, node)
    source = Op(kind="input", name="input")
    inputs.append(source)
    return forward.run_table_layer(framework, instance, Call(interp, [signals.signal(source)], {}, frame, node))


def _entry(framework: TorchFramework, instance: Instance) -> Any:
    """The method that is the forward pass of ``instance``."""
    return forward.entry(instance.cls) if framework.is_module(instance) else plain.forward_method(instance.cls)


def _finish(result: Any) -> str:
    """Mark the signals in what a forward pass returned as outputs; the answer is why there are none, or empty."""
    ends = signals.sources([result]) or signals.sources([result.attrs] if isinstance(result, Instance) else [])
    if not ends:
        return result.reason if isinstance(result, Unknown) else "its result is not a tensor that was followed"
    signals.signal(Op(kind="output", inputs=ends))
    return ""


def _collected(framework: TorchFramework, inputs: list[Op]) -> list[Op]:
    return collect([*inputs, *(op for layer in framework.layers.values() for op in layer.calls)])


def _called(framework: TorchFramework, module: Instance) -> bool:
    """Whether the forward pass traced so far runs ``module``, or uses any layer of it."""
    return id(module) in framework.ran or any(framework.layers[id(m)].calls for _, m in named_modules(module))


def _is_silent(framework: TorchFramework, module: Instance) -> bool:
    """Whether the class of a module was read whole and has no forward pass, nor a table that knows one."""
    cls = module.cls
    if not framework.is_module(module) or cls.uncertain or FORWARD in module.attrs or isinstance(forward.entry(cls), Function):
        return False
    return root_of(cls) is None and containers.kind_of(module) is None and all(c.spec is None for c in cls.mro)


def _is_abstract(instance: Instance, reason: str) -> bool:
    """Whether a module has no forward pass of its own, by leaving it out or by saying so."""
    return not isinstance(forward.entry(instance.cls), Function) or "NotImplementedError" in reason


def _parts(framework: TorchFramework, module: Instance, around: frozenset[int] = frozenset()) -> Iterator[Instance]:
    """The outermost modules inside ``module`` that have a forward pass which nothing ran; ``around`` are those it is in, for one may hold itself."""
    around |= {id(module)}
    for child in module.modules.values():
        if not isinstance(child, Instance) or id(child) not in framework.layers or id(child) in around:
            continue
        runs = isinstance(forward.entry(child.cls), Function) or child.cls.derives("torch.nn.Sequential")
        if runs and not _called(framework, child):
            yield child
        elif not runs:
            yield from _parts(framework, child, around)


def _passes(interp: Interpreter, module: Instance) -> Iterator[Function]:
    """The methods of a module without a forward pass that others call in its place: those that run its parts on what they are given."""
    names = "|".join(map(re.escape, (*module.modules, *module.parameters)))
    called = re.compile(rf"\bself\.(?:{names})\b")
    for cls in module.cls.mro if names else ():
        home = interp.project.find(cls.module) if cls.module else None
        chunks = [chunk for chunk in home.source.classes() if chunk.name == cls.name] if home is not None else []
        for one in (member for chunk in chunks for member in chunk.members):
            if one.kind == "def" and not one.name.startswith("_") and not NO_PASS.search(one.name) and one.says(called):
                method, owner = find_member(module.cls, one.name)
                if owner is cls and isinstance(method, Function) and len(method.node.params) > 1:
                    yield method


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the trace of a graph had come before a run."""

    calls: dict[int, int]
    """How often each layer of the module at hand was used."""
    ran: set[int]
    layers: int
    parameters: int
    """How many of both the graph had: a module may be made while it runs."""


def _mark(framework: TorchFramework, graph: ModelGraph, module: Instance) -> Mark:
    calls = {id(inner): len(framework.layers[id(inner)].calls) for _, inner in named_modules(module)}
    return Mark(calls, set(framework.ran), len(graph.layers), len(graph.parameters))


def _forget(framework: TorchFramework, graph: ModelGraph, module: Instance, mark: Mark) -> None:
    """Drop what a run that was given up has left behind."""
    framework.ran = set(mark.ran)
    del graph.layers[mark.layers :], graph.parameters[mark.parameters :]
    for _, inner in named_modules(module):
        del framework.layers[id(inner)].calls[mark.calls[id(inner)] :]


def _inputs(function: Function, inputs: list[Op], given: Collection[str]) -> tuple[list[Any], dict[str, Any]]:
    """One signal per argument that is required or ``given``, and those that ``*inputs`` is asked for; plain numbers and flags are unknown."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for param in function.node.params[1:]:
        if param.kind == "args" and all(before.default is None for before in function.node.params if before.kind in ("positional", "either")):
            sources = [Op(kind="input", name=f"{param.name}[{number}]") for number in range(_starred(function, param.name) if not args else 0)]
            inputs += sources
            args += map(signals.signal, sources)
        if param.kind in ("args", "kwargs") or (param.default is not None and param.name not in given):
            continue
        if isinstance(param.annotation, p.Name) and param.annotation.id in NOT_SIGNALS:
            value: Any = Unknown(f"the argument {param.name} of forward")
        else:
            source = Op(kind="input", name=param.name)
            inputs.append(source)
            value = signals.signal(source)
        if param.kind == "keyword" or param.default is not None:
            kwargs[param.name] = value
        else:
            args.append(value)
    return args, kwargs


def _starred(function: Function, name: str) -> int:
    """How many signals a pass takes by ``*name``: as many as it unpacks or asks for by number, one where it hands them on."""
    wanted = 1
    for node in walk(function.node.body):
        if isinstance(node, p.Subscript) and _is_named(node.value, name) and isinstance(node.index, p.Const) and isinstance(node.index.value, int):
            wanted = max(wanted, min(node.index.value, MOST_INPUTS - 1) + 1)
        elif isinstance(node, p.Assign) and _is_named(node.value, name):
            wanted = max([wanted, *(len(target.items) for target in node.targets if isinstance(target, p.Sequence))])
    return wanted


def _is_named(node: p.Expr, name: str) -> bool:
    return isinstance(node, p.Name) and node.id == name


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
