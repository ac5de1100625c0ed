"""LibCST's tree with nodes that cost little to make.

For every node its native parser calls ``libcst.Name(value=…)`` and the like: a frozen dataclass, which sets one field after the
other and then asks itself whether it is valid. Lowering only reads, and what the parser makes of a text is valid. So while a text
is parsed, the names that the parser looks up stand for plain namespaces of the same names, fields and bases, and white space, half
of all nodes, for a dictionary, which nobody looks into. Should a version of LibCST find its classes in another way, its own nodes are read.

The names of this module are those of LibCST's nodes.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import libcst
from libcst.native import parse_module  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from libcst import *  # noqa: F403

INDENTED = re.compile(r"^ *\t[ \t]*", re.MULTILINE)
"""White space with a tab at the start of a line."""
WHITE_SPACE = ("SimpleWhitespace", "ParenthesizedWhitespace", "TrailingWhitespace", "EmptyLine", "Newline", "Comment")


def _defaults(kind: type) -> dict[str, Any]:
    """What the parser leaves out where it is not there, with what it is then; what it never leaves out has no plain default."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}


def _light(kinds: dict[str, type]) -> dict[str, type]:
    """For each kind of node a namespace that has the same name, bases and defaults."""
    made: dict[type, type] = {}

    def of(kind: type) -> type:
        if kind not in made:
            bases = tuple(of(base) for base in kind.__bases__ if issubclass(base, libcst.CSTNode))
            made[kind] = type(kind.__name__, bases or (SimpleNamespace,), {"__slots__": (), **_defaults(kind)})
        return made[kind]

    return {name: of(kind) for name, kind in kinds.items()}


USUAL: dict[str, type] = {name: kind for name, kind in vars(libcst).items() if isinstance(kind, type) and issubclass(kind, libcst.CSTNode)}
LIGHT = _light(USUAL)
MADE = {**LIGHT, **dict.fromkeys(WHITE_SPACE, dict)}
"""What the parser makes."""
LOCK = threading.Lock()
"""For one text at a time: the names are those of the process."""


def parse(text: str) -> Module:  # noqa: F405
    """The tree of a text. Raises ``libcst.ParserSyntaxError``.

    LibCST wants each indentation to begin as the one around it does; Python reads tabs and spaces in any order that means the same with tabs
    of one column. So a text that is not understood is read once more with spaces for such tabs, which moves nothing.
    """
    names = vars(libcst)
    with LOCK:
        names.update(MADE)
        try:
            try:
                return parse_module(text)  # type: ignore[no-any-return]
            except libcst.ParserSyntaxError:
                plain = INDENTED.sub(lambda match: match[0].replace("\t", " "), text)
                if plain == text:
                    raise
                return parse_module(plain)  # type: ignore[no-any-return]
        finally:
            names.update(USUAL)


if type(parse("a").body[0]) is not LIGHT["SimpleStatementLine"]:
    LIGHT = MADE = USUAL
globals().update(LIGHT)
