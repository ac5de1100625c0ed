"""Operators over every kind of value: arithmetic, comparison, membership, keys."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.iteration import Names
from initlint.interpreter.scope import Frame
from initlint.interpreter.values import (
    ABSENT,
    Builtin,
    Class,
    External,
    Instance,
    OneOf,
    Repeat,
    Tensor,
    Unknown,
    is_number,
    join,
    repeats,
    same,
    unknown,
)
from initlint.symbolic import Sym, power

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_SIZE = 200_000
MAX_BITS = 20_000
MOST_NESTED, MOST_ITEMS = 6, 1000
WIDE = re.compile(r"\d{6}")
"""A width or precision in a format that would make a string of at least 100,000 characters."""
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "|": operator.or_, "&": operator.and_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
DUNDER = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul", "|": "or", "&": "and"}
ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

DTYPE = "torch.Tensor.dtype"
"""The type of a tensor's entries, as its attribute gives it."""
INTEGER = re.compile(r"u?int\d*|long|short|byte|char|bool_?|integer")
EMPTY = "inspect._empty"
"""The mark of what a signature does not say, which equals nothing else."""


def binary(interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
    """``left op right`` over every kind of value."""
    if type(left) in (int, float, bool) and type(right) in (int, float, bool):
        return _numbers(op, left, right)
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return interp.framework.binary(interp, op, left, right, frame, node)
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        return _distribute(left, right, lambda a, b: binary(interp, op, a, b, frame, node))
    if isinstance(left, Unknown):
        return left
    if isinstance(right, Unknown):
        return right
    if is_number(left) and is_number(right):
        return _numbers(op, left, right)
    if isinstance(left, Instance) or isinstance(right, Instance):
        return _overloaded(interp, op, left, right, frame, node)
    if op == "|" and (_is_type(left) or _is_type(right)):
        return (*_alternatives(left), *_alternatives(right))
    return _containers(op, left, right)


def _numbers(op: str, left: Any, right: Any) -> Any:
    try:
        if op == "**":
            if type(left) is int and type(right) in (int, bool) and left.bit_length() * right > MAX_BITS:
                return Unknown("the number is too large")
            return power(left, right)
        if op == "<<" and (right > 1000 if not isinstance(right, Sym) else True):
            return Unknown("the number is too large")
        result = ARITHMETIC[op](left, right)
        return Unknown("the number is too large") if type(result) is int and result.bit_length() > MAX_BITS else result
    except (ArithmeticError, TypeError, ValueError, KeyError) as error:
        return Unknown(f"{type(error).__name__} in arithmetic")


def _containers(op: str, left: Any, right: Any) -> Any:
    try:
        if op == "*" and isinstance(left, int) and isinstance(right, (list, tuple, str)):
            left, right = right, left
        if op == "*" and isinstance(right, int) and isinstance(left, (list, tuple, str, bytes)):
            return left * right if len(left) * max(right, 0) <= MAX_SIZE else Unknown("the sequence is too long")
        if op == "*" and isinstance(right, Sym) and isinstance(left, (list, tuple)) and len(left) == 1:
            return [Repeat(left[0])] if isinstance(left, list) else (Repeat(left[0]),)
        if op == "%" and isinstance(left, str):
            return left % right if not _hides_unknown(right) and not WIDE.search(left) else Unknown("formats a value that is not known")
        if op == "+" and isinstance(left, (list, tuple, str, bytes)) and isinstance(right, type(left)) and len(left) + len(right) > MAX_SIZE:
            return Unknown("the sequence is too long")
        return ARITHMETIC[op](left, right)
    except Exception as error:
        return Unknown(f"{type(error).__name__}: {op} is not followed here")


def _is_type(value: Any) -> bool:
    return isinstance(value, (Class, Builtin)) or (isinstance(value, tuple) and any(map(_is_type, value)))


def _alternatives(value: Any) -> tuple[Any, ...]:
    """The classes of one side of ``A | B``, as ``isinstance`` takes them."""
    return value if isinstance(value, tuple) else (value,)


def _hides_unknown(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_hides_unknown(v) for v in value)
    return not isinstance(value, (str, int, float, bool, type(None)))


def _overloaded(interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
    for owner, other, prefix in ((left, right, "__"), (right, left, "__r")):
        if isinstance(owner, Instance) and op in DUNDER:
            method = interp.find_method(owner, f"{prefix}{DUNDER[op]}__")
            if method is not None:
                return interp.call(method, [other], {}, frame, node)
    joined = interp.framework.add(interp, left, right) if op == "+" else ABSENT
    return joined if joined is not ABSENT else Unknown(f"{op} on an object is not followed")


def _distribute(left: Any, right: Any, combine: Callable[[Any, Any], Any]) -> Any:
    lefts = [v for v in left.values if v is not ABSENT] if isinstance(left, OneOf) else [left]
    rights = [v for v in right.values if v is not ABSENT] if isinstance(right, OneOf) else [right]
    if len(lefts) * len(rights) > 16:
        return Unknown("too many alternatives")
    return join([combine(a, b) for a in lefts for b in rights])


def negate(interp: Interpreter, op: str, value: Any, frame: Frame, node: p.Node) -> Any:
    """``-value``, ``+value``, ``~value``."""
    if isinstance(value, OneOf):
        return join([negate(interp, op, v, frame, node) for v in value.values if v is not ABSENT])
    if isinstance(value, Tensor):
        return interp.framework.binary(interp, "*", value, -1 if op == "-" else 1, frame, node)
    if is_number(value):
        if op == "-":
            return -value
        return ~value if op == "~" and isinstance(value, int) else value
    return value if isinstance(value, Unknown) else Unknown(f"{op} is not followed here")


def compare(interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
    """``left op right``; Unknown where it cannot be decided."""
    left, right = plain_scalar(left), plain_scalar(right)
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        return _distribute(left, right, lambda a, b: compare(interp, op, a, b, frame, node))
    if op in ("is", "is not"):
        return _negated(op == "is not", identical(left, right))
    if op in ("in", "not in"):
        return _negated(op == "not in", contains(interp, left, right))
    if isinstance(left, Tensor):
        return interp.framework.compare(op, left, right)
    if isinstance(left, Unknown) or isinstance(right, (Unknown, Tensor)):
        return Unknown(unknown(left) or unknown(right) or "compares tensors")
    if op in ("==", "!="):
        return _negated(op == "!=", equal(left, right))
    return _ordered(op, left, right)


def plain_scalar(value: Any) -> Any:
    """The number a tensor of one known entry holds."""
    number = value.entry if isinstance(value, Tensor) else None
    return value if number is None else number


def _negated(negate: bool, value: Optional[bool]) -> Any:
    return Unknown("the comparison is not decided") if value is None else value != negate


def identical(left: Any, right: Any) -> Optional[bool]:
    """``left is right``, or None where that is not decided."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        if isinstance(left, Sym) or isinstance(right, Sym):
            return None if isinstance(left, bool) or isinstance(right, bool) else False
        return left is right
    return same(left, right)


def equal(left: Any, right: Any) -> Optional[bool]:
    """``left == right``, or None where that is not decided."""
    if isinstance(left, Sym) or isinstance(right, Sym):
        if is_number(left) and is_number(right):
            difference = left - right
            return None if isinstance(difference, Sym) else difference == 0
        return None if is_number(left) or is_number(right) else False
    if isinstance(left, (tuple, list)) and isinstance(right, (tuple, list)):
        if type(left) is not type(right) or len(left) != len(right):
            return None if repeats((*left, *right)) else False
        return _all_equal(zip(left, right))
    if isinstance(left, dict) and isinstance(right, dict) and not any(isinstance(key, Sym) for key in (*left, *right)):
        return _all_equal((value, right[key]) for key, value in left.items()) if left.keys() == right.keys() else False
    if isinstance(left, External) and isinstance(right, External):
        return _same_type(left.name, right.name) if DTYPE in (left.name, right.name) else left.name == right.name
    if isinstance(left, External) != isinstance(right, External) and not (left is None or right is None):
        known = any(isinstance(value, (str, int)) or (isinstance(value, External) and value.name == EMPTY) for value in (left, right))
        return False if known else None
    if isinstance(left, Instance) and isinstance(right, Instance) and left.cls is right.cls and left.cls.derives("enum.Enum"):
        return left is right
    for member, other in ((left, right), (right, left)):
        if isinstance(member, Instance) and member.cls.derives("enum.Enum") and isinstance(other, (str, int, float)):
            return equal(member.attrs.get("value"), other) if member.cls.derives("str") else False
    if isinstance(left, Instance) and isinstance(right, Instance):
        return True if left is right else None
    try:
        return bool(left == right)
    except Exception:
        return None


def _same_type(one: str, other: str) -> Optional[bool]:
    """Whether a tensor has a type of torch: weights and signals are float32 unless somebody asks for more, but indices are signals as well."""
    asked = (other if one == DTYPE else one).rpartition(".")[2]
    return None if INTEGER.fullmatch(asked) else asked in ("dtype", "float32", "float")


def _all_equal(pairs: Iterable[tuple[Any, Any]]) -> Optional[bool]:
    verdicts = [equal(a, b) if not isinstance(a, (Unknown, OneOf)) and not isinstance(b, (Unknown, OneOf)) else None for a, b in pairs]
    return False if False in verdicts else None if None in verdicts else True


def contains(interp: Interpreter, item: Any, container: Any) -> Optional[bool]:
    """``item in container``."""
    if isinstance(container, str):
        return item in container if isinstance(item, str) else None
    if isinstance(container, Instance):
        names = interp.framework.container_keys(container)
        return item in names if names is not None and isinstance(item, str) else None
    if isinstance(container, (dict, set, frozenset)) and is_plain(item):
        return True if item in container else None if any(isinstance(k, Sym) for k in container) else False
    if isinstance(container, Names):
        return True
    if isinstance(container, range):
        return item in container if isinstance(item, int) else None
    if not isinstance(container, (list, tuple, dict, set, frozenset)) or isinstance(item, Unknown):
        return None
    verdicts = [True if same(item, v) else None if isinstance(v, (Unknown, OneOf, Repeat)) else equal(item, v) for v in container]
    return True if True in verdicts else None if None in verdicts else False


def is_plain(value: Any) -> bool:
    """Whether a value is made of nothing but Python's own constants."""
    if isinstance(value, tuple):
        return all(is_plain(v) for v in value)
    return value is None or isinstance(value, (str, int, float, bytes))


def is_small(value: Any) -> bool:
    """Whether lists and tuples in ``value`` nest a few levels and hold a thousand items at each; others may hold more than can be walked through."""
    level = [value]
    for _ in range(MOST_NESTED):
        lists = [item for item in level if isinstance(item, (list, tuple))]
        if not lists:
            return True
        if sum(map(len, lists)) > MOST_ITEMS:
            return False
        level = [item for one in lists for item in one]
    return False


def _ordered(op: str, left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        difference = left - right
        if isinstance(difference, Sym):
            return Unknown("the sizes are symbolic")
        return ORDER[op](difference, 0)
    try:
        return bool(ORDER[op](left, right))
    except Exception:
        return Unknown("the comparison is not followed")


def hashable(value: Any) -> Any:
    """``value`` as a dictionary key, or ABSENT where it cannot be one."""
    if isinstance(value, (Unknown, OneOf)):
        return ABSENT
    if isinstance(value, Instance) and value.cls.derives("enum.Enum") and value.cls.derives("str"):
        return value.attrs.get("value", ABSENT)
    if isinstance(value, tuple) and not is_small(value):
        return ABSENT
    try:
        hash(value)
    except TypeError:
        return ABSENT
    return value
