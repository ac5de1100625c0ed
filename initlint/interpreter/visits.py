"""Routines that are handed module after module: what one left in a layer, it leaves in every layer that is alike.

``model.apply(self._init_weights)`` runs one function on hundreds of modules, of which few differ in more than their place. A visit is
watched: it may look at attributes of the module, of the object whose method it is, and of plain objects it meets there, and may
write to the tensors that the module itself holds. The next one is told from this one by all it looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, Optional

from initlint.interpreter import fills, objects
from initlint.interpreter.constants import constant
from initlint.interpreter.values import ABSENT, Function, Instance, Storage, Tensor

if TYPE_CHECKING:
    from initlint.interpreter.core import Interpreter

BRIEF = 60
"""Steps of a call that take no longer than to find out whether it can be spared."""
MOST_KINDS = 4
"""Visits remembered of modules that differ only in what a routine looks at."""
WALKS = frozenset(("children", "named_children", "modules", "named_modules", "parameters", "named_parameters"))
"""What goes over a module and its children; of one that has none it tells what its tensors tell."""
Look = tuple[Optional[Instance], str, Any]
"""An object (None: the module), the name of an attribute, and what it held."""
REGISTRIES = ("attrs", "parameters", "modules", "buffers")
"""In the order in which an attribute is looked for."""


@dataclass(slots=True, eq=False)
class Visited:
    """What a visit looked at, and what it left."""

    looks: list[Look]
    written: dict[str, Storage]
    """By name of the tensor, what stands for its memory in ``account``: the new events, and the law."""
    marks: dict[str, Any]
    """Attributes that the module was given."""
    account: Any
    returned: Any
    """``ABSENT`` stands for the module itself."""
    steps: int
    reads: list[Any]


@dataclass(slots=True, eq=False)
class Visit:
    """A visit that is watched."""

    interp: Interpreter
    met: InitVar[list[Instance]]
    """The module, and the object whose method it is."""
    looks: dict[tuple[int, str], Look] = field(default_factory=dict)
    """The first look at each attribute."""
    tainted: bool = False
    """Whether it did what the next one may do otherwise."""
    module: Instance = field(init=False)
    _before: dict[int, tuple[Instance, list[dict[str, Any]]]] = field(default_factory=dict)

    def __post_init__(self, met: list[Instance]) -> None:
        self.module = met[0]
        for instance in met:
            self.meet(instance)

    def meet(self, instance: Instance) -> None:
        """From here on it may look at ``instance``."""
        if id(instance) not in self._before:
            self._before[id(instance)] = (instance, [dict(getattr(instance, name)) for name in REGISTRIES])

    def look(self, instance: Instance, name: str) -> None:
        """It looks at an attribute of an object."""
        if self.tainted or (id(instance), name) in self.looks:
            return
        if id(instance) not in self._before:
            self.tainted = True
            return
        value = held(instance, name)
        if name == "__dict__":
            self.tainted |= value is ABSENT
        elif type(value) is Instance and not self.interp.framework.is_module(value):
            self.meet(value)
        elif type(value) is Tensor and instance is self.module:
            return  # what tells it from others is part of the key
        elif value is not ABSENT and not constant([value], []):
            self.tainted = True
        self.looks[id(instance), name] = (None if instance is self.module else instance, name, value)

    def walk(self, instance: Instance, name: str) -> None:
        """It looks at an attribute that every module has."""
        self.tainted |= instance is not self.module or bool(instance.modules) or name not in WALKS

    def marks(self) -> Optional[dict[str, Any]]:
        """The attributes that the module was given; None where anything else that was met has changed."""
        given: dict[str, Any] = {}
        for instance, before in self._before.values():
            for registry, then in zip(REGISTRIES, before):
                now = getattr(instance, registry)
                new = {name: value for name, value in now.items() if then.get(name, ABSENT) is not value}
                if instance is self.module and registry == "attrs":
                    given = new
                elif new:
                    return None
                if not then.keys() <= now.keys():
                    return None
        if any(name == "__dict__" and held(instance or self.module, name) != value for instance, name, value in self.looks.values()):
            return None
        return given if constant(given.values(), []) else None


def held(instance: Instance, name: str) -> Any:
    """What an object itself holds under a name, or ABSENT; what tells all that it holds from others, if that is constant."""
    if name == "__dict__":
        parts: list[Any] = []
        return tuple(parts) if objects.told((instance,), parts, {}) else ABSENT
    for registry in REGISTRIES:
        value = getattr(instance, registry).get(name, ABSENT)
        if value is not ABSENT:
            return value
    return ABSENT


def visited(interp: Interpreter, func: Function, args: list[Any], kwargs: dict[str, Any]) -> Optional[Instance]:
    """The module that a function is handed first, where it is no part of a constructor; a list of modules is none."""
    first = args[1:2] if func.owner is not None else args[:1]
    found = first[0] if first else next(iter(kwargs.values()), None)
    if type(found) is not Instance or func.name == "__init__" or (args and found is args[0] and func.owner is not None):
        return None
    framework = interp.framework
    return found if framework.is_module(found) and framework.iterate(found) is None else None


def state_of(module: Instance) -> Optional[list[Any]]:
    """What tells the tensors of a module from those of others; None where that is more than can be told."""
    parts: list[Any] = [module.cls, not module.modules]
    storages = set()
    for name, tensor in (*module.parameters.items(), *module.buffers.items()):
        if tensor is None:
            parts += (name, None)
            continue
        if type(tensor) is not Tensor or not fills.is_plain(tensor) or id(tensor.storage) in storages:
            return None
        storages.add(id(tensor.storage))
        parts += (name, *fills.told_by(tensor))
    return parts


def watch(visit: Visit, read_by: Callable[[], tuple[Any, Any]]) -> tuple[Any, Optional[Visited]]:
    """The outcome of a visit, and what is to be remembered of it."""
    interp, module = visit.interp, visit.module
    framework = interp.framework
    tensors = {name: tensor for name, tensor in (*module.parameters.items(), *module.buffers.items()) if tensor is not None}
    before = {name: (tensor.storage.events, fills.fields(tensor)) for name, tensor in tensors.items()}
    steps, born, mark = interp.steps, len(framework.births()), framework.mark()
    returned, reading = read_by()
    marks = visit.marks()
    told = not visit.tainted and not reading.tainted and (returned is module or isinstance(returned, fills.SCALARS))
    if not told or marks is None or len(framework.births()) != born:
        return returned, None
    written: dict[str, Storage] = {}
    for name, tensor in tensors.items():
        events, fields = before[name]
        if fills.fields(tensor) != fields:
            return returned, None
        if tensor.storage.events is not events:
            left = fills.outcome(tensor, events, None)
            if left is None:
                return returned, None
            written[name] = left
    account = framework.account(mark, {id(tensors[name].storage): left for name, left in written.items()})
    looks, came_back = [*visit.looks.values()], ABSENT if returned is module else returned
    return returned, Visited(looks, written, marks, account, came_back, interp.steps - steps, reading.containers)


def is_alike(module: Instance, known: Visited) -> bool:
    """Whether a visit that looked at another module sees the same in this one, and in everything else."""
    for instance, name, value in known.looks:
        now = held(module if instance is None else instance, name)
        if name == "__dict__":
            if now != value:
                return False
        elif now is not value and (type(now) is not type(value) or parts_of(now) != parts_of(value)):
            return False
    return True


def parts_of(value: Any) -> list[Any]:
    """What tells a constant from others; what is none is told by its identity."""
    parts: list[Any] = []
    return parts if constant([value], parts) else [id(value)]


def leave(interp: Interpreter, known: Visited, module: Instance) -> Any:
    """Leave in ``module`` what the visit left."""
    interp.steps += known.steps
    tensors = {name: module.parameters.get(name) or module.buffers[name] for name in known.written}
    made = {name: Storage(written.shape, written.events) for name, written in known.written.items()}
    memo = {id(written): tensors[name].storage for name, written in known.written.items()}
    interp.framework.recalled(list(made.values()), [], known.account, memo)
    for name, written in known.written.items():
        storage = tensors[name].storage
        interp.heap.touch_storage(storage)
        storage.state = ((*storage.events, *made[name].events), written.distribution, written.reason, written.base, (), None)
    for name, value in known.marks.items():
        interp.heap.set_item(module.attrs, name, value)
    return module if known.returned is ABSENT else known.returned


def told(func: Function, names: frozenset[str], args: list[Any], kwargs: dict[str, Any], module: Instance) -> tuple[list[Any], list[Instance]]:
    """What a function is handed besides the module: constants, and objects; no value whose name its text, the ``names``, never says."""
    params = func.node.params
    free = any(param.kind in ("args", "kwargs") for param in params)
    passed = [(params[place].name if place < len(params) else "", value) for place, value in enumerate(args)]
    constants: list[Any] = [len(args)]
    objects: list[Instance] = []
    for name, value in (*passed, *kwargs.items()):
        constants.append(name)
        if type(value) is Instance:
            objects += [value] if value is not module else []
        elif free or name in names or name == "**":
            constants.append(value)
    return constants, objects
