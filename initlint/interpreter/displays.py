"""Displays and comprehensions, and the text of f-strings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.graph import tick
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.operators import WIDE, hashable, is_small
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, Class, External, Function, Instance, Repeat, Unknown, join, unknown
from initlint.symbolic import Sym, symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MOST_ROWS = 128
"""Rows of a table, written as a comprehension of comprehensions, that are evaluated one by one."""
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}


def eval_sequence(interp: Interpreter, node: p.Sequence, frame: Frame) -> Any:
    """``(a, *b)``, ``[a, *b]``, ``{a, *b}``."""
    items: list[Any] = []
    for item in node.items:
        if isinstance(item, p.Starred):
            more = elements_of(interp, interp.eval(item.value, frame))
            if more is None:
                return Unknown("unpacks a value that is not known")
            items.extend(more)
        else:
            items.append(interp.eval(item, frame))
    if node.kind == "set":
        try:
            return set(items) if all(not isinstance(item, tuple) or is_small(item) for item in items) else Unknown("a set of tuples of tuples")
        except TypeError:
            return Unknown("a set of unhashable values")
    return tuple(items) if node.kind == "tuple" else items


def eval_dict(interp: Interpreter, node: p.DictDisplay, frame: Frame) -> Any:
    """``{a: b, **c}``."""
    result: dict[Any, Any] = {}
    for key_node, value_node in node.items:
        value = interp.chosen(value_node, frame)
        if key_node is None:
            if not isinstance(value, dict):
                return Unknown("unpacks a mapping that is not known")
            result.update(value)
            continue
        key = hashable(interp.eval(key_node, frame))
        if key is ABSENT:
            return Unknown("a dictionary with keys that are not known")
        result[key] = value
    return result


def eval_comprehension(interp: Interpreter, node: p.Comprehension, frame: Frame) -> Any:
    """``[element for target in iterable if test]`` and its kin; a generator expression is a list of what it will yield."""
    inner = Frame(frame.module, {}, frame, frame.owner, frame.receiver, frame.qualname, comprehension=True)
    results: list[Any] = []
    _clause(interp, node, 0, inner, results, False)
    if node.kind == "dict":
        pairs = [r.value if isinstance(r, Repeat) else r for r in results]
        if not all(isinstance(pair, tuple) for pair in pairs):
            return Unknown("a dictionary whose entries depend on a branch")
        keys = [hashable(key) for key, _ in pairs]
        if ABSENT in keys:
            one = pairs[0][1] if len(pairs) == 1 else None
            if isinstance(one, Instance) and not one.cls.uncertain and interp.framework.is_module(one):
                return {"*": one}  # as containers of modules call what has no name that is known
            return Unknown("a dictionary with keys that are not known")
        return {key: value for key, (_, value) in zip(keys, pairs)}
    if node.kind == "set":
        return set(results) if all(hashable(r) is not ABSENT for r in results) else Unknown("a set of values that are not known")
    return results


def _clause(interp: Interpreter, node: p.Comprehension, depth: int, frame: Frame, results: list[Any], repeated: bool) -> None:
    """Run clause ``depth`` of a comprehension."""
    if depth == len(node.clauses):
        element = interp.eval(node.element, frame)
        value = (element, interp.eval(node.value, frame)) if node.value else element
        results.append(Repeat(value) if repeated else value)
        return
    clause = node.clauses[depth]
    source = interp.eval(clause.iter, frame.parent if depth == 0 and frame.parent is not None else frame)
    items = elements_of(interp, source)
    if items is None:
        items = [blind_element(source)]
    if len(items) > MOST_ROWS and isinstance(node.element, p.Comprehension):
        items = [Repeat(symbol("i") if isinstance(items[0], int) else Unknown("a row of a long table"))]
    for item in items:
        interp.step()
        again = isinstance(item, Repeat)
        interp.assign(clause.target, item.value if isinstance(item, Repeat) else item, frame)
        truths = [interp.truth(interp.eval(test, frame)) for test in clause.ifs]
        if False in truths:
            continue
        before = len(results)
        below = partial(_clause, interp, node, depth + 1, frame, results, repeated or again)
        since = interp.repeating
        interp.repeating = tick() if again else since
        try:
            if None in truths:
                interp.heap.explore([below, lambda: None])
                results[before:] = [join([r, ABSENT]) for r in results[before:]]
            else:
                below()
        finally:
            interp.repeating = since


def eval_fstring(interp: Interpreter, node: p.FString, frame: Frame) -> Any:
    """``f"text {value}"``."""
    text = ""
    for part in node.parts:
        value = interp.eval(part, frame)
        if not isinstance(value, str):
            return value if isinstance(value, Unknown) else Unknown("formats a value that is not known")
        text += value
    return text


def _has_text(value: Any) -> bool:
    """Whether ``value`` is a constant of Python or a short list of such, which reads here as it would there."""
    if isinstance(value, (list, tuple)):
        return is_small(value) and all(map(_has_text, value))
    return value is None or isinstance(value, (str, int, float, bool))


def eval_formatted(interp: Interpreter, node: p.FormattedValue, frame: Frame) -> Any:
    """``{value!r:spec}`` in an f-string."""
    value = interp.eval(node.value, frame)
    if isinstance(value, Sym):
        return "*"
    if not _has_text(value):
        name = value.name if isinstance(value, (Class, External, Function)) else None
        return name or Unknown(unknown(value) or "formats an object")
    try:
        shown: Any = CONVERSIONS[node.conversion](value) if node.conversion else value
        parts = [interp.eval(part, frame) for part in node.nested] or [node.spec]
        spec = "".join(part if isinstance(part, str) else "\0" for part in parts)
        return format(shown, spec) if "\0" not in spec and not WIDE.search(spec) else Unknown("the format is not followed")
    except (ValueError, TypeError):
        return Unknown("the format is not followed")
