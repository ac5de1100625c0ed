"""Loops that take too long to follow: what they would have changed is not known behind them.

Tables of positions, offsets and angles are filled in loops of thousands of turns. None of that is a weight, but followed to its end
it would take the steps that the rest of the model needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from msgspec import Struct

from initlint import program as p
from initlint.interpreter.operators import is_plain
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import Builtin, External, Repeat, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

SHARE = 10
"""The part of the steps that are left, as its reciprocal, which one loop may take."""
FOLLOWED = (p.Assign, p.AugAssign, p.AnnAssign, p.ExprStmt, p.If, p.For, p.While, p.With, p.Jump, p.Assert, p.Raise)
"""Statements whose effects can be told from their text."""
READING = frozenset({"copy", "count", "get", "index", "items", "keys", "values"})
"""Methods of lists, dictionaries and sets that change nothing."""
REASON = "a loop that takes too many steps"


class Watch:
    """Tells whether a loop has taken its share of the steps, and made no module and drawn nothing by them."""

    def __init__(self, interp: Interpreter) -> None:
        self.interp = interp
        self.most = interp.steps + (interp.limit - interp.steps) // SHARE
        self.before = self._events()

    def abandons(self, loop: p.For, item: Any, frame: Frame) -> bool:
        """Whether the turns of ``loop`` from ``item`` on are left out, and what they change is made unknown instead."""
        if self.interp.steps <= self.most:
            return False
        self.most = self.interp.limit  # it is asked once
        changed = changed_by(self.interp, loop, frame) if is_plain(item) and not loop.orelse and self._events() == self.before else None
        for target in changed or ():
            _forget(self.interp, target, frame)
        return changed is not None

    def _events(self) -> tuple[int, int]:
        return len(self.interp.framework.births()), self.interp.framework.drawn()


def changed_by(interp: Interpreter, loop: p.For, frame: Frame) -> Optional[list[p.Expr]]:
    """What the turns of a loop assign, fill or extend; None where its text does not tell."""
    changed: list[p.Expr] = []
    for statement in _statements([loop]):
        if not isinstance(statement, FOLLOWED):
            return None
        changed += [name for target in _targets(statement) for name in _leaves(target)]
        parts = [getattr(statement, name) for name in statement.__struct_fields__ if name not in ("body", "orelse")]
        for call in _calls(parts):
            receivers = _receivers(interp, call, frame)
            if receivers is None:
                return None
            changed += receivers
    return changed


def _statements(body: list[p.Stmt]) -> Iterator[p.Stmt]:
    """Those of a block, and of the blocks inside."""
    for statement in body:
        yield statement
        if isinstance(statement, (p.If, p.For, p.While)):
            yield from _statements([*statement.body, *statement.orelse])
        elif isinstance(statement, p.With):
            yield from _statements(statement.body)


def _targets(statement: p.Stmt) -> list[p.Expr]:
    if isinstance(statement, p.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, (p.AugAssign, p.AnnAssign, p.For)) else []


def _leaves(target: p.Expr) -> Iterator[p.Expr]:
    """What is assigned to where several are unpacked."""
    if isinstance(target, p.Sequence):
        for item in target.items:
            yield from _leaves(item)
    else:
        yield target.value if isinstance(target, p.Starred) else target


def _calls(value: Any) -> Iterator[p.Call]:
    """Every call in an expression, or in several."""
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _calls(one)
    elif isinstance(value, Struct):
        if isinstance(value, p.Call):
            yield value
        for name in value.__struct_fields__:
            yield from _calls(getattr(value, name))


def _receivers(interp: Interpreter, call: p.Call, frame: Frame) -> Optional[list[p.Expr]]:
    """What a call may change of what it is a method of; None where it runs code that may change anything."""
    if isinstance(call.func, p.Attr):
        if isinstance(call.func.value, p.Call):
            return []  # a method of what another call has just made
        held = interp.eval(call.func.value, frame)
        if isinstance(held, (list, dict, set)):
            return [call.func.value] if call.func.attr not in READING else []
        if isinstance(held, Tensor):
            return [call.func.value] if call.func.attr.endswith("_") else []
        if isinstance(held, (int, float, str, tuple)):
            return []
    func = interp.eval(call.func, frame)
    harmless = isinstance(func, Builtin) or (isinstance(func, External) and not func.name.endswith("_") and ".init." not in func.name)
    return [] if harmless else None


def _forget(interp: Interpreter, target: p.Expr, frame: Frame) -> None:
    """Make unknown what ``target`` holds; of a list, which others may hold as well, the elements."""
    root = target
    while isinstance(root, p.Subscript):
        root = root.value
    held = interp.eval(root, frame)
    if isinstance(held, Tensor):
        interp.call_blind(Unknown(REASON), root, frame, REASON, [held], {})
    elif isinstance(held, list):
        interp.heap.touch(held)
        held[:] = [Unknown(REASON) for _ in held] if root is not target else [*held, Repeat(Unknown(REASON))]
    elif isinstance(root, (p.Name, p.Attr)):
        interp.assign(root, Unknown(REASON), frame)
