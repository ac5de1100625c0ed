"""Constructors whose name is misspelled: ``def __int__(self, width)``, which no ``Net(width)`` runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.adapters.torch.building import MODULE
from initlint.contexts.routines import name_site
from initlint.graph import Mistake
from initlint.interpreter.values import Class, OutOfBudget, TargetRaise

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

SLIP = re.compile(r"__(?:int|ini|inti|intit|inint|nit)__|__init_?|_?init__")
"""What hands slip to when they mean ``__init__``."""
SETS_UP = re.compile(r"\bsuper\([^()]*\)\.__init__\(|\b\w+\.__init__\(\s*self\b")
"""What only a constructor does."""


def misspelled_constructors(module: Module) -> Iterator[Mistake]:
    """Methods of modules that set up the base class, and that are nobody's constructor by a slip of the name."""
    text = module.source.text
    for chunk in module.source.classes():
        for one in chunk.members:
            if one.kind != "def" or not SLIP.fullmatch(one.name) or not SETS_UP.search(text, one.start, one.end):
                continue
            if any(other.name == "__init__" for other in chunk.members) or f".{one.name}(" in text[chunk.start : chunk.end]:
                continue
            if not _is_module(module, chunk.name):
                continue
            said = f"`{chunk.name}.{one.name}` is no constructor and nothing calls it: `{chunk.name}(…)` runs the `__init__` of its base class"
            yield Mistake(kind="misspelled-constructor", site=name_site(one), text=said, detail={"name": one.name, "class_name": chunk.name})


def _is_module(module: Module, name: str) -> bool:
    try:
        cls = module.get(name)
    except (TargetRaise, OutOfBudget):
        return False
    return isinstance(cls, Class) and any(one.name == MODULE for one in cls.mro)
