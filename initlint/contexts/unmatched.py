"""Init routines that ask for layers of which there are none where they are applied: ``conv.apply(f)``, where ``f`` fills linear layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    """Routines of the file that ran, never came to an initializer, and were applied to nothing but layers of other kinds."""
    for chunk, owner in module.source.parts():
        lines = facts.lines_of(module, chunk) if chunk.kind == "def" and initializes(chunk) else set()
        if not lines or lines & facts.lines:
            continue
        function, _ = function_of(module, chunk, owner)
        asked = set(NAMES.findall(" ".join(ASKED.findall(module.source.text[chunk.start : chunk.end]))))
        if function is None or id(function.node) not in analysis.interp.entered or not asked:
            continue
        held = _held(module, chunk, facts)
        if held and not held & asked and (owner or not _is_imported(analysis, module, chunk.name)):
            said, kinds = f"{owner}.{chunk.name}" if owner else chunk.name, ", ".join(sorted(held))
            text = f"`{said}` asks for {', '.join(sorted(asked))}, and is applied to {kinds} alone: nothing is set"
            yield Mistake(kind="unmatched-routine", site=name_site(chunk), text=text, detail={"asked": sorted(asked), "held": sorted(held)})


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
    met = [kinds for line in lines for kinds in facts.idle.get(line, [frozenset[str]()])]
    return set().union(*met) if all(met) else set()
