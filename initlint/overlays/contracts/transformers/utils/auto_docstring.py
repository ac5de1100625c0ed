"""Decorators that change what a class or function says of itself, not what it does."""

from __future__ import annotations


def auto_docstring(decorated=None, **options):
    return decorated if decorated is not None else lambda later: later
