"""Attributes of every kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter.builtins import METHODS
from initlint.interpreter.calls import initialise
from initlint.interpreter.classes import Factory, find_member, opened
from initlint.interpreter.heap import possible
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import (
    ABSENT,
    PLAIN,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Method,
    ModuleValue,
    OneOf,
    Partial,
    Property,
    Super,
    Tensor,
    Unknown,
    Wrapped,
    join,
)
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter


def get_attribute(interp: Interpreter, value: Any, name: str, frame: Frame, node: p.Node) -> Any:
    """``value.name``."""
    known = ATTRIBUTES.get(type(value))
    if known is not None:
        return known(interp, value, name, frame, node)
    if isinstance(value, PLAIN) and type(value) in METHODS and name in METHODS[type(value)]:
        return Method(Builtin(name, METHODS[type(value)][name]), value)
    if isinstance(value, Unknown):
        return value
    if value is None:
        interp.framework.attribute_of_none(interp, name, frame, node)
    return _other_attribute(interp, value, name)


def _external_attribute(interp: Interpreter, value: External, name: str, frame: Frame, node: p.Node) -> Any:
    return interp.framework.external(f"{value.name}.{name}")


def _tensor_attribute(interp: Interpreter, value: Tensor, name: str, frame: Frame, node: p.Node) -> Any:
    return interp.framework.tensor_attribute(interp, value, name, frame, node)


def _module_attribute(interp: Interpreter, value: ModuleValue, name: str, frame: Frame, node: p.Node) -> Any:
    if name == "__dict__":
        return value.module.everything()
    found = interp.project.attribute(value.module, name)
    return found if found is not ABSENT else interp.fail("AttributeError", f"{value.module.name} has no name {name}")


def _alternative_attributes(interp: Interpreter, value: OneOf, name: str, frame: Frame, node: p.Node) -> Any:
    with interp.attempt(set()):  # what one alternative lacks, another may have
        found = [get_attribute(interp, v, name, frame, node) for v in possible(value) if v is not None]
    return join(found or [Unknown("an attribute of None")])


def _other_attribute(interp: Interpreter, value: Any, name: str) -> Any:
    if isinstance(value, Function):
        if name == "__name__":
            return value.name
        if name == "__qualname__":
            return value.qualname or value.name
        if name == "__module__":
            return value.scope.module.name
        if name == "__doc__":
            return None
        if name not in value.attrs:
            return interp.fail("AttributeError", f"a function has no attribute {name} that was found")
        interp.memory.read(value.attrs[name])
        return value.attrs[name]
    if isinstance(value, Method):
        if name == "__self__":
            return value.receiver
        return _other_attribute(interp, value.function, name)
    if isinstance(value, (Builtin, Property)) and name in ("__name__", "__qualname__"):
        return value.name if isinstance(value, Builtin) else "property"
    if isinstance(value, Partial) and name in ("func", "args", "keywords"):
        return {"func": value.func, "args": tuple(value.args), "keywords": value.kwargs}[name]
    if isinstance(value, slice) and name in ("start", "stop", "step"):
        return getattr(value, name)
    if isinstance(value, (int, Sym)) and name == "value":  # a dimension of TensorFlow 1
        return value
    if isinstance(value, Sym):
        return Unknown(f"an attribute of the number {value}")
    if isinstance(value, Property) and name in ("setter", "getter", "deleter", "fget", "fset"):
        return {"fget": value.getter, "fset": value.setter}.get(name, Unknown(f"property.{name}"))
    if isinstance(value, Builtin) and value.name == "object" and name == "__setattr__":
        return Builtin(name, _plain_setattr)
    return interp.fail("AttributeError", f"no attribute {name} was found")


def _plain_setattr(call: Call) -> None:
    """``object.__setattr__(self, name, value)``: past every registry."""
    if len(call.args) == 3 and isinstance(call.args[0], Instance) and isinstance(call.args[1], str):
        call.interp.heap.set_item(call.args[0].attrs, call.args[1], call.args[2])


def instance_attribute(interp: Interpreter, value: Instance, name: str, frame: Frame, node: p.Node) -> Any:
    """Instance attributes, registries, then the class."""
    if interp.memory.visit is not None:
        interp.memory.visit.look(value, name)
    for registry in (value.attrs, value.parameters, value.modules, value.buffers):
        found = registry.get(name, ABSENT)
        if found is not ABSENT:
            return join(possible(found)) if isinstance(found, OneOf) else found
    if name == "__class__":
        return value.cls
    if name == "__module__":
        return value.cls.module
    if name == "__doc__":
        return None
    if name == "__dict__":
        return opened(interp, value)
    member, _ = find_member(value.cls, name)
    if member is not ABSENT:
        return _bind(interp, member, value, name, frame, node)
    if name == "__setattr__":
        return Builtin(name, lambda call: _setattr(interp, value, call))
    found = interp.framework.module_attribute(interp, value, name, frame, node)
    if found is not ABSENT:
        if interp.memory.visit is not None:
            interp.memory.visit.walk(value, name)
        return found
    if name in NAMED_TUPLE and value.cls.fields is not None and value.cls.derives("typing.NamedTuple"):
        return Method(Builtin(name, NAMED_TUPLE[name]), value)
    for hook in GETTERS if not name.startswith("__") else ():
        getter, _ = find_member(value.cls, hook)
        if isinstance(getter, Function) and not _is_inside(frame, getter):
            return interp.call(Method(getter, value), [name], {}, frame, node)
    if value.cls.uncertain:
        return Unknown(f"{value.cls.name}.{name} may come from a class that was not read")
    interp.framework.missing_attribute(interp, value, name, frame, node)
    return interp.fail("AttributeError", f"{value.cls.name} has no attribute {name} that was found")


def _setattr(interp: Interpreter, receiver: Instance, call: Call) -> None:
    """``self.__setattr__(name, value)``: what ``self.name = value`` does."""
    name = call.get(0, "name")
    if isinstance(name, str):
        set_attribute(interp, receiver, name, call.get(1, "value"), call.frame, call.node)


def _is_inside(frame: Frame, function: Function) -> bool:
    """Whether it is ``function`` that runs in ``frame``."""
    return frame.code is function.node


def _named_tuple_replace(call: Call) -> Any:
    value = call.args[0]
    fields = {name: value.attrs[name] for name, _ in value.cls.fields if name in value.attrs}
    return call.interp.call(value.cls, [], fields | call.kwargs, call.frame, call.node)


GETTERS = ("__getattr__", "__getattribute__")
"""What is asked for an attribute that was not found; the second is asked for every one, which matters where it gives one name for another."""
NAMED_TUPLE = {
    "_replace": _named_tuple_replace,
    "_asdict": lambda call: {name: call.args[0].attrs.get(name) for name, _ in call.args[0].cls.fields},
}


def _bind(interp: Interpreter, member: Any, receiver: Any, name: str, frame: Frame, node: p.Node) -> Any:
    """A member of a class as its receiver sees it."""
    if isinstance(member, (Function, Builtin)):
        return Method(member, receiver)
    if isinstance(member, Property):
        if not isinstance(receiver, Instance):
            return member
        result = interp.call(member.getter, [receiver], {}, frame, node)
        if member.cached:
            interp.heap.set_item(receiver.attrs, name, result)
        return result
    if isinstance(member, Wrapped):
        if member.kind == "staticmethod":
            return member.function
        return Method(member.function, receiver.cls if isinstance(receiver, Instance) else receiver)
    if isinstance(member, Factory):
        return Unknown("the default of a field")
    interp.memory.read(member)
    return member


def class_attribute(interp: Interpreter, value: Class, name: str, frame: Frame, node: p.Node) -> Any:
    """``Class.name``; an enum member becomes an object with ``name`` and ``value``."""
    if name in ("__name__", "__qualname__"):
        return value.name.rpartition(".")[2]
    if name == "__module__":
        return value.module
    if name == "__mro__":
        return tuple(value.mro)
    if name == "__bases__":
        return tuple(value.bases)
    member, _ = find_member(value, name)
    if member is not ABSENT:
        if value.derives("enum.Enum") and not isinstance(member, (Function, Wrapped, Property, Instance)):
            if isinstance(member, External) and member.name == "enum.auto()":
                member = name.lower() if value.derives("str") else value.order.index(name) + 1 if name in value.order else Unknown("enum.auto()")
            if value.derives("int") and isinstance(member, int):
                return member
            made = Instance(value, {"name": name, "value": member})
            value.namespace[name] = made
            return made
        if isinstance(member, Wrapped):
            return member.function if member.kind == "staticmethod" else Method(member.function, value)
        interp.memory.read(member)
        return member
    found = interp.framework.class_attribute(interp, value, name)
    if found is not ABSENT:
        return found
    if value.uncertain:
        return Unknown(f"{value.name}.{name} may come from a class that was not read")
    return interp.fail("AttributeError", f"{value.name} has no attribute {name} that was found")


def _super_attribute(interp: Interpreter, value: Super, name: str, frame: Frame, node: p.Node) -> Any:
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if name == "__init__" and isinstance(receiver, Instance):

        def construct(call: Call) -> None:
            initialise(interp, receiver, cls, call.args, call.kwargs, call.frame, call.node, value.owner)

        return Builtin("super().__init__", construct)
    member = find_member(cls, name, value.owner)[0] if isinstance(cls, Class) else ABSENT
    if member is not ABSENT:
        return _bind(interp, member, receiver, name, frame, node)
    if isinstance(receiver, Instance):
        if name == "__setattr__":
            return Builtin(name, lambda call: _default_setattr(interp, receiver, call))
        if name in ("__getattr__", "__getattribute__"):
            return Builtin(name, lambda call: _default_getattr(interp, receiver, call, whole=name == "__getattribute__"))
        found = interp.framework.module_attribute(interp, receiver, name, frame, node)
        if found is not ABSENT:
            interp.memory.lose()
            return found
    return Unknown(f"super().{name} was not found")


def _default_setattr(interp: Interpreter, receiver: Instance, call: Call) -> None:
    """``super().__setattr__(name, value)``."""
    name, value = call.get(0, "name"), call.get(1, "value")
    if not isinstance(name, str):
        return
    if interp.framework.is_module(receiver):
        interp.framework.set_module_attribute(interp, receiver, name, value, call.frame, call.node)
    else:
        interp.heap.set_item(receiver.attrs, name, value)


def _default_getattr(interp: Interpreter, receiver: Instance, call: Call, *, whole: bool) -> Any:
    """``super().__getattr__(name)`` of a module, what its registries hold, or ``super().__getattribute__(name)``, which looks into classes too."""
    name = call.get(0, "name")
    if interp.memory.visit is not None and isinstance(name, str):
        interp.memory.visit.look(receiver, name)
    else:
        interp.memory.lose()
    if whole and name == "__dict__":
        return opened(interp, receiver)
    for registry in (receiver.parameters, receiver.modules, receiver.buffers, receiver.attrs):
        if name in registry:
            return registry[name]
    member = find_member(receiver.cls, name)[0] if whole and isinstance(name, str) else ABSENT
    if member is not ABSENT:
        return _bind(interp, member, receiver, name, call.frame, call.node)
    if receiver.cls.uncertain or not isinstance(name, str):
        return Unknown("an attribute that may come from a class that was not read")
    return interp.fail("AttributeError", f"{receiver.cls.name} has no attribute {name}")


def set_attribute(interp: Interpreter, value: Any, name: str, new: Any, frame: Frame, node: p.Node) -> None:
    """``value.name = new``."""
    if isinstance(value, Instance):
        setter, _ = find_member(value.cls, "__setattr__")
        member, _ = find_member(value.cls, name)
        if isinstance(member, Property):
            if member.setter is not None:
                interp.call(member.setter, [value, new], {}, frame, node)
            return
        if isinstance(setter, Function) and (frame.receiver is not value if interp.framework.is_module(value) else not _is_inside(frame, setter)):
            interp.call(Method(setter, value), [name, new], {}, frame, node)
            return
        if name == "__dict__":
            opened(interp, value)
        elif interp.framework.is_module(value):
            interp.framework.set_module_attribute(interp, value, name, new, frame, node)
        else:
            interp.heap.set_item(value.attrs, name, new)
    elif isinstance(value, Tensor):
        interp.framework.set_tensor_attribute(interp, value, name, new, frame, node)
    elif isinstance(value, Class):
        interp.heap.expose(value.namespace)
        interp.heap.set_item(value.namespace, name, new)
    elif isinstance(value, Function):
        interp.heap.expose(value.attrs)
        interp.heap.set_item(value.attrs, name, new)
    elif isinstance(value, OneOf):
        for one in possible(value):
            if isinstance(one, (Instance, Tensor)):
                before = one.attrs.get(name, ABSENT)
                set_attribute(interp, one, name, new if before is ABSENT else join([before, new]), frame, node)


def delete_attribute(interp: Interpreter, value: Any, name: str) -> None:
    """``del value.name``."""
    if isinstance(value, Instance):
        for registry in (value.attrs, value.parameters, value.modules, value.buffers):
            interp.heap.delete_item(registry, name)


ATTRIBUTES: dict[type, Callable[..., Any]] = {
    Instance: instance_attribute, External: _external_attribute, Tensor: _tensor_attribute, ModuleValue: _module_attribute, Class: class_attribute,
    Super: _super_attribute, OneOf: _alternative_attributes,
}  # fmt: skip
"""How attributes are found, by the kind of value."""
