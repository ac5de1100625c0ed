"""What functions of single entries and arithmetic make of the law of a tensor, before the forward pass."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch import statistics
from initlint.adapters.torch.tensors import COMPUTED, from_data, new_tensor, with_shape
from initlint.adapters.torch.writes import current
from initlint.interpreter.values import Tensor, is_number, unknown
from initlint.symbolic import Number, Sym
from initlint.theory.activations import truncated_moments
from initlint.theory.laws import Distribution, constant, normal

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

SCALAR_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "log": math.log, "log2": math.log2, "log10": math.log10, "log1p": math.log1p, "exp": math.exp, "expm1": math.expm1,
    "sqrt": math.sqrt, "rsqrt": lambda v: 1 / math.sqrt(v), "square": lambda v: v * v, "reciprocal": lambda v: 1 / v,
    "abs": abs, "neg": operator.neg, "floor": math.floor, "ceil": math.ceil, "round": round,
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
}  # fmt: skip
LAW_FUNCTIONS = ("pow", "erfinv", "clamp", "clip")
"""Functions beside those whose effect is known for some laws."""
OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
"""The operators that Python and torch agree on."""


def elementwise(call: Call, name: str) -> Any:
    """A function of single entries (``torch.log``), where its effect on the law is known."""
    tensor = call.args[0]
    try:
        made = _elementwise(call, tensor, name.rstrip("_"))
    except (ArithmeticError, ValueError, TypeError):
        made = None
    return made if made is not None else new_tensor(tensor.shape, None, reason=f"computed by {name}()")


def _elementwise(call: Call, tensor: Tensor, name: str) -> Optional[Tensor]:
    function, law = SCALAR_FUNCTIONS.get(name), current(tensor)
    if function is not None and isinstance(tensor.data, list):
        return with_shape(from_data([function(v) for v in tensor.data]), tensor.shape)
    if function is not None and isinstance(tensor.data, (int, float)):
        return from_data(function(tensor.data))
    if law is None:
        return None
    if function is not None and law.kind == "constant" and isinstance(law.mean, (int, float)):
        return new_tensor(tensor.shape, constant(function(law.mean)))
    if function is not None and (mapped := statistics.mapped(law, function)) is not None:
        return new_tensor(tensor.shape, mapped)
    if name == "erfinv" and law.kind == "uniform":
        return new_tensor(tensor.shape, inverse_error(law))
    if name in ("clamp", "clip") and _within(law, call.get(1, "min"), call.get(2, "max")):
        return new_tensor(tensor.shape, law)
    if name == "pow" and law.kind == "constant" and law.mean is not None and is_number(call.get(1, "exponent")):
        return new_tensor(tensor.shape, constant(law.mean ** call.get(1, "exponent")))
    return None


def inverse_error(law: Distribution) -> Optional[Distribution]:
    """The law of erfinv(u): a normal cut where ``u`` is, over sqrt(2)."""
    if not isinstance(law.low, (int, float)) or not isinstance(law.high, (int, float)):
        return None
    alpha, beta = (_quantile((1 + v) / 2) for v in (law.low, law.high))
    if math.isinf(alpha) and math.isinf(beta):
        return normal(0.0, math.sqrt(0.5))
    if not alpha < beta:
        return None
    mean, std = (v / math.sqrt(2) for v in truncated_moments(alpha, beta))
    low, high = (None if math.isinf(v) else v / math.sqrt(2) for v in (alpha, beta))
    return Distribution(kind="trunc_normal", mean=mean, std=std, low=low, high=high, law=f"normal cut to [{alpha:.4g}, {beta:.4g}] σ")


def _quantile(probability: float) -> float:
    if probability <= 1e-15:
        return -math.inf
    return math.inf if probability >= 1 - 1e-15 else NormalDist().inv_cdf(probability)


def _within(law: Distribution, low: Any, high: Any) -> bool:
    """Whether clamping to [low, high] leaves the law as it is (up to 1 in 10⁸ entries)."""
    if not isinstance(law.mean, (int, float)) or not isinstance(law.std, (int, float)):
        return False
    if not all(v is None or isinstance(v, (int, float)) for v in (low, high)):
        return False
    slack = 1e-6 * (abs(law.std) + 1e-12)
    below = law.low if isinstance(law.low, (int, float)) else law.mean - 5.7 * law.std
    above = law.high if isinstance(law.high, (int, float)) else law.mean + 5.7 * law.std
    return (low is None or low <= below + slack) and (high is None or high >= above - slack)


def arithmetic(op: str, left: Any, right: Any) -> Tensor:
    """``tensor op number`` and ``tensor op tensor`` on values that exist before the forward pass."""
    tensor, other = (left, right) if isinstance(left, Tensor) else (right, left)
    if isinstance(other, Tensor):
        return _of_two(op, left, right)
    law = current(tensor)
    if not is_number(other) or law is None or isinstance(other, bool):
        return new_tensor(tensor.shape, None, reason=unknown(other) or tensor.storage.reason or COMPUTED)
    data = _on_data(op, left, right)
    if data is not None:
        return from_data(data) if tensor.shape in ((), None) else with_shape(from_data(data), tensor.shape)
    made = _on_law(op, law, other, first=tensor is left)
    return _descended(tensor, new_tensor(tensor.shape, made, reason="" if made else COMPUTED))


def _descended(source: Tensor, made: Tensor) -> Tensor:
    """``made`` with the draw behind ``source`` as its own, the law that of the result."""
    law = made.storage.distribution
    if law is not None and source.storage.events and source.whole:
        made.storage.events = (replace(source.storage.events[-1], distribution=law),)
    return made


def _on_law(op: str, law: Distribution, other: Number, *, first: bool) -> Optional[Distribution]:
    """The law of ``x op other`` (or ``other op x``, where ``x`` is not ``first``) for ``x`` drawn from ``law``."""
    if op == "*":
        return law.scaled(other)
    if op == "+":
        return law.shifted(other)
    if op == "-":
        return law.shifted(-other) if first else law.scaled(-1).shifted(other)
    if op == "/" and first:
        return law.scaled(1 / other) if isinstance(other, Sym) or other != 0 else None
    if law.kind == "constant" and law.mean is not None:
        try:
            if op == "/":
                return constant(other / law.mean)
            if op == "**":
                return constant(law.mean**other if first else other**law.mean)
        except (ArithmeticError, TypeError):
            return None
    if op in ("/", "**") and not isinstance(other, Sym) and statistics.nearly(law):
        function = OPERATORS[op]
        try:
            return statistics.mapped(law, (lambda v: function(v, other)) if first else (lambda v: function(other, v)))
        except (ArithmeticError, TypeError):
            return None
    return None


def _on_data(op: str, left: Any, right: Any) -> Any:
    """``left op right`` entry by entry, where the entries of the tensor among them are known."""
    values, scalar, first = (left.data, right, True) if isinstance(left, Tensor) else (right.data, left, False)
    function = OPERATORS.get(op)
    if function is None or not isinstance(values, (list, int, float)) or isinstance(scalar, Sym):
        return None
    entries = values if isinstance(values, list) else [values]
    try:
        result = [function(v, scalar) if first else function(scalar, v) for v in entries]
    except (ArithmeticError, TypeError):
        return None
    return result if isinstance(values, list) else result[0]


def _of_two(op: str, left: Tensor, right: Tensor) -> Tensor:
    if isinstance(right.data, (int, float)) and left.data is not None:
        return arithmetic(op, left, right.data)
    if isinstance(left.data, (int, float)) and right.data is not None:
        return arithmetic(op, left.data, right)
    if isinstance(left.data, list) and isinstance(right.data, list) and left.shape == right.shape and op in OPERATORS:
        try:
            return with_shape(from_data([OPERATORS[op](a, b) for a, b in zip(left.data, right.data)]), left.shape)
        except ArithmeticError:
            return new_tensor(left.shape, None, reason=COMPUTED)
    shape = None
    if op == "@":
        plain = left.shape is not None and right.shape is not None and len(left.shape) == len(right.shape) == 2
        return new_tensor((left.shape[0], right.shape[1]) if plain and left.shape and right.shape else None, None, reason=COMPUTED)
    if left.shape is not None and right.shape is not None:
        shape = left.shape if len(left.shape) >= len(right.shape) else right.shape
    laws = current(left), current(right)
    if laws[0] is not None and laws[1] is not None:
        for law, other, first in ((laws[0], laws[1], True), (laws[1], laws[0], False)):
            made = _on_law(op, law, other.mean, first=first) if other.kind == "constant" and other.mean is not None else None
            if made is None and op in "*/" and law.kind != "constant" and statistics.nearly(other) and other.mean is not None:
                made = statistics.unbounded(_on_law(op, law, other.mean, first=first))
            if made is not None:
                return new_tensor(shape, made)
    return new_tensor(shape, None, reason=COMPUTED)
