"""``functools``, ``copy`` and ``inspect``: what is done with functions and objects as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.graph import Copy
from initlint.interpreter.classes import find_member, known_class
from initlint.interpreter.clone import deep_copy, shallow_copy
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.scope import called_from
from initlint.interpreter.stdlib.registry import function
from initlint.interpreter.values import Builtin, Class, External, Function, Instance, Method, Partial, Storage, Unknown, repeats

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

FRAME = known_class("types.FrameType")


@function("functools.partial", "functools.partialmethod")
def _partial(call: Call) -> Any:
    """That of another one is one of what this calls, with the arguments of both."""
    if not call.args:
        return Unknown("partial()")
    func, args, kwargs = call.args[0], call.args[1:], dict(call.kwargs)
    if type(func) is Partial:
        func, args, kwargs = func.func, [*func.args, *args], {**func.kwargs, **kwargs}
    return Partial(func, args, kwargs)


@function("functools.reduce")
def _reduce(call: Call) -> Any:
    items = elements_of(call.interp, call.get(1, "iterable"))
    if items is None or repeats(items):
        return Unknown("reduces a value that is not known")
    if len(call.args) > 2:
        items.insert(0, call.args[2])
    if not items:
        return Unknown("reduces an empty sequence")
    total = items[0]
    for item in items[1:]:
        total = call.interp.call(call.args[0], [total, item], {}, call.frame, call.node)
    return total


@function("functools.lru_cache", "functools.cache", "functools.total_ordering", "functools.singledispatch")
def _transparent_decorator(call: Call) -> Any:
    if len(call.args) == 1 and isinstance(call.args[0], Function):
        return call.args[0]
    return Builtin("transparent", lambda inner: inner.args[0])


@function("functools.wraps")
def _wraps(call: Call) -> Any:
    """The wrapper takes the name of what it wraps, and its signature for those who ask."""
    wrapped = call.get(0, "wrapped")

    def name_after(inner: Call) -> Any:
        wrapper = inner.args[0]
        if isinstance(wrapper, Function):
            wrapper.attrs["__wrapped__"] = wrapped
            wrapper.name = wrapped.name if isinstance(wrapped, Function) else wrapper.name
        return wrapper

    return Builtin("wraps", name_after)


@function("copy.deepcopy")
def _deepcopy(call: Call) -> Any:
    parts: dict[int, Any] = {}
    value = call.get(0, "x")
    made = deep_copy(value, parts)
    routines, since = call.interp.routines, call.interp.repeating
    repeated = isinstance(value, Instance) and value.time < since
    act = Copy(call.site, called_from(call.interp) if routines and routines[-1].owner is None else None, repeated)
    for part in parts.values():
        if isinstance(part, Storage):
            part.copied, part.copies = call.site, (*part.copies, act)
    return made


@function("copy.copy")
def _copy(call: Call) -> Any:
    value = call.get(0, "x")
    if isinstance(value, (list, dict, set)):
        return value.copy()
    return shallow_copy(value) if isinstance(value, Instance) else value


@function("inspect.isfunction", "inspect.ismethod", "inspect.isroutine")
def _isfunction(call: Call) -> Any:
    return isinstance(call.get(0, "object"), (Function, Method))


@function("inspect.currentframe")
def _currentframe(call: Call) -> Any:
    """The frame that runs, with the one that called it, of which no argument tells."""
    call.interp.memory.taint()
    call.interp.memory.lose()
    frame = call.frame.function
    caller = frame.caller[0].function if frame.caller is not None else None
    back = Instance(FRAME, {"f_locals": dict(caller.names)}) if caller is not None else None
    return Instance(FRAME, {"f_locals": dict(frame.names), "f_back": back})


@function("inspect.isclass")
def _isclass(call: Call) -> Any:
    return isinstance(call.get(0, "object"), Class)


PARAMETER_KINDS = {
    "positional": "POSITIONAL_ONLY",
    "either": "POSITIONAL_OR_KEYWORD",
    "args": "VAR_POSITIONAL",
    "keyword": "KEYWORD_ONLY",
    "kwargs": "VAR_KEYWORD",
}


@function("inspect.signature")
def _signature(call: Call) -> Any:
    """The parameters of a function that was read, as ``inspect`` would list them."""
    parameters = _parameters(call.interp, call.get(0, "callable"), skip=1)
    return _described(parameters) if parameters is not None else Unknown("a signature that is not known")


@function("inspect.getfullargspec")
def _full_argspec(call: Call) -> Any:
    """The names of parameters by kind; those of a bound method or a class have ``self`` among them."""
    value = call.get(0, "func")
    if isinstance(value, Builtin) and value.name.endswith(".__init__"):
        value = call.interp.framework.external(value.name.removesuffix(".__init__"))
    parameters = _parameters(call.interp, value, skip=0)
    if parameters is None:
        return Unknown("a signature that is not known")
    names = {kind: [name for name, (of, _) in parameters.items() if of == kind] for kind in PARAMETER_KINDS.values()}
    described_self = ["self"] if isinstance(value, Class) and find_member(value, "__init__")[1] is None else []
    return Instance(
        known_class("inspect.FullArgSpec"),
        {
            "args": described_self + names["POSITIONAL_ONLY"] + names["POSITIONAL_OR_KEYWORD"],
            "varargs": next(iter(names["VAR_POSITIONAL"]), None),
            "varkw": next(iter(names["VAR_KEYWORD"]), None),
            "kwonlyargs": names["KEYWORD_ONLY"],
        },
    )


def _parameters(interp: Interpreter, value: Any, skip: int) -> Optional[dict[str, tuple[str, Any]]]:
    """Kinds and defaults of the parameters of a function by name, but for the first ``skip`` of a method; None where it was not read."""
    if isinstance(value, Class) and find_member(value, "__init__")[1] is None:
        value = next((base for base in value.mro if base.spec is not None), value)
    if isinstance(value, Class) and value.spec is not None:
        return {name: (PARAMETER_KINDS[kind], default) for name, kind, default in interp.framework.signature(value)}
    if isinstance(value, Method):
        value = value.function
    elif isinstance(value, Class):
        value = find_member(value, "__init__")[0]
    else:
        skip = 0
    while isinstance(value, Function) and "__wrapped__" in value.attrs:
        value = value.attrs["__wrapped__"]
    if not isinstance(value, Function):
        return None
    empty = External("inspect._empty")
    return {param.name: (PARAMETER_KINDS[param.kind], value.defaults.get(param.name, empty)) for param in value.node.params[skip:]}


def _described(parameters: dict[str, tuple[str, Any]]) -> Instance:
    """A signature object with parameters given as name: (kind, default)."""
    kinds = {kind: External(f"inspect.Parameter.{kind}") for kind in PARAMETER_KINDS.values()}
    cls = known_class("inspect.Parameter")
    made = {name: Instance(cls, {"name": name, "kind": kinds[kind], "default": default, **kinds}) for name, (kind, default) in parameters.items()}
    return Instance(cls, {"parameters": made})
