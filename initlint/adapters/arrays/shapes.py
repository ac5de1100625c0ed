"""Shapes of what NumPy's functions make of signals, as far as layers behind them take sizes from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.shapes import placeholder
from initlint.adapters.torch.views import viewed_shape
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Tensor, is_number
from initlint.symbolic import Number, Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

Shape = Optional[tuple[Number, ...]]
JOINING = ("concatenate", "concat", "hstack")
REDUCING = ("mean", "sum", "max", "min", "prod", "var", "std")
SAME = ("asarray", "array", "copy", "negative", "float32", "float64", "abs", "sqrt", "square", "exp", "clip")
ALIKE = ("add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "where", "power")


def shape_of(name: str, call: Call) -> Shape:
    """The shape of ``numpy.<name>(…)``; None where it is not known."""
    if name in ALIKE:
        return broadcast([value for value in call.args if isinstance(value, Tensor)])
    if name in JOINING:
        return _joined(call)
    value = call.get(0, "x", call.kwargs.get("a", call.kwargs.get("inputs")))
    if isinstance(value, Tensor) and name == "reshape":
        return _reshaped(value, call)
    if not isinstance(value, Tensor) or value.shape is None:
        return None
    if name.endswith("_pool"):
        return (value.shape[0], *(placeholder("length") for _ in value.shape[1:-1]), value.shape[-1])
    if name in SAME:
        return value.shape
    if name in REDUCING:
        return _reduced(value.shape, call.get(1, "axis"), call.kwargs.get("keepdims") is True)
    return VIEWS[name](value, call) if name in VIEWS else None


def broadcast(values: list[Tensor]) -> Shape:
    """The common shape of values that are combined entry by entry, as far as theirs are known."""
    shapes = [value.shape for value in values if value.shape is not None]
    longest = max(shapes, key=len, default=())
    return None if not shapes else tuple(_common([shape[-place] for shape in shapes if len(shape) >= place]) for place in range(len(longest), 0, -1))


def _common(sizes: list[Number]) -> Number:
    """The size of an axis; what is known and not 1 goes before what is not."""
    return next((size for size in sizes if not isinstance(size, Sym) and size != 1), next((size for size in sizes if isinstance(size, Sym)), 1))


def _joined(call: Call) -> Shape:
    values = elements_of(call.interp, call.get(0, "xs", call.kwargs.get("arrays"))) or []
    shapes = [value.shape if isinstance(value, Tensor) else None for value in values]
    return joined(shapes, call.get(1, "axis", 0))


def joined(shapes: list[Shape], axis: Any = None) -> Shape:
    """The shape of several signals joined along ``axis``, by default the last; None where nothing is known of them."""
    known = [shape for shape in shapes if shape is not None]
    first = known[0] if known else ()
    place = axis if isinstance(axis, int) else -1
    if any(len(shape) != len(first) for shape in known) or not -len(first) <= place < len(first):
        return None
    place %= len(first)
    length = sum(shape[place] for shape in known) if len(known) == len(shapes) else placeholder("length")
    return (*first[:place], length, *first[place + 1 :])


def _reduced(shape: tuple[Number, ...], axis: Any, keeps: bool) -> Shape:
    axes = range(len(shape)) if axis is None else [axis] if isinstance(axis, int) else axis
    if not isinstance(axes, (list, tuple, range)) or not all(isinstance(one, int) and -len(shape) <= one < len(shape) for one in axes):
        return None
    gone = {one % len(shape) for one in axes}
    return tuple(1 if place in gone else size for place, size in enumerate(shape) if keeps or place not in gone)


def _reshaped(value: Tensor, call: Call) -> Shape:
    sizes = call.get(1, "newshape", call.kwargs.get("shape"))
    items = [sizes] if is_number(sizes) else elements_of(call.interp, sizes)
    if items is None:
        return None
    known = [size if is_number(size) else placeholder("size") for size in items]
    return viewed_shape(value, "reshape", known) or tuple(placeholder("size") if size == -1 else size for size in known)


def _transposed(value: Tensor, call: Call) -> Shape:
    order = call.get(1, "axes")
    return viewed_shape(value, "T", []) if order is None else viewed_shape(value, "permute", list(order) if isinstance(order, (tuple, list)) else [])


def _expanded(value: Tensor, call: Call) -> Shape:
    return viewed_shape(value, "unsqueeze", [call.get(1, "axis")])


def _squeezed(value: Tensor, call: Call) -> Shape:
    axis = call.get(1, "axis")
    return viewed_shape(value, "squeeze", [] if axis is None else [axis])


def _swapped(value: Tensor, call: Call) -> Shape:
    return viewed_shape(value, "swapaxes", call.args[1:3])


def _repeated(value: Tensor, call: Call) -> Shape:
    times = call.get(1, "repeats", call.kwargs.get("reps"))
    items = elements_of(call.interp, times)
    return viewed_shape(value, "tile", [size if is_number(size) else placeholder("size") for size in items]) if items is not None else None


def _spread(value: Tensor, call: Call) -> Shape:
    items = elements_of(call.interp, call.get(1, "shape"))
    return tuple(size if is_number(size) else placeholder("size") for size in items) if items is not None else None


VIEWS: dict[str, Callable[[Tensor, Call], Shape]] = {
    "transpose": _transposed, "expand_dims": _expanded, "squeeze": _squeezed, "swapaxes": _swapped, "tile": _repeated,
    "broadcast_to": _spread,
}  # fmt: skip
