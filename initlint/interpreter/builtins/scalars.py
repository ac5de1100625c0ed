"""Builtins over numbers and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins.registry import BUILTINS, Handler, builtin
from initlint.interpreter.heap import possible
from initlint.interpreter.operators import binary
from initlint.interpreter.values import TEXT, Builtin, Class, OneOf, Tensor, Unknown, is_number, join, unknown
from initlint.symbolic import Sym, opaque

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call
    from initlint.interpreter.core import Interpreter


def _numeric(name: str, convert: Callable[[Any], Any]) -> Handler:
    def handler(call: Call) -> Any:
        value = call.args[0] if call.args else 0
        if isinstance(value, OneOf):
            return join([_converted(call.interp, name, convert, v) for v in possible(value)])
        return _converted(call.interp, name, convert, value)

    return handler


def _converted(interp: Interpreter, name: str, convert: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, Sym):
        whole = all(isinstance(c, int) and all(e == int(e) > 0 for _, e in m) for m, c in value.terms)
        return value if name == "float" or whole else opaque(f"{name}({value})")
    if isinstance(value, (int, float, str, bool)):
        try:
            return convert(value)
        except (ValueError, OverflowError) as error:
            return interp.fail(type(error).__name__, f"{name}() of a value that does not convert")
    if isinstance(value, Tensor) and (number := value.entry) is not None:
        return convert(number)
    return Unknown(unknown(value) or f"{name}() of a value that is not known")


BUILTINS["int"] = Builtin("int", _numeric("int", int))
BUILTINS["float"] = Builtin("float", _numeric("float", float))


@builtin("bool")
def _bool(call: Call) -> Any:
    truth = call.interp.truth(call.get(0, "x", False))
    return Unknown("the condition is not decided") if truth is None else truth


@builtin("str")
def _str(call: Call) -> Any:
    value = call.get(0, "object", "")
    if isinstance(value, Sym):
        return "*"
    if isinstance(value, Class):
        return f"<class '{value.module}.{value.name}'>" if value.module else f"<class '{value.name}'>"
    return str(value) if isinstance(value, (str, int, float, bool, type(None))) else Unknown(TEXT)


@builtin("abs")
def _abs(call: Call) -> Any:
    value = call.get(0, "x")
    return abs(value) if is_number(value) else Unknown(unknown(value) or "abs() of a value that is not known")


@builtin("round")
def _round(call: Call) -> Any:
    value, digits = call.get(0, "number"), call.get(1, "ndigits")
    if isinstance(value, Sym):
        return opaque(f"round({value})")
    if isinstance(value, (int, float)) and (digits is None or (isinstance(digits, int) and abs(digits) < 400)):
        return round(value, digits) if digits is not None else round(value)
    return Unknown("round() of a value that is not known")


@builtin("pow")
def _pow(call: Call) -> Any:
    return binary(call.interp, "**", call.args[0], call.args[1], call.frame, call.node) if len(call.args) == 2 else Unknown("pow()")


@builtin("divmod")
def _divmod(call: Call) -> Any:
    left, right = call.args[0], call.args[1]
    return (left // right, left % right) if is_number(left) and is_number(right) and right != 0 else Unknown("divmod()")


@builtin("ord")
def _ord(call: Call) -> Any:
    value = call.get(0, "c")
    return ord(value) if isinstance(value, str) and len(value) == 1 else Unknown(unknown(value) or "ord() of a value that is not known")


@builtin("chr")
def _chr(call: Call) -> Any:
    value = call.get(0, "i")
    return chr(value) if isinstance(value, int) and 0 <= value < 0x110000 else Unknown(unknown(value) or "chr() of a value that is not known")
