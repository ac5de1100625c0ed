"""Methods that every ``nn.Module`` has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.adapters.torch import views
from initlint.adapters.torch.binding import DoesNotFit, bind, framework_of
from initlint.adapters.torch.building import is_known, named_modules, named_tensors
from initlint.adapters.torch.factories import NO_VALUES
from initlint.adapters.torch.registries import is_torch, register
from initlint.adapters.torch.witness import Idle, dotted
from initlint.adapters.torch.writes import write
from initlint.graph import Origin
from initlint.interpreter.values import Function, Instance, Method, Partial, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


SIGNATURES = {
    "apply": "fn",
    "add_module": "name, module",
    "register_parameter": "name, param",
    "register_buffer": "name, tensor, persistent=True",
}
"""What methods that every module has take."""


def _check(call: Call, name: str) -> None:
    """Note a call whose arguments a method of every module cannot take; a base class that was not read may have one of its own."""
    instance, node, signature = call.args[0], call.node, SIGNATURES[name]
    if not isinstance(node, p.Call) or any(arg.star for arg in node.args) or not is_torch(instance) or instance.cls.uncertain:
        return
    try:
        bind(signature, call.args[1:], call.kwargs)
    except DoesNotFit as error:
        framework_of(call).mistake(call.interp, "misfit-arguments", node, call.frame, f"`{name}({signature})` {error}: TypeError", name=name)


def apply(call: Call) -> Any:
    """``module.apply(fn)``: children first, then the module itself."""
    _check(call, "apply")
    instance, function = call.args[0], call.get(1, "fn")
    witness = framework_of(call).witness
    witness.walk(call, instance, function)
    drawn = len(witness.drawn)
    if (function is None or isinstance(function, Unknown)) and isinstance(call.node, p.Call) and call.node.args and isinstance(call.node.args[0].value, p.Call):
        _called_routine(call, function, call.node.args[0].value)
    done: set[int] = set()

    def visit(module: Instance) -> None:
        if id(module) in done:
            return
        done.add(id(module))
        for child in list(module.modules.values()):
            if isinstance(child, Instance):
                visit(child)
        call.interp.call(function, [module], {}, call.frame, call.node)

    visit(instance)
    while isinstance(function, (Method, Partial)):
        function = function.function if isinstance(function, Method) else function.func
    if isinstance(function, Function):
        witness.idle.append(Idle(call.site, _matrices(instance) if len(witness.drawn) == drawn else frozenset(), function))
    return instance


def _matrices(module: Instance) -> frozenset[str]:
    """The kinds of layers with a matrix in ``module``; none where it may hold others than are seen."""
    inside = [one for _, one in named_modules(module)]
    if not all(map(is_known, inside)):
        return frozenset()
    weights = ((one, one.parameters.get("weight")) for one in inside if one.cls.spec is not None)
    return frozenset(one.cls.name.rpartition(".")[2] for one, weight in weights if isinstance(weight, Tensor) and len(weight.shape or ()) > 1)


def _called_routine(call: Call, result: Any, argument: p.Call) -> None:
    """Note ``apply(routine())`` where the routine returns nothing, or lacks the module that ``apply`` would have handed to it."""
    name = dotted(argument.func) or "the routine"
    text = f"`apply` is given the result of `{name}(…)`, which is None, not the function itself"
    if result is not None:
        missed = "" if argument.args else _missed(call, argument.func)
        if not missed:
            return
        text = f"`apply` is given a call of `{name}()`, which misses the argument `{missed}`, not the function itself"
    site = call.interp.site(argument, call.frame)
    framework_of(call).witness.mistake(call.interp, "called-routine", call.site, text, name=name, argument=site, bare=not argument.args)


def _missed(call: Call, func: p.Expr) -> str:
    """The first argument that a plain function or method, named once more, must be given."""
    if not isinstance(func, (p.Name, p.Attr)):
        return ""
    called = call.interp.eval(func, call.frame)
    bound = 0
    while isinstance(called, Method):
        called, bound = called.function, bound + 1
    if not isinstance(called, Function):
        return ""
    params = [param for param in called.node.params if param.kind in ("positional", "either")][bound:]
    return params[0].name if params and params[0].default is None else ""


def modules(call: Call) -> Any:
    """``module.modules()``."""
    framework_of(call).witness.walk(call, call.args[0])
    return [module for _, module in named_modules(call.args[0])]


def all_named_modules(call: Call) -> Any:
    """``module.named_modules(prefix=…)``."""
    framework_of(call).witness.walk(call, call.args[0])
    prefix = call.kwargs.get("prefix", "")
    return [(name, module) for name, module in named_modules(call.args[0], prefix if isinstance(prefix, str) else "")]


def children(call: Call) -> Any:
    """``module.children()``."""
    return [child for _, child in named_children(call)]


def named_children(call: Call) -> list[tuple[str, Instance]]:
    """``module.named_children()``: each child once, under its first name."""
    found: dict[int, tuple[str, Instance]] = {}
    for name, child in call.args[0].modules.items():
        if isinstance(child, Instance):
            found.setdefault(id(child), (name, child))
    return list(found.values())


def parameters(call: Call) -> Any:
    """``module.parameters()``."""
    return [tensor for _, tensor in _named(call, "parameters")]


def named_parameters(call: Call) -> Any:
    """``module.named_parameters()``."""
    return _named(call, "parameters")


def buffers(call: Call) -> Any:
    """``module.buffers()``."""
    return [tensor for _, tensor in _named(call, "buffers")]


def named_buffers(call: Call) -> Any:
    """``module.named_buffers()``."""
    return _named(call, "buffers")


def _named(call: Call, registry: str) -> list[tuple[str, Tensor]]:
    instance = call.args[0]
    framework_of(call).witness.walk(call, instance)
    if call.get(2, "recurse", True) is False or (len(call.args) == 2 and call.args[1] is False):
        return [(name, t) for name, t in getattr(instance, registry).items() if isinstance(t, Tensor)]
    prefix = call.kwargs.get("prefix", "")
    dotted = f"{prefix}." if isinstance(prefix, str) and prefix else ""
    return [(dotted + name, tensor) for name, tensor in named_tensors(instance, registry)]


def state_dict(call: Call) -> Any:
    """``module.state_dict()``, detached, without the prefixes and filters that it also takes."""
    held = [*named_tensors(call.args[0]), *named_tensors(call.args[0], "buffers")]
    return {name: views.view(tensor, "detach") for name, tensor in held}


def load_state_dict(call: Call) -> Any:
    """Every parameter may now hold something else."""
    for _, tensor in named_tensors(call.args[0]):
        write(call.interp, tensor, "torch.nn.Module.load_state_dict", Origin.LOAD, None, call.site, reason="loaded from a checkpoint")
    return Unknown("keys of a checkpoint")


def add_module(call: Call) -> Any:
    """``module.add_module(name, module)``."""
    _check(call, "add_module")
    name = call.get(1, "name")
    if isinstance(name, str):
        register(call.interp, call.args[0], "modules", name, call.get(2, "module"))
    return None


def register_parameter(call: Call) -> Any:
    """``module.register_parameter(name, param)``."""
    _check(call, "register_parameter")
    name = call.get(1, "name")
    if isinstance(name, str):
        register(call.interp, call.args[0], "parameters", name, call.get(2, "param"))
    return None


def register_buffer(call: Call) -> Any:
    """``module.register_buffer(name, tensor)``."""
    _check(call, "register_buffer")
    name, value = call.get(1, "name"), call.get(2, "tensor")
    if isinstance(name, str):
        if isinstance(value, Tensor):
            call.interp.heap.set_field(value, "buffer", True)
        register(call.interp, call.args[0], "buffers", name, value)
    return None


def itself(call: Call) -> Any:
    """A method that returns the module, with nothing changed that matters here."""
    return call.args[0]


def requires_grad(call: Call) -> Any:
    """``module.requires_grad_(requires_grad)``."""
    wanted = call.get(1, "requires_grad", True)
    for _, tensor in named_tensors(call.args[0]):
        call.interp.heap.set_field(tensor, "requires_grad", wanted is not False)
    return call.args[0]


def get_submodule(call: Call) -> Any:
    """``module.get_submodule(target)``."""
    target = call.get(1, "target")
    found = next((m for name, m in named_modules(call.args[0]) if name == target), None) if isinstance(target, str) else None
    return found if found is not None else Unknown("a submodule that was not found")


def get_parameter(call: Call) -> Any:
    """``module.get_parameter(target)``."""
    target = call.get(1, "target")
    found = next((t for name, t in named_tensors(call.args[0]) if name == target), None) if isinstance(target, str) else None
    return found if found is not None else Unknown("a parameter that was not found")


def nothing(call: Call) -> Any:
    """A method that returns nothing of interest."""
    return None


def to_empty(call: Call) -> Any:
    """``module.to_empty()``: new memory for every parameter, with nothing in it."""
    for _, tensor in named_tensors(call.args[0]):
        write(call.interp, tensor, "torch.nn.Module.to_empty", Origin.FILL, None, call.site, reason=NO_VALUES)
    return call.args[0]


def class_name(call: Call) -> Any:
    """``module._get_name()``."""
    return call.args[0].cls.name.rpartition(".")[2]


def fill_padding(call: Call) -> None:
    """``embedding._fill_padding_idx_with_zero()``."""
    table = call.args[0]
    weight, row = table.parameters.get("weight"), table.attrs.get("padding_idx")
    if isinstance(weight, Tensor) and row is not None:
        call.interp.setitem(weight, row, 0.0, call.frame, call.node)


METHODS: dict[str, Callable[[Call], Any]] = {
    "apply": apply, "modules": modules, "named_modules": all_named_modules, "children": children, "named_children": named_children,
    "parameters": parameters, "named_parameters": named_parameters, "buffers": buffers, "named_buffers": named_buffers, "state_dict": state_dict,
    "load_state_dict": load_state_dict, "add_module": add_module, "register_module": add_module, "register_parameter": register_parameter,
    "register_buffer": register_buffer, "requires_grad_": requires_grad, "get_submodule": get_submodule, "get_parameter": get_parameter,
    "to_empty": to_empty, "_get_name": class_name, "_fill_padding_idx_with_zero": fill_padding,
    **dict.fromkeys(("to", "cuda", "cpu", "float", "half", "double", "bfloat16", "train", "eval", "type", "share_memory", "xpu", "compile"), itself),
    **dict.fromkeys(("zero_grad", "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_backward_hook",
                     "_register_load_state_dict_pre_hook", "register_load_state_dict_post_hook", "_register_state_dict_hook", "extra_repr",
                     "register_load_state_dict_pre_hook", "register_state_dict_pre_hook", "_log_api_usage_once", "flatten_parameters"), nothing),
}  # fmt: skip
