"""Where a module of the analysed code lies on the file system. Nothing is imported to find out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path


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
