"""Paths to Python files and notebooks, each once, and files to bytes; what cannot be read says why."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence

from initlint.paths.ignores import Exclusion, around, decided, own
from initlint.text.edits import SourceError

NOTEBOOK = ".ipynb"
SUFFIXES = (".py", NOTEBOOK)
COMMANDS = ("::", "##")
"""How lines begin that a runner of jobs takes for orders: no path may, for reports begin lines with paths."""
LARGEST = 4_000_000
LARGEST_NOTEBOOK = 64_000_000
"""A notebook holds what its cells printed and drew as well."""


def discover(paths: Sequence[str], missing: list[str], exclusion_at: Callable[[str], Exclusion] = lambda folder: Exclusion()) -> Iterator[str]:
    """Every Python file and notebook under ``paths``, each once however many links lead to it, folders in order.

    ``exclusion_at`` says what is left out in a folder. A path that does not exist goes to ``missing``; a folder that cannot be
    listed is yielded itself, for ``read`` to say so.
    """
    seen: set[str] = set()
    folders: dict[str, str] = {}
    for path in paths:
        if os.path.isdir(path):
            found = _walk(path, exclusion_at)
        elif os.path.lexists(path):
            found = iter(() if exclusion_at(os.path.dirname(path)).refuses(path) else (path,))
        else:
            missing.append(path)
            continue
        for file in found:
            real = _real(file, folders)
            if real not in seen:
                seen.add(real)
                yield os.path.join(os.curdir, file) if file.startswith(COMMANDS) else file


def _walk(top: str, exclusion_at: Callable[[str], Exclusion]) -> Iterator[str]:
    closed: list[str] = []
    waiting = [(os.path.normpath(top), around(os.path.abspath(top)))]
    while waiting:
        folder, ignores = waiting.pop()
        exclusion = exclusion_at(folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            closed.append(folder)
            continue
        here = os.path.join(os.path.abspath(folder), "")
        ignores = (*ignores, *own(here)) if exclusion.gitignore else ()
        inner = []
        for entry in entries:
            path, is_folder = os.path.normpath(os.path.join(folder, entry.name)), _is_folder(entry)
            if not (is_folder or entry.name.endswith(SUFFIXES)) or (is_folder and entry.is_symlink()):
                continue
            if exclusion.decide(here + entry.name, folder=is_folder) or decided(ignores, here + entry.name, folder=is_folder):
                continue
            if is_folder:
                inner.append((path, ignores))
            else:
                yield path
        waiting += reversed(inner)
    yield from closed


def _real(file: str, folders: dict[str, str]) -> str:
    """Where a file really lies; ``folders`` are those known so far."""
    if os.path.islink(file):
        return os.path.realpath(file)
    folder, name = os.path.split(file)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_notebook(path: str) -> bool:
    """Whether a file of this name is read as a notebook."""
    return path.endswith(NOTEBOOK)


def read(path: str) -> bytes:
    """The bytes of a regular file. Raises ``SourceError``."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            os.listdir(path)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError("is not a regular file")
        largest = LARGEST_NOTEBOOK if is_notebook(path) else LARGEST
        if status.st_size > largest:
            raise SourceError(f"is larger than {largest // 1_000_000} MB")
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None
