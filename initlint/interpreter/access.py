"""Attributes and items of every kind of value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter import classes
from initlint.interpreter.calls import super_lookup
from initlint.interpreter.classes import Factory, find_member
from initlint.interpreter.containers import METHODS
from initlint.interpreter.expressions import hashable
from initlint.interpreter.heap import possible
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import (
    ABSENT,
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
    Repeat,
    Super,
    Tensor,
    Unknown,
    Wrapped,
    join,
    unknown,
)
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

PLAIN = (str, int, float, bytes, list, dict, tuple, set, frozenset, range)


def get_attribute(interp: Interpreter, value: Any, name: str, frame: Frame, node: p.Node) -> Any:
    """``value.name``."""
    if isinstance(value, Instance):
        return instance_attribute(interp, value, name, frame, node)
    if isinstance(value, External):
        return interp.framework.external(f"{value.name}.{name}")
    if isinstance(value, Tensor):
        return interp.framework.tensor_attribute(interp, value, name, frame, node)
    if isinstance(value, ModuleValue):
        found = interp.project.attribute(value.module, name)
        return found if found is not ABSENT else interp.fail("AttributeError", f"{value.module.name} has no name {name}")
    if isinstance(value, Class):
        return class_attribute(interp, value, name, frame, node)
    if isinstance(value, Super):
        return _super_attribute(interp, value, name, frame, node)
    if isinstance(value, OneOf):
        return join([get_attribute(interp, v, name, frame, node) for v in possible(value) if v is not None] or [Unknown("an attribute of None")])
    if isinstance(value, PLAIN) and type(value) in METHODS and name in METHODS[type(value)]:
        return Method(Builtin(name, METHODS[type(value)][name]), value)
    if isinstance(value, Unknown):
        return value
    return _other_attribute(interp, value, name)


def _other_attribute(interp: Interpreter, value: Any, name: str) -> Any:
    if isinstance(value, Function):
        if name in ("__name__", "__qualname__"):
            return value.name
        if name == "__module__":
            return value.scope.module.name
        if name == "__doc__":
            return None
        return value.attrs[name] if name in value.attrs else interp.fail("AttributeError", f"a function has no attribute {name} that was found")
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
    if isinstance(value, Sym):
        return Unknown(f"an attribute of the number {value}")
    if isinstance(value, Property) and name in ("setter", "getter", "deleter", "fget", "fset"):
        return {"fget": value.getter, "fset": value.setter}.get(name, Unknown(f"property.{name}"))
    if isinstance(value, Builtin) and value.name == "object" and name == "__setattr__":
        return Builtin(name, _plain_setattr)
    return interp.fail("AttributeError", f"no attribute {name} was found")


def _plain_setattr(call: Any) -> None:
    """``object.__setattr__(self, name, value)``: past every registry."""
    if len(call.args) == 3 and isinstance(call.args[0], Instance) and isinstance(call.args[1], str):
        call.interp.heap.set_item(call.args[0].attrs, call.args[1], call.args[2])


def instance_attribute(interp: Interpreter, value: Instance, name: str, frame: Frame, node: p.Node) -> Any:
    """Instance attributes, registries, then the class."""
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
        return value.attrs
    member, owner = find_member(value.cls, name)
    if member is not ABSENT:
        return _bind(interp, member, value, owner, name, frame, node)
    found = interp.framework.module_attribute(interp, value, name, frame, node)
    if found is not ABSENT:
        return found
    if name in NAMED_TUPLE and value.cls.fields is not None and value.cls.derives("typing.NamedTuple"):
        return Method(Builtin(name, NAMED_TUPLE[name]), value)
    getter, _ = find_member(value.cls, "__getattr__")
    if isinstance(getter, Function) and not name.startswith("__"):
        return interp.call(Method(getter, value), [name], {}, frame, node)
    if value.cls.uncertain:
        return Unknown(f"{value.cls.name}.{name} may come from a class that was not read")
    return interp.fail("AttributeError", f"{value.cls.name} has no attribute {name} that was found")


def _named_tuple_replace(call: Any) -> Any:
    value = call.args[0]
    fields = {name: value.attrs[name] for name, _ in value.cls.fields if name in value.attrs}
    return call.interp.call(value.cls, [], fields | call.kwargs, call.frame, call.node)


NAMED_TUPLE = {
    "_replace": _named_tuple_replace,
    "_asdict": lambda call: {name: call.args[0].attrs.get(name) for name, _ in call.args[0].cls.fields},
}


def _bind(interp: Interpreter, member: Any, receiver: Any, owner: Optional[Class], name: str, frame: Frame, node: p.Node) -> Any:
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
    member, owner = find_member(value, name)
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

        def initialise(call: Any) -> None:
            from initlint.interpreter.calls import initialise

            initialise(interp, receiver, cls, call.args, call.kwargs, call.frame, call.node, value.owner)

        return Builtin("super().__init__", initialise)
    member, owner = super_lookup(interp, value, name)
    if member is not ABSENT:
        return _bind(interp, member, receiver, owner, name, frame, node)
    if isinstance(receiver, Instance):
        if name == "__setattr__":
            return Builtin(name, lambda call: _default_setattr(interp, receiver, call))
        if name in ("__getattr__", "__getattribute__"):
            return Builtin(name, lambda call: _default_getattr(interp, receiver, call))
        found = interp.framework.module_attribute(interp, receiver, name, frame, node)
        if found is not ABSENT:
            return found
    return Unknown(f"super().{name} was not found")


def _default_setattr(interp: Interpreter, receiver: Instance, call: Any) -> None:
    """``super().__setattr__(name, value)``."""
    name, value = call.get(0, "name"), call.get(1, "value")
    if not isinstance(name, str):
        return
    if interp.framework.is_module(receiver):
        interp.framework.set_module_attribute(interp, receiver, name, value, call.frame, call.node)
    else:
        interp.heap.set_item(receiver.attrs, name, value)


def _default_getattr(interp: Interpreter, receiver: Instance, call: Any) -> Any:
    """``super().__getattr__(name)`` of a module: what its registries hold."""
    name = call.get(0, "name")
    for registry in (receiver.parameters, receiver.modules, receiver.buffers, receiver.attrs):
        if name in registry:
            return registry[name]
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
        if isinstance(setter, Function) and frame.receiver is not value:
            interp.call(Method(setter, value), [name, new], {}, frame, node)
            return
        if interp.framework.is_module(value):
            interp.framework.set_module_attribute(interp, value, name, new, frame, node)
        else:
            interp.heap.set_item(value.attrs, name, new)
    elif isinstance(value, Tensor):
        interp.framework.set_tensor_attribute(interp, value, name, new, frame, node)
    elif isinstance(value, Class):
        interp.heap.set_item(value.namespace, name, new)
    elif isinstance(value, Function):
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


def get_item(interp: Interpreter, value: Any, index: Any, frame: Frame, node: p.Node) -> Any:
    """``value[index]``."""
    if isinstance(value, Tensor):
        return interp.framework.tensor_item(interp, value, index, frame, node)
    if isinstance(value, OneOf):
        return join([get_item(interp, v, index, frame, node) for v in possible(value)])
    if isinstance(index, OneOf) and not isinstance(value, Instance):
        return join([get_item(interp, value, i, frame, node) for i in possible(index)])
    if isinstance(value, (list, tuple, str, range)):
        return sequence_item(interp, value, index)
    if isinstance(value, dict):
        return _mapping_item(interp, value, index, frame, node)
    if isinstance(value, Instance):
        return _instance_item(interp, value, index, frame, node)
    if isinstance(value, External) and isinstance(index, str):
        return _library_item(interp, value, index)
    if isinstance(value, Class) and value.derives("enum.Enum"):
        return class_attribute(interp, value, index, frame, node) if isinstance(index, str) else Unknown("a member of an enumeration")
    if isinstance(value, External) and value.name == "sys.modules" and isinstance(index, str):
        return interp.project.resolve(index)
    if isinstance(value, (Class, External)):
        return value  # a subscripted generic
    return value if isinstance(value, Unknown) else Unknown("an item of a value that is not known")


def _library_item(interp: Interpreter, value: External, index: str) -> Any:
    """``torch.nn.__dict__["ReLU"]``, ``sys.modules["package.module"]``, or a subscripted generic."""
    if value.name.endswith(".__dict__"):
        return interp.framework.external(f"{value.name.removesuffix('.__dict__')}.{index}")
    return interp.project.resolve(index) if value.name == "sys.modules" else value


def sequence_item(interp: Interpreter, value: Any, index: Any) -> Any:
    """An element or slice of a sequence that may hold ``Repeat``."""
    repeats = isinstance(value, (list, tuple)) and any(isinstance(v, Repeat) for v in value)
    if isinstance(index, slice):
        bounds = (index.start, index.stop, index.step)
        if all(b is None or isinstance(b, int) for b in bounds):
            return value if repeats else value[index]
        return Unknown("a slice whose bounds are not known")
    if repeats:
        kinds = [v.value if isinstance(v, Repeat) else v for v in value]
        if index == 0 and not isinstance(value[0], Repeat):
            return value[0]
        if index == -1 and not isinstance(value[-1], Repeat):
            return value[-1]
        return kinds[0] if len(kinds) == 1 else Unknown("an element of a list of unknown length")
    if isinstance(index, bool) or not isinstance(index, int):
        if isinstance(value, (list, tuple)) and isinstance(index, Sym) and value and len(value) <= 6:
            return join(list(value))
        return Unknown(unknown(index) or "an index that is not known")
    try:
        found = value[index]
    except IndexError:
        return interp.fail("IndexError", "an index out of range")
    return join(possible(found)) if isinstance(found, OneOf) else found


def _mapping_item(interp: Interpreter, value: dict[Any, Any], index: Any, frame: Frame, node: p.Node) -> Any:
    key = hashable(index)
    if key is ABSENT:
        return Unknown(unknown(index) or "a key that is not known")
    if key in value:
        found = value[key]
        return join(possible(found)) if isinstance(found, OneOf) else found
    if "#factory" in value and value["#factory"] is not None:
        made = interp.call(value["#factory"], [], {}, frame, node)
        interp.heap.set_item(value, key, made)
        return made
    return interp.fail("KeyError", f"the key {index!r} was not found" if isinstance(index, (str, int)) else "the key was not found")


def _instance_item(interp: Interpreter, value: Instance, index: Any, frame: Frame, node: p.Node) -> Any:
    method = interp.find_method(value, "__getitem__")
    if method is not None:
        return interp.call(method, [index], {}, frame, node)
    if "#fields" in value.attrs and isinstance(index, int):
        return sequence_item(interp, value.attrs["#fields"], index)
    return interp.framework.container_item(interp, value, index)


def set_item(interp: Interpreter, value: Any, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
    """``value[index] = new``."""
    if isinstance(value, dict):
        key = hashable(index)
        if key is not ABSENT:
            interp.heap.set_item(value, key, new)
    elif isinstance(value, list):
        interp.heap.touch(value)
        if isinstance(index, int) and -len(value) <= index < len(value):
            value[index] = new
        elif isinstance(index, slice) and isinstance(new, (list, tuple)) and all(b is None or isinstance(b, int) for b in (index.start, index.stop, index.step)):
            value[index] = list(new)
        else:
            value[:] = [Unknown("an element written by an index that is not known") for _ in value]
    elif isinstance(value, Tensor):
        interp.framework.set_tensor_item(interp, value, index, new, frame, node)
    elif isinstance(value, Instance):
        method = interp.find_method(value, "__setitem__")
        if method is not None:
            interp.call(method, [index, new], {}, frame, node)
        else:
            interp.framework.set_container_item(interp, value, index, new, frame, node)


def delete_item(interp: Interpreter, value: Any, index: Any) -> None:
    """``del value[index]``."""
    if isinstance(value, dict):
        key = hashable(index)
        if key is not ABSENT:
            interp.heap.delete_item(value, key)
    elif isinstance(value, list) and isinstance(index, (int, slice)):
        interp.heap.touch(value)
        try:
            del value[index]
        except (IndexError, TypeError):
            value[:] = []
    elif isinstance(value, Instance):
        interp.framework.delete_container_item(interp, value, index)


def is_instance(interp: Interpreter, value: Any, kinds: Any) -> Optional[bool]:
    """``isinstance(value, kinds)``, or None where it is not decided."""
    if isinstance(kinds, (tuple, list)):
        verdicts = [is_instance(interp, value, kind) for kind in kinds]
        return True if True in verdicts else None if None in verdicts else False
    if isinstance(value, OneOf):
        answers = {is_instance(interp, v, kinds) for v in possible(value)}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, Unknown) or isinstance(kinds, (Unknown, OneOf)):
        return None
    if isinstance(kinds, Class):
        if isinstance(value, Instance):
            return True if kinds in value.cls.mro or value.cls.derives(kinds.name) and kinds.spec is not None else None if value.cls.uncertain else False
        return interp.framework.is_instance(value, kinds)
    if isinstance(kinds, Builtin):
        return _builtin_instance(value, kinds.name)
    if isinstance(kinds, External):
        return _external_instance(interp, value, kinds.name)
    return None


BUILTIN_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float,), "str": (str,), "bool": (bool,), "list": (list,), "tuple": (tuple,), "dict": (dict,), "set": (set,),
    "bytes": (bytes,), "range": (range,), "frozenset": (frozenset,), "complex": (complex,), "slice": (slice,),
}  # fmt: skip


def _builtin_instance(value: Any, name: str) -> Optional[bool]:
    if name == "object":
        return True
    if isinstance(value, Sym):
        return True if name == "int" else None if name == "float" else False
    if name == "type":
        return isinstance(value, Class)
    if isinstance(value, Instance):
        return name == "tuple" and value.cls.derives("typing.NamedTuple")
    return isinstance(value, BUILTIN_TYPES[name]) if name in BUILTIN_TYPES else None


ABSTRACT: dict[str, tuple[type, ...]] = {
    "Sequence": (list, tuple, str, range), "Iterable": (list, tuple, str, range, dict, set), "Mapping": (dict,), "MutableMapping": (dict,),
    "MutableSequence": (list,), "OrderedDict": (dict,), "Number": (int, float), "Integral": (int,), "Real": (int, float),
}  # fmt: skip


def _external_instance(interp: Interpreter, value: Any, name: str) -> Optional[bool]:
    short = name.rpartition(".")[2]
    if name.startswith(("collections.", "typing.", "numbers.")) and short in ABSTRACT:
        if isinstance(value, Sym):
            return short in ("Number", "Integral", "Real")
        if isinstance(value, Instance):
            return None if value.cls.uncertain else short in ("Sequence", "Iterable") and value.cls.derives("typing.NamedTuple")
        return isinstance(value, ABSTRACT[short])
    if name == "functools.partial":
        return None if unknown(value) else isinstance(value, Partial)
    if name in ("types.FunctionType", "types.LambdaType", "types.MethodType"):
        return isinstance(value, Method if short == "MethodType" else Function)
    if name in ("pathlib.Path", "enum.Enum", "argparse.Namespace", "types.ModuleType") and not isinstance(value, (Instance, External)):
        return isinstance(value, ModuleValue) and short == "ModuleType"
    if short == "Hashable":
        return None if unknown(value) else not isinstance(value, (list, dict, set))
    if name.partition(".")[0] in sys.stdlib_module_names and isinstance(value, PLAIN) and not name.startswith(("collections.", "typing.", "numbers.")):
        return False
    if short == "Callable":
        return isinstance(value, (Function, Method, Class, Builtin, External, Partial))
    if isinstance(value, Instance):
        return True if value.cls.derives(name) else None if value.cls.uncertain or not interp.framework.knows(name) else False
    if isinstance(value, External):
        return None
    return interp.framework.is_external_instance(value, name)


def describe_missing(value: Instance, name: str) -> Unknown:
    return classes.missing(value.cls, name)
