"""Functions that build models, kept by name."""

from __future__ import annotations


def register_model(fn):
    return fn
