"""Calls that need not be followed twice: what constants alone decide, and what touches nothing else, comes out the same again.

Models build one block many times over, and a file's models share theirs. The second call of a function or class with the same
constants is watched; where it read nothing that can change and its outcome is made of new objects only, the next ones get a copy.
A remembered call counts the steps it took when it was followed, so that no budget depends on what was remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Optional

from msgspec import Struct

from initlint import program as p
from initlint.interpreter import fills, objects, visits
from initlint.interpreter.clone import deep_copy
from initlint.interpreter.constants import ATOMS, constant, is_enum_member, is_global
from initlint.interpreter.fills import Filled
from initlint.interpreter.objects import Given
from initlint.interpreter.values import (
    Builtin,
    Class,
    Function,
    Instance,
    Method,
    OneOf,
    Partial,
    Repeat,
    Storage,
    Tensor,
)
from initlint.interpreter.visits import Visit, Visited

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter
    from initlint.interpreter.scope import Frame

Key = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Remembered:
    """What a call returned, the objects of analysed classes it made, and the steps that took."""

    outcome: Any
    births: list[Instance]
    account: Any
    """What it did apart from that, as the framework tells it."""
    steps: int
    reads: list[Any]
    """Containers it read that somebody could write to."""
    given: list[Any]
    """What it was given that is no constant."""


class Reading:
    """What a call that is watched reads from outside."""

    def __init__(self) -> None:
        self.containers: list[Any] = []
        self.tainted = False
        """Whether it met an object whose identity matters."""


class Memory:
    """The calls remembered by one interpreter."""

    def __init__(self, interp: Interpreter) -> None:
        self.interp = interp
        self.met: set[Key] = set()
        self.known: dict[Key, Optional[Remembered]] = {}
        self.filled: dict[Key, Optional[Filled]] = {}
        self.visited: dict[Key, Optional[list[Visited]]] = {}
        self.brief: set[tuple[int, Class]] = set()
        """Functions and classes of modules for which it is not worth while: identities of nodes that ``mentions`` keeps."""
        self.visit: Optional[Visit] = None
        """The visit that is watched."""
        self.readings: list[Reading] = []
        self.changes = 0
        """The count of the heap when the calls known were followed."""
        self.mentions: dict[int, tuple[p.Node, frozenset[str]]] = {}

    def call(self, what: Key, args: list[Any], kwargs: dict[str, Any], follow: Callable[[], Any]) -> Any:
        """The outcome of ``follow``, the call of ``what``: remembered, or followed now."""
        given: Given = {}
        key = self._key(what, args, kwargs, given)
        if key is None:
            return follow()
        if key in self.known:
            known = self.known[key]
            return self._recall(known, given) if known is not None and self._affords(known) else follow()
        if key in self.met:
            return self._watch(key, follow, given, lambda again: self._key(what, args, kwargs, again) == key)
        self.met.add(key)
        return follow()

    def fill(self, func: Function, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, follow: Callable[[], Any]) -> Any:
        """The same for a call that is handed a tensor first, which it may fill."""
        tensor = args[0]
        state = fills.state_of(self.interp, func, tensor, frame, node)
        what = self.function(func) if state is not None else None
        key = self._key((*what, *state), args[1:], kwargs) if what is not None and state is not None else None
        if key is None:
            return follow()
        if key in self.filled:
            known = self.filled[key]
            if known is None or not self._affords(known):
                return follow()
            self._read_again(known)
            return fills.refill(self.interp, known, tensor)
        return self._watch_fill(key, tensor, follow)

    def call_on(self, module: Instance, func: Function, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node, follow: Callable[[], Any]) -> Any:
        """The same for a function that is handed a module, in which it may fill what the module itself holds."""
        kind = (id(func.node), module.cls)
        state = visits.state_of(module) if kind not in self.brief and self._may_visit() else None
        what = self.function(func) if not func.scope.module.promised else (func, self.interp.site(node, frame))
        if state is None or what is None:
            return follow()
        constants, others = visits.told(func, self._mentioned(func.node), args, kwargs, module)
        key = self._key((*what, *((id(one), one.time) for one in others), id(node), *state), constants, {})
        if key is None:
            return follow()
        if key not in self.visited:
            self.visited[key] = []
            steps = self.interp.steps
            outcome = follow()
            if self.interp.steps - steps < visits.BRIEF:
                self.brief.add(kind)
            return outcome
        before = self.visited[key]
        for known in before or ():
            if self._affords(known) and visits.is_alike(module, known):
                self._read_again(known)
                return visits.leave(self.interp, known, module)
        if before is None or len(before) == visits.MOST_KINDS:
            return follow()
        return self._watch_visit(key, [module, *others], follow)

    def _may_visit(self) -> bool:
        """Whether what a call does to a module may be remembered: no other is watched that this one would be a part of."""
        watched = self.visit is not None and not self.visit.tainted
        return not watched and self.interp.depth * 2 <= self.interp.framework.max_depth and self.interp.framework.may_recall()

    def _watch_visit(self, key: Key, met: list[Instance], follow: Callable[[], Any]) -> Any:
        """Follow a call that is handed a module, and remember what it left in the module if it did nothing else."""
        interp, outer = self.interp, self.visit
        undecided, interp.undecided = interp.undecided, False
        self.visit = Visit(interp, met)
        try:
            returned, known = visits.watch(self.visit, lambda: self._read_by(follow))
        finally:
            self.visit = outer
            found, interp.undecided = interp.undecided, interp.undecided or undecided
        before = self.visited.get(key)
        if before is not None and known is not None and not found:
            before.append(known)
        elif not before:
            self.visited[key] = None
        return returned

    def _key(self, what: Key, args: list[Any], kwargs: dict[str, Any], given: Optional[Given] = None) -> Optional[Key]:
        """What tells a call of ``what`` from others; None where it must be followed. Arguments are constants, or may be what goes to ``given``."""
        interp = self.interp
        observed = interp.trying or interp.watch is not None or interp.world is not None or not interp.framework.may_recall()
        if observed or interp.depth * 2 > interp.framework.max_depth:
            return None
        parts: list[Any] = [interp.heap.journal is None, interp.heap.decided, *what]
        values = (*args, *kwargs.values())
        if not (constant(values, parts) if given is None else objects.told(values, parts, given)):
            return None
        if interp.managers and not constant(interp.managers, parts):
            return None
        if self.changes != interp.heap.changes:
            self._forget()
        return (*parts, len(args), *kwargs, *((id(test), frame.qualname) for test, frame in interp.guards[-1:]))

    def read(self, value: Any) -> None:
        """A watched call reads ``value`` from outside: from a module, a class, a default."""
        if self.readings and not isinstance(value, ATOMS):
            self._note(value, self.readings[-1], set())

    def read_name(self, name: str, frame: Frame) -> None:
        """A watched call reads ``name``: from outside, where the scope that binds it is a module or a class."""
        if self.readings:
            scope = frame
            while name not in scope.names and scope.parent is not None:
                scope = scope.parent
            if scope.parent is None:
                self.read_global(name, scope.names)
            elif scope.owner is not None and scope.names is scope.owner.namespace:
                self.read(scope.names[name])

    def read_global(self, name: str, names: dict[str, Any]) -> None:
        """A watched call reads what a module calls ``name``; one that functions bind anew is not the same the next time."""
        if (id(names), name) in self.interp.heap.rebound:
            self.taint()
        self.read(names.get(name))

    def function(self, func: Function) -> Optional[Key]:
        """What tells a function from others, the constants it closes over included; None where more does, or it writes where it is called."""
        scope = func.scope
        if scope.module.promised:
            return None
        while scope.owner is not None and scope.names is scope.owner.namespace and scope.parent is not None:
            scope = scope.parent
        if scope.parent is None:
            return (func,)
        mentioned = self._mentioned(func.node)
        parts: list[Any] = [id(func.node), func.owner]
        frame: Any = scope
        while frame.parent is not None:
            names = mentioned & frame.names.keys()
            if "super" in mentioned or not constant([frame.names[name] for name in sorted(names)], parts):
                return None
            parts.append(tuple(names))
            frame = frame.parent
        return tuple(parts) if constant(func.defaults.values(), parts) else None

    def _forget(self) -> None:
        """Something that remembered calls read was written to."""
        self.met.clear()
        self.known.clear()
        self.filled.clear()
        self.visited.clear()
        self.interp.heap.watched.clear()
        self.taint()
        self.changes = self.interp.heap.changes

    def taint(self) -> None:
        """What happens is not for the arguments of the calls that are watched: none of them is remembered."""
        for reading in self.readings:
            reading.tainted = True

    def lose(self) -> None:
        """A visit that is watched looks at more than attributes of objects."""
        if self.visit is not None:
            self.visit.tainted = True

    def _watch(self, key: Key, follow: Callable[[], Any], given: Given, is_same: Callable[[Given], bool]) -> Any:
        """Follow a call, and remember it if its outcome depends on nothing but its arguments, which it leaves as they are."""
        interp, framework = self.interp, self.interp.framework
        before, born, mark = interp.steps, len(framework.births()), framework.mark()
        self.known[key] = None
        outcome, reading = self._read_by(follow)
        births = framework.births()[born:]
        reached = dict(given)
        again: Given = {}
        if reading.tainted or (given and not (is_same(again) and list(again) == list(given))):
            return outcome
        if portable(outcome, reached) and all(id(one) in reached for one in births) and not any(map(_is_placed, reached.values())):
            kept = [*given.values()]
            memo: dict[int, Any] = {id(one): one for one in (*reading.containers, *kept)}
            copied, account = deep_copy(outcome, memo, lambda made: None), framework.account(mark, memo)
            if all(id(one) in memo for one in births):  # not so of those in a set, whose copy holds the same
                self.known[key] = Remembered(copied, [memo[id(one)] for one in births], account, interp.steps - before, reading.containers, kept)
        return outcome

    def _watch_fill(self, key: Key, tensor: Tensor, follow: Callable[[], Any]) -> Any:
        """Follow a call, and remember what it wrote into ``tensor`` if it did nothing else."""
        interp, framework = self.interp, self.interp.framework
        before, born, mark = interp.steps, len(framework.births()), framework.mark()
        events, kept = tensor.storage.events, fills.fields(tensor)
        self.filled[key] = None
        returned, reading = self._read_by(follow)
        if not reading.tainted and len(framework.births()) == born and fills.fields(tensor) == kept:
            written = fills.outcome(tensor, events, returned)
            if written is not None:
                account = framework.account(mark, {id(tensor.storage): written})
                result = written if returned is tensor else returned
                self.filled[key] = Filled(written, account, result, interp.steps - before, reading.containers)
        return returned

    def _read_by(self, follow: Callable[[], Any]) -> tuple[Any, Reading]:
        """The outcome of a call that is followed, and what it read; tainted where it did what cannot be told again."""
        reading, hidden = Reading(), self.interp.framework.hidden_state()
        self.readings.append(reading)
        try:
            outcome = follow()
        finally:
            self.readings.pop()
            if self.readings:
                self.readings[-1].containers += reading.containers
                self.readings[-1].tainted |= reading.tainted
        reading.tainted |= self.changes != self.interp.heap.changes or self.interp.framework.hidden_state() != hidden
        return outcome, reading

    def _affords(self, known: Remembered | Filled | Visited) -> bool:
        """Whether the steps are left that a remembered call took."""
        return self.interp.steps + known.steps <= self.interp.limit

    def _read_again(self, known: Remembered | Filled | Visited) -> None:
        """A call that is watched rests on what the remembered one read."""
        if self.readings:
            self.readings[-1].containers += known.reads

    def _recall(self, known: Remembered, given: Given) -> Any:
        """The outcome of a remembered call, in objects of its own but for those that are ``given`` now."""
        interp = self.interp
        interp.steps += known.steps
        self._read_again(known)
        memo: dict[int, Any] = {id(one): one for one in known.reads}
        memo |= {id(then): now for then, now in zip(known.given, given.values())}
        made: list[Instance | Storage] = []
        outcome = deep_copy(known.outcome, memo, made.append)
        for one in made:
            if isinstance(one, Instance):
                interp.heap.note_birth(one)
        interp.framework.recalled(made, [memo[id(one)] for one in known.births], known.account, memo)
        return outcome

    def _note(self, value: Any, reading: Reading, seen: set[int]) -> None:
        """Watch every container in ``value``."""
        if isinstance(value, (list, dict, set)):
            if id(value) in seen:
                return
            seen.add(id(value))
            reading.containers.append(value)
            self.interp.heap.watched[id(value)] = value
        elif isinstance(value, (Instance, Tensor)):
            reading.tainted |= not is_enum_member(value)
            return
        for part in _parts(value):
            self._note(part, reading, seen)

    def _mentioned(self, node: p.Node) -> frozenset[str]:
        """Every name that stands in the text of a function."""
        if id(node) not in self.mentions:
            self.mentions[id(node)] = (node, frozenset(_names(node)))
        return self.mentions[id(node)][1]


def _is_placed(value: Any) -> bool:
    """Whether a write to a tensor tells where the constructor was called that it may stand in."""
    return isinstance(value, Storage) and any(event.called is not None for event in value.events)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, p.Name):
        yield value.id
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _names(one)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _names(getattr(value, name))


def _parts(value: Any) -> Any:
    """What a value holds that may be reached through it."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return value
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, OneOf):
        return value.values
    if isinstance(value, Repeat):
        return (value.value,)
    if isinstance(value, Method):
        return (value.function, value.receiver)
    if isinstance(value, Partial):
        return (value.func, *value.args, *value.kwargs.values())
    return ()


def portable(value: Any, reached: dict[int, Any]) -> bool:
    """Whether a copy of ``value`` is as good as ``value``; objects in it are added to ``reached``."""
    if isinstance(value, ATOMS) or id(value) in reached:
        return True
    if isinstance(value, (OneOf, Repeat, list, tuple, set, frozenset, dict, Method, Partial)):
        reached[id(value)] = value
        return all(portable(part, reached) for part in _parts(value))
    if isinstance(value, Class):
        return value.members is not None or value.spec is not None or value.opaque
    if isinstance(value, Function):
        return is_global(value)
    if isinstance(value, Builtin):
        return isinstance(value.handler, FunctionType) and value.handler.__closure__ is None
    if isinstance(value, Tensor):
        reached[id(value)] = value
        return value.op is None and portable(value.storage, reached) and portable(value.attrs, reached)
    if isinstance(value, Storage):
        reached[id(value)] = value
        return portable(value.origin, reached) and portable(value.twin, reached)
    if isinstance(value, Instance):
        if is_enum_member(value):
            return True
        reached[id(value)] = value
        return portable(value.cls, reached) and all(portable(r, reached) for r in (value.attrs, value.modules, value.parameters, value.buffers))
    return False
