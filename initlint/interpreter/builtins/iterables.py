"""Builtins that make or consume iterables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.builtins.registry import BUILTINS, Handler, builtin
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import Endless, SymbolicRange, elements_of
from initlint.interpreter.operators import binary
from initlint.interpreter.values import ABSENT, Builtin, Class, Instance, OneOf, Repeat, Tensor, Unknown, is_number, join, repeats, same, unknown
from initlint.symbolic import Sym, opaque

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


@builtin("len")
def _len(call: Call) -> Any:
    value = call.get(0, "obj")
    if isinstance(value, (list, tuple)) and repeats(value):
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
            return Unknown("the length of a list of unknown length") if repeats(items) else len(items)
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
            made = range(*call.args)
            len(made)  # of 10³⁰ numbers there is none
        except (TypeError, ValueError, OverflowError):
            return Unknown("a range that does not exist, or has no length")
        return made
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
        return [
            Repeat(tuple(c[0].value if isinstance(c[0], Repeat) else join([v for v in c if not isinstance(v, Repeat)] or [Unknown("")]) for c in known if c))
        ]
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


def _quantified(call: Call, wanted: bool) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None:
        return Unknown("a condition over a value that is not known")
    truths = [call.interp.truth(i.value if isinstance(i, Repeat) else i) for i in items]
    if wanted in truths:
        return wanted
    return Unknown("the condition is not decided") if None in truths else not wanted


@builtin("any")
def _any(call: Call) -> Any:
    return _quantified(call, True)


@builtin("all")
def _all(call: Call) -> Any:
    return _quantified(call, False)


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
        if repeats(items):
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
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or repeats(items):
        return Unknown("sums a value that is not known")
    total = call.get(1, "start", 0)
    for item in items:
        total = binary(call.interp, "+", total, item, call.frame, call.node) if not (total == 0 and isinstance(item, Tensor)) else item
    return total


@builtin("map")
def _map(call: Call) -> Any:
    columns = [elements_of(call.interp, arg) for arg in call.args[1:]]
    rows = [c for c in columns if c is not None]
    if len(rows) < len(columns) or not rows:
        return Unknown("maps over a value that is not known")
    results = []
    for row in zip(*rows):
        again = repeats(row)
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
