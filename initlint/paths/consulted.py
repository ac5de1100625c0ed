"""What the result of one file rests on besides the file itself: modules looked for, files read, words searched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from initlint.source import Looks

UNREADABLE = ""
"""The digest of a file that could not be read."""


@dataclass(eq=False)
class Consulted:
    """Everything that the analysis of one file asked of the file system, with the answers."""

    roots: dict[Path, Path] = field(default_factory=dict)
    """Files that were opened by path, and the import roots they were found to have."""
    modules: dict[tuple[tuple[Path, ...], str], Path | None] = field(default_factory=dict)
    """Folders in which a dotted name was looked for, with that name, and the files found; None where there was none."""
    files: dict[Path, str] = field(default_factory=dict)
    """Digests of the files that were evaluated."""
    looks: dict[Path, Looks] = field(default_factory=dict)
    """What was seen of them, where that was not the text as a whole."""
    heads: set[Path] = field(default_factory=set)
    """Files of which comments were read."""
    words: dict[tuple[Path, str], set[Path]] = field(default_factory=dict)
    """The files that a search for a word in the project around a path brought up, as far as it was followed."""
    heirs: dict[tuple[Path, str], dict[Path, list[str]]] = field(default_factory=dict)
    """The classes of the project around a path that derive from a name, by file, as far as they were followed."""
    crowded: set[Path] = field(default_factory=set)
    """Paths whose projects have too many files to be searched."""

    @property
    def searched(self) -> set[Path]:
        """Paths whose projects were searched, for words or classes."""
        return {place for place, _ in (*self.words, *self.heirs)} - self.crowded
