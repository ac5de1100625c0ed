"""Files that nobody runs, because another one beside them is generated from them: transformers writes ``modeling_x.py`` from ``modular_x.py``."""

from __future__ import annotations

from pathlib import Path

from initlint.paths import files
from initlint.paths.consulted import UNREADABLE, Consulted
from initlint.text.edits import SourceError, digest

TEMPLATE, GENERATED = "modular_", "modeling_"
"""How the names of both begin."""
HEAD = 2_000
"""Bytes at the beginning of a generated file in which it says what it was generated from."""


def is_template(path: Path, consulted: Consulted) -> bool:
    """Whether a file is the source of one beside it, which says so; what decides that is added to ``consulted``."""
    if not path.name.startswith(TEMPLATE):
        return False
    other = path.with_name(GENERATED + path.name.removeprefix(TEMPLATE))
    consulted.heads.add(other)
    try:
        data = files.read(str(other))
    except SourceError:
        consulted.files[other] = UNREADABLE
        return False
    consulted.files[other] = digest(data)
    return path.name.encode() in data[:HEAD]
