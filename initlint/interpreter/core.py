"""The interpreter: state, budgets and the entry points every other part calls."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, Optional

from initlint import program as p
from initlint.findings import Site
from initlint.interpreter import attributes, binding, calls, classes, items, kinds
from initlint.interpreter.asking import Asked
from initlint.interpreter.builtins import BUILTINS
from initlint.interpreter.expressions import EVALUATE
from initlint.interpreter.framework import Framework
from initlint.interpreter.heap import Heap
from initlint.interpreter.iteration import elements_of
from initlint.interpreter.memory import Memory
from initlint.interpreter.modules import Module, Project
from initlint.interpreter.scope import Frame, Outcome
from initlint.interpreter.statements import EXECUTE
from initlint.interpreter.values import (
    ABSENT,
    Builtin,
    Class,
    External,
    Function,
    Instance,
    Method,
    OneOf,
    OutOfBudget,
    Repeat,
    Super,
    TargetRaise,
    Tensor,
    Unknown,
    unknown,
)
from initlint.interpreter.worlds import World
from initlint.source import Chunk, ClassChunk
from initlint.symbolic import Sym

ENUMS: dict[str, tuple[str, ...]] = {
    "enum.Enum": (),
    "enum.IntEnum": ("int", "enum.Enum"),
    "enum.StrEnum": ("str", "enum.Enum"),
    "enum.Flag": ("enum.Enum",),
    "enum.IntFlag": ("int", "enum.Enum"),
}
"""Enumerations of the standard library with what they inherit."""
STEPS = 1_500_000
STEPS_PER_MODEL = 200_000
FEW_BOTTOMS = 8
"""How often one evaluation may nest too deeply before the functions that do so are followed no more from within themselves."""
MOST_BOTTOMS = 50
"""How often at all: recursion that branches where no test is decided never comes to an end."""
STEPS_BEHIND = 20_000
"""What may come behind such a recursion: most of it rests on what the recursion would have found out."""
RECURSIVE = 4
"""So many calls of one function at a time make it recursive."""
NESTED = 5
"""So many, each in a branch of the one before that nothing decided, make it one without end."""


class Interpreter:
    """Evaluates model code over the lowered program. One instance serves one run; modules are evaluated once."""

    def __init__(self, framework: Framework, search_path: Sequence[str] = ()) -> None:
        self.heap = Heap(self.step)
        self.framework = framework
        self.memory = Memory(self)
        self.project = Project(self, search_path)
        self.steps = 0
        self.limit = STEPS
        self.depth = 0
        self.bottoms = 0
        """How often calls nested too deeply since the last ``reset``."""
        self.thorough = False
        """Whether a model is wanted whole or not at all."""
        self.endless: set[int] = set()
        """Identities of the nodes of the functions that did so again and again."""
        self.trying: list[set[str]] = []
        self.guards: list[tuple[p.Expr, Frame]] = []
        self.routines: list[Frame] = []
        self.managers: list[Any] = []
        """Values of the ``with`` statements around what runs, and of the decorators of the functions that run."""
        self.watch: Optional[Callable[[Function, dict[str, Any]], None]] = None
        """Told of every function that is called, with its arguments by name."""
        self.made: Optional[list[Class]] = None
        """The classes that statements in functions and branches make, where somebody asks for them."""
        self.entered: set[int] = set()
        """Identities of the function nodes that were run."""
        self.world: Optional[World] = None
        """Answers for tests that nothing decides; None: both branches are explored."""
        self.repeating = 0
        """When the loop of unknown length began that runs; 0 outside of such loops."""
        self.undecided = False
        """Whether such a test guards what a model starts from."""
        self.alone: Optional[p.Expr] = None
        """The expression of the last statement that throws away what its expression gives."""
        self.asked: dict[int, Asked] = {}
        """By identity of the node, every ``isinstance`` that was asked of an object."""
        self.notes: list[str] = []
        self.opaque: dict[str, Class] = {}
        self.start_frame: Any = None
        """The frame calls are made from when no code makes them."""

    # ---- evaluation ----

    def eval(self, node: p.Expr, frame: Frame) -> Any:
        """The value of an expression."""
        self.steps += 1
        return EVALUATE[type(node)](self, node, frame)

    def run(self, statement: p.Stmt, frame: Frame) -> Outcome:
        """Execute one statement."""
        self.steps += 1  # as ``step`` does, which is a call more for every statement
        if self.steps > self.limit:
            self.give_up()
        return EXECUTE[type(statement)](self, statement, frame)

    def step(self, count: int = 1) -> None:
        """Count steps. Raises ``OutOfBudget`` where there were too many."""
        self.steps += count
        if self.steps > self.limit:
            self.give_up()

    def grant(self, steps: int = STEPS_PER_MODEL) -> None:
        """Let what comes next take ``steps``."""
        self.limit = self.steps + steps

    def give_up(self) -> NoReturn:
        """Raise ``OutOfBudget``."""
        raise OutOfBudget(f"gave up after {self.limit} steps")

    def count_bottom(self) -> None:
        """Count a call that nests too deeply. Raises ``OutOfBudget`` where there were too many."""
        self.bottoms += 1
        if self.bottoms > MOST_BOTTOMS:
            raise OutOfBudget("gave up on a recursion that branches without end")
        if self.bottoms > FEW_BOTTOMS and not self.thorough:
            if not self.endless:
                self.limit = min(self.limit, self.steps + STEPS_BEHIND)
            running = Counter(id(routine.code) for routine in self.routines)
            self.endless |= {code for code, times in running.items() if times >= RECURSIVE}

    def nests(self, func: Function) -> bool:
        """Whether a function called itself again and again, and each time nothing decided that it does."""
        if self.thorough or self.depth < NESTED or self.heap.journal is None:
            return False
        return len({routine.branch for routine in self.routines if routine.code is func.node}) >= NESTED

    def goes_on(self, func: Function) -> bool:
        """Whether a function that calls itself without end does so once more."""
        return id(func.node) in self.endless and any(routine.code is func.node for routine in self.routines)

    def run_chunk(self, module: Module, chunk: Chunk, imported: str = "") -> None:
        """Evaluate top-level statements of a module, outside of any branch under exploration; of an import only the one name ``imported``, if given."""
        if isinstance(chunk, ClassChunk):
            with self.detached():
                cls = classes.from_chunk(self, module, chunk)
                module.names[chunk.name] = cls
                try:
                    module.names[chunk.name] = self.decorate_class(chunk.header, cls, module.frame)
                except TargetRaise as error:
                    self.note(f"{module.name}: {error}")
        else:
            self.run_quietly([p.importing(one, imported) for one in chunk.statements] if imported else chunk.statements, module.frame)

    def run_quietly(self, body: list[p.Stmt], frame: Frame) -> None:
        """Run statements of a module or class body; an exception ends them, not the analysis."""
        with self.detached():
            for statement in body:
                try:
                    self.run(statement, frame)
                except TargetRaise as error:
                    self.note(f"{frame.module.name}: {error}")

    @contextmanager
    def detached(self) -> Iterator[None]:
        """Evaluate what belongs to no branch: modules and class bodies."""
        journal, self.heap.journal = self.heap.journal, None
        trying, self.trying = self.trying, []
        guards, self.guards = self.guards, []
        routines, self.routines = self.routines, []
        depth, self.depth = self.depth, self.depth // 2
        world, self.world = self.world, None
        try:
            yield
        finally:
            self.heap.journal, self.trying, self.guards, self.routines, self.depth = journal, trying, guards, routines, depth
            self.world = world

    @contextmanager
    def guarded(self, test: p.Expr, frame: Frame) -> Iterator[None]:
        """Remember an ``isinstance`` test while the branch it selected runs."""
        self.guards.append((test, frame))
        try:
            yield
        finally:
            self.guards.pop()

    @contextmanager
    def attempt(self, caught: set[str]) -> Iterator[None]:
        """Run what is protected: lookups that fail with an exception named in ``caught`` raise it instead of being unknown."""
        self.trying.append(caught)
        try:
            yield
        finally:
            self.trying.pop()

    def reset(self) -> None:
        """Forget what an abandoned evaluation left open."""
        self.heap.journal, self.heap.base, self.heap.started = None, None, 0
        self.depth, self.bottoms, self.endless = 0, 0, set()
        self.trying, self.guards, self.routines, self.managers = [], [], [], []

    def fail(self, exception: str, reason: str) -> Unknown:
        """A lookup failed: raise where a handler waits for it, otherwise the value is unknown."""
        if self.trying and self.trying[-1] & {exception, "Exception", "LookupError" if exception in ("KeyError", "IndexError") else exception}:
            raise TargetRaise(exception, reason)
        return Unknown(reason)

    def note(self, text: str) -> None:
        if len(self.notes) < 100:
            self.notes.append(text)

    def site(self, node: p.Node, frame: Frame) -> Site:
        """Where ``node`` stands, or what called the contract that it stands in."""
        while frame.module.promised and frame.caller is not None:
            frame, node = frame.caller
        return frame.module.source.site(node)

    # ---- names ----

    def lookup(self, name: str, frame: Frame) -> Any:
        """The value of a name: local, enclosing, global, builtin; ABSENT where it has none."""
        if frame.foreign.get(name) != "global":
            value = frame.find(name)
            if value is not ABSENT:
                if self.memory.readings:
                    self.memory.read_name(name, frame)
                return value
        value = frame.module.get(name)
        return value if value is not ABSENT else BUILTINS.get(name, ABSENT)

    def bind(self, name: str, value: Any, frame: Frame) -> None:
        binding.bind(self, name, value, frame)

    def assign(self, target: p.Expr, value: Any, frame: Frame) -> None:
        binding.assign(self, target, value, frame)

    def import_module(self, dotted: str) -> Any:
        """``import dotted``."""
        return self._imported(self.project.resolve(dotted))

    def import_name(self, module: str, level: int, name: str, frame: Frame) -> Any:
        """``from module import name``."""
        return self._imported(self.project.import_from(frame.module, module, level, name))

    def _imported(self, value: Any) -> Any:
        """What an import binds. A library that nothing describes may not be installed: a handler that waits for that gets it."""
        if not isinstance(value, External):
            return value
        described = self.framework.knows(value.name) or value.name.partition(".")[0] in sys.stdlib_module_names
        if not described and self.trying and self.trying[-1] & {"ImportError", "ModuleNotFoundError", "Exception"}:
            raise TargetRaise("ModuleNotFoundError", f"No module named {value.name}")
        return self.framework.external(value.name)

    # ---- objects ----

    def getattr(self, value: Any, name: str, frame: Frame, node: p.Node) -> Any:
        return attributes.get_attribute(self, value, name, frame, node)

    def setattr(self, value: Any, name: str, new: Any, frame: Frame, node: p.Node) -> None:
        attributes.set_attribute(self, value, name, new, frame, node)

    def delattr(self, value: Any, name: str) -> None:
        attributes.delete_attribute(self, value, name)

    def getitem(self, value: Any, index: Any, frame: Frame, node: p.Node) -> Any:
        return items.get_item(self, value, index, frame, node)

    def setitem(self, value: Any, index: Any, new: Any, frame: Frame, node: p.Node) -> None:
        items.set_item(self, value, index, new, frame, node)

    def delitem(self, value: Any, index: Any) -> None:
        items.delete_item(self, value, index)

    def find_method(self, instance: Instance, name: str) -> Optional[Method]:
        """A method that the analysed code defines, bound to ``instance``."""
        value, _ = classes.find_member(instance.cls, name)
        return Method(value, instance) if isinstance(value, Function) else None

    def iterate_instance(self, instance: Instance) -> Optional[list[Any]]:
        """What ``for x in instance`` yields."""
        elements = self.framework.iterate(instance)
        if elements is not None:
            return elements
        method = self.find_method(instance, "__iter__")
        if method is None:
            values = instance.attrs.get("#fields")
            return list(values) if isinstance(values, (list, tuple)) else None
        result = self.call(method, [], {}, method.function.scope, method.function.node)
        return None if isinstance(result, Instance) else elements_of(self, result)

    def bare_super(self, frame: Frame) -> Any:
        """``super()`` in a method."""
        scope: Optional[Frame] = frame
        while scope is not None and (scope.owner is None or scope.receiver is None):
            scope = scope.parent
        if scope is None or scope.owner is None:
            return Unknown("super() outside of a method")
        return Super(scope.owner, scope.receiver)

    def as_class(self, value: Any) -> Optional[Class]:
        """``value`` as the base of a class; what is not known becomes an opaque class."""
        if isinstance(value, Class):
            return value
        if isinstance(value, External):
            if value.name in ("object", "abc.ABC", "typing.Generic", "typing.Protocol"):
                return None
            if value.name in ENUMS:
                return self.opaque.setdefault(value.name, classes.known_class(value.name, *ENUMS[value.name]))
            cls = self.opaque.setdefault(value.name, classes.opaque_class(value.name))
            cls.opaque = value.name.partition(".")[0] not in sys.stdlib_module_names
            return cls
        if isinstance(value, OneOf):
            known = [v for v in value.values if isinstance(v, Class)]
            return known[0] if len(known) == 1 else classes.opaque_class("?")
        if isinstance(value, Builtin) and value.name == "object":
            return None
        if isinstance(value, Builtin) and value.name in ("str", "int", "float"):
            return self.opaque.setdefault(value.name, classes.known_class(value.name))
        return classes.opaque_class("?")

    def is_instance(self, value: Any, wanted: Any) -> Optional[bool]:
        return kinds.is_instance(self, value, wanted)

    def truth(self, value: Any) -> Optional[bool]:
        """``bool(value)``, or None where it is not decided."""
        if value is None or isinstance(value, (bool, int, float, str, bytes)):
            return bool(value)
        if isinstance(value, (list, tuple, dict, set, frozenset, range)):
            return None if value and all(isinstance(v, Repeat) for v in value) else bool(value)
        if isinstance(value, (Unknown, Sym)) or (isinstance(value, Tensor) and value.entry is None):
            return None
        if isinstance(value, Tensor):
            return bool(value.entry)
        if isinstance(value, OneOf):
            truths = {self.truth(v) for v in value.values if v is not ABSENT}
            return truths.pop() if len(truths) == 1 else None
        if isinstance(value, Instance):
            return self.framework.instance_truth(value)
        return True

    # ---- calls ----

    def call(self, func: Any, args: list[Any], kwargs: dict[str, Any], frame: Frame, node: p.Node) -> Any:
        return calls.call(self, func, args, kwargs, frame, node)

    def call_blind(self, func: Any, node: p.Node, frame: Frame, reason: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        return calls.call_blind(self, func, node, frame, reason, args, kwargs)

    def defaults(self, params: list[p.Param], frame: Frame) -> dict[str, Any]:
        return {param.name: self.chosen(param.default, frame) for param in params if param.default is not None}

    def chosen(self, node: p.Expr, frame: Frame) -> Any:
        """The value of an argument; a library function remembers where it was named."""
        self.steps += 1
        value = EVALUATE[type(node)](self, node, frame)
        return External(value.name, self.site(node, frame)) if type(value) is External and value.site is None else value

    def decorate(self, node: p.Expr, value: Any, frame: Frame) -> Any:
        return calls.decorate(self, node, value, frame)

    def decorate_class(self, node: p.ClassDef, cls: Class, frame: Frame) -> Any:
        """A decorated class; a decorator that does not return a class is taken as transparent."""
        for decorator in reversed(node.decorators):
            with self.detached():
                result = self.decorate(decorator, cls, frame)
            cls = result if isinstance(result, Class) else cls
        return cls

    def enter(self, manager: Any, frame: Frame, node: p.Node) -> Any:
        """What ``with manager as x`` binds."""
        if isinstance(manager, Instance):
            method = self.find_method(manager, "__enter__")
            return self.call(method, [], {}, frame, node) if method else manager
        return manager if not unknown(manager) else Unknown("a context manager that is not known")
