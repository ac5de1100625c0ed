"""What the text around a call says: the ``isinstance`` test it stands under and the function it belongs to."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from initlint.findings import Site

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Context:
    """Where a line of code stands."""

    guard: Site | None
    """The test of the innermost ``isinstance`` around it, within the same function."""
    variable: str
    """The name that test is about."""
    routine: str
    """The function, with the classes and functions around it: ``Net._init_weights``."""


def context(path: str, line: int, shown: str) -> Context:
    """What stands around ``line`` of the file at ``path``, which reports call ``shown``."""
    tree = _parse(path)
    guard: Site | None = None
    variable, names = "", []
    for node in _around(tree, line) if tree is not None else ():
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            names.append(getattr(node, "name", "<lambda>"))
        if isinstance(node, FUNCTIONS):
            guard, variable = None, ""
        if isinstance(node, ast.If) and any(inner.lineno <= line <= (inner.end_lineno or inner.lineno) for inner in node.body):
            name = tested(node.test)
            if name:
                guard, variable = span(shown, path, node.test), name
    return Context(guard, variable, ".".join(names))


def tested(test: ast.expr) -> str:
    """``m`` of ``isinstance(m, …)``, also inside ``and`` and ``or``."""
    if isinstance(test, ast.BoolOp):
        return next((name for value in test.values if (name := tested(value))), "")
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "isinstance" and test.args:
        return test.args[0].id if isinstance(test.args[0], ast.Name) else ""
    return ""


def span(shown: str, path: str, node: ast.expr) -> Site:
    """The source span of a node."""
    end_line, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return Site(shown, node.lineno, column(path, node.lineno, node.col_offset), end_line, column(path, end_line, end))


def column(path: str, line: int, offset: int) -> int:
    """A 1-based column in characters from an offset in UTF-8 bytes."""
    text = linecache.getline(path, line)
    return offset + 1 if text.isascii() else len(text.encode()[:offset].decode(errors="ignore")) + 1


def _around(tree: ast.AST, line: int) -> Iterator[ast.AST]:
    """The nodes that span ``line``, from the outermost in."""
    node: ast.AST | None = tree
    while node is not None:
        yield node
        node = next((child for child in _children(node) if child.lineno <= line <= (child.end_lineno or child.lineno)), None)


def _children(node: ast.AST) -> Iterator[ast.stmt | ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.expr)):
            yield child
        else:
            yield from _children(child)


@lru_cache(maxsize=256)
def _parse(path: str) -> ast.Module | None:
    try:
        return ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return None
