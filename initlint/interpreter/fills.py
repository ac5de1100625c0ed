"""Functions that fill a tensor they are handed: what one call wrote, the next with equal constants into an equal tensor writes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from initlint import program as p
from initlint.graph import InitEvent
from initlint.interpreter.values import Function, Storage, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

SCALARS = (type(None), bool, int, float, str)


@dataclass(slots=True, eq=False)
class Filled:
    """What a call left in the tensor, and what it returned."""

    written: Storage
    """Stands for the tensor's memory in ``account``; holds the new events and the law."""
    account: Any
    """What the framework collected meanwhile."""
    returned: Any
    steps: int
    reads: list[Any]


def state_of(interp: Interpreter, func: Function, tensor: Tensor, frame: Frame, node: p.Node) -> Optional[tuple[Any, ...]]:
    """All of ``tensor`` and of the call that the outcome may depend on; None where that is more than can be told."""
    storage = tensor.storage
    if not is_plain(tensor):
        return None
    if func.scope.module is frame.module and _hands_on(interp, storage):
        return None  # the write counts as one of the caller's caller
    return (id(node), *told_by(tensor))


def is_plain(tensor: Tensor) -> bool:
    """Whether ``told_by`` tells all that a call may find out of a tensor."""
    storage = tensor.storage
    whole = tensor.whole and tensor.op is None and tensor.data is None and not tensor.attrs
    return whole and not storage.recomputed and not storage.regions and storage.origin is None


def told_by(tensor: Tensor) -> tuple[Any, ...]:
    """What tells a plain tensor from others."""
    storage = tensor.storage
    return (tensor.shape, tensor.parameter, tensor.buffer, tensor.requires_grad, tensor.transposed, storage.distribution, storage.reason)


def _hands_on(interp: Interpreter, storage: Storage) -> bool:
    """Whether the function that runs was itself handed the tensor."""
    first = next(iter(interp.routines[-1].names.values()), None) if interp.routines else None
    return isinstance(first, Tensor) and first.storage is storage


def fields(tensor: Tensor) -> tuple[Any, ...]:
    """What a fill leaves as it is."""
    return (tensor.storage, tensor.shape, tensor.whole, tensor.parameter, tensor.requires_grad, tensor.data, len(tensor.attrs), tensor.storage.origin)


def outcome(tensor: Tensor, before: tuple[InitEvent, ...], returned: Any) -> Optional[Storage]:
    """What a call wrote behind the events ``before``, in memory of its own; None where it did anything else."""
    storage = tensor.storage
    events = storage.events
    if storage.regions or storage.twin is not None or not (returned is tensor or isinstance(returned, SCALARS)):
        return None
    if len(events) <= len(before) or any(now is not then for now, then in zip(events, before)):
        return None
    return Storage(storage.shape, events[len(before) :], storage.distribution, storage.reason, storage.base)


def refill(interp: Interpreter, known: Filled, tensor: Tensor) -> Any:
    """Write what the remembered call wrote."""
    storage, written = tensor.storage, known.written
    interp.steps += known.steps
    made = Storage(written.shape, written.events)
    interp.framework.recalled([made], [], known.account, {id(written): storage})
    interp.heap.touch_storage(storage)
    storage.state = ((*storage.events, *made.events), written.distribution, written.reason, written.base, (), None)
    return tensor if known.returned is written else known.returned
