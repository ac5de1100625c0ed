"""Evaluation of expressions, one small function per node."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.interpreter.loops import Names, elements_of
from initlint.interpreter.scope import Frame, unbound
from initlint.interpreter.values import (
    ABSENT,
    Class,
    External,
    Function,
    Instance,
    OneOf,
    Repeat,
    Tensor,
    Unknown,
    is_number,
    join,
    same,
    unknown,
)
from initlint.symbolic import Sym, power

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

MAX_SIZE = 200_000
MAX_BITS = 20_000
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}
WIDE = re.compile(r"\d{6}")
"""A width or precision in a format that would make a string of at least 100,000 characters."""
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod,
    "|": operator.or_, "&": operator.and_, "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
DUNDER = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul", "|": "or", "&": "and"}
ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def eval_const(interp: Interpreter, node: p.Const, frame: Frame) -> Any:
    return node.value


def eval_name(interp: Interpreter, node: p.Name, frame: Frame) -> Any:
    value = interp.lookup(node.id, frame)
    if value is ABSENT:
        return unbound(node.id)
    if isinstance(value, OneOf) and ABSENT in value.values:
        return join([v for v in value.values if v is not ABSENT])
    return value


def eval_attr(interp: Interpreter, node: p.Attr, frame: Frame) -> Any:
    return interp.getattr(interp.eval(node.value, frame), node.attr, frame, node)


def eval_call(interp: Interpreter, node: p.Call, frame: Frame) -> Any:
    if node.super_self:
        return interp.bare_super(frame)
    func = interp.eval(node.func, frame)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for arg in node.args:
        value = interp.chosen(arg.value, frame)
        if arg.keyword:
            kwargs[arg.keyword] = value
        elif arg.star == 0:
            args.append(value)
        elif arg.star == 1:
            items = elements_of(interp, value)
            if items is None:
                return interp.call_blind(func, node, frame, "is called with arguments that are not known", [*args, value], kwargs)
            args.extend(items)
        elif not isinstance(value, dict):
            kwargs["**"] = value
        else:
            kwargs.update({k: v for k, v in value.items() if isinstance(k, str)})
    return interp.call(func, args, kwargs, frame, node)


def eval_subscript(interp: Interpreter, node: p.Subscript, frame: Frame) -> Any:
    return interp.getitem(interp.eval(node.value, frame), interp.eval(node.index, frame), frame, node)


def eval_slice(interp: Interpreter, node: p.Slice, frame: Frame) -> Any:
    parts = [interp.eval(part, frame) if part else None for part in (node.lower, node.upper, node.step)]
    return slice(*parts)


def eval_binary(interp: Interpreter, node: p.BinOp, frame: Frame) -> Any:
    return binary(interp, node.op, interp.eval(node.left, frame), interp.eval(node.right, frame), frame, node)


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
            return type(left)([Repeat(left[0])])
        if op == "%" and isinstance(left, str):
            return left % right if not _hides_unknown(right) and not WIDE.search(left) else Unknown("formats a value that is not known")
        if op == "+" and isinstance(left, (list, tuple, str, bytes)) and isinstance(right, type(left)) and len(left) + len(right) > MAX_SIZE:
            return Unknown("the sequence is too long")
        return ARITHMETIC[op](left, right)
    except Exception as error:
        return Unknown(f"{type(error).__name__}: {op} is not followed here")


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


def eval_unary(interp: Interpreter, node: p.UnaryOp, frame: Frame) -> Any:
    value = interp.eval(node.operand, frame)
    if node.op == "not":
        truth = interp.truth(value)
        return Unknown(unknown(value) or "the condition is not decided") if truth is None else not truth
    return negate(interp, node.op, value, frame, node)


def negate(interp: Interpreter, op: str, value: Any, frame: Frame, node: p.Node) -> Any:
    if isinstance(value, OneOf):
        return join([negate(interp, op, v, frame, node) for v in value.values if v is not ABSENT])
    if isinstance(value, Tensor):
        return interp.framework.binary(interp, "*", value, -1 if op == "-" else 1, frame, node)
    if is_number(value):
        if op == "-":
            return -value
        return ~value if op == "~" and isinstance(value, int) else value
    return value if isinstance(value, Unknown) else Unknown(f"{op} is not followed here")


def eval_boolean(interp: Interpreter, node: p.BoolOp, frame: Frame) -> Any:
    left = interp.eval(node.left, frame)
    truth = interp.truth(left)
    if truth is not None:
        return interp.eval(node.right, frame) if truth == (node.op == "and") else left
    if isinstance(left, OneOf):
        decided = [(v, interp.truth(v)) for v in left.values if v is not ABSENT]
        if all(t is not None for _, t in decided):
            right = _perhaps(interp, node.right, frame)
            return join([right if t == (node.op == "and") else v for v, t in decided])
    right = _perhaps(interp, node.right, frame)
    if interp.truth(right) is (node.op == "or") and isinstance(right, bool):
        return right
    if isinstance(right, bool) or isinstance(left, Unknown):
        return Unknown(unknown(left) or "the condition is not decided")
    return join([left, right])


def _perhaps(interp: Interpreter, node: p.Expr, frame: Frame) -> Any:
    """The value of an operand that may not be evaluated at all."""
    return interp.heap.explore([lambda: interp.eval(node, frame), lambda: None])[0]


def eval_compare(interp: Interpreter, node: p.Compare, frame: Frame) -> Any:
    left = interp.eval(node.left, frame)
    result: Any = True
    for op, right_node in node.rest:
        right = interp.eval(right_node, frame)
        result = compare(interp, op, left, right, frame, node)
        if result is not True:
            return result
        left = right
    return result


def compare(interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Node) -> Any:
    """``left op right``; Unknown where it cannot be decided."""
    left, right = plain_scalar(left), plain_scalar(right)
    if isinstance(left, OneOf) or isinstance(right, OneOf):
        return _distribute(left, right, lambda a, b: compare(interp, op, a, b, frame, node))
    if op in ("is", "is not"):
        return _negated(op == "is not", identical(left, right))
    if op in ("in", "not in"):
        return _negated(op == "not in", contains(interp, left, right))
    if isinstance(left, (Unknown, Tensor)) or isinstance(right, (Unknown, Tensor)):
        return Unknown(unknown(left) or unknown(right) or "compares tensors")
    if op in ("==", "!="):
        return _negated(op == "!=", equal(left, right))
    return _ordered(op, left, right)


def plain_scalar(value: Any) -> Any:
    """The number a tensor of one known entry holds."""
    return value.data if isinstance(value, Tensor) and isinstance(value.data, (int, float)) else value


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
            return None if any(isinstance(v, Repeat) for v in (*left, *right)) else False
        verdicts = [equal(a, b) if not isinstance(a, (Unknown, OneOf)) and not isinstance(b, (Unknown, OneOf)) else None for a, b in zip(left, right)]
        return False if False in verdicts else None if None in verdicts else True
    if isinstance(left, External) and isinstance(right, External):
        return left.name == right.name
    if isinstance(left, External) != isinstance(right, External) and not (left is None or right is None):
        return None if not isinstance(left, (str, int)) and not isinstance(right, (str, int)) else False
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


def eval_sequence(interp: Interpreter, node: p.Sequence, frame: Frame) -> Any:
    items: list[Any] = []
    for item in node.items:
        if isinstance(item, p.Starred):
            more = elements_of(interp, interp.eval(item.value, frame))
            if more is None:
                return Unknown("unpacks a value that is not known")
            items.extend(more)
        else:
            items.append(interp.eval(item, frame))
    if node.kind == "set":
        try:
            return set(items)
        except TypeError:
            return Unknown("a set of unhashable values")
    return tuple(items) if node.kind == "tuple" else items


def eval_dict(interp: Interpreter, node: p.DictDisplay, frame: Frame) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in node.items:
        value = interp.eval(value_node, frame)
        if key_node is None:
            if not isinstance(value, dict):
                return Unknown("unpacks a mapping that is not known")
            result.update(value)
            continue
        key = hashable(interp.eval(key_node, frame))
        if key is ABSENT:
            return Unknown("a dictionary with keys that are not known")
        result[key] = value
    return result


def hashable(value: Any) -> Any:
    """``value`` as a dictionary key, or ABSENT where it cannot be one."""
    if isinstance(value, (Unknown, OneOf)):
        return ABSENT
    if isinstance(value, External):
        return f"<{value.name}>"
    if isinstance(value, Instance) and value.cls.derives("enum.Enum") and value.cls.derives("str"):
        return value.attrs.get("value", ABSENT)
    try:
        hash(value)
    except TypeError:
        return ABSENT
    return value


def eval_lambda(interp: Interpreter, node: p.Lambda, frame: Frame) -> Any:
    return Function("<lambda>", node, frame, interp.defaults(node.params, frame), qualname=frame.qualname + ".<lambda>")


def eval_conditional(interp: Interpreter, node: p.IfExp, frame: Frame) -> Any:
    truth = interp.truth(interp.eval(node.test, frame))
    if truth is not None:
        return interp.eval(node.body if truth else node.orelse, frame)
    return join(interp.heap.explore([lambda: interp.eval(node.body, frame), lambda: interp.eval(node.orelse, frame)]))


def eval_comprehension(interp: Interpreter, node: p.Comprehension, frame: Frame) -> Any:
    inner = Frame(frame.module, {}, frame, frame.owner, frame.receiver, frame.qualname, comprehension=True)
    results: list[Any] = []
    if not _clause(interp, node, 0, inner, results, False):
        return Unknown("iterates over a value that is not known")
    if node.kind == "dict":
        pairs = [r.value if isinstance(r, Repeat) else r for r in results]
        if not all(isinstance(pair, tuple) for pair in pairs):
            return Unknown("a dictionary whose entries depend on a branch")
        keys = [hashable(key) for key, _ in pairs]
        if ABSENT in keys:
            return Unknown("a dictionary with keys that are not known")
        return {key: value for key, (_, value) in zip(keys, pairs)}
    if node.kind == "set":
        return set(results) if all(hashable(r) is not ABSENT for r in results) else Unknown("a set of values that are not known")
    return results


def _clause(interp: Interpreter, node: p.Comprehension, depth: int, frame: Frame, results: list[Any], repeated: bool) -> bool:
    """Run clause ``depth`` of a comprehension; False where its iterable is not known."""
    if depth == len(node.clauses):
        element = interp.eval(node.element, frame)
        value = (element, interp.eval(node.value, frame)) if node.value else element
        results.append(Repeat(value) if repeated else value)
        return True
    clause = node.clauses[depth]
    items = elements_of(interp, interp.eval(clause.iter, frame.parent if depth == 0 and frame.parent is not None else frame))
    if items is None:
        return False
    for item in items:
        interp.step()
        again = isinstance(item, Repeat)
        interp.assign(clause.target, item.value if isinstance(item, Repeat) else item, frame)
        truths = [interp.truth(interp.eval(test, frame)) for test in clause.ifs]
        if False in truths:
            continue
        before = len(results)
        below = partial(_clause, interp, node, depth + 1, frame, results, repeated or again)
        if not (interp.heap.explore([below, lambda: True])[0] if None in truths else below()):
            return False
        if None in truths:
            results[before:] = [join([r, ABSENT]) for r in results[before:]]
    return True


def eval_fstring(interp: Interpreter, node: p.FString, frame: Frame) -> Any:
    text = ""
    for part in node.parts:
        value = interp.eval(part, frame)
        if not isinstance(value, str):
            return value if isinstance(value, Unknown) else Unknown("formats a value that is not known")
        text += value
    return text


def eval_formatted(interp: Interpreter, node: p.FormattedValue, frame: Frame) -> Any:
    value = interp.eval(node.value, frame)
    if isinstance(value, Sym):
        return "*"
    if not isinstance(value, (str, int, float, bool, type(None), tuple, list)):
        name = value.name if isinstance(value, (Class, External, Function)) else None
        return name or Unknown(unknown(value) or "formats an object")
    try:
        shown: Any = CONVERSIONS[node.conversion](value) if node.conversion else value
        parts = [interp.eval(part, frame) for part in node.nested] or [node.spec]
        spec = "".join(part if isinstance(part, str) else "\0" for part in parts)
        return format(shown, spec) if "\0" not in spec and not WIDE.search(spec) else Unknown("the format is not followed")
    except (ValueError, TypeError):
        return Unknown("the format is not followed")


def eval_walrus(interp: Interpreter, node: p.Walrus, frame: Frame) -> Any:
    value = interp.eval(node.value, frame)
    interp.bind(node.target, value, frame.function)
    return value


def eval_yield(interp: Interpreter, node: p.Yield, frame: Frame) -> Any:
    value = interp.eval(node.value, frame) if node.value else None
    target = frame
    while target.yielded is None and target.parent is not None:
        target = target.parent
    if target.on_yield is not None:
        target.on_yield(value)
    elif target.yielded is not None:
        interp.heap.touch(target.yielded)
        if node.delegate:
            target.yielded.extend(elements_of(interp, value) or [Unknown("yields from a value that is not known")])
        else:
            target.yielded.append(value)
    return Unknown("what is sent into a generator")


def eval_starred(interp: Interpreter, node: p.Starred, frame: Frame) -> Any:
    return interp.eval(node.value, frame)


def eval_unsupported(interp: Interpreter, node: p.Unsupported, frame: Frame) -> Any:
    return Unknown(f"{node.what} is not followed")


EVALUATE: dict[type, Callable[..., Any]] = {
    p.Const: eval_const, p.Name: eval_name, p.Attr: eval_attr, p.Call: eval_call, p.Subscript: eval_subscript, p.Slice: eval_slice,
    p.BinOp: eval_binary, p.UnaryOp: eval_unary, p.BoolOp: eval_boolean, p.Compare: eval_compare, p.Sequence: eval_sequence,
    p.DictDisplay: eval_dict, p.Lambda: eval_lambda, p.IfExp: eval_conditional, p.Comprehension: eval_comprehension,
    p.FString: eval_fstring, p.FormattedValue: eval_formatted, p.Walrus: eval_walrus, p.Yield: eval_yield, p.Starred: eval_starred,
    p.Unsupported: eval_unsupported,
}  # fmt: skip
