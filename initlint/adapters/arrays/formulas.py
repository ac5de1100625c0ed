"""Nonlinearities written out: ``np.maximum(x, 0)``, ``1 / (1 + np.exp(-x))``, ``x * (x > 0)``.

Each is told by the operations of its formula, which then give way to one activation.
"""

from __future__ import annotations

from typing import Any, Optional

from initlint.findings import Site
from initlint.graph import Op
from initlint.interpreter.values import Storage, Tensor, is_number

WIDE = 10
"""Clipping at this or further out is there for the exponential, not for the signal."""


def compared(op: str, left: Any, right: Any) -> Optional[Tensor]:
    """``x > 0`` of a signal: a mask, which only a formula looks at. None for any other comparison."""
    if op in (">", ">=") and isinstance(left, Tensor) and left.op is not None and is_number(right) and right == 0:
        return Tensor(Storage(None), None, op=Op(kind="compare", name=op, inputs=[left.op]))
    return None


def is_mask(value: Any) -> bool:
    """Whether ``value`` came from ``compared``."""
    return isinstance(value, Tensor) and value.op is not None and value.op.kind == "compare"


def of_operator(op: str, left: Any, right: Any, site: Optional[Site]) -> Optional[Op]:
    """The activation that ``left op right`` completes, or None."""
    if op == "*" and is_mask(left) != is_mask(right):
        source: Op = (left if is_mask(left) else right).op.inputs[0]
        value = right if is_mask(left) else left
        return _activation("relu", source, site) if isinstance(value, Tensor) and value.op is source else None
    if op != "/" or not isinstance(right, Tensor) or right.op is None:
        return None
    if is_number(left) and left == 1:
        return _sigmoid(right.op, site)
    if isinstance(left, Tensor) and left.op is not None:
        return _tanh(left.op, right.op, site) or _softmax(left.op, right.op, site)
    return None


def of_function(name: str, args: list[Any], kwargs: dict[str, Any], site: Optional[Site]) -> Optional[Op]:
    """The activation that a call of a NumPy function is, or completes; None where it is none."""
    if name == "numpy.maximum" and len(args) == 2:
        return _maximum(args[0], args[1], site) or _maximum(args[1], args[0], site)
    if name == "numpy.where" and len(args) == 3 and is_mask(args[0]):
        return _either(args[0].op.inputs[0], args[1], args[2], site)
    if name == "numpy.clip" and args and isinstance(args[0], Tensor) and args[0].op is not None:
        low = args[1] if len(args) > 1 else kwargs.get("a_min")
        high = args[2] if len(args) > 2 else kwargs.get("a_max")
        if is_number(low) and low == 0 and high is None:
            return _activation("relu", args[0].op, site)
        if all(isinstance(v, (int, float)) and abs(v) >= WIDE for v in (low, high)):
            return _linked(Op(kind="view", name="clip", inputs=[args[0].op], site=site))
    if name in ("numpy.log", "numpy.log1p") and args and isinstance(args[0], Tensor) and args[0].op is not None:
        return _softplus(args[0].op, name == "numpy.log1p", site)
    return None


def _maximum(value: Any, floor: Any, site: Optional[Site]) -> Optional[Op]:
    if not isinstance(value, Tensor) or value.op is None:
        return None
    if is_number(floor) and floor == 0:
        return _activation("relu", value.op, site)
    slope = _multiple(floor, value.op)
    return _activation("leaky_relu", value.op, site, slope, floor.op) if slope is not None and 0 < slope < 1 else None


def _either(source: Op, above: Any, below: Any, site: Optional[Site]) -> Optional[Op]:
    """``np.where(x > 0, above, below)``."""
    if not isinstance(above, Tensor) or above.op is not source:
        return None
    if is_number(below):
        return _activation("relu", source, site) if below == 0 else None
    slope = _multiple(below, source)
    if slope is not None:
        return _activation("leaky_relu", source, site, slope, below.op)
    alpha = _exponential_part(below, source)
    return _activation("elu", source, site, alpha, below.op) if alpha is not None else None


def _multiple(value: Any, source: Op) -> Optional[float]:
    """The factor in ``factor * x``."""
    op = value.op if isinstance(value, Tensor) else None
    if op is None or op.kind != "mul" or op.inputs != [source]:
        return None
    factor = op.detail.get("factor")
    return float(factor) if isinstance(factor, (int, float)) else None


def _exponential_part(value: Any, source: Op) -> Optional[float]:
    """The factor in ``factor * (exp(x) - 1)``."""
    op = value.op if isinstance(value, Tensor) else None
    factor = 1.0
    if op is not None and op.kind == "mul" and len(op.inputs) == 1 and isinstance(op.detail.get("factor"), (int, float)):
        factor, op = float(op.detail["factor"]), op.inputs[0]
    if op is not None and op.kind == "sub" and op.detail.get("value") == 1 and len(op.inputs) == 1 and _exponent(op.inputs[0]) is source:
        return factor
    return None


def _sigmoid(denominator: Op, site: Optional[Site]) -> Optional[Op]:
    """``1 / (1 + exp(-x))``."""
    exponent = _one_plus_exponential(denominator)
    source = _negated(exponent) if exponent is not None else None
    return _activation("sigmoid", source, site, None, denominator) if source is not None else None


def _tanh(numerator: Op, denominator: Op, site: Optional[Site]) -> Optional[Op]:
    """``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``."""
    if numerator.kind != "sub" or denominator.kind != "add" or len(numerator.inputs) != 2 or len(denominator.inputs) != 2:
        return None
    exponents = [_exponent(op) for op in (*numerator.inputs, *denominator.inputs)]
    source, second, third, fourth = exponents
    if source is None or second is None or third is not source or fourth is None or _negated(second) is not source or _negated(fourth) is not source:
        return None
    return _activation("tanh", source, site, None, numerator, denominator)


def _softmax(numerator: Op, denominator: Op, site: Optional[Site]) -> Optional[Op]:
    """``exp(x) / sum(exp(x))``, also of ``x - max(x)``."""
    exponent = _exponent(numerator)
    if exponent is None or denominator.kind != "reduce" or len(denominator.inputs) != 1:
        return None
    summed = denominator.inputs[0]
    if summed is not numerator and _exponent(summed) is not exponent:
        return None
    shifted = exponent.kind == "sub" and len(exponent.inputs) == 2 and exponent.inputs[1].kind == "pool" and exponent.inputs[1].inputs == exponent.inputs[:1]
    source = exponent.inputs[0] if shifted else exponent
    made = _activation("softmax", source, site, None, numerator, denominator)
    if shifted:
        _release(exponent, source)
    return made


def _softplus(op: Op, plus_one: bool, site: Optional[Site]) -> Optional[Op]:
    """``log(1 + exp(x))``."""
    source = _exponent(op) if plus_one else _one_plus_exponential(op)
    return _activation("softplus", source, site, None, op) if source is not None else None


def _one_plus_exponential(op: Op) -> Optional[Op]:
    if op.kind == "add" and op.detail.get("value") == 1 and len(op.inputs) == 1:
        return _exponent(op.inputs[0])
    return None


def _exponent(op: Op) -> Optional[Op]:
    return op.inputs[0] if op.kind == "elementwise" and op.name == "exp" and len(op.inputs) == 1 else None


def _negated(op: Op) -> Optional[Op]:
    """``x`` of ``-x``."""
    if len(op.inputs) == 1 and ((op.kind == "mul" and op.detail.get("factor") == -1) or (op.kind == "view" and op.name == "negative")):
        return op.inputs[0]
    return None


def _activation(name: str, source: Op, site: Optional[Site], parameter: Optional[float] = None, *parts: Op) -> Op:
    for part in parts:
        _release(part, source)
    detail = {} if parameter is None else {"parameter": parameter}
    return _linked(Op(kind="activation", name=name, detail=detail, inputs=[source], site=site))


def _linked(op: Op) -> Op:
    for source in op.inputs:
        source.outputs.append(op)
    return op


def _release(op: Op, source: Op) -> None:
    """Take the formula that ends in ``op`` out of the readers of ``source``."""
    for value in op.inputs:
        if op in value.outputs:
            value.outputs.remove(op)
        if value is not source and not value.outputs:
            _release(value, source)
