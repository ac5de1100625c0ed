"""What the result of one file rests on besides the file itself: modules looked for, files read, words searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

UNREADABLE = ""
"""The digest of a file that could not be read."""


@dataclass(eq=False)
class Consulted:
    """Everything that the analysis of one file asked of the file system, with the answers."""

    modules: dict[str, Path | None] = field(default_factory=dict)
    """Dotted names that were looked for, and the files found; None where there was none."""
    files: dict[Path, str] = field(default_factory=dict)
    """Digests of the files that were evaluated."""
    words: dict[tuple[Path, str], set[Path]] = field(default_factory=dict)
    """The files that a search for a word in the project around a path brought up, as far as it was followed."""
    crowded: set[Path] = field(default_factory=set)
    """Paths whose projects have too many files to be searched."""
