"""Which files a walk leaves out: patterns as in a ``.gitignore``, and the ``.gitignore`` files themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

DEFAULT_EXCLUDE = (
    ".bzr/",
    ".direnv/",
    ".eggs/",
    ".git/",
    ".git-rewrite/",
    ".hg/",
    ".initlint_cache/",
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
_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "space": r"\s",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9a-fA-F",
}
_PIECE = re.compile(
    r"(?P<all>(?<![^/])\*\*(?![^/]))|(?P<some>\*+)|(?P<one>\?)|\\(?P<escaped>.)|(?P<plain>[^\\\[])"
    r"|\[(?P<not>[!^]|(?![!^]))(?P<set>(?:\]|(?!\]))(?:\[:\w+:\]|\\.|[^\]\\])+|\])\]",
    re.DOTALL,
)
"""``**`` between slashes, ``*``, ``?``, an escaped and a plain character, and a set, of which the first member may be its end mark."""
_MEMBER = re.compile(r"\[:(?P<class>\w+):\]|\\(?P<escaped>.)|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a ``.gitignore``: what it matches, and whether that is left out or, with ``!``, is not."""

    expression: re.Pattern[str]
    ignores: bool
    folders_only: bool


@lru_cache(maxsize=1000)
def read(line: str) -> Pattern | None:
    """The pattern in a line; None for one that is blank, a comment, or nothing that git would match."""
    text = re.sub(r"(?<!\\) +$", "", line)
    ignores = not text.startswith("!")
    text = text if ignores else text[1:]
    folders_only = text.endswith("/")
    text = text[:-1] if folders_only else text
    if not text.strip("/") or line.startswith("#"):
        return None
    body = _expression(text.removeprefix("/"))
    anywhere = "" if "/" in text else "(?:.*/)?"
    try:
        return None if body is None else Pattern(re.compile(anywhere + body, re.DOTALL), ignores, folders_only)
    except re.error:
        return None


def _expression(text: str) -> str | None:
    pieces, end = [], 0
    while end < len(text):
        match = _PIECE.match(text, end)
        if match is None:
            return None
        end = match.end()
        if match["all"]:
            last = end == len(text)
            pieces.append("[^/].*" if last else "(?:.*/)?")
            end += not last
        elif match["some"] or match["one"]:
            pieces.append("[^/]*" if match["some"] else "[^/]")
        elif match["set"] is not None:
            pieces.append(f"(?!/)[{'^' if match['not'] else ''}{_MEMBER.sub(_member, match['set'])}]")
        else:
            pieces.append(re.escape(match["escaped"] or match["plain"]))
    return "".join(pieces)


def _member(match: re.Match[str]) -> str:
    """One member of a set as a regular expression spells it."""
    if match["class"]:
        return _CLASSES.get(match["class"], "")
    return re.escape(match["escaped"] or match[0]) if match[0] != "-" else "-"


class Patterns:
    """Lines of a ``.gitignore``, relative to a folder.

    A line is asked about each folder and each file on the way, as git does, and not about what is inside of what it matches.
    """

    def __init__(self, folder: str, lines: Iterable[str]) -> None:
        self.inside = os.path.join(os.path.abspath(folder), "")
        self.patterns = tuple(pattern for pattern in map(read, lines) if pattern is not None)[::-1]

    def decide(self, path: str, *, folder: bool = False) -> bool | None:
        """Whether an absolute path is left out; None where no line is about it. The last line that is about it decides."""
        if not path.startswith(self.inside):
            return None
        relative = path[len(self.inside) :].replace(os.sep, "/")
        for pattern in self.patterns:
            if (folder or not pattern.folders_only) and pattern.expression.fullmatch(relative):
                return pattern.ignores
        return None

    def covers(self, path: str) -> bool:
        """Whether the file ``path`` or a folder around it is left out; lines of no folder in particular do not concern those around the current one."""
        current = os.path.join(os.getcwd(), "")
        top = current if self.inside == os.sep and path.startswith(current) else self.inside
        inside = path[len(top) :].split(os.sep) if path.startswith(top) else []
        folders = (top + os.sep.join(inside[: depth + 1]) for depth in range(len(inside) - 1))
        return any(self.decide(around, folder=True) for around in folders) or bool(self.decide(path))


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


def _lines(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8-sig", errors="surrogateescape") as stream:
            return stream.read().split("\n")
    except OSError:
        return []
