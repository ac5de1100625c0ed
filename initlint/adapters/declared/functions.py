"""Functions and methods that declare parameters, inputs and models."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Optional, cast

from initlint.adapters.arrays import plain
from initlint.adapters.declared import drawing, meeting, sources, transforms
from initlint.adapters.declared.meeting import UNBUILT, WEIGHTS, shapes_for
from initlint.adapters.declared.modules import append, root_of
from initlint.adapters.torch import signals
from initlint.adapters.torch.binding import framework_of
from initlint.adapters.torch.shapes import placeholder
from initlint.adapters.torch.tensors import new_tensor
from initlint.graph import InitEvent, Op, Origin
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import ABSENT, Builtin, Instance, Method, Tensor, Unknown, is_number
from initlint.overlays.declared.initializers import IDENTIFIERS
from initlint.overlays.declared.keras import MERGES
from initlint.overlays.declared.table import UNMET
from initlint.overlays.spec import Shape
from initlint.theory.laws import custom

if TYPE_CHECKING:
    from initlint import program as p
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

EQUINOX = "equinox.Module"
LISTED = dict.fromkeys(("keras.layers.Layer", "keras.Model", "flax.nnx.Module", EQUINOX), "{}.{}") | {"flax.linen.Module": "{}_{}"}
"""Frameworks that look for layers in lists, with how they name them."""
CALLED_FIRST = {"keras.layers.Layer": "build", "keras.Model": "build", "flax.linen.Module": "setup"}
"""What they call by themselves before a layer of the author's own is used."""
PARTS = {"_query_dense": "query", "_key_dense": "key", "_value_dense": "value", "_output_dense": "attention_output"}
"""What Keras's attention calls its projections inside, where a class that derives from it asks for them."""
WEIGHT_ARGUMENTS = frozenset(
    ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint", "use_resource", "synchronization", "aggregation", "partitioner",
     "collections", "experimental_autocast", "experimental_enable_variable_lifting", "caching_device", "getter", "layout", "autocast",
     "overwrite_with_gradient")
)  # fmt: skip
"""What ``add_weight`` takes by name, in any version of Keras."""
GLOROT = (IDENTIFIERS["glorot_uniform"], {})  # type: tuple[str, dict[str, Any]]
UNIT = ("haiku.initializers.TruncatedNormal", {})  # type: tuple[str, dict[str, Any]]


def parameter(call: Call, shape: Any, chosen: Any, default: tuple[str, dict[str, Any]], *, optional: bool = False) -> Tensor:
    """A parameter as its declaration says; ``optional`` where that may leave the initializer to the framework."""
    sizes = _sizes(call, shape)
    made = drawing.draw(chosen, default, sizes)
    tensor = new_tensor(sizes, made.law, reason=made.reason)
    tensor.parameter = True
    tensor.storage.events = (
        InitEvent(
            initializer=made.initializer, origin=Origin.DEFAULT if chosen is None else Origin.CALL, distribution=made.law or custom(made.reason),
            site=made.site or call.site, arguments=made.arguments, as_default=optional and made.as_default, made=made.site is not None,
            elsewhere=call.site if made.site is not None else None,
        ),
    )  # fmt: skip
    if chosen is not None:
        framework_of(call).witness.declared(call.interp, made.site or call.site, made.initializer, made.arguments, tensor, "", made.problem)
    return tensor


def drawn(initializer: Instance, call: Call) -> Tensor:
    """``initializer(shape)`` of Keras and Haiku, ``initializer(key, shape)`` of JAX: a new tensor, no parameter yet."""
    position = 1 if initializer.cls.name.startswith("jax.") else 0
    made = parameter(call, call.get(position, "shape"), initializer, GLOROT)
    made.parameter = False
    return made


def _sizes(call: Call, shape: Any) -> Optional[Shape]:
    if is_number(shape):
        return (shape,)
    items = elements_of(call.interp, shape)
    if items is None:
        return None
    return tuple(v if is_number(v) else placeholder("size") for v in items)


def get_parameter(call: Call) -> Any:
    """``haiku.get_parameter(name, shape, dtype, init)``: belongs to the module whose method calls it."""
    made = parameter(call, call.get(1, "shape"), call.get(3, "init"), UNIT)
    owner, name = call.frame.receiver, call.get(0, "name")
    if isinstance(owner, Instance) and isinstance(name, str):
        register(call, owner, name, made)
    return made


def register(call: Call, owner: Instance, name: str, made: Tensor) -> None:
    """A parameter that a module declares while it is constructed, or while its forward pass runs."""
    call.interp.heap.set_item(owner.parameters, name, made)
    framework_of(call).enter_late_parameter(owner, name, made)


def param(call: Call) -> Any:
    """``self.param(name, init_fn, *init_args)`` of Flax."""
    owner, name = call.args[0], call.get(1, "name")
    made = parameter(call, call.get(3, "shape", ()), call.get(2, "init_fn"), GLOROT)
    if isinstance(owner, Instance) and isinstance(name, str):
        register(call, owner, name, made)
    return made


def add_weight(call: Call) -> Any:
    """``self.add_weight(shape, initializer)`` of Keras, also with the name first as Keras 2 has it."""
    _check_names(call)
    named = isinstance(call.args[1], str) if len(call.args) > 1 else False
    shape = call.get(2 if named else 1, "shape", ())
    chosen = call.kwargs.get("initializer", call.args[2] if len(call.args) > 2 and not named else None)
    made = parameter(call, shape, chosen, GLOROT, optional=True)
    made.requires_grad = call.kwargs.get("trainable", True) is not False
    owner, name = call.args[0], call.args[1] if named else call.kwargs.get("name")
    if isinstance(owner, Instance):
        owner.attrs.setdefault(WEIGHTS, []).append((name if isinstance(name, str) else "weight", made))
    return made


def _check_names(call: Call) -> None:
    """Whether ``add_weight`` takes what it is given by name: neither Keras 2 nor Keras 3 lets anything else pass."""
    owner = call.args[0]
    strange = [name for name in call.kwargs if name not in WEIGHT_ARGUMENTS] if isinstance(owner, Instance) and not owner.cls.uncertain else []
    if strange and "**" not in call.kwargs:
        near = difflib.get_close_matches(strange[0], sorted(WEIGHT_ARGUMENTS), n=1)
        text = f"`add_weight` takes no argument `{strange[0]}`: TypeError{f'; did you mean `{near[0]}`?' if near else ''}"
        framework_of(call).mistake(call.interp, "misfit-arguments", call.node, call.frame, text, name="add_weight", given=strange[0])


def model_input(call: Call) -> Any:
    """``keras.Input(shape)``."""
    shape = call.get(0, "shape")
    items = elements_of(call.interp, shape) if not is_number(shape) else None
    source = signals.signal(Op(kind="input", name="input", site=call.site))
    if items is not None:
        source.shape = (placeholder("batch"), *(v if is_number(v) else placeholder("length") for v in items))
    return source


def constructed(interp: Interpreter, instance: Instance, frame: Frame, node: p.Node) -> None:
    """A layer of the author's own as these frameworks use it: ``build`` with the shape of the input, ``setup``, and its parts found."""
    root = root_of(instance.cls) or ""
    method = CALLED_FIRST.get(root)
    found = interp.find_method(instance, method) if method is not None and instance.cls.spec is None else None
    if found is not None:
        instance.attrs[UNBUILT] = (dict(instance.attrs), dict(instance.modules))
        interp.call(found, shapes_for(found.function, (placeholder("batch"), UNMET)) if method == "build" else [], {}, frame, node)
    if root in LISTED:
        _listed(interp, instance)
    if root == EQUINOX:
        _of_equinox(cast("TorchFramework", interp.framework), instance)
    for name, made in instance.attrs.get(WEIGHTS, []):
        if not any(made is known for known in instance.parameters.values()):  # in a list, or under no name
            count = sum(1 for taken in instance.parameters if taken.startswith(name))
            interp.heap.set_item(instance.parameters, f"{name}_{count}" if count else name, made)


def _listed(interp: Interpreter, instance: Instance) -> None:
    """Layers that a module keeps in a list or a dictionary are its own, as these frameworks find them there."""
    framework, pattern = cast("TorchFramework", interp.framework), LISTED[root_of(instance.cls) or ""]
    for name, held in list(instance.attrs.items()):
        items = enumerate(held) if isinstance(held, (list, tuple)) else held.items() if isinstance(held, dict) else ()
        for key, module in items if not name.startswith("#") else ():
            if isinstance(module, Instance) and framework.is_module(module) and not any(module is known for known in instance.modules.values()):
                interp.heap.set_item(instance.modules, pattern.format(name, key), module)


def _of_equinox(framework: TorchFramework, instance: Instance) -> None:
    """Arrays that a module holds are its parameters; a layer draws them from the key that it was given."""
    if instance.cls.spec is None:
        plain.adopt(instance)
    elif sources.is_key(key := instance.arguments.get("key")):
        for tensor in instance.parameters.values():
            if isinstance(tensor, Tensor):
                sources.repeated(framework, key, tensor, instance.site)


def attribute(instance: Instance, name: str) -> Any:
    """What every module of these frameworks has, where it matters here, or ABSENT."""
    part = PARTS.get(name)
    if part is not None and instance.cls.derives("keras.layers.Layer") and part in instance.modules:
        return instance.modules[part]
    found = _method(instance, name)
    return Method(Builtin(name, found), instance) if found is not None else ABSENT


def _method(instance: Instance, name: str) -> Optional[Callable[[Call], Any]]:
    root = root_of(instance.cls) or ""
    if name == "add_weight" and root.startswith("keras."):
        return add_weight
    if name == "add" and instance.cls.derives("keras.Sequential"):
        return lambda call: append(call.interp, call.args[0], call.get(1, "layer"))
    if name == "param" and root == "flax.linen.Module":
        return param
    if name == "build":
        return lambda call: meeting.build(call, framework_of(call))
    if name in ("compile", "summary", "fit", "load_weights", "sow", "variable"):
        return lambda call: Unknown(f"{name}() is not followed")
    return None


def given_back(call: Call) -> Any:
    """``keras.initializers.get(identifier)`` and ``keras.activations.get``: what a layer takes may as well be the identifier."""
    return call.get(0, "identifier")


def listed(call: Call) -> Any:
    """``nnx.List(modules)``: the modules in it are parts of what holds it, as in any list."""
    return list(elements_of(call.interp, call.get(0, "it", ())) or [])


def as_given(call: Call) -> Any:
    """``keras.ops.convert_to_tensor(x)``: the same numbers."""
    return call.get(0, "x")


def merged(call: Call, layer: str) -> Any:
    """``keras.layers.add([x, y])``, the function beside the layer ``Add``."""
    made = call.interp.call(framework_of(call).layer_class(f"keras.layers.{layer}"), [], call.kwargs, call.frame, call.node)
    return call.interp.call(made, call.args[:1], {}, call.frame, call.node)


def pretrained_shape(call: Call) -> Any:
    """``obtain_input_shape(input_shape, default_size, …)`` of ``keras.applications``."""
    given, size = call.get(0, "input_shape"), call.get(1, "default_size")
    return given if isinstance(given, (tuple, list)) else (size, size, 3) if is_number(size) else Unknown("the shape of an image")


FUNCTIONS: dict[str, Callable[[Call], Any]] = {
    "keras.applications.imagenet_utils.obtain_input_shape": pretrained_shape,
    **dict.fromkeys(("keras.backend.image_data_format", "keras.config.image_data_format"), lambda call: "channels_last"),
    "flax.nnx.List": listed,
    **sources.FUNCTIONS,
    **transforms.FUNCTIONS,
    **dict.fromkeys(("keras.ops.convert_to_tensor", "keras.ops.cast", "keras.ops.stop_gradient"), as_given),
    **{f"keras.layers.{name.lower()}": partial(merged, layer=name) for name in MERGES},
    "haiku.get_parameter": get_parameter, "keras.Input": model_input, "keras.layers.InputLayer": model_input, "keras.initializers.get": given_back,
    "keras.activations.get": given_back, "keras.initializers.serialize": given_back, "keras.initializers.deserialize": given_back,
}  # fmt: skip
