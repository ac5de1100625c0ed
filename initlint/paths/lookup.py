"""Where a module of the analysed code lies on the file system. Nothing is imported to find out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from initlint.paths.ignores import DEFAULT_EXCLUDE

MARKERS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What a project keeps in its top folder."""
LEVELS = 2
"""Folders above the import root that are looked into for one of these."""


def absolute(path: str | os.PathLike[str]) -> Path:
    """A path from the root of the file system on, the same for all ways to write it; ``..`` leads out of the folder that a link stands for."""
    plain = os.path.abspath(path)
    folder, name = os.path.split(path)
    if os.pardir in folder:
        real = os.path.realpath(folder)
        if real != os.path.realpath(os.path.dirname(plain)):
            return Path(real, name)
    return Path(plain)


def installed() -> list[str]:
    """The folders of this interpreter's own modules."""
    return [entry for entry in sys.path if entry and os.path.isdir(entry)]


def search(dotted: str, roots: Iterable[str | os.PathLike[str]]) -> str | None:
    """The file of the module ``dotted`` in the first of ``roots`` that has one. A name that no statement could import has none."""
    if not all(part.isidentifier() for part in dotted.split(".")):
        return None
    relative = dotted.replace(".", os.sep)
    for root in roots:
        for path in (os.path.join(root, relative, "__init__.py"), os.path.join(root, f"{relative}.py")):
            if os.path.isfile(path):
                return path
    return None


def locate(path: Path) -> tuple[Path, str]:
    """The import root of a file and its dotted name there: the first folder upwards that is no package."""
    parts = [] if path.name == "__init__.py" else [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(parts) or path.stem


def project_folder(root: Path) -> Path | None:
    """The top folder of the project that an import root belongs to, if it can be told."""
    for folder in (root, *root.parents[:LEVELS]):
        if f"{folder.name}/" in DEFAULT_EXCLUDE:
            return None
        if any((folder / marker).exists() for marker in MARKERS):
            return folder
    return None


def namespaces(root: Path, dotted: str) -> Iterator[Path]:
    """Folders above an import root from which ``dotted`` can be imported: its first part names a folder that ``root`` lies in, without an ``__init__.py``."""
    first = dotted.partition(".")[0]
    return (folder.parent for folder in (root, *root.parents) if folder.name == first)


def project_roots(root: Path) -> list[Path]:
    """Folders of the same project that its scripts import from: those above ``root`` up to the top, where they are run, and ``src`` there."""
    top = project_folder(root)
    if top is None:
        return []
    between = [folder for folder in root.parents if folder.is_relative_to(top)]
    return [folder for folder in (*between, top / "src") if folder != root]


class Places:
    """Where modules lie as one run finds it: the file system is asked every question once."""

    def __init__(self) -> None:
        self.installed = [Path(entry) for entry in installed()]
        self._found: dict[tuple[tuple[Path, ...], str], Path | None] = {}
        self._homes: dict[Path, tuple[Path, str]] = {}
        self._beside: dict[Path, list[Path]] = {}

    def search(self, dotted: str, roots: tuple[Path, ...]) -> Path | None:
        """The file of the module ``dotted`` in the first of ``roots`` that has one, or else among what is installed."""
        if (roots, dotted) not in self._found:
            found = search(dotted, (*roots, *self.installed))
            self._found[roots, dotted] = absolute(found) if found is not None else None
        return self._found[roots, dotted]

    def locate(self, path: Path) -> tuple[Path, str]:
        """The import root of a file and its dotted name there."""
        if path.parent not in self._homes:
            self._homes[path.parent] = locate(path.parent / "__init__.py")
        root, package = self._homes[path.parent]
        if path.name == "__init__.py":
            return root, package
        return root, f"{package}.{path.stem}" if root != path.parent else path.stem

    def project_roots(self, root: Path) -> list[Path]:
        """Folders of the same project that its scripts import from."""
        if root not in self._beside:
            self._beside[root] = project_roots(root)
        return self._beside[root]
