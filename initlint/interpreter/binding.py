"""What an assignment binds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import OneOf, Repeat, Tensor, Unknown, join, repeats

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

SPREAD = frozenset({Repeat, p.Starred})
"""What stands for any number of elements, as a value and as a target."""


def bind(interp: Interpreter, name: str, value: Any, frame: Frame) -> None:
    """Assign a name where its scope says it lives."""
    declared = frame.foreign.get(name)
    target = frame
    if declared == "global":
        target = frame.module.frame
        interp.heap.rebind(target.names, name)
        interp.memory.taint()
    elif declared == "nonlocal":
        outer = frame.parent
        while outer is not None and name not in outer.names:
            outer = outer.parent
        target = outer or frame
        interp.heap.expose(target.names)
    if target.born >= interp.heap.started:
        target.names[name] = value
    else:
        interp.heap.set_item(target.names, name, value)


def assign(interp: Interpreter, target: p.Expr, value: Any, frame: Frame) -> None:
    """Bind ``target`` to ``value``."""
    if isinstance(target, p.Name):
        bind(interp, target.id, value, frame)
    elif isinstance(target, p.Attr):
        interp.setattr(interp.eval(target.value, frame), target.attr, value, frame, target)
    elif isinstance(target, p.Subscript):
        interp.setitem(interp.eval(target.value, frame), interp.eval(target.index, frame), value, frame, target)
    elif isinstance(target, p.Sequence):
        _unpack(interp, target.items, value, frame)
    elif isinstance(target, p.Starred):
        assign(interp, target.value, value, frame)


def _unpack(interp: Interpreter, targets: list[p.Expr], value: Any, frame: Frame) -> None:
    if type(value) is tuple and len(value) == len(targets) and SPREAD.isdisjoint(map(type, value)) and SPREAD.isdisjoint(map(type, targets)):
        for target, item in zip(targets, value):  # as nearly always
            assign(interp, target, item, frame)
        return
    if isinstance(value, Tensor):
        items: Optional[list[Any]] = interp.framework.unpack(value, len(targets))
    else:
        items = elements_of(interp, value)
    starred = next((i for i, t in enumerate(targets) if isinstance(t, p.Starred)), None)
    if items is None or repeats(items) or (starred is None and len(items) != len(targets)):
        reason = value.reason if isinstance(value, Unknown) else "unpacks a value that is not known"
        parts = _alternatives(interp, value, len(targets))
        for index, target in enumerate(targets):
            assign(interp, target, parts[index] if parts else Unknown(reason), frame)
        return
    if starred is not None:
        tail = len(targets) - starred - 1
        items = [*items[:starred], items[starred : len(items) - tail], *items[len(items) - tail :]]
    for target, item in zip(targets, items):
        assign(interp, target, item, frame)


def _alternatives(interp: Interpreter, value: Any, count: int) -> Optional[list[Any]]:
    """Unpack one of several sequences of the right length, column by column."""
    if not isinstance(value, OneOf):
        return None
    rows = [elements_of(interp, v) for v in value.values]
    if any(row is None or len(row) != count for row in rows):
        return None
    return [join([row[i] for row in rows if row]) for i in range(count)]
