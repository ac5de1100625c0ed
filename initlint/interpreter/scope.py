"""Names in force while a function, a class body or a module is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import ABSENT, Unknown, join

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module
    from initlint.interpreter.values import Class


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: its names, the frame it closes over, the module whose globals it sees."""

    module: Module
    names: dict[str, Any] = field(default_factory=dict)
    parent: Optional[Frame] = None
    owner: Optional[Class] = None
    receiver: Any = None
    qualname: str = ""
    foreign: dict[str, str] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal`` here."""
    yielded: Optional[list[Any]] = None
    pending: list[Any] = field(default_factory=list)
    """Values of returns that stand behind a branch nobody could decide."""
    guards: list[Any] = field(default_factory=list)
    """The ``isinstance`` tests that led to the statement under evaluation, innermost last."""

    def find(self, name: str) -> Any:
        """The value of ``name`` in the scopes of functions, or ABSENT."""
        frame: Optional[Frame] = self
        while frame is not None:
            value = frame.names.get(name, ABSENT)
            if value is not ABSENT:
                return value
            frame = frame.parent
        return ABSENT


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a block ended: it ran to its end, or a ``return``, ``break`` or ``continue`` left it."""

    kind: str
    value: Any = None


FELL = Outcome("fell")
BREAK = Outcome("break")
CONTINUE = Outcome("continue")


def final_value(frame: Frame, outcome: Outcome) -> Any:
    """What a call returns, once the returns behind undecided branches are counted in."""
    value = outcome.value if outcome.kind == "return" else None
    if frame.pending:
        return join([*frame.pending, value])
    return value


def unbound(name: str) -> Unknown:
    return Unknown(f"the name `{name}` is not defined in what was read")
