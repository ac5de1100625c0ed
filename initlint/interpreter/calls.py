"""Calls: argument binding, functions, classes, bound methods, alternatives, and callables nobody can follow."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter import blocks, visits
from initlint.interpreter.classes import Factory, find_member
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.operators import equal
from initlint.interpreter.scope import Frame, final_value
from initlint.interpreter.values import (
    ABSENT,
    PLAIN,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Managed,
    Method,
    OneOf,
    Partial,
    Property,
    TargetRaise,
    Tensor,
    Unknown,
    Wrapped,
    join,
)
from initlint.symbolic import symbol

if TYPE_CHECKING:
    from initlint.findings import Site
    from initlint.interpreter.core import Interpreter

SHAPE = re.compile(r"(?:(?!normalized)\w+_)?shape")
"""Names of several sizes; what a norm takes as ``normalized_shape`` is mostly one."""
DICTIONARIES = ("collections.OrderedDict", "collections.UserDict")
TRANSPARENT_DECORATORS = ("torch.no_grad", "torch.jit", "functools.lru_cache", "functools.cache", "functools.wraps", "abc.", "typing.", "contextlib.")


@dataclass(slots=True)
class Call:
    """One call of something implemented here."""

    interp: Interpreter
    args: list[Any]
    kwargs: dict[str, Any]
    frame: Frame
    node: p.Node
    chosen: Optional[Site] = None
    """Where the function was named, if it came as an argument."""

    @property
    def site(self) -> Site:
        return self.interp.site(self.node, self.frame)

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by position or keyword."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)


def call(interp: Interpreter, func: Any, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    """The value of ``func(*args, **kwargs)``."""
    interp.steps += 1
    if interp.steps > interp.limit:
        interp.give_up()
    handler = CALLABLES.get(type(func))
    if handler is not None:
        return handler(interp, func, args, kwargs, frame, node)
    reason = func.reason if isinstance(func, Unknown) else "calls a value that is not callable"
    if isinstance(func, PLAIN):
        interp.fail("TypeError", f"a {type(func).__name__} is not callable")
    return call_blind(interp, func, node, frame, reason, args, kwargs)


def call_blind(interp: Interpreter, func: Any, node: p.Node, frame: Frame, reason: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call that cannot be followed: what it was given may have been changed."""
    interp.memory.lose()
    return interp.framework.escape(interp, func, [*args, *kwargs.values()], reason, frame, node)


def _call_builtin(interp: Interpreter, func: Builtin, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    return func.handler(Call(interp, args, kwargs, frame, node))


def _call_external(interp: Interpreter, func: External, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    if interp.memory.visit is not None and any(isinstance(value, Instance) for value in (*args, *kwargs.values())):
        interp.memory.lose()
    return interp.framework.call_external(func.name, Call(interp, args, kwargs, frame, node, func.site))


def _call_method(interp: Interpreter, func: Method, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    if type(func.function) is Function:
        return call_function(interp, func.function, [func.receiver, *args], kwargs, frame, node)
    return call(interp, func.function, [func.receiver, *args], kwargs, frame, node)


def _call_partial(interp: Interpreter, func: Partial, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    return call(interp, func.func, [*func.args, *args], {**func.kwargs, **kwargs}, frame, node)


def _call_wrapped(interp: Interpreter, func: Wrapped, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    return call(interp, func.function, args, kwargs, frame, node)


def _call_alternatives(interp: Interpreter, func: OneOf, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    present = [v for v in func.values if v is not ABSENT and v is not None]
    if not present:
        return Unknown("calls a value that may be missing")
    return join(interp.heap.explore([partial(call, interp, f, list(args), dict(kwargs), frame, node) for f in present]))


def call_function(
    interp: Interpreter, func: Function, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, on_yield: Optional[Callable[[Any], None]] = None
) -> Any:
    """Run a function of the analysed code; one that is a context manager waits for its ``with`` statement, which gives ``on_yield``."""
    if "#manager" in func.attrs and on_yield is None:
        return Managed(func, args, kwargs)
    if interp.depth >= interp.framework.max_depth or interp.nests(func):
        interp.count_bottom()
        return _cut(interp, func, args, kwargs, frame, node)
    if interp.endless and interp.goes_on(func):
        return _cut(interp, func, args, kwargs, frame, node)
    first = args[0] if args else None
    if on_yield is not None:
        return follow_function(interp, func, args, kwargs, frame, node, on_yield)
    module = visits.visited(interp, func, args, kwargs)
    if module is not None:
        return interp.memory.call_on(module, func, args, kwargs, frame, node, partial(follow_function, interp, func, args, kwargs, frame, node))
    if isinstance(first, Instance):
        return follow_function(interp, func, args, kwargs, frame, node)
    if isinstance(first, Tensor):
        outcome = interp.memory.fill(func, args, kwargs, frame, node, partial(follow_function, interp, func, args, kwargs, frame, node))
        interp.framework.filled(func, Call(interp, args, kwargs, frame, node))
        return outcome
    what = interp.memory.function(func)
    if what is None:
        return follow_function(interp, func, args, kwargs, frame, node)
    return interp.memory.call(what, args, kwargs, partial(follow_function, interp, func, args, kwargs, frame, node))


def _cut(interp: Interpreter, func: Function, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    """A call that is not followed for what runs already, which no key of a remembered call tells."""
    interp.memory.taint()
    return call_blind(interp, func, node, frame, f"{func.qualname or func.name}: calls are nested too deeply", args, kwargs)


def follow_function(
    interp: Interpreter, func: Function, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, on_yield: Optional[Callable[[Any], None]] = None
) -> Any:
    """Run the body of a function."""
    names = bind_arguments(interp, func, args, kwargs)
    if isinstance(names, Unknown):
        return call_blind(interp, func, node, frame, names.reason, args, kwargs)
    done = interp.framework.called_alone(interp, func, names, frame, node) if node is interp.alone else None
    if interp.watch is not None:
        interp.watch(func, names)
    parent: Optional[Frame] = func.scope
    while parent is not None and parent.owner is not None and parent.names is parent.owner.namespace:
        parent = parent.parent
    receiver = args[0] if args and func.owner is not None else None
    inner = Frame(func.scope.module, names, parent, func.owner, receiver, func.qualname, born=interp.heap.clock, branch=interp.heap.started)
    interp.depth += 1
    try:
        if isinstance(func.node, p.Lambda):
            return interp.eval(func.node.body, inner)
        if func.node.generator:
            inner.yielded = []
            inner.on_yield = on_yield
        inner.caller, inner.code = (frame, node), func.node
        interp.entered.add(id(func.node))
        interp.routines.append(inner)
        decorators = func.attrs.get("#decorators", ()) if func.attrs else ()
        interp.managers.extend(decorators)
        try:
            outcome = blocks.run_block(interp, func.node.body, inner)
        finally:
            interp.routines.pop()
            del interp.managers[len(interp.managers) - len(decorators) :]
        if done is not None:
            done()
        return inner.yielded if inner.yielded is not None else final_value(inner, outcome)
    finally:
        interp.depth -= 1


def bind_arguments(interp: Interpreter, func: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Parameter names to values, or Unknown where the call does not fit the signature."""
    names: dict[str, Any] = {}
    rest = dict(kwargs)
    blind = rest.pop("**", None) is not None
    position = 0
    for param in func.node.params:
        if param.kind in ("positional", "either"):
            if position < len(args):
                names[param.name] = args[position]
                position += 1
                continue
            if param.kind == "either" and param.name in rest:
                names[param.name] = or_default(rest.pop(param.name), func.defaults.get(param.name, ABSENT))
                continue
        elif param.kind == "args":
            names[param.name] = tuple(args[position:])
            position = len(args)
            continue
        elif param.kind == "kwargs":
            names[param.name] = rest if not blind else Unknown("keyword arguments that are not known")
            rest = {}
            continue
        elif param.name in rest:
            names[param.name] = or_default(rest.pop(param.name), func.defaults.get(param.name, ABSENT))
            continue
        if blind:
            names[param.name] = Unknown(f"the argument {param.name} may come from keyword arguments that are not known")
        elif param.name in func.defaults:
            names[param.name] = func.defaults[param.name]
            interp.memory.read(func.defaults[param.name])
        else:
            return Unknown(f"{func.qualname or func.name}() misses the argument {param.name}")
    if rest:
        rest = {name: value for name, value in rest.items() if not may_be_absent(value)}
    if position < len(args) or rest:
        extra = next(iter(rest), "a positional argument")
        return Unknown(f"{func.qualname or func.name}() got an unexpected argument {extra}")
    return names


def may_be_absent(value: Any) -> bool:
    """Whether an argument may not have been passed at all, depending on a branch."""
    return isinstance(value, OneOf) and ABSENT in value.values


def or_default(value: Any, default: Any) -> Any:
    """An argument that was passed, or may have been; ``default`` is ABSENT where there is none."""
    if not may_be_absent(value):
        return value
    given = [v for v in value.values if v is not ABSENT]
    return join(given if default is ABSENT else [*given, default])


def construct(interp: Interpreter, cls: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    """A new object of ``cls``."""
    if cls.derives("enum.Enum"):
        return _enum_by_value(interp, cls, args)
    site = interp.site(node, frame)
    if cls.spec is not None:
        return _construct(interp, cls, args, kwargs, frame, node, site)
    what = (cls,) if node is not interp.alone and _is_same_everywhere(cls) else (cls, site)
    made = interp.memory.call(what, args, kwargs, partial(_construct, interp, cls, args, kwargs, frame, node, site))
    made.site = site
    return made


def _is_same_everywhere(cls: Class) -> bool:
    """Whether nothing in an object tells where it is made: a constructor of the author's own stands between."""
    init, _ = find_member(cls, "__init__")
    return isinstance(init, Function) and not init.scope.module.promised and cls.derives("torch.nn.Module")


def _construct(interp: Interpreter, cls: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, site: Site) -> Instance:
    instance = Instance(cls, site=site)
    interp.heap.note_birth(instance)
    interp.framework.born(instance, args, kwargs)
    initialise(interp, instance, cls, args, kwargs, frame, node)
    interp.framework.constructed(interp, instance, frame, node)
    return instance


def initialise(
    interp: Interpreter, instance: Instance, cls: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, after: Optional[Class] = None
) -> None:
    """Run the constructor that the MRO of the object finds behind ``after``."""
    mro = cls.mro[cls.mro.index(after) + 1 :] if after is not None and after in cls.mro else cls.mro
    for owner in mro:
        if owner.opaque:
            interp.framework.constructed_blind(interp, instance, owner, args, kwargs)
            return
        if owner.spec is not None or interp.framework.is_root(owner):
            interp.framework.construct_layer(interp, instance, owner, args, kwargs, frame, node)
            return
        init = owner.members("__init__") if owner.members else owner.namespace.get("__init__", ABSENT)
        if init is not ABSENT:
            result = call(interp, Method(init, instance), args, kwargs, frame, node)
            if isinstance(result, Unknown) and "argument" in result.reason:
                interp.framework.failed_construction(interp, instance, result.reason)
            return
        if owner.fields is not None:
            _fill_fields(interp, instance, owner, args, kwargs, frame, node)
            return
        if owner.name in DICTIONARIES:  # what such a class hands out it keeps under the same names as attributes
            mapping = args[0] if args and isinstance(args[0], dict) else {}
            for name, value in {**mapping, **kwargs}.items():
                if isinstance(name, str):
                    interp.heap.set_item(instance.attrs, name, value)
            return
    if any(base.name in ("Exception", "BaseException") for base in mro) or cls.name.endswith(("Error", "Exception")):
        instance.attrs["args"] = tuple(args)


def _fill_fields(interp: Interpreter, instance: Instance, cls: Class, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> None:
    values = []
    for index, (name, default) in enumerate(cls.fields or ()):
        value = args[index] if index < len(args) else kwargs.get(name, default)
        if value is ABSENT:
            value = stand_in(name)
        elif isinstance(value, Factory):
            value = call(interp, value.make, [], {}, frame, node)
        interp.heap.set_item(instance.attrs, name, value)
        values.append(value)
    for name in interp.framework.extra_fields(cls):
        if name in kwargs and name not in dict(cls.fields or ()):
            interp.heap.set_item(instance.attrs, name, kwargs[name])
    interp.heap.set_item(instance.attrs, "#fields", values)
    post = interp.find_method(instance, "__post_init__")
    if post is not None:
        takes_rest = any(param.kind == "kwargs" for param in post.function.node.params)
        fields = dict(cls.fields or ())
        rest = {name: value for name, value in kwargs.items() if name not in fields} if takes_rest else {}
        call(interp, post, [], rest, frame, node)


def stand_in(name: str) -> Any:
    """What takes the place of an argument that nobody gives: a size under its name, where that does not speak of several."""
    return Unknown(f"the argument {name}") if SHAPE.fullmatch(name) else symbol(name)


def _enum_by_value(interp: Interpreter, cls: Class, args: list[Any]) -> Any:
    wanted = args[0] if args else None
    if isinstance(wanted, Instance) or cls.derives("int"):
        return wanted
    for member in elements_of(interp, cls) or []:
        if equal(member.attrs["value"], wanted) is True:
            return member
    return Unknown(f"a member of {cls.name} by value")


def call_instance(interp: Interpreter, instance: Instance, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
    """``instance(...)``: a module runs its forward pass, anything else its ``__call__``."""
    if interp.framework.is_module(instance):
        return interp.framework.run_module(interp, instance, Call(interp, args, kwargs, frame, node))
    method = interp.find_method(instance, "__call__")
    if method is not None:
        return call(interp, method, args, kwargs, frame, node)
    known = interp.framework.call_object(interp, instance, Call(interp, args, kwargs, frame, node))
    if known is not ABSENT:
        return known
    return call_blind(interp, instance, node, frame, f"calls a {instance.cls.name}, which is not followed", args, kwargs)


def decorate(interp: Interpreter, node: p.Expr, value: Any, frame: Frame) -> Any:
    """``value`` decorated; a decorator that cannot be followed is taken as transparent."""
    try:
        return _decorated(interp, node, value, frame)
    except TargetRaise:  # it runs when the file is imported, so it does not raise: something in it was not followed as it is
        return value


def _decorated(interp: Interpreter, node: p.Expr, value: Any, frame: Frame) -> Any:
    decorator = interp.eval(node, frame)
    name = decorator.name if isinstance(decorator, (External, Builtin)) else ""
    if name == "property" or name.endswith("cached_property"):
        return Property(value, name != "property")
    if name in ("staticmethod", "classmethod"):
        return Wrapped(name, value)
    if isinstance(node, p.Attr) and node.attr in ("setter", "deleter", "getter"):
        known = interp.eval(node.value, frame)
        return Property(known.getter, known.cached, value) if node.attr == "setter" and isinstance(known, Property) else known
    if name == "contextlib.contextmanager" and isinstance(value, Function):
        value.attrs["#manager"] = True
        return value
    if isinstance(decorator, (Unknown, External, Tensor, Instance)) or name.startswith(TRANSPARENT_DECORATORS):
        if isinstance(value, Function):
            value.attrs["#decorators"] = (*value.attrs.get("#decorators", ()), decorator)
        return value
    result = call(interp, decorator, [value], {}, frame, node)
    return value if isinstance(result, (Unknown, External)) or result is None else result


CALLABLES: dict[type, Callable[..., Any]] = {
    Function: call_function, Method: _call_method, Builtin: _call_builtin, Class: construct, External: _call_external, Partial: _call_partial,
    Instance: call_instance, OneOf: _call_alternatives, Wrapped: _call_wrapped,
}  # fmt: skip
"""What can be called, by its kind."""
