"""Attributes that code attaches to a layer and reads again: such names are no slips."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initlint.contexts.mentions import TooLarge
from initlint.text.initcalls import commented

if TYPE_CHECKING:
    from initlint.contexts.models import Analysis
    from initlint.graph import Mistake, ModelGraph
    from initlint.interpreter.modules import Module

WRITTEN = re.compile(r"(?:\.data)?\s*=(?!=)|\.(?:data\.)?\w+_\(|\.requires_grad\s*=(?!=)")
"""What stands behind an attribute that is written to and not read."""
OPTIONS = re.compile(r"(?:^|[^\w.])(?:self\.)?(?:self|cls|args?|opts?|options?|flags|cfg|config|conf|hparams|params|parser)$", re.IGNORECASE)
"""Before the dot of an attribute that no layer of torch has: of an object of the author's own class, or of options."""
BEFORE = 40
"""Characters before a dot that are looked at."""


def drop_read(analysis: Analysis, module: Module, graphs: list[ModelGraph]) -> None:
    """Forget the names that looked misspelt where the project reads them."""
    told = {mistake.detail["name"] for graph in graphs for mistake in graph.mistakes if mistake.kind == "misspelt-parameter"}
    read = {name for name in told if _is_read(analysis, module, name)}
    for graph in graphs if read else ():
        graph.mistakes = [mistake for mistake in graph.mistakes if not _is_one(mistake, read)]


def _is_one(mistake: Mistake, names: set[str]) -> bool:
    return mistake.kind == "misspelt-parameter" and mistake.detail["name"] in names


def _is_read(analysis: Analysis, module: Module, name: str) -> bool:
    """Whether a file of the project takes the attribute of something that may be a layer."""
    try:
        return any(reads(text, name) for _, text in analysis.texts.naming(module.path, name, module.project))
    except TooLarge:
        return True


def reads(text: str, name: str) -> bool:
    """Whether ``text`` takes an attribute ``name`` of something that may be a layer, or asks for it by its name."""
    if re.search(rf"attr\([^()\n]*,\s*[\"']{name}[\"']", text):
        return True
    uses = re.finditer(rf"\.{name}\b", text)
    return any(
        not WRITTEN.match(text, one.end()) and not commented(text, one.start()) and not OPTIONS.search(text[max(one.start() - BEFORE, 0) : one.start()])
        for one in uses
    )
