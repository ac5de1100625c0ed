"""Attributes that modules and their classes have without the analysed code defining them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.declared import functions as declared
from initlint.adapters.declared.modules import root_of
from initlint.adapters.torch import building, containers, forward, functions, methods, registries
from initlint.adapters.torch.building import MODULE
from initlint.adapters.torch.registries import REGISTRIES
from initlint.interpreter.calls import initialise
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import ABSENT, OPENED, Builtin, Class, External, Function, Instance, Method, Tensor, Unknown, Wrapped
from initlint.overlays.declared.names import ROOTS
from initlint.text.initcalls import ROUTINE

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame


WRITTEN = frozenset(("data", "fill_", "zero_", "normal_", "uniform_", "copy_"))
"""Attributes of a tensor that fill it, or lead to what does."""
AUTOGRAD = ("torch.autograd.Function", "torch.autograd.function.Function")
"""What functions with a gradient of their own derive from."""
EXPECTED = ("reset_parameters", "weight", "bias", "init_weights", "_init_weights", "weight_init")
"""Attributes that code which initializes expects of a module of its own."""
UNTOLD = frozenset(
    {
        *("all_weights", "check_forward_args", "check_hidden_size", "check_input", "get_expected_cell_size", "get_expected_hidden_size", "permute_hidden"),
        *("call_super_init", "cls_to_become", "convert_sync_batchnorm", "dump_patches", "from_pretrained", "generate_square_subsequent_mask", "get_buffer"),
        *("get_extra_state", "has_uninitialized_params", "initialize_parameters", "ipu", "log_prob", "merge_masks", "mtia", "predict"),
        *("register_full_backward_pre_hook", "register_state_dict_post_hook", "reset_running_stats", "set_extra_state", "set_submodule"),
    }
)
"""Methods and attributes of torch's modules that no table tells of: nothing is drawn by them."""


def module_attribute(framework: TorchFramework, interp: Interpreter, instance: Instance, name: str) -> Any:
    """``module.name`` where the code does not define it, or ABSENT."""
    special = declared.attribute(instance, name) if root_of(instance.cls) else ABSENT
    if special is not ABSENT:
        return special
    kind = containers.kind_of(instance)
    if kind is not None and name in containers.METHODS[kind]:
        return Method(Builtin(name, containers.METHODS[kind][name]), instance)
    if name in methods.METHODS:
        return Method(Builtin(name, methods.METHODS[name]), instance)
    if name == "training":
        return True
    if name == "all_weights" and isinstance(instance.attrs.get("_all_weights"), list):
        return [[instance.parameters.get(key) for key in keys] for keys in instance.attrs["_all_weights"]]
    if name.startswith("_") and name[1:] in REGISTRIES:
        return ABSENT if registries.is_unready(instance) else getattr(instance, name[1:])
    if name in ROOTS.get(root_of(instance.cls) or MODULE, ()):
        return Builtin(name, lambda call: forward.run_table_layer(framework, instance, call))
    if name == "_conv_forward":
        return _convolve(framework, instance)
    return _drawing_method(framework, interp, instance, name)


def _convolve(framework: TorchFramework, instance: Instance) -> Any:
    """``conv._conv_forward(input, weight, bias)``: the function for a weight that a subclass has made something of."""
    layer = next((c.name.rpartition(".")[2] for c in instance.cls.mro if c.spec is not None and c.spec.role == "conv"), "")
    return Builtin("_conv_forward", lambda call: functions.call(framework, f"torch.nn.functional.{layer.lower()}", call)) if layer else ABSENT


def _drawing_method(framework: TorchFramework, interp: Interpreter, instance: Instance, name: str) -> Any:
    """A method that initializes: of a table layer, or of a base class that was not read."""
    owner = next((c for c in instance.cls.mro if c.spec is not None), None)
    if owner is not None and owner.spec is not None:
        if name == "reset_parameters" and owner.spec.reset:
            return Builtin(name, lambda call: building.reset(framework, interp, instance, owner, call.frame, call.node))
        if name in owner.spec.methods:
            return Builtin(name, lambda call: building.run_method(framework, interp, instance, owner, name, call.frame, call.node))
    if instance.cls.uncertain and name in ("post_init", "init_weights"):
        routine, _ = find_member(instance.cls, "_init_weights")
        if isinstance(routine, Function):
            bound, apply = Method(routine, instance), Method(Builtin("apply", methods.apply), instance)
            return Builtin(name, lambda call: _without_grad(call, apply, bound))
        reason = f"drawn by {name}() of a class that was not read"
        return Builtin(name, lambda call: call.interp.call_blind(Unknown(reason), call.node, call.frame, reason, [instance, *call.args], call.kwargs))
    return ABSENT


def _without_grad(call: Call, apply: Method, routine: Method) -> Any:
    """Base classes that call ``_init_weights`` on every module do so under ``no_grad``."""
    with _no_grad(call.interp):
        return call.interp.call(apply, [routine], {}, call.frame, call.node)


@contextmanager
def _no_grad(interp: Interpreter) -> Iterator[None]:
    """What torch runs by itself records no gradients."""
    interp.managers.append(External("torch.no_grad()"))
    try:
        yield
    finally:
        interp.managers.pop()


def class_attribute(framework: TorchFramework, cls: Class, name: str) -> Any:
    """An unbound method of a framework class: ``nn.Module.__init__``, ``nn.Linear.reset_parameters``."""
    if name == "__init__" and any(c.name == MODULE or c.spec for c in cls.mro):
        return Builtin(f"{cls.name}.__init__", lambda call: _initialise(cls, call))
    if cls.name == "torch.nn.Embedding" and name == "from_pretrained":
        return Builtin(name, lambda call: functions.pretrained_embedding(framework, call))
    if any(c.name == MODULE for c in cls.mro):
        return Builtin(name, lambda call: _unbound(framework, call, name))
    if name == "apply" and any(c.name in AUTOGRAD for c in cls.mro):
        return Builtin(name, lambda call: _differentiable(cls, call))
    return ABSENT


def _differentiable(cls: Class, call: Call) -> Any:
    """``F.apply(x)`` of a ``torch.autograd.Function`` runs ``F.forward(ctx, x)`` under ``no_grad``; what kernels write into memory is not followed."""
    forward, _ = find_member(cls, "forward")
    function = forward.function if isinstance(forward, Wrapped) else forward
    if not isinstance(function, Function):
        return Unknown(f"{cls.name}.apply is not followed")
    context = [] if find_member(cls, "setup_context")[0] is not ABSENT else [Unknown("the context of a function")]
    with _no_grad(call.interp):
        result = call.interp.call(function, [*context, *call.args], call.kwargs, call.frame, call.node)
    followed = all(isinstance(one, Tensor) and one.op is not None for one in (result if isinstance(result, tuple) else (result,)))
    return result if followed else Unknown(f"what {cls.name} computes is not followed")


def _initialise(cls: Class, call: Call) -> None:
    if call.args and isinstance(call.args[0], Instance):
        initialise(call.interp, call.args[0], cls, call.args[1:], call.kwargs, call.frame, call.node)


def _unbound(framework: TorchFramework, call: Call, name: str) -> Any:
    if not call.args or not isinstance(call.args[0], Instance):
        return Unknown(f"{name} of a class")
    found = framework.module_attribute(call.interp, call.args[0], name, call.frame, call.node)
    return call.interp.call(found, call.args[1:], call.kwargs, call.frame, call.node) if found is not ABSENT else Unknown(f"{name} is not followed")


def _is_configuration(value: Instance) -> bool:
    """Whether an object is a configuration by the name of a base class that was not read, ``PretrainedConfig``."""
    return any(c.opaque and c.name.endswith("Config") for c in value.cls.mro)


def constructed_blind(framework: TorchFramework, interp: Interpreter, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """A base class that was not read keeps its configuration, as those of transformers do: the first argument, or an object that is no module."""
    for index, value in enumerate(args):
        first = index == 0 and "config" not in instance.attrs and not isinstance(value, (Tensor, Instance))
        if first or (isinstance(value, Instance) and (not framework.is_module(value) or _is_configuration(value))):
            interp.heap.set_item(instance.attrs, "config", value)
    if "config" in kwargs:
        interp.heap.set_item(instance.attrs, "config", kwargs["config"])


def missing_attribute(framework: TorchFramework, interp: Interpreter, instance: Instance, name: str, frame: Frame, node: p.Node) -> None:
    """Notice that a module has no attribute ``name``, where all is known that it has, or everybody expects that name of it."""
    told = instance.cls.spec is not None and not name.startswith("_") and name not in UNTOLD
    if not interp.heap.decided or not registries.is_torch(instance) or instance.attrs.keys() & {"#failed", OPENED}:
        return
    if told or name in EXPECTED or _is_left_over(interp, instance, name, frame):
        kind = instance.cls.name.rpartition(".")[2]
        text = f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind} has no `{name}`: AttributeError"
        framework.mistake(interp, "missing-attribute", node, frame, text, name=name, class_name=kind)


def attribute_of_none(framework: TorchFramework, interp: Interpreter, name: str, frame: Frame, node: p.Node) -> None:
    """Notice that the bias of a layer that has none is filled: ``self.fc.bias.data.zero_()``."""
    if isinstance(node, p.Attr) and isinstance(node.value, p.Attr) and node.value.attr == "bias" and name in WRITTEN and interp.heap.decided:
        bias = frame.module.source.spelled(node.value)
        text = f"`{bias}` is None, for the layer has no bias: AttributeError"
        framework.mistake(interp, "absent-bias", node, frame, text, bias=bias)


def _is_left_over(interp: Interpreter, instance: Instance, name: str, frame: Frame) -> bool:
    """Whether an init routine that the constructor of a module calls asks it for what no class it consists of ever says that it sets."""
    routine = frame.function
    constructed = any(one.receiver is instance and one.code.name == "__init__" for one in interp.routines)
    named = routine.code is not None and routine.code.name != "__init__" and ROUTINE.search(routine.code.name) is not None
    written = all(cls.namespace or cls.name == MODULE for cls in instance.cls.mro)
    if not named or routine.receiver is not instance or not constructed or not written or name.startswith("__"):
        return False
    members = [value for cls in instance.cls.mro for value in cls.namespace.values()]
    texts = {one.scope.module.name: one.scope.module.source.text for one in members if isinstance(one, Function)}
    assigned = rf"\.{name}\s*(?:,[^\n(]*|:[ \t]*\w[^\n]*?)?=(?!=)|^\s*{name}\s*[:=]|\bdef {name}\b"
    sets = re.compile(rf"{assigned}|[\"']{name}[\"']|\bsetattr\(|__dict__|__getattr", re.MULTILINE)
    return not any(sets.search(text) for text in texts.values())
