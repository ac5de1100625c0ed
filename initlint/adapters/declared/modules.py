"""Layers of the tables: their parameters once the input is known, and what they do to a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.declared import wrapped
from initlint.adapters.declared.meeting import WIDTH, meet, shape_of
from initlint.adapters.declared.shapes import asked, output_shape, width
from initlint.adapters.torch import signals
from initlint.adapters.torch.shapes import placeholder
from initlint.graph import Layer, Op
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Builtin, Class, External, Function, Instance, OneOf, Tensor, is_number, same
from initlint.overlays.array_functions import ACTIVATIONS as FUNCTIONS
from initlint.overlays.array_functions import canonical as array_name
from initlint.overlays.declared import equinox, flax, haiku, keras
from initlint.overlays.declared.catalogue import INITIALIZERS
from initlint.overlays.declared.names import ROOTS
from initlint.overlays.spec import LayerSpec

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

LAYERS: dict[str, LayerSpec] = {
    **keras.LAYERS, **haiku.LAYERS, **flax.LAYERS, **equinox.LAYERS,
    **{row.name: LayerSpec(name=row.name, bases=(), signature=row.signature) for row in INITIALIZERS.values()},
}  # fmt: skip
"""Layers and initializers of these frameworks, by canonical dotted name."""
SEQUENCES = ("keras.Sequential", "haiku.Sequential", "flax.linen.Sequential", "flax.nnx.Sequential", "equinox.nn.Sequential")
OTHER_ROOTS = ROOTS.keys() - {"torch.nn.Module"}
ELEMENT = "layers_{}"


def root_of(cls: Class) -> Optional[str]:
    """The framework class that ``cls`` derives from, torch's own aside."""
    if OTHER_ROOTS.isdisjoint(cls.names):
        return None
    return next(c.name for c in cls.mro if c.name in OTHER_ROOTS)


def fill(interp: Interpreter, instance: Instance) -> None:
    """Register the layers that a sequence was given."""
    for layer in elements_of(interp, instance.arguments.get("layers")) or []:
        append(interp, instance, layer)


def append(interp: Interpreter, instance: Instance, layer: Any) -> None:
    """One more layer of a sequence; an input only says the shape, a function stands between."""
    if isinstance(layer, Tensor):
        interp.heap.set_item(instance.attrs, "#input", layer.shape)
        return
    if isinstance(layer, Instance) and "input_shape" in layer.arguments.get("options", {}) and not instance.modules:
        shape = layer.arguments["options"]["input_shape"]
        if isinstance(shape, (tuple, list)):
            interp.heap.set_item(instance.attrs, "#input", (placeholder("batch"), *shape))
    interp.heap.set_item(instance.modules, ELEMENT.format(len(instance.modules)), layer)


def run(framework: TorchFramework, instance: Instance, layer: Layer, spec: LayerSpec, call: Call) -> Any:
    """The layer applied to its input."""
    value = call.args[0] if call.args else next(iter(call.kwargs.values()), None)
    meet(framework, instance, shape_of(value), call)
    short = spec.name.rpartition(".")[2]
    if spec.name in SEQUENCES:
        if isinstance(value, Tensor) and value.shape is None:
            value.shape = instance.attrs.get("#input")
        for module in instance.modules.values():
            value = call.interp.call(module, [value], {}, call.frame, call.node)
        return value
    if spec.name.startswith("keras.layers.") and short in keras.MERGES:
        values = elements_of(call.interp, value) or [value]
        made = signals.signal(Op(kind=keras.MERGES[short], name=short, inputs=signals.sources(values), site=call.site))
        made.shape = output_shape(instance, spec, values)
        return made
    if spec.name in keras.MODULES:
        name, argument = keras.MODULES[spec.name]
        return _activated(name, instance.arguments.get(argument), value, call, layer)
    if spec.role == "attention" and instance.modules:
        return wrapped.attend(instance, layer, call)
    if spec.name in wrapped.WRAPPERS and instance.modules:
        return wrapped.WRAPPERS[spec.name](instance, value, call)
    if spec.role == "view":
        made = signals.signal(Op(kind="view", name=short, inputs=signals.sources([value]), site=call.site))
    else:
        made = signals.run_layer(layer, instance, spec.role, spec.name, call)
    if isinstance(made, tuple) and spec.name.startswith("keras.layers.") and not asked(instance, "return_state"):
        made = made[0]
    if isinstance(made, Tensor):
        made.shape = output_shape(instance, spec, [value])
        wide = width(instance, spec, value)
        if made.shape is None and wide is not None:
            made.attrs[WIDTH] = wide
    return activate(instance.arguments.get(spec.activation), made, call) if spec.activation else made


def activate(chosen: Any, value: Any, call: Call) -> Any:
    """The nonlinearity that a layer was given, applied behind it."""
    if isinstance(chosen, OneOf):
        return value
    if chosen is None or not isinstance(value, Tensor):
        return value
    if isinstance(chosen, (Function, Instance, Builtin)):
        return call.interp.call(chosen, [value], {}, call.frame, call.node)
    name = chosen if isinstance(chosen, str) else array_name(chosen.name).rpartition(".")[2] if isinstance(chosen, External) else ""
    if name in keras.ACTIVATIONS:
        return _activated(keras.ACTIVATIONS[name], keras.SLOPE if name == "leaky_relu" else None, value, call)
    if isinstance(chosen, External) and array_name(chosen.name) in FUNCTIONS:
        return call.interp.call(chosen, [value], {}, call.frame, call.node)
    return signals.signal(Op(kind="opaque", name=name, inputs=signals.sources([value]), site=call.site))


def _activated(name: str, argument: Any, value: Any, call: Call, layer: Optional[Layer] = None) -> Tensor:
    if name == "relu" and is_number(argument) and not same(argument, 0.0) and argument != 0:
        name = "leaky_relu"
    detail = {"parameter": argument} if is_number(argument) and name != "relu" else {}
    op = Op(kind="activation", name=name, detail=detail, inputs=signals.sources([value]), layer=layer, site=call.site)
    if layer is not None:
        layer.calls.append(op)
    made = signals.signal(op)
    if isinstance(value, Tensor):
        made.shape, made.attrs = value.shape, dict(value.attrs)
    return made
