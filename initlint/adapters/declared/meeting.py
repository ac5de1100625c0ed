"""Layers that take sizes from their input: what happens when they first see one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.declared import drawing
from initlint.adapters.torch.building import ModuleBuilder
from initlint.adapters.torch.shapes import placeholder
from initlint.interpreter.classes import find_member
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Function, Instance, Method, Tensor, Unknown, is_number
from initlint.overlays.declared.table import UNMET

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.overlays.spec import Shape

LAYER = "keras.layers.Layer"
WIDTH = "#width"
"""The size of the last axis of a signal whose other axes are not known."""
MET = "#met"
"""Set once a layer knows its input."""
UNBUILT = "#unbuilt"
"""What a layer of the author's own held before it was built: attributes and modules."""
WEIGHTS = "#weights"
"""What a layer asked for by ``add_weight``: name and tensor of each."""


def shape_of(value: Any) -> Optional[Shape]:
    """The shape of a signal as far as it is known: of some only the last axis is."""
    shape = value.shape if isinstance(value, Tensor) else None
    if shape is None and isinstance(value, Tensor) and WIDTH in value.attrs:
        return (placeholder("batch"), value.attrs[WIDTH])
    return shape


def meet(framework: TorchFramework, instance: Instance, shape: Optional[Shape], call: Call) -> None:
    """A layer of the tables sees its first input: parameters take the sizes that it has."""
    spec = next((c.spec for c in instance.cls.mro if c.spec is not None), None)
    if spec is None or spec.build is None or not shape or MET in instance.attrs or not is_number(shape[-1]) or shape[-1] == UNMET:
        return
    instance.attrs[MET] = True
    fresh = Instance(instance.cls, site=instance.site, arguments=instance.arguments)
    builder = ModuleBuilder(framework, call.interp, fresh, spec.name, call.frame, call.node, "")
    builder.site = instance.site or builder.site
    drawn = {name: tensor.storage.events for name, tensor in instance.parameters.items() if isinstance(tensor, Tensor)}
    builder.placed = {name: events[0].site for name, events in drawn.items() if events}
    try:
        spec.build(builder, drawing.namespace(instance, shape))
    except (TypeError, ValueError, ArithmeticError, AttributeError, IndexError):
        return
    _take(framework, instance, fresh)


def meet_own(framework: TorchFramework, instance: Instance, call: Call) -> None:
    """The same for a layer of the author's own, whose ``build`` Keras calls with the shape."""
    build = call.interp.find_method(instance, "build") if MET not in instance.attrs and instance.cls.derives(LAYER) else None
    shape = shape_of(call.args[0] if call.args else next(iter(call.kwargs.values()), None))
    if build is None or shape is None:
        return
    instance.attrs[MET] = True
    attrs, modules = instance.attrs.get(UNBUILT, (instance.attrs, instance.modules))
    fresh = Instance(instance.cls, site=instance.site, arguments=instance.arguments, attrs=dict(attrs), modules=dict(modules))
    fresh.attrs.pop(WEIGHTS, None)
    named = _named_shapes(instance, build.function, call)
    required = [] if named else shapes_for(build.function, shape)
    call.interp.call(Method(build.function, fresh), required, named, call.frame, call.node)
    _take(framework, instance, fresh)


def _named_shapes(instance: Instance, build: Any, call: Call) -> dict[str, Shape]:
    """The shapes that ``build`` asks for by the names of what the layer is called with: ``query_shape`` is that of ``query``; none if one has another name."""
    function = find_member(instance.cls, "call")[0]
    if not isinstance(function, Function) or not isinstance(build, Function):
        return {}
    given = dict(zip((param.name for param in function.node.params[1:]), call.args)) | call.kwargs
    shapes = {f"{name}_shape": shape for name, value in given.items() if (shape := shape_of(value)) is not None}
    asked = build.node.params[1:]
    found = {param.name: shapes[param.name] for param in asked if param.name in shapes}
    return found if all(param.name in found or param.default is not None for param in asked) else {}


def shapes_for(build: Any, shape: Shape) -> list[Any]:
    """What ``build`` is called with: a shape for each argument that it must be given."""
    if not isinstance(build, Function):
        return [shape]
    required = [param for param in build.node.params[1:] if param.default is None and param.kind in ("positional", "either")]
    return [shape] * max(len(required), 1)


def _take(framework: TorchFramework, instance: Instance, fresh: Instance) -> None:
    """Let ``instance`` have what ``fresh`` was built with, now that sizes are known: its parameters keep their identity."""
    for name, tensor in fresh.parameters.items():
        target = instance.parameters.get(name)
        if isinstance(tensor, Tensor) and isinstance(target, Tensor) and target is not tensor and len(target.storage.events) <= 1:
            target.shape = target.storage.shape = tensor.shape
            target.storage.state, target.storage.copied = tensor.storage.state, tensor.storage.copied
            framework.refresh(target)
    for name, value in fresh.attrs.items():
        if name in (MET, UNBUILT) or (not name.startswith("#") and (is_number(value) or isinstance(value, (tuple, str)))):
            instance.attrs[name] = value
    for name, child in fresh.modules.items():
        known = instance.modules.get(name)
        if isinstance(child, Instance) and not isinstance(known, Instance):  # made for what it was not known to be called with
            instance.attrs.pop(name, None)
            instance.modules[name] = child
        elif isinstance(child, Instance) and isinstance(known, Instance) and child is not known:
            known.arguments = child.arguments
            _take(framework, known, child)


def build(call: Call, framework: TorchFramework) -> Any:
    """``layer.build(input_shape)``, where the author calls it himself."""
    owner, sizes = call.args[0], elements_of(call.interp, call.get(1, "input_shape", call.kwargs.get("query_shape")))
    if isinstance(owner, Instance) and sizes and is_number(sizes[-1]):
        meet(framework, owner, tuple(size if is_number(size) else placeholder("size") for size in sizes), call)
    return Unknown("build() returns nothing")
