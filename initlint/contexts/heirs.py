"""Classes of other files that derive from one of this file: what a routine draws that they inherit shows only in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from initlint.contexts.loose import FileFacts, unreached_lines
from initlint.contexts.mentions import TooLarge
from initlint.contexts.templates import is_template
from initlint.interpreter.values import Class
from initlint.standins import instantiate
from initlint.text.edits import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from initlint.contexts.models import Analysis
    from initlint.interpreter.modules import Module

MOST = 3
"""Heirs of one class that are built."""


def heirs(analysis: Analysis, module: Module, facts: FileFacts) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Constructions of classes that derive from one whose initializers no model of the file reached, with what to call each."""
    interp = analysis.interp
    for chunk, cls in module.classes():
        if not isinstance(cls, Class) or not unreached_lines(module, chunk, facts):
            continue
        try:
            found = list(islice(_derived(analysis, module, chunk.name), MOST))
        except TooLarge:
            return
        for path, name in found:
            try:
                other = interp.project.open(path)
                heir = other.reach(name)
            except (SourceError, OSError):
                continue
            if isinstance(heir, Class) and cls in heir.mro:
                yield name, partial(instantiate, interp, heir, other.frame)


def _derived(analysis: Analysis, module: Module, base: str) -> Iterator[tuple[Path, str]]:
    """Files and names of classes of the project whose statement names ``base`` among the bases."""
    for path, name in analysis.texts.deriving(module.path, base, module.project):
        if path != module.path and not is_template(path, analysis.consulted):
            yield path, name
