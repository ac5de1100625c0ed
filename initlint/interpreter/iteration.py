"""What can be iterated, and what it yields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import ABSENT, Class, Instance, OneOf, Repeat, Tensor, Unknown
from initlint.program import Const
from initlint.symbolic import Sym, symbol

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_ITERATIONS = 20_000


class Endless:
    """``itertools.count`` and its kin: as many elements as somebody asks for."""

    __slots__ = ("first",)

    def __init__(self, first: Callable[[int], list[Any]]) -> None:
        self.first = first


class SymbolicRange:
    """``range`` over a length nobody knows."""

    __slots__ = ("start",)

    def __init__(self, start: Any) -> None:
        self.start = start


class Names:
    """The names of a library that is not read: any of them may be there."""


def elements_of(interp: Interpreter, value: Any) -> Optional[list[Any]]:
    """The elements of an iterable, ``Repeat`` standing for any number of one kind; None where nothing is known."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return [key for key in value if not (isinstance(key, str) and key.startswith("#"))]
    if isinstance(value, (set, frozenset, str)):
        return list(value)
    if isinstance(value, range):
        return list(value) if len(value) <= MAX_ITERATIONS else [Repeat(symbol("i"))]
    if isinstance(value, SymbolicRange):
        return [Repeat(symbol("i"))]
    if isinstance(value, Sym):
        return None
    if isinstance(value, Instance):
        return interp.iterate_instance(value)
    if isinstance(value, Class):
        return enum_members(interp, value)
    if isinstance(value, OneOf):
        present = [v for v in value.values if v is not ABSENT]
        return elements_of(interp, present[0]) if len(present) == 1 else None
    if isinstance(value, Tensor):
        return interp.framework.rows(value)
    return None


def enum_members(interp: Interpreter, cls: Class) -> Optional[list[Any]]:
    """The members of an enumeration in the order of its body; None for any other class."""
    if not cls.derives("enum.Enum"):
        return None
    values = [interp.getattr(cls, name, interp.start_frame, Const(0, 0, None)) for name in cls.order if not name.startswith("_")]
    return [value for value in values if isinstance(value, (Instance, int))]


def blind_element(value: Any) -> Repeat:
    """The element of an iterable of which nothing is known."""
    reason = value.reason if isinstance(value, Unknown) else "an element of a value that is not known"
    return Repeat(Unknown(reason))
