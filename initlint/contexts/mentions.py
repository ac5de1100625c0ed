"""Where else in a project a name is written: plain text search over files that nobody asked to analyse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from initlint.contexts.corpus import Corpus, heads
from initlint.paths import files
from initlint.paths.lookup import LEVELS, absolute, locate, project_folder

if TYPE_CHECKING:
    from initlint.interpreter.modules import Project

MOST = 6_000
"""Projects of more files are not searched: whoever asks has to expect a mention."""
MOST_READ = 4
"""Projects whose words are kept at a time."""
CLASS = re.compile(r"^class[ \t]+(\w+)", re.MULTILINE)
INDENTED = re.compile(r"^([ \t]+)class[ \t]+(\w+)", re.MULTILINE)
OTHER = re.compile(r"^(?:def|@|if|for|with|[A-Za-z_]\w*\s*=)", re.MULTILINE)
"""How statements of the top level start that are no class."""


class TooLarge(Exception):
    """The project has more files than are searched."""


class ProjectText:
    """The projects around the files of a run: listed and read once, and only when a question needs it."""

    def __init__(self) -> None:
        self.listings: dict[Path, list[Path]] = {}
        self.corpora: dict[int, Corpus] = {}
        """Of the listings searched last, by their identity."""
        self.families: dict[tuple[str, str], tuple[set[str], dict[tuple[Path, str], dict[Path, list[str]]]]] = {}
        """Classes that derive from one, by its name and the digest of the file that asks, with what was asked to know; those of one file at a time."""
        self.asking: Path | None = None

    def naming(self, path: Path, word: str, project: Project) -> Iterator[tuple[Path, str]]:
        """Every file of the project around ``path`` in which ``word`` occurs, with its text. Raises ``TooLarge``."""
        path = absolute(path)
        brought = project.consulted.words.setdefault((path, word), set())
        corpus = self._searched(path, project)
        held = _held(corpus, path, project)
        numbers = {*corpus.holding(word), *(corpus.numbers[file] for file in held if file in corpus.numbers)}
        for file in (*(() if path in corpus.numbers else (path,)), *(corpus.files[number] for number in sorted(numbers))):
            source = project.files.get(file)
            text = held[file] if file in held else source.text if source is not None else corpus.text(corpus.numbers[file])
            if word in text:
                brought.add(file)
                yield file, text

    def deriving(self, path: Path, base: str, project: Project) -> Iterator[tuple[Path, str]]:
        """Every class statement of the project around ``path`` that names ``base`` among its bases: the file and the class. Raises ``TooLarge``."""
        path = absolute(path)
        corpus = self._searched(path, project)
        heirs = project.consulted.heirs[path, base] = _heirs(corpus, _held(corpus, path, project), base)
        return ((file, derived) for file, classes in heirs.items() for derived in classes)

    def subclasses(self, path: Path, name: str, project: Project) -> set[str]:
        """Names of the classes of the project that derive from ``name``, near and far. Raises ``TooLarge``."""
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
        corpus = self._searched(path, project)
        held = _held(corpus, path, project)
        found, todo, heirs = set[str](), [name], dict[tuple[Path, str], dict[Path, list[str]]]()
        while todo:
            base = todo.pop()
            heirs[path, base] = _heirs(corpus, held, base)
            new = {derived for classes in heirs[path, base].values() for derived in classes} - found
            todo += sorted(new)
            found |= new
        return found, heirs

    def around(self, path: Path) -> list[Path]:
        """The files of the project around ``path``. Raises ``TooLarge``."""
        folder = project_folder(locate(path)[0]) or _top_package(path)
        key = folder or path.parent
        if key not in self.listings:
            found = (Path(name) for name in files.discover([str(folder)], [])) if folder else _beside(path)
            self.listings[key] = list(islice(found, MOST + 1))
        if len(self.listings[key]) > MOST:
            raise TooLarge
        return self.listings[key]

    def corpus(self, path: Path) -> Corpus:
        """The project around ``path``, read. Raises ``TooLarge``."""
        listed = self.around(path)
        corpus = self.corpora.pop(id(listed), None) or Corpus(listed)
        self.corpora[id(listed)] = corpus
        if len(self.corpora) > MOST_READ:
            del self.corpora[next(iter(self.corpora))]
        return corpus

    def _searched(self, path: Path, project: Project) -> Corpus:
        try:
            return self.corpus(path)
        except TooLarge:
            project.consulted.crowded.add(path)
            raise


def _held(corpus: Corpus, path: Path, project: Project) -> dict[Path, str]:
    """Texts that are not what was read of the project: of files that are analysed otherwise than the disk holds them, and of one that is not listed."""
    numbers, digests = corpus.numbers, corpus.digests
    held = {file: source.text for file, source in project.files.items() if file in numbers and digests[numbers[file]] != source.digest}
    if path not in numbers:
        held[path] = project.files[path].text if path in project.files else Corpus([path]).text(0)
    return held


def _heirs(corpus: Corpus, held: dict[Path, str], base: str) -> dict[Path, list[str]]:
    """The classes of a project whose statement names ``base`` among the bases, by file, in the order of files."""
    found: dict[Path, list[str]] = {file: deriving(text, base) for file, text in held.items() if base in text}
    for number, derived in corpus.heads.get(base, ()):
        if corpus.files[number] not in held:
            found.setdefault(corpus.files[number], []).append(derived)
    return {file: found[file] for file in sorted(found, key=lambda file: corpus.numbers.get(file, -1)) if found[file]}


def deriving(text: str, base: str) -> list[str]:
    """Names of the classes in ``text`` whose statement names ``base`` among the bases."""
    return [name for name, bases in heads(text.encode()) if base in bases]


def _top_package(path: Path) -> Path | None:
    """The outermost package around a file; a folder or two without an ``__init__.py`` may lie between."""
    root, dotted = locate(path)
    above = next((folder for folder in root.parents[:LEVELS] if (folder / "__init__.py").is_file()), None)
    if above is not None:
        return _top_package(above / "__init__.py")
    return root / dotted.partition(".")[0] if "." in dotted or path.name == "__init__.py" else None


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
    """The top-level class around ``offset``; else the innermost one, of a function or under a condition, or the file where there is none."""
    last = None
    for match in CLASS.finditer(text, 0, offset):
        last = match
    if last is None or OTHER.search(text, last.end(), offset):
        return nested(text, offset) or Unit("", text)
    after = re.compile(r"^[^\s#)]", re.MULTILINE).search(text, last.end())
    return Unit(last[1], text[last.start() : after.start() if after else len(text)])


def nested(text: str, offset: int) -> Unit | None:
    """The class around ``offset`` that begins behind the margin."""
    for match in reversed(list(INDENTED.finditer(text, 0, offset))):
        ends = re.compile(rf"^[ \t]{{0,{len(match[1])}}}[^\s#)]", re.MULTILINE)
        if not ends.search(text, match.end(), offset):
            after = ends.search(text, match.end())
            return Unit(match[2], text[match.start() : after.start() if after else len(text)])
    return None
