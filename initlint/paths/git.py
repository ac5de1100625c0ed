"""Which files changed, as git sees it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence

from initlint.errors import GitError


def changed(paths: Iterable[str], base: str | None = None) -> set[str]:
    """Real paths of all files that differ from ``base`` in the repositories around ``paths``.

    Counted are commits since the last one in common with ``base`` (the last commit of all unless given), what is staged, what is
    not, and files that git does not know and does not ignore. Raises ``GitError``.
    """
    found: set[str] = set()
    for root in dict.fromkeys(_root(path) for path in paths):
        names = _names(root, base)
        found |= {os.path.realpath(os.path.join(root, name)) for name in names}
    return found


def _root(path: str) -> str:
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    try:
        return os.fsdecode(_git(folder, "rev-parse", "--show-toplevel")).rstrip("\n")
    except subprocess.CalledProcessError:
        raise GitError(f"{folder}: is in no git repository") from None


def _names(root: str, base: str | None) -> list[str]:
    try:
        untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
        start = _start(root, base)
        if start is None:
            tracked = _git(root, "ls-files", "--cached", "-z")
        else:
            tracked = _git(root, "diff", "--name-only", "--no-ext-diff", "--no-renames", "--diff-filter=d", "-z", start, "--")
    except subprocess.CalledProcessError as error:
        raise GitError(f"{root}: `{' '.join(error.cmd)}` failed with status {error.returncode}") from None
    return [name for name in os.fsdecode(tracked + untracked).split("\0") if name]


def _start(root: str, base: str | None) -> str | None:
    """The commit to compare with; None where there is no commit yet."""
    try:
        head = _commit(root, "HEAD")
    except subprocess.CalledProcessError:
        if base is None:
            return None
        raise GitError(f"{root}: has no commit yet to compare with {base}") from None
    if base is None:
        return head
    try:
        other = _commit(root, base)
    except subprocess.CalledProcessError:
        raise GitError(f"{root}: knows no commit {base!r}") from None
    try:
        return os.fsdecode(_git(root, "merge-base", other, head)).strip()
    except subprocess.CalledProcessError:
        raise GitError(f"{root}: {base} has no commit in common with what is checked out") from None


def _commit(root: str, name: str) -> str:
    return os.fsdecode(_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")).strip()


def _git(folder: str, *arguments: str) -> bytes:
    """The output of git; a monitor that the repository configures is not run."""
    command: Sequence[str] = ("git", "-C", folder, "-c", "core.fsmonitor=false", *arguments)
    try:
        return subprocess.check_output(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise GitError("git was not found") from None
