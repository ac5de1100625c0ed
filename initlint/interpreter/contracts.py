"""Contracts: what base classes and helpers of libraries come to, written as the short code that they could be.

A library that is not on the search path is its contract, as far as that goes. Where its source is there, the contract's functions and
the methods that its classes define themselves take the place of the library's own; the bases of those classes stand in for the rest of
the source, and are left out where that can be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import Class, Function, Wrapped
from initlint.paths import lookup
from initlint.source import ClassChunk

if TYPE_CHECKING:
    from initlint.interpreter.modules import Module

FOLDER = Path(__file__).parent.parent / "overlays" / "contracts"
LIBRARIES = frozenset(entry.name for entry in os.scandir(FOLDER) if entry.is_dir())
FOLLOWED = frozenset({"timm", "torch_geometric", "torch_scatter"})
"""Those whose source, where it is there, needs none."""
QUIET = frozenset({"huggingface_hub", "torch_geometric", "torch_scatter"})
"""Those that call no method of a model that draws anything."""
LATER = "__called_later__"
"""Names the method that the library calls on a model once it is built and before it is trained."""


def find(dotted: str, *, found: bool) -> Optional[Path]:
    """The contract of a module whose source was ``found``, where it has one to be read with."""
    library = dotted.partition(".")[0]
    if library not in LIBRARIES or (found and library in FOLLOWED):
        return None
    path = lookup.search(dotted, (FOLDER,))
    return Path(path) if path is not None else None


def belongs(cls: Class) -> bool:
    """Whether a class derives from one of a library with a contract, which may call its methods."""
    return any(base.module.partition(".")[0] in LIBRARIES - QUIET for base in cls.mro[1:])


def amend(module: Module, contract: Module, names: Iterable[str]) -> None:
    """Let the names that statements of ``module`` have bound be what the contract says."""
    for name in names:
        chunks = contract.source.bindings.get(name)
        if not chunks:
            continue
        theirs, ours = module.names.get(name), contract.get(name)
        if isinstance(theirs, Class) and isinstance(ours, Class) and isinstance(chunks[0], ClassChunk):
            _amend_class(theirs, ours, chunks[0])
            contract.names[name] = theirs
        else:
            module.names[name] = ours


def _amend_class(theirs: Class, ours: Class, chunk: ClassChunk) -> None:
    """Let a class have the methods that its contract defines."""
    read = theirs.members
    if read is None or ours.members is None:
        return
    promised = {name: _moved(ours.members(name), theirs) for member in chunk.members for name in member.names}
    theirs.members = lambda name: promised[name] if name in promised else read(name)


def _moved(value: Any, owner: Class) -> Any:
    """A member of one class as that of another, where ``super()`` looks behind it."""
    if isinstance(value, Function):
        return replace(value, owner=owner)
    return Wrapped(value.kind, _moved(value.function, owner)) if isinstance(value, Wrapped) else value
