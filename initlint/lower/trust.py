"""LibCST without the checks that its own parser's work cannot fail.

Every node of LibCST asks itself at birth whether it is valid, which is meant for those that a program makes by hand. What
the parser makes of a text is; asking is a seventh of parsing, for which LibCST has no switch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst


@contextmanager
def unchecked() -> Iterator[None]:
    """No node checks itself: only for code that parses and reads, and makes no nodes."""
    usual = cst.CSTNode.__post_init__
    cst.CSTNode.__post_init__ = _accept  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = usual  # type: ignore[method-assign]


def _accept(node: cst.CSTNode) -> None:
    """Any node will do."""
