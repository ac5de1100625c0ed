"""What can go wrong for a caller; kept apart from what raises it, which takes long to load."""

from __future__ import annotations


class TargetError(Exception):
    """A target that cannot be shown; the message says why and what to do."""


class BaselineError(Exception):
    """A baseline that cannot be used; the message says why."""


class GitError(Exception):
    """Git cannot say what changed; the message says why."""
