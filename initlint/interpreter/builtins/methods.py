"""Methods of strings, lists, dictionaries, sets and tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins.iterables import sort
from initlint.interpreter.builtins.registry import METHODS, Handler
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.operators import MAX_SIZE, WIDE, hashable
from initlint.interpreter.values import ABSENT, OneOf, OutOfBudget, Registry, Repeat, Unknown, join, repeats, same, unknown
from initlint.symbolic import Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

MAX_TEXT = 1_000_000
STRING_METHODS = (
    "ljust", "rjust", "center", "expandtabs", "istitle", "isspace", "isdecimal",
    "lower", "upper", "strip", "lstrip", "rstrip", "startswith", "endswith", "replace", "split", "rsplit", "title", "capitalize", "find", "rfind",
    "index", "count", "isdigit", "isalpha", "isnumeric", "zfill", "partition", "rpartition", "removeprefix", "removesuffix", "swapcase",
    "casefold", "isupper", "islower", "splitlines", "isidentifier", "isalnum", "encode", "rindex",
)  # fmt: skip


def _string(name: str) -> Handler:
    def handler(call: Call) -> Any:
        text, *args = call.args
        if any(unknown(a) or isinstance(a, Sym) for a in args):
            return Unknown("a string method with arguments that are not known")
        if any(isinstance(a, int) and a > MAX_TEXT for a in args) or len(text) * sum(len(a) for a in args if isinstance(a, str)) > MAX_TEXT:
            return Unknown("the string is too long")
        try:
            return getattr(text, name)(*args, **call.kwargs)
        except Exception:
            return call.interp.fail("ValueError", f"str.{name}() fails")

    return handler


def _format(call: Call) -> Any:
    text, *args = call.args
    values = [*args, *call.kwargs.values()]
    if WIDE.search(text):
        return Unknown("the string is too long")
    if all(isinstance(v, (str, int, float, bool, type(None))) for v in values):
        try:
            return text.format(*args, **call.kwargs)
        except Exception as error:
            return call.interp.fail(type(error).__name__, "str.format() fails")
    if all(isinstance(v, (str, int, float, bool, type(None))) or not unknown(v) for v in values):
        return Unknown("formats an object")
    return Unknown("formats a value that is not known")


def _join_text(call: Call) -> Any:
    items = elements_of(call.interp, call.get(1, "iterable"))
    if items is None or not all(isinstance(i, str) for i in items):
        return Unknown("joins strings that are not known")
    if sum(len(i) + len(call.args[0]) for i in items) > MAX_TEXT:
        return Unknown("the string is too long")
    return str(call.args[0]).join(items)


METHODS[str] = {name: _string(name) for name in STRING_METHODS} | {"format": _format, "join": _join_text}
METHODS[bytes] = {}
METHODS[int] = {"bit_length": lambda call: call.args[0].bit_length(), "is_integer": lambda call: True}
METHODS[float] = {"is_integer": lambda call: call.args[0].is_integer()}
METHODS[range] = {}


def _append(call: Call) -> Any:
    call.interp.heap.touch(call.args[0])
    call.args[0].append(call.get(1, "object"))


def _extend(call: Call) -> Any:
    target, source = call.args[0], call.get(1, "iterable")
    items = elements_of(call.interp, source)
    if items is not None and len(target) + len(items) > MAX_SIZE:
        raise OutOfBudget("gave up on a list that is too long")
    call.interp.heap.touch(target)
    target.extend(items if items is not None else [blind_element(source)])


def _insert(call: Call) -> Any:
    target, index = call.args[0], call.get(1, "index")
    call.interp.heap.touch(target)
    target.insert(index if isinstance(index, int) else len(target), call.get(2, "object"))


def _pop_list(call: Call) -> Any:
    target, index = call.args[0], call.get(1, "index", -1)
    if not isinstance(index, int) or not -len(target) <= index < len(target) or repeats(target):
        return Unknown("pops from a list that is not known")
    call.interp.heap.touch(target)
    return target.pop(index)


def _remove(call: Call) -> Any:
    target, item = call.args[0], call.get(1, "object")
    for index, value in enumerate(target):
        if same(value, item):
            call.interp.heap.touch(target)
            del target[index]
            return None
    return call.interp.fail("ValueError", "the element is not in the list")


def _index(call: Call) -> Any:
    target, item = call.args[0], call.get(1, "object")
    if unknown(item) or any(isinstance(v, (Unknown, OneOf, Repeat)) for v in target):
        return Unknown("an index that is not known")
    for index, value in enumerate(target):
        if same(value, item):
            return index
    return call.interp.fail("ValueError", "the element is not in the list")


def _count(call: Call) -> Any:
    target, item = call.args[0], call.get(1, "object")
    if unknown(item) or any(isinstance(v, (Unknown, OneOf, Repeat)) for v in target):
        return Unknown("a count that is not known")
    return sum(same(value, item) for value in target)


def _reverse(call: Call) -> Any:
    call.interp.heap.touch(call.args[0])
    call.args[0].reverse()


def _sort(call: Call) -> Any:
    target = call.args[0]
    ordered = sort(call, list(target))
    call.interp.heap.touch(target)
    target[:] = ordered if isinstance(ordered, list) else [ordered] * len(target)
    return None


def _clear(call: Call) -> Any:
    call.interp.heap.touch(call.args[0])
    call.args[0].clear()


def _appendleft(call: Call) -> Any:
    call.interp.heap.touch(call.args[0])
    call.args[0].insert(0, call.get(1, "object"))


def _popleft(call: Call) -> Any:
    call.args.append(0)
    return _pop_list(call)


METHODS[list] = {
    "appendleft": _appendleft, "popleft": _popleft,
    "append": _append, "extend": _extend, "insert": _insert, "pop": _pop_list, "remove": _remove, "index": _index, "count": _count,
    "reverse": _reverse, "sort": _sort, "clear": _clear, "copy": lambda call: list(call.args[0]),
}  # fmt: skip
METHODS[tuple] = {"index": _index, "count": _count, "as_list": lambda call: list(call.args[0])}


def _get(call: Call) -> Any:
    mapping, key = call.args[0], hashable(call.get(1, "key"))
    default = call.get(2, "default")
    if key is ABSENT:
        return Unknown(unknown(call.get(1, "key")) or "a key that is not known")
    if key not in mapping:
        return default
    found = mapping[key]
    return join([*possible(found), default]) if isinstance(found, OneOf) and ABSENT in found.values else found


def _pop_dict(call: Call) -> Any:
    mapping, key = call.args[0], hashable(call.get(1, "key"))
    found = _get(call)
    if key is not ABSENT:
        if key not in mapping and len(call.args) < 3 and "default" not in call.kwargs:
            return call.interp.fail("KeyError", f"the key {key!r} was not found")
        call.interp.heap.delete_item(mapping, key)
    return found


def _setdefault(call: Call) -> Any:
    mapping, key = call.args[0], hashable(call.get(1, "key"))
    if key is ABSENT:
        return Unknown("a key that is not known")
    if key not in mapping:
        call.interp.heap.set_item(mapping, key, call.get(2, "default"))
    return mapping[key]


def _update(call: Call) -> Any:
    mapping = call.args[0]
    call.interp.heap.touch(mapping)
    for source in [*call.args[1:], *(v for k, v in call.kwargs.items() if k == "**")]:
        pairs = source.items() if isinstance(source, dict) else elements_of(call.interp, source)
        if pairs is None:
            mapping.update({k: Unknown("may be updated by a mapping that is not known") for k, _ in present(mapping)})
        for pair in pairs or ():
            if isinstance(pair, (tuple, list)) and len(pair) == 2 and hashable(pair[0]) is not ABSENT:
                mapping[hashable(pair[0])] = pair[1]
    mapping.update({k: v for k, v in call.kwargs.items() if k != "**"})


def present(mapping: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The entries of a mapping without those the interpreter keeps for itself."""
    return [(k, v) for k, v in mapping.items() if not (isinstance(k, str) and k.startswith("#"))]


def _popitem(call: Call) -> Any:
    mapping = call.args[0]
    items = present(mapping)
    if not items:
        return call.interp.fail("KeyError", "the mapping is empty")
    key, value = items[0 if call.kwargs.get("last") is False else -1]
    call.interp.heap.delete_item(mapping, key)
    return (key, value)


METHODS[dict] = {
    "get": _get, "pop": _pop_dict, "setdefault": _setdefault, "update": _update, "clear": _clear,
    "keys": lambda call: [k for k, _ in present(call.args[0])], "values": lambda call: [v for _, v in present(call.args[0])],
    "items": lambda call: present(call.args[0]), "copy": lambda call: dict(call.args[0]),
    "move_to_end": lambda call: None, "popitem": _popitem, "fromkeys": lambda call: Unknown("fromkeys()"),
}  # fmt: skip
METHODS[Registry] = METHODS[dict]


def _add(call: Call) -> Any:
    item = hashable(call.get(1, "element"))
    if item is not ABSENT:
        call.interp.heap.touch(call.args[0])
        call.args[0].add(item)


def _set_operation(name: str) -> Handler:
    def handler(call: Call) -> Any:
        groups = [elements_of(call.interp, arg) for arg in call.args[1:]]
        if any(group is None for group in groups):
            return Unknown("a set that is not known")
        try:
            return getattr(set(call.args[0]), name)(*[g for g in groups if g is not None])
        except TypeError:
            return Unknown("a set of values that are not known")

    return handler


def _discard(call: Call) -> Any:
    item = hashable(call.get(1, "element"))
    if item is not ABSENT:
        call.interp.heap.touch(call.args[0])
        call.args[0].discard(item)


def _update_set(call: Call) -> Any:
    call.interp.heap.touch(call.args[0])
    for arg in call.args[1:]:
        call.args[0].update(v for v in elements_of(call.interp, arg) or () if hashable(v) is not ABSENT)


_OPERATIONS = ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint")
METHODS[frozenset] = {name: _set_operation(name) for name in _OPERATIONS}
METHODS[set] = METHODS[frozenset] | {"add": _add, "discard": _discard, "remove": _discard, "update": _update_set, "copy": lambda call: set(call.args[0])}
