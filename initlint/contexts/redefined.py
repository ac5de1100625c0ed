"""Init routines that are defined twice under one name: of the first, nothing is left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from initlint import program as p
from initlint.contexts.routines import PLAIN, decorated, initializes, is_module, name_site
from initlint.graph import Mistake
from initlint.source import Chunk, ClassChunk
from initlint.text.initcalls import commented

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

BLANK = re.compile(r"#[^\n]*|\s+")
"""What two functions may differ in that do the same; a hash in a string only hides a difference."""


def redefined(module: Module) -> Iterator[Mistake]:
    """Routines of the file, and of its modules, behind which another one takes the name."""
    if "torch" not in module.source.text:
        return
    yield from _lost(module.source.chunks, "")
    for chunk in module.source.classes():
        lost = list(_lost(chunk.members, chunk.name))
        if lost and is_module(module, chunk.name):
            yield from lost


def _lost(chunks: Sequence[Chunk], owner: str) -> Iterator[Mistake]:
    by_name: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        if chunk.kind == "def" and not isinstance(chunk, ClassChunk):
            by_name.setdefault(chunk.name, []).append(chunk)
    for name, found in by_name.items():
        for first, second in pairwise(found):
            if initializes(first) and initializes(second) and _is_plain(first) and _is_plain(second) and not _same(first, second) and not _used(first, second):
                said = f"{owner}.{name}" if owner else name
                text = f"`{said}` is defined again at line {second.line}: of this one nothing is left, and what it would set is never set"
                yield Mistake(kind="lost-routine", site=name_site(first), text=text, detail={"name": said, "again": name_site(second)})


def _is_plain(chunk: Chunk) -> bool:
    """Whether a function has no decorator that may keep it, or make it the declaration of another."""
    defined = chunk.statements[-1]
    return isinstance(defined, p.FunctionDef) and all(decorated(one) in PLAIN for one in defined.decorators)


def _same(first: Chunk, second: Chunk) -> bool:
    return BLANK.sub("", first.text) == BLANK.sub("", second.text)


def _used(first: Chunk, second: Chunk) -> bool:
    """Whether anything between two definitions says their name, and may take the first."""
    text = first.source.text
    uses = re.compile(rf"(?<![\w.]){first.name}\b").finditer(text, first.end, second.start)
    return any(not commented(text, use.start()) for use in uses)
