"""Evaluation of expressions, one small function per node."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint import program as p
from initlint.interpreter import attributes, calls, worlds
from initlint.interpreter.displays import eval_comprehension, eval_dict, eval_formatted, eval_fstring, eval_sequence
from initlint.interpreter.iteration import blind_element, elements_of
from initlint.interpreter.operators import binary, compare, negate
from initlint.interpreter.scope import Frame, unbound
from initlint.interpreter.values import ABSENT, Class, Function, Instance, OneOf, Tensor, Unknown, join, unknown

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

AHEAD = 400
"""How many characters behind a test are looked at."""


def eval_const(interp: Interpreter, node: p.Const, frame: Frame) -> Any:
    """A literal."""
    return node.value


def eval_name(interp: Interpreter, node: p.Name, frame: Frame) -> Any:
    """``name``."""
    value = frame.names.get(node.id, ABSENT)
    if value is ABSENT or frame.foreign:
        value = interp.lookup(node.id, frame)
        if value is ABSENT:
            return unbound(node.id)
    if type(value) is OneOf and ABSENT in value.values:
        return join([v for v in value.values if v is not ABSENT])
    return value


def eval_attr(interp: Interpreter, node: p.Attr, frame: Frame) -> Any:
    """``value.attr``."""
    return attributes.get_attribute(interp, interp.eval(node.value, frame), node.attr, frame, node)


def eval_call(interp: Interpreter, node: p.Call, frame: Frame) -> Any:
    """``func(a, *b, c=d, **e)``."""
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
            if items is None and type(value) is not Tensor and interp.framework.takes_sizes(func):
                items = [blind_element(value)]
            if items is None:
                return interp.call_blind(func, node, frame, "is called with arguments that are not known", [*args, value], kwargs)
            args.extend(items)
        elif isinstance(mapping := _one_mapping(value), dict):
            kwargs.update({k: v for k, v in mapping.items() if isinstance(k, str) and not k.startswith("#")})
        else:
            kwargs["**"] = mapping
    return calls.call(interp, func, args, kwargs, frame, node)


def _one_mapping(value: Any) -> Any:
    """Mappings of which one is passed as keyword arguments, as a single one: what not all of them have may be absent."""
    if not isinstance(value, OneOf) or not all(isinstance(one, dict) for one in value.values):
        return value
    names = {name: None for mapping in value.values for name in mapping}
    return {name: join([mapping.get(name, ABSENT) for mapping in value.values]) for name in names}


def eval_subscript(interp: Interpreter, node: p.Subscript, frame: Frame) -> Any:
    """``value[index]``."""
    return interp.getitem(interp.eval(node.value, frame), interp.eval(node.index, frame), frame, node)


def eval_slice(interp: Interpreter, node: p.Slice, frame: Frame) -> Any:
    """``lower:upper:step``."""
    parts = [interp.eval(part, frame) if part else None for part in (node.lower, node.upper, node.step)]
    return slice(*parts)


def eval_binary(interp: Interpreter, node: p.BinOp, frame: Frame) -> Any:
    """``left + right``."""
    left, right = interp.eval(node.left, frame), interp.eval(node.right, frame)
    if node.op == "*" and isinstance(node.left, p.Sequence):
        _note_one_object(interp, node, node.left, left, right, frame)
    elif node.op == "*" and isinstance(node.right, p.Sequence):
        _note_one_object(interp, node, node.right, right, left, frame)
    return binary(interp, node.op, left, right, frame, node)


def _note_one_object(interp: Interpreter, node: p.BinOp, display: p.Sequence, values: Any, count: Any, frame: Frame) -> None:
    """``[Block()] * n`` with the call inside the brackets: it runs once, and its one result stands at each place."""
    if not isinstance(values, (list, tuple)) or (isinstance(count, int) and count < 2):
        return
    made = [value for item, value in zip(display.items, values) if isinstance(item, p.Call) and isinstance(value, Instance)]
    modules = [value for value in made if interp.framework.is_module(value) and (value.parameters or value.modules)]
    if modules:
        interp.framework.mistake(interp, "one-object", node, frame, "one object stands at each place of the list", modules=modules)


def eval_unary(interp: Interpreter, node: p.UnaryOp, frame: Frame) -> Any:
    """``not value``, ``-value``."""
    value = interp.eval(node.operand, frame)
    if node.op == "not":
        truth = interp.truth(value)
        return Unknown(unknown(value) or "the condition is not decided") if truth is None else not truth
    return negate(interp, node.op, value, frame, node)


def eval_boolean(interp: Interpreter, node: p.BoolOp, frame: Frame) -> Any:
    """``left and right``, ``left or right``; an operand that may not be evaluated is explored as a branch."""
    left = interp.eval(node.left, frame)
    if node.op == "or" and (type(node.left) is p.Const or type(node.right) is p.Const):
        _notice_constant(interp, node, frame)
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


def _notice_constant(interp: Interpreter, node: p.BoolOp, frame: Frame) -> None:
    """``"a" or "b" in name`` and ``name == "a" or "b"`` hold for every name."""
    left, right = node.left, node.right
    constant, test = (left, right) if isinstance(left, p.Const) else (right, left)
    compared = isinstance(test, p.Compare) or (constant is left and isinstance(test, p.Const))
    if compared and isinstance(constant, p.Const) and isinstance(constant.value, str) and constant.value:
        said = f"`{constant.value!r} or …` is {constant.value!r} whatever follows" if constant is left else f"`… or {constant.value!r}` is never false"
        text = f"{said}: a string alone is compared with nothing, so the test always holds"
        interp.framework.mistake(interp, "constant-test", node, frame, text, constant=constant.value, meant=_meant(node, frame))


def _meant(node: p.BoolOp, frame: Frame) -> str:
    """The test with the comparison written out for every operand; empty where none of them says which."""
    operands: list[p.Expr] = []
    rest: p.Expr = node
    while isinstance(rest, p.BoolOp) and rest.op == "or":
        operands.insert(0, rest.right)
        rest = rest.left
    operands.insert(0, rest)
    compared = [operand for operand in operands if isinstance(operand, p.Compare) and len(operand.rest) == 1]
    constants = [operand for operand in operands if isinstance(operand, p.Const) and isinstance(operand.value, str)]
    if len(compared) != 1 or len(constants) != len(operands) - 1:
        return ""
    (test,) = compared
    op, right = test.rest[0]
    if op in ("in", "not in") and isinstance(test.left, p.Const):
        return " or ".join(f"{_source(one, frame)} {op} {_source(right, frame)}" for one in (*constants, test.left))
    if op == "==" and isinstance(right, p.Const):
        return " or ".join(f"{_source(test.left, frame)} {op} {_source(one, frame)}" for one in (right, *constants))
    return ""


def _source(node: p.Expr, frame: Frame) -> str:
    return frame.module.source.spelled(node)


def _notice_kinds(interp: Interpreter, op: str, left: Any, right: Any, frame: Frame, node: p.Compare) -> None:
    """``m == nn.Linear`` and ``type(m) == "Linear"`` hold for no module."""
    if op not in ("==", "is", "in"):
        return
    wanted = list(right) if op == "in" and isinstance(right, (tuple, list)) else [right]
    asked = isinstance(node.left, p.Call) and isinstance(node.left.func, p.Name) and node.left.func.id == "type"
    layers = bool(wanted) and all(isinstance(kind, Class) and kind.spec is not None for kind in wanted)
    if layers and (isinstance(left, Instance) or (isinstance(left, Unknown) and _holds_tensors(node, frame))):
        text = f"a module is compared with the class `{wanted[0].name.rpartition('.')[2]}`: never true, `isinstance` asks for it"
        meant = f"isinstance({_source(node.left, frame)}, {_source(node.rest[0][1], frame)})"
    elif isinstance(left, Class) and asked and wanted and all(isinstance(kind, str) for kind in wanted):
        text = f"a class is compared with the string {wanted[0]!r}: never true, `isinstance` or `type(…).__name__` asks for it"
        meant = f"{_source(node.left, frame)}.__name__ {op} {_source(node.rest[0][1], frame)}"
    else:
        return
    plain = len(node.rest) == 1 and not isinstance(node.rest[0][1], p.Sequence)
    interp.framework.mistake(interp, "other-kinds", node, frame, text, meant=meant if plain else "")


def _holds_tensors(node: p.Compare, frame: Frame) -> bool:
    """Whether what stands behind ``if m == nn.Linear`` speaks of ``m.weight``, which a class does not have."""
    if not isinstance(node.left, p.Name):
        return False
    head, _, body = frame.module.source.text[node.end : node.end + AHEAD].partition(":")
    return "\n" not in head and re.match(rf"[^\n]*\n([ \t]+)(?=\S)(?:[^\n]*\n\1)?[^\n]*\b{node.left.id}\.(?:weight|bias|reset_parameters)\b", body) is not None


def _perhaps(interp: Interpreter, node: p.Expr, frame: Frame) -> Any:
    """The value of an operand that may not be evaluated at all."""
    return interp.heap.explore([lambda: interp.eval(node, frame), lambda: None])[0]


def eval_compare(interp: Interpreter, node: p.Compare, frame: Frame) -> Any:
    """``left < middle < right``."""
    left = interp.eval(node.left, frame)
    result: Any = True
    for op, right_node in node.rest:
        right = interp.eval(right_node, frame)
        result = compare(interp, op, left, right, frame, node)
        if (result is False and isinstance(left, (Instance, Class))) or (type(left) is Unknown and type(right) is Class):
            _notice_kinds(interp, op, left, right, frame, node)
        if result is not True:
            return result
        left = right
    return result


def eval_lambda(interp: Interpreter, node: p.Lambda, frame: Frame) -> Any:
    """``lambda params: body``."""
    return Function("<lambda>", node, frame, interp.defaults(node.params, frame), qualname=frame.qualname + ".<lambda>")


def eval_conditional(interp: Interpreter, node: p.IfExp, frame: Frame) -> Any:
    """``body if test else orelse``."""
    value = interp.eval(node.test, frame)
    truth = interp.truth(value)
    if truth is None:
        truth = worlds.answer(interp, node, value, frame)
    if truth is not None:
        return interp.eval(node.body if truth else node.orelse, frame)
    return join(interp.heap.explore([lambda: interp.eval(node.body, frame), lambda: interp.eval(node.orelse, frame)]))


def eval_walrus(interp: Interpreter, node: p.Walrus, frame: Frame) -> Any:
    """``(target := value)``."""
    value = interp.eval(node.value, frame)
    interp.bind(node.target, value, frame.function)
    return value


def eval_yield(interp: Interpreter, node: p.Yield, frame: Frame) -> Any:
    """``yield value``: runs the ``with`` body that waits for it, or adds to what the generator yielded."""
    value = interp.eval(node.value, frame) if node.value else None
    target = frame
    while target.yielded is None and target.parent is not None:
        target = target.parent
    if target.on_yield is not None:
        target.on_yield(value)
    elif target.yielded is not None:
        interp.heap.touch(target.yielded, target.born)
        if node.delegate:
            target.yielded.extend(elements_of(interp, value) or [Unknown("yields from a value that is not known")])
        else:
            target.yielded.append(value)
    return Unknown("what is sent into a generator")


def eval_starred(interp: Interpreter, node: p.Starred, frame: Frame) -> Any:
    """``*value``, where no display or call has taken it apart."""
    return interp.eval(node.value, frame)


def eval_unsupported(interp: Interpreter, node: p.Unsupported, frame: Frame) -> Any:
    """Syntax that lowering does not describe."""
    return Unknown(f"{node.what} is not followed")


EVALUATE: dict[type, Callable[..., Any]] = {
    p.Const: eval_const, p.Name: eval_name, p.Attr: eval_attr, p.Call: eval_call, p.Subscript: eval_subscript, p.Slice: eval_slice,
    p.BinOp: eval_binary, p.UnaryOp: eval_unary, p.BoolOp: eval_boolean, p.Compare: eval_compare, p.Sequence: eval_sequence,
    p.DictDisplay: eval_dict, p.Lambda: eval_lambda, p.IfExp: eval_conditional, p.Comprehension: eval_comprehension,
    p.FString: eval_fstring, p.FormattedValue: eval_formatted, p.Walrus: eval_walrus, p.Yield: eval_yield, p.Starred: eval_starred,
    p.Unsupported: eval_unsupported,
}  # fmt: skip
