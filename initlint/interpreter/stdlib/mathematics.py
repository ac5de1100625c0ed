"""``math``, ``operator`` and the scalar part of NumPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from initlint.interpreter.builtins import BUILTINS, Handler
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.operators import binary
from initlint.interpreter.stdlib.registry import FUNCTIONS, function
from initlint.interpreter.values import Builtin, Unknown, is_number, repeats, unknown
from initlint.symbolic import opaque, sqrt

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call


def _math(name: str) -> Handler:
    def handler(call: Call) -> Any:
        values = call.args
        if all(isinstance(v, (int, float)) for v in values):
            if name in ("factorial", "comb") and max(values, default=0) > 1000:
                return Unknown("the number is too large")
            try:
                return getattr(math, name)(*values)
            except (ValueError, OverflowError, TypeError, ZeroDivisionError, AttributeError):
                return Unknown(f"math.{name}() fails")
        if all(is_number(v) for v in values) and values:
            if name == "sqrt":
                return sqrt(values[0])
            if name == "pow":
                return binary(call.interp, "**", values[0], values[1], call.frame, call.node)
            return opaque(f"{name}({', '.join(str(v) for v in values)})")
        return Unknown(next((reason for v in values if (reason := unknown(v))), f"math.{name}() of a value that is not known"))

    return handler


SHARED = ("sqrt", "log", "exp", "floor", "ceil", "log2", "log10", "sin", "cos", "tan", "tanh", "expm1", "log1p")
"""Functions that ``math`` and NumPy call alike."""
OF_MATH = (
    "pow", "gcd", "lcm", "comb", "factorial", "isqrt", "cbrt", "hypot", "fabs", "copysign", "isnan", "isinf", "erf",
    "acos", "asin", "atan", "atan2", "degrees", "radians",
)  # fmt: skip

for _name in (*SHARED, *OF_MATH):
    FUNCTIONS[f"math.{_name}"] = _math(_name)
for _name in SHARED:
    FUNCTIONS[f"numpy.{_name}"] = _math(_name)
FUNCTIONS["numpy.power"] = _math("pow")


@function("math.prod", "numpy.prod")
def _prod(call: Call) -> Any:
    items = elements_of(call.interp, call.get(0, "iterable"))
    if items is None or repeats(items):
        return Unknown("a product of values that are not known")
    total: Any = 1
    for item in items:
        total = binary(call.interp, "*", total, item, call.frame, call.node)
    return total


for _name in ("sum", "max", "min", "abs", "round"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS[_name].handler
FUNCTIONS["math.fsum"] = BUILTINS["sum"].handler
for _name in ("int64", "int32", "int"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS["int"].handler
for _name in ("float32", "float64"):
    FUNCTIONS[f"numpy.{_name}"] = BUILTINS["float"].handler


@function("numpy.array", "numpy.asarray")
def _array(call: Call) -> Any:
    value = call.get(0, "object")
    return list(value) if isinstance(value, (list, tuple)) else value if is_number(value) else Unknown("an array that is not followed")


def _operator(op: str) -> Handler:
    return lambda call: binary(call.interp, op, call.args[0], call.args[1], call.frame, call.node)


for _name, _op in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("floordiv", "//"), ("mod", "%"), ("pow", "**")):
    FUNCTIONS[f"operator.{_name}"] = _operator(_op)


@function("operator.itemgetter")
def _itemgetter(call: Call) -> Any:
    keys = list(call.args)
    if len(keys) != 1:
        return Unknown("itemgetter() of several keys")
    return Builtin("itemgetter", lambda inner: inner.interp.getitem(inner.args[0], keys[0], inner.frame, inner.node))


@function("operator.attrgetter")
def _attrgetter(call: Call) -> Any:
    names = call.args[0].split(".") if len(call.args) == 1 and isinstance(call.args[0], str) else []

    def get(inner: Call) -> Any:
        value = inner.args[0]
        for name in names:
            value = inner.interp.getattr(value, name, inner.frame, inner.node)
        return value

    return Builtin("attrgetter", get) if names else Unknown("attrgetter() of several names")


@function("operator.index")
def _index(call: Call) -> Any:
    return call.args[0]
