"""Init routines that ask for layers of which there are none where they are applied: ``conv.apply(f)``, where ``f`` fills linear layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from initlint.contexts.loose import FileFacts, function_of
from initlint.contexts.mentions import TooLarge
from initlint.contexts.routines import initializes, name_site
from initlint.contexts.samples import ASKED, NAMES
from initlint.graph import Mistake
from initlint.source import Chunk
from initlint.text.initcalls import commented

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module


def unmatched(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[Mistake]:
    """Routines that never came to an initializer in this file, and were applied to nothing but layers of other kinds."""
    yield from _own(analysis, module, facts)
    yield from _imported(module, facts)


def _own(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[Mistake]:
    """Those of the file itself."""
    for chunk, owner in module.source.parts():
        lines = facts.lines_of(module, chunk) if chunk.kind == "def" and initializes(chunk) else set()
        if not lines or lines & facts.lines:
            continue
        function, _ = function_of(module, chunk, owner)
        asked = _asked(module.source.text[chunk.start : chunk.end])
        if function is None or id(function.node) not in analysis.interp.entered or not asked:
            continue
        held = _held(module, chunk, facts)
        if held and not held & asked and (owner or not _is_imported(analysis, module, chunk.name)):
            said = f"{owner}.{chunk.name}" if owner else chunk.name
            yield Mistake(kind="unmatched-routine", site=name_site(chunk), text=_text(said, asked, held), detail={"asked": sorted(asked), "held": sorted(held)})


def _imported(module: Module, facts: FileFacts) -> Iterator[Mistake]:
    """Functions of other files, where this one applies them and names none of the layers that they ask for."""
    for site, met in facts.idle.items():
        function = met[0].function
        home = function.scope.module
        if home is module or home.promised or any(one.function.node is not function.node for one in met):
            continue
        asked = _asked(_around(home, function.node.pos))
        held = frozenset(chain.from_iterable(one.kinds for one in met)) if all(one.kinds for one in met) else frozenset()
        if not asked or not held or held & asked:
            continue
        if asked.isdisjoint(NAMES.findall(_around(module, module.source.index.offset(site.line, site.column)))):
            yield Mistake(kind="unmatched-routine", site=site, text=_text(function.name, asked, held), detail={"asked": sorted(asked), "held": sorted(held)})


def _around(module: Module, offset: int) -> str:
    """The text of the function or class that stands at ``offset``."""
    return next((module.source.text[one.start : one.end] for one in module.source.chunks if one.start <= offset < one.end), "")


def _asked(text: str) -> set[str]:
    """The kinds of layers that the tests of types in a routine name."""
    return set(NAMES.findall(" ".join(ASKED.findall(text))))


def _text(name: str, asked: set[str], held: set[str] | frozenset[str]) -> str:
    return f"`{name}` asks for {', '.join(sorted(asked))}, and is applied to {', '.join(sorted(held))} alone: nothing is set"


def _is_imported(analysis: Analysis, module: Module, name: str) -> bool:
    """Whether another file may apply a function of this one to other layers."""
    imports = re.compile(rf"\bfrom[ \t]+[\w.]*\b{re.escape(module.name.rpartition('.')[2])}[ \t]+import\b(?:[^\n(]*|[ \t]*\([^)]*)\b{re.escape(name)}\b")
    try:
        return any(imports.search(text) for _, text in analysis.texts.naming(module.path, name, module.project))
    except TooLarge:
        return True


def _held(module: Module, chunk: Chunk, facts: FileFacts) -> set[str]:
    """The kinds of layers with a matrix that a routine is applied to; none where it may be applied to others."""
    text, index = module.source.text, module.source.index
    matches = re.compile(rf"\.apply\(\s*(?:self\.)?{re.escape(chunk.name)}\s*\)").finditer(text)
    lines = {index.position(match.start())[0] for match in matches if not commented(text, match.start())}
    met = [[one.kinds for site, idle in facts.idle.items() if site.line == line for one in idle] for line in lines]
    return set().union(*chain.from_iterable(met)) if all(kinds and all(kinds) for kinds in met) else set()
