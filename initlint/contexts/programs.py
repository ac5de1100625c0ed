"""Code of TensorFlow 1, which builds its graph while it runs: scripts, functions and classes as one model each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.declared.variables import Store
from initlint.adapters.torch import signals
from initlint.adapters.torch.tracing import collect
from initlint.contexts.loose import function_of
from initlint.graph import Layer, ModelGraph, Op
from initlint.interpreter.blocks import run_block
from initlint.interpreter.values import Class, Function, Instance, Method, OutOfBudget, TargetRaise, Tensor, Unknown
from initlint.overlays.declared.keras import ACTIVATIONS
from initlint.overlays.declared.names import ROOTS
from initlint.source import Chunk, ClassChunk
from initlint.standins import instantiate, required

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.modules import Module

BUILDS = re.compile(
    r"get_variable\s*\(|\bVariable\s*\(|\blayers\.\w+\s*\(|\bslim\.\w+\s*\(|(?:truncated|random)_(?:normal|uniform)|_initializer\b|"
    r"\b(?:fully_connected|conv2d|dense)\s*\("
)
"""What code that makes variables says."""
SIGNAL = re.compile(
    r"(?:x|y|z|h|inp|inputs?|net|features?|images?|tensor|input_\w*|\w*_inputs?|\w*_tensor|_?x_?\w?|data|batch|hidden|state|obs|embeddings?|embedded)\d?",
    re.IGNORECASE,
)
"""Names of what a function maps, as against what it builds from."""
MAIN = re.compile(r"""__name__\s*==\s*["']__main__["']""")


def build(interp: Interpreter, framework: TorchFramework, name: str, path: str, action: Callable[[], Any]) -> ModelGraph:
    """The graph that ``action`` builds. Where that raises, what was built before counts."""
    root = Instance(Class(name, [], {}))
    root.cls.follow([root.cls])
    graph = ModelGraph(name=name, path=path)
    inputs: list[Op] = []
    framework.layers = {id(root): Layer(path="", kind="", class_name=name, arguments={})}
    framework.owners, framework.late, framework.graph, framework.store, framework.tracing = {}, [], graph, Store(framework, root, inputs), True
    graph.layers.append(framework.layers[id(root)])
    try:
        ends = signals.sources([action()])
    except (TargetRaise, OutOfBudget, RecursionError):
        ends = []
    finally:
        framework.graph, framework.store, framework.tracing = None, None, False
        interp.reset()
    ops = collect([*inputs, *ends, *(op for layer in framework.layers.values() for op in layer.calls)])
    ends += [op for op in ops if not op.outputs and op.kind not in ("output", "input")]
    if ends:
        signals.signal(Op(kind="output", inputs=list({id(op): op for op in ends}.values())))
    graph.ops = collect(ops)
    framework.witness.report(graph, framework.owners, {key: layer.path for key, layer in framework.layers.items()})
    return graph


def programs(interp: Interpreter, module: Module) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What a file of TensorFlow 1 can be asked to build: the script first, then what it did not reach, callers before what they call."""
    script = [chunk for chunk in module.source.chunks if chunk.kind == "other"]
    if any(BUILDS.search(module.source.text, chunk.start, chunk.end) or MAIN.search(module.source.text, chunk.start, chunk.end) for chunk in script):
        yield "script", lambda: _run_script(interp, module, script)
    rest = [chunk for chunk in module.source.chunks if chunk.kind in ("def", "class") and not is_test(chunk) and _builds(module, chunk)]
    for chunk in sorted(rest, key=lambda chunk: _is_called(module, chunk)):
        value = module.reach(chunk.name)
        if isinstance(chunk, ClassChunk) and isinstance(value, Class):
            if not any(c.name in ROOTS for c in value.mro):
                yield chunk.name, lambda chunk=chunk, value=value: _run_class(interp, module, chunk, value)  # type: ignore[misc]
        elif isinstance(value, Function) and (id(value.node) not in interp.entered or _names_activation(value)):
            yield f"{chunk.name}()", lambda value=value: _run_function(interp, module, value)  # type: ignore[misc]


def _names_activation(function: Function) -> bool:
    """Whether an argument names a nonlinearity by default, which a caller that could not be followed may have left open."""
    return any(isinstance(default, str) and default in ACTIVATIONS for default in function.defaults.values())


def run(interp: Interpreter, module: Module, value: Any) -> Any:
    """What a target evaluates to: a function or class is run, anything else was."""
    if isinstance(value, Function):
        return _run_function(interp, module, value)
    chunk = next((chunk for chunk, cls in module.classes() if cls is value), None)
    return _run_class(interp, module, chunk, value) if chunk is not None else value


def _builds(module: Module, chunk: Chunk) -> bool:
    return BUILDS.search(module.source.text, chunk.start, chunk.end) is not None


def is_test(chunk: Chunk) -> bool:
    """Whether a function, or a class by its methods, is a test: these choose weights by what they assert."""
    names = [member.name for member in chunk.members] if isinstance(chunk, ClassChunk) else [chunk.name]
    return any(name.startswith("test_") for name in names)


def _is_called(module: Module, chunk: Chunk) -> bool:
    """Whether another part of the file names it."""
    text, name = module.source.text, re.compile(rf"\b{re.escape(chunk.name)}\b")
    return any(not chunk.start <= match.start() < chunk.end for match in name.finditer(text))


def _run_script(interp: Interpreter, module: Module, script: list[Chunk]) -> None:
    for chunk in script:
        if not MAIN.search(module.source.text, chunk.start, chunk.end):
            for name in sorted(chunk.names):
                module.get(name)
            module.run(chunk)
            continue
        for statement in chunk.statements:
            if isinstance(statement, p.If):
                run_block(interp, statement.body, module.frame)


def _run_function(interp: Interpreter, module: Module, function: Function, receiver: Any = None) -> Any:
    """A function on signals for what it maps, and on symbols for what it builds from."""
    args, kwargs = _arguments(interp, function, 0 if receiver is None else 1)
    return interp.call(function if receiver is None else Method(function, receiver), args, kwargs, module.frame, p.Const(0, 0, None))


def _arguments(interp: Interpreter, function: Function, first: int) -> tuple[list[Any], dict[str, Any]]:
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    store = interp.framework.store  # type: ignore[attr-defined]
    for param in function.node.params[first:]:
        if param.default is not None or param.kind in ("args", "kwargs"):
            continue
        value = store.source(param.name, None, None) if SIGNAL.fullmatch(param.name) else required(interp, param, function)
        if param.kind == "keyword":
            kwargs[param.name] = value
        else:
            args.append(value)
    return args, kwargs


def _run_class(interp: Interpreter, module: Module, chunk: ClassChunk, cls: Class) -> Any:
    """An object, and those of its methods that build and that its constructor did not run."""
    made = instantiate(interp, cls, module.frame)
    results: list[Tensor] = []
    for member in chunk.members:
        if not isinstance(made, Instance) or member.kind != "def" or member.name == "__init__" or not _builds(module, member):
            continue
        function, _ = function_of(module, member, chunk.name)
        if function is None or id(function.node) in interp.entered or (isinstance(function.node, p.FunctionDef) and function.node.generator):
            continue
        try:
            result = _run_function(interp, module, function, made)
        except (TargetRaise, RecursionError):
            continue
        if isinstance(result, Tensor) and result.op is not None and not result.op.outputs:
            results.append(result)
    return results or Unknown("an object")
