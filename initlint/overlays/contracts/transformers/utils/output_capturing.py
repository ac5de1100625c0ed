"""Decorators of ``forward`` that keep what passes between the layers."""

from __future__ import annotations


def capture_outputs(func=None, **options):
    return func if func is not None else lambda later: later
