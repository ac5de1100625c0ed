"""Every mutation goes through here, so that a branch can be tried, undone and merged with its sibling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from operator import is_
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter.values import ABSENT, Instance, OneOf, Registry, Storage, TargetRaise, Tensor, join, same

if TYPE_CHECKING:
    from initlint.interpreter.scope import Frame


class _Missing:
    """The content of a place that did not exist."""


MISSING = _Missing()
WHOLE = _Missing()
"""The key under which a container is journaled as a whole."""
ELEMENTS = 16
"""Elements of a container that count as one place. Where the branches left them alone, 17 to 50 take as long; where they did not, 4."""
Place = tuple[int, Any]
Journal = dict[Place, tuple[Any, Any, Any]]
"""Per place that was written the object, the key and the content before the first write, in the order of these."""
Delta = dict[Place, tuple[Any, Any, Any]]
"""What a branch left behind: per place the object, the key and the new content."""


class Heap:
    """Writes to the objects of the analysed program, with an undo journal while branches are explored."""

    def __init__(self, step: Callable[[int], None]) -> None:
        self.step = step
        """Counts steps: undoing and merging what a branch wrote takes one for every place."""
        self.journal: Optional[Journal] = None
        self.clock = 0
        self.started = 0
        """When the innermost branch under exploration began; what was born since needs no journal."""
        self.watched: dict[int, Any] = {}
        """Containers outside of any function that a remembered call has read (see ``memory``), by identity."""
        self.rebound: dict[Place, Any] = {}
        """Globals that a function has bound anew, by the identity of the names they are among; no remembered call has read one."""
        self.changes = 0
        """How often something watched was written to, or a global was bound anew for the first time."""
        self.base: Optional[Journal] = None
        """The journal of a sandbox that no undecided branch led to."""

    @property
    def decided(self) -> bool:
        """Whether the code that runs now is reached for certain."""
        return self.journal is None or self.journal is self.base

    def expose(self, container: Any) -> None:
        """Announce a write to the names of a class or an outer function, which any call may read."""
        self.watched[id(container)] = container
        self.changes += 1

    def rebind(self, names: dict[str, Any], name: str) -> None:
        """Announce that a function binds a global, which any call may have read so far."""
        if (id(names), name) not in self.rebound:
            self.rebound[id(names), name] = names
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
            self._keep(self.journal, mapping, key)
        if id(mapping) in self.watched:
            self.changes += 1
        mapping[key] = value

    def delete_item(self, mapping: dict[Any, Any], key: Any) -> None:
        if key in mapping:
            if id(mapping) in self.watched:
                self.changes += 1
            if self.journal is not None:
                self._keep(self.journal, mapping, key)
            del mapping[key]

    def touch(self, container: Any, born: int = -1) -> None:
        """Announce that ``container`` (a list, dict or set) is about to change as a whole; ``born`` tells when it was made, where that is known."""
        if id(container) in self.watched:
            self.changes += 1
        if self.journal is not None and born < self.started:
            self._keep(self.journal, container, WHOLE)

    def touch_storage(self, storage: Storage) -> None:
        if self.journal is not None:
            self._keep(self.journal, storage, WHOLE)

    def set_field(self, tensor: Tensor, name: str, value: Any) -> None:
        """Assign a field of a tensor, of those a merge knows to join: its shape, its entries and its flags."""
        if self.journal is not None:
            self._keep(self.journal, tensor, name)
        setattr(tensor, name, value)

    @staticmethod
    def _keep(journal: Journal, target: Any, key: Any) -> None:
        """Note what a place holds, where ``journal`` does not know what it held before."""
        place = (id(target), key)
        if place not in journal:
            journal[place] = (target, key, _content(target, key))

    def explore(self, branches: list[Callable[[], Any]], frame: Optional[Frame] = None) -> list[Any]:
        """Run each branch from the present state and merge what they left behind.

        Returns the outcomes of the branches that did not raise; where all raise, raises the first. What a branch
        that returns did to the names of ``frame`` is forgotten where another branch goes on.
        """
        outer_start, self.clock = self.started, self.clock + 1
        self.started = self.clock
        try:
            outcomes, deltas = self._explore(branches)
        finally:
            self.started = outer_start
        if frame is None:
            self._merge(deltas)
        else:
            self._merge(_forget_locals(outcomes, deltas, frame.names), frame if frame.born >= outer_start else None)
        return outcomes

    def _explore(self, branches: list[Callable[[], Any]]) -> tuple[list[Any], list[Delta]]:
        """The outcomes of the branches that did not raise, and what each of these left behind."""
        outcomes: list[Any] = []
        deltas: list[Delta] = []
        failures: list[TargetRaise] = []
        for branch in branches:
            log: Journal = {}
            outer, self.journal = self.journal, log
            try:
                outcome = branch()
            except TargetRaise as error:
                failures.append(error.with_traceback(None))  # which would keep all that the branch made
                self.rewind(log)
            except BaseException:
                _append(outer, log)
                raise
            else:
                outcomes.append(outcome)
                deltas.append(self.rewind(log))
            finally:
                self.journal = outer
            self.step(len(log) + sum([_elements(old) for _, key, old in log.values() if key is WHOLE]) // ELEMENTS)
        if failures and not outcomes:
            raise failures.pop(0)  # and no frame may hold what its traceback holds
        return outcomes, deltas

    def record(self, action: Callable[[], Any]) -> tuple[Any, Journal]:
        """Run ``action`` and return its outcome with the journal of what it changed (which stays changed)."""
        log: Journal = {}
        outer, self.journal = self.journal, log
        try:
            outcome = action()
        finally:
            self.journal = outer
            _append(outer, log)
        return outcome, log

    def rewind(self, log: Journal) -> Delta:
        """Undo ``log`` and return, per place it wrote, the object, the key and the value written last."""
        written = {place: (target, key, _content(target, key)) for place, (target, key, _) in log.items()}
        for target, key, old in reversed(log.values()):
            if id(target) in self.watched:
                self.changes += 1
            _restore(target, key, old)
        return written

    def _merge(self, deltas: list[Delta], inner: Optional[Frame] = None) -> None:
        """Give every place what the branches left in it. No branch around need undo what happens in a frame that is ``inner`` to it."""
        names, yielded = (inner.names, inner.yielded) if inner is not None else (None, None)
        places = dict(deltas[0]) if deltas else {}
        for delta in deltas[1:]:
            for place, written in delta.items():
                if place not in places:
                    places[place] = written
        for place, (target, key, _) in places.items():
            now = _content(target, key)
            values = [delta[place][2] if place in delta else now for delta in deltas]
            merged = values[0]
            for value in values:
                if value is not merged:
                    merged = _join_contents(target, key, values)
                    break
            else:
                if merged is now:
                    continue
            private = target is names or target is yielded or (type(target) is Registry and target.born >= self.started)
            if self.journal is not None and not private:
                self.journal.setdefault(place, (target, key, now))
            _restore(target, key, merged)


def _elements(content: Any) -> int:
    """How much there is to copy and compare in a container, or in the events of a storage."""
    return len(content[0] if isinstance(content, tuple) else content)


def _append(journal: Optional[Journal], log: Journal) -> None:
    """Note in ``journal`` what was written after the places it knows."""
    if journal is not None:
        for place, entry in log.items():
            journal.setdefault(place, entry)


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
        return _join_dicts(values)
    return set().union(*values)


def _join_lists(values: list[list[Any]]) -> list[Any]:
    """Element by element; what only some alternatives have may be absent."""
    shared = _shared(values)
    result = values[0][:shared]
    for index in range(shared, max(map(len, values))):
        result.append(join([v[index] if index < len(v) else ABSENT for v in values]))
    return result


def _join_dicts(values: list[dict[Any, Any]]) -> dict[Any, Any]:
    """Key by key; what only some alternatives have may be absent."""
    shared = min(_shared([list(value) for value in values]), _shared([list(value.values()) for value in values]))
    result = dict(islice(values[0].items(), shared))
    for key in dict.fromkeys(key for value in values for key in islice(value, shared, None)):
        result[key] = join([value.get(key, ABSENT) for value in values])
    return result


def _shared(rows: list[Any]) -> int:
    """With how many elements that are the same objects in all of them the sequences begin."""
    first = rows[0]
    return min([[*map(is_, first, row), False].index(False) for row in rows])


def _join_storages(values: list[Any]) -> Any:
    """Histories of one memory: certain only where all branches wrote the same law."""
    shared = _shared([state[0] for state in values])
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
