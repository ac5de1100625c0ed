"""Every mutation goes through here, so that a branch can be tried, undone and merged with its sibling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Optional

from initlint.interpreter.values import ABSENT, Instance, OneOf, Registry, Storage, TargetRaise, Tensor, join, same


class _Missing:
    """The content of a place that did not exist."""


MISSING = _Missing()
WHOLE = _Missing()
"""The key under which a container is journaled as a whole."""
Place = tuple[int, Any]
Journal = list[tuple[Any, Any, Any]]
"""Object, key and former content of every place written, in the order of the writes."""
Delta = dict[Place, tuple[Any, Any, Any]]
"""What a branch left behind: per place the object, the key and the new content."""


class Heap:
    """Writes to the objects of the analysed program, with an undo journal while branches are explored."""

    def __init__(self) -> None:
        self.journal: Optional[Journal] = None
        self.clock = 0
        self.started = 0
        """When the innermost branch under exploration began; what was born since needs no journal."""
        self.watched: dict[int, Any] = {}
        """Containers outside of any function that a remembered call has read (see ``memory``), by identity."""
        self.changes = 0
        """How often something watched was written to."""
        self.base: Optional[Journal] = None
        """The journal of a sandbox that no undecided branch led to."""

    @property
    def decided(self) -> bool:
        """Whether the code that runs now is reached for certain."""
        return self.journal is None or self.journal is self.base

    def expose(self, container: Any) -> None:
        """Announce a write to the names of a module or a class, which any call may read."""
        self.watched[id(container)] = container
        self.changes += 1

    def note_birth(self, instance: Instance) -> None:
        """An object is made now: a branch that began earlier need not undo what is written to it."""
        if self.journal is not None:
            for registry in (instance.attrs, instance.modules, instance.parameters, instance.buffers):
                if isinstance(registry, Registry):
                    registry.born = self.clock

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """Undo at the end whatever is written inside."""
        outer, base, log = self.journal, self.base, Journal()
        self.journal, self.base = log, log if self.decided else None
        started, self.clock = self.started, self.clock + 1
        self.started = self.clock
        try:
            yield
        finally:
            self.rewind(log)
            self.journal, self.base, self.started = outer, base, started

    def set_item(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        if self.journal is not None and not (type(mapping) is Registry and mapping.born >= self.started):
            self.journal.append((mapping, key, mapping.get(key, MISSING)))
        if id(mapping) in self.watched:
            self.changes += 1
        mapping[key] = value

    def delete_item(self, mapping: dict[Any, Any], key: Any) -> None:
        if key in mapping:
            if id(mapping) in self.watched:
                self.changes += 1
            if self.journal is not None:
                self.journal.append((mapping, key, mapping[key]))
            del mapping[key]

    def touch(self, container: Any) -> None:
        """Announce that ``container`` (a list, dict or set) is about to change as a whole."""
        if id(container) in self.watched:
            self.changes += 1
        if self.journal is not None:
            self.journal.append((container, WHOLE, container.copy()))

    def touch_storage(self, storage: Storage) -> None:
        if self.journal is not None:
            self.journal.append((storage, WHOLE, storage.state))

    def set_field(self, tensor: Tensor, name: str, value: Any) -> None:
        """Assign a field of a tensor, of those a merge knows to join: its shape, its entries and its flags."""
        if self.journal is not None:
            self.journal.append((tensor, name, getattr(tensor, name)))
        setattr(tensor, name, value)

    def explore(self, branches: list[Callable[[], Any]], local: Optional[dict[str, Any]] = None) -> list[Any]:
        """Run each branch from the present state and merge what they left behind.

        Returns the outcomes of the branches that did not raise; where all raise, raises the first. What a branch
        that returns did to the names in ``local`` is forgotten where another branch goes on.
        """
        outcomes: list[Any] = []
        outer_start, self.clock = self.started, self.clock + 1
        self.started = self.clock
        try:
            return self._explore(branches, local, outcomes)
        finally:
            self.started = outer_start

    def _explore(self, branches: list[Callable[[], Any]], local: Optional[dict[str, Any]], outcomes: list[Any]) -> list[Any]:
        deltas: list[Delta] = []
        failure: Optional[TargetRaise] = None
        for branch in branches:
            log: Journal = []
            outer, self.journal = self.journal, log
            try:
                outcome = branch()
            except TargetRaise as error:
                failure = failure or error
                self.rewind(log)
                continue
            except BaseException:
                if outer is not None:
                    outer.extend(log)
                raise
            finally:
                self.journal = outer
            outcomes.append(outcome)
            deltas.append(self.rewind(log))
        if failure and not outcomes:
            raise failure
        if local is not None:
            deltas = _forget_locals(outcomes, deltas, local)
        self._merge(deltas)
        return outcomes

    def record(self, action: Callable[[], Any]) -> tuple[Any, Journal]:
        """Run ``action`` and return its outcome with the journal of what it changed (which stays changed)."""
        log: Journal = []
        outer, self.journal = self.journal, log
        try:
            outcome = action()
        finally:
            self.journal = outer
            if outer is not None:
                outer.extend(log)
        return outcome, log

    def rewind(self, log: Journal) -> Delta:
        """Undo ``log`` and return, per place it wrote, the object, the key and the value written last."""
        written: Delta = {}
        for target, key, _ in log:
            place = (id(target), key)
            if place not in written:
                written[place] = (target, key, _content(target, key))
        for target, key, old in reversed(log):
            if id(target) in self.watched:
                self.changes += 1
            _restore(target, key, old)
        return written

    def _merge(self, deltas: list[Delta]) -> None:
        places: dict[Place, tuple[Any, Any]] = {}
        for delta in deltas:
            for place, (target, key, _) in delta.items():
                places.setdefault(place, (target, key))
        for place, (target, key) in places.items():
            now = _content(target, key)
            values = [delta[place][2] if place in delta else now for delta in deltas]
            first = values[0]
            alike = all(value is first for value in values)
            if alike and first is now:
                continue
            if self.journal is not None:
                self.journal.append((target, key, now))
            _restore(target, key, first if alike else _join_contents(target, key, values))


def _forget_locals(outcomes: list[Any], deltas: list[Delta], local: dict[str, Any]) -> list[Delta]:
    """Names written by branches that left the function matter to nobody who stays; a branch that stays alone decides them."""
    left = [getattr(outcome, "kind", "") == "return" for outcome in outcomes]
    if all(left) or not any(left):
        return deltas
    staying = [delta for delta, gone in zip(deltas, left) if not gone]
    return [
        {p: w for p, w in delta.items() if w[0] is not local} | ({p: w for p, w in staying[0].items() if w[0] is local} if len(staying) == 1 else {})
        if gone
        else delta
        for delta, gone in zip(deltas, left)
    ]


def _content(target: Any, key: Any) -> Any:
    if isinstance(target, dict):
        return target.copy() if key is WHOLE else target.get(key, MISSING)
    if isinstance(target, Storage):
        return target.state
    if isinstance(target, Tensor):
        return getattr(target, key)
    return target.copy()


def _restore(target: Any, key: Any, value: Any) -> None:
    if isinstance(target, dict) and key is not WHOLE:
        if value is MISSING:
            target.pop(key, None)
        else:
            target[key] = value
    elif isinstance(target, Storage):
        target.state = value
    elif isinstance(target, Tensor):
        setattr(target, key, value)
    elif isinstance(target, list):
        target[:] = value
    else:
        target.clear()
        target.update(value)


def _join_contents(target: Any, key: Any, values: list[Any]) -> Any:
    if isinstance(target, Tensor):
        if all(isinstance(value, bool) for value in values):
            return any(values)
        return values[0] if all(same(value, values[0]) for value in values) else None
    if isinstance(target, Storage):
        return _join_storages(values)
    if isinstance(target, dict) and key is not WHOLE:
        present = [v for v in values if v is not MISSING]
        if not present:
            return MISSING
        return join(present if len(present) == len(values) else [*present, ABSENT])
    if isinstance(target, list):
        return _join_lists(values)
    if isinstance(target, dict):
        keys = dict.fromkeys(k for v in values for k in v)
        return {k: join([v.get(k, ABSENT) for v in values]) for k in keys}
    return set().union(*values)


def _join_lists(values: list[list[Any]]) -> list[Any]:
    """Element by element; what only some alternatives have may be absent."""
    result = []
    for index in range(max(len(v) for v in values)):
        column = [v[index] if index < len(v) else ABSENT for v in values]
        result.append(join(column))
    return result


def _join_storages(values: list[Any]) -> Any:
    """Histories of one memory: certain only where all branches wrote the same law."""
    shared = 0
    while all(len(v[0]) > shared for v in values) and all(v[0][shared] is values[0][0][shared] for v in values):
        shared += 1
    events = list(values[0][0][:shared])
    for state in values:
        events += [replace(event, certain=False) if event.certain else event for event in state[0][shared:]]
    _, law, reason, base, regions, twin = values[0]
    if any(state[1] != law for state in values) or law is None:
        law, reason, base, regions = None, "depends on a branch that could not be decided", None, ()
    return (tuple(events), law, reason, base, regions, twin if all(state[5] is twin for state in values) else None)


def possible(value: Any) -> list[Any]:
    """The values ``value`` may be, without the possibility that it is missing."""
    alternatives = value.values if isinstance(value, OneOf) else [value]
    return [v for v in alternatives if v is not ABSENT]
