"""Where modules register what is assigned to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint.interpreter.values import ABSENT, OPENED, Instance, OneOf, Tensor, Unknown
from initlint.overlays.torch_layers.table import MODULE

if TYPE_CHECKING:
    from initlint.adapters.torch.adapter import TorchFramework
    from initlint.interpreter.core import Interpreter

REGISTRIES = ("parameters", "modules", "buffers")


READY = "#ready"
"""Set once the constructor of ``nn.Module`` ran: until then nothing can be registered."""


def is_torch(instance: Instance) -> bool:
    """Whether an object is a module of torch, not one of the other frameworks that declare theirs."""
    return instance.cls.derives(MODULE)


def is_unready(instance: Instance) -> bool:
    """Whether ``super().__init__()`` has certainly not run."""
    if READY in instance.attrs or OPENED in instance.attrs or instance.cls.spec is not None or instance.cls.uncertain or not is_torch(instance):
        return False
    return not any(c.constructed for c in instance.cls.mro)


def too_early(instance: Instance, new: Any) -> bool:
    """Whether assigning ``new`` raises because ``super().__init__()`` has not run."""
    return is_unready(instance) and ((isinstance(new, Tensor) and new.parameter) or (isinstance(new, Instance) and is_torch(new)))


def register(interp: Interpreter, instance: Instance, registry: str, name: str, value: Any) -> None:
    """Put a value into one registry and out of the others."""
    if isinstance(value, (OneOf, Unknown)):
        registry = "attrs"
    for other in ("attrs", *REGISTRIES):
        if other != registry:
            interp.heap.delete_item(getattr(instance, other), name)
    interp.heap.set_item(getattr(instance, registry), name, value)


def set_module_attribute(framework: TorchFramework, interp: Interpreter, instance: Instance, name: str, new: Any) -> None:
    """``module.name = new``."""
    registry = _registry_for(framework, instance, name, new)
    simple = registry == "attrs" and not instance.parameters and not instance.modules and not instance.buffers
    if simple or getattr(instance, registry).get(name, ABSENT) is not ABSENT:
        interp.heap.set_item(getattr(instance, registry), name, new)
    else:
        register(interp, instance, registry, name, new)


def _registry_for(framework: TorchFramework, instance: Instance, name: str, new: Any) -> str:
    """Where ``Module.__setattr__`` puts a value; ``None`` stays where the name was registered."""
    if isinstance(new, Tensor) and new.parameter:
        return "parameters"
    if isinstance(new, Instance) and framework.is_module(new):
        return "modules"
    if new is None and name in instance.parameters:
        return "parameters"
    if new is None and name in instance.modules:
        return "modules"
    if name in instance.buffers and (new is None or isinstance(new, Tensor)):
        return "buffers"
    return "attrs"
