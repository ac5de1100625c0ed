"""Tensors made of what is known about them: a law, or the entries themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional

from initlint.adapters.torch.writes import current, of_data
from initlint.interpreter.values import Storage, Tensor, is_number, unknown
from initlint.symbolic import Number, Sym
from initlint.theory.laws import Distribution, constant

if TYPE_CHECKING:
    from initlint.interpreter.calls import Call

MAX_DATA = 4096
"""Tensors of up to this many entries remember them."""
LARGEST = 1e100
"""Numbers up to this are remembered: their squares are still numbers."""
COMPUTED = "values computed by code"
PLAIN = frozenset((int, float, bool))


def new_tensor(shape: Optional[tuple[Number, ...]], law: Optional[Distribution], *, data: Any = None, reason: str = "") -> Tensor:
    """A tensor with memory of its own."""
    return Tensor(Storage(shape, distribution=law, base=law, reason=reason), shape, data=data)


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
        if flat is not None and 0 < len(flat) <= MAX_DATA and all(map(LARGEST.__gt__, map(abs, flat))):
            return new_tensor(shape, of_data(list(map(float, flat))), data=flat)
        return new_tensor(shape if flat is not None else None, None, reason=COMPUTED)
    return new_tensor(None, None, reason=unknown(value) or COMPUTED)


def _flatten(value: Any) -> tuple[Optional[list[Any]], tuple[Number, ...]]:
    """The numbers in nested lists, with the shape of the nesting; None where something else is among them."""
    if isinstance(value, (int, float)):
        return [value], ()
    if not isinstance(value, (list, tuple)):
        return None, ()
    if PLAIN.issuperset(map(type, value)):
        return list(value), (len(value),)
    flat: list[Any] = []
    inner: tuple[Number, ...] = ()
    for one in value:
        part, inner = _flatten(one)
        if part is None:
            return None, ()
        flat.extend(part)
    return flat, (len(value), *inner)


def with_shape(tensor: Tensor, shape: Optional[tuple[Number, ...]]) -> Tensor:
    """A fresh tensor with the entries of ``tensor`` in another shape."""
    return replace(tensor, shape=shape, storage=replace(tensor.storage, shape=shape))
