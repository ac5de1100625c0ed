"""Rotary embeddings: what is recomputed when sequences grow is no parameter."""

from __future__ import annotations


def dynamic_rope_update(forward):
    return forward
