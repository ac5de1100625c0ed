"""Calls of modules: the forward pass of analysed code, and of layers that the tables describe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from initlint.adapters.declared import functional, meeting
from initlint.adapters.declared import modules as declared
from initlint.adapters.declared.modules import root_of
from initlint.adapters.torch import containers, signals, tensors
from initlint.graph import Layer, Op
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import ABSENT, Class, Function, Instance, Method, Tensor, Unknown
from initlint.overlays.declared.names import ROOTS

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call

MOST_NESTED = 40
"""A module may run inside itself (trees of modules do) until this many modules run at once."""


def run_module(framework: TorchFramework, instance: Instance, call: Call) -> Any:
    """``module(x)``."""
    if not framework.tracing and not (root_of(instance.cls) and signals.sources([*call.args, *call.kwargs.values()])):
        return _rehearse(framework, instance, call)
    if id(instance) in framework.running and len(framework.running) > MOST_NESTED:
        return signals.opaque(call)
    outermost = not framework.tracing and framework.applying is None
    framework.applying = instance if outermost else framework.applying
    framework.running.append(id(instance))
    framework.ran.add(id(instance))
    try:
        made = _run(framework, instance, call)
    finally:
        framework.running.pop()
        framework.applying = None if outermost else framework.applying
    if outermost:
        functional.note(framework, instance, made)
    return made


def _run(framework: TorchFramework, instance: Instance, call: Call) -> Any:
    function = entry(instance.cls)
    if not isinstance(function, Function):
        return run_table_layer(framework, instance, call)
    if root_of(instance.cls):
        meeting.meet_own(framework, instance, call)
        if framework.graph is not None and id(instance) not in framework.layers:  # a compact module makes its parts while it runs
            framework.enter_late(instance)
    return call.interp.call(Method(function, instance), call.args, call.kwargs, call.frame, call.node)


def entry(cls: Class) -> Any:
    """The method of a module class that is its forward pass, or ABSENT."""
    root = root_of(cls)
    names = ROOTS[root] if root is not None else ("forward",)
    return next((found for name in names if (found := find_member(cls, name)[0]) is not ABSENT), ABSENT)


def _rehearse(framework: TorchFramework, instance: Instance, call: Call) -> Any:
    """A forward pass in the middle of construction, run for the shapes that come out."""
    source = Op(kind="input")
    args = [replace(a, op=source) if isinstance(a, Tensor) else a for a in call.args]
    outer, framework.layers = framework.layers, {}
    framework.tracing = True
    try:
        return _settled(call.interp.call(instance, args, call.kwargs, call.frame, call.node))
    finally:
        framework.tracing, framework.layers = False, outer


def _settled(value: Any) -> Any:
    """What a rehearsal returned, as tensors of which only the shape is known."""
    if isinstance(value, Tensor):
        return tensors.new_tensor(value.shape, None, reason="the output of a module")
    if isinstance(value, (list, tuple)):
        return type(value)(_settled(v) for v in value)
    if isinstance(value, dict):
        return {k: _settled(v) for k, v in value.items()}
    return value


def run_table_layer(framework: TorchFramework, instance: Instance, call: Call) -> Any:
    """A layer whose forward pass the tables describe."""
    kind = containers.kind_of(instance)
    if kind == "sequence" and instance.cls.derives("torch.nn.Sequential"):
        value: Any = call.args[0] if call.args else Unknown("no input")
        for module in instance.modules.values():
            value = call.interp.call(module, [value], {}, call.frame, call.node)
        return value
    if functional.ENDS in instance.attrs:
        return functional.applied(instance, call)
    spec = next((c.spec for c in instance.cls.mro if c.spec is not None), None)
    if spec is None or kind is not None:
        return signals.opaque(call)
    layer = _layer_of(framework, instance)
    if spec.name in declared.LAYERS:
        return declared.run(framework, instance, layer, spec, call)
    return signals.run_layer(layer, instance, spec.role, spec.name, call)


def _layer_of(framework: TorchFramework, instance: Instance) -> Layer:
    """The graph layer of a module; while shapes are rehearsed, a stand-in."""
    layer = framework.layers.get(id(instance))
    if layer is None and framework.graph is not None:
        layer = framework.enter_late(instance)
    elif layer is None:
        layer = framework.layers[id(instance)] = Layer(path="", kind="", class_name=instance.cls.name, arguments=instance.arguments)
        framework.called[id(layer)] = (layer, framework.applying or instance)
    return layer
