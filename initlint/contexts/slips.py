"""Slips that no model shows: constructors whose name is misspelled (``def __int__(self, width)``), and files that set the seed when they are imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from initlint.contexts.bounds import scaled_bounds, unequal_bounds
from initlint.contexts.exclusions import excluded_tests
from initlint.contexts.redefined import redefined
from initlint.contexts.routines import is_module, name_site
from initlint.contexts.spelled import misspelled
from initlint.contexts.twins import twins
from initlint.graph import Mistake

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

SLIP = re.compile(r"__(?:int|ini|inti|intit|inint|nit)__|__init_?|_?init__")
"""What hands slip to when they mean ``__init__``."""
SETS_UP = re.compile(r"\bsuper\([^()]*\)\.__init__\(|\b\w+\.__init__\(\s*self\b")
"""What only a constructor does."""
SEEDS = re.compile(
    r"^(?:torch(?:\.random)?\.manual_seed|torch\.cuda\.manual_seed(?:_all)?|tf\.(?:random\.)?set_(?:random_)?seed|(?:\w+\.)?seed_everything)\(\s*\d",
    re.MULTILINE,
)
"""A statement of a file, outside of everything, that sets the generator from which models are drawn."""
TESTS = re.compile(r"(?:^|\.)(?:tests?|examples?|scripts?)\.|(?:^|\.)(?:test_\w+|\w+_test|conftest)$")
"""Modules that are run and not imported, though they lie in a package."""


def slips(module: Module) -> Iterator[Mistake]:
    """All that a file says otherwise than it is meant, whatever models it builds."""
    yield from _misspelled_constructors(module)
    yield from _seeds_on_import(module)
    yield from misspelled(module)
    yield from scaled_bounds(module)
    yield from unequal_bounds(module)
    yield from excluded_tests(module)
    yield from redefined(module)
    yield from twins(module)


def _misspelled_constructors(module: Module) -> Iterator[Mistake]:
    """Methods of modules that set up the base class, and that are nobody's constructor by a slip of the name."""
    text = module.source.text
    for chunk in module.source.classes():
        for one in chunk.members:
            if one.kind != "def" or not SLIP.fullmatch(one.name) or not SETS_UP.search(text, one.start, one.end):
                continue
            if any(other.name == "__init__" for other in chunk.members) or f".{one.name}(" in text[chunk.start : chunk.end]:
                continue
            if not is_module(module, chunk.name):
                continue
            said = f"`{chunk.name}.{one.name}` is no constructor and nothing calls it: `{chunk.name}(…)` runs the `__init__` of its base class"
            yield Mistake(kind="misspelled-constructor", site=name_site(one), text=said, detail={"name": one.name, "class_name": chunk.name})


def _seeds_on_import(module: Module) -> Iterator[Mistake]:
    """Statements of a package's file with models in it that set the global seed whenever somebody imports it."""
    source = module.source
    if "seed" not in source.text or "." not in module.name or TESTS.search(module.name):
        return
    found = next((match for match in SEEDS.finditer(source.text) if any(one.start == match.start() for one in source.chunks)), None)
    if found is not None and any(is_module(module, chunk.name) for chunk in source.classes()):
        site = source.index.site(source.path, found.start(), source.text.index("(", found.start()))
        yield Mistake(
            kind="seed-on-import", site=site, text="importing this file sets the global seed: whatever a program had set, all that is drawn later repeats"
        )
