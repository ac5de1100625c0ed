"""Walks over lowered code that is looked at as it stands, not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from initlint import program as p


def statements(body: list[p.Stmt]) -> Iterator[p.Stmt]:
    """Every statement of a block and of the blocks inside, those of nested functions and classes left out."""
    for statement in body:
        yield statement
        if not isinstance(statement, (p.FunctionDef, p.ClassDef)):
            for field in statement.__struct_fields__:
                inner = getattr(statement, field)
                if isinstance(inner, list) and inner and isinstance(inner[0], p.Stmt):
                    yield from statements(inner)
            for handler in statement.handlers if isinstance(statement, p.Try) else ():
                yield from statements(handler.body)


def walk(tree: Any) -> Iterator[Any]:
    """Every node of a tree, or of a list of them."""
    if isinstance(tree, Struct):
        yield tree
        for field in tree.__struct_fields__:
            yield from walk(getattr(tree, field))
    elif isinstance(tree, (list, tuple)):
        for one in tree:
            yield from walk(one)
