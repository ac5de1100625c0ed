"""Which files a walk leaves out: patterns as in a ``.gitignore``, and the ``.gitignore`` files themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

DEFAULT_EXCLUDE = (
    ".bzr/",
    ".direnv/",
    ".eggs/",
    ".git/",
    ".git-rewrite/",
    ".hg/",
    ".ipynb_checkpoints/",
    ".mypy_cache/",
    ".nox/",
    ".pants.d/",
    ".pyenv/",
    ".pytest_cache/",
    ".pytype/",
    ".ruff_cache/",
    ".svn/",
    ".tox/",
    ".venv/",
    ".vscode/",
    "__pycache__/",
    "__pypackages__/",
    "_build/",
    "buck-out/",
    "build/",
    "dist/",
    "node_modules/",
    "site-packages/",
    "venv/",
    "*.egg-info/",
)
"""Folders that a walk does not enter, unless ``exclude`` says otherwise; naming one on the command line enters it."""
_BY_NAME = re.compile(r"[^/!\\\[\]?#\s][^/!\\\[\]?\s]*/?")
"""A pattern that is about a name alone, wherever it is."""


class Patterns:
    """Lines of a ``.gitignore``, relative to a folder."""

    def __init__(self, folder: str, lines: Sequence[str]) -> None:
        self.inside = os.path.join(os.path.abspath(folder), "")
        self.lines = tuple(lines)

    @cached_property
    def names(self) -> re.Pattern[str] | None:
        """All lines as one expression for ``name`` or ``name/``, where each is about a name alone."""
        if any("**" in line or not _BY_NAME.fullmatch(line) for line in self.lines):
            return None
        wanted = (re.escape(line.rstrip("/")).replace(r"\*", "[^/]*") + ("/" if line.endswith("/") else "/?") for line in self.lines)
        return re.compile("|".join(wanted) or "(?!)")

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        """All lines that are patterns at all, for paths."""
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(line for line in self.lines if valid(line))

    def decide(self, path: str, *, folder: bool = False) -> bool | None:
        """Whether an absolute path is left out; None where no line is about it. Folders around it are not looked at."""
        if not path.startswith(self.inside):
            return None
        relative = path[len(self.inside) :].replace(os.sep, "/") + ("/" if folder else "")
        if self.names is not None:
            start = relative.rfind("/", 0, -1) + 1
            return True if self.names.fullmatch(relative, start) else None
        return self.spec.check_file(relative).include

    def covers(self, path: str) -> bool:
        """Whether the file ``path`` or a folder around it is left out; lines of no folder in particular do not concern those around the current one."""
        current = os.path.join(os.getcwd(), "")
        top = current if self.inside == os.sep and path.startswith(current) else self.inside
        inside = path[len(top) :].split(os.sep) if path.startswith(top) else []
        folders = (top + os.sep.join(inside[: depth + 1]) for depth in range(len(inside) - 1))
        return any(self.decide(around, folder=True) for around in folders) or bool(self.decide(path))


def valid(line: str) -> bool:
    """Whether a line is a pattern; git passes over one that is not."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


@dataclass(frozen=True)
class Exclusion:
    """What is left out in one folder and below."""

    patterns: tuple[Patterns, ...] = (Patterns(os.sep, DEFAULT_EXCLUDE),)
    gitignore: bool = True
    force: bool = False
    """Whether files named on the command line are left out too."""

    def decide(self, path: str, *, folder: bool = False) -> bool:
        """Whether the absolute ``path`` itself is left out by the patterns."""
        return any(patterns.decide(path, folder=folder) for patterns in self.patterns)

    def refuses(self, path: str) -> bool:
        """Whether the file ``path`` is left out although it was named."""
        if not self.force:
            return False
        path = os.path.abspath(path)
        if any(patterns.covers(path) for patterns in self.patterns):
            return True
        return self.gitignore and ignored_by_git(path)


def decided(stack: Sequence[Patterns], path: str, *, folder: bool = False) -> bool:
    """Whether ``path`` is left out by the innermost of ``stack`` that is about it."""
    verdicts = (patterns.decide(path, folder=folder) for patterns in reversed(stack))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def around(folder: str) -> tuple[Patterns, ...]:
    """The ``.gitignore`` files that are in force in an absolute folder, from the root of its repository to the folder around it.

    A folder that they ignore is looked at because it was named: none of them is in force there.
    """
    stack: list[Patterns] = []
    for outer, inner in _steps(folder):
        stack += own(outer)
        if decided(stack, inner, folder=True):
            return ()
    return tuple(stack)


def ignored_by_git(path: str) -> bool:
    """Whether the ``.gitignore`` files of its repository ignore the absolute path of a file."""
    stack: list[Patterns] = []
    for outer, inner in _steps(path):
        stack += own(outer)
        if decided(stack, inner, folder=inner != path):
            return True
    return False


def _steps(path: str) -> list[tuple[str, str]]:
    """Folders with the next one inwards, from the root of the repository to ``path``; none outside a repository."""
    steps: list[tuple[str, str]] = []
    inner, outer = path, os.path.dirname(path)
    while outer != inner:
        if os.path.exists(os.path.join(inner, ".git")):
            return steps[::-1]
        steps.append((outer, inner))
        inner, outer = outer, os.path.dirname(outer)
    return []


def own(folder: str) -> tuple[Patterns, ...]:
    """What a folder's own ``.gitignore`` says, and at the root of a repository the exclude file inside ``.git``."""
    files = (os.path.join(folder, ".git", "info", "exclude"), os.path.join(folder, ".gitignore"))
    return tuple(Patterns(folder, lines) for lines in map(_lines, files) if lines)


def _lines(file: str) -> tuple[str, ...]:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            found = (line.rstrip("\n") for line in stream)
            return tuple(line for line in found if line.strip() and not line.startswith("#"))
    except OSError:
        return ()
