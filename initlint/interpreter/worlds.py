"""Tests that only a configuration decides (``if config["mixed"]:``): explored side by side as a rule, or answered all alike in a world of their own.

Side by side, what one branch alone makes belongs to no model. In a world every such test holds, or none does; what is compared with
constants equals the first of them, or the last, throughout, so that the branches taken fit together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.values import TEXT, Instance, Tensor, Unknown

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

DRAWS = re.compile(r"\bParameter\(|\binit\.\w+\(|\.(?:normal|uniform|fill|zero|constant)_\(|\b(?:xavier|kaiming|orthogonal|trunc)_\w*\(")
"""What in a branch makes it worth a world: a parameter of its own, an initializer."""
MEMORY = re.compile(r"^\s*(\w+) = torch\.(?:zeros|ones|empty|randn?|Tensor|FloatTensor)\(", re.MULTILINE)
"""So does memory under a name, if it is made a parameter or filled behind the branches."""
REACH = 1000
"""Characters behind the branches in which that is looked for."""
KINDS = frozenset({"isinstance", "issubclass", "hasattr", "callable", "len", "any", "all"})
"""Functions that ask about a value, not about a configuration."""


@dataclass(slots=True)
class World:
    """Answers for the tests that nothing decides."""

    holds: bool
    chosen: dict[str, Any] = field(default_factory=dict)
    """By the text of what is compared, the constant that it is taken to equal."""


def answer(interp: Interpreter, node: p.If | p.IfExp, value: Any, frame: Frame) -> Optional[bool]:
    """Whether an undecided test holds in the world at hand; None where there is none, or where no configuration can be meant."""
    if not isinstance(value, Unknown):
        return None
    if interp.world is None:
        if isinstance(node, p.If) and not interp.undecided and frame.module is interp.start_frame.module:
            interp.undecided = not _of_a_layer(interp, node.test, frame) and _draws(frame.module.source.text, node.test.end)
        return None
    if _of_a_layer(interp, node.test, frame):
        return None
    truth = _holds(interp.world, node.test, last=not node.orelse)
    if truth is not None and isinstance(node, p.If) and any(isinstance(one, p.Raise) for one in (node.body if truth else node.orelse)):
        return not truth
    return truth


def _draws(text: str, pos: int) -> bool:
    """Whether an initializer stands in one of the branches behind a test that ends at ``pos``: in lines further in than its own."""
    start = text.rfind("\n", 0, pos) + 1
    indent = len(text[start:]) - len(text[start:].lstrip(" \t"))
    after = re.compile(rf"^[ \t]{{0,{indent}}}(?!el(?:if|se)\b)[^\s#)\]}}]", re.MULTILINE).search(text, pos)
    end = after.start() if after else len(text)
    if DRAWS.search(text, pos, end) is not None:
        return True
    names = {match[1] for match in MEMORY.finditer(text, pos, end)}
    return any(re.compile(rf"(?:\bParameter|\binit\.\w+|\w_)\(\s*{name}\b").search(text, end, end + REACH) for name in names)


def _of_a_layer(interp: Interpreter, test: p.Expr, frame: Frame) -> bool:
    """Whether ``test`` hands a module or a tensor to code that is not followed, or looks into its text: ``is_norm(m)``, ``"Block" in str(m)``."""
    if isinstance(test, p.UnaryOp):
        return _of_a_layer(interp, test.operand, frame)
    if isinstance(test, p.BoolOp):
        return any(_of_a_layer(interp, side, frame) for side in (test.left, test.right))
    if isinstance(test, p.Call):
        receiver = test.func.value if isinstance(test.func, p.Attr) else None
        of_text = receiver is not None and (_of_a_layer(interp, receiver, frame) or _is_text(_held(interp, receiver, frame)))
        return of_text or any(_is_layer(interp, _held(interp, arg.value, frame)) for arg in test.args)
    operands = (test.left, *(operand for _, operand in test.rest)) if isinstance(test, p.Compare) else ()
    return any(_of_a_layer(interp, one, frame) or _is_layer(interp, _held(interp, one, frame)) for one in operands)


def _held(interp: Interpreter, node: p.Expr, frame: Frame) -> Any:
    return interp.lookup(node.id, frame) if isinstance(node, p.Name) else None


def _is_layer(interp: Interpreter, value: Any) -> bool:
    return isinstance(value, Tensor) or _is_text(value) or (isinstance(value, Instance) and interp.framework.is_module(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, Unknown) and value.reason == TEXT


def _holds(world: World, test: p.Expr, *, last: bool) -> Optional[bool]:
    """The answer to ``test``; of constants compared in a row without an ``else`` the ``last`` one holds where the others did not."""
    if isinstance(test, p.UnaryOp) and test.op == "not":
        inner = _holds(world, test.operand, last=last)
        return None if inner is None else not inner
    if isinstance(test, p.BoolOp):
        sides = [_holds(world, side, last=last) for side in (test.left, test.right)]
        return None if None in sides else all(sides) if test.op == "and" else any(sides)
    if isinstance(test, p.Call):
        return None if isinstance(test.func, p.Name) and test.func.id in KINDS else world.holds
    if isinstance(test, p.Compare) and len(test.rest) == 1:
        op, right = test.rest[0]
        if op in ("==", "!=", "is", "is not") and isinstance(right, p.Const):
            return _equals(world, test.left, right.value, last and op == "==") == (op in ("==", "is"))
    return world.holds


def _equals(world: World, left: p.Expr, value: Any, last: bool) -> bool:
    if value is None:
        return not world.holds
    name = _spelled(left)
    if name in world.chosen or (name and (world.holds or last)):
        return bool(world.chosen.setdefault(name, value) == value)
    return world.holds


def _spelled(node: p.Expr) -> str:
    if isinstance(node, p.Name):
        return node.id
    inner = _spelled(node.value) if isinstance(node, p.Attr) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, p.Attr) else ""
