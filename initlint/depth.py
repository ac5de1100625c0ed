"""Text too deeply nested to be parsed in reasonable time, told before it is tried."""

from __future__ import annotations

import ast
import re
import warnings

DEEPEST = 400
"""Levels of a syntax tree; LibCST's time grows with the square of the terms in a sum."""
_DEEPENS = re.compile(r"[-+*/%@&|^.]")


def too_deep(text: str) -> bool:
    """Whether ``text`` holds a sum of a thousand terms or the like; only text that could is looked at closely."""
    if len(text) < DEEPEST or len(_DEEPENS.findall(text)) < DEEPEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            level: list[ast.AST] = list(ast.parse(text).body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return True
    depth = 0
    while level and depth <= DEEPEST:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        depth += 1
    return bool(level)
