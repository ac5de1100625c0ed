"""Arguments that are configurations, lists or dictionaries: what tells one from another is all that it holds.

``Block(config, number)`` is built alike from every ``config`` that holds the same constants. What a model keeps of the objects it is
given is the same object in the copy of a remembered call, so these are told in an order that finds each one again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from initlint.interpreter.constants import SCALARS, constant, is_enum_member
from initlint.interpreter.values import Instance

MOST_PARTS = 1_000
DEEPEST = 5
AGAIN = object()
"""Stands for an object that was met before, not for one that is equal to it."""

Given = dict[int, Any]
"""Objects and containers by identity, in the order they are met."""


def told(values: Iterable[Any], parts: list[Any], given: Given, depth: int = 0) -> bool:
    """Whether ``values`` are constants, or hold nothing else; what tells them from others is added to ``parts``, what holds them to ``given``."""
    for value in values:
        kind = type(value)
        if kind in SCALARS:  # as nearly all attributes of configurations
            parts.append(value)
            continue
        if kind is int or kind is bool or kind is float:
            parts += (kind, value)
            continue
        if kind is Instance and not is_enum_member(value):
            if value.modules or value.parameters or value.buffers or value.cls.spec is not None or value.cls.opaque:
                return False
            told_apart, held = (value.cls, len(value.attrs), *value.attrs), value.attrs.values()
        elif kind is list or kind is tuple:
            told_apart, held = (len(value),), value
        elif kind is dict:
            told_apart, held = (len(value), *_typed(value)), value.values()
        elif constant((value,), parts):
            continue
        else:
            return False
        if id(value) in given:
            parts += (AGAIN, list(given).index(id(value)))
            continue
        if kind is not tuple:
            given[id(value)] = value
        parts += (kind, *told_apart)
        if depth == DEEPEST or len(parts) > MOST_PARTS or not told(held, parts, given, depth + 1):
            return False
    return True


def _typed(mapping: dict[Any, Any]) -> Iterable[Any]:
    """The keys, ``1`` told from ``True``."""
    for key in mapping:
        yield from (type(key), key)
