"""Values that nothing can change, and what tells one from another."""

from __future__ import annotations

from typing import Any

from initlint.interpreter.values import ABSENT, Class, External, Function, Instance, ModuleValue, OneOf, Partial, Unknown
from initlint.symbolic import Sym

ATOMS = (type(None), bool, int, float, str, bytes, Sym, Unknown, External, ModuleValue, range, type(ABSENT))
"""Values that nothing can change."""
SCALARS = frozenset((type(None), str, bytes, Sym))


def constant(values: Any, parts: list[Any]) -> bool:
    """Whether nothing can change any of ``values``; what tells them from others is added to ``parts``."""
    for value in values:
        kind = type(value)
        if kind in SCALARS:
            parts.append(value)
        elif kind is int or kind is bool or kind is float:
            parts += (kind, value)
        elif kind is Class:
            if value.members is None and value.spec is None and not value.opaque:
                return False
            parts.append(value)
        elif kind is tuple:
            parts += (kind, len(value))
            if not constant(value, parts):
                return False
        elif kind is External:
            parts += (kind, value.name, value.site)
        elif kind is Function:
            if not is_global(value):
                return False
            parts.append(value)
        elif kind is Unknown:
            parts += (kind, value.reason)
        elif kind is OneOf:
            parts += (kind, len(value.values))
            if not constant(value.values, parts):
                return False
        elif kind is Partial:
            parts += (kind, len(value.args), *value.kwargs)
            if not constant((value.func, *value.args, *value.kwargs.values()), parts):
                return False
        elif kind is Instance:
            if not is_enum_member(value):
                return False
            parts.append(value)
        elif value is ABSENT:
            parts.append(value)
        else:
            return False
    return True


def is_global(func: Function) -> bool:
    """Whether a function closes over nothing but its module."""
    scope = func.scope
    while scope.owner is not None and scope.names is scope.owner.namespace and scope.parent is not None:
        scope = scope.parent
    return scope.parent is None


def is_enum_member(value: Any) -> bool:
    """Whether ``value`` is a member of an enumeration, of which there is one."""
    return isinstance(value, Instance) and value.cls.derives("enum.Enum")
