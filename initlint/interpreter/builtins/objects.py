"""Builtins about classes, attributes and namespaces, and the names that only have to exist."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter.asking import note_asked
from initlint.interpreter.builtins.registry import BUILTINS, Handler, builtin
from initlint.interpreter.classes import known_class, opened
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import Names
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
    Super,
    TargetRaise,
    Unknown,
    Wrapped,
    join,
    unknown,
)
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


@builtin("isinstance")
def _isinstance(call: Call) -> Any:
    if isinstance(call.node, p.Call) and len(call.node.args) == 1 and not call.node.args[0].star:
        text = "isinstance() is given one argument, and asks for an object and a class: TypeError"
        call.interp.framework.mistake(call.interp, "misfit-arguments", call.node, call.frame, text, name="isinstance")
        call.interp.fail("TypeError", "isinstance() misses an argument")
        return False  # nothing behind such a test ever runs
    value, kinds = call.get(0, "obj"), call.get(1, "kinds")
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    place = next((at for at, kind in enumerate(wanted) if isinstance(kind, str)), None)
    if place is not None and call.interp.is_instance(value, wanted[:place]) is False:
        _notice_string(call, wanted[place], kinds is wanted[place])
        return call.interp.fail("TypeError", "isinstance() is given a string")
    verdict = call.interp.is_instance(value, kinds)
    note_asked(call, value, kinds, verdict)
    return Unknown("the class is not known") if verdict is None else verdict


def _notice_string(call: Call, name: str, plain: bool) -> None:
    """``isinstance(m, "Linear")`` raises."""
    node, text = call.node, f"isinstance() is given the string {name!r} for a class: TypeError"
    tested = node.args[0].value if isinstance(node, p.Call) and node.args else None
    spelled = call.frame.module.source.text[tested.pos : tested.end] if tested is not None else ""
    meant = f'type({spelled}).__name__ == "{name}"' if plain and spelled else ""
    call.interp.framework.mistake(call.interp, "string-for-class", node, call.frame, text, meant=meant)


@builtin("issubclass")
def _issubclass(call: Call) -> Any:
    value, kinds = call.get(0, "cls"), call.get(1, "kinds")
    if isinstance(value, Class):
        candidates = kinds if isinstance(kinds, tuple) else (kinds,)
        if any(kind in value.mro for kind in candidates):
            return True
        return False if all(isinstance(k, Class) for k in candidates) and not value.uncertain else Unknown("the class is not known")
    return Unknown("the class is not known")


@builtin("hasattr")
def _hasattr(call: Call) -> Any:
    value, name = call.get(0, "obj"), call.get(1, "name")
    if isinstance(value, Instance) and name == "__len__":
        return call.interp.framework.iterate(value) is not None or call.interp.find_method(value, name) is not None
    found = _attribute(call, value, name)
    if isinstance(found, OneOf) and ABSENT in found.values:
        return Unknown("the attribute may be missing")
    if isinstance(found, Unknown):
        return found
    return found is not ABSENT


def _attribute(call: Call, value: Any, name: Any) -> Any:
    """An attribute, ABSENT where there is certainly none, Unknown where that is not known."""
    if not isinstance(name, str):
        return Unknown("an attribute whose name is not known")
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Instance):
        for registry in (value.attrs, value.parameters, value.modules, value.buffers):
            if isinstance(registry.get(name), OneOf):
                call.interp.memory.lose()
                return registry[name]
    interp = call.interp
    interp.trying.append({"AttributeError"})

    try:
        return interp.getattr(value, name, call.frame, call.node)
    except TargetRaise as error:
        if error.name != "AttributeError":
            raise
        return ABSENT
    finally:
        interp.trying.pop()


def _of(value: Any) -> str:
    return f" of {value.name}" if isinstance(value, External) else ""


@builtin("getattr")
def _getattr(call: Call) -> Any:
    value, name = call.get(0, "obj"), call.get(1, "name")
    if isinstance(name, OneOf) and all(isinstance(v, str) for v in possible(name)):
        return join([call.interp.getattr(value, v, call.frame, call.node) for v in possible(name)])
    if len(call.args) < 3:
        return (
            call.interp.getattr(value, name, call.frame, call.node) if isinstance(name, str) else Unknown(f"an attribute{_of(value)} whose name is not known")
        )
    found = _attribute(call, value, name)
    if found is ABSENT:
        return call.args[2]
    return join([*possible(found), call.args[2]]) if isinstance(found, OneOf) and ABSENT in found.values else found


@builtin("setattr")
def _setattr(call: Call) -> Any:
    value, name = call.get(0, "obj"), call.get(1, "name")
    if isinstance(name, str):
        call.interp.setattr(value, name, call.get(2, "value"), call.frame, call.node)
    return None


@builtin("delattr")
def _delattr(call: Call) -> Any:
    if isinstance(call.get(1, "name"), str):
        call.interp.delattr(call.get(0, "obj"), call.args[1])
    return None


@builtin("type")
def _type(call: Call) -> Any:
    value = call.get(0, "obj")
    if isinstance(value, Instance):
        return value.cls
    for name in ("bool", "int", "float", "str", "list", "tuple", "dict", "set"):
        if type(value).__name__ == name:
            return BUILTINS[name]
    if isinstance(value, Sym):
        return BUILTINS["int"]
    return External("NoneType") if value is None else Unknown("the type of a value that is not known")


@builtin("super")
def _super(call: Call) -> Any:
    owner, receiver = call.get(0, "cls"), call.get(1, "obj")
    if isinstance(owner, Class) and isinstance(receiver, (Instance, Class)):
        return Super(owner, receiver)
    if isinstance(owner, Class) and len(call.args) == 1 and isinstance(call.frame.receiver, Instance):
        text = f"`super({owner.name})` is bound to no object: the `__init__` of the base class never runs"
        call.interp.framework.mistake(call.interp, "unbound-super", call.node, call.frame, text, class_name=owner.name)
    return Unknown("super() of a class that is not known")


@builtin("callable")
def _callable(call: Call) -> Any:
    value = call.get(0, "obj")
    if isinstance(value, (Function, Class, Builtin, Method, Partial, External)):
        return True
    if isinstance(value, Instance):
        return call.interp.framework.is_module(value) or call.interp.find_method(value, "__call__") is not None
    return Unknown("callable() of a value that is not known") if unknown(value) else False


@builtin("property")
def _property(call: Call) -> Any:
    return Property(call.get(0, "fget"))


@builtin("staticmethod")
def _staticmethod(call: Call) -> Any:
    return Wrapped("staticmethod", call.get(0, "function"))


@builtin("classmethod")
def _classmethod(call: Call) -> Any:
    return Wrapped("classmethod", call.get(0, "function"))


@builtin("vars")
def _vars(call: Call) -> Any:
    value = call.get(0, "object")
    call.interp.memory.lose()
    if isinstance(value, ModuleValue):
        return value.module.everything()
    if isinstance(value, External):
        return call.interp.getattr(value, "__dict__", call.frame, call.node)
    return opened(call.interp, value) if isinstance(value, Instance) else Unknown("vars()")


@builtin("locals")
def _locals(call: Call) -> Any:
    return dict(call.frame.function.names)


@builtin("dir")
def _dir(call: Call) -> Any:
    value = call.get(0, "object")
    if isinstance(value, Instance):
        return [*value.attrs, *value.parameters, *value.modules, *value.buffers]
    return Names() if isinstance(value, External) else Unknown("dir() of a value that is not known")


@builtin("globals")
def _globals(call: Call) -> Any:
    module = call.frame.module
    for name in list(module.source.bindings):
        if name != "*":
            module.get(name)
    return module.names


@builtin("slice")
def _slice(call: Call) -> Any:
    return slice(*call.args)


@builtin("id")
def _id(call: Call) -> Any:
    call.interp.memory.lose()
    return id(call.get(0, "object"))


def _not_followed(name: str) -> Handler:
    return lambda call: Unknown(f"{name}() is not followed")


for _name in ("print", "help"):
    BUILTINS[_name] = Builtin(_name, lambda call: None)
for _name in ("bytes", "bytearray", "complex", "memoryview", "hash", "repr", "input", "open", "eval", "exec", "compile", "__import__"):
    BUILTINS[_name] = Builtin(_name, _not_followed(_name))
for _name in ("NotImplemented", "Ellipsis"):
    BUILTINS[_name] = External(_name)
_OBJECT = known_class("object")
BUILTINS["object"] = Builtin("object", lambda call: Instance(_OBJECT))
BUILTINS["__debug__"] = True
for _name, _value in vars(builtins).items():
    if isinstance(_value, type) and issubclass(_value, BaseException):
        BUILTINS[_name] = known_class(_name)
