"""Paths to Python files, each once, and files to bytes; what cannot be read says why."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from initlint.edits import SourceError

SKIPPED_FOLDERS = frozenset(
    {".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".ruff_cache", ".svn", ".tox", ".venv", "__pycache__", "build", "dist", "node_modules"}
    | {"site-packages", "venv"}
)
"""Folders that a walk does not enter; naming one on the command line does."""
LARGEST = 4_000_000


def discover(paths: Sequence[str], missing: list[str]) -> Iterator[str]:
    """Every Python file under ``paths``, each once however many links lead to it, folders in order.

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
            if name.endswith(".py"):
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
        if status.st_size > LARGEST:
            raise SourceError(f"is larger than {LARGEST // 1_000_000} MB")
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}") from None
