"""Text too deeply nested to be parsed in reasonable time, told before it is tried."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence

from initlint.text.edits import SourceError
from initlint.text.syntax import parse_index

DEEPEST = 400
"""Levels of a syntax tree; LibCST's time grows with the square of the terms in a sum."""
LONG = 2 * DEEPEST
"""Characters that so many levels take at least: every operator has an operand."""
_DEEPENS = re.compile(r"[-+*/%@&|^.]")
_BLOCKS = ("body", "handlers", "orelse", "finalbody")


def longest(body: Sequence[ast.stmt | ast.excepthandler], offset: Callable[[int], int]) -> int:
    """Characters of the longest statement in ``body``, of a compound one those in front of its own body; ``offset`` tells where a line begins."""
    most = 0
    for node in body:
        start, end = node.lineno, node.end_lineno or node.lineno
        if hasattr(node, "body"):
            start, end = min([start, *(d.lineno for d in getattr(node, "decorator_list", ()))]), node.body[0].lineno
            most = max(most, *(longest(getattr(node, name, ()), offset) for name in _BLOCKS))
        most = max(most, offset(end + 1) - offset(start))
    return most


def too_deep(text: str) -> bool:
    """Whether ``text`` holds a sum of a thousand terms or the like; only text that could is looked at closely."""
    if len(text) < DEEPEST or len(_DEEPENS.findall(text)) < DEEPEST:
        return False
    try:
        level: list[ast.AST] = list(parse_index(text).body)
    except SourceError:
        return True
    depth = 0
    while level and depth <= DEEPEST:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return bool(level)
