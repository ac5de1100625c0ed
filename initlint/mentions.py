"""Where else in a project a name is written: plain text search over files that nobody asked to analyse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from initlint import files
from initlint.edits import SourceError, decode
from initlint.ignores import DEFAULT_EXCLUDE
from initlint.lookup import absolute, locate

if TYPE_CHECKING:
    from initlint.interpreter.modules import Project

MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What a project keeps in its top folder."""
LEVELS = 2
"""Folders above the import root that are looked into for one of these."""
MOST = 6_000
"""Projects of more files are not searched: whoever asks has to expect a mention."""
CLASS = re.compile(r"^class[ \t]+(\w+)", re.MULTILINE)
OTHER = re.compile(r"^(?:def|@|if|for|with|[A-Za-z_]\w*\s*=)", re.MULTILINE)
"""How statements of the top level start that are no class."""
SUBCLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)[ \t]*\(([^)]*)\)", re.MULTILINE)


class TooLarge(Exception):
    """The project has more files than are searched."""


class ProjectText:
    """The text of projects, listed and read once in a run, and only when a question needs it."""

    def __init__(self) -> None:
        self.listings: dict[Path, list[Path]] = {}
        self.contents: dict[Path, bytes] = {}
        self.families: dict[tuple[str, str], tuple[set[str], dict[tuple[Path, str], dict[Path, list[str]]]]] = {}
        """Classes that derive from one, by its name and the digest of the file that asks, with what was asked to know; those of one file at a time."""
        self.asking: Path | None = None

    def naming(self, path: Path, word: str, project: Project) -> Iterator[tuple[Path, str]]:
        """Every file of the project around ``path`` in which ``word`` occurs, with its text. Raises ``TooLarge``."""
        path = absolute(path)
        brought = project.consulted.words.setdefault((path, word), set())
        for file, text in self._holding(path, word, project):
            brought.add(file)
            yield file, text

    def deriving(self, path: Path, base: str, project: Project) -> Iterator[tuple[Path, str]]:
        """Every class statement of the project around ``path`` that names ``base`` among its bases: the file and the class. Raises ``TooLarge``."""
        path = absolute(path)
        heirs = project.consulted.heirs.setdefault((path, base), {})
        for file, text in self._holding(path, base, project):
            if found := heirs_in(text, base):
                heirs[file] = found
                yield from ((file, name) for name in found)

    def _holding(self, path: Path, word: str, project: Project) -> Iterator[tuple[Path, str]]:
        try:
            listed = self.around(path)
        except TooLarge:
            project.consulted.crowded.add(path)
            raise
        for file in listed if path in listed else (path, *listed):
            source = project.files.get(file)  # what is being analysed may not be what the disk holds
            text = source.text if source is not None else text_with(word, self.read(file))
            if word in text:
                yield file, text

    def subclasses(self, path: Path, name: str, project: Project) -> set[str]:
        """Names of the classes of the project that derive from ``name``, near and far."""
        path = absolute(path)
        if self.asking != path:
            self.families, self.asking = {}, path
        source = project.files.get(path)
        key = name, source.digest if source is not None else ""
        if key not in self.families:
            self.families[key] = self._subclasses(path, name, project)
        found, heirs = self.families[key]
        project.consulted.heirs.update(heirs)
        return found - {name}

    def _subclasses(self, path: Path, name: str, project: Project) -> tuple[set[str], dict[tuple[Path, str], dict[Path, list[str]]]]:
        found, todo, heirs = set[str](), [name], dict[tuple[Path, str], dict[Path, list[str]]]()
        while todo:
            base = todo.pop()
            new = {heir for _, heir in self.deriving(path, base, project)} - found
            found |= new
            todo += sorted(new)
            heirs[path, base] = project.consulted.heirs[path, base]
        return found, heirs

    def around(self, path: Path) -> list[Path]:
        """The files of the project around ``path``. Raises ``TooLarge``."""
        root, dotted = locate(path)
        folder = project_folder(root)
        if folder is None and ("." in dotted or path.name == "__init__.py"):
            folder = root / dotted.partition(".")[0]
        key = folder or path.parent
        if key not in self.listings:
            found = (Path(name) for name in files.discover([str(folder)], [])) if folder else _beside(path)
            self.listings[key] = list(islice(found, MOST + 1))
        if len(self.listings[key]) > MOST:
            raise TooLarge
        return self.listings[key]

    def read(self, file: Path) -> bytes:
        """The bytes of a file, empty where it cannot be read."""
        if file not in self.contents:
            try:
                self.contents[file] = files.read(str(file))
            except SourceError:
                self.contents[file] = b""
        return self.contents[file]


def text_with(word: str, data: bytes) -> str:
    """The text of a file that may hold ``word``; of any other, and of one that cannot be decoded, nothing."""
    try:
        return decode(data).text if not word.isascii() or word.encode() in data else ""
    except SourceError:
        return ""


def heirs_in(text: str, base: str) -> list[str]:
    """The classes of a file whose statements name ``base`` among the bases."""
    return [match[1] for match in SUBCLASS.finditer(text) if base in re.findall(r"\w+", match[2])]


def project_folder(root: Path) -> Path | None:
    """The top folder of the project that an import root belongs to, if it can be told."""
    for folder in (root, *root.parents[:LEVELS]):
        if f"{folder.name}/" in DEFAULT_EXCLUDE:
            return None
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
    return None


def _beside(path: Path) -> Iterator[Path]:
    """Files next to a script and one folder above it."""
    for folder in (path.parent, path.parent.parent):
        yield from sorted(folder.glob("*.py"))


@dataclass(frozen=True)
class Unit:
    """The class, or the file, that a place belongs to."""

    class_name: str
    text: str


def unit(text: str, offset: int) -> Unit:
    """The top-level class around ``offset``, or the file where there is none."""
    last = None
    for match in CLASS.finditer(text, 0, offset):
        last = match
    if last is None or OTHER.search(text, last.end(), offset):
        return Unit("", text)
    after = re.compile(r"^[^\s#)]", re.MULTILINE).search(text, last.end())
    return Unit(last[1], text[last.start() : after.start() if after else len(text)])
