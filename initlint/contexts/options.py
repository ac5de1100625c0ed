"""Options in the text of code: what it compares with strings (``if init == "kaiming"``), and what it looks up in tables (``{"he": …}[init]``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

COMPARED = re.compile(r"""\b_?(\w+)\s*==\s*(?:"([\w\- ]+)"|'([\w\- ]+)')""")
TABLE = re.compile(r"""\{(\s*["'][\w\- ]+["']\s*:[^{}]*)\}(?:\s*(?:\.get\(|\[)\s*(?:self\.)?_?(\w+))?""")
"""A dictionary whose keys are strings, and what it is looked into for where it stands."""
NAMED = re.compile(r"\b(\w+)[ \t]*(?::[^=\n{}]*)?=[ \t]*$")
"""The name that it is given, with what comes before it on its line."""
CONSTANT = re.compile(r"zero|ones?$|const|eye|ident|dirac|none", re.IGNORECASE)
"""Options that say which values they mean."""
DRAWS = re.compile(r"\binit\s*\.\s*\w+|\b(?:(?:xavier|kaiming|trunc)_)?(?:uniform|normal|orthogonal|constant|ones|zeros)_\b")
"""Names of initializers."""
KEY = re.compile(r"""(?:^|,|\n)\s*["']([\w\- ]+)["']\s*:""")


def compared(text: str) -> Iterator[tuple[str, str]]:
    """Names that ``text`` compares with strings, each with the string."""
    for match in COMPARED.finditer(text):
        yield match[1], match[2] or match[3]


def tables_of(module: Module) -> dict[str, str]:
    """What the dictionaries of the file hold that stand under a name on its top level, and whose keys are strings."""
    text = module.source.text
    chunks = (chunk for chunk in module.source.chunks if chunk.kind == "other")
    return {name: held for chunk in chunks for name, held, _ in _dictionaries(text[chunk.start : chunk.end]) if name}


def _dictionaries(text: str) -> Iterator[tuple[str, str, str]]:
    """Dictionaries whose keys are strings: the name, what they hold, and what is looked up in them where they stand."""
    for table in TABLE.finditer(text):
        named = NAMED.search(text[text.rfind("\n", 0, table.start()) + 1 : table.start()])
        yield named[1] if named is not None else "", table[1], table[2] or ""


def looked_up(text: str, tables: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
    """Options that ``text`` looks up in a dictionary of its own or of the file, each with every key of it, and whether it holds initializers."""
    own = list(_dictionaries(text))
    uses = [(option, held) for _, held, option in own if option]
    for name, held in {**tables, **{name: held for name, held, _ in own if name}}.items():
        use = re.compile(rf"\b{name}\s*(?:\.get\(|\[)\s*(?:self\.)?_?(\w+)").search(text)
        uses += [(use[1], held)] if use is not None else []
    for option, held in uses:
        draws = DRAWS.search(held) is not None
        yield from ((option, key, draws) for key in KEY.findall(held))
