"""Python's builtins and the methods of its containers, over values that may be unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.heap import possible
from initlint.interpreter.loops import Endless, Names, SymbolicRange, elements_of
from initlint.interpreter.values import (
    ABSENT,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Method,
    OneOf,
    Partial,
    Property,
    Repeat,
    Super,
    Tensor,
    Unknown,
    Wrapped,
    is_number,
    join,
    same,
    unknown,
)
from initlint.symbolic import Sym, opaque

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter

Handler = Callable[["Call"], Any]
BUILTINS: dict[str, Any] = {}
METHODS: dict[type, dict[str, Handler]] = {}
MAX_RANGE = 20_000


def builtin(name: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        BUILTINS[name] = Builtin(name, handler)
        return handler

    return register


@builtin("len")
def _len(call: Call) -> Any:
    value = call.get(0, "obj")
    if isinstance(value, (list, tuple)) and any(isinstance(v, Repeat) for v in value):
        return Unknown("the length of a list of unknown length")
    if isinstance(value, dict):
        return len(value) - sum(isinstance(key, str) and key.startswith("#") for key in value)
    if isinstance(value, (list, tuple, set, frozenset, str, bytes, range)):
        return len(value)
    if isinstance(value, Class):
        members = elements_of(call.interp, value)
        return len(members) if members is not None else Unknown("the length of a class")
    if isinstance(value, Instance):
        items = call.interp.framework.iterate(value)
        if items is not None:
            return Unknown("the length of a list of unknown length") if any(isinstance(v, Repeat) for v in items) else len(items)
        method = call.interp.find_method(value, "__len__")
        return call.interp.call(method, [], {}, call.frame, call.node) if method else Unknown("the length of an object")
    if isinstance(value, Tensor) and value.shape:
        return value.shape[0]
    if isinstance(value, OneOf):
        return join([len(v) if isinstance(v, (list, tuple, str, dict)) else Unknown("a length") for v in possible(value)])
    return Unknown(unknown(value) or "the length of a value that is not known")


@builtin("range")
def _range(call: Call) -> Any:
    if call.args and all(isinstance(a, int) for a in call.args):
        try:
            return range(*call.args)
        except (TypeError, ValueError):
            return Unknown("a range that does not exist")
    if any(isinstance(a, (Unknown, OneOf)) and not isinstance(a, Sym) for a in call.args):
        return SymbolicRange(0)
    return SymbolicRange(call.args[0] if len(call.args) > 1 else 0)


@builtin("enumerate")
def _enumerate(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    start = call.get(1, "start", 0)
    if items is None or not isinstance(start, int):
        return Unknown("enumerates a value that is not known")
    return [Repeat((opaque("i"), v.value)) if isinstance(v, Repeat) else (start + i, v) for i, v in enumerate(items)]


@builtin("zip")
def _zip(call: Call) -> Any:
    columns = [elements_of(call.interp, arg) if not isinstance(arg, Endless) else [] for arg in call.args]
    shortest = min((len(c) for c, arg in zip(columns, call.args) if c is not None and not isinstance(arg, Endless)), default=0)
    columns = [arg.first(shortest) if isinstance(arg, Endless) else c for c, arg in zip(columns, call.args)]
    known = [c for c in columns if c is not None]
    if not known or len(known) < len(columns):
        return Unknown("zips values that are not known")
    if any(len(c) == 1 and isinstance(c[0], Repeat) for c in known):
        return [Repeat(tuple(c[0].value if isinstance(c[0], Repeat) else join([v for v in c if not isinstance(v, Repeat)] or [Unknown("")]) for c in known if c))]
    if any(isinstance(v, Repeat) for c in known for v in c):
        return Unknown("zips lists of unknown length")
    return [tuple(row) for row in zip(*known)]


def _listed(kind: str, make: Callable[[list[Any]], Any]) -> Handler:
    def handler(call: Call) -> Any:
        if not call.args:
            return make([])
        items = elements_of(call.interp, call.args[0])
        if items is None:
            return Unknown(unknown(call.args[0]) or f"a {kind} of a value that is not known")
        try:
            return make(items)
        except TypeError:
            return Unknown(f"a {kind} of values that are not known")

    return handler


for _name, _make in (("list", list), ("tuple", tuple), ("set", set), ("frozenset", frozenset)):
    BUILTINS[_name] = Builtin(_name, _listed(_name, _make))


@builtin("iter")
def _iter(call: Call) -> Any:
    """An iterator is a list of what it has not yielded yet."""
    items = elements_of(call.interp, call.get(0, "object"))
    return items if items is not None else Unknown(unknown(call.get(0, "object")) or "iterates over a value that is not known")



@builtin("reversed")
def _reversed(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "sequence"))
    return items[::-1] if items is not None else Unknown("reverses a value that is not known")


@builtin("dict")
def _dict(call: Call) -> Any:
    result: dict[Any, Any] = {}
    if call.args:
        source = call.args[0]
        pairs = list(source.items()) if isinstance(source, dict) else elements_of(call.interp, source)
        if pairs is None or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            return Unknown("a dictionary of a value that is not known")
        try:
            result.update(pairs)
        except TypeError:
            return Unknown("a dictionary with keys that are not known")
    if "**" in call.kwargs:
        return Unknown("a dictionary of keywords that are not known")
    result.update(call.kwargs)
    return result


@builtin("isinstance")
def _isinstance(call: Call) -> Any:
    verdict = call.interp.is_instance(call.get(0, "obj"), call.get(1, "kinds"))
    return Unknown("the class is not known") if verdict is None else verdict


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
                return registry[name]
    interp = call.interp
    interp.trying.append({"AttributeError"})
    from initlint.interpreter.values import TargetRaise

    try:
        return interp.getattr(value, name, call.frame, call.node)
    except TargetRaise as error:
        if error.name != "AttributeError":
            raise
        return ABSENT
    finally:
        interp.trying.pop()


@builtin("getattr")
def _getattr(call: Call) -> Any:
    value, name = call.get(0, "obj"), call.get(1, "name")
    if isinstance(name, OneOf) and all(isinstance(v, str) for v in possible(name)):
        return join([call.interp.getattr(value, v, call.frame, call.node) for v in possible(name)])
    if len(call.args) < 3:
        return call.interp.getattr(value, name, call.frame, call.node) if isinstance(name, str) else Unknown("an attribute whose name is not known")
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
    return Unknown("super() of a class that is not known")


def _numeric(name: str, convert: Callable[[Any], Any]) -> Handler:
    def handler(call: Call) -> Any:
        value = call.args[0] if call.args else 0
        if isinstance(value, OneOf):
            return join([_converted(call.interp, name, convert, v) for v in possible(value)])
        return _converted(call.interp, name, convert, value)

    return handler


def _converted(interp: Interpreter, name: str, convert: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, Sym):
        whole = all(isinstance(c, int) and all(e == int(e) > 0 for _, e in m) for m, c in value.terms)
        return value if name == "float" or whole else opaque(f"{name}({value})")
    if isinstance(value, (int, float, str, bool)):
        try:
            return convert(value)
        except (ValueError, OverflowError) as error:
            return interp.fail(type(error).__name__, f"{name}() of a value that does not convert")
    if isinstance(value, Tensor) and isinstance(value.data, (int, float)):
        return convert(value.data)
    return Unknown(unknown(value) or f"{name}() of a value that is not known")


BUILTINS["int"] = Builtin("int", _numeric("int", int))
BUILTINS["float"] = Builtin("float", _numeric("float", float))


@builtin("bool")
def _bool(call: Call) -> Any:
    truth = call.interp.truth(call.get(0, "x", False))
    return Unknown("the condition is not decided") if truth is None else truth


@builtin("str")
def _str(call: Call) -> Any:
    value = call.get(0, "object", "")
    if isinstance(value, Sym):
        return "*"
    if isinstance(value, Class):
        return f"<class '{value.module}.{value.name}'>" if value.module else f"<class '{value.name}'>"
    return str(value) if isinstance(value, (str, int, float, bool, type(None))) else Unknown("the text of an object")


@builtin("abs")
def _abs(call: Call) -> Any:
    value = call.get(0, "x")
    return abs(value) if is_number(value) else Unknown(unknown(value) or "abs() of a value that is not known")


@builtin("round")
def _round(call: Call) -> Any:
    value, digits = call.get(0, "number"), call.get(1, "ndigits")
    if isinstance(value, Sym):
        return opaque(f"round({value})")
    if isinstance(value, (int, float)) and (digits is None or isinstance(digits, int) and abs(digits) < 400):
        return round(value, digits) if digits is not None else round(value)
    return Unknown("round() of a value that is not known")


@builtin("pow")
def _pow(call: Call) -> Any:
    from initlint.interpreter.expressions import binary

    return binary(call.interp, "**", call.args[0], call.args[1], call.frame, call.node) if len(call.args) == 2 else Unknown("pow()")


@builtin("divmod")
def _divmod(call: Call) -> Any:
    left, right = call.args[0], call.args[1]
    return (left // right, left % right) if is_number(left) and is_number(right) and right != 0 else Unknown("divmod()")


def _extreme(name: str, choose: Callable[..., Any]) -> Handler:
    def handler(call: Call) -> Any:
        items = list(call.args) if len(call.args) > 1 else elements_of(call.interp, call.get(0, "iterable"))
        if items is None:
            return Unknown(f"{name}() of a value that is not known")
        if not items:
            return call.kwargs.get("default", Unknown(f"{name}() of nothing"))
        if call.kwargs.get("key") is not None:
            keys = _keys(call, items)
            return items[keys.index(choose(keys))] if keys is not None else Unknown(f"{name}() of values that are not known")
        if any(isinstance(i, Repeat) for i in items):
            return Unknown(f"{name}() of a list of unknown length")
        if all(isinstance(i, (int, float)) for i in items) or all(isinstance(i, str) for i in items):
            return choose(items)
        if all(same(i, items[0]) for i in items):
            return items[0]
        if all(is_number(i) for i in items):
            return opaque(f"{name}({', '.join(sorted(str(i) for i in items))})")
        return Unknown(f"{name}() of values that are not known")

    return handler


BUILTINS["min"] = Builtin("min", _extreme("min", min))
BUILTINS["max"] = Builtin("max", _extreme("max", max))


@builtin("sum")
def _sum(call: Call) -> Any:
    from initlint.interpreter.expressions import binary

    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or any(isinstance(i, Repeat) for i in items):
        return Unknown("sums a value that is not known")
    total = call.get(1, "start", 0)
    for item in items:
        total = binary(call.interp, "+", total, item, call.frame, call.node) if not (total == 0 and isinstance(item, Tensor)) else item
    return total


@builtin("any")
def _any(call: Call) -> Any:
    return _quantified(call, True)


@builtin("all")
def _all(call: Call) -> Any:
    return _quantified(call, False)


def _quantified(call: Call, wanted: bool) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None:
        return Unknown("a condition over a value that is not known")
    truths = [call.interp.truth(i.value if isinstance(i, Repeat) else i) for i in items]
    if wanted in truths:
        return wanted
    return Unknown("the condition is not decided") if None in truths else not wanted


@builtin("sorted")
def _sorted(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    return Unknown("sorts a value that is not known") if items is None else sort(call, items)


def sort(call: Call, items: list[Any]) -> Any:
    """``items`` in the order that ``key=`` and ``reverse=`` of the call ask for."""
    keys = _keys(call, items)
    backwards = call.kwargs.get("reverse", False)
    if keys is None or not isinstance(backwards, (bool, int)):
        return Unknown("sorts values that are not known")
    return [items[i] for i in sorted(range(len(items)), key=keys.__getitem__, reverse=bool(backwards))]


def _keys(call: Call, items: list[Any]) -> Optional[list[Any]]:
    """What ``items`` are compared by; None where that is not known or does not compare."""
    key = call.kwargs.get("key")
    if any(isinstance(i, (Repeat, OneOf, Unknown)) for i in items):
        return None
    keys = items if key is None else [call.interp.call(key, [item], {}, call.frame, call.node) for item in items]
    try:
        plain = all(isinstance(k, (int, float, str, bytes, tuple, list, bool)) for k in keys)
        return keys if plain and sorted(keys) is not None else None
    except TypeError:
        return None


@builtin("map")
def _map(call: Call) -> Any:
    columns = [elements_of(call.interp, arg) for arg in call.args[1:]]
    rows = [c for c in columns if c is not None]
    if len(rows) < len(columns) or not rows:
        return Unknown("maps over a value that is not known")
    results = []
    for row in zip(*rows):
        again = any(isinstance(v, Repeat) for v in row)
        value = call.interp.call(call.args[0], [v.value if isinstance(v, Repeat) else v for v in row], {}, call.frame, call.node)
        results.append(Repeat(value) if again else value)
    return results


@builtin("filter")
def _filter(call: Call) -> Any:
    items = elements_of(call.interp, call.get(1, "iterable"))
    if items is None:
        return Unknown("filters a value that is not known")
    kept = []
    for item in items:
        verdict = item if call.args[0] is None else call.interp.call(call.args[0], [item], {}, call.frame, call.node)
        truth = call.interp.truth(verdict)
        if truth is None:
            return Unknown("filters by a condition that is not decided")
        if truth:
            kept.append(item)
    return kept


@builtin("next")
def _next(call: Call) -> Any:
    source = call.get(0, "iterator")
    items = elements_of(call.interp, source)
    if items is None:
        return Unknown(unknown(source) or "the next of a value that is not known")
    if not items:
        return call.args[1] if len(call.args) > 1 else call.interp.fail("StopIteration", "the next of an iterator that has ended")
    first = items[0]
    if isinstance(first, Repeat):
        return first.value
    if isinstance(first, OneOf) and ABSENT in first.values:
        return Unknown("the next of an iterator that may have ended")
    if isinstance(source, list):
        call.interp.heap.touch(source)
        del source[0]
    return first


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
    return value.attrs if isinstance(value, Instance) else Unknown("vars()")


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


@builtin("ord")
def _ord(call: Call) -> Any:
    value = call.get(0, "c")
    return ord(value) if isinstance(value, str) and len(value) == 1 else Unknown(unknown(value) or "ord() of a value that is not known")


@builtin("chr")
def _chr(call: Call) -> Any:
    value = call.get(0, "i")
    return chr(value) if isinstance(value, int) and 0 <= value < 0x110000 else Unknown(unknown(value) or "chr() of a value that is not known")


@builtin("slice")
def _slice(call: Call) -> Any:
    return slice(*call.args)


@builtin("id")
def _id(call: Call) -> Any:
    return id(call.get(0, "object"))


for _name in ("print", "hash", "repr", "input", "open", "eval", "exec", "compile", "__import__", "help"):
    BUILTINS[_name] = Builtin(_name, lambda call, _name=_name: None if _name in ("print", "help") else Unknown(f"{_name}() is not followed"))
for _name in ("NotImplemented", "Ellipsis"):
    BUILTINS[_name] = External(_name)
_OBJECT = Class("object", [], {})
_OBJECT.mro = [_OBJECT]
BUILTINS["object"] = Builtin("object", lambda call: Instance(_OBJECT))
BUILTINS["__debug__"] = True


def exception_names() -> list[str]:
    import builtins

    return [name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)]


for _name in exception_names():
    _cls = Class(_name, [], {})
    _cls.mro = [_cls]
    BUILTINS[_name] = _cls


def reason_of(value: Optional[Any], otherwise: str) -> str:
    return unknown(value) or otherwise
