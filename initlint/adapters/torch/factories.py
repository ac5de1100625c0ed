"""Functions that return a new tensor: ``torch.zeros``, ``torch.arange``, ``torch.cat`` and their kin."""

from __future__ import annotations

import math
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.adapters.torch.binding import REQUIRED, DoesNotFit, bind, framework_of
from initlint.adapters.torch.inits import draw
from initlint.adapters.torch.tensors import MAX_DATA, from_data, literal, new_tensor
from initlint.adapters.torch.writes import current, mix
from initlint.graph import Origin
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Builtin, External, Method, OneOf, Tensor, Unknown, is_number, repeats
from initlint.overlays.torch_init import FACTORIES, Initializer, InvalidCall, UnknownArgument, shape_given
from initlint.symbolic import Number, Sym

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

IRRELEVANT = ("device", "dtype", "requires_grad", "generator", "out", "layout")
"""Keyword arguments that change neither the shape nor the law."""
SHAPE = re.compile(r"(?:^|\.)(?:size|sizes|\w*shape)$")
"""Names of unknown arguments that hold a whole shape as likely as one size."""
UNINITIALISED = ("torch.empty", "torch.Tensor", "torch.FloatTensor", "torch.empty_like", "torch.Tensor.new_empty")
CONVERTING = ("torch.Tensor", "torch.FloatTensor")
"""Factories that make memory of a size, but take over values where they are given some."""
LENGTH = re.compile(r"^(?:n|num)_\w+|_(?:dims?|size|features|channels|width|clusters|classes|heads|units)$|^(?:dim|length|width)$")
"""Names of numbers."""
SIZED = frozenset(name for name, factory in FACTORIES.items() if factory.signature.startswith("*size"))
"""Factories that are given sizes alone."""
RESHAPES = frozenset(("view", "reshape", "expand", "repeat", "permute", "tile"))
"""Methods of tensors that are."""
NO_VALUES = "uninitialised memory that nothing fills"


def takes_sizes(func: Any) -> bool:
    """Whether a function is given sizes alone: ``torch.zeros``, or ``view`` of a tensor."""
    if type(func) is Method and type(func.receiver) is Tensor:
        return type(func.function) is Builtin and func.function.name in RESHAPES
    return type(func) is External and func.name in SIZED


def make(call: Call, name: str, entry: Optional[Initializer] = None) -> Any:
    """``torch.zeros(...)`` and its kin, as ``entry`` or torch's own table describes it."""
    args = call.args
    if name in CONVERTING and len(args) == 1 and isinstance(args[0], (Tensor, Unknown)):
        if isinstance(args[0], Tensor) or not _is_size(call.node):
            return from_data(args[0])
        args = [framework_of(call).sizes.settle("size", args[0], REQUIRED)]
    factory = entry or FACTORIES[name]
    kwargs = {("from_" if k == "from" else k): v for k, v in call.kwargs.items() if k not in IRRELEVANT}
    if "size" in kwargs and "*size" in factory.signature:
        args = [*args, kwargs.pop("size")]
    try:
        bound, passed = bind(factory.signature, args, kwargs)
        if factory.makes == "input":
            source = bound.input
            shape = source.shape if isinstance(source, Tensor) else None
        else:
            shape = _given_shape(call, factory, bound)
    except (DoesNotFit, InvalidCall) as error:
        return new_tensor(None, None, reason=f"{name}() {error}")
    if factory.makes == "integers" and len(call.args) == 1 and isinstance(call.args[0], list if shape is None else (list, tuple)):
        return literal(call)
    tensor = new_tensor(shape, None)
    draw(call, tensor, factory, bound, passed, Origin.FILL)
    if name in UNINITIALISED:
        tensor.storage.distribution = tensor.storage.base = None
        tensor.storage.reason, tensor.storage.empty = NO_VALUES, call.site
        framework_of(call).witness.emptied.append(call.site)
    return tensor


def _is_size(node: p.Node) -> bool:
    """Whether the one argument of a call says by its name that it is a number of entries: ``torch.Tensor(mutable.length)``."""
    given = node.args[0].value if isinstance(node, p.Call) and node.args else None
    name = given.attr if isinstance(given, p.Attr) else given.id if isinstance(given, p.Name) else ""
    return LENGTH.search(name) is not None


def _given_shape(call: Call, factory: Initializer, bound: Any) -> Optional[tuple[Number, ...]]:
    sizes = getattr(bound, "size", None)
    if factory.makes == "integers" and sizes == ():
        return (0,)
    if isinstance(sizes, tuple):
        if len(sizes) == 1 and isinstance(sizes[0], Sym) and SHAPE.search(str(sizes[0])):
            return None
        bound.size = tuple(map(_size, sizes))
    try:
        return shape_given(factory, bound)
    except UnknownArgument:
        return _partly_known(call, getattr(bound, "size", None))


def _size(value: Any) -> Any:
    if isinstance(value, OneOf):
        options = possible(value)
        return options[0] if len(options) == 1 else Unknown("a branch")
    return tuple(value) if isinstance(value, list) else value


def _partly_known(call: Call, size: Any) -> Optional[tuple[Number, ...]]:
    """A shape of which some sizes are not known: they become symbols."""
    if isinstance(size, tuple) and len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    if not isinstance(size, tuple) or not size or repeats(size):
        return None
    if len(size) == 1 and isinstance(size[0], Unknown):
        return None
    sizes = framework_of(call).sizes
    return tuple(v if is_number(v) else sizes.settle("size", Unknown(""), REQUIRED) for v in size)


def arange(call: Call) -> Any:
    """``torch.arange``, with its entries where the bounds are plain numbers."""
    if call.args and all(isinstance(a, (int, float)) for a in call.args):
        start, stop = call.args[:2] if len(call.args) > 1 else (0, call.args[0])
        step = call.args[2] if len(call.args) > 2 else call.kwargs.get("step", 1) if len(call.args) > 1 else 1
        if not isinstance(step, (int, float)):
            return new_tensor(None, None, reason="a range of numbers")
        count = max(0, math.ceil((stop - start) / step)) if step else 0
        if 0 < count <= MAX_DATA:
            return from_data([start + i * step for i in range(count)])
        return new_tensor((count,), None, reason="a range of numbers")
    size = call.args[0] if len(call.args) == 1 and isinstance(call.args[0], Sym) else None
    return new_tensor((size,) if size is not None else None, None, reason="a range of numbers")


def linspace(call: Call) -> Any:
    """``torch.linspace``, with its entries where the bounds are plain numbers."""
    start, stop, count = call.get(0, "start"), call.get(1, "end"), call.get(2, "steps")
    if isinstance(count, int) and 0 < count <= MAX_DATA and isinstance(start, (int, float)) and isinstance(stop, (int, float)):
        step = (stop - start) / (count - 1) if count > 1 else 0
        return from_data([start + i * step for i in range(count)])
    return new_tensor((count,) if is_number(count) else None, None, reason="a range of numbers")


def cumulate(call: Call) -> Any:
    """``torch.cumsum``, of entries that are known."""
    source = from_data(call.get(0, "input"))
    if isinstance(source.data, list):
        return from_data(list(accumulate(source.data)))
    return new_tensor(source.shape, None, reason="a running sum")


def differences(call: Call) -> Any:
    """``torch.diff``, of entries that are known."""
    source = call.get(0, "input")
    if isinstance(source, Tensor) and isinstance(source.data, list):
        return from_data([b - a for a, b in zip(source.data, source.data[1:])])
    return new_tensor(None, None, reason="differences")


LOST = "joined from values that are not known"


def concatenate(call: Call) -> Any:
    """``torch.cat`` of tensors that exist before the forward pass."""
    return _joined(call, stacked=False)


def stack(call: Call) -> Any:
    """``torch.stack`` of tensors that exist before the forward pass."""
    return _joined(call, stacked=True)


def _joined(call: Call, *, stacked: bool) -> Tensor:
    items = elements_of(call.interp, call.get(0, "tensors")) or []
    dim = call.get(1, "dim", 0)
    if not items or not all(isinstance(t, Tensor) and t.shape is not None for t in items) or not isinstance(dim, int):
        return new_tensor(None, None, reason=LOST)
    shape = _stacked_shape(items, dim) if stacked else _joined_shape(items, dim)
    laws = [current(t) for t in items]
    if all(law == laws[0] for law in laws):
        return new_tensor(shape, laws[0])
    sizes = [math.prod(t.shape) if all(isinstance(s, int) for s in t.shape) else None for t in items]
    total = sum(s for s in sizes if s is not None)
    if None in sizes or not total:
        return new_tensor(shape, None, reason="joined from parts of unknown size")
    return new_tensor(shape, mix([(s / total, law) for s, law in zip(sizes, laws) if s]))


def _stacked_shape(items: list[Any], dim: int) -> Optional[tuple[Number, ...]]:
    first = items[0].shape
    return (*first[:dim], len(items), *first[dim:]) if dim >= 0 else None


def _joined_shape(items: list[Any], dim: int) -> tuple[Number, ...]:
    shape = list(items[0].shape)
    if shape and all(-len(t.shape) <= dim < len(t.shape) for t in items):
        shape[dim] = sum(t.shape[dim] for t in items)
    return tuple(shape)
