"""The lowered program: a small tree of only what evaluation needs.

Nodes carry half-open character offsets into the file they came from. They hold no LibCST node, so they
serialise and outlive the parse.
"""

from __future__ import annotations

from typing import Any, Literal, Optional

from msgspec import Struct


class Node(Struct, gc=True):
    """Anything with a place in the source."""

    pos: int
    end: int


def moved(value: Any, by: int) -> Any:
    """A copy of nodes in which everything stands ``by`` characters further on."""
    if isinstance(value, Struct):
        fields = {name: moved(getattr(value, name), by) for name in value.__struct_fields__}
        if isinstance(value, Node):
            fields |= {"pos": value.pos + by, "end": value.end + by}
        return type(value)(**fields)
    if isinstance(value, (list, tuple)):
        return type(value)(moved(part, by) for part in value)
    return value


class Expr(Node):
    """An expression."""


class Stmt(Node):
    """A statement."""


class Const(Expr):
    value: Any


class Name(Expr):
    id: str


class Attr(Expr):
    value: Expr
    attr: str


class Arg(Struct):
    """One argument of a call: positional, ``keyword=``, ``*`` (star 1) or ``**`` (star 2)."""

    value: Expr
    keyword: Optional[str] = None
    star: int = 0


class Call(Expr):
    func: Expr
    args: list[Arg]
    super_self: bool = False
    """Whether this is ``super()`` without arguments."""


class Subscript(Expr):
    value: Expr
    index: Expr


class Slice(Expr):
    lower: Optional[Expr]
    upper: Optional[Expr]
    step: Optional[Expr]


class BinOp(Expr):
    op: str
    left: Expr
    right: Expr


class UnaryOp(Expr):
    op: str
    operand: Expr


class BoolOp(Expr):
    op: str
    left: Expr
    right: Expr


class Compare(Expr):
    left: Expr
    rest: list[tuple[str, Expr]]


class Sequence(Expr):
    """A tuple, list or set display."""

    kind: Literal["tuple", "list", "set"]
    items: list[Expr]


class Starred(Expr):
    value: Expr


class DictDisplay(Expr):
    items: list[tuple[Optional[Expr], Expr]]
    """Pairs; a key of None unpacks a mapping."""


class Lambda(Expr):
    params: list[Param]
    body: Expr


class IfExp(Expr):
    test: Expr
    body: Expr
    orelse: Expr


class Clause(Struct):
    """One ``for target in iter if …`` of a comprehension."""

    target: Expr
    iter: Expr
    ifs: list[Expr]


class Comprehension(Expr):
    kind: Literal["list", "set", "dict", "generator"]
    element: Expr
    value: Optional[Expr]
    clauses: list[Clause]


class FString(Expr):
    parts: list[Expr]


class FormattedValue(Expr):
    value: Expr
    conversion: str
    spec: str
    nested: list[Expr] = []
    """The parts of a format specification that holds expressions of its own."""


class Walrus(Expr):
    target: str
    value: Expr


class Yield(Expr):
    value: Optional[Expr]
    delegate: bool = False


class Unsupported(Expr):
    """Syntax that evaluation does not follow."""

    what: str


class Param(Struct):
    """One parameter of a function, with how it may be passed."""

    name: str
    kind: Literal["positional", "either", "keyword", "args", "kwargs"]
    default: Optional[Expr] = None
    annotation: Optional[Expr] = None


class ExprStmt(Stmt):
    value: Expr


class Assign(Stmt):
    targets: list[Expr]
    value: Expr


class AnnAssign(Stmt):
    target: Expr
    annotation: Expr
    value: Optional[Expr]


class AugAssign(Stmt):
    target: Expr
    op: str
    value: Expr


class Return(Stmt):
    value: Optional[Expr]


class Raise(Stmt):
    value: Optional[Expr]


class Assert(Stmt):
    test: Expr


class Delete(Stmt):
    targets: list[Expr]


class Jump(Stmt):
    kind: Literal["pass", "break", "continue"]


class Scope(Stmt):
    """``global`` and ``nonlocal``."""

    kind: Literal["global", "nonlocal"]
    names: list[str]


class Import(Stmt):
    names: list[tuple[str, Optional[str]]]


class ImportFrom(Stmt):
    module: str
    level: int
    names: list[tuple[str, Optional[str]]]
    """Imported names; a single ``("*", None)`` for a star import."""


def importing(statement: Stmt, name: str) -> Stmt:
    """An import without what does not bind ``name``; any other statement as it is."""
    if isinstance(statement, Import):
        bound = [(dotted, alias) for dotted, alias in statement.names if (alias or dotted.partition(".")[0]) == name]
        return Import(statement.pos, statement.end, bound)
    if isinstance(statement, ImportFrom):
        bound = [(own, alias) for own, alias in statement.names if (alias or own) == name]
        return ImportFrom(statement.pos, statement.end, statement.module, statement.level, bound)
    return statement


class If(Stmt):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


class For(Stmt):
    target: Expr
    iter: Expr
    body: list[Stmt]
    orelse: list[Stmt]


class While(Stmt):
    test: Expr
    body: list[Stmt]
    orelse: list[Stmt]


class With(Stmt):
    items: list[tuple[Expr, Optional[Expr]]]
    body: list[Stmt]


class Handler(Struct):
    type: Optional[Expr]
    name: Optional[str]
    body: list[Stmt]


class Try(Stmt):
    body: list[Stmt]
    handlers: list[Handler]
    orelse: list[Stmt]
    final: list[Stmt]


class FunctionDef(Stmt):
    name: str
    params: list[Param]
    body: list[Stmt]
    decorators: list[Expr]
    generator: bool = False


class ClassDef(Stmt):
    """A class. ``body`` is complete for a nested class; a top-level one is read member by member (see ``source``)."""

    name: str
    bases: list[Arg]
    decorators: list[Expr]
    body: list[Stmt]
