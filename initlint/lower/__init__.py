"""LibCST to program, in one pass.

Positions come without LibCST's metadata: the text is split once into words, strings and brackets by a regular
expression, and lowering, which visits leaves in source order, takes these tokens one by one as it goes.
"""

from __future__ import annotations

from initlint import program as p
from initlint.lower.nodes import parse
from initlint.lower.statements import Lowering


def lower_source(text: str, base: int = 0) -> list[p.Stmt]:
    """Parse ``text`` with LibCST and lower every statement; ``base`` is added to all offsets."""
    return Lowering(text, base).block(parse(text).body)
