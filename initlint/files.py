"""Paths to Python files and notebooks, each once, and files to bytes; what cannot be read says why."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from initlint.edits import SourceError

SKIPPED_FOLDERS = frozenset(
    {
        ".eggs",
        ".git",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "build",
        "dist",
        "node_modules",
    }
    | {"site-packages", "venv"}
)
"""Folders that a walk does not enter; naming one on the command line does."""
SUFFIXES = (".py", ".ipynb")
LARGEST = 4_000_000
LARGEST_NOTEBOOK = 64_000_000
"""A notebook holds what its cells printed and drew as well."""


def discover(paths: Sequence[str], missing: list[str]) -> Iterator[str]:
    """Every Python file and notebook under ``paths``, each once however many links lead to it, folders in order.

    A path that does not exist goes to ``missing``; a folder that cannot be listed is yielded itself, for ``read`` to say so.
    """
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            found = _walk(path)
        elif os.path.lexists(path):
            found = iter((path,))
        else:
            missing.append(path)
            continue
        for file in found:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield file


def _walk(folder: str) -> Iterator[str]:
    closed: list[str] = []
    for root, folders, files in os.walk(folder, onerror=lambda error: closed.append(error.filename)):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.endswith(".egg-info"))
        for name in sorted(files):
            if name.endswith(SUFFIXES):
                yield os.path.normpath(os.path.join(root, name))
    yield from closed


def read(path: str) -> bytes:
    """The bytes of a regular file. Raises ``SourceError``."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            os.listdir(path)
        if not stat.S_ISREG(status.st_mode):
            raise SourceError("is not a regular file")
        largest = LARGEST_NOTEBOOK if path.endswith(".ipynb") else LARGEST
        if status.st_size > largest:
            raise SourceError(f"is larger than {largest // 1_000_000} MB")
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None
