"""What callers of the analysis can be told."""

from __future__ import annotations


class TargetError(Exception):
    """A target that cannot be shown; the message says why and what to do."""
