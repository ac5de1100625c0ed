"""The same entries seen another way: reshapes, transposes, slices and splits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.binding import framework_of
from initlint.adapters.torch.tensors import from_data, new_tensor
from initlint.adapters.torch.writes import current
from initlint.interpreter.values import External, Tensor, is_number
from initlint.symbolic import Number, Sym, known
from initlint.theory.fans import product

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

SHARING = {
    "data", "detach", "detach_", "view", "t", "T", "mT", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "reshape", "contiguous",
    "view_as", "reshape_as", "to", "cuda", "cpu", "float", "half", "swapaxes", "expand", "ravel", "unflatten", "share_memory_", "movedim",
}  # fmt: skip
"""Methods whose result is written where the tensor is written (those that may copy are taken to share)."""
COPYING = {
    "astype", "int", "long", "clone", "double", "type", "bfloat16", "repeat", "expand_as", "type_as", "tile", "roll", "flip", "broadcast_to", "expand_dims",
    "new_tensor", "pin_memory",
}  # fmt: skip
"""Methods whose result has the same law in memory of its own."""
SAME_LAW = SHARING | COPYING
REORDERING = {"permute", "transpose", "t", "T", "mT", "expand", "repeat", "swapaxes", "movedim", "roll", "flip", "tile", "expand_as", "broadcast_to"}
"""Methods that do not keep the entries in their order, so that they are no longer known one by one."""
TRANSPOSING = ("t", "T", "mT", "transpose", "swapaxes")
OTHER_SHAPE = ("permute", "unflatten", "movedim", "ravel", "view_as", "reshape_as", "expand_as", "repeat", "unsqueeze", "transpose")
"""Methods that change the shape, also where ``viewed_shape`` cannot tell how."""
SAME_SIZE = {"repeat": 1, "tile": 1, "expand": -1}
"""Arguments of methods that repeat a tensor: what leaves an axis as it is."""
ONE = re.compile(r"[A-Z]\w* \d+")
"""A place that one index tells, of which no more is known than its kind."""
MAP = "#map"
"""Attribute of ``stack[kind]``, where nobody knows which ``kind``: the shape of one map."""
MAX_PARTS = 64
"""More parts than this are not told apart."""


def view(tensor: Tensor, name: str, call: Optional[Call] = None) -> Tensor:
    """The same entries seen another way; some share memory, the rest are copies with the same law."""
    shape = viewed_shape(tensor, name, call.args[1:] if call else [])
    if name in ("int", "long") and isinstance(tensor.data, list):
        return from_data([int(v) for v in tensor.data])
    if name in ("int", "long") and isinstance(tensor.data, (int, float)):
        return from_data(int(tensor.data))
    if name == "flip" and isinstance(tensor.data, list) and shape is not None and len(shape) == 1:
        return from_data(tensor.data[::-1])
    data = tensor.data if name not in REORDERING else None
    if name in SHARING:
        turned = tensor.transposed != (name in TRANSPOSING)
        attrs = tensor.attrs | _along_batch(tensor, name, call) if shape is None else dict(tensor.attrs)
        return replace(tensor, shape=shape, data=data, parameter=False, transposed=turned, attrs=attrs)
    made = new_tensor(shape, current(tensor), data=data, reason=tensor.storage.reason)
    made.storage.events = tensor.storage.events
    if shape is None and (attrs := _along_batch(tensor, name, call)):
        made.attrs, made.transposed, made.storage.sources = attrs, tensor.transposed, (tensor.storage,)
    return made


def _along_batch(tensor: Tensor, name: str, call: Optional[Call]) -> dict[str, Any]:
    """Attributes of ``weight.repeat(batch, 1, 1)`` and ``weight.expand(batch, -1, -1)``: the same map, as often as nobody knows."""
    if call is None or tensor.shape is None or len(tensor.shape) < 2 or name not in SAME_SIZE or not framework_of(call).tracing:
        return {}
    sizes = call.args[1] if len(call.args) == 2 and isinstance(call.args[1], (tuple, list)) else call.args[1:]
    kept = len(sizes) >= len(tensor.shape) and all(size == SAME_SIZE[name] for size in sizes[-2:])
    return {MAP: tensor.shape[-2:]} if kept else {}


def viewed_shape(tensor: Tensor, name: str, args: list[Any]) -> Optional[tuple[Number, ...]]:
    """The shape of ``tensor.name(*args)``, None where it is not known."""
    shape = tensor.shape
    if shape is None:
        return None
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = list(args[0])
    if name in ("view_as", "reshape_as", "expand_as") and len(args) == 1 and isinstance(args[0], Tensor):
        return args[0].shape
    if name == "mT":
        return (*shape[:-2], *reversed(shape[-2:]))
    if name in ("t", "T"):
        return tuple(reversed(shape))
    if name in ("transpose", "swapaxes") and len(args) == 2 and all(isinstance(a, int) and -len(shape) <= a < len(shape) for a in args):
        turned = list(shape)
        turned[args[0]], turned[args[1]] = turned[args[1]], turned[args[0]]
        return tuple(turned)
    if name == "permute" and len(args) == len(shape) and all(isinstance(a, int) for a in args):
        return tuple(shape[a] for a in args)
    if name in ("view", "reshape"):
        return _reshaped(shape, args)
    if name == "expand":
        return _expanded(shape, args)
    if name == "unsqueeze" and len(args) == 1 and isinstance(args[0], int):
        place = args[0] if args[0] >= 0 else len(shape) + 1 + args[0]
        return (*shape[:place], 1, *shape[place:])
    if name == "squeeze":
        return _squeezed(shape, args)
    if name == "flatten":
        return (product(shape),) if not args else None
    if name in ("repeat", "tile") and len(args) >= len(shape) and all(is_number(a) for a in args):
        return tuple(s * a for s, a in zip(_padded(shape, len(args)), args))
    return shape if name not in OTHER_SHAPE else None


def _padded(shape: tuple[Number, ...], rank: int) -> tuple[Number, ...]:
    return (1,) * (rank - len(shape)) + shape


def _squeezed(shape: tuple[Number, ...], args: list[Any]) -> tuple[Number, ...]:
    if not args:
        return tuple(s for s in shape if s != 1)
    places = (args[0], args[0] + len(shape) if isinstance(args[0], int) else -1)
    return tuple(s for i, s in enumerate(shape) if i not in places or s != 1)


def _expanded(shape: tuple[Number, ...], args: list[Any]) -> Optional[tuple[Number, ...]]:
    if not args or not all(is_number(a) for a in args):
        return None
    return tuple(s if a == -1 else a for s, a in zip(_padded(shape, len(args)), args))


def _reshaped(shape: tuple[Number, ...], args: list[Any]) -> Optional[tuple[Number, ...]]:
    """``shape`` as ``args``, of which one may be -1: whatever is left."""
    if not args or not all(is_number(a) for a in args):
        return None
    if -1 not in args:
        return tuple(args)
    total, rest = product(shape), product(1 if a == -1 else a for a in args)
    inferred = 0 if rest == 0 else total / rest if isinstance(total, Sym) or isinstance(rest, Sym) else total // rest
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
    chosen = shape is None and tensor.shape is not None and len(tensor.shape) > 2 and ONE.fullmatch(place)
    attrs: dict[str, Any] = {MAP: tensor.shape[1:]} if chosen and tensor.shape is not None else {}
    return replace(tensor, shape=shape, whole=False, region=region, share=total, parameter=False, data=None, attrs=attrs)


def half(tensor: Tensor, name: str) -> Tensor:
    """``weight.real`` and ``weight.imag``: half of the numbers of a complex tensor, which are written apart."""
    region = (tensor.region, name) if tensor.region else name
    share = tensor.share if tensor.share is not None else 1 if tensor.whole else None
    return replace(tensor, whole=False, region=region, share=share / 2 if share is not None else None, parameter=False, data=None)


def chosen(call: Call) -> Optional[Tensor]:
    """``stack.index_select(0, kind)``: as ``stack[kind]``; None for a table, whose rows are no matrices."""
    tensor = call.get(0, "input")
    if not isinstance(tensor, Tensor) or tensor.op is not None or tensor.shape is None or len(tensor.shape) < 3 or call.get(1, "dim") != 0:
        return None
    return item(tensor, call.get(2, "index"))


def _spell_index(index: Any) -> str:
    """What tells one slice from another; a value of unknown depth, such as a signal, goes by its identity."""
    if isinstance(index, slice):
        return ":".join(map(_spell_index, (index.start, index.stop, index.step)))
    return repr(index) if index is None or isinstance(index, (int, float, str, Sym, External)) else f"{type(index).__name__} {id(index)}"


def _part(shape: Optional[tuple[Number, ...]], indices: list[Any]) -> tuple[Optional[tuple[Number, ...]], Optional[Number]]:
    """Shape of a slice and the share of entries it covers."""
    if shape is None:
        return None, None
    result: list[Number] = []
    share: Optional[Number] = 1
    axis = 0
    for one in _without_ellipsis(indices, len(shape)):
        if one is None:
            result.append(1)
            continue
        length = _length(one, shape[axis]) if axis < len(shape) else None
        if length is None:
            return None, None
        size = shape[axis]
        axis += 1
        kept, span = length
        if kept:
            result.append(span)
        share = share * (span / size) if share is not None and is_number(size) and size != 0 else None
    return (*result, *shape[axis:]), share


def _without_ellipsis(indices: list[Any], rank: int) -> list[Any]:
    """``indices`` with ``...`` written out as the full slices it stands for."""
    place = next((i for i, v in enumerate(indices) if isinstance(v, External) and v.name == "Ellipsis"), None)
    if place is None:
        return indices
    missing = rank - (len([v for v in indices if v is not None]) - 1)
    return [*indices[:place], *[slice(None)] * missing, *indices[place + 1 :]]


def _length(index: Any, size: Number) -> Optional[tuple[bool, Number]]:
    """Whether an index keeps its axis, and how many entries of the axis it selects."""
    if isinstance(index, (int, Sym)) and not isinstance(index, bool):
        return False, 1
    if not isinstance(index, slice) or (index.step not in (None, 1) and not isinstance(size, int)):
        return None
    if index.start is None and index.stop is None and index.step is None:
        return True, size
    if isinstance(size, int) and all(b is None or isinstance(b, int) for b in (index.start, index.stop, index.step)):
        return (True, len(range(*index.indices(size)))) if size >= 0 and index.step != 0 else None
    if not all(b is None or is_number(b) for b in (index.start, index.stop)):
        return None
    start = index.start if index.start is not None else 0
    stop = index.stop if index.stop is not None else size
    if isinstance(start, (int, float)) and start < 0:
        start = size + start
    if isinstance(stop, (int, float)) and stop < 0:
        stop = size + stop
    return True, stop - start


def parts(tensor: Tensor, sizes: list[Any], dim: int) -> tuple[Tensor, ...]:
    """``tensor.split(sizes, dim)``: views of consecutive parts."""
    before = [slice(None)] * (dim % len(tensor.shape) if tensor.shape else 0)
    pieces: list[Tensor] = []
    at: Any = 0
    for size in sizes:
        pieces.append(item(tensor, (*before, slice(at, at + size))))
        at = at + size
    return tuple(pieces)


def split(call: Call) -> Optional[tuple[Tensor, ...]]:
    """``tensor.split(size, dim)``, None where the parts are not known."""
    tensor, size, dim = call.args[0], call.get(1, "split_size"), call.get(2, "dim", 0)
    total = _along(tensor, dim)
    if total is None:
        return None
    if isinstance(size, (list, tuple)):
        return parts(tensor, list(size), dim) if all(map(is_number, size)) else None
    if isinstance(size, int) and isinstance(total, int) and size > 0:
        return parts(tensor, [size] * (total // size) + ([total % size] if total % size else []), dim)
    if is_number(size) and is_number(total):
        count = total / size
        if isinstance(count, int) and 0 < count <= MAX_PARTS:
            return parts(tensor, [size] * count, dim)
    return None


def chunk(call: Call) -> Optional[tuple[Tensor, ...]]:
    """``tensor.chunk(count, dim)``, None where the parts are not known."""
    tensor, count, dim = call.args[0], call.get(1, "chunks"), call.get(2, "dim", 0)
    total = _along(tensor, dim)
    if total is None or not isinstance(count, int):
        return None
    if isinstance(total, int):
        size = -(-total // count) or 1
        return parts(tensor, [min(size, total - at) for at in range(0, total, size)], dim)
    return parts(tensor, [total / count] * count, dim)


def unbind(call: Call) -> Optional[tuple[Tensor, ...]]:
    """``tensor.unbind()``: its rows, None where they are not known."""
    tensor = call.args[0]
    if tensor.shape and isinstance(tensor.shape[0], int) and tensor.shape[0] <= MAX_PARTS:
        return tuple(item(tensor, i) for i in range(tensor.shape[0]))
    return None


def _along(tensor: Tensor, dim: Any) -> Optional[Number]:
    """The size of one dimension, None where there is no such dimension."""
    if tensor.shape is None or not isinstance(dim, int) or not -len(tensor.shape) <= dim < len(tensor.shape):
        return None
    return tensor.shape[dim]
