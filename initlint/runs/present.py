"""The file system as one run finds it: every question is asked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.contexts.corpus import heads
from initlint.contexts.mentions import ProjectText, TooLarge
from initlint.paths.consulted import UNREADABLE
from initlint.paths.files import read
from initlint.paths.lookup import Places
from initlint.text.edits import SourceError, digest

if TYPE_CHECKING:
    from initlint.source import Looks, SourceFile


def roots_from(root: Path, places: Places) -> str:
    """An import root and the other folders that its project imports from, between null characters."""
    return "\0".join(map(str, (root, *places.project_roots(root))))


class Present:
    """What files hold and where modules lie now; of those ``known`` already, the digests."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.places = Places()
        self.texts = ProjectText()
        self._contents: dict[str, bytes | None] = {}
        self._digests = dict(known)
        self._heads: dict[str, list[tuple[str, list[str]]]] = {}
        self._sources: dict[str, SourceFile | None] = {}
        self._roots: dict[str, str] = {}
        self._folders: dict[str, tuple[Path, ...]] = {}
        self._projects: dict[str, list[str] | None] = {}
        self._lists: dict[int, list[str]] = {}

    def contents(self, path: str) -> bytes | None:
        """The bytes of a file; None where it cannot be read."""
        if path not in self._contents:
            try:
                self._contents[path] = read(path)
            except SourceError:
                self._contents[path] = None
        return self._contents[path]

    def digest(self, path: str) -> str:
        """The digest of a file."""
        if path not in self._digests:
            data = self.contents(path)
            self._digests[path] = UNREADABLE if data is None else digest(data)
        return self._digests[path]

    def looks(self, path: str, chunks: int) -> Looks | None:
        """What there is to see of ``chunks`` of a file; None where it is no Python now."""
        from initlint.source import SourceFile  # with LibCST, which is wanted anyway where a file has changed

        if path not in self._sources:
            try:
                self._sources[path] = SourceFile(path, self.contents(path) or b"")
            except SourceError:
                self._sources[path] = None
        source = self._sources[path]
        return None if source is None else source.seen(chunks)

    def heirs(self, path: str, base: str) -> list[str]:
        """The classes of a file that derive from ``base``."""
        if path not in self._heads:
            self._heads[path] = list(heads(self.contents(path) or b""))
        return [name for name, bases in self._heads[path] if base in bases]

    def roots(self, path: str) -> str:
        """The import root of a file and the other folders that its project imports from, between null characters."""
        folder = os.path.dirname(path)
        if folder not in self._roots:
            self._roots[folder] = roots_from(self.places.locate(Path(path))[0], self.places)
        return self._roots[folder]

    def module(self, roots: str, dotted: str) -> str | None:
        """The file that ``import dotted`` means where it is looked for in ``roots``, folders between null characters, first."""
        if roots not in self._folders:
            self._folders[roots] = tuple(map(Path, filter(None, roots.split("\0"))))
        found = self.places.search(dotted, self._folders[roots])
        return None if found is None else str(found)

    def project(self, path: str) -> list[str] | None:
        """The files of the project around a path, the same list for all paths in it; None where it has too many."""
        folder = os.path.dirname(path)
        if folder not in self._projects:
            try:
                files = self.texts.around(Path(path))
                self._projects[folder] = self._lists.setdefault(id(files), [str(file) for file in files])
            except TooLarge:
                self._projects[folder] = None
        return self._projects[folder]
