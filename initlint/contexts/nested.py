"""Classes that do not stand at the top level of their file: in the body of a class, under a condition, in a function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.contexts.covered import MAKES
from initlint.contexts.loose import arguments, function_of
from initlint.contexts.programs import is_test
from initlint.interpreter.calls import follow_function
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import ABSENT, Class, Function, TargetRaise, Unknown
from initlint.source import Chunk, ClassChunk
from initlint.standins import instantiate

if TYPE_CHECKING:
    from initlint.contexts.models import FileContexts

HEAD = re.compile(r"^[ \t]+class[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
MOST = 24
"""Classes of one file that are looked at in functions."""


def inner(contexts: FileContexts) -> Iterator[tuple[Chunk, Class]]:
    """Classes in the bodies of classes, and those that the file makes under a condition."""
    module = contexts.module
    for chunk in reversed(module.source.chunks):
        if isinstance(chunk, ClassChunk):
            members = [member for member in chunk.members if member.kind == "class"]
            outer = module.reach(chunk.name) if members else ABSENT
            values = [(member, find_member(outer, member.name)[0]) for member in members if isinstance(outer, Class)]
        elif chunk.kind == "other" and chunk.names and chunk.says(HEAD):
            defined = [match[1] for match in HEAD.finditer(module.source.text, chunk.start, chunk.end)]
            values = [(chunk, module.reach(name)) for name in defined if name in chunk.names]
        else:
            continue
        yield from ((place, value) for place, value in values if isinstance(value, Class) and value.spec is None)


def local(contexts: FileContexts) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Classes in functions that no model of the file shows, built behind a run of the function on nothing known."""
    module, facts, found = contexts.module, contexts.facts, 0
    for chunk, owner in module.source.parts():
        if chunk.kind != "def" or is_test(chunk) or not chunk.says(HEAD):
            continue
        text, index = module.source.text, module.source.index
        made = {index.position(match.start())[0] for match in MAKES.finditer(text, chunk.start, chunk.end)} | facts.lines_of(module, chunk)
        if not made - facts.shown:
            continue
        function, _ = function_of(module, chunk, owner)
        if function is None:
            continue
        names = [match[1] for match in HEAD.finditer(text, chunk.start, chunk.end)]
        for name in names[: max(0, MOST - found)]:
            yield name, partial(_built, contexts, function, name)
        found += len(names)


def _built(contexts: FileContexts, function: Function, name: str) -> Any:
    """An object of the class that a function defines under a name."""
    interp, frame = contexts.analysis.interp, contexts.module.frame
    args, kwargs = arguments(function)
    made: list[Class] = []
    interp.made = made
    try:
        follow_function(interp, function, args, kwargs, frame, p.Const(0, 0, None))  # run anew, whatever is remembered of it
    except TargetRaise:
        pass  # what comes behind the class may ask for more
    finally:
        interp.made = None
    cls = next((one for one in made if one.name == name), None)
    return instantiate(interp, cls, frame) if cls is not None else Unknown(f"the class {name}, which was not reached")
