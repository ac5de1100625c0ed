"""Names in force while a function, a class body or a module is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import ABSENT, Unknown, join

if TYPE_CHECKING:
    from initlint.findings import Site
    from initlint.interpreter.core import Interpreter
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
    on_yield: Any = None
    """For the generator behind a ``with`` statement: runs the body of the statement where the generator yields."""
    comprehension: bool = False
    """Whether this is the scope of a comprehension."""
    doubt: int = 0
    """How far a branch that nobody could decide may have left: the iteration (1), the loop (2), the function (3)."""
    born: int = 0
    """When it was made, by the clock of the heap."""
    branch: int = 0
    """When the undecided branch began that it was made in, by that clock."""
    code: Any = None
    """The function that runs."""
    caller: Any = None
    """The frame and the node of the call that made this one."""
    pending: list[Any] = field(default_factory=list)
    """Values of returns that stand behind a branch nobody could decide."""

    @property
    def function(self) -> Frame:
        """The frame in which a comprehension stands."""
        frame = self
        while frame.comprehension and frame.parent is not None:
            frame = frame.parent
        return frame

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
    """The value of a name that nothing binds."""
    return Unknown(f"the name `{name}` is not defined in what was read")


def called_from(interp: Interpreter) -> Optional[Site]:
    """Where the function that runs was called, if code did that."""
    caller = interp.routines[-1].caller if interp.routines else None
    return interp.site(caller[1], caller[0]) if caller is not None and caller[1].end > caller[1].pos else None
