"""What the branch taken says about the values tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import ABSENT, OneOf, join

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter


def narrowings(interp: Interpreter, test: p.Expr, sense: bool, frame: Frame) -> Iterator[Callable[[], None]]:
    """Assignments that follow from ``test`` being true (or false): alternatives that contradict it are dropped."""
    if isinstance(test, p.UnaryOp) and test.op == "not":
        yield from narrowings(interp, test.operand, not sense, frame)
    elif isinstance(test, p.BoolOp):
        if (test.op == "and") == sense:
            yield from narrowings(interp, test.left, sense, frame)
            yield from narrowings(interp, test.right, sense, frame)
    elif isinstance(test, (p.Name, p.Attr)):
        yield from _keep(interp, test, frame, lambda value: interp.truth(value) is not (not sense))
    elif isinstance(test, p.Compare) and len(test.rest) == 1:
        op, right = test.rest[0]
        if isinstance(right, p.Const) and right.value is None and op in ("is", "is not"):
            wanted = (op == "is") == sense
            yield from _keep(interp, test.left, frame, lambda value: (value is None) == wanted)
        elif isinstance(right, p.Const) and isinstance(right.value, (str, int, bool)) and op == ("==" if sense else "!="):
            yield from _fix(interp, test.left, frame, right.value)
    elif isinstance(test, p.Call) and isinstance(test.func, p.Name) and test.func.id == "isinstance" and len(test.args) == 2:
        kinds = interp.eval(test.args[1].value, frame)
        yield from _keep(interp, test.args[0].value, frame, lambda value: interp.is_instance(value, kinds) is not (not sense))


def _keep(interp: Interpreter, target: p.Expr, frame: Frame, holds: Callable[[Any], bool]) -> Iterator[Callable[[], None]]:
    if not isinstance(target, (p.Name, p.Attr)):
        return
    value = interp.eval(target, frame)
    if isinstance(value, OneOf):
        kept = [v for v in value.values if v is not ABSENT and holds(v)]
        if kept and len(kept) < len(value.values):
            yield lambda: interp.assign(target, join(kept), frame)


def _fix(interp: Interpreter, target: p.Expr, frame: Frame, value: Any) -> Iterator[Callable[[], None]]:
    if isinstance(target, p.Name) and interp.truth(interp.eval(target, frame)) is None:
        yield lambda: interp.assign(target, value, frame)


def tested_variable(test: p.Expr) -> str:
    """``m`` of ``isinstance(m, …)``, also inside ``and`` and ``or``."""
    if isinstance(test, p.BoolOp):
        return tested_variable(test.left) or tested_variable(test.right)
    if isinstance(test, p.Call) and isinstance(test.func, p.Name) and test.func.id == "isinstance" and test.args:
        first = test.args[0].value
        return first.id if isinstance(first, p.Name) else ""
    return ""
