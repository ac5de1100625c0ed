"""Functions that build models: those that name what they construct, and those that only hand classes and lists to another one that does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from initlint.contexts.loose import unreached_lines
from initlint.contexts.programs import is_test
from initlint.interpreter.classes import find_member
from initlint.interpreter.values import Class, Function, Unknown
from initlint.standins import asked, required

if TYPE_CHECKING:
    from initlint.contexts.models import FileContexts

BUILDS = re.compile(r"\b(?<!\braise )(?!\w*(?:Error|Exception|Warning)\()[A-Z]\w*\(|\.apply\(")
HANDS_OVER = re.compile(r"[(,=]\s*[A-Z]\w*[a-z]\w*\s*[,)]|\breturn\s+_\w+\(")
"""A class among arguments, or a private builder."""
HELPER = re.compile(r"_|get_")
"""How names begin of functions that others call on the way to a model."""
GIVEN = {"model", "module", "m", "net", "layer", "x", "self", "input", "inputs", "state_dict", "modules", "backbone", "encoder"}
"""Names of parameters that hold what a function works on, not what it builds from."""
MOST_TRIES = 2
"""How many functions may be followed for nothing, one after the other."""


def builds_alone(function: Function) -> bool:
    """Whether a function can be expected to build a model by itself: it is not handed one."""
    names = [param.name for param in asked(function.node.params)]
    return len(names) <= 3 and not any(name in GIVEN or name.endswith("_module") for name in names)


def factories(contexts: FileContexts) -> Iterator[Function]:
    """Functions such as ``_resnet(BasicBlock, [2, 2, 2, 2])``, as long as they reach initializers of classes that could not be built by themselves."""
    tries, unreached = 0, None
    for chunk in contexts.module.source.chunks:
        if chunk.kind == "def" and not HELPER.match(chunk.name) and chunk.says(HANDS_OVER) and not chunk.says(BUILDS) and not is_test(chunk):
            unreached = _unreached(contexts) if unreached is None else unreached
            if not unreached or tries == MOST_TRIES:
                return
            function = contexts.module.reach(chunk.name)
            if isinstance(function, Function) and not asked(function.node.params):
                yield function
                before, unreached = unreached, _unreached(contexts)
                tries = tries + 1 if unreached == before else 0


def _unreached(contexts: FileContexts) -> dict[str, dict[str, set[int]]]:
    """By class and method, the lines with initializers that no model shows: of classes of which there is only a shell."""
    module, facts = contexts.module, contexts.facts
    found = ((chunk, unreached_lines(module, chunk, facts)) for chunk in module.source.classes())
    return {chunk.name: lines for chunk, lines in found if lines and _is_shell(contexts, module.reach(chunk.name), chunk.name)}


def _is_shell(contexts: FileContexts, cls: Any, name: str) -> bool:
    """Whether a class alone could not be built whole: it wants blocks, or lists of sizes."""
    if not isinstance(cls, Class):
        return False
    if name not in contexts.facts.built:
        return True
    init, _ = find_member(cls, "__init__")
    interp = contexts.analysis.interp
    return isinstance(init, Function) and any(isinstance(required(interp, param, init), Unknown) for param in asked(init.node.params[1:]))
