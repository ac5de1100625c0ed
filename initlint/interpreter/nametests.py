"""Tests of state-dict names that decide what is initialized: ``for name, p in net.named_parameters(): if "conv" in name: …``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from initlint import program as p
from initlint.interpreter.trees import statements, walk

NAMED = frozenset({"named_parameters", "named_modules", "named_children"})
DRAWS = re.compile(r"init|_$")
"""Functions that write, by their names."""


@dataclass(frozen=True, slots=True)
class NameTest:
    """A comparison of the name that a loop runs through with a literal, in front of calls that write."""

    node: p.Expr
    how: str
    """``in``, ``==``, ``endswith`` or ``startswith``."""
    literal: str
    variable: str

    def holds(self, name: str) -> bool:
        """Whether ``name`` passes."""
        if self.how == "in":
            return self.literal in name
        return name == self.literal if self.how == "==" else bool(getattr(name, self.how)(self.literal))


def name_tests(loop: p.For) -> list[NameTest]:
    """The tests in a loop over names that have to hold for something to be written."""
    target = loop.target.items[0] if isinstance(loop.target, p.Sequence) and loop.target.items else None
    if not isinstance(target, p.Name):
        return []
    found: list[NameTest] = []
    for statement in statements(loop.body):
        if isinstance(statement, p.If) and _writes(statement.body):
            found += _required(statement.test, target.id)
    return found


def _required(test: p.Expr, name: str) -> Iterator[NameTest]:
    """Tests of ``name`` without which ``test`` does not hold."""
    if isinstance(test, p.BoolOp) and test.op == "and":
        yield from _required(test.left, name)
        yield from _required(test.right, name)
    elif isinstance(test, p.Compare) and len(test.rest) == 1:
        op, right = test.rest[0]
        if op == "in" and _is_name(right, name) and isinstance(test.left, p.Const) and isinstance(test.left.value, str):
            yield NameTest(test, op, test.left.value, name)
        elif op == "==" and _is_name(test.left, name) and isinstance(right, p.Const) and isinstance(right.value, str):
            yield NameTest(test, op, right.value, name)
    elif isinstance(test, p.Call) and isinstance(test.func, p.Attr) and test.func.attr in ("endswith", "startswith") and _is_name(test.func.value, name):
        literal = test.args[0].value if len(test.args) == 1 else None
        if isinstance(literal, p.Const) and isinstance(literal.value, str):
            yield NameTest(test, test.func.attr, literal.value, name)


def _is_name(node: p.Expr, name: str) -> bool:
    return isinstance(node, p.Name) and node.id == name


def _writes(body: list[p.Stmt]) -> bool:
    called = (node.func for node in walk(body) if isinstance(node, p.Call))
    return any(DRAWS.search(func.attr if isinstance(func, p.Attr) else func.id if isinstance(func, p.Name) else "") for func in called)
