"""What can be iterated, and what a loop of unknown length does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import ABSENT, Instance, OneOf, Repeat, Tensor, Unknown
from initlint.symbolic import Sym, symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_ITERATIONS = 20_000


class SymbolicRange:
    """``range`` over a length nobody knows."""

    __slots__ = ("start",)

    def __init__(self, start: Any) -> None:
        self.start = start


def elements_of(interp: Interpreter, value: Any) -> Optional[list[Any]]:
    """The elements of an iterable, ``Repeat`` standing for any number of one kind; None where nothing is known."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, (dict, set, frozenset, str)):
        return list(value)
    if isinstance(value, range):
        return list(value) if len(value) <= MAX_ITERATIONS else [Repeat(symbol("i"))]
    if isinstance(value, SymbolicRange):
        return [Repeat(symbol("i"))]
    if isinstance(value, Sym):
        return None
    if isinstance(value, Instance):
        return interp.iterate_instance(value)
    if isinstance(value, OneOf):
        present = [v for v in value.values if v is not ABSENT]
        return elements_of(interp, present[0]) if len(present) == 1 else None
    if isinstance(value, Tensor):
        return interp.framework.rows(value)
    return None


def blind_element(value: Any) -> Repeat:
    """The element of an iterable of which nothing is known."""
    reason = value.reason if isinstance(value, Unknown) else "an element of a value that is not known"
    return Repeat(Unknown(reason))
