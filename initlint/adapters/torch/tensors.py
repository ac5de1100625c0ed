"""Tensors while a model is built: factories, views, arithmetic, in-place fills and ``torch.nn.init``."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.binding import DoesNotFit, bind
from initlint.adapters.torch.writes import current, mix, of_data, write
from initlint.graph import Origin
from initlint.interpreter.heap import possible
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.values import Builtin, External, Instance, Method, OneOf, Storage, Tensor, Unknown, is_number, unknown
from initlint.overlays.torch_init import FACTORIES, FILLS, INITIALIZERS, Initializer, InvalidCall, UnknownArgument, calculate_gain, shape_given
from initlint.symbolic import Number, Sym, known
from initlint.theory.activations import truncated_moments
from initlint.theory.laws import Distribution, constant, normal

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

MAX_DATA = 4096
LARGEST = 1e100
"""Numbers up to this are remembered: their squares are still numbers."""
SAME_LAW = {
    "data", "detach", "int", "long", "clone", "contiguous", "to", "float", "half", "double", "cuda", "cpu", "type", "bfloat16", "requires_grad_", "view", "reshape",
    "permute", "transpose", "t", "T", "flatten", "unsqueeze", "squeeze", "expand", "repeat", "detach_", "swapaxes", "movedim", "unflatten", "view_as",
    "expand_as", "type_as", "mT", "ravel", "tile", "roll", "flip", "broadcast_to", "expand_dims", "is_leaf", "new_tensor", "share_memory_", "pin_memory",
}  # fmt: skip
SHARING = {"data", "detach", "detach_", "view", "t", "T", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "reshape", "requires_grad_", "contiguous",
           "view_as", "to", "cuda", "cpu", "float", "half", "swapaxes", "mT", "expand", "ravel", "unflatten", "share_memory_", "movedim"}  # fmt: skip
DATA_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow, "//": operator.floordiv, "%": operator.mod,
}  # fmt: skip
REORDERING = {"permute", "transpose", "t", "T", "mT", "expand", "repeat", "swapaxes", "movedim", "roll", "flip", "tile", "expand_as", "broadcast_to"}
SCALAR_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "abs": abs, "log2": math.log2, "expm1": math.expm1, "log1p": math.log1p, "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "tanh": math.tanh, "reciprocal": lambda v: 1 / v, "square": lambda v: v * v, "sin": math.sin, "cos": math.cos, "rsqrt": lambda v: 1 / math.sqrt(v), "log10": math.log10,
    "floor": math.floor, "ceil": math.ceil, "neg": lambda v: -v, "round": round,
}  # fmt: skip


def new_tensor(shape: Optional[tuple[Number, ...]], law: Optional[Distribution], *, data: Any = None, reason: str = "") -> Tensor:
    """A tensor with memory of its own."""
    return Tensor(Storage(shape, distribution=law, base=law, reason=reason), shape, data=data)


def make(call: Call, name: str) -> Any:
    """``torch.zeros(...)`` and its kin."""
    factory = FACTORIES[name]
    kwargs = {("from_" if k == "from" else k): v for k, v in call.kwargs.items() if k not in ("device", "dtype", "requires_grad", "generator", "out", "layout")}
    try:
        bound, passed = bind(factory.signature, call.args, kwargs)
        if factory.makes == "input":
            source = bound.input
            shape = source.shape if isinstance(source, Tensor) else None
        else:
            shape = _given_shape(call, factory, bound)
    except DoesNotFit as error:
        return new_tensor(None, None, reason=f"{name}() {error}")
    if shape is not None and factory.makes == "integers" and _is_data(call):
        return literal(call)
    tensor = new_tensor(shape, None)
    _apply_law(call, tensor, factory, bound, passed, Origin.FILL)
    if name in ("torch.empty", "torch.Tensor", "torch.FloatTensor", "torch.empty_like", "torch.Tensor.new_empty"):
        tensor.storage.distribution = tensor.storage.base = None
        tensor.storage.reason = "uninitialised memory that nothing fills"
    return tensor


def _given_shape(call: Call, factory: Initializer, bound: Any) -> Optional[tuple[Number, ...]]:
    sizes = getattr(bound, "size", None)
    if isinstance(sizes, tuple):
        bound.size = tuple(_size(call, s) for s in sizes)
    try:
        return shape_given(factory, bound)
    except UnknownArgument:
        return _partly_known(call, getattr(bound, "size", None))


def _size(call: Call, value: Any) -> Any:
    if isinstance(value, OneOf):
        options = possible(value)
        return options[0] if len(options) == 1 else Unknown("a branch")
    return tuple(value) if isinstance(value, list) else value


def _partly_known(call: Call, size: Any) -> Optional[tuple[Number, ...]]:
    """A shape of which some sizes are not known: they become symbols."""
    if isinstance(size, tuple) and len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    if not isinstance(size, tuple) or not size:
        return None
    if len(size) == 1 and isinstance(size[0], Unknown):
        return None
    sizes = call.interp.framework.sizes  # type: ignore[attr-defined]
    settled = tuple(v if is_number(v) else sizes.settle("size", Unknown(""), _REQUIRED) for v in size)
    return settled


from initlint.adapters.torch.binding import REQUIRED as _REQUIRED  # noqa: E402


def _is_data(call: Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], (list, tuple))


def literal(call: Call) -> Tensor:
    """``torch.tensor(data)``."""
    return from_data(call.get(0, "data"))


def from_data(value: Any) -> Tensor:
    """A tensor of given values, remembered where they are few and plain."""
    if isinstance(value, Tensor):
        return new_tensor(value.shape, current(value), data=value.data)
    if is_number(value):
        return new_tensor((), constant(float(value) if isinstance(value, (bool, int)) else value), data=value if not isinstance(value, Sym) else None)
    if isinstance(value, (list, tuple)):
        flat, shape = _flatten(value)
        if flat is not None and 0 < len(flat) <= MAX_DATA and all(abs(v) < LARGEST for v in flat):
            return new_tensor(shape, of_data([float(v) for v in flat]), data=flat)
        return new_tensor(shape if flat is not None else None, None, reason="values computed by code")
    return new_tensor(None, None, reason=unknown(value) or "values computed by code")


def _flatten(value: Any) -> tuple[Optional[list[Any]], tuple[Number, ...]]:
    if isinstance(value, (int, float)):
        return [value], ()
    if not isinstance(value, (list, tuple)):
        return None, ()
    flat: list[Any] = []
    inner: tuple[Number, ...] = ()
    for one in value:
        part, inner = _flatten(one)
        if part is None:
            return None, ()
        flat.extend(part)
    return flat, (len(value), *inner)


def initialise(call: Call, name: str) -> Any:
    """A function of ``torch.nn.init``."""
    entry = INITIALIZERS[name]
    try:
        bound, passed = bind(entry.signature, call.args, call.kwargs)
    except DoesNotFit as error:
        call.interp.framework.misuse(call, name, f"TypeError: {name}() {error}")  # type: ignore[attr-defined]
        return call.args[0] if call.args else Unknown("an initializer without a tensor")
    target = bound.tensor
    candidates = possible(target)
    for tensor in candidates:
        if isinstance(tensor, Tensor) and len(candidates) > 1:
            call.interp.heap.explore([lambda t=tensor: _apply_law(call, t, entry, bound, passed, Origin.CALL), lambda: None])  # type: ignore[misc]
        elif isinstance(tensor, Tensor):
            _apply_law(call, tensor, entry, bound, passed, Origin.CALL)
        elif tensor is None or isinstance(tensor, Instance):
            call.interp.framework.misuse(call, name, f"{name} is given {'None' if tensor is None else 'a module'}")  # type: ignore[attr-defined]
    return target


def _apply_law(call: Call, tensor: Tensor, entry: Initializer, bound: Any, passed: dict[str, Any], origin: Origin) -> None:
    law, reason = None, ""
    try:
        law = entry.law(tensor.shape, bound)
    except UnknownArgument as error:
        value = getattr(bound, error.argument, None)
        reason = unknown(value) or f"{error.argument} is not known"
    except InvalidCall as error:
        reason = str(error)
        call.interp.framework.misuse(call, entry.name, reason)  # type: ignore[attr-defined]
    except (ArithmeticError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__} in the law"
    arguments = {k: v for k, v in passed.items() if k not in ("tensor", "self", "size", "input", "generator")}
    write(call.interp, tensor, entry.name, origin, law, call.site, arguments=arguments, reason=reason, chosen=call.chosen)
    tensor.data = None


def fill(call: Call, name: str) -> Any:
    """``tensor.normal_(…)`` and its kin; the tensor is the first argument."""
    entry = FILLS[f"torch.Tensor.{name}"]
    tensor = call.args[0]
    kwargs = {("from_" if k == "from" else k): v for k, v in call.kwargs.items()}
    try:
        bound, passed = bind(entry.signature, call.args, kwargs)
    except DoesNotFit:
        write(call.interp, tensor, entry.name, Origin.FILL, None, call.site, reason="arguments that do not fit")
        return tensor
    if name == "fill_" and isinstance(bound.value, Tensor):
        copy(call)
        return tensor
    _apply_law(call, tensor, entry, bound, passed, Origin.FILL)
    return tensor


def copy(call: Call) -> Any:
    """``tensor.copy_(source)``."""
    tensor, source = call.args[0], call.get(1, "src")
    law = current(source) if isinstance(source, Tensor) else constant(source) if is_number(source) else None
    reason = source.storage.reason if isinstance(source, Tensor) else unknown(source) or ""
    write(call.interp, tensor, "torch.Tensor.copy_", Origin.COPY, law, call.site, reason=reason or "copied from values computed by code")
    return tensor


def gain(call: Call) -> Any:
    """``torch.nn.init.calculate_gain``."""
    try:
        return calculate_gain(call.get(0, "nonlinearity"), call.get(1, "param"))
    except UnknownArgument as error:
        return Unknown(unknown(call.get(0, "nonlinearity")) or f"{error.argument} is not known")
    except InvalidCall as error:
        return Unknown(str(error))


def arange(call: Call) -> Any:
    if call.args and all(isinstance(a, (int, float)) for a in call.args):
        start, stop, step = (0, call.args[0], 1) if len(call.args) == 1 else (*call.args[:2], call.args[2] if len(call.args) > 2 else call.kwargs.get("step", 1))
        count = max(0, math.ceil((stop - start) / step)) if step else 0
        if 0 < count <= MAX_DATA:
            return from_data([start + i * step for i in range(count)])
        return new_tensor((count,), None, reason="a range of numbers")
    size = call.args[0] if len(call.args) == 1 and isinstance(call.args[0], Sym) else None
    return new_tensor((size,) if size is not None else None, None, reason="a range of numbers")


def linspace(call: Call) -> Any:
    start, stop, count = call.get(0, "start"), call.get(1, "end"), call.get(2, "steps")
    if isinstance(count, int) and count > 0 and isinstance(start, (int, float)) and isinstance(stop, (int, float)) and count <= MAX_DATA:
        step = (stop - start) / (count - 1) if count > 1 else 0
        return from_data([start + i * step for i in range(count)])
    return new_tensor((count,) if is_number(count) else None, None, reason="a range of numbers")


def cumulate(call: Call) -> Any:
    source = from_data(call.get(0, "input"))
    if isinstance(source.data, list):
        return from_data(list(accumulate(source.data)))
    return new_tensor(source.shape, None, reason="a running sum")


def differences(call: Call) -> Any:
    source = call.get(0, "input")
    if isinstance(source, Tensor) and isinstance(source.data, list):
        return from_data([b - a for a, b in zip(source.data, source.data[1:])])
    return new_tensor(None, None, reason="differences")


def concatenate(call: Call) -> Any:
    """``torch.cat`` and ``torch.stack`` of tensors that exist before the forward pass."""
    items = elements_of(call.interp, call.get(0, "tensors")) or []
    dim = call.get(1, "dim", 0)
    if not items or not all(isinstance(t, Tensor) and t.shape is not None for t in items) or not isinstance(dim, int):
        return new_tensor(None, None, reason="joined from values that are not known")
    sizes = [math.prod(s for s in t.shape if isinstance(s, int)) if all(isinstance(s, int) for s in t.shape) else None for t in items]
    stacked = call.kwargs.get("#stack", False)
    first = items[0].shape
    if stacked:
        shape: Any = (*first[:dim], len(items), *first[dim:]) if dim >= 0 else None
    else:
        shape = list(first)
        if shape and -len(shape) <= dim < len(shape):
            total: Any = 0
            for t in items:
                total = total + t.shape[dim]
            shape[dim] = total
        shape = tuple(shape)
    laws = [current(t) for t in items]
    if all(law == laws[0] for law in laws):
        return new_tensor(shape, laws[0])
    total_size = sum(s for s in sizes if s is not None)
    if None in sizes or not total_size:
        return new_tensor(shape, None, reason="joined from parts of unknown size")
    return new_tensor(shape, mix([(s / total_size, law) for s, law in zip(sizes, laws) if s]))


def elementwise(call: Call, name: str) -> Any:
    """A function of single entries (``torch.log``), where its effect on the law is known."""
    tensor = call.args[0]
    function = SCALAR_FUNCTIONS.get(name.rstrip("_"))
    law = current(tensor)
    try:
        if function and isinstance(tensor.data, list):
            return _reshape(from_data([function(v) for v in tensor.data]), tensor.shape)
        if function and isinstance(tensor.data, (int, float)):
            return from_data(function(tensor.data))
        if function and law is not None and law.kind == "constant" and isinstance(law.mean, (int, float)):
            return new_tensor(tensor.shape, constant(function(law.mean)))
        if name.rstrip("_") == "erfinv" and law is not None and law.kind == "uniform":
            return new_tensor(tensor.shape, inverse_error(law))
        if name.rstrip("_") in ("clamp", "clip") and law is not None and _within(law, call.get(1, "min"), call.get(2, "max")):
            return new_tensor(tensor.shape, law)
        if name.rstrip("_") == "pow" and law is not None and law.kind == "constant" and is_number(call.get(1, "exponent")) and law.mean is not None:
            return new_tensor(tensor.shape, constant(law.mean ** call.get(1, "exponent")))
    except (ArithmeticError, ValueError, TypeError):
        pass
    return new_tensor(tensor.shape, None, reason=f"computed by {name}()")


def inverse_error(law: Distribution) -> Optional[Distribution]:
    """The law of erfinv(u): a normal cut where ``u`` is, over sqrt(2)."""
    if not isinstance(law.low, (int, float)) or not isinstance(law.high, (int, float)):
        return None
    alpha, beta = (_quantile((1 + v) / 2) for v in (law.low, law.high))
    if math.isinf(alpha) and math.isinf(beta):
        return normal(0.0, math.sqrt(0.5))
    if not alpha < beta:
        return None
    mean, std = truncated_moments(alpha, beta)
    low, high = (None if math.isinf(v) else v / math.sqrt(2) for v in (alpha, beta))
    return Distribution(kind="trunc_normal", mean=mean / math.sqrt(2), std=std / math.sqrt(2), low=low, high=high, law=f"normal cut to [{alpha:.4g}, {beta:.4g}] σ")


def _quantile(probability: float) -> float:
    if probability <= 1e-15:
        return -math.inf
    return math.inf if probability >= 1 - 1e-15 else NormalDist().inv_cdf(probability)


def _within(law: Distribution, low: Any, high: Any) -> bool:
    """Whether clamping to [low, high] leaves the law as it is (up to 1 in 10⁸ entries)."""
    if not isinstance(law.mean, (int, float)) or not isinstance(law.std, (int, float)):
        return False
    slack = 1e-6 * (abs(law.std) + 1e-12)
    below = law.low if isinstance(law.low, (int, float)) else law.mean - 5.7 * law.std
    above = law.high if isinstance(law.high, (int, float)) else law.mean + 5.7 * law.std
    if not all(v is None or isinstance(v, (int, float)) for v in (low, high)):
        return False
    return (low is None or low <= below + slack) and (high is None or high >= above - slack)


def _reshape(tensor: Tensor, shape: Optional[tuple[Number, ...]]) -> Tensor:
    return replace(tensor, shape=shape, storage=replace(tensor.storage, shape=shape))


def arithmetic(op: str, left: Any, right: Any) -> Tensor:
    """``tensor op number`` and ``tensor op tensor`` on values that exist before the forward pass."""
    tensor, other = (left, right) if isinstance(left, Tensor) else (right, left)
    if isinstance(other, Tensor):
        return _two_tensors(op, left, right)
    law = current(tensor)
    if not is_number(other) or law is None or isinstance(other, bool):
        return new_tensor(tensor.shape, None, reason=unknown(other) or tensor.storage.reason or "values computed by code")
    data = _data_arithmetic(op, left, right)
    if data is not None:
        return from_data(data) if tensor.shape in ((), None) else _reshape(from_data(data), tensor.shape)
    made_law = _law_arithmetic(op, law, other, tensor is left)
    return new_tensor(tensor.shape, made_law, reason="" if made_law else "values computed by code")


def _law_arithmetic(op: str, law: Distribution, other: Number, first: bool) -> Optional[Distribution]:
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
    return None


def _data_arithmetic(op: str, left: Any, right: Any) -> Any:
    values, scalar, first = (left.data, right, True) if isinstance(left, Tensor) else (right.data, left, False)
    if not isinstance(values, (list, int, float)) or isinstance(scalar, Sym):
        return None
    single = not isinstance(values, list)
    values = [values] if single else values
    if op not in DATA_OPERATORS:
        return None
    try:
        result = [DATA_OPERATORS[op](v, scalar) if first else DATA_OPERATORS[op](scalar, v) for v in values]
    except (ArithmeticError, TypeError):
        return None
    return result[0] if single else result


def _two_tensors(op: str, left: Tensor, right: Tensor) -> Tensor:
    for one, other, swap in ((left, right, False), (right, left, True)):
        if isinstance(other.data, (int, float)) and one.data is not None:
            return arithmetic(op, other.data, one) if swap else arithmetic(op, one, other.data)
    if isinstance(left.data, list) and isinstance(right.data, list) and left.shape == right.shape and op in DATA_OPERATORS:
        try:
            return _reshape(from_data([DATA_OPERATORS[op](x, y) for x, y in zip(left.data, right.data)]), left.shape)
        except ArithmeticError:
            return new_tensor(left.shape, None, reason="values computed by code")
    a, b = current(left), current(right)
    shape = left.shape if left.shape is not None and right.shape is not None and len(left.shape) >= len(right.shape) else right.shape
    if left.shape is None or right.shape is None:
        shape = None
    if a is not None and b is not None:
        for law, other, first in ((a, b, True), (b, a, False)):
            if other.kind == "constant" and other.mean is not None:
                made = _law_arithmetic(op, law, other.mean, first)
                if made is not None:
                    return new_tensor(shape, made)
    return new_tensor(shape, None, reason="values computed by code")


def view(tensor: Tensor, name: str, call: Optional[Call] = None) -> Tensor:
    """The same entries seen another way; some share memory, the rest are copies with the same law."""
    shape = viewed_shape(tensor, name, call.args if call else [tensor])
    if name in ("int", "long") and isinstance(tensor.data, (list, int, float)):
        return from_data([int(v) for v in tensor.data] if isinstance(tensor.data, list) else int(tensor.data))
    if name == "flip" and isinstance(tensor.data, list) and shape is not None and len(shape) == 1:
        return from_data(tensor.data[::-1])
    if name in REORDERING:
        tensor = replace(tensor, data=None)
    if name in SHARING:
        turned = tensor.transposed != (name in ("t", "T", "mT", "transpose", "swapaxes"))
        return replace(tensor, shape=shape, parameter=tensor.parameter and name == "requires_grad_", transposed=turned, attrs=dict(tensor.attrs))
    made = new_tensor(shape, current(tensor), data=tensor.data, reason=tensor.storage.reason)
    made.storage.events = tensor.storage.events
    return made


def viewed_shape(tensor: Tensor, name: str, values: list[Any]) -> Optional[tuple[Number, ...]]:
    shape = tensor.shape
    if shape is None:
        return None
    args = values[1:]
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = list(args[0])
    if name in ("t", "T", "mT"):
        return (*shape[:-2], *reversed(shape[-2:])) if name == "mT" else tuple(reversed(shape))
    if name in ("transpose", "swapaxes") and len(args) == 2 and all(isinstance(a, int) and -len(shape) <= a < len(shape) for a in args):
        turned = list(shape)
        turned[args[0]], turned[args[1]] = turned[args[1]], turned[args[0]]
        return tuple(turned)
    if name == "permute" and len(args) == len(shape) and all(isinstance(a, int) for a in args):
        return tuple(shape[a] for a in args)
    if name in ("view", "reshape", "expand"):
        return _reshaped(shape, args, name)
    if name == "unsqueeze" and len(args) == 1 and isinstance(args[0], int):
        place = args[0] if args[0] >= 0 else len(shape) + 1 + args[0]
        return (*shape[:place], 1, *shape[place:])
    if name == "squeeze":
        if not args:
            return tuple(s for s in shape if s != 1)
        return tuple(s for i, s in enumerate(shape) if i not in (args[0], args[0] + len(shape) if isinstance(args[0], int) else -1) or s != 1)
    if name == "flatten":
        total: Number = 1
        for s in shape:
            total = total * s
        return (total,) if not args else None
    if name in ("repeat", "tile") and len(args) >= len(shape) and all(is_number(a) for a in args):
        padded = (1,) * (len(args) - len(shape)) + shape
        return tuple(s * a for s, a in zip(padded, args))
    return shape if name not in ("permute", "unflatten", "movedim", "ravel", "view_as", "expand_as", "repeat", "unsqueeze", "transpose") else None


def _reshaped(shape: tuple[Number, ...], args: list[Any], name: str) -> Optional[tuple[Number, ...]]:
    if not args or not all(is_number(a) for a in args):
        return None
    if name == "expand":
        padded = (1,) * (len(args) - len(shape)) + shape
        return tuple(s if a == -1 else a for s, a in zip(padded, args))
    if -1 not in args:
        return tuple(args)
    total: Number = 1
    for s in shape:
        total = total * s
    rest: Number = 1
    for a in args:
        rest = rest * (1 if a == -1 else a)
    inferred = total / rest if isinstance(total, Sym) or isinstance(rest, Sym) else total // rest if rest else 0
    return tuple(inferred if a == -1 else a for a in args)


def item(tensor: Tensor, index: Any) -> Tensor:
    """``tensor[index]``: a view of a part."""
    indices = list(index) if isinstance(index, tuple) else [index]
    if isinstance(tensor.data, list) and tensor.shape is not None and len(tensor.shape) == 1 and len(indices) == 1 and isinstance(indices[0], (int, slice)):
        try:
            return from_data(tensor.data[indices[0]])
        except (IndexError, TypeError):
            pass
    shape, share = _part(tensor.shape, indices)
    if share is not None and known(share) and share == 1:
        return replace(tensor, shape=shape, attrs={})
    place = ", ".join(map(_spell_index, indices))
    region = (tensor.region, place) if tensor.region else place
    total = share * tensor.share if tensor.share is not None and share is not None else share if tensor.whole else None
    return replace(tensor, shape=shape, whole=False, region=region, share=total, parameter=False, data=None, attrs={})


def _spell_index(index: Any) -> str:
    """What tells one slice from another; a value of unknown depth, such as a signal, goes by its identity."""
    if isinstance(index, slice):
        return ":".join(map(_spell_index, (index.start, index.stop, index.step)))
    return repr(index) if index is None or isinstance(index, (int, float, str, Sym, External)) else f"{type(index).__name__} {id(index)}"


def _part(shape: Optional[tuple[Number, ...]], indices: list[Any]) -> tuple[Optional[tuple[Number, ...]], Optional[Number]]:
    """Shape of a slice and the share of entries it covers."""
    if shape is None:
        return None, None
    ellipsis = [i for i, v in enumerate(indices) if isinstance(v, External) and v.name == "Ellipsis"]
    if ellipsis:
        place = ellipsis[0]
        fill_in = len(shape) - (len([v for v in indices if v is not None]) - 1)
        indices = [*indices[:place], *[slice(None)] * fill_in, *indices[place + 1 :]]
    result: list[Number] = []
    share: Optional[Number] = 1
    axis = 0
    for one in indices:
        if one is None:
            result.append(1)
            continue
        if axis >= len(shape):
            return None, None
        size = shape[axis]
        axis += 1
        length = _length(one, size)
        if length is None:
            return None, None
        kept, span = length
        if kept:
            result.append(span)
        share = share * (span / size) if share is not None and size != 0 else None
    return (*result, *shape[axis:]), share


def _length(index: Any, size: Number) -> Optional[tuple[bool, Number]]:
    """Whether an index keeps its axis, and how many entries of the axis it selects."""
    if isinstance(index, (int, Sym)) and not isinstance(index, bool):
        return False, 1
    if not isinstance(index, slice) or (index.step not in (None, 1) and not isinstance(size, int)):
        return None
    if index.start is None and index.stop is None and index.step is None:
        return True, size
    if isinstance(size, int) and all(b is None or isinstance(b, int) for b in (index.start, index.stop, index.step)):
        return True, len(range(*index.indices(size)))
    if not all(b is None or is_number(b) for b in (index.start, index.stop)):
        return None
    start = index.start if index.start is not None else 0
    stop = index.stop if index.stop is not None else size
    if isinstance(start, (int, float)) and start < 0:
        start = size + start
    if isinstance(stop, (int, float)) and stop < 0:
        stop = size + stop
    return True, stop - start


def parts(tensor: Tensor, sizes: list[Number], dim: int) -> list[Tensor]:
    """``tensor.split(sizes, dim)``: views of consecutive parts."""
    pieces: list[Tensor] = []
    at: Number = 0
    for size in sizes:
        index = [slice(None)] * (dim % len(tensor.shape) if tensor.shape else 0) + [slice(at, at + size)]
        pieces.append(item(tensor, tuple(index)))
        at = at + size
    return pieces


def method(tensor: Tensor, name: str, handler: Callable[[Call], Any]) -> Method:
    return Method(Builtin(name, handler), tensor)
