"""What is known of every piece of memory while a model is built: the static front-end's storages, by real memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import Parameter

from initlint.adapters.torch.writes import law_of_part, write_region
from initlint.findings import Site
from initlint.graph import InitEvent
from initlint.interpreter.values import Storage, Tensor
from initlint.live.replay import Script
from initlint.theory.laws import Distribution

OUTSIDE = "values from outside the code that was observed"


class Ledger:
    """One record per storage. Records hold no memory: a storage that is freed takes its record along."""

    def __init__(self) -> None:
        self._records: dict[int, tuple[StorageWeakRef, Storage]] = {}
        self._calls: dict[int, tuple[int, str, Any]] = {}
        self.modules: dict[int, tuple[Site | None, int]] = {}
        """Where and when modules were constructed, by identity."""
        self.script = Script()
        """How to draw what was built on meta."""
        self.assigning = False
        """Whether the write at hand is ``tensor[…] = …``."""

    def find(self, tensor: Any) -> Storage | None:
        """The record of the memory behind ``tensor``, if it was seen before."""
        storage = _storage(tensor)
        entry = self._records.get(storage._cdata) if storage is not None else None
        return entry[1] if entry is not None and not entry[0].expired() else None

    def record(self, tensor: Any) -> Storage:
        """The record of the memory behind ``tensor``, made where there is none."""
        found = self.find(tensor)
        return found if found is not None else self.start(tensor, None, OUTSIDE)

    def start(self, tensor: Any, law: Distribution | None, reason: str, events: tuple[InitEvent, ...] = ()) -> Storage:
        """Forget what the memory behind ``tensor`` held: it is new."""
        made = Storage(tuple(tensor.shape), events=events, distribution=law, base=law, reason="" if law is not None else reason)
        storage = _storage(tensor)
        if storage is not None:
            self._records[storage._cdata] = (StorageWeakRef(storage), made)
        return made

    def law(self, tensor: Any) -> Distribution | None:
        """The law of the entries of ``tensor``, a view or the whole."""
        found = self.find(tensor)
        if found is None:
            return None
        if not found.regions or is_whole(tensor):
            return found.distribution
        return law_of_part(found, _region(tensor, found.shape))

    def write(self, tensor: Any, event: InitEvent, law: Distribution | None, reason: str, call: int) -> None:
        """Add ``event`` to what is known of ``tensor``. Writes of one running call of an initializer are one event."""
        storage = self.record(tensor)
        storage.twin = None
        if isinstance(tensor, Parameter):
            storage.recomputed = False  # a parametrization that was removed leaves its result behind as a parameter
        target = storage.origin if storage.recomputed else storage
        event = replace(event, effective=not storage.recomputed)
        key = (call, event.initializer, event.site)
        if call and self._calls.get(id(target)) == key and target.events:
            target.events = (*target.events[:-1], event)
        else:
            target.events = (*target.events, event)
        self._calls[id(target)] = key
        if not event.effective:
            return
        if not event.partial:
            storage.base = storage.distribution = law
            storage.regions, storage.reason = (), "" if law is not None else reason
            return
        share = tensor.numel() / max(1, _storage_size(tensor))
        write_region(storage, Tensor(storage, tuple(tensor.shape), whole=False, region=_region(tensor, storage.shape), share=share), law, reason)


def is_whole(tensor: Any) -> bool:
    """Whether ``tensor`` covers all the memory it lies in."""
    return bool(tensor.numel() >= _storage_size(tensor))


def _storage(tensor: Any) -> Any:
    try:
        return tensor.untyped_storage()
    except (NotImplementedError, RuntimeError):  # sparse and opaque tensors have none
        return None


def _storage_size(tensor: Any) -> int:
    storage = _storage(tensor)
    return storage.nbytes() // max(1, tensor.element_size()) if storage is not None else int(tensor.numel())


def _region(tensor: Any, shape: Any) -> str:
    """The part of a contiguous ``shape`` that a view covers, as slices (``0:4:None, 2``); its strides where it is no box."""
    offset, parts = tensor.storage_offset(), []
    sizes = {stride: size for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if size > 1}
    step = 1
    for size in reversed(shape or ()):
        start, extent = offset // step % size if size else 0, sizes.pop(step, 1)
        parts.append(f"{start}:{start + extent}:None")
        step *= size
    return f"strided {tensor.storage_offset()} {tuple(tensor.shape)} {tensor.stride()}" if sizes else ", ".join(reversed(parts))
