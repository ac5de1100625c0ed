"""What a rule says: where, how bad, with which numbers, and which actions would mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Union


class Severity(str, Enum):
    """How much a finding matters; only ``warning`` and ``error`` fail a run by default."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return ("note", "warning", "error").index(self.value)


class Safety(str, Enum):
    """``safe``: exactly the flagged parameters change. ``unsafe``: more does. ``advice``: only the author can edit."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell of a notebook, as a stretch of the one module that all code cells form."""

    number: int
    """1-based, all cells of the notebook counted."""
    first: int
    """The line of the module on which the cell begins."""
    file_lines: tuple[int, ...]
    """The line of the notebook's file that holds each line of the cell."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A source span. Lines and columns are 1-based, columns count characters; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    cell: Cell | None = field(default=None, compare=False)
    """The notebook cell it lies in; lines then count in the module that the code cells form."""

    def __str__(self) -> str:
        """``net.py:3:5``, or ``net.ipynb:cell 2:3:5``."""
        return f"{self.place}:{self.row}:{self.column}"

    @property
    def place(self) -> str:
        """The file, and the cell where it is a notebook."""
        return f"{self.path}:cell {self.cell.number}" if self.cell else self.path

    @property
    def row(self) -> int:
        """The line in the cell, or in the file where there are no cells."""
        return self.line - self.cell.first + 1 if self.cell else self.line

    @property
    def end_row(self) -> int:
        """The line of the end in the cell, or in the file where there are no cells."""
        return self.end_line - self.cell.first + 1 if self.cell else self.end_line

    @property
    def file_lines(self) -> tuple[int, int]:
        """The lines of the start and the end in the file as it is stored."""
        if self.cell is None:
            return self.line, self.end_line
        last = len(self.cell.file_lines)
        return self.cell.file_lines[min(self.row, last) - 1], self.cell.file_lines[min(self.end_row, last) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceCall:
    """Rewrite the call at ``site``: another function, other keyword arguments.

    ``function`` is the canonical dotted name (``torch.nn.init.kaiming_uniform_``); the rewriter spells it the
    way the file already spells its neighbours and adds an import where it must. ``drop`` names arguments to
    remove, given by keyword or by position (``parameters`` lists the positional names of the *old* function);
    ``set`` gives keyword arguments as source text. ``rephrase`` replaces arguments that are there by text in which ``{}``
    stands for the value as written: ``("mean", "std={}")``. ``inside`` is the canonical name of a function that the call
    becomes the only argument of; ``bare`` leaves nothing but the function. With ``beside`` the new function is found where
    the old one is, whatever the file calls that module.
    """

    site: Site
    function: str | None = None
    parameters: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    rephrase: tuple[tuple[str, str], ...] = ()
    inside: str | None = None
    bare: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertBranch:
    """Add an ``elif isinstance(<variable>, <classes>)`` branch to the ``if`` statement whose test is at ``site``.

    ``classes`` are canonical dotted names; ``statements`` are calls ``(canonical function, attribute, extra arguments)``
    such as ``("torch.nn.init.ones_", "weight", "")``, spelled in the style of the sibling branches.
    """

    site: Site
    variable: str
    classes: tuple[str, ...]
    statements: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveStatement:
    """Delete the statement that holds the call at ``site`` (``pass`` where it was the only one of its block)."""

    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendStatement:
    """Add ``text`` as the last statement of the function whose name in the ``def`` statement is at ``site``."""

    site: Site
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveToEnd:
    """Make the statement that holds the call at ``site`` the last one of its function."""

    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceExpression:
    """Write ``content`` instead of the expression at ``site``; ``content`` binds as tightly as what it replaces."""

    site: Site
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughData:
    """Let the method call at ``site``, ``w.normal_()``, write behind the back of autograd: ``w.data.normal_()``."""

    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapCall:
    """Make the call at ``site`` the argument of ``function``, a canonical dotted name, or of ``method``, as the file would write it."""

    site: Site
    function: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDraw:
    """Multiply the draw at ``site``, a call with sizes such as ``torch.randn(a, b)``, by one of its sizes to the power -1/2.

    ``axis`` is the number of that size, ``rank`` how many there are.
    """

    site: Site
    axis: int
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertAfter:
    """Add ``lines`` behind the statement that is the call at ``site``; each is how much deeper it stands, in blocks, and its text."""

    site: Site
    lines: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOver:
    """Put the statement that is the call at ``site`` into a loop over its first argument, and hand it the parts."""

    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInitializer:
    """Give the call at ``site``, of a layer, another initializer for its ``argument``, in the style the author has.

    ``name`` is the class (``HeNormal``). A string stays a string, a class a class; where there is none, a string comes.
    """

    site: Site
    argument: str
    name: str


Action = Union[
    NameInitializer,
    ReplaceCall,
    InsertBranch,
    RemoveStatement,
    AppendStatement,
    InsertAfter,
    LoopOver,
    MoveToEnd,
    ReplaceExpression,
    ScaleDraw,
    ThroughData,
    WrapCall,
]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the half-open span of ``site`` by ``content``."""

    content: str
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One atomic repair: its actions, and once proven the edits and the safety class they earned."""

    message: str
    actions: tuple[Action, ...] = ()
    safety: Safety = Safety.UNSAFE
    edits: tuple[Edit, ...] = ()
    revives: bool = False
    """Whether code that raised runs afterwards, so that parameters may come which nobody saw before."""
    assumes: bool = False
    """Whether it rests on something that no model of the file shows, and so is never safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong at one place. ``evidence`` holds the numbers the message was made from."""

    code: str
    rule: str
    message: str
    site: Site
    severity: Severity
    fix: Fix | None = None
    model: str | None = None
    parameter: str | None = None
    parameters: tuple[str, ...] = ()
    """Every parameter the finding is about, as ``model:name``; a fix may change these and no other."""
    confidence: float = 1.0
    evidence: dict[str, Any] = field(default_factory=dict)
    help: str = ""

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        return (self.site.path, self.site.line, self.site.column, self.code, self.message)
