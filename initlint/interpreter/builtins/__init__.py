"""Python's builtins and the methods of its containers, over values that may be unknown."""

from __future__ import annotations

from initlint.interpreter.builtins import iterables, methods, objects, scalars
from initlint.interpreter.builtins.registry import BUILTINS, METHODS, Handler

__all__ = ["BUILTINS", "METHODS", "Handler", "iterables", "methods", "objects", "scalars"]
